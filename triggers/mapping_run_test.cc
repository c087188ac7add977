// Event source mappings at work, driven on a simulated clock.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cloudlet/error.h"
#include "cloudlet/queue.h"
#include "gtest/gtest.h"
#include "triggers/testing/harness.h"

namespace cloudlet::triggers {
namespace {

using Payload = absl::StatusOr<std::string>;

// How often `what` is in `text`.
size_t Count(std::string_view text, std::string_view what) {
  size_t count = 0;
  for (size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) {
    ++count;
  }
  return count;
}

class MappingRunTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(harness_.runtime().CreateQueue("failed", {}).ok());
    Create({.dead_letter_queue = "failed", .max_receive_count = 2});
  }
  void Create(const QueueOptions& options) {
    ASSERT_TRUE(harness_.runtime().CreateQueue("jobs", options).ok());
  }
  void Map(EventSourceMapping mapping = {}) {
    mapping.id = "m";
    mapping.queue = "jobs";
    mapping.function = "worker";
    const auto id = harness_.runtime().PutMapping(mapping);
    ASSERT_TRUE(id.ok()) << id.status();
  }
  // Each batch is remembered, and answered with what respond_ gives.
  void Register(const FunctionOptions& options = {}) {
    const PayloadFunction worker = [this](std::string_view payload, FunctionContext&) {
      batches_.emplace_back(payload);
      arrived_.push_back(harness_.clock().Now());
      return respond_ != nullptr ? respond_(payload) : Payload("");
    };
    ASSERT_TRUE(harness_.runtime().RegisterFunction("worker", worker, options).ok());
  }
  std::string Send(const std::string& body) {
    return harness_.runtime().SendMessage("jobs", body, {}).value();
  }
  std::vector<size_t> Sizes() const {
    std::vector<size_t> sizes;
    for (const std::string& batch : batches_) sizes.push_back(Count(batch, "\"messageId\""));
    return sizes;
  }
  QueueStats Stats(const std::string& queue = "jobs") {
    return harness_.runtime().GetQueueStats(queue).value();
  }
  // Jumps from timer to timer until there is none; how often.
  int Settle() {
    for (int jumps = 0;; ++jumps) {
      harness_.RunUntilIdle();
      const auto next = harness_.runtime().NextRetry();
      if (!next.has_value() || jumps > 1000) return jumps;
      harness_.clock().AdvanceTo(*next);
    }
  }

  Harness harness_;
  std::vector<std::string> batches_;
  std::vector<absl::Time> arrived_;
  std::function<Payload(std::string_view)> respond_ = nullptr;
};

using Numbers = std::vector<size_t>;

TEST_F(MappingRunTest, FeedsBatchesAndDeletesThem) {
  Map();
  Register();
  for (int i = 0; i < 25; ++i) Send("m" + std::to_string(i));
  EXPECT_EQ(harness_.RunUntilIdle(), 3u);
  EXPECT_EQ(Sizes(), (Numbers{10, 10, 5}));
  EXPECT_NE(batches_[0].find("\"body\":\"m0\""), std::string::npos) << batches_[0];
  EXPECT_EQ(batches_[0].rfind("{\"Records\":[{\"messageId\":", 0), 0u);
  EXPECT_EQ(batches_[0].substr(batches_[0].size() - 2), "]}");
  EXPECT_EQ(Stats().deleted, 25u);
  EXPECT_EQ(harness_.Stats("worker").invocations, 3u);
  EXPECT_EQ(harness_.runtime().NextRetry(), std::nullopt);
  EXPECT_EQ(harness_.runtime().DescribeNext(), std::nullopt);
}

TEST_F(MappingRunTest, WaitsForItsFunctionAndBeingEnabled) {
  Map({.enabled = false});
  Send("a");
  EXPECT_EQ(harness_.RunUntilIdle(), 0u);
  Register();
  EXPECT_EQ(harness_.RunUntilIdle(), 0u);
  Map();  // the same id: replaced
  EXPECT_EQ(harness_.RunUntilIdle(), 1u);
  ASSERT_TRUE(harness_.runtime().UnregisterFunction("worker").ok());
  Send("b");
  EXPECT_EQ(harness_.RunUntilIdle(), 0u);
  EXPECT_TRUE(harness_.runtime().WaitIdle(absl::ZeroDuration()).ok());
  Register();
  EXPECT_EQ(harness_.RunUntilIdle(), 1u);
  ASSERT_TRUE(harness_.runtime().DeleteMapping("m").ok());
  Send("c");
  EXPECT_EQ(harness_.RunUntilIdle(), 0u);
  EXPECT_EQ(ErrorCodeOf(harness_.runtime().DeleteMapping("m")), ErrorCode::kFunctionNotFound);
  EXPECT_TRUE(harness_.runtime().ListMappings()->empty());
}

TEST_F(MappingRunTest, FailedBatches_ComeAgainAndThenToTheDeadLetterQueue) {
  Map();
  Register();
  respond_ = [](std::string_view) { return Payload(absl::InternalError("no luck")); };
  Send("poison");
  const absl::Time begun = harness_.clock().Now();
  EXPECT_EQ(harness_.RunUntilIdle(), 1u);
  EXPECT_EQ(harness_.runtime().NextRetry(), begun + absl::Seconds(30));
  EXPECT_EQ(harness_.runtime().DescribeNext(), "queue \"jobs\", message 3");
  Settle();
  EXPECT_EQ(arrived_, (std::vector<absl::Time>{begun, begun + absl::Seconds(30)}));
  EXPECT_NE(batches_[1].find("\"ApproximateReceiveCount\":\"2\""), std::string::npos);
  EXPECT_EQ(Stats().dead_letters, 1u);
  EXPECT_EQ(Stats("failed").visible, 1u);
  EXPECT_EQ(harness_.Stats("worker").errors, 2u);
}

TEST_F(MappingRunTest, PartialFailures_KeepWhatIsNamed) {
  Map({.report_batch_item_failures = true});
  Register();
  Send("good");
  const std::string bad = Send("bad");
  respond_ = [&](std::string_view) {
    return Payload("{\"batchItemFailures\":[{\"itemIdentifier\":\"" + bad + "\"}]}");
  };
  EXPECT_EQ(harness_.RunUntilIdle(), 1u);
  EXPECT_EQ(Stats().deleted, 1u);
  EXPECT_EQ(Stats().in_flight, 1u);
  respond_ = [](std::string_view) {
    return Payload("{\"batchItemFailures\":[{\"itemIdentifier\":\"unknown\"}]}");
  };
  Send("good too");
  EXPECT_EQ(harness_.RunUntilIdle(), 1u);
  EXPECT_EQ(Stats().deleted, 1u);
  EXPECT_EQ(Stats().in_flight, 2u);
  respond_ = nullptr;
  Settle();
  EXPECT_EQ(Stats().deleted, 3u);
}

TEST_F(MappingRunTest, AWindowFillsBatches) {
  Map({.batch_size = 4, .batching_window = absl::Seconds(20)});
  Register();
  const absl::Time begun = harness_.clock().Now();
  Send("a");
  EXPECT_EQ(harness_.RunUntilIdle(), 0u);
  EXPECT_EQ(harness_.runtime().NextRetry(), begun + absl::Seconds(20));
  EXPECT_TRUE(harness_.runtime().WaitIdle(absl::ZeroDuration()).ok());
  harness_.clock().Advance(absl::Seconds(5));
  Send("b");
  EXPECT_EQ(harness_.RunUntilIdle(), 0u);
  Settle();
  EXPECT_EQ(Sizes(), Numbers{2});
  EXPECT_EQ(arrived_[0], begun + absl::Seconds(20));
  for (const char* body : {"c", "d", "e", "f", "g"}) Send(body);
  EXPECT_EQ(harness_.RunUntilIdle(), 1u);  // a full one does not wait
  EXPECT_EQ(Sizes(), (Numbers{2, 4}));
  Settle();
  EXPECT_EQ(Sizes(), (Numbers{2, 4, 1}));
}

TEST_F(MappingRunTest, PayloadsStayWithinTheLimit) {
  Map();
  Register();
  for (int i = 0; i < 8; ++i) Send(std::string(1'000'000, 'x'));
  EXPECT_EQ(harness_.RunUntilIdle(), 2u);
  EXPECT_EQ(Sizes(), (Numbers{6, 2}));
  for (const std::string& batch : batches_) EXPECT_LE(batch.size(), 6u << 20);
  EXPECT_EQ(Stats().deleted, 8u);
}

TEST_F(MappingRunTest, AThrottle_CostsAReceiptAndPausesTheMapping) {
  Map();
  Register({.reserved_concurrency = 0});
  for (int i = 0; i < 11; ++i) Send("a");
  EXPECT_EQ(harness_.RunUntilIdle(), 0u);
  EXPECT_EQ(Stats().in_flight, 10u);
  EXPECT_EQ(Stats().visible, 1u);
  EXPECT_EQ(harness_.Stats("worker").throttles, 1u);
  harness_.clock().Advance(absl::Seconds(1));
  harness_.RunUntilIdle();
  EXPECT_EQ(Stats().in_flight, 11u);
  Settle();
  EXPECT_EQ(Stats("failed").visible, 11u);
  EXPECT_TRUE(batches_.empty());
}

TEST_F(MappingRunTest, ATimedOutBatchComesAgain) {
  Map();
  Register({.timeout = absl::Seconds(3)});
  bool slow = true;
  respond_ = [&](std::string_view) {
    if (std::exchange(slow, false)) harness_.clock().Advance(absl::Seconds(5));
    return Payload("");
  };
  Send("a");
  harness_.RunUntilIdle();
  EXPECT_EQ(Stats().in_flight, 1u);
  Settle();
  EXPECT_EQ(batches_.size(), 2u);
  EXPECT_EQ(Stats().deleted, 1u);
}

TEST_F(MappingRunTest, ALoopOfMessagesEnds) {
  Map();
  Register();
  respond_ = [&](std::string_view) {
    Send("again");
    return Payload("");
  };
  Send("first");
  harness_.RunUntilIdle();
  EXPECT_EQ(batches_.size(), 16u);  // as many functions as a chain may have
  Settle();
  EXPECT_EQ(batches_.size(), 16u);
  EXPECT_EQ(Stats("failed").visible, 1u);
}

TEST_F(MappingRunTest, ManualFunctions_GetBatchesWhenDriven) {
  Map();
  Register({.dispatch = Dispatch::kManual});
  Send("a");
  EXPECT_TRUE(harness_.runtime().WaitIdle(absl::ZeroDuration()).ok());
  EXPECT_EQ(batches_.size(), 0u);
  EXPECT_EQ(harness_.runtime().Step(), 1u);
  EXPECT_EQ(Sizes(), Numbers{1});
}

TEST_F(MappingRunTest, MappingsAndHiddenMessagesSurviveARestart) {
  Map({.batch_size = 3});
  Register();
  respond_ = [](std::string_view) { return Payload(absl::InternalError("no luck")); };
  for (int i = 0; i < 4; ++i) Send("a");
  EXPECT_EQ(harness_.RunUntilIdle(), 2u);
  harness_.Restart();
  EXPECT_EQ(harness_.runtime().ListMappings()->at(0).batch_size, 3);
  respond_ = nullptr;
  Register();
  EXPECT_EQ(harness_.RunUntilIdle(), 0u);
  Settle();
  EXPECT_EQ(Stats().deleted, 4u);
  EXPECT_EQ(harness_.ledger().row_count(), 0u);
}

TEST_F(MappingRunTest, WrongMappingsAreRefused) {
  Runtime& runtime = harness_.runtime();
  Register({.timeout = absl::Seconds(31)});
  const auto code = [&](const EventSourceMapping& mapping) {
    return ErrorCodeOf(runtime.PutMapping(mapping).status());
  };
  EXPECT_EQ(code({.queue = "nobody", .function = "f"}), ErrorCode::kQueueDoesNotExist);
  EXPECT_EQ(code({.queue = "jobs", .function = "worker"}), ErrorCode::kInvalidParameterValue);
  EXPECT_EQ(code({.queue = "jobs", .function = "f", .batch_size = 0}),
            ErrorCode::kInvalidParameterValue);
  EXPECT_TRUE(runtime.ListMappings()->empty());
  const auto made = runtime.PutMapping({.queue = "jobs", .function = "later"});
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made->size(), 36u);  // an id of its own
}

}  // namespace
}  // namespace cloudlet::triggers
