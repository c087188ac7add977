// Copies and renames of differential_harness.h.
#include <string>

#include "base/strings.h"
#include "gtest/gtest.h"
#include "tests/differential_harness.h"

namespace cloudlet::differential {

using objstore::CodeOf;

CopySource Differential::SourceChoice(const Place& at, const std::string& version_id) {
  const ModelVersion* object = version_id.empty() ? model_.Current(at.bucket, at.key)
                                                  : model_.Version(at.bucket, at.key, version_id);
  const std::string etag = object == nullptr ? "" : object->etag;
  CopySource source;
  source.bucket = at.bucket;
  source.key = at.key;
  source.version_id = version_id;
  source.if_match = Condition(etag, 0.05);
  source.if_none_match = Condition(etag, 0.05);
  source.if_modified_since = DateAround();
  source.if_unmodified_since = DateAround();
  return source;
}

CopyOptions Differential::CopyChoice(const Place& to) {
  CopyOptions options;
  options.if_match = Condition(CurrentEtag(to), 0.05);
  options.if_none_match = Condition(CurrentEtag(to), 0.05);
  const bool replaces = random_.Chance(0.3);
  if (replaces) options.metadata_directive = MetadataDirective::kReplace;
  if (random_.Chance(replaces ? 0.5 : 0.03)) options.content_type = "text/copy";
  if (random_.Chance(replaces ? 0.5 : 0.03)) options.metadata = Metadata();
  if (random_.Chance(0.1)) options.website_redirect_location = "/copied";
  const bool retags = random_.Chance(0.2);
  if (retags) options.tagging_directive = TaggingDirective::kReplace;
  if (random_.Chance(retags ? 0.6 : 0.03)) options.tags = Tags(kMaxObjectTags);
  if (random_.Chance(0.2)) options.annotation_directive = AnnotationDirective::kExclude;
  return options;
}

void Differential::TakeCopy(const Place& to, const CopySource& source, const CopyOptions& options) {
  const std::string expected = model_.CopyCode(to.bucket, to.key, source, options);
  const ModelVersion* from = nullptr;
  model_.SourceCode(to.bucket, source, kMaxCopyBytes, &from);
  const std::string& from_bucket = source.bucket.empty() ? to.bucket : source.bucket;
  const std::string from_id = expected == "OK" ? model_.ShownId(from_bucket, *from) : std::string();
  const auto copy = cloud_->bucket(to.bucket).Copy(source, to.key, options);
  Expect(CodeOf(copy), expected,
         "copy " + from_bucket + "/" + base::Quoted(source.key.substr(0, 20)) + " version " +
             source.version_id + " to " + to.bucket + "/" + base::Quoted(to.key.substr(0, 20)));
  if (!copy.ok() || expected != "OK") return;
  ExpectNewSequence(copy->sequence);
  model_.Copy(to.bucket, to.key, source, options,
              {clock_->Now(), copy->sequence, copy->version_id, copy->request_id});
  const ModelVersion& now = *model_.Current(to.bucket, to.key);
  EXPECT_EQ(copy->etag, now.etag);
  EXPECT_EQ(copy->last_modified, now.modified);
  EXPECT_EQ(copy->version_id, model_.ShownId(to.bucket, now));
  EXPECT_EQ(copy->copy_source_version_id, from_id);
}

// Within a bucket and across buckets.
void Differential::StepCopy() {
  const Place from = PlaceWithObject();
  Place to = AnyPlace();
  CopySource source = SourceChoice(from, "");
  if (random_.Chance(0.3)) {
    to.bucket = from.bucket;
    source.bucket.clear();
  }
  TakeCopy(to, source, CopyChoice(to));
}

void Differential::StepCopyVersion() {
  const Place from{VersionedBucketName(), Key()};
  const Place to = random_.Chance(0.5) ? from : AnyPlace();
  TakeCopy(to, SourceChoice(from, VersionId(from)), CopyChoice(to));
}

void Differential::StepCopyOntoItself() {
  const Place at = PlaceWithObject();
  TakeCopy(at, SourceChoice(at, ""), CopyChoice(at));
}

void Differential::StepRename() {
  Place from = PlaceWithObject();
  if (random_.Chance(0.7)) from.bucket = random_.Chance(0.6) ? "ledger" : "plain";
  for (int i = 0; i < 4 && model_.Current(from.bucket, from.key) == nullptr; ++i) from.key = Key();
  const Place to{from.bucket, random_.Chance(0.03) ? from.key : Key()};
  const std::string etag = CurrentEtag(from);
  RenameOptions options;
  options.if_match = Condition(CurrentEtag(to), 0.05);
  options.if_none_match = Condition(CurrentEtag(to), 0.05);
  options.source_if_match = Condition(etag, 0.05);
  options.source_if_none_match = Condition(etag, 0.05);
  if (random_.Chance(0.3)) {
    options.if_modified_since = DateAround();
    options.if_unmodified_since = DateAround();
    options.source_if_modified_since = DateAround();
    options.source_if_unmodified_since = DateAround();
  }
  const std::string expected = model_.RenameCode(from.bucket, from.key, to.key, options);
  const auto renamed = cloud_->bucket(from.bucket).Rename(from.key, to.key, options);
  Expect(CodeOf(renamed), expected,
         "rename in " + from.bucket + " " + base::Quoted(from.key.substr(0, 20)) + " to " +
             base::Quoted(to.key.substr(0, 20)));
  if (!renamed.ok() || expected != "OK") return;
  EXPECT_GT(renamed->sequence, last_sequence_ + 1) << "the removal has a number of its own";
  ExpectNewSequence(renamed->sequence);
  model_.Rename(from.bucket, from.key, to.key,
                {clock_->Now(), renamed->sequence, "", renamed->request_id});
}

}  // namespace cloudlet::differential
