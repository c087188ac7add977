// Puts, deletes and reads of differential_harness.h.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/crc.h"
#include "base/strings.h"
#include "gtest/gtest.h"
#include "tests/differential_harness.h"

namespace cloudlet::differential {

using objstore::CodeOf;

namespace {

std::string Name(const std::string& bucket, const std::string& key) {
  return bucket + "/" + base::Quoted(key.substr(0, 20));
}

}  // namespace

// --- Puts ---

void Differential::TakePut(const Place& at, const std::string& body, const PutOptions& options,
                           const std::string& expected, const absl::StatusOr<PutResult>& put) {
  Expect(CodeOf(put), expected, "put " + Name(at.bucket, at.key));
  if (!put.ok() || expected != "OK") return;
  ExpectNewSequence(put->sequence);
  EXPECT_TRUE(put->version_id == "null" ||
              model_.Version(at.bucket, at.key, put->version_id) == nullptr)
      << "a version id was given twice";
  model_.Put(at.bucket, at.key, body, options,
             {clock_->Now(), put->sequence, put->version_id, put->request_id});
  const ModelVersion& now = *model_.Current(at.bucket, at.key);
  EXPECT_EQ(put->etag, now.etag);
  EXPECT_EQ(put->version_id, model_.ShownId(at.bucket, now));
  EXPECT_EQ(put->crc64nvme, now.crc64nvme);
  EXPECT_EQ(put->checksum, now.checksum);
}

void Differential::StepPut() {
  const Place at = AnyPlace();
  const std::string body = Body();
  const PutOptions options = PutChoice(at, body);
  const std::string expected = model_.PutCode(at.bucket, at.key, body, options);
  TakePut(at, body, options, expected, cloud_->bucket(at.bucket).Put(at.key, body, options));
}

// In pieces; one time in four dropped before its commit.
void Differential::StepWriter() {
  const Place at = AnyPlace();
  const std::string body = Body();
  const PutOptions options = PutChoice(at, body);
  auto writer = cloud_->bucket(at.bucket).OpenWriter(at.key, options);
  Expect(CodeOf(writer), model_.OpenWriterCode(at.bucket, at.key, options),
         "open writer of " + Name(at.bucket, at.key));
  if (!writer.ok()) return;
  for (size_t start = 0; start < body.size();) {
    const size_t piece = 1 + random_.Below(random_.Chance(0.5) ? 50 : 200'000);
    const absl::Status written = writer->Write(std::string_view(body).substr(start, piece));
    ASSERT_TRUE(written.ok()) << written;
    start += piece;
  }
  if (random_.Chance(0.25)) return;
  if (!random_.Chance(0.3)) {
    const std::string expected = model_.PutCode(at.bucket, at.key, body, options);
    TakePut(at, body, options, expected, writer->Commit());
    return;
  }
  // With a checksum that comes last: by the algorithm that was named, or another.
  PutOptions whole = options;
  const ChecksumAlgorithm named = AlgorithmOf(options);
  whole.checksum = ChecksumOf(random_.Chance(0.9) ? named : ChecksumAlgorithm::kSha1, body);
  whole.checksum->value = Damaged(whole.checksum->value);
  std::string expected = DigestFormCode(whole);
  if (options.checksum.has_value()) expected = "InvalidRequest";
  if (expected == "OK") {
    const bool is_another = whole.checksum->algorithm != named;
    expected =
        is_another ? DigestCode(options, body) : model_.PutCode(at.bucket, at.key, body, whole);
    if (is_another && expected == "OK") expected = "InvalidRequest";
  }
  TakePut(at, body, whole, expected, writer->Commit(*whole.checksum));
}

// Each sees those before it.
void Differential::StepPutMany() {
  const std::string bucket = BucketName();
  const size_t count = random_.Chance(0.02) ? 0 : 1 + random_.Below(random_.Chance(0.1) ? 80 : 6);
  std::vector<std::string> keys;
  std::vector<std::string> bodies;
  for (size_t i = 0; i < count; ++i) {
    keys.push_back(Key());
    bodies.push_back(TinyBody());
  }
  std::vector<PutItem> items;
  for (size_t i = 0; i < count; ++i) {
    items.push_back({keys[i], bodies[i], PutChoice({bucket, keys[i]}, bodies[i])});
  }
  const auto puts = cloud_->bucket(bucket).PutMany(items);
  ASSERT_EQ(puts.size(), items.size());
  for (size_t i = 0; i < count; ++i) {
    const std::string expected = model_.PutCode(bucket, keys[i], bodies[i], items[i].options);
    TakePut({bucket, keys[i]}, bodies[i], items[i].options, expected, puts[i]);
  }
}

// --- Deletes ---

void Differential::TakeDelete(const Place& at, const DeleteOptions& options,
                              const std::string& expected,
                              const absl::StatusOr<DeleteResult>& removed) {
  Expect(CodeOf(removed), expected,
         "delete " + Name(at.bucket, at.key) + " version " + options.version_id);
  if (!removed.ok() || expected != "OK") return;
  const ModelDeleted deleted =
      model_.Delete(at.bucket, at.key, options.version_id,
                    {clock_->Now(), removed->sequence, removed->version_id, removed->request_id});
  EXPECT_EQ(removed->existed, deleted.existed);
  EXPECT_EQ(removed->delete_marker, deleted.delete_marker);
  EXPECT_EQ(removed->version_id, deleted.version_id);
  if (deleted.existed) {
    ExpectNewSequence(removed->sequence);
  } else {
    EXPECT_EQ(removed->sequence, 0u);
  }
}

void Differential::StepDelete() {
  const Place at = AnyPlace();
  DeleteOptions options;
  options.if_match = Condition(CurrentEtag(at), 0.2);
  const std::string expected = model_.DeleteCode(at.bucket, at.key, options);
  TakeDelete(at, options, expected, cloud_->bucket(at.bucket).Delete(at.key, options));
}

void Differential::StepDeleteVersion() {
  const Place at{VersionedBucketName(), Key()};
  DeleteOptions options;
  options.version_id = VersionId(at);
  const ModelVersion* version = model_.Version(at.bucket, at.key, options.version_id);
  options.if_match = Condition(version == nullptr ? "" : version->etag, 0.1);
  const std::string expected = model_.DeleteCode(at.bucket, at.key, options);
  TakeDelete(at, options, expected, cloud_->bucket(at.bucket).Delete(at.key, options));
}

// Some keys, some versions; often all versions of a key, so that there are not ever more.
std::vector<Differential::Deletion> Differential::DeletionsChoice(const std::string& bucket) {
  std::vector<Deletion> all;
  for (uint64_t n = random_.Chance(0.02) ? 0 : 1 + random_.Below(5); n > 0; --n) {
    Deletion one{{bucket, Key()}, {}};
    if (random_.Chance(0.3)) one.options.version_id = VersionId(one.at);
    one.options.if_match = Condition(CurrentEtag(one.at), 0.1);
    all.push_back(one);
    const std::vector<ModelVersion>* versions = model_.VersionsOf(bucket, one.at.key);
    for (size_t i = 0; versions != nullptr && random_.Chance(0.8) && i < versions->size(); ++i) {
      one.options = {};
      one.options.version_id = (*versions)[i].id;
      all.push_back(one);
    }
  }
  if (random_.Chance(0.01)) all.resize(1001, {{bucket, "a"}, {}});
  return all;
}

void Differential::StepDeleteMany() {
  const std::string bucket = random_.Chance(0.5) ? VersionedBucketName() : BucketName();
  const std::vector<Deletion> deletions = DeletionsChoice(bucket);
  std::vector<DeleteItem> items;
  for (const auto& [at, one] : deletions) items.push_back({at.key, one.version_id, one.if_match});
  DeleteManyOptions options;
  options.quiet = random_.Chance(0.3);
  const auto gone = cloud_->bucket(bucket).DeleteMany(items, options);
  const bool malformed = items.empty() || items.size() > 1000;
  const std::string expected = malformed ? "MalformedXML" : model_.BucketCode(bucket);
  Expect(CodeOf(gone), expected, "delete many of " + bucket);
  if (!gone.ok() || expected != "OK") return;
  const size_t first_event = model_.events().size();
  std::vector<Place> quiet;
  size_t failed = 0;
  size_t deleted = 0;
  for (const auto& [at, one] : deletions) {
    const std::string code = model_.DeleteCode(bucket, at.key, one);
    if (code != "OK") {
      ASSERT_LT(failed, gone->failures.size()) << code;
      EXPECT_EQ(gone->failures[failed].key, at.key);
      TakeDelete(at, one, code, gone->failures[failed++].status);
    } else if (!options.quiet) {
      ASSERT_LT(deleted, gone->deleted.size());
      EXPECT_EQ(gone->deleted[deleted].key, at.key);
      EXPECT_EQ(gone->deleted[deleted].version_id, one.version_id);
      TakeDelete(at, one, code, gone->deleted[deleted++].result);
    } else {
      model_.Delete(bucket, at.key, one.version_id, {clock_->Now(), 0, "new", ""});
      quiet.push_back(at);
    }
  }
  EXPECT_EQ(gone->failures.size(), failed);
  EXPECT_EQ(gone->deleted.size(), deleted);
  if (!quiet.empty()) Adopt(quiet, first_event, &model_);
}

// --- Reads ---

void Differential::CompareInfo(const ObjectInfo& info, const Place& at, const ModelRead& expected,
                               const GetOptions& options) {
  const ModelVersion& object = *expected.object;
  Checksum checksum = object.checksum;
  // A part's own, where the object's is made of those of its parts.
  if (options.part_number.has_value() && !expected.not_modified &&
      checksum.type == ChecksumType::kComposite) {
    checksum = ChecksumOf(checksum.algorithm, expected.Body());
    checksum.type = ChecksumType::kComposite;
  }
  EXPECT_EQ(info.key, at.key);
  EXPECT_EQ(info.size, object.body.size());
  EXPECT_EQ(info.etag, object.etag);
  EXPECT_EQ(info.version_id, model_.ShownId(at.bucket, object));
  EXPECT_EQ(info.sequence, object.sequence);
  EXPECT_EQ(info.last_modified, object.modified);
  EXPECT_EQ(info.content_type,
            object.content_type.empty() ? "binary/octet-stream" : object.content_type);
  EXPECT_EQ(info.website_redirect_location, object.redirect);
  EXPECT_EQ(info.metadata, object.metadata);
  EXPECT_EQ(info.checksum, checksum);
  EXPECT_EQ(info.crc64nvme, object.crc64nvme);
  const bool is_crc32c = object.checksum.algorithm == ChecksumAlgorithm::kCrc32c &&
                         object.checksum.type == ChecksumType::kFullObject;
  EXPECT_EQ(info.crc32c,
            is_crc32c ? std::optional<uint32_t>(base::Crc32c(object.body)) : std::nullopt);
  EXPECT_EQ(info.parts_count, static_cast<int>(object.parts.size()));
  EXPECT_EQ(info.tag_count, static_cast<int>(object.tags.size()));
}

void Differential::CompareMarker(const absl::Status& status, const Place& at,
                                 const std::string& version_id) {
  const auto told = DeleteMarkerOf(status);
  const bool looked = CodeOf(status) == "NoSuchKey" || CodeOf(status) == "MethodNotAllowed";
  const ModelVersion* marker = looked ? model_.Marker(at.bucket, at.key, version_id) : nullptr;
  ASSERT_EQ(told.has_value(), marker != nullptr) << status;
  if (marker == nullptr) return;
  EXPECT_EQ(told->version_id, marker->id);
  EXPECT_EQ(told->last_modified, marker->modified);
}

void Differential::CompareGet(const Place& at, const GetOptions& options) {
  const ModelRead expected = model_.Read(at.bucket, at.key, options);
  const auto got = cloud_->bucket(at.bucket).Get(at.key, options);
  Expect(CodeOf(got), expected.code,
         "get " + Name(at.bucket, at.key) + " version " + options.version_id);
  CompareMarker(got.status(), at, options.version_id);
  if (!got.ok() || expected.code != "OK") return;
  EXPECT_EQ(got->not_modified, expected.not_modified);
  EXPECT_EQ(got->offset, expected.extent.offset);
  EXPECT_TRUE(got->body == expected.Body())
      << "bodies differ: " << got->body.size() << " and " << expected.extent.length << " bytes";
  CompareInfo(got->info, at, expected, options);
}

void Differential::StepGet() {
  const Place at = AnyPlace();
  CompareGet(at, GetChoice(at, ""));
}

void Differential::StepGetVersion() {
  const Place at{VersionedBucketName(), Key()};
  CompareGet(at, GetChoice(at, VersionId(at)));
}

void Differential::StepGetPart() {
  Place at = PlaceWithObject();
  const ModelVersion* object = nullptr;
  for (int i = 0; i < 20 && (object == nullptr || object->parts.empty()); ++i) {
    at = AnyPlace();
    object = model_.Current(at.bucket, at.key);
  }
  GetOptions options = GetChoice(at, "");
  if (!random_.Chance(0.05)) options.range.reset();
  options.part_number = static_cast<int>(random_.Below(kMaxPartNumber + 2));
  if (object != nullptr && random_.Chance(0.8)) {
    const auto& parts = object->parts;
    options.part_number = parts.empty() ? 1 : parts[random_.Below(parts.size())].first;
  }
  CompareGet(at, options);
}

void Differential::StepHead() {
  const Place at = AnyPlace();
  GetOptions options = GetChoice(at, random_.Chance(0.3) ? VersionId(at) : "");
  if (random_.Chance(0.1)) options.part_number = 1 + static_cast<int>(random_.Below(3));
  const ModelRead expected = model_.Read(at.bucket, at.key, options);
  const auto head = cloud_->bucket(at.bucket).Head(at.key, options);
  Expect(CodeOf(head), expected.code, "head " + Name(at.bucket, at.key));
  CompareMarker(head.status(), at, options.version_id);
  if (!head.ok() || expected.code != "OK") return;
  EXPECT_EQ(head->not_modified, expected.not_modified);
  EXPECT_EQ(head->offset, expected.extent.offset);
  EXPECT_EQ(head->length, expected.extent.length);
  CompareInfo(head->info, at, expected, options);
}

void Differential::StepReadInto() {
  const Place at = AnyPlace();
  const GetOptions options = GetChoice(at, "");
  ModelRead expected = model_.Read(at.bucket, at.key, options);
  std::string buffer(random_.Chance(0.9) ? 50 : 400'000, '?');
  const size_t wanted = expected.extent.length;
  if (expected.code == "OK" && wanted > buffer.size()) expected.code = "OUT_OF_RANGE";
  const auto read =
      cloud_->bucket(at.bucket).ReadInto(at.key, buffer.data(), buffer.size(), options);
  Expect(CodeOf(read), expected.code, "read into " + Name(at.bucket, at.key));
  if (!read.ok() || expected.code != "OK") return;
  EXPECT_EQ(read->not_modified, expected.not_modified);
  EXPECT_EQ(read->bytes, wanted);
  EXPECT_EQ(read->offset, expected.extent.offset);
  EXPECT_TRUE(buffer.compare(0, wanted, expected.Body()) == 0);
  EXPECT_TRUE(buffer.find_first_not_of('?', wanted) == std::string::npos);
  CompareInfo(read->info, at, expected, options);
}

// A reader gives the object as it was opened, whatever happens to the key.
void Differential::StepReader() {
  const Place at = PlaceWithObject();
  const GetOptions options = GetChoice(at, "");
  const ModelRead expected = model_.Read(at.bucket, at.key, options);
  auto reader = cloud_->bucket(at.bucket).OpenReader(at.key, options);
  Expect(CodeOf(reader), expected.code, "open reader of " + Name(at.bucket, at.key));
  if (!reader.ok() || expected.code != "OK") return;
  EXPECT_EQ(reader->not_modified(), expected.not_modified);
  CompareInfo(reader->info(), at, expected, options);
  const std::string body = expected.Body();
  DeleteAllOf(at.bucket, at.key);
  for (uint64_t n = random_.Below(3); n > 0; --n) StepPut();
  std::string read;
  std::string buffer(1 + random_.Below(random_.Chance(0.9) ? 100 : 100'000), '?');
  while (true) {
    const auto bytes = reader->Read(buffer.data(), buffer.size());
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    if (*bytes == 0) break;
    read.append(buffer, 0, *bytes);
  }
  EXPECT_TRUE(read == body) << read.size() << " and " << body.size() << " bytes";
}

void Differential::StepAttributes() {
  VersionChoice choice = AnyVersion();
  const ModelVersion* object = nullptr;
  for (int i = 0; i < 20 && (object == nullptr || object->parts.empty()); ++i) {
    choice = AnyVersion();
    if (model_.VersionCode(choice.at.bucket, choice.at.key, choice.id, &object) != "OK") {
      object = nullptr;
    }
  }
  AttributesOptions options;
  options.version_id = choice.id;
  options.etag = random_.Chance(0.5);
  options.checksum = random_.Chance(0.5);
  options.object_size = random_.Chance(0.5);
  options.storage_class = random_.Chance(0.5);
  options.object_parts = random_.Chance(0.7);
  options.max_parts = PageSize();
  if (random_.Chance(0.2)) options.part_number_marker = static_cast<int>(random_.Below(8)) - 1;
  CompareAttributes(choice.at, options);
}

// The parts page by page to the end; they are listed where the checksum is one of theirs.
void Differential::CompareAttributes(const Place& at, AttributesOptions options) {
  const ModelVersion* object = nullptr;
  const std::string code = model_.AttributesCode(at.bucket, at.key, options, &object);
  const int first = options.part_number_marker;
  std::vector<ObjectPart> parts;
  while (true) {
    const auto got = cloud_->bucket(at.bucket).GetAttributes(at.key, options);
    Expect(CodeOf(got), code, "attributes of " + Name(at.bucket, at.key));
    CompareMarker(got.status(), at, options.version_id);
    if (!got.ok() || code != "OK") return;
    EXPECT_EQ(got->last_modified, object->modified);
    EXPECT_EQ(got->version_id, model_.ShownId(at.bucket, *object));
    EXPECT_EQ(got->etag.value_or("none"), options.etag ? object->etag : "none");
    EXPECT_EQ(got->object_size.value_or(99), options.object_size ? object->body.size() : 99);
    EXPECT_EQ(got->storage_class.value_or("none"), options.storage_class ? "STANDARD" : "none");
    Checksum shown = object->checksum;
    shown.value = shown.value.substr(0, shown.value.find('-'));
    ASSERT_EQ(got->checksum.has_value(), options.checksum);
    EXPECT_TRUE(!options.checksum || *got->checksum == shown);
    const bool has_parts = options.object_parts && !object->parts.empty();
    ASSERT_EQ(got->object_parts.has_value(), has_parts);
    if (!has_parts) return;
    EXPECT_EQ(got->object_parts->total_parts_count, static_cast<int>(object->parts.size()));
    const bool listed = object->checksum.type == ChecksumType::kComposite;
    ASSERT_EQ(got->object_parts->listed, listed);
    EXPECT_TRUE(listed || got->object_parts->parts.empty());
    if (!listed) return;
    EXPECT_EQ(got->object_parts->part_number_marker, options.part_number_marker);
    EXPECT_EQ(got->object_parts->max_parts, options.max_parts);
    EXPECT_LE(got->object_parts->parts.size(), options.max_parts);
    for (const ObjectPart& part : got->object_parts->parts) parts.push_back(part);
    if (!got->object_parts->is_truncated) break;
    ASSERT_EQ(got->object_parts->parts.size(), options.max_parts);
    options.part_number_marker = got->object_parts->next_part_number_marker;
  }
  if (options.max_parts == 0) return;
  auto part = parts.begin();
  for (size_t i = 0; i < object->parts.size(); ++i) {
    if (object->parts[i].first <= first) continue;
    ASSERT_TRUE(part != parts.end());
    EXPECT_EQ(part->part_number, object->parts[i].first);
    EXPECT_EQ(part->size, object->parts[i].second);
    EXPECT_EQ(part->checksum, object->named[i].checksum);
    ++part;
  }
  EXPECT_TRUE(part == parts.end());
}

// Every version of the key.
void Differential::DeleteAllOf(const std::string& bucket, const std::string& key) {
  while (const std::vector<ModelVersion>* versions = model_.VersionsOf(bucket, key)) {
    DeleteOptions options;
    options.version_id = versions->back().id;
    const std::string expected = model_.DeleteCode(bucket, key, options);
    TakeDelete({bucket, key}, options, expected, cloud_->bucket(bucket).Delete(key, options));
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace cloudlet::differential
