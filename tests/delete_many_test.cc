// DeleteMany: each key as if it were deleted alone, what failed told apart from what did not.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cloudlet/cloud.h"
#include "cloudlet/error.h"
#include "cloudlet/testing/fake_cloud.h"
#include "gtest/gtest.h"

namespace cloudlet::testing {
namespace {

class DeleteMany : public ::testing::Test {
 protected:
  // The types of the events since the last look, with their keys.
  std::vector<std::string> NewEvents() {
    std::vector<std::string> seen;
    const std::vector<Event> events = fake_.cloud().Events(after_, 10'000).value();
    for (const Event& event : events) {
      seen.push_back(std::string(EventTypeName(event.type)) + " " + event.key);
      after_ = event.sequence;
    }
    return seen;
  }

  FakeCloud fake_;
  const Bucket bucket_ = fake_.cloud().CreateBucket("bucket", {.retain_events = true}).value();
  uint64_t after_ = 0;
};

TEST_F(DeleteMany, DeletesEachKeyWithAnEventOfItsOwn_AMissingOneIsDeletedWithout) {
  const std::string etag = bucket_.Put("a", "1").value().etag;
  bucket_.Put("b", "2").value();
  NewEvents();
  const std::vector<DeleteItem> items = {{"b"}, {"missing"}, {.key = "a", .if_match = etag}};
  const DeleteManyResult result = bucket_.DeleteMany(items).value();
  EXPECT_TRUE(result.failures.empty());
  ASSERT_EQ(result.deleted.size(), 3u);
  EXPECT_EQ(result.deleted[0].key, "b");
  EXPECT_TRUE(result.deleted[0].result.existed);
  EXPECT_EQ(result.deleted[1].key, "missing");
  EXPECT_FALSE(result.deleted[1].result.existed);
  EXPECT_EQ(result.deleted[2].key, "a");
  EXPECT_EQ(NewEvents(),
            (std::vector<std::string>{"ObjectRemoved:Delete b", "ObjectRemoved:Delete a"}));
  EXPECT_TRUE(bucket_.ListOnePage().value().entries.empty());
}

TEST_F(DeleteMany, TellsWhatFailedAndDeletesTheOthers) {
  bucket_.Put("kept", "1").value();
  bucket_.Put("gone", "2").value();
  const std::string too_long(1025, 'k');
  const std::vector<DeleteItem> items = {{.key = "kept", .if_match = "other"},
                                         {"gone"},
                                         {.key = "missing", .if_match = "*"},
                                         {too_long},
                                         {"gone", "no version id"},
                                         {""}};
  for (const bool quiet : {false, true}) {
    const DeleteManyResult result = bucket_.DeleteMany(items, {.quiet = quiet}).value();
    std::vector<std::string> failed;
    for (const DeleteFailure& failure : result.failures) {
      failed.push_back((failure.key.size() > 99 ? "long" : failure.key) + " " +
                       std::string(InfoOf(ErrorCodeOf(failure.status)).name));
    }
    EXPECT_EQ(failed, (std::vector<std::string>{"kept PreconditionFailed", "missing NoSuchKey",
                                                "long KeyTooLongError", "gone InvalidArgument",
                                                " InvalidArgument"}));
    EXPECT_EQ(result.failures[3].version_id, "no version id");
    EXPECT_EQ(result.deleted.size(), quiet ? 0u : 1u);
  }
  EXPECT_TRUE(bucket_.Head("kept").ok());
  EXPECT_TRUE(IsNoSuchKey(bucket_.Head("gone").status()));
}

TEST_F(DeleteMany, WithVersioning_MakesMarkersAndDeletesVersions_OneKeyOftenToo) {
  ASSERT_TRUE(bucket_.SetVersioning(Versioning::kEnabled).ok());
  const std::string first = bucket_.Put("k", "1").value().version_id;
  const std::string second = bucket_.Put("k", "2").value().version_id;
  NewEvents();
  const std::vector<DeleteItem> items = {{"k"}, {"k", first}, {"k", second}, {"never"}};
  const DeleteManyResult result = bucket_.DeleteMany(items).value();
  ASSERT_EQ(result.deleted.size(), 4u);
  EXPECT_TRUE(result.deleted[0].result.delete_marker);
  EXPECT_EQ(result.deleted[0].version_id, "");
  EXPECT_EQ(result.deleted[1].result.version_id, first);
  EXPECT_EQ(result.deleted[1].version_id, first);
  EXPECT_FALSE(result.deleted[2].result.delete_marker);
  EXPECT_TRUE(result.deleted[3].result.delete_marker) << "a marker for a key that never was";
  const VersionPage page = bucket_.ListVersions().value();
  ASSERT_EQ(page.entries.size(), 2u);
  EXPECT_TRUE(page.entries[0].is_delete_marker);
  EXPECT_EQ(page.entries[0].version_id, result.deleted[0].result.version_id);
  EXPECT_EQ(NewEvents().size(), 4u);
}

TEST_F(DeleteMany, TakesAThousandKeysAndNotOneMore) {
  std::vector<std::string> keys;
  for (int i = 0; i < 1001; ++i) keys.push_back(absl::StrCat("key", i));
  std::vector<PutItem> puts;
  for (const std::string& key : keys) puts.push_back({key, "body"});
  bucket_.PutMany(puts);
  std::vector<DeleteItem> items;
  for (const std::string& key : keys) items.push_back({key});
  NewEvents();
  EXPECT_EQ(ErrorCodeOf(bucket_.DeleteMany(items).status()), ErrorCode::kMalformedXml);
  EXPECT_EQ(ErrorCodeOf(bucket_.DeleteMany({}).status()), ErrorCode::kMalformedXml);
  EXPECT_TRUE(NewEvents().empty());
  items.pop_back();
  EXPECT_EQ(bucket_.DeleteMany(items).value().deleted.size(), 1000u);
  EXPECT_EQ(bucket_.ListOnePage().value().entries.size(), 1u);
}

TEST_F(DeleteMany, OfNoBucketIsAnErrorOfTheCall_OfAnotherOwnerAFailurePerKey) {
  EXPECT_TRUE(
      IsNoSuchBucket(fake_.cloud().bucket("absent").DeleteMany({DeleteItem{"k"}}).status()));
  Caller other;
  other.principal = "other";
  bucket_.Put("k", "1").value();
  const std::vector<DeleteItem> items = {{"k"}};
  const DeleteManyResult result = bucket_.As(other).DeleteMany(items).value();
  ASSERT_EQ(result.failures.size(), 1u);
  EXPECT_EQ(ErrorCodeOf(result.failures[0].status), ErrorCode::kAccessDenied);
  EXPECT_TRUE(bucket_.Head("k").ok());
}

}  // namespace
}  // namespace cloudlet::testing
