// Which queues and messages are right, what becomes of a message, handles, and the bytes kept.
#include "triggers/queues.h"

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "gtest/gtest.h"
#include "triggers/mappings.h"

namespace cloudlet::triggers {
namespace {

const absl::Time kNow = absl::FromUnixMillis(1'893'456'000'000);

TEST(Queues, TakeTheRangesOfSqs) {
  struct Case {
    const char* what;
    QueueOptions options;
    bool good;
  };
  const std::vector<Case> cases = {
      {"default", {}, true},
      {"visibility 12 h", {.visibility_timeout = absl::Hours(12)}, true},
      {"visibility above", {.visibility_timeout = absl::Hours(12) + absl::Seconds(1)}, false},
      {"visibility below 0", {.visibility_timeout = absl::Seconds(-1)}, false},
      {"retention 60 s", {.retention = absl::Seconds(60)}, true},
      {"retention below", {.retention = absl::Seconds(59)}, false},
      {"retention above", {.retention = absl::Hours(24 * 14) + absl::Seconds(1)}, false},
      {"delay above", {.delay = absl::Seconds(901)}, false},
      {"wait above", {.receive_wait = absl::Seconds(21)}, false},
      {"size below", {.max_message_bytes = 1023}, false},
      {"size above", {.max_message_bytes = (1 << 20) + 1}, false},
      {"receive count 0", {.max_receive_count = 0}, false},
      {"receive count above", {.max_receive_count = 1001}, false},
      {"its own dead letter", {.dead_letter_queue = "jobs"}, false},
      {"dead letter", {.dead_letter_queue = "failed"}, true},
      {"no name", {.dead_letter_queue = "fai led"}, false},
  };
  for (const Case& one : cases) {
    const absl::Status status = CheckQueue("jobs", one.options);
    EXPECT_EQ(status.ok(), one.good) << one.what << ": " << status;
    if (one.good) continue;
    EXPECT_EQ(ErrorCodeOf(status), ErrorCode::kInvalidParameterValue) << one.what;
  }
  EXPECT_TRUE(CheckQueue(std::string(80, 'a'), {}).ok());
  for (const std::string& name : {std::string(), std::string(81, 'a'), std::string("a/b")}) {
    EXPECT_EQ(ErrorCodeOf(CheckQueue(name, {})), ErrorCode::kInvalidParameterValue) << name;
  }
}

TEST(Queues, TakeMessagesWithinTheirLimits) {
  QueueOptions queue;
  queue.max_message_bytes = 1024;
  EXPECT_TRUE(CheckMessage(queue, std::string(1024, 'x'), {}).ok());
  EXPECT_FALSE(CheckMessage(queue, std::string(1025, 'x'), {}).ok());
  EXPECT_FALSE(CheckMessage(queue, "", {}).ok());
  // Name, type and value count.
  EXPECT_TRUE(
      CheckMessage(queue, std::string(1024 - 12, 'x'), {.attributes = {{"name", "v5"}}}).ok());
  EXPECT_FALSE(
      CheckMessage(queue, std::string(1024 - 11, 'x'), {.attributes = {{"name", "v5"}}}).ok());
  EXPECT_FALSE(CheckMessage(queue, "x", {.delay = absl::Seconds(901)}).ok());
  for (const char* name : {"", ".a", "a.", "a..b", "aws.a", "AMAZON.x", "cloudlet:source", "a b"}) {
    EXPECT_FALSE(CheckMessage(queue, "x", {.attributes = {{name, "v"}}}).ok()) << name;
  }
  EXPECT_FALSE(CheckMessage(queue, "x", {.attributes = {{"a", ""}}}).ok());
  SendOptions many;
  for (char c = 'a'; c <= 'j'; ++c) many.attributes[std::string(1, c)] = "v";
  EXPECT_TRUE(CheckMessage(queue, "x", many).ok());
  many.attributes["k"] = "v";
  EXPECT_FALSE(CheckMessage(queue, "x", many).ok());
}

TEST(Queues, Fate_IsExpiredThenDeadLetterThenReceive) {
  QueueOptions queue;
  queue.retention = absl::Hours(1);
  EXPECT_EQ(FateOf(queue, kNow, 5, kNow), Fate::kReceive);  // there is no dead-letter queue
  queue.dead_letter_queue = "failed";
  queue.max_receive_count = 3;
  EXPECT_EQ(FateOf(queue, kNow, 2, kNow + absl::Hours(1)), Fate::kReceive);
  EXPECT_EQ(FateOf(queue, kNow, 3, kNow), Fate::kDeadLetter);
  EXPECT_EQ(FateOf(queue, kNow, 3, kNow + absl::Hours(1) + absl::Milliseconds(1)), Fate::kExpired);
}

TEST(Queues, ReceiptHandles_AreOfOneStoreAndQueue) {
  const std::string handle = EncodeReceipt(42, "jobs", {7, 3});
  const auto receipt = DecodeReceipt(42, "jobs", handle);
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  EXPECT_EQ(receipt->number, 7u);
  EXPECT_EQ(receipt->count, 3);
  const auto code = [](uint64_t store, std::string_view queue, std::string_view text) {
    return ErrorCodeOf(DecodeReceipt(store, queue, text).status());
  };
  EXPECT_EQ(code(43, "jobs", handle), ErrorCode::kReceiptHandleIsInvalid);
  EXPECT_EQ(code(42, "others", handle), ErrorCode::kReceiptHandleIsInvalid);
  for (const std::string& text : {std::string(), std::string("garbage"), handle + "AAAA",
                                  handle.substr(4), base::Base64Encode("20 bytes of nothing.")}) {
    EXPECT_EQ(code(42, "jobs", text), ErrorCode::kReceiptHandleIsInvalid) << text;
  }
}

TEST(Queues, SettingsAreKeptAsEver) {
  QueueConfig config;
  config.options.visibility_timeout = absl::Seconds(31);
  config.options.retention = absl::Seconds(61);
  config.options.delay = absl::Seconds(1);
  config.options.receive_wait = absl::Milliseconds(2500);
  config.options.max_message_bytes = 2048;
  config.options.dead_letter_queue = "failed";
  config.options.max_receive_count = 4;
  config.after = 77;
  const std::string bytes = EncodeQueue(config);
  EXPECT_EQ(base::HexLower(bytes),
            "0898f20110c8dc0318e80720c413288010320666"
            "61696c65643804404d");
  const auto decoded = DecodeQueue(bytes);
  ASSERT_TRUE(decoded.ok());
  EXPECT_TRUE(SameOptions(decoded->options, config.options));
  EXPECT_EQ(decoded->after, 77u);
  EXPECT_FALSE(DecodeQueue("\xFF").ok());
  EXPECT_EQ(QueueSetting("jobs"), "queue/jobs");

  EventSourceMapping mapping{"m1", "jobs", "worker", 100, absl::Seconds(5), true, 7, true};
  const std::string row = EncodeMapping(mapping);
  EXPECT_EQ(base::HexLower(row),
            "0a046a6f6273"
            "1206776f726b6572"
            "1864"
            "208827"
            "2801"
            "3007"
            "3801");
  const auto read = DecodeMapping("m1", row);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->function, "worker");
  EXPECT_EQ(read->batching_window, absl::Seconds(5));
  EXPECT_TRUE(read->report_batch_item_failures);
  EXPECT_FALSE(DecodeMapping("m1", "\xFF").ok());
}

TEST(Queues, UserAttributes_AreWithoutOurs) {
  EXPECT_EQ(UserAttributes({{"a", "1"}, {"cloudlet:source", "queue/x"}}),
            (MessageAttributes{{"a", "1"}}));
}

}  // namespace
}  // namespace cloudlet::triggers
