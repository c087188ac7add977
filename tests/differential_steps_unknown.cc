// Operations whose outcome is unknown, of differential_harness.h.
//
// The engine loses the answer of a write, done or not (latching_kv.h): the call answers that the
// store is read-only. Two models are then right, one in which the operation has been carried out,
// and one in which it has not. After a Reopen, or a kill, the store must be as exactly one of them,
// in what it lists and in its event log, and the test goes on with that one.
#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "base/strings.h"
#include "gtest/gtest.h"
#include "tests/differential_harness.h"

namespace cloudlet::differential {

using base::V;
using objstore::CodeOf;

namespace {

constexpr char kNew[] = "new";  // an id that the cloud has given and the model does not know

std::string VersionLine(const std::string& id, bool is_marker, bool is_latest, uint64_t size,
                        const std::string& etag, absl::Time modified) {
  return absl::StrCat("version ", V(id), is_marker ? " marker" : "", is_latest ? " latest" : "",
                      " ", size, " ", V(etag), " ", absl::ToUnixMillis(modified));
}

std::string PartLine(const std::string& id, int number, uint64_t size, const std::string& etag,
                     absl::Time modified) {
  return absl::StrCat("part ", V(id), " ", number, " ", size, " ", V(etag), " ",
                      absl::ToUnixMillis(modified));
}

std::string UploadLine(const std::string& id, absl::Time created) {
  return absl::StrCat("upload ", V(id), " ", absl::ToUnixMillis(created));
}

std::string TagsLine(const TagSet& tags) {
  std::string line = "tags";
  for (const Tag& tag : tags) absl::StrAppend(&line, " ", V(tag.key), "=", V(tag.value));
  return line;
}

std::string BucketLine(Versioning versioning, const TagSet& tags) {
  return absl::StrCat("versioning ", static_cast<int>(versioning), " ", V(TagsLine(tags)));
}

std::string AnnotationLine(const std::string& name, uint64_t size, const std::string& etag,
                           absl::Time modified) {
  return absl::StrCat("annotation ", V(name), " ", size, " ", V(etag), " ",
                      absl::ToUnixMillis(modified));
}

}  // namespace

// --- What can be seen of one key ---

std::vector<std::string> Differential::Shown(const Model& model, const Place& at) const {
  const ModelBucket& bucket = model.buckets().at(at.bucket);
  std::vector<std::string> lines = {BucketLine(bucket.versioning, bucket.tags)};
  if (const auto found = bucket.keys.find(at.key); found != bucket.keys.end()) {
    for (const ModelVersion& version : found->second) {
      lines.push_back(VersionLine(version.id, version.is_marker, &version == &found->second.front(),
                                  version.body.size(), version.etag, version.modified));
      lines.push_back(TagsLine(version.tags));
      for (const auto& [name, one] : version.annotations) {
        lines.push_back(AnnotationLine(name, one.payload.size(), one.etag, one.modified));
      }
    }
  }
  for (const auto& [name, upload] : bucket.uploads) {
    if (name.first != at.key) continue;
    lines.push_back(UploadLine(upload.id, upload.created));
    for (const auto& [number, part] : upload.parts) {
      lines.push_back(PartLine(upload.id, number, part.body.size(), part.etag, part.modified));
    }
  }
  return lines;
}

std::vector<VersionEntry> Differential::VersionsInCloud(const Place& at) {
  std::vector<VersionEntry> versions;
  VersionPageOptions options;
  options.prefix = at.key;
  while (true) {
    const auto page = cloud_->bucket(at.bucket).ListVersions(options);
    EXPECT_TRUE(page.ok()) << page.status();
    if (!page.ok()) return versions;
    for (const VersionEntry& entry : page->entries) {
      if (entry.key == at.key) versions.push_back(entry);
    }
    if (!page->is_truncated) return versions;
    options.key_marker = page->next_key_marker;
    options.version_id_marker = page->next_version_id_marker;
  }
}

std::vector<UploadEntry> Differential::UploadsInCloud(const Place& at) {
  std::vector<UploadEntry> uploads;
  UploadPageOptions options;
  options.prefix = at.key;
  const auto page = cloud_->bucket(at.bucket).ListMultipartUploads(options);
  EXPECT_TRUE(page.ok() && !page->is_truncated) << page.status();
  if (!page.ok()) return uploads;
  for (const UploadEntry& entry : page->entries) {
    if (entry.key == at.key) uploads.push_back(entry);
  }
  return uploads;
}

std::vector<AnnotationInfo> Differential::AnnotationsInCloud(const Place& at,
                                                             const std::string& version_id) {
  ListAnnotationsOptions options;
  options.version_id = version_id;
  const auto page = cloud_->bucket(at.bucket).ListAnnotations(at.key, options);
  EXPECT_TRUE(page.ok() && !page->is_truncated) << page.status();
  return page.ok() ? page->entries : std::vector<AnnotationInfo>();
}

std::vector<std::string> Differential::ShownByCloud(const Place& at) {
  const auto info = cloud_->bucket(at.bucket).Info();
  const TagSet tags = cloud_->bucket(at.bucket).GetBucketTags().value_or(TagSet());
  std::vector<std::string> lines = {info.ok() ? BucketLine(info->versioning, tags) : "no bucket"};
  for (const VersionEntry& entry : VersionsInCloud(at)) {
    const bool known = model_.Version(at.bucket, at.key, entry.version_id) != nullptr ||
                       entry.version_id == "null";
    lines.push_back(VersionLine(known ? entry.version_id : kNew, entry.is_delete_marker,
                                entry.is_latest, entry.size, entry.etag, entry.last_modified));
    GetTagsOptions of_version;
    of_version.version_id = entry.version_id;
    const auto tagged = cloud_->bucket(at.bucket).GetTags(at.key, of_version);
    EXPECT_EQ(CodeOf(tagged), entry.is_delete_marker ? "MethodNotAllowed" : "OK");
    lines.push_back(TagsLine(tagged.ok() ? tagged->tags : TagSet()));
    if (entry.is_delete_marker) continue;
    for (const AnnotationInfo& one : AnnotationsInCloud(at, entry.version_id)) {
      lines.push_back(AnnotationLine(one.name, one.size, one.etag, one.last_modified));
    }
  }
  for (const UploadEntry& entry : UploadsInCloud(at)) {
    const bool known = model_.Upload(at.bucket, at.key, entry.upload_id) != nullptr;
    const std::string id = known ? entry.upload_id : kNew;
    lines.push_back(UploadLine(id, entry.initiated));
    const auto parts = cloud_->bucket(at.bucket).ListParts(at.key, entry.upload_id);
    EXPECT_TRUE(parts.ok()) << parts.status();
    if (!parts.ok()) continue;
    for (const PartEntry& part : parts->parts) {
      lines.push_back(PartLine(id, part.part_number, part.size, part.etag, part.last_modified));
    }
  }
  return lines;
}

// --- Taking over what only the cloud knows ---

void Differential::AdoptAnnotations(const Place& at, ModelVersion* version) {
  const auto is_known = [](const auto& one) { return one.second.sequence != 0; };
  auto& annotations = version->annotations;
  if (std::all_of(annotations.begin(), annotations.end(), is_known)) return;
  for (const AnnotationInfo& info : AnnotationsInCloud(at, version->id)) {
    ModelAnnotation& annotation = annotations[info.name];
    if (annotation.sequence != 0) continue;
    annotation.sequence = info.sequence;
    EXPECT_GT(annotation.sequence, last_sequence_);
  }
}

void Differential::AdoptVersions(const Place& at, Model* model) {
  std::vector<ModelVersion>* versions = model->VersionsOf(at.bucket, at.key);
  if (versions == nullptr) return;
  const std::vector<VersionEntry> found = VersionsInCloud(at);
  ASSERT_EQ(found.size(), versions->size());
  for (size_t i = 0; i < found.size(); ++i) {
    ModelVersion& version = (*versions)[i];
    if (version.id == kNew) version.id = found[i].version_id;
    AdoptAnnotations(at, &version);
    if (version.sequence != 0 || version.is_marker) continue;
    GetOptions options;
    options.version_id = version.id;
    const auto head = cloud_->bucket(at.bucket).Head(at.key, options);
    ASSERT_TRUE(head.ok()) << head.status();
    version.sequence = head->info.sequence;
    EXPECT_GT(version.sequence, last_sequence_);
  }
}

void Differential::AdoptUploads(const Place& at, Model* model) {
  ModelUpload* created = model->Upload(at.bucket, at.key, kNew);
  if (created == nullptr) return;
  for (const UploadEntry& entry : UploadsInCloud(at)) {
    if (model->Upload(at.bucket, at.key, entry.upload_id) == nullptr) created->id = entry.upload_id;
  }
  EXPECT_NE(created->id, kNew);
}

void Differential::AdoptEvents(size_t first, Model* model) {
  std::vector<ModelEvent>& events = model->events();
  const uint64_t last = first > 0              ? events[first - 1].sequence
                        : past_events_.empty() ? 0
                                               : past_events_.back().sequence;
  const auto found = cloud_->Events(last);
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->size(), events.size() - first);
  for (size_t i = 0; i < found->size(); ++i) {
    ModelEvent& event = events[first + i];
    event.sequence = (*found)[i].sequence;
    event.request_id = (*found)[i].request_id;
    if (event.version_id == kNew) event.version_id = (*found)[i].version_id;
    EXPECT_GT(event.sequence, last_sequence_);
    EXPECT_FALSE(event.request_id.empty());
  }
  if (events.size() > first) last_sequence_ = std::max(last_sequence_, events.back().sequence);
}

void Differential::Adopt(const std::vector<Place>& touched, size_t first_event, Model* model) {
  for (const Place& at : touched) {
    AdoptVersions(at, model);
    AdoptUploads(at, model);
  }
  AdoptEvents(first_event, model);
}

// --- The step ---

// Reads go on, whatever changes something is refused.
void Differential::ExpectReadOnly(const std::vector<Place>& touched) {
  EXPECT_FALSE(cloud_->health().ok());
  EXPECT_TRUE(IsReadOnly(cloud_->CreateBucket("one-more").status()));
  const Bucket bucket = cloud_->bucket("plain");
  EXPECT_TRUE(IsReadOnly(bucket.Put("a", "refused").status()));
  EXPECT_TRUE(IsReadOnly(bucket.CreateMultipartUpload("a").status()));
  EXPECT_TRUE(IsReadOnly(bucket.Append("a", "refused").status()));
  EXPECT_TRUE(IsReadOnly(bucket.SetBucketTags({{"a", "refused"}})));
  EXPECT_TRUE(IsReadOnly(cloud_->bucket("versions").SetVersioning(Versioning::kEnabled)));
  const Place other = AnyPlace();
  // Its versioning may have changed, too.
  const auto in_its_bucket = [&](const Place& at) { return at.bucket == other.bucket; };
  if (std::any_of(touched.begin(), touched.end(), in_its_bucket)) return;
  CompareGet(other, {});
  if (model_.Current(other.bucket, other.key) == nullptr) return;
  const Bucket others = cloud_->bucket(other.bucket);
  EXPECT_TRUE(IsReadOnly(others.Delete(other.key).status()));
  EXPECT_TRUE(IsReadOnly(others.SetTags(other.key, {{"a", "refused"}}).status()));
  if (model_.PutAnnotationCode(other.bucket, other.key, "a", "refused", {}) == "OK") {
    EXPECT_TRUE(IsReadOnly(others.PutAnnotation(other.key, "a", "refused").status()));
  }
  CopyOptions replace;
  replace.metadata_directive = MetadataDirective::kReplace;
  const CopySource source = CopySource{other.bucket, other.key};
  if (model_.CopyCode(other.bucket, "b", source, replace) == "OK") {
    EXPECT_TRUE(IsReadOnly(others.Copy(source, "b", replace).status()));
  }
}

// So that the numbers which the next operation needs are there, and its first write is its own.
void Differential::DrawNumbers() {
  const Place at{"plain", "a"};
  TakePut(at, "", {}, "OK", cloud_->bucket(at.bucket).Put(at.key, ""));
  const auto id = cloud_->bucket(at.bucket).CreateMultipartUpload(at.key);
  Expect(CodeOf(id), "OK", "create upload");
  if (!id.ok()) return;
  Expect(CodeOf(cloud_->bucket(at.bucket).AbortMultipartUpload(at.key, *id)), "OK", "abort");
}

void Differential::StepUnknown() {
  DrawNumbers();
  clock_->Advance(absl::Milliseconds(1));  // so that the two outcomes differ
  const Unsure unsure = ChooseUnsure();
  const bool done = random_.Chance(0.5);
  const int passing = random_.Chance(0.7) ? 0 : static_cast<int>(random_.Below(4));
  ArchiveEvents();
  Model with = model_;
  unsure.apply(&with);
  machine_->latch().Arm(passing, done);
  const absl::Status status = unsure.call();
  machine_->latch().Disarm();
  const bool latched = machine_->latch().closed();
  SCOPED_TRACE(absl::StrCat(V(unsure.what), latched ? " latched" : "", done ? " done" : "",
                            " passing ", passing));
  Expect(CodeOf(status), status.ok() ? "OK" : "ServiceUnavailable", unsure.what);
  // A write behind that of the operation, which frees space, may be the one that latches.
  EXPECT_TRUE(status.ok() ? !latched || passing > 0 : latched && IsReadOnly(status)) << status;
  if (latched) {
    ExpectReadOnly(unsure.touched);
    Recover();
  }
  if (::testing::Test::HasFailure()) return;
  const bool is_there = TakeOutcome(unsure, std::move(with));
  if (status.ok()) {
    EXPECT_TRUE(is_there);
    return;
  }
  EXPECT_TRUE(done || !is_there) << "what was not written is there";
  ++lost_;
  if (is_there) ++lost_and_done_;
  // Where one write is all there is, it decides, unless it was that of a lease of numbers.
  if (done && passing == 0 && !unsure.writes_more && !is_there) ++lost_and_gone_;
}

void Differential::Recover() {
  if (random_.Chance(0.7)) {
    Expect(CodeOf(cloud_->Reopen()), "OK", "reopen");
    return;
  }
  machine_->Kill();
  cloud_.reset();
  Open();
}

bool Differential::TakeOutcome(const Unsure& unsure, Model with) {
  std::vector<std::string> found;
  std::vector<std::string> before;
  std::vector<std::string> after;
  for (const Place& at : unsure.touched) {
    for (auto& line : ShownByCloud(at)) found.push_back(std::move(line));
    for (auto& line : Shown(model_, at)) before.push_back(std::move(line));
    for (auto& line : Shown(with, at)) after.push_back(std::move(line));
  }
  EXPECT_NE(before, after);
  const size_t first_event = model_.events().size();
  const bool is_there = found == after;
  if (is_there) model_ = std::move(with);
  EXPECT_TRUE(is_there || found == before)
      << "neither of the two outcomes: " << absl::StrJoin(found, "\n");
  Adopt(is_there ? unsure.touched : std::vector<Place>(), first_event, &model_);
  return is_there;
}

// --- What may be lost: always something that changes what is there ---

Differential::Unsure Differential::ChooseUnsure() {
  using Choose = Unsure (Differential::*)();
  static constexpr Choose kAll[] = {
      &Differential::UnsurePut,
      &Differential::UnsureDelete,
      &Differential::UnsureCopy,
      &Differential::UnsureRename,
      &Differential::UnsureCreateUpload,
      &Differential::UnsurePart,
      &Differential::UnsureComplete,
      &Differential::UnsureAbort,
      &Differential::UnsureVersioning,
      &Differential::UnsureAppend,
      &Differential::UnsureSetTags,
      &Differential::UnsureDeleteTags,
      &Differential::UnsureBucketTags,
      &Differential::UnsurePutAnnotation,
      &Differential::UnsureDeleteAnnotation,
  };
  for (int attempt = 0; attempt < 20; ++attempt) {
    Unsure unsure = (this->*kAll[random_.Below(std::size(kAll))])();
    if (unsure.call != nullptr) return unsure;
  }
  while (true) {
    Unsure put = UnsurePut();
    if (put.call != nullptr) return put;
  }
}

Given Differential::GivenLater() const { return {clock_->Now(), 0, kNew, ""}; }

// An empty one where the chosen key or bucket is none.
Differential::Unsure Differential::UnsurePut() {
  const Place at = AnyPlace();
  const std::string body = random_.Chance(0.2) ? objstore::Bytes(100'000, random_.Next()) : Body();
  if (model_.PutCode(at.bucket, at.key, body, {}) != "OK") return {};
  return {"put",
          {at},
          [=, this] { return cloud_->bucket(at.bucket).Put(at.key, body).status(); },
          [=, this](Model* model) { model->Put(at.bucket, at.key, body, {}, GivenLater()); },
          body.size() > 60'000};
}

Differential::Unsure Differential::UnsureDelete() {
  const Place at = PlaceWithObject();
  if (model_.Current(at.bucket, at.key) == nullptr) return {};
  DeleteOptions options;
  if (random_.Chance(0.5)) options.version_id = VersionId(at);
  if (!options.version_id.empty() &&
      model_.Version(at.bucket, at.key, options.version_id) == nullptr) {
    return {};
  }
  return {"delete " + options.version_id,
          {at},
          [=, this] { return cloud_->bucket(at.bucket).Delete(at.key, options).status(); },
          [=, this](Model* model) {
            model->Delete(at.bucket, at.key, options.version_id, GivenLater());
          }};
}

Differential::Unsure Differential::UnsureCopy() {
  const Place from = PlaceWithObject();
  const Place to = AnyPlace();
  CopySource source;
  source.bucket = from.bucket;
  source.key = from.key;
  if (model_.CopyCode(to.bucket, to.key, source, {}) != "OK") return {};
  return {"copy",
          {to},
          [=, this] { return cloud_->bucket(to.bucket).Copy(source, to.key).status(); },
          [=, this](Model* model) { model->Copy(to.bucket, to.key, source, {}, GivenLater()); }};
}

Differential::Unsure Differential::UnsureRename() {
  const std::string bucket = random_.Chance(0.5) ? "ledger" : "plain";
  const std::string from = Key();
  const std::string to = Key();
  if (model_.RenameCode(bucket, from, to, {}) != "OK") return {};
  return {"rename",
          {{bucket, from}, {bucket, to}},
          [=, this] { return cloud_->bucket(bucket).Rename(from, to).status(); },
          [=, this](Model* model) { model->Rename(bucket, from, to, GivenLater()); }};
}

Differential::Unsure Differential::UnsureCreateUpload() {
  const Place at = AnyPlace();
  if (model_.CreateUploadCode(at.bucket, at.key, {}) != "OK") return {};
  return {
      "create upload",
      {at},
      [=, this] { return cloud_->bucket(at.bucket).CreateMultipartUpload(at.key).status(); },
      [=, this](Model* model) { model->CreateUpload(at.bucket, at.key, {}, kNew, clock_->Now()); }};
}

Differential::Unsure Differential::UnsurePart() {
  const UploadChoice at = AnyUpload();
  const int number = PartNumber(at);
  const std::string body = PartBody();
  if (model_.PartCode(at.bucket, at.key, at.id, number, body, {}) != "OK") return {};
  return {"upload part",
          {{at.bucket, at.key}},
          [=, this] {
            return cloud_->bucket(at.bucket).UploadPart(at.key, at.id, number, body).status();
          },
          [=, this](Model* model) {
            model->UploadPart(at.bucket, at.key, at.id, number, body, clock_->Now());
          },
          body.size() > 60'000};
}

Differential::Unsure Differential::UnsureComplete() {
  const UploadChoice at = AnyUpload();
  const std::vector<CompletedPart> parts = PartsOf(at);
  const ModelComplete judged = model_.JudgeComplete(at.bucket, at.key, at.id, parts, {});
  if (judged.code != "OK" || judged.repeats) return {};
  return {
      "complete",
      {{at.bucket, at.key}},
      [=, this] {
        return cloud_->bucket(at.bucket).CompleteMultipartUpload(at.key, at.id, parts).status();
      },
      [=, this](Model* model) { model->Complete(at.bucket, at.key, at.id, judged, GivenLater()); }};
}

Differential::Unsure Differential::UnsureAbort() {
  const UploadChoice at = AnyUpload();
  if (model_.UploadCode(at.bucket, at.key, at.id) != "OK") return {};
  return {"abort",
          {{at.bucket, at.key}},
          [=, this] { return cloud_->bucket(at.bucket).AbortMultipartUpload(at.key, at.id); },
          [=](Model* model) { model->Abort(at.bucket, at.key, at.id); }};
}

Differential::Unsure Differential::UnsureVersioning() {
  const std::string bucket = random_.Chance(0.5) ? "versions" : "audit";
  const Versioning was = model_.buckets().at(bucket).versioning;
  const Versioning versioning =
      was == Versioning::kEnabled ? Versioning::kSuspended : Versioning::kEnabled;
  return {"set versioning",
          {{bucket, "a"}},
          [=, this] { return cloud_->bucket(bucket).SetVersioning(versioning); },
          [=](Model* model) { model->SetVersioning(bucket, versioning); }};
}

}  // namespace cloudlet::differential
