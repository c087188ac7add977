// What holds of GetAttributes: only what is asked for, of the version that is asked for, and the
// parts page by page.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "base/crc.h"
#include "cloudlet/error.h"
#include "objstore/store_conformance.h"

namespace cloudlet::objstore {
namespace {

using Texts = std::vector<std::string>;

AttributesOptions Everything() {
  AttributesOptions options;
  options.etag = true;
  options.checksum = true;
  options.object_size = true;
  options.storage_class = true;
  options.object_parts = true;
  return options;
}

absl::StatusOr<ObjectAttributes> AttributesOf(ObjectStore& store, std::string_view key,
                                              const AttributesOptions& options = Everything(),
                                              const Caller& caller = {}) {
  return store.GetAttributes({"bkt", key, &options, caller});
}

// Makes "film" of parts by an upload of these options; the checksum that the complete answered.
Checksum MakeFilm(ObjectStore& store, const PutOptions& options, const Texts& bodies) {
  const auto id = store.CreateMultipartUpload({"bkt", "film", &options, {}, nullptr});
  EXPECT_TRUE(id.ok()) << id.status();
  std::vector<CompletedPart> parts;
  for (const std::string& body : bodies) {
    const int number = static_cast<int>(parts.size()) + 1;
    const UploadPartOptions plain;
    const auto part =
        store.UploadPart({{"bkt", "film", *id, {}, nullptr}, number, &plain}, absl::Cord(body));
    EXPECT_TRUE(part.ok()) << part.status();
    parts.push_back({number, part->etag, part->checksum});
  }
  const CompleteOptions plain;
  Mutation mutation(CompleteMutation{"bkt", "film", *id, parts, &plain});
  auto verdicts = store.Mutate({absl::MakeSpan(&mutation, 1)});
  EXPECT_TRUE(verdicts[0].ok()) << verdicts[0].status();
  return std::get<PutResult>(*verdicts[0]).checksum;
}

PutOptions Wish(std::optional<ChecksumAlgorithm> algorithm, std::optional<ChecksumType> type = {}) {
  PutOptions options;
  options.checksum_algorithm = algorithm;
  options.checksum_type = type;
  return options;
}

// "<total>: <number>:<size> ..." and then "next <marker>" where it is truncated.
std::string PartsText(const std::optional<ObjectParts>& parts) {
  if (!parts.has_value()) return "none";
  std::string text = absl::StrCat(parts->total_parts_count, parts->listed ? ":" : "");
  for (const ObjectPart& part : parts->parts) {
    absl::StrAppend(&text, " ", part.part_number, ":", part.size);
  }
  if (parts->is_truncated) absl::StrAppend(&text, " next ", parts->next_part_number_marker);
  return text;
}

}  // namespace

TEST_P(StoreConformance, Attributes_AreTheObjects) {
  ASSERT_EQ(PutCode("k", "hello world", Wish(ChecksumAlgorithm::kSha1)), "OK");
  const auto got = AttributesOf(store(), "k");
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->etag, "5eb63bbbe01eeed093cb22bb8f5acdc3");
  EXPECT_EQ(got->checksum, HeadOf(store(), "bkt", "k")->info.checksum);
  EXPECT_EQ(got->checksum->algorithm, ChecksumAlgorithm::kSha1);
  EXPECT_EQ(got->object_size, 11u);
  EXPECT_EQ(got->storage_class, "STANDARD");
  EXPECT_FALSE(got->object_parts.has_value());
  EXPECT_EQ(got->last_modified, clock().Now());
  EXPECT_EQ(got->version_id, "");
}

TEST_P(StoreConformance, Attributes_AreOnlyThoseAskedFor) {
  ASSERT_EQ(PutCode("k", ""), "OK");
  for (int asked = 1; asked < 32; ++asked) {
    AttributesOptions options;
    options.etag = (asked & 1) != 0;
    options.checksum = (asked & 2) != 0;
    options.object_size = (asked & 4) != 0;
    options.storage_class = (asked & 8) != 0;
    options.object_parts = (asked & 16) != 0;
    const auto got = AttributesOf(store(), "k", options);
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ(got->etag.has_value(), options.etag);
    EXPECT_EQ(got->checksum.has_value(), options.checksum);
    EXPECT_EQ(got->object_size.has_value(), options.object_size);
    EXPECT_EQ(got->storage_class.has_value(), options.storage_class);
    EXPECT_FALSE(got->object_parts.has_value());
    EXPECT_EQ(got->last_modified, clock().Now());
  }
}

TEST_P(StoreConformance, Attributes_Errors) {
  ASSERT_EQ(PutCode("k", "v"), "OK");
  EXPECT_EQ(CodeOf(AttributesOf(store(), "k", {})), "InvalidRequest");
  EXPECT_EQ(CodeOf(AttributesOf(store(), "absent")), "NoSuchKey");
  EXPECT_EQ(CodeOf(AttributesOf(store(), "")), "InvalidArgument");
  EXPECT_EQ(CodeOf(AttributesOf(store(), std::string(1025, 'k'))), "KeyTooLongError");
  AttributesOptions options = Everything();
  options.part_number_marker = -1;
  EXPECT_EQ(CodeOf(AttributesOf(store(), "k", options)), "InvalidArgument");
  options = Everything();
  options.version_id = "nonsense";
  EXPECT_EQ(CodeOf(AttributesOf(store(), "k", options)), "InvalidArgument");
  options.version_id = "fffffffffffffff0";
  EXPECT_EQ(CodeOf(AttributesOf(store(), "k", options)), "NoSuchVersion");
  options.version_id = "null";
  EXPECT_EQ(CodeOf(AttributesOf(store(), "k", options)), "OK");
  EXPECT_EQ(CodeOf(AttributesOf(store(), "k", Everything(), Caller::Anonymous())), "AccessDenied");
  EXPECT_EQ(CodeOf(store().GetAttributes({"absent", "k", &options, {}})), "NoSuchBucket");
}

TEST_P(StoreVersions, Attributes_OfAVersion_AndOfAMarker) {
  PutVersion("k", "null");
  Set(Versioning::kEnabled);
  const std::string one = PutVersion("k", "1");
  const std::string two = PutVersion("k", "22");
  AttributesOptions options;
  options.object_size = true;
  const auto size_of = [&](const std::string& version_id) {
    options.version_id = version_id;
    const auto got = AttributesOf(store(), "k", options);
    return got.ok() ? absl::StrCat(got->version_id, " ", *got->object_size) : CodeOf(got);
  };
  EXPECT_EQ(size_of(""), two + " 2");
  EXPECT_EQ(size_of(one), one + " 1");
  EXPECT_EQ(size_of("null"), "null 4");
  const std::string marker = PutMarker("k");
  EXPECT_EQ(size_of(two), two + " 2");
  EXPECT_EQ(size_of(marker), "MethodNotAllowed");
  EXPECT_EQ(DeleteMarkerOf(AttributesOf(store(), "k", options).status())->version_id, marker);
  EXPECT_EQ(size_of(""), "NoSuchKey");
  EXPECT_EQ(DeleteMarkerOf(AttributesOf(store(), "k", options).status())->version_id, marker);
}

TEST_P(StoreUploads, Attributes_OfPartsWithACompositeChecksum_ListThem) {
  const Texts bodies = {Bytes(70'000, 1), Bytes(20, 2), "end"};
  for (const ChecksumAlgorithm algorithm :
       {ChecksumAlgorithm::kSha256, ChecksumAlgorithm::kCrc32}) {
    const Checksum whole = MakeFilm(store(), Wish(algorithm), bodies);
    const auto got = AttributesOf(store(), "film");
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ(got->etag, CompositeMd5(bodies));
    EXPECT_EQ(got->object_size, 70'023u);
    EXPECT_EQ(got->checksum->type, ChecksumType::kComposite);
    EXPECT_EQ(got->checksum->value + "-3", whole.value);
    EXPECT_EQ(PartsText(got->object_parts), "3: 1:70000 2:20 3:3");
    EXPECT_EQ(got->object_parts->max_parts, 1000u);
    for (const ObjectPart& part : got->object_parts->parts) {
      const UploadPartOptions plain;
      const std::string id = Create("other", Wish(algorithm));
      const auto again =
          store().UploadPart({{"bkt", "other", id, {}, nullptr}, 1, &plain},
                             absl::Cord(bodies[static_cast<size_t>(part.part_number) - 1]));
      EXPECT_EQ(part.checksum, again->checksum);
      EXPECT_EQ(part.checksum.algorithm, algorithm);
      GetOptions numbered;
      numbered.part_number = part.part_number;
      const auto read = Get(store(), "bkt", "film", numbered);
      ASSERT_TRUE(read.ok()) << read.status();
      EXPECT_EQ(read->info.checksum,
                (Checksum{algorithm, ChecksumType::kComposite, part.checksum.value}));
    }
  }
}

TEST_P(StoreUploads, Attributes_OfPartsWithAnotherChecksum_OnlyCountThem) {
  const Texts bodies = {Bytes(70'000, 1), Bytes(20, 2), "end"};
  for (const PutOptions& options :
       {Wish(std::nullopt), Wish(ChecksumAlgorithm::kCrc32c, ChecksumType::kFullObject),
        Wish(ChecksumAlgorithm::kCrc64nvme)}) {
    const Checksum whole = MakeFilm(store(), options, bodies);
    const auto got = AttributesOf(store(), "film");
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ(got->checksum, whole);
    EXPECT_EQ(PartsText(got->object_parts), "3");
    EXPECT_EQ(got->object_parts->max_parts, 0u);
  }
  MakeFilm(store(), Wish(std::nullopt), {"only"});
  EXPECT_EQ(PartsText(AttributesOf(store(), "film")->object_parts), "1");
  AttributesOptions no_parts;
  no_parts.etag = true;
  EXPECT_EQ(PartsText(AttributesOf(store(), "film", no_parts)->object_parts), "none");
}

TEST_P(StoreUploads, Attributes_PagesOfParts) {
  Texts bodies;
  for (uint64_t size = 101; size <= 107; ++size) bodies.push_back(Bytes(size));
  MakeFilm(store(), Wish(ChecksumAlgorithm::kSha256), bodies);
  AttributesOptions options;
  options.object_parts = true;
  const auto page = [&](int marker, size_t most) {
    options.part_number_marker = marker;
    options.max_parts = most;
    const auto got = AttributesOf(store(), "film", options);
    if (!got.ok()) return CodeOf(got);
    EXPECT_EQ(got->object_parts->part_number_marker, marker);
    EXPECT_EQ(got->object_parts->max_parts, std::min(most, size_t{1000}));
    return PartsText(got->object_parts);
  };
  EXPECT_EQ(page(0, 3), "7: 1:101 2:102 3:103 next 3");
  EXPECT_EQ(page(3, 3), "7: 4:104 5:105 6:106 next 6");
  EXPECT_EQ(page(6, 3), "7: 7:107");
  EXPECT_EQ(page(4, 3), "7: 5:105 6:106 7:107");
  EXPECT_EQ(page(7, 3), "7:");
  EXPECT_EQ(page(1'000'000, 3), "7:");
  EXPECT_EQ(page(5, 5'000), "7: 6:106 7:107");
  EXPECT_EQ(page(0, 0), "7:");
  EXPECT_EQ(page(3, 1), "7: 4:104 next 4");
}

TEST_P(StoreUploads, Attributes_OfACopy_AreThoseOfItsParts) {
  const Texts bodies = {Bytes(70'000, 1), "end"};
  MakeFilm(store(), Wish(ChecksumAlgorithm::kSha256), bodies);
  CopySource source;
  source.key = "film";
  ASSERT_EQ(CodeOf(Copy(store(), source, "bkt", "copy")), "OK");
  ASSERT_EQ(DeleteCode("film"), "OK");
  const auto got = AttributesOf(store(), "copy");
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->etag, CompositeMd5(bodies));
  EXPECT_EQ(PartsText(got->object_parts), "2: 1:70000 2:3");
}

}  // namespace cloudlet::objstore
