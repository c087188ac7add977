// Tests of what api/ itself decides: the error table, names of events and of checksums, the lazy
// listing.
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cloudlet/acl.h"
#include "cloudlet/checksum.h"
#include "cloudlet/cloud.h"
#include "gtest/gtest.h"

namespace cloudlet {
namespace {

TEST(ErrorTable, EveryRowGoesThereAndBack) {
  std::set<std::string> names;
  for (int i = 1; i <= static_cast<int>(ErrorCode::kInvalidEventPattern); ++i) {
    const auto code = static_cast<ErrorCode>(i);
    const ErrorInfo& info = InfoOf(code);
    EXPECT_EQ(info.code, code);
    EXPECT_TRUE(names.insert(info.name).second) << info.name << " twice";
    EXPECT_EQ(ErrorCodeNamed(info.name), code);
    EXPECT_GE(info.http_status, 400);
    EXPECT_LT(info.http_status, 600);
    const absl::Status status = MakeError(code, "why");
    EXPECT_EQ(status.code(), info.canonical);
    EXPECT_EQ(ErrorCodeOf(status), code);
    EXPECT_EQ(std::string(status.message()), std::string(info.name) + ": why");
    EXPECT_NE(std::string(MakeError(code).message()).find(info.message), std::string::npos);
  }
}

TEST(CannedAcls, HaveNamesBothWays) {
  for (int number = 0; number < 8; ++number) {
    const auto acl = static_cast<CannedAcl>(number);
    EXPECT_FALSE(CannedAclName(acl).empty());
    EXPECT_EQ(CannedAclNamed(CannedAclName(acl)), acl);
  }
  EXPECT_EQ(CannedAclName(CannedAcl::kBucketOwnerFullControl), "bucket-owner-full-control");
  EXPECT_EQ(CannedAclName(static_cast<CannedAcl>(8)), "");
  EXPECT_EQ(CannedAclNamed(""), std::nullopt);
  EXPECT_EQ(CannedAclNamed("Private"), std::nullopt);
}

TEST(ErrorTable, WithoutCode) {
  EXPECT_EQ(ErrorCodeOf(absl::OkStatus()), ErrorCode::kNone);
  EXPECT_EQ(ErrorCodeOf(absl::NotFoundError("x")), ErrorCode::kNone);
  EXPECT_EQ(ErrorCodeNamed("NoSuchThing"), ErrorCode::kNone);
  EXPECT_EQ(ErrorCodeNamed(""), ErrorCode::kNone);
  EXPECT_EQ(MakeError(ErrorCode::kNone, "x").code(), absl::StatusCode::kInternal);
}

TEST(DeleteMarkers, AreToldInTheStatusTheyAreSetIn) {
  const DeleteMarkerInfo marker{"fff0", absl::FromUnixMillis(1'234'567)};
  const absl::Status status = WithDeleteMarker(MakeError(ErrorCode::kNoSuchKey, "why"), marker);
  EXPECT_TRUE(IsNoSuchKey(status));
  const auto told = DeleteMarkerOf(status);
  ASSERT_TRUE(told.has_value());
  EXPECT_EQ(told->version_id, "fff0");
  EXPECT_EQ(told->last_modified, marker.last_modified);
  EXPECT_FALSE(DeleteMarkerOf(MakeError(ErrorCode::kNoSuchKey)).has_value());
  EXPECT_FALSE(DeleteMarkerOf(absl::OkStatus()).has_value());
  EXPECT_TRUE(WithDeleteMarker(absl::OkStatus(), marker).ok());
  EXPECT_FALSE(DeleteMarkerOf(WithDeleteMarker(absl::OkStatus(), marker)).has_value());
}

TEST(UrlEncodeKey, LeavesTheSameBytesAsS3) {
  EXPECT_EQ(UrlEncodeKey(""), "");
  EXPECT_EQ(UrlEncodeKey("photos/2026/a-b_c.d*"), "photos/2026/a-b_c.d*");
  EXPECT_EQ(UrlEncodeKey("test_file(3).png"), "test_file%283%29.png");
  EXPECT_EQ(UrlEncodeKey("a b+c~d%"), "a%20b%2Bc%7Ed%25");
  EXPECT_EQ(UrlEncodeKey(std::string("\0\n\x7F\xC3\xA9\xFF", 6)), "%00%0A%7F%C3%A9%FF");
}

TEST(EventNames, GoThereAndBack) {
  for (int i = 1; i < 256; ++i) {
    const auto type = static_cast<EventType>(i);
    const std::string name(EventTypeName(type));
    if (name.empty()) continue;
    EXPECT_EQ(EventTypeNamed(name), type);
    EXPECT_EQ(EventTypeNamed("s3:" + name), type);
  }
  EXPECT_EQ(EventTypeName(EventType::kObjectCreatedPut), "ObjectCreated:Put");
  EXPECT_EQ(EventTypeNamed("ObjectCreated:Nothing"), EventType::kNone);
}

// Those of https://docs.aws.amazon.com/AmazonS3/latest/API/API_TopicConfiguration.html.
TEST(EventNames, EveryNameOfS3IsKnown_AndWhetherItCanHappen) {
  const struct {
    std::set<std::string> names;
    bool implemented;
  } halves[] = {
      {{"s3:ObjectCreated:*", "s3:ObjectCreated:Put", "s3:ObjectCreated:Post",
        "s3:ObjectCreated:Copy", "s3:ObjectCreated:CompleteMultipartUpload", "s3:ObjectRemoved:*",
        "s3:ObjectRemoved:Delete", "s3:ObjectRemoved:DeleteMarkerCreated", "s3:ObjectTagging:*",
        "s3:ObjectTagging:Put", "s3:ObjectTagging:Delete", "s3:ObjectAnnotation:*",
        "s3:ObjectAnnotation:Put", "s3:ObjectAnnotation:Delete", "s3:ObjectAcl:Put"},
       true},
      {{"s3:ObjectRestore:*", "s3:ObjectRestore:Post", "s3:ObjectRestore:Completed",
        "s3:ObjectRestore:Delete", "s3:ReducedRedundancyLostObject", "s3:Replication:*",
        "s3:Replication:OperationFailedReplication", "s3:Replication:OperationMissedThreshold",
        "s3:Replication:OperationReplicatedAfterThreshold", "s3:Replication:OperationNotTracked",
        "s3:LifecycleExpiration:*", "s3:LifecycleExpiration:Delete",
        "s3:LifecycleExpiration:DeleteMarkerCreated", "s3:LifecycleTransition",
        "s3:IntelligentTiering", "s3:ObjectRetention:Put"},
       false},
  };
  std::set<EventType> known;
  for (const auto& half : halves) {
    for (const std::string& name : half.names) {
      const EventType type = EventTypeNamed(name);
      EXPECT_TRUE(known.insert(type).second) << name;
      EXPECT_EQ("s3:" + std::string(EventTypeName(type)), name);
      EXPECT_EQ(EventTypeImplemented(type), half.implemented) << name;
    }
  }
  for (int i = 0; i < 256; ++i) {
    const auto type = static_cast<EventType>(i);
    const bool is_named = known.count(type) == 1 || type == EventType::kInvocation;  // not S3's
    EXPECT_EQ(is_named, !EventTypeName(type).empty()) << i;
    EXPECT_LE(EventTypeImplemented(type), is_named) << i;
  }
}

// A wildcard covers the names that begin as it does, any other name itself alone.
TEST(EventNames, CoverAsTheirNamesSay) {
  for (int i = 0; i < 256; ++i) {
    for (int j = 0; j < 256; ++j) {
      const std::string wanted(EventTypeName(static_cast<EventType>(i)));
      const std::string name(EventTypeName(static_cast<EventType>(j)));
      if (wanted.empty() || name.empty() || name.back() == '*') continue;
      const bool covers = wanted.back() == '*' ? name.compare(0, wanted.size() - 1, wanted, 0,
                                                              wanted.size() - 1) == 0
                                               : name == wanted;
      EXPECT_EQ(EventTypeCovers(static_cast<EventType>(i), static_cast<EventType>(j)), covers)
          << wanted << " " << name;
    }
  }
}

TEST(EventNames, WildcardsCoverTheirKind) {
  EXPECT_TRUE(EventTypeCovers(EventType::kObjectCreated, EventType::kObjectCreatedPut));
  EXPECT_TRUE(EventTypeCovers(EventType::kObjectRemoved, EventType::kObjectRemovedDelete));
  EXPECT_FALSE(EventTypeCovers(EventType::kObjectCreated, EventType::kObjectRemovedDelete));
  EXPECT_TRUE(EventTypeCovers(EventType::kObjectAnnotation, EventType::kObjectAnnotationPut));
  EXPECT_TRUE(EventTypeCovers(EventType::kObjectAnnotation, EventType::kObjectAnnotationDelete));
  EXPECT_FALSE(EventTypeCovers(EventType::kObjectAnnotation, EventType::kObjectCreatedPut));
  EXPECT_FALSE(EventTypeCovers(EventType::kObjectCreated, EventType::kObjectAnnotationPut));
  EXPECT_FALSE(EventTypeCovers(EventType::kObjectCreatedCopy, EventType::kObjectCreatedPut));
  EXPECT_TRUE(EventTypeCovers(EventType::kObjectCreatedPut, EventType::kObjectCreatedPut));
  EXPECT_TRUE(EventTypeCovers(EventType::kObjectTagging, EventType::kObjectTaggingPut));
  EXPECT_TRUE(EventTypeCovers(EventType::kObjectTagging, EventType::kObjectTaggingDelete));
  EXPECT_FALSE(EventTypeCovers(EventType::kObjectTagging, EventType::kObjectCreatedPut));
  EXPECT_FALSE(EventTypeCovers(EventType::kObjectCreated, EventType::kObjectTaggingPut));
  EXPECT_FALSE(EventTypeCovers(EventType::kObjectRemoved, EventType::kObjectTaggingDelete));
}

TEST(ChecksumNames, GoThereAndBackInAnyCase) {
  std::set<std::string> names;
  for (const ChecksumAlgorithm algorithm : kChecksumAlgorithms) {
    const std::string name(ChecksumAlgorithmName(algorithm));
    EXPECT_TRUE(names.insert(name).second) << name << " twice";
    EXPECT_EQ(ChecksumAlgorithmNamed(name), algorithm);
    std::string lower = name;
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    EXPECT_NE(lower, name);
    EXPECT_EQ(ChecksumAlgorithmNamed(lower), algorithm);
    EXPECT_EQ(ChecksumHeader(algorithm), "x-amz-checksum-" + lower);
  }
  EXPECT_EQ(names, (std::set<std::string>{"CRC32", "CRC32C", "CRC64NVME", "MD5", "SHA1", "SHA256",
                                          "SHA512", "XXHASH128", "XXHASH3", "XXHASH64"}));
  for (const ChecksumType type : {ChecksumType::kFullObject, ChecksumType::kComposite}) {
    EXPECT_EQ(ChecksumTypeNamed(ChecksumTypeName(type)), type);
  }
  EXPECT_EQ(ChecksumTypeName(ChecksumType::kFullObject), "FULL_OBJECT");
  EXPECT_EQ(ChecksumTypeNamed("composite"), ChecksumType::kComposite);
}

TEST(ChecksumNames, NothingElseHasOne) {
  for (const char* name : {"", "CRC", "CRC32D", "CRC32 ", "SHA384", "x-amz-checksum-crc32"}) {
    EXPECT_FALSE(ChecksumAlgorithmNamed(name).has_value()) << name;
    EXPECT_FALSE(ChecksumTypeNamed(name).has_value()) << name;
  }
  for (int i = 0; i < 256; ++i) {
    const auto algorithm = static_cast<ChecksumAlgorithm>(i);
    const bool known = i >= 1 && i <= 10;
    EXPECT_EQ(!ChecksumAlgorithmName(algorithm).empty(), known) << i;
    EXPECT_EQ(!ChecksumHeader(algorithm).empty(), known) << i;
    EXPECT_EQ(ChecksumBytes(algorithm) != 0, known) << i;
    EXPECT_EQ(!ChecksumTypeName(static_cast<ChecksumType>(i)).empty(), i == 1 || i == 2) << i;
  }
}

// Stored, so they may never change.
TEST(ChecksumNames, NumbersAreThoseOfFormatOne) {
  EXPECT_EQ(static_cast<int>(ChecksumAlgorithm::kCrc32), 1);
  EXPECT_EQ(static_cast<int>(ChecksumAlgorithm::kCrc64nvme), 3);
  EXPECT_EQ(static_cast<int>(ChecksumAlgorithm::kMd5), 7);
  EXPECT_EQ(static_cast<int>(ChecksumAlgorithm::kXxhash128), 10);
  EXPECT_EQ(static_cast<int>(ChecksumType::kFullObject), 1);
  EXPECT_EQ(static_cast<int>(ChecksumType::kComposite), 2);
}

TEST(EventTypes, NumbersAreThoseOfFormatOne) {
  EXPECT_EQ(static_cast<int>(EventType::kObjectCreatedPut), 1);
  EXPECT_EQ(static_cast<int>(EventType::kObjectRemovedDeleteMarkerCreated), 6);
  EXPECT_EQ(static_cast<int>(EventType::kObjectTaggingPut), 7);
  EXPECT_EQ(static_cast<int>(EventType::kObjectTaggingDelete), 8);
  EXPECT_EQ(static_cast<int>(EventType::kObjectTagging), 130);
}

TEST(Event, SequencerIsSixteenHexDigits) {
  Event event;
  event.sequence = 0xABCDEF;
  EXPECT_EQ(event.sequencer(), "0000000000ABCDEF");
}

TEST(ObjectListing, WalksPagesAndStopsAfterAnError) {
  std::vector<std::string> tokens;
  ObjectListing listing([&](const std::string& token) -> absl::StatusOr<ListPage> {
    tokens.push_back(token);
    ListPage page;
    if (token == "2") return absl::DataLossError("bad page");
    page.entries.resize(2);
    page.is_truncated = true;
    page.next_continuation_token = token.empty() ? "1" : "2";
    return page;
  });
  int entries = 0;
  int errors = 0;
  for (const absl::StatusOr<ListEntry>& entry : listing) entry.ok() ? ++entries : ++errors;
  EXPECT_EQ(entries, 4);
  EXPECT_EQ(errors, 1);
  EXPECT_EQ(tokens, (std::vector<std::string>{"", "1", "2"}));
}

}  // namespace
}  // namespace cloudlet
