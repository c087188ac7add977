// Queues of the runtime on a simulated clock.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "cloudlet/error.h"
#include "cloudlet/queue.h"
#include "gtest/gtest.h"
#include "objstore/ledger.h"
#include "triggers/testing/harness.h"

namespace cloudlet::triggers {
namespace {

class QueueRunTest : public ::testing::Test {
 protected:
  void Create(const std::string& name, const QueueOptions& options = {}) {
    const absl::Status created = harness_.runtime().CreateQueue(name, options);
    ASSERT_TRUE(created.ok()) << created;
  }
  std::string Send(const std::string& body, const SendOptions& options = {}) {
    return harness_.runtime().SendMessage("jobs", body, options).value();
  }
  std::vector<Message> Receive(int most = 10, const std::string& queue = "jobs") {
    return harness_.runtime().ReceiveMessages(queue, {.max_messages = most}).value();
  }
  std::vector<std::string> Bodies(int most = 10, const std::string& queue = "jobs") {
    std::vector<std::string> bodies;
    for (const Message& message : Receive(most, queue)) bodies.push_back(message.body);
    return bodies;
  }
  absl::Status Delete(const Message& message) {
    return harness_.runtime().DeleteMessage("jobs", message.receipt_handle);
  }
  QueueStats Stats(const std::string& queue = "jobs") {
    return harness_.runtime().GetQueueStats(queue).value();
  }
  void Advance(absl::Duration duration) { harness_.clock().Advance(duration); }

  Harness harness_;
};

using Texts = std::vector<std::string>;

TEST_F(QueueRunTest, ReceiveHidesAndDeleteEnds) {
  Create("jobs");
  const std::string id = Send("one", {.attributes = {{"color", "blue"}}});
  Send("two");
  const auto sent = harness_.clock().Now();
  Advance(absl::Milliseconds(10));
  const std::vector<Message> first = Receive(1);
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].id, id);
  EXPECT_EQ(first[0].body, "one");
  EXPECT_EQ(first[0].attributes, (MessageAttributes{{"color", "blue"}}));
  EXPECT_EQ(first[0].receive_count, 1);
  EXPECT_EQ(first[0].sent, sent);
  EXPECT_EQ(first[0].first_received, sent + absl::Milliseconds(10));
  EXPECT_EQ(Bodies(), Texts{"two"});
  EXPECT_EQ(Bodies(), Texts{});
  EXPECT_EQ(Stats().in_flight, 2u);
  ASSERT_TRUE(Delete(first[0]).ok());
  EXPECT_TRUE(Delete(first[0]).ok());  // again: nothing happens
  Advance(absl::Seconds(30));
  const std::vector<Message> again = Receive();
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].body, "two");
  EXPECT_EQ(again[0].receive_count, 2);
  EXPECT_EQ(again[0].first_received, sent + absl::Milliseconds(10));
  const QueueStats stats = Stats();
  EXPECT_EQ(stats.sent, 2u);
  EXPECT_EQ(stats.received, 3u);
  EXPECT_EQ(stats.deleted, 1u);
}

TEST_F(QueueRunTest, StaleHandles_DeleteNothing) {
  Create("jobs");
  Create("others");
  Send("one");
  const Message first = Receive()[0];
  Advance(absl::Seconds(30));
  const Message second = Receive()[0];
  EXPECT_NE(first.receipt_handle, second.receipt_handle);
  EXPECT_TRUE(Delete(first).ok());
  EXPECT_EQ(Stats().in_flight, 1u);
  Runtime& runtime = harness_.runtime();
  EXPECT_EQ(ErrorCodeOf(runtime.ChangeVisibility("jobs", first.receipt_handle, absl::Seconds(1))),
            ErrorCode::kMessageNotInflight);
  EXPECT_EQ(ErrorCodeOf(runtime.DeleteMessage("others", second.receipt_handle)),
            ErrorCode::kReceiptHandleIsInvalid);
  EXPECT_EQ(ErrorCodeOf(runtime.DeleteMessage("jobs", "garbage")),
            ErrorCode::kReceiptHandleIsInvalid);
  // The last handle is good when the message is to be seen again, too.
  Advance(absl::Seconds(30));
  EXPECT_EQ(Stats().visible, 1u);
  EXPECT_TRUE(Delete(second).ok());
  EXPECT_EQ(Bodies(), Texts{});
}

TEST_F(QueueRunTest, VisibilityChanges) {
  Create("jobs");
  Send("one");
  Runtime& runtime = harness_.runtime();
  const Message first = Receive()[0];
  ASSERT_TRUE(runtime.ChangeVisibility("jobs", first.receipt_handle, absl::Seconds(60)).ok());
  Advance(absl::Seconds(59));
  EXPECT_EQ(Bodies(), Texts{});
  ASSERT_TRUE(runtime.ChangeVisibility("jobs", first.receipt_handle, absl::ZeroDuration()).ok());
  const std::vector<Message> second = Receive();
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].receive_count, 2);
  Advance(absl::Seconds(30));
  EXPECT_EQ(ErrorCodeOf(runtime.ChangeVisibility("jobs", second[0].receipt_handle, absl::Hours(1))),
            ErrorCode::kMessageNotInflight);
  EXPECT_EQ(ErrorCodeOf(runtime.ChangeVisibility("jobs", second[0].receipt_handle,
                                                 absl::Hours(12) + absl::Seconds(1))),
            ErrorCode::kInvalidParameterValue);
}

TEST_F(QueueRunTest, OldestFirst_AlsoOfThoseSeenAgain) {
  Create("jobs");
  for (const char* body : {"a", "b", "c", "d", "e"}) Send(body);
  EXPECT_EQ(Bodies(2), (Texts{"a", "b"}));
  Advance(absl::Seconds(31));
  harness_.RunUntilIdle();  // the others get rows, and leave memory
  EXPECT_EQ(harness_.ledger().row_count(), 5u);
  Send("f");
  EXPECT_EQ(Bodies(), (Texts{"a", "b", "c", "d", "e", "f"}));
}

TEST_F(QueueRunTest, DelaysHide) {
  Create("jobs", {.delay = absl::Seconds(5)});
  Send("queue's");
  Send("none", {.delay = absl::ZeroDuration()});
  Send("own", {.delay = absl::Seconds(60)});
  EXPECT_EQ(Stats().delayed, 2u);
  EXPECT_EQ(Bodies(), Texts{"none"});
  Advance(absl::Seconds(5));
  EXPECT_EQ(Bodies(), Texts{"queue's"});
  Advance(absl::Seconds(55));
  EXPECT_EQ(Bodies(), (Texts{"queue's", "none", "own"}));
}

TEST_F(QueueRunTest, ExpiredMessagesAreDropped) {
  Create("jobs", {.retention = absl::Seconds(60)});
  Send("old");
  Advance(absl::Seconds(60));
  Send("new");
  Advance(absl::Milliseconds(1));
  EXPECT_EQ(Bodies(1), Texts{"new"});
  EXPECT_EQ(Stats().expired, 1u);
  EXPECT_EQ(Stats().in_flight, 1u);
}

TEST_F(QueueRunTest, DeadLetterQueueGetsWhatIsReceivedTooOften) {
  Create("failed");
  Create("jobs", {.dead_letter_queue = "failed", .max_receive_count = 2});
  const std::string id = Send("poison", {.attributes = {{"color", "blue"}}});
  const absl::Time sent = harness_.clock().Now();
  for (int receipt = 1; receipt <= 2; ++receipt) {
    EXPECT_EQ(Receive()[0].receive_count, receipt);
    Advance(absl::Seconds(30));
  }
  EXPECT_EQ(Bodies(), Texts{});
  EXPECT_EQ(Stats().dead_letters, 1u);
  EXPECT_EQ(Stats().visible + Stats().in_flight, 0u);
  const std::vector<Message> dead = Receive(10, "failed");
  ASSERT_EQ(dead.size(), 1u);
  EXPECT_EQ(dead[0].body, "poison");
  EXPECT_EQ(dead[0].id, id);  // as SQS keeps it, and the age
  EXPECT_EQ(dead[0].sent, sent);
  EXPECT_EQ(dead[0].attributes, (MessageAttributes{{"color", "blue"}}));
  EXPECT_EQ(dead[0].receive_count, 1);
}

TEST_F(QueueRunTest, WithoutItsDeadLetterQueue_AMessageIsReceivedOn) {
  Create("failed");
  Create("jobs", {.dead_letter_queue = "failed", .max_receive_count = 1});
  Send("poison");
  ASSERT_TRUE(harness_.runtime().DeleteQueue("failed").ok());
  for (int receipt = 1; receipt <= 3; ++receipt) {
    EXPECT_EQ(Receive()[0].receive_count, receipt);
    Advance(absl::Seconds(30));
  }
}

TEST_F(QueueRunTest, RedriveSendsBack) {
  Create("failed");
  Create("others");
  Create("jobs", {.dead_letter_queue = "failed", .max_receive_count = 1});
  Runtime& runtime = harness_.runtime();
  Send("poison", {.attributes = {{"color", "blue"}}});
  ASSERT_TRUE(runtime.SendMessage("failed", "of unknown origin", {}).ok());
  EXPECT_EQ(Bodies(), Texts{"poison"});
  Advance(absl::Seconds(30));
  EXPECT_EQ(Bodies(), Texts{});
  const absl::Time redriven = harness_.clock().Now();
  EXPECT_EQ(runtime.Redrive("failed", "").value(), 1u);
  const std::vector<Message> back = Receive();
  ASSERT_EQ(back.size(), 1u);
  EXPECT_EQ(back[0].body, "poison");
  EXPECT_EQ(back[0].receive_count, 1);
  EXPECT_EQ(back[0].sent, redriven);  // its age begins anew
  EXPECT_EQ(back[0].attributes, (MessageAttributes{{"color", "blue"}}));
  EXPECT_EQ(Stats("failed").visible, 1u);
  EXPECT_EQ(runtime.Redrive("failed", "others").value(), 1u);
  EXPECT_EQ(Bodies(10, "others"), Texts{"of unknown origin"});
  EXPECT_EQ(ErrorCodeOf(runtime.Redrive("failed", "nobody").status()),
            ErrorCode::kQueueDoesNotExist);
  EXPECT_EQ(ErrorCodeOf(runtime.Redrive("failed", "failed").status()),
            ErrorCode::kInvalidParameterValue);
}

TEST_F(QueueRunTest, PurgeEndsHiddenOnesToo) {
  Create("jobs");
  for (const char* body : {"a", "b", "c"}) Send(body);
  Send("later", {.delay = absl::Seconds(60)});
  const Message hidden = Receive(1)[0];
  Advance(absl::Seconds(2));
  harness_.RunUntilIdle();
  Send("d");
  ASSERT_TRUE(harness_.runtime().PurgeQueue("jobs").ok());
  EXPECT_TRUE(Delete(hidden).ok());
  Send("e");
  Advance(absl::Seconds(60));
  EXPECT_EQ(Bodies(), Texts{"e"});
  harness_.Restart();
  Advance(absl::Seconds(60));
  EXPECT_EQ(Bodies(), Texts{"e"});
}

TEST_F(QueueRunTest, ADeletedQueueHasNoMessages_NorDoesItsSuccessor) {
  Create("jobs");
  Send("a");
  Send("b");
  Receive(1);
  Runtime& runtime = harness_.runtime();
  ASSERT_TRUE(runtime.DeleteQueue("jobs").ok());
  EXPECT_EQ(ErrorCodeOf(runtime.DeleteQueue("jobs")), ErrorCode::kQueueDoesNotExist);
  EXPECT_EQ(ErrorCodeOf(runtime.SendMessage("jobs", "x", {}).status()),
            ErrorCode::kQueueDoesNotExist);
  EXPECT_EQ(ErrorCodeOf(runtime.ReceiveMessages("jobs", {}).status()),
            ErrorCode::kQueueDoesNotExist);
  EXPECT_EQ(ErrorCodeOf(runtime.GetQueueStats("jobs").status()), ErrorCode::kQueueDoesNotExist);
  EXPECT_EQ(ErrorCodeOf(runtime.PurgeQueue("jobs")), ErrorCode::kQueueDoesNotExist);
  EXPECT_EQ(ErrorCodeOf(runtime.Redrive("jobs", "").status()), ErrorCode::kQueueDoesNotExist);
  Create("jobs");
  Advance(absl::Seconds(60));
  EXPECT_EQ(Bodies(), Texts{});
  harness_.Restart();
  EXPECT_EQ(Bodies(), Texts{});
  harness_.RunUntilIdle();
  EXPECT_EQ(harness_.ledger().row_count(), 0u);
}

TEST_F(QueueRunTest, CreateIsForgivingForTheSameOptionsOnly) {
  Create("jobs");
  Create("jobs");
  Runtime& runtime = harness_.runtime();
  EXPECT_EQ(ErrorCodeOf(runtime.CreateQueue("jobs", {.delay = absl::Seconds(1)})),
            ErrorCode::kQueueNameExists);
  EXPECT_EQ(ErrorCodeOf(runtime.CreateQueue("more", {.dead_letter_queue = "nobody"})),
            ErrorCode::kQueueDoesNotExist);
  EXPECT_EQ(runtime.ListQueues().value(), Texts{"jobs"});
  ASSERT_TRUE(runtime.SetQueueOptions("jobs", {.delay = absl::Seconds(1)}).ok());
  EXPECT_EQ(runtime.GetQueueOptions("jobs")->delay, absl::Seconds(1));
  EXPECT_EQ(ErrorCodeOf(runtime.SetQueueOptions("nobody", {})), ErrorCode::kQueueDoesNotExist);
  EXPECT_EQ(ErrorCodeOf(runtime.function_stats("queue/jobs").status()),
            ErrorCode::kFunctionNotFound);
  for (const ReceiveOptions& bad :
       {ReceiveOptions{.max_messages = 0}, ReceiveOptions{.max_messages = 11},
        ReceiveOptions{.wait = absl::Seconds(21)},
        ReceiveOptions{.visibility_timeout = absl::Hours(13)}}) {
    EXPECT_EQ(ErrorCodeOf(runtime.ReceiveMessages("jobs", bad).status()),
              ErrorCode::kInvalidParameterValue);
  }
}

TEST_F(QueueRunTest, MessagesKeepNobodyBusy) {
  Create("jobs");
  Send("a");
  Send("b");
  Receive(1);
  EXPECT_TRUE(harness_.runtime().WaitIdle(absl::ZeroDuration()).ok());
  EXPECT_EQ(harness_.RunUntilIdle(), 0u);
  EXPECT_EQ(harness_.runtime().NextRetry(), std::nullopt);
  EXPECT_EQ(harness_.runtime().DescribeNext(), std::nullopt);
  EXPECT_EQ(harness_.runtime().pending(), 0u);
  EXPECT_EQ(Stats().visible, 1u);
}

TEST_F(QueueRunTest, ReceiptsSurviveARestart) {
  Create("failed");
  Create("jobs", {.dead_letter_queue = "failed", .max_receive_count = 2});
  const std::string id = Send("one");
  Send("two");
  const Message first = Receive(1)[0];
  harness_.Restart();
  EXPECT_EQ(Stats().in_flight, 1u);
  EXPECT_EQ(Bodies(), Texts{"two"});  // "one" is hidden still
  ASSERT_TRUE(
      harness_.runtime().ChangeVisibility("jobs", first.receipt_handle, absl::Seconds(40)).ok());
  harness_.Restart();
  Advance(absl::Seconds(31));
  EXPECT_EQ(Bodies(), Texts{"two"});
  Advance(absl::Seconds(9));
  const std::vector<Message> again = Receive();
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].id, id);
  EXPECT_EQ(again[0].receive_count, 2);
  EXPECT_EQ(again[0].first_received, first.first_received);
  harness_.Restart();
  Advance(absl::Seconds(30));
  EXPECT_EQ(Bodies(), Texts{});
  EXPECT_EQ(Stats("failed").visible, 2u);
  harness_.Restart();
  EXPECT_EQ(Bodies(10, "failed"), (Texts{"one", "two"}));
}

TEST_F(QueueRunTest, DeletedIsGoneAfterARestart) {
  Create("jobs");
  Send("zero");  // holds the watermark below the others
  Send("one");
  Send("two");
  const std::vector<Message> messages = Receive(2);
  ASSERT_TRUE(Delete(messages[1]).ok());
  harness_.Restart();
  Advance(absl::Seconds(30));
  EXPECT_EQ(Bodies(), (Texts{"zero", "two"}));
}

TEST_F(QueueRunTest, WhatMemoryHasNoRoomFor_IsReceivedFromTheLog) {
  RuntimeOptions options = Driven();
  options.memory_limit = 16;
  Harness small(options);
  ASSERT_TRUE(small.runtime().CreateQueue("jobs", {}).ok());
  for (int i = 0; i < 500; ++i) {
    ASSERT_TRUE(small.runtime().SendMessage("jobs", std::to_string(i), {}).ok());
  }
  int next = 0;
  for (int round = 0; round < 100; ++round) {
    const auto messages = small.runtime().ReceiveMessages("jobs", {.max_messages = 10});
    ASSERT_TRUE(messages.ok());
    for (const Message& message : *messages) {
      EXPECT_EQ(message.body, std::to_string(next++));
      EXPECT_TRUE(small.runtime().DeleteMessage("jobs", message.receipt_handle).ok());
    }
  }
  EXPECT_EQ(next, 500);
  small.RunUntilIdle();
  EXPECT_EQ(small.ledger().row_count(), 0u);
  EXPECT_EQ(small.ledger().event_count(), 0u);
}

TEST_F(QueueRunTest, WhatCannotBeWritten_IsNotGivenOut) {
  Create("failed");
  Create("jobs", {.dead_letter_queue = "failed", .max_receive_count = 1});
  Send("one");
  Runtime& runtime = harness_.runtime();
  harness_.ledger().FailWrites(absl::UnavailableError("read-only"));
  EXPECT_TRUE(absl::IsUnavailable(runtime.ReceiveMessages("jobs", {}).status()));
  EXPECT_EQ(Stats().visible, 1u);
  harness_.ledger().FailWrites(absl::OkStatus());
  const Message message = Receive()[0];
  EXPECT_EQ(message.receive_count, 1);
  harness_.ledger().FailWrites(absl::UnavailableError("read-only"));
  EXPECT_TRUE(absl::IsUnavailable(Delete(message)));
  EXPECT_TRUE(absl::IsUnavailable(
      runtime.ChangeVisibility("jobs", message.receipt_handle, absl::Seconds(1))));
  EXPECT_EQ(Stats().in_flight, 1u);
  Advance(absl::Seconds(30));
  EXPECT_TRUE(absl::IsUnavailable(runtime.ReceiveMessages("jobs", {}).status()));
  EXPECT_EQ(Stats().visible, 1u);
  EXPECT_EQ(Stats().dead_letters, 0u);
  harness_.ledger().FailWrites(absl::OkStatus());
  harness_.ledger().FailReads(absl::DataLossError("rotten"));
  EXPECT_TRUE(absl::IsDataLoss(runtime.ReceiveMessages("jobs", {}).status()));
  harness_.ledger().FailReads(absl::OkStatus());
  EXPECT_EQ(Bodies(), Texts{});
  EXPECT_EQ(Stats("failed").visible, 1u);
}

TEST_F(QueueRunTest, ATriggersMessage_IsS3sNotification) {
  Create("jobs");
  Send("a");  // the target's name, as a rule has it
  harness_.AddTrigger("other");
  objstore::Rule rule;
  rule.bucket = "b";
  rule.id = "to-queue";
  rule.function = "queue/jobs";
  rule.types = {EventType::kObjectCreated};
  ASSERT_TRUE(harness_.ledger().StoreRule(rule).ok());
  harness_.Restart();  // reads the rules
  const uint64_t number = harness_.Put("cat.jpg");
  const std::vector<Message> messages = Receive();
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_NE(messages[1].body.find("\"eventName\":\"ObjectCreated:Put\""), std::string::npos)
      << messages[1].body;
  EXPECT_NE(messages[1].body.find("cat.jpg"), std::string::npos);
  EXPECT_GT(number, 0u);
}

}  // namespace
}  // namespace cloudlet::triggers
