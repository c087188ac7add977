// PutMany: a verdict per item in order, each item as if it were put alone.
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cloudlet/cloud.h"
#include "cloudlet/error.h"
#include "cloudlet/testing/fake_cloud.h"
#include "gtest/gtest.h"

namespace cloudlet::testing {
namespace {

// A body of each way in which bodies lie in the store.
std::vector<std::string> BodiesOfAllSizes() {
  return {"", std::string(100, 'a'), std::string(20 << 10, 'b'), std::string(100 << 10, 'c'),
          std::string(17 << 20, 'd')};
}

TEST(PutMany, StoresBodiesOfEverySizeWithTheirEtagsAndInOrder) {
  FakeCloud fake;
  const Bucket bucket = fake.cloud().CreateBucket("bucket").value();
  const std::vector<std::string> bodies = BodiesOfAllSizes();
  std::vector<std::string> keys;
  for (size_t i = 0; i < bodies.size(); ++i) keys.push_back(absl::StrCat("key", i));
  std::vector<PutItem> items;
  for (size_t i = 0; i < bodies.size(); ++i) items.push_back({keys[i], bodies[i]});

  const auto results = bucket.PutMany(items);
  ASSERT_EQ(results.size(), bodies.size());
  uint64_t sequence = 0;
  for (size_t i = 0; i < bodies.size(); ++i) {
    ASSERT_TRUE(results[i].ok()) << results[i].status();
    EXPECT_GT(results[i]->sequence, sequence);
    sequence = results[i]->sequence;
    const GetResult got = bucket.Get(keys[i]).value();
    EXPECT_EQ(got.body, bodies[i]);
    EXPECT_EQ(got.info.etag, results[i]->etag);
    EXPECT_EQ(got.info.etag, bucket.Put("alone", bodies[i]).value().etag);
  }
}

TEST(PutMany, VerifiesAndKeepsTheChecksumOfEachItem) {
  FakeCloud fake;
  const Bucket bucket = fake.cloud().CreateBucket("bucket").value();
  const Checksum checksum{ChecksumAlgorithm::kSha1, ChecksumType::kFullObject,
                          "e1AsOh9IyGCa4hLN+2Od7jlnP14="};
  std::vector<PutItem> items = {{"right", "Hello world"}, {"wrong", "Hello"}, {"none", "Hello"}};
  items[0].options.checksum = checksum;
  items[1].options.checksum = checksum;
  const auto results = bucket.PutMany(items);
  ASSERT_EQ(results.size(), 3u);
  EXPECT_EQ(results[0].value().checksum, checksum);
  EXPECT_EQ(bucket.Head("right").value().info.checksum, checksum);
  EXPECT_EQ(ErrorCodeOf(results[1].status()), ErrorCode::kBadDigest) << results[1].status();
  EXPECT_TRUE(IsNoSuchKey(bucket.Head("wrong").status()));
  EXPECT_EQ(results[2].value().checksum.algorithm, ChecksumAlgorithm::kCrc64nvme);
}

TEST(PutMany, EachItemSeesThoseBeforeItAndFailsAlone) {
  FakeCloud fake;
  const Bucket bucket = fake.cloud().CreateBucket("bucket").value();
  const std::string long_key(2000, 'k');
  const std::vector<PutItem> items = {
      {"k", "first", {.if_none_match = "*"}},
      {"k", "second", {.if_none_match = "*"}},
      {long_key, "too long a key"},
      {"k", "third"},
  };
  const auto results = bucket.PutMany(items);
  ASSERT_EQ(results.size(), 4u);
  EXPECT_TRUE(results[0].ok()) << results[0].status();
  EXPECT_TRUE(IsPreconditionFailed(results[1].status())) << results[1].status();
  EXPECT_EQ(ErrorCodeOf(results[2].status()), ErrorCode::kKeyTooLong) << results[2].status();
  EXPECT_TRUE(results[3].ok()) << results[3].status();
  EXPECT_EQ(bucket.Get("k").value().body, "third");
}

TEST(PutMany, TakesMoreItemsThanOneRequestOfTheStoreAndNone) {
  FakeCloud fake;
  const Bucket bucket = fake.cloud().CreateBucket("bucket").value();
  constexpr int kItems = 2500;
  std::vector<std::string> keys;
  for (int i = 0; i < kItems; ++i) keys.push_back(absl::StrCat("key", i));
  std::vector<PutItem> items;
  for (const std::string& key : keys) items.push_back({key, key});
  const auto results = bucket.PutMany(items);
  ASSERT_EQ(results.size(), items.size());
  for (const auto& result : results) EXPECT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(fake.cloud().stats().puts, static_cast<uint64_t>(kItems));
  EXPECT_EQ(bucket.Get("key2499").value().body, "key2499");
  EXPECT_TRUE(bucket.PutMany({}).empty());
}

TEST(PutMany, FiresAFunctionPerItem) {
  FakeCloud fake;
  const Bucket bucket = fake.cloud().CreateBucket("bucket").value();
  std::vector<std::string> seen;
  ASSERT_TRUE(fake.cloud()
                  .RegisterFunction("see",
                                    [&](const Event& event, FunctionContext&) {
                                      seen.push_back(event.key);
                                      return absl::OkStatus();
                                    })
                  .ok());
  ASSERT_TRUE(fake.cloud().AddTrigger({.bucket = "bucket", .function = "see"}).ok());
  const std::vector<PutItem> items = {{"a", "1"}, {"b", "2"}, {"a", "3"}};
  for (const auto& result : bucket.PutMany(items)) EXPECT_TRUE(result.ok()) << result.status();
  ASSERT_TRUE(fake.Settle().ok());
  EXPECT_EQ(seen, (std::vector<std::string>{"a", "b", "a"}));
}

TEST(PutMany, AnswersForEveryItemWhenTheCloudIsClosedOrTheHandleMovedFrom) {
  FakeCloud fake;
  Bucket bucket = fake.cloud().CreateBucket("bucket").value();
  const std::vector<PutItem> items = {{"a", "1"}, {"b", "2"}};
  const Bucket other = fake.cloud().bucket("missing");
  for (const auto& result : other.PutMany(items)) {
    EXPECT_EQ(ErrorCodeOf(result.status()), ErrorCode::kNoSuchBucket) << result.status();
  }
  ASSERT_TRUE(fake.cloud().Close().ok());
  const auto closed = bucket.PutMany(items);
  ASSERT_EQ(closed.size(), 2u);
  EXPECT_TRUE(absl::IsFailedPrecondition(closed[0].status())) << closed[0].status();
  const Bucket moved_to = std::move(bucket);
  const auto moved = bucket.PutMany(items);  // NOLINT(bugprone-use-after-move): what it is about
  ASSERT_EQ(moved.size(), 2u);
  EXPECT_TRUE(absl::IsFailedPrecondition(moved[1].status())) << moved[1].status();
}

}  // namespace
}  // namespace cloudlet::testing
