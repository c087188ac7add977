// Annotations of differential_harness.h.
#include <iterator>
#include <string>
#include <vector>

#include "base/strings.h"
#include "gtest/gtest.h"
#include "tests/differential_harness.h"

namespace cloudlet::differential {

using objstore::CodeOf;
using objstore::Md5Base64;

namespace {

std::string Of(const std::string& name, const std::string& bucket, const std::string& key,
               const std::string& version_id) {
  return "annotation " + name.substr(0, 20) + " of " + bucket + "/" +
         base::Quoted(key.substr(0, 20)) + " version " + version_id;
}

}  // namespace

// --- Choices ---

Differential::VersionChoice Differential::AnnotatedVersion() {
  VersionChoice choice;
  for (int i = 0; i < 20; ++i) {
    choice = AnyVersion();
    const ModelVersion* found = nullptr;
    const std::string code = model_.VersionCode(choice.at.bucket, choice.at.key, choice.id, &found);
    if (code == "OK" && !found->annotations.empty()) break;
  }
  return choice;
}

// One that is there, or another, or one that cannot be.
std::string Differential::AnnotationName(const VersionChoice& version) {
  static const std::vector<std::string> kOdd = {
      "", "a b", "aws", "S3-x", std::string(512, 'n'), std::string(513, 'n')};
  static const char* const kNames[] = {"a", "a-b", "B", "labels", "\xC3\xA9", "9", "z"};
  const ModelVersion* found = nullptr;
  const std::string code =
      model_.VersionCode(version.at.bucket, version.at.key, version.id, &found);
  if (random_.Chance(0.02)) return kOdd[random_.Below(kOdd.size())];
  if (code != "OK" || found->annotations.empty() || random_.Chance(0.4)) {
    return kNames[random_.Below(std::size(kNames))];
  }
  const auto skip = static_cast<ptrdiff_t>(random_.Below(found->annotations.size()));
  return std::next(found->annotations.begin(), skip)->first;
}

// Text, on both sides of where it lies otherwise; rarely none, or what is too much or no text.
std::string Differential::AnnotationPayload() {
  const uint64_t dice = random_.Below(1000);
  uint64_t size = 1 + random_.Below(60);
  if (dice < 100) size = 1020 + random_.Below(10);
  if (dice < 30) size = 65'530 + random_.Below(12);
  if (dice < 15) size = kMaxAnnotationBytes - 1 + random_.Below(3);
  if (dice < 5) return "";
  std::string text = objstore::Bytes(size, random_.Next());
  for (char& c : text) c = static_cast<char>('a' + static_cast<unsigned char>(c) % 26);
  if (random_.Chance(0.01)) text.back() = '\xFF';
  return text;
}

PutAnnotationOptions Differential::AnnotationChoice(const VersionChoice& version,
                                                    const std::string& name,
                                                    const std::string& payload) {
  PutAnnotationOptions options;
  options.version_id = version.id;
  const ModelVersion* object = nullptr;
  std::string object_etag;
  std::string etag;
  if (model_.VersionCode(version.at.bucket, version.at.key, version.id, &object) == "OK") {
    object_etag = object->etag;
    const auto found = object->annotations.find(name);
    if (found != object->annotations.end()) etag = found->second.etag;
  }
  options.object_if_match = Condition(object_etag, 0.1);
  options.if_match = Condition(etag, 0.05);
  options.if_none_match = Condition(etag, 0.05);
  if (random_.Chance(0.1)) options.content_md5 = Md5Base64(payload);
  if (random_.Chance(0.01)) options.content_md5 = Md5Base64(payload + "x");
  if (random_.Chance(0.01)) options.content_md5 = "nonsense";
  if (random_.Chance(0.01)) options.durability = Durability::kSync;
  if (random_.Chance(0.1)) options.checksum_algorithm = kChecksumAlgorithms[random_.Below(10)];
  if (!random_.Chance(0.1)) return options;
  options.checksum = ChecksumOf(
      options.checksum_algorithm.value_or(kChecksumAlgorithms[random_.Below(10)]), payload);
  if (random_.Chance(0.05)) options.checksum->type = ChecksumType::kComposite;
  if (random_.Chance(0.05)) options.checksum_algorithm = ChecksumAlgorithm::kSha1;
  options.checksum->value = Damaged(options.checksum->value);
  return options;
}

// --- Steps ---

void Differential::StepPutAnnotation() {
  const VersionChoice version = random_.Chance(0.5) ? AnnotatedVersion() : AnyVersion();
  const Place& at = version.at;
  const std::string name = AnnotationName(version);
  const std::string payload = AnnotationPayload();
  const PutAnnotationOptions options = AnnotationChoice(version, name, payload);
  const std::string expected = model_.PutAnnotationCode(at.bucket, at.key, name, payload, options);
  const auto put = cloud_->bucket(at.bucket).PutAnnotation(at.key, name, payload, options);
  Expect(CodeOf(put), expected, "put " + Of(name, at.bucket, at.key, version.id));
  if (!put.ok() || expected != "OK") return;
  ExpectNewSequence(put->sequence);
  model_.PutAnnotation(at.bucket, at.key, name, payload, options,
                       {clock_->Now(), put->sequence, "", put->request_id});
  const ModelVersion* object = nullptr;
  EXPECT_EQ(model_.VersionCode(at.bucket, at.key, version.id, &object), "OK");
  const ModelAnnotation& now = object->annotations.at(name);
  EXPECT_EQ(put->etag, now.etag);
  EXPECT_EQ(put->checksum, now.checksum);
  EXPECT_EQ(put->version_id, model_.ShownId(at.bucket, *object));
}

void Differential::StepDeleteAnnotation() {
  const VersionChoice version = random_.Chance(0.8) ? AnnotatedVersion() : AnyVersion();
  const Place& at = version.at;
  const std::string name = AnnotationName(version);
  const PutAnnotationOptions choice = AnnotationChoice(version, name, "");
  DeleteAnnotationOptions options;
  options.version_id = version.id;
  options.object_if_match = choice.object_if_match;
  options.if_match = choice.if_match;
  const std::string expected = model_.DeleteAnnotationCode(at.bucket, at.key, name, options);
  const auto removed = cloud_->bucket(at.bucket).DeleteAnnotation(at.key, name, options);
  Expect(CodeOf(removed), expected, "delete " + Of(name, at.bucket, at.key, version.id));
  if (!removed.ok() || expected != "OK") return;
  const bool existed =
      model_.DeleteAnnotation(at.bucket, at.key, name, version.id,
                              {clock_->Now(), removed->sequence, "", removed->request_id});
  const ModelVersion* object = nullptr;
  EXPECT_EQ(model_.VersionCode(at.bucket, at.key, version.id, &object), "OK");
  EXPECT_EQ(removed->existed, existed);
  EXPECT_EQ(removed->version_id, model_.ShownId(at.bucket, *object));
  if (existed) {
    ExpectNewSequence(removed->sequence);
  } else {
    EXPECT_EQ(removed->sequence, 0u);
  }
}

void Differential::CompareAnnotationInfo(const AnnotationInfo& info, const std::string& name,
                                         const ModelAnnotation& annotation) {
  EXPECT_EQ(info.name, name);
  EXPECT_EQ(info.size, annotation.payload.size());
  EXPECT_EQ(info.etag, annotation.etag);
  EXPECT_EQ(info.last_modified, annotation.modified);
  EXPECT_EQ(info.checksum, annotation.checksum);
  EXPECT_EQ(info.sequence, annotation.sequence);
}

void Differential::CompareAnnotation(const VersionChoice& version, const std::string& name) {
  const auto& [at, id] = version;
  const ModelAnnotation* expected = nullptr;
  const std::string code = model_.GetAnnotationCode(at.bucket, at.key, name, id, &expected);
  GetAnnotationOptions options;
  options.version_id = id;
  const auto got = cloud_->bucket(at.bucket).GetAnnotation(at.key, name, options);
  Expect(CodeOf(got), code, "get " + Of(name, at.bucket, at.key, id));
  CompareMarker(got.status(), at, id);
  if (!got.ok() || code != "OK") return;
  EXPECT_TRUE(got->payload == expected->payload) << "payloads differ";
  CompareAnnotationInfo(got->info, name, *expected);
  const ModelVersion* object = nullptr;
  EXPECT_EQ(model_.VersionCode(at.bucket, at.key, id, &object), "OK");
  EXPECT_EQ(got->version_id, model_.ShownId(at.bucket, *object));
}

void Differential::StepGetAnnotation() {
  const VersionChoice version = random_.Chance(0.8) ? AnnotatedVersion() : AnyVersion();
  CompareAnnotation(version, AnnotationName(version));
}

void Differential::StepListAnnotations() {
  const VersionChoice version = random_.Chance(0.8) ? AnnotatedVersion() : AnyVersion();
  ListAnnotationsOptions options;
  options.version_id = version.id;
  if (random_.Chance(0.2)) options.prefix = AnnotationName(version).substr(0, 1);
  if (random_.Chance(0.02)) options.prefix = random_.Chance(0.5) ? "a b" : std::string(513, 'a');
  if (random_.Chance(0.1)) options.continuation_token = AnnotationName(version);
  if (random_.Chance(0.4)) options.max_results = 1 + random_.Below(3);
  if (random_.Chance(0.02)) options.max_results = random_.Chance(0.5) ? 0 : 1001;
  CompareAnnotations(version, options);
}

// Page by page to the end.
void Differential::CompareAnnotations(const VersionChoice& version,
                                      ListAnnotationsOptions options) {
  const Place& at = version.at;
  options.version_id = version.id;
  const std::string code = model_.ListAnnotationsCode(at.bucket, at.key, options);
  const std::string after = options.continuation_token;
  const ModelVersion* object = nullptr;
  model_.VersionCode(at.bucket, at.key, version.id, &object);
  std::vector<AnnotationInfo> found;
  while (true) {
    const auto page = cloud_->bucket(at.bucket).ListAnnotations(at.key, options);
    Expect(CodeOf(page), code, "list " + Of("", at.bucket, at.key, version.id));
    CompareMarker(page.status(), at, version.id);
    if (!page.ok() || code != "OK") return;
    EXPECT_EQ(page->version_id, model_.ShownId(at.bucket, *object));
    EXPECT_LE(page->entries.size(), options.max_results);
    found.insert(found.end(), page->entries.begin(), page->entries.end());
    if (!page->is_truncated) break;
    ASSERT_EQ(page->entries.size(), options.max_results);
    options.continuation_token = page->next_continuation_token;
  }
  auto info = found.begin();
  for (const auto& [name, annotation] : object->annotations) {
    if (name <= after || name.compare(0, options.prefix.size(), options.prefix) != 0) continue;
    ASSERT_TRUE(info != found.end()) << name;
    CompareAnnotationInfo(*info, name, annotation);
    ++info;
  }
  EXPECT_TRUE(info == found.end());
}

// --- Of which the answer may be lost ---

Differential::Unsure Differential::UnsurePutAnnotation() {
  const VersionChoice version = AnyVersion();
  const std::string name = AnnotationName(version);
  const std::string payload = AnnotationPayload();
  PutAnnotationOptions options;
  options.version_id = version.id;
  const Place at = version.at;
  if (model_.PutAnnotationCode(at.bucket, at.key, name, payload, options) != "OK") return {};
  return {"put annotation",
          {at},
          [=, this] {
            return cloud_->bucket(at.bucket).PutAnnotation(at.key, name, payload, options).status();
          },
          [=, this](Model* model) {
            model->PutAnnotation(at.bucket, at.key, name, payload, options, GivenLater());
          },
          payload.size() > 60'000};
}

Differential::Unsure Differential::UnsureDeleteAnnotation() {
  const VersionChoice version = AnnotatedVersion();
  const std::string name = AnnotationName(version);
  const Place at = version.at;
  const ModelAnnotation* found = nullptr;
  if (model_.GetAnnotationCode(at.bucket, at.key, name, version.id, &found) != "OK") return {};
  DeleteAnnotationOptions options;
  options.version_id = version.id;
  return {"delete annotation",
          {at},
          [=, this] {
            return cloud_->bucket(at.bucket).DeleteAnnotation(at.key, name, options).status();
          },
          [=, this](Model* model) {
            model->DeleteAnnotation(at.bucket, at.key, name, options.version_id, GivenLater());
          }};
}

}  // namespace cloudlet::differential
