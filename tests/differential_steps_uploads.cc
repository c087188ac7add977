// Multipart uploads of differential_harness.h.
#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "base/crc.h"
#include "base/strings.h"
#include "gtest/gtest.h"
#include "tests/differential_harness.h"

namespace cloudlet::differential {

using objstore::CodeOf;
using objstore::Md5Base64;

namespace {

constexpr size_t kRemembered = 50;

template <typename T>
void Remember(T what, std::vector<T>* all) {
  if (all->size() == kRemembered) all->erase(all->begin());
  all->push_back(std::move(what));
}

}  // namespace

// --- Choices ---

Differential::UploadChoice Differential::AnyUpload() {
  if (random_.Chance(0.02)) return {BucketName(), Key(), "0123456789abcdef"};
  if (random_.Chance(0.01)) return {BucketName(), Key(), "nonsense"};
  if (random_.Chance(0.03) && !ended_uploads_.empty()) {
    return ended_uploads_[random_.Below(ended_uploads_.size())];
  }
  for (int i = 0; i < 10; ++i) {
    const auto in = model_.buckets().find(BucketName());
    if (in == model_.buckets().end() || in->second.uploads.empty()) continue;
    const auto& uploads = in->second.uploads;
    const auto& [name, upload] =
        *std::next(uploads.begin(), static_cast<ptrdiff_t>(random_.Below(uploads.size())));
    if (random_.Chance(0.01)) return {in->first, Key(), upload.id};  // of another key
    return {in->first, name.first, upload.id};
  }
  return {BucketName(), Key(), "fedcba9876543210"};
}

UploadPartOptions Differential::PartChoice(const UploadChoice& upload, const std::string& body) {
  const ModelUpload* found = model_.Upload(upload.bucket, upload.key, upload.id);
  const ChecksumAlgorithm own = found == nullptr
                                    ? ChecksumAlgorithm::kCrc64nvme
                                    : found->checksum.value_or(UploadChecksum()).algorithm;
  UploadPartOptions options;
  if (random_.Chance(0.1)) options.content_md5 = Md5Base64(body);
  if (random_.Chance(0.01)) options.content_md5 = Md5Base64(body + "x");
  if (random_.Chance(0.01)) options.content_md5 = "nonsense";
  if (random_.Chance(0.05)) options.crc64nvme = base::Crc64Nvme(body);
  if (random_.Chance(0.01)) options.crc64nvme = base::Crc64Nvme(body) + 1;
  if (random_.Chance(0.01)) options.durability = Durability::kSync;
  if (!random_.Chance(0.2)) return options;
  options.checksum =
      ChecksumOf(random_.Chance(0.9) ? own : kChecksumAlgorithms[random_.Below(10)], body);
  if (random_.Chance(0.03)) options.checksum->type = ChecksumType::kComposite;
  options.checksum->value = Damaged(options.checksum->value);
  return options;
}

// As the upload has them, mostly; else in a wrong order, with a wrong ETag, or one that is not
// there.
std::vector<CompletedPart> Differential::PartsOf(const UploadChoice& choice) {
  std::vector<CompletedPart> parts;
  const ModelUpload* upload = model_.Upload(choice.bucket, choice.key, choice.id);
  if (upload == nullptr) return {{1, "0123456789abcdef0123456789abcdef"}};
  const bool all = random_.Chance(0.7);
  const bool claims = random_.Chance(0.2) || (upload->checksum.has_value() && !random_.Chance(0.1));
  for (const auto& [number, part] : upload->parts) {
    if (!all && random_.Chance(0.3)) continue;
    if (upload->checksum.has_value() && number != static_cast<int>(parts.size()) + 1 &&
        random_.Chance(0.9)) {
      break;
    }
    // What is too small can only be the last one.
    const bool ends = part.body.size() < kMinPartBytes && random_.Chance(0.9);
    CompletedPart& one = parts.emplace_back();
    one.part_number = number;
    one.etag = random_.Chance(0.5) ? part.etag : "\"" + part.etag + "\"";
    if (claims) one.checksum = part.checksum;
    if (ends) break;
  }
  if (parts.empty()) return parts;
  CompletedPart& some = parts[random_.Below(parts.size())];
  if (random_.Chance(0.03)) some.etag = "0123456789abcdef0123456789abcdef";
  if (random_.Chance(0.03)) some.part_number = static_cast<int>(random_.Below(kMaxPartNumber + 2));
  if (random_.Chance(0.03)) std::swap(parts.front(), parts.back());
  if (some.checksum.has_value() && random_.Chance(0.2)) {
    some.checksum->value = Damaged(some.checksum->value);
    if (random_.Chance(0.1)) some.checksum->algorithm = ChecksumAlgorithm::kSha1;
  }
  return parts;
}

CompleteOptions Differential::CompleteChoice(const UploadChoice& choice,
                                             const std::vector<CompletedPart>& parts) {
  CompleteOptions options;
  const std::string etag = CurrentEtag({choice.bucket, choice.key});
  options.if_match = Condition(etag, 0.05);
  options.if_none_match = Condition(etag, 0.05);
  const ModelUpload* upload = model_.Upload(choice.bucket, choice.key, choice.id);
  if (upload == nullptr) return options;
  std::vector<const ModelPart*> found;
  std::string body;
  for (const CompletedPart& part : parts) {
    const auto it = upload->parts.find(part.part_number);
    if (it == upload->parts.end()) continue;
    found.push_back(&it->second);
    body += it->second.body;
  }
  if (random_.Chance(0.2)) options.mp_object_size = body.size();
  if (random_.Chance(0.02)) options.mp_object_size = body.size() + 1;
  if (random_.Chance(0.1)) options.crc64nvme = base::Crc64Nvme(body);
  if (random_.Chance(0.02)) options.crc64nvme = base::Crc64Nvme(body) + 1;
  if (found.empty() || !random_.Chance(0.2)) return options;
  options.checksum = ChecksumOfParts(upload->checksum.value_or(UploadChecksum()), found);
  std::string& value = options.checksum->value;
  if (random_.Chance(0.3)) value = value.substr(0, value.find('-'));
  if (random_.Chance(0.05)) options.checksum->algorithm = ChecksumAlgorithm::kSha512;
  if (random_.Chance(0.05)) options.checksum->type = ChecksumType::kFullObject;
  value = Damaged(value);
  return options;
}

// --- Steps ---

void Differential::StepCreateUpload() {
  const Place at = AnyPlace();
  PutOptions options;
  if (random_.Chance(0.1)) options = PutChoice(at, "");
  options.metadata = Metadata();
  options.content_type = "video/mp4";
  if (random_.Chance(0.2)) options.tags = Tags(kMaxObjectTags);
  if (random_.Chance(0.4)) options.checksum_algorithm = kChecksumAlgorithms[random_.Below(10)];
  if (random_.Chance(0.1)) {
    options.checksum_type =
        random_.Chance(0.5) ? ChecksumType::kComposite : ChecksumType::kFullObject;
  }
  const auto id = cloud_->bucket(at.bucket).CreateMultipartUpload(at.key, options);
  const std::string expected = model_.CreateUploadCode(at.bucket, at.key, options);
  Expect(CodeOf(id), expected, "create upload of " + at.bucket);
  if (!id.ok() || expected != "OK") return;
  EXPECT_FALSE(id->empty());
  EXPECT_EQ(model_.Upload(at.bucket, at.key, *id), nullptr) << "an id was given twice";
  model_.CreateUpload(at.bucket, at.key, options, *id, clock_->Now());
}

void Differential::TakePart(const UploadChoice& upload, int number, const std::string& body,
                            const UploadPartOptions& options,
                            const absl::StatusOr<UploadPartResult>& part) {
  const std::string expected =
      model_.PartCode(upload.bucket, upload.key, upload.id, number, body, options);
  Expect(CodeOf(part), expected,
         "upload part " + std::to_string(number) + " of " + upload.bucket + "/" + upload.id);
  if (!part.ok() || expected != "OK") return;
  const ModelPart& now =
      model_.UploadPart(upload.bucket, upload.key, upload.id, number, body, clock_->Now());
  EXPECT_EQ(part->etag, now.etag);
  EXPECT_EQ(part->checksum, now.checksum);
  EXPECT_EQ(part->crc64nvme, base::Crc64Nvme(body));
}

std::string Differential::PartBody() {
  const uint64_t dice = random_.Below(1000);
  if (dice < 4) return objstore::Bytes(kMaxPartBytes - 1 + random_.Below(3), random_.Next());
  if (dice < 10) return objstore::Bytes(65'530 + random_.Below(12), random_.Next());
  if (dice < 110) return objstore::Bytes(random_.Below(kMinPartBytes + 1), random_.Next());
  return objstore::Bytes(kMinPartBytes + random_.Below(dice < 150 ? 1500 : 60), random_.Next());
}

// 1, 2, 3, ... until there are some; then any, to replace one; or none that there is.
int Differential::PartNumber(const UploadChoice& choice) {
  if (random_.Chance(0.03)) return random_.Chance(0.5) ? 0 : kMaxPartNumber + 1;
  const ModelUpload* upload = model_.Upload(choice.bucket, choice.key, choice.id);
  const int next = upload == nullptr ? 1 : static_cast<int>(upload->parts.size()) + 1;
  if (next < 6 && random_.Chance(0.7)) return next;
  return 1 + static_cast<int>(random_.Below(random_.Chance(0.7) ? 5 : kMaxPartNumber));
}

void Differential::StepUploadPart() {
  const UploadChoice upload = AnyUpload();
  const int number = PartNumber(upload);
  const std::string body = PartBody();
  const UploadPartOptions options = PartChoice(upload, body);
  TakePart(upload, number, body, options,
           cloud_->bucket(upload.bucket).UploadPart(upload.key, upload.id, number, body, options));
}

// One time in four dropped.
void Differential::StepPartWriter() {
  const UploadChoice upload = AnyUpload();
  const int number = PartNumber(upload);
  const std::string body = PartBody();
  const UploadPartOptions options = PartChoice(upload, body);
  auto writer =
      cloud_->bucket(upload.bucket).OpenPartWriter(upload.key, upload.id, number, options);
  Expect(CodeOf(writer), model_.OpenPartCode(upload.bucket, upload.key, upload.id, number, options),
         "open part writer of " + upload.bucket + "/" + upload.id);
  if (!writer.ok()) return;
  for (size_t at = 0; at < body.size();) {
    const size_t piece = 1 + random_.Below(body.size());
    const absl::Status written = writer->Write(std::string_view(body).substr(at, piece));
    if (!written.ok()) {
      Expect(CodeOf(written), body.size() > kMaxPartBytes ? "EntityTooLarge" : "OK", "write part");
      return;
    }
    at += piece;
  }
  if (random_.Chance(0.25)) return;
  TakePart(upload, number, body, options, writer->Commit());
}

void Differential::StepPartCopy() {
  const UploadChoice upload = AnyUpload();
  const int number = PartNumber(upload);
  const bool of_version = random_.Chance(0.3);
  const Place from = of_version ? Place{VersionedBucketName(), Key()} : PlaceWithObject();
  const CopySource source = SourceChoice(from, of_version ? VersionId(from) : "");
  const ModelVersion* object = model_.Current(from.bucket, from.key);
  UploadPartCopyOptions options;
  if (random_.Chance(0.5)) {
    const uint64_t size = object == nullptr ? 1 : object->body.size();
    ByteRange range;
    if (!random_.Chance(0.03)) range.first = random_.Below(size + 1);
    if (!random_.Chance(0.03)) {
      range.last = random_.Chance(0.03) ? random_.Below(size + 2)
                                        : range.first.value_or(0) + random_.Below(size + 1) / 2;
    }
    options.range = range;
  }
  std::string body;
  const std::string expected = model_.PartCopyCode(upload.bucket, upload.key, upload.id, number,
                                                   source, options.range, &body);
  const auto part =
      cloud_->bucket(upload.bucket).UploadPartCopy(upload.key, upload.id, number, source, options);
  Expect(CodeOf(part), expected,
         "copy part " + std::to_string(number) + " of " + upload.bucket + "/" + upload.id);
  if (!part.ok() || expected != "OK") return;
  const ModelVersion* found = nullptr;
  model_.SourceCode(upload.bucket, source, UINT64_MAX, &found);
  EXPECT_EQ(part->copy_source_version_id, model_.ShownId(from.bucket, *found));
  const ModelPart& now =
      model_.UploadPart(upload.bucket, upload.key, upload.id, number, body, clock_->Now());
  EXPECT_EQ(part->etag, now.etag);
  EXPECT_EQ(part->checksum, now.checksum);
  EXPECT_EQ(part->crc64nvme, base::Crc64Nvme(body));
  EXPECT_EQ(part->last_modified, now.modified);
}

void Differential::CompleteWith(const UploadChoice& upload, const std::vector<CompletedPart>& parts,
                                const CompleteOptions& options) {
  const ModelComplete judged =
      model_.JudgeComplete(upload.bucket, upload.key, upload.id, parts, options);
  const auto put =
      cloud_->bucket(upload.bucket).CompleteMultipartUpload(upload.key, upload.id, parts, options);
  Expect(CodeOf(put), judged.code, "complete " + upload.bucket + "/" + upload.id);
  if (!put.ok() || judged.code != "OK") return;
  model_.Complete(upload.bucket, upload.key, upload.id, judged,
                  {clock_->Now(), put->sequence, put->version_id, put->request_id});
  const ModelVersion& now = *model_.Current(upload.bucket, upload.key);
  if (judged.repeats) {
    EXPECT_EQ(put->sequence, now.sequence);
  } else {
    ExpectNewSequence(put->sequence);
    Remember({upload, parts}, &completed_);
    Remember(upload, &ended_uploads_);
  }
  EXPECT_FALSE(put->request_id.empty());
  EXPECT_EQ(put->etag, now.etag);
  EXPECT_EQ(put->version_id, model_.ShownId(upload.bucket, now));
  EXPECT_EQ(put->checksum, now.checksum);
  EXPECT_EQ(put->crc64nvme, now.crc64nvme);
}

void Differential::StepComplete() {
  const UploadChoice upload = AnyUpload();
  const std::vector<CompletedPart> parts = PartsOf(upload);
  CompleteWith(upload, parts, CompleteChoice(upload, parts));
}

void Differential::StepRepeatComplete() {
  if (completed_.empty()) return;
  // The last ones are those whose object may be current yet.
  const size_t back = std::min<size_t>(completed_.size(), 1 + random_.Below(8));
  const auto& [upload, parts] = completed_[completed_.size() - back];
  std::vector<CompletedPart> again = parts;
  if (random_.Chance(0.1)) again.pop_back();
  if (random_.Chance(0.1)) again.push_back({kMaxPartNumber, "0123456789abcdef0123456789abcdef"});
  CompleteWith(upload, again, CompleteChoice(upload, again));
}

void Differential::StepAbort() {
  const UploadChoice upload = AnyUpload();
  const std::string expected = model_.UploadCode(upload.bucket, upload.key, upload.id);
  const absl::Status aborted =
      cloud_->bucket(upload.bucket).AbortMultipartUpload(upload.key, upload.id);
  Expect(CodeOf(aborted), expected, "abort " + upload.bucket + "/" + upload.id);
  if (!aborted.ok() || expected != "OK") return;
  model_.Abort(upload.bucket, upload.key, upload.id);
  Remember(upload, &ended_uploads_);
}

void Differential::StepListParts() { CompareParts(AnyUpload()); }

void Differential::CompareParts(const UploadChoice& choice) {
  const std::string code = model_.UploadCode(choice.bucket, choice.key, choice.id);
  PartPageOptions options;
  if (random_.Chance(0.2)) options.part_number_marker = static_cast<int>(random_.Below(8));
  options.max_parts = PageSize();
  const int marker = options.part_number_marker;
  std::vector<PartEntry> parts;
  const ModelUpload* upload = model_.Upload(choice.bucket, choice.key, choice.id);
  while (true) {
    const auto page = cloud_->bucket(choice.bucket).ListParts(choice.key, choice.id, options);
    Expect(CodeOf(page), code, "list parts of " + choice.bucket + "/" + choice.id);
    if (!page.ok() || code != "OK") return;
    EXPECT_LE(page->parts.size(), options.max_parts);
    EXPECT_EQ(page->initiated, upload->created);
    EXPECT_EQ(page->initiator, "cloudlet");
    const auto& checksum = upload->checksum;
    EXPECT_EQ(page->checksum_algorithm.has_value(), checksum.has_value());
    EXPECT_TRUE(!checksum.has_value() || (page->checksum_algorithm == checksum->algorithm &&
                                          page->checksum_type == checksum->type));
    parts.insert(parts.end(), page->parts.begin(), page->parts.end());
    if (!page->is_truncated) break;
    ASSERT_FALSE(page->parts.empty());
    options.part_number_marker = page->next_part_number_marker;
  }
  if (options.max_parts == 0) return;
  auto part = parts.begin();
  for (auto it = upload->parts.upper_bound(marker); it != upload->parts.end(); ++it, ++part) {
    ASSERT_TRUE(part != parts.end());
    EXPECT_EQ(part->part_number, it->first);
    EXPECT_EQ(part->size, it->second.body.size());
    EXPECT_EQ(part->etag, it->second.etag);
    EXPECT_EQ(part->crc64nvme, base::Crc64Nvme(it->second.body));
    EXPECT_EQ(part->checksum, it->second.checksum);
    EXPECT_EQ(part->last_modified, it->second.modified);
  }
  EXPECT_TRUE(part == parts.end());
}

}  // namespace cloudlet::differential
