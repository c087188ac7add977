// Reads through the public API, beside their bytes: attributes, headers of the answer, the delete
// marker that is told, pages of a listing.
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "cloudlet/cloud.h"
#include "gtest/gtest.h"

namespace cloudlet {
namespace {

class Reads : public ::testing::Test {
 protected:
  Cloud cloud_ = Cloud::InMemory();
  Bucket bucket_ = cloud_.CreateBucket("films").value();
};

TEST_F(Reads, Attributes_OfAnUpload_AsTheBannerShows) {
  const std::string id =
      bucket_.CreateMultipartUpload("film.mp4", {.checksum_algorithm = ChecksumAlgorithm::kSha256})
          .value();
  const UploadPartResult part = bucket_.UploadPart("film.mp4", id, 1, "all of it").value();
  bucket_.CompleteMultipartUpload("film.mp4", id, {{1, part.etag, part.checksum}}).value();
  const absl::StatusOr<ObjectAttributes> film =
      bucket_.GetAttributes("film.mp4", {.object_size = true, .object_parts = true});
  ASSERT_TRUE(film.ok()) << film.status();
  EXPECT_EQ(film->object_size, 9u);
  ASSERT_TRUE(film->object_parts.has_value());
  EXPECT_EQ(film->object_parts->total_parts_count, 1);
  ASSERT_EQ(film->object_parts->parts.size(), 1u);
  EXPECT_EQ(film->object_parts->parts[0].checksum, part.checksum);
  EXPECT_FALSE(film->etag.has_value());
}

TEST_F(Reads, Attributes_ErrorsNameTheCall_AndBadHandlesAnswer) {
  const auto absent = bucket_.GetAttributes("absent", {.etag = true});
  EXPECT_TRUE(IsNoSuchKey(absent.status()));
  EXPECT_NE(std::string(absent.status().message()).find("get attributes of \"films/absent\""),
            std::string::npos)
      << absent.status();
  EXPECT_EQ(ErrorCodeOf(bucket_.GetAttributes("k", {}).status()), ErrorCode::kInvalidRequest);
  ASSERT_TRUE(cloud_.Close().ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(bucket_.GetAttributes("k", {.etag = true}).status()));
}

TEST_F(Reads, ResponseHeaders_OfEveryWayToRead) {
  bucket_.Put("k", "body", {.content_type = "text/plain"}).value();
  GetOptions options;
  options.response = ResponseHeaders{.content_type = "text/html"};
  EXPECT_EQ(bucket_.Get("k", options)->info.content_type, "text/html");
  EXPECT_EQ(bucket_.Head("k", options)->info.content_type, "text/html");
  EXPECT_EQ(bucket_.OpenReader("k", options)->info().content_type, "text/html");
  char buffer[4];
  EXPECT_EQ(bucket_.ReadInto("k", buffer, sizeof(buffer), options)->info.content_type, "text/html");
  EXPECT_EQ(bucket_.Head("k")->info.content_type, "text/plain");
}

TEST_F(Reads, DeleteMarker_IsToldByEveryWayToRead) {
  ASSERT_TRUE(bucket_.SetVersioning(Versioning::kEnabled).ok());
  bucket_.Put("k", "body").value();
  const std::string marker = bucket_.Delete("k")->version_id;
  char buffer[4];
  for (const absl::Status& status :
       {bucket_.Get("k").status(), bucket_.Head("k").status(), bucket_.OpenReader("k").status(),
        bucket_.ReadInto("k", buffer, sizeof(buffer)).status(),
        bucket_.GetAttributes("k", {.etag = true}).status()}) {
    EXPECT_TRUE(IsNoSuchKey(status)) << status;
    ASSERT_TRUE(DeleteMarkerOf(status).has_value()) << status;
    EXPECT_EQ(DeleteMarkerOf(status)->version_id, marker);
  }
}

TEST_F(Reads, Pages_ByMarkerAndEncoded) {
  for (const char* key : {"a b/1", "a b/2", "c d"}) bucket_.Put(key, "").value();
  const ListPage first = bucket_.ListOnePage({.delimiter = "/", .max_keys = 1}).value();
  ASSERT_EQ(first.next_marker, "a b/");
  const ListPage second = bucket_
                              .ListOnePage({.delimiter = "/",
                                            .marker = first.next_marker,
                                            .encoding_type = EncodingType::kUrl,
                                            .fetch_owner = true})
                              .value();
  ASSERT_EQ(second.entries.size(), 1u);
  EXPECT_EQ(second.entries[0].key, "c%20d");
  EXPECT_FALSE(second.owner.empty());
}

}  // namespace
}  // namespace cloudlet
