// Appends through the whole cloud: against a string, with their events, and nothing left behind.
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "cloudlet/cloud.h"
#include "cloudlet/error.h"
#include "cloudlet/testing/fake_cloud.h"
#include "gtest/gtest.h"

namespace cloudlet::testing {
namespace {

TEST(Append, IsOneEventWithTheWholeObjectsFields_NoneWhenRefused) {
  FakeCloud fake;
  const Bucket bucket = fake.cloud().CreateBucket("bucket", {.retain_events = true}).value();
  bucket.Put("log", "one ").value();
  const AppendResult appended = bucket.Append("log", "two", {.write_offset = 4}).value();
  EXPECT_EQ(ErrorCodeOf(bucket.Append("log", "two", {.write_offset = 4}).status()),
            ErrorCode::kInvalidWriteOffset);
  const std::vector<Event> events = fake.cloud().Events(0, 10).value();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[1].type, EventType::kObjectCreatedPut);
  EXPECT_EQ(events[1].key, "log");
  EXPECT_EQ(events[1].size, 7u);
  EXPECT_EQ(events[1].etag, appended.etag);
  EXPECT_EQ(events[1].sequence, appended.sequence);
  EXPECT_EQ(events[1].request_id, appended.request_id);
  EXPECT_EQ(fake.cloud().stats().bytes_written, 7u);
}

TEST(Append, MixedWithPutsCopiesAndDeletes_AgreesWithStringsAndLeavesASoundStore) {
  base::Random random(20'301'128);
  FakeCloud fake;
  const Bucket bucket = fake.cloud().CreateBucket("bucket").value();
  const std::vector<std::string> keys = {"a", "b", "c"};
  std::map<std::string, std::string> model;
  for (int step = 0; step < 3'000; ++step) {
    const std::string& key = keys[random.Below(3)];
    const std::string piece(random.Below(random.Chance(0.05) ? 100'000 : 900), 'a' + step % 26);
    const uint64_t dice = random.Below(20);
    if (dice < 12) {
      const uint64_t size = model.count(key) != 0 ? model[key].size() : 0;
      ASSERT_TRUE(bucket.Append(key, piece, {.write_offset = size}).ok());
      model[key] += piece;
    } else if (dice < 14) {
      ASSERT_TRUE(bucket.Put(key, piece).ok());
      model[key] = piece;
    } else if (dice < 16) {
      ASSERT_TRUE(bucket.Delete(key).ok());
      model.erase(key);
    } else if (dice < 18) {
      const std::string& from = keys[random.Below(3)];
      if (from != key && model.count(from) != 0) {
        ASSERT_TRUE(bucket.Copy({.key = from}, key).ok());
        model[key] = model[from];
      }
    } else if (model.count(key) != 0) {
      ASSERT_EQ(bucket.Get(key).value().body, model[key]) << step;
    }
  }
  for (const auto& [key, body] : model) EXPECT_EQ(bucket.Get(key).value().body, body);
  const VerifyReport report = fake.cloud().VerifyStore().value();
  EXPECT_TRUE(report.problems.empty()) << report.problems[0];
}

}  // namespace
}  // namespace cloudlet::testing
