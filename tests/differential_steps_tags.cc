// Tags of objects and buckets, of differential_harness.h.
#include <string>

#include "base/strings.h"
#include "gtest/gtest.h"
#include "tests/differential_harness.h"

namespace cloudlet::differential {

using objstore::CodeOf;

namespace {

std::string Name(const std::string& bucket, const std::string& key, const std::string& version_id) {
  return bucket + "/" + base::Quoted(key.substr(0, 20)) + " version " + version_id;
}

}  // namespace

// --- Of objects ---

void Differential::CompareTags(const Place& at, const std::string& version_id) {
  const ModelVersion* object = nullptr;
  const std::string code = model_.PartCode(at.bucket, at.key, version_id, &object);
  GetTagsOptions options;
  options.version_id = version_id;
  const auto got = cloud_->bucket(at.bucket).GetTags(at.key, options);
  Expect(CodeOf(got), code, "tags of " + Name(at.bucket, at.key, version_id));
  CompareMarker(got.status(), at, version_id);
  if (!got.ok() || code != "OK") return;
  EXPECT_EQ(got->tags, object->tags);
  EXPECT_EQ(got->version_id, model_.ShownId(at.bucket, *object));
}

void Differential::StepGetTags() {
  const VersionChoice choice = AnyVersion();
  CompareTags(choice.at, choice.id);
}

// Null: takes all of them off.
void Differential::ChangeTags(const TagSet* tags) {
  const auto [at, id] = AnyVersion();
  ChangeTagsOptions options;
  options.version_id = id;
  if (random_.Chance(0.01)) options.durability = Durability::kSync;
  const std::string expected = model_.ChangeTagsCode(at.bucket, at.key, id, tags);
  const Bucket bucket = cloud_->bucket(at.bucket);
  const auto changed =
      tags == nullptr ? bucket.DeleteTags(at.key, options) : bucket.SetTags(at.key, *tags, options);
  Expect(CodeOf(changed), expected, "change tags of " + Name(at.bucket, at.key, id));
  if (!changed.ok() || expected != "OK") return;
  ExpectNewSequence(changed->sequence);
  model_.ChangeTags(at.bucket, at.key, id, tags,
                    {clock_->Now(), changed->sequence, "", changed->request_id});
  const ModelVersion* object = nullptr;
  EXPECT_EQ(model_.VersionCode(at.bucket, at.key, id, &object), "OK");
  EXPECT_EQ(changed->version_id, model_.ShownId(at.bucket, *object));
}

void Differential::StepSetTags() {
  const TagSet tags = random_.Chance(0.05) ? TagSet() : Tags(kMaxObjectTags);
  ChangeTags(&tags);
}

void Differential::StepDeleteTags() { ChangeTags(nullptr); }

// --- Of buckets ---

void Differential::CompareBucketTags(const std::string& name) {
  const std::string code = model_.GetBucketTagsCode(name);
  const auto got = cloud_->bucket(name).GetBucketTags();
  Expect(CodeOf(got), code, "tags of " + name);
  if (!got.ok() || code != "OK") return;
  EXPECT_EQ(*got, model_.buckets().at(name).tags);
}

void Differential::StepGetBucketTags() { CompareBucketTags(BucketName()); }

void Differential::StepSetBucketTags() {
  const std::string name = BucketName();
  const TagSet tags = random_.Chance(0.05) ? TagSet() : Tags(kMaxBucketTags);
  const std::string expected = model_.SetBucketTagsCode(name, tags);
  const absl::Status set = cloud_->bucket(name).SetBucketTags(tags);
  Expect(CodeOf(set), expected, "set tags of " + name);
  if (set.ok() && expected == "OK") model_.SetBucketTags(name, tags);
}

void Differential::StepDeleteBucketTags() {
  const std::string name = BucketName();
  const std::string expected = model_.BucketCode(name);
  const absl::Status removed = cloud_->bucket(name).DeleteBucketTags();
  Expect(CodeOf(removed), expected, "delete tags of " + name);
  if (removed.ok() && expected == "OK") model_.SetBucketTags(name, {});
}

// --- Of which the answer may be lost ---

Differential::Unsure Differential::UnsureSetTags() {
  const auto [at, id] = AnyVersion();
  const TagSet tags = {{"unsure", std::to_string(random_.Next())}};
  if (model_.ChangeTagsCode(at.bucket, at.key, id, &tags) != "OK") return {};
  return {"set tags",
          {at},
          [=, this, at = at, id = id] {
            ChangeTagsOptions options;
            options.version_id = id;
            return cloud_->bucket(at.bucket).SetTags(at.key, tags, options).status();
          },
          [=, this, at = at, id = id](Model* model) {
            model->ChangeTags(at.bucket, at.key, id, &tags, GivenLater());
          }};
}

Differential::Unsure Differential::UnsureDeleteTags() {
  const ModelVersion* object = nullptr;
  Place at;
  for (int i = 0; i < 20 && (object == nullptr || object->tags.empty()); ++i) {
    at = PlaceWithObject();
    object = model_.Current(at.bucket, at.key);
  }
  if (object == nullptr || object->tags.empty()) return {};
  return {
      "delete tags",
      {at},
      [=, this] { return cloud_->bucket(at.bucket).DeleteTags(at.key).status(); },
      [=, this](Model* model) { model->ChangeTags(at.bucket, at.key, "", nullptr, GivenLater()); }};
}

Differential::Unsure Differential::UnsureBucketTags() {
  const std::string name = random_.Chance(0.5) ? "plain" : "audit";
  TagSet tags;
  if (random_.Chance(0.7)) tags = {{"unsure", std::to_string(random_.Next())}};
  if (tags == model_.buckets().at(name).tags) return {};
  return {"set tags of a bucket",
          {{name, "a"}},
          [=, this] { return cloud_->bucket(name).SetBucketTags(tags); },
          [=](Model* model) { model->SetBucketTags(name, tags); }};
}

}  // namespace cloudlet::differential
