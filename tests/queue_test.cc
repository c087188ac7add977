// Queues and event source mappings through the public API: over a directory, over threads and real
// time, and in a FakeCloud.
#include "cloudlet/queue.h"

#include <atomic>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "base/notification.h"
#include "cloudlet/cloud.h"
#include "cloudlet/testing/fake_cloud.h"
#include "gtest/gtest.h"
#include "tests/test_folder.h"

namespace cloudlet::testing {
namespace {

using Payload = absl::StatusOr<std::string>;
using Texts = std::vector<std::string>;

constexpr absl::Duration kPatience = absl::Seconds(60);

Texts Bodies(const absl::StatusOr<std::vector<Message>>& messages) {
  Texts bodies;
  for (const Message& message : messages.value()) bodies.push_back(message.body);
  return bodies;
}

TEST(Queue, LivesInItsDirectory) {
  const TestFolder folder("queue");
  std::string handle;
  std::string id;
  {
    Cloud cloud = Cloud::Open(folder.path()).value();
    ASSERT_TRUE(cloud.CreateQueue("failed").ok());
    Queue jobs = cloud
                     .CreateQueue("jobs", {.visibility_timeout = absl::Hours(1),
                                           .dead_letter_queue = "failed",
                                           .max_receive_count = 1})
                     .value();
    id = jobs.Send("one", {.attributes = {{"color", "blue"}}}).value();
    ASSERT_TRUE(jobs.Send("two").ok());
    ASSERT_TRUE(jobs.Send("three").ok());
    const std::vector<Message> messages = jobs.Receive({.max_messages = 2}).value();
    ASSERT_EQ(messages.size(), 2u);
    handle = messages[0].receipt_handle;
    EXPECT_TRUE(jobs.Delete(messages[1].receipt_handle).ok());
    ASSERT_TRUE(cloud
                    .PutEventSourceMapping(
                        {.id = "m", .queue = "jobs", .function = "worker", .enabled = false})
                    .ok());
    ASSERT_TRUE(cloud.Close().ok());
    EXPECT_EQ(jobs.Send("x").status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(jobs.Receive().status().code(), absl::StatusCode::kFailedPrecondition);
  }
  {
    Cloud cloud = Cloud::Open(folder.path()).value();
    EXPECT_EQ(cloud.ListQueues().value(), (Texts{"failed", "jobs"}));
    EXPECT_EQ(cloud.ListEventSourceMappings()->at(0).function, "worker");
    Queue jobs = cloud.queue("jobs");
    EXPECT_EQ(jobs.Options()->dead_letter_queue, "failed");
    EXPECT_EQ(jobs.Stats()->in_flight, 1u);
    EXPECT_EQ(Bodies(jobs.Receive({.max_messages = 10})), Texts{"three"});
    // A message that was received before is seen again, and moves.
    ASSERT_TRUE(jobs.ChangeVisibility(handle, absl::ZeroDuration()).ok());
    EXPECT_EQ(Bodies(jobs.Receive({.max_messages = 10})), Texts{});
    EXPECT_EQ(jobs.Stats()->dead_letters, 1u);
    EXPECT_TRUE(cloud.VerifyStore()->problems.empty());
    ASSERT_TRUE(cloud.Close().ok());
  }
  Cloud cloud = Cloud::Open(folder.path()).value();
  const std::vector<Message> dead = cloud.queue("failed").Receive().value();
  ASSERT_EQ(dead.size(), 1u);
  EXPECT_EQ(dead[0].body, "one");
  EXPECT_EQ(dead[0].id, id);
  EXPECT_EQ(dead[0].attributes, (MessageAttributes{{"color", "blue"}}));
  EXPECT_EQ(cloud.queue("failed").Redrive().value(), 0u);  // hidden
  ASSERT_TRUE(cloud.queue("failed").ChangeVisibility(dead[0].receipt_handle, {}).ok());
  EXPECT_EQ(cloud.queue("failed").Redrive().value(), 1u);
  EXPECT_EQ(Bodies(cloud.queue("jobs").Receive()), Texts{"one"});
}

TEST(Queue, OfAMovedCloud_AnswersFailedPrecondition) {
  Cloud cloud = Cloud::InMemory();
  const Cloud other = std::move(cloud);
  EXPECT_EQ(cloud.CreateQueue("jobs").status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(cloud.queue("jobs").Send("x").status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(Queue, LongPolling_EndsWithAMessage) {
  Cloud cloud = Cloud::InMemory();
  Queue jobs = cloud.CreateQueue("jobs", {.receive_wait = absl::Seconds(20)}).value();
  base::Notification begun;
  std::optional<Texts> got;
  std::thread receiver([&] {
    begun.Notify();
    got = Bodies(jobs.Receive());
  });
  begun.Wait();
  ASSERT_TRUE(jobs.Send("at last").ok());
  receiver.join();
  EXPECT_EQ(got, Texts{"at last"});
  // Also with one that becomes visible.
  ASSERT_TRUE(jobs.Send("later", {.delay = absl::Milliseconds(50)}).ok());
  EXPECT_EQ(Bodies(jobs.Receive()), Texts{"later"});
  EXPECT_EQ(Bodies(jobs.Receive({.wait = absl::Milliseconds(1)})), Texts{});
}

TEST(Queue, LongPolling_EndsWithTheCloudAndTheQueue) {
  Cloud cloud = Cloud::InMemory();
  Queue jobs = cloud.CreateQueue("jobs").value();
  Queue others = cloud.CreateQueue("others").value();
  absl::Status closed;
  absl::Status deleted;
  std::thread first([&] { closed = jobs.Receive({.wait = absl::Seconds(20)}).status(); });
  std::thread second([&] { deleted = others.Receive({.wait = absl::Seconds(20)}).status(); });
  ASSERT_TRUE(cloud.DeleteQueue("others").ok());
  second.join();
  EXPECT_EQ(ErrorCodeOf(deleted), ErrorCode::kQueueDoesNotExist);
  ASSERT_TRUE(cloud.Close().ok());
  first.join();
  EXPECT_EQ(closed.code(), absl::StatusCode::kFailedPrecondition);
}

TEST(Queue, ManyReceivers_ShareTheMessages) {
  Cloud cloud = Cloud::InMemory();
  Queue jobs = cloud.CreateQueue("jobs").value();
  constexpr int kMessages = 2'000;
  base::Mutex mu;
  std::multiset<std::string> seen;
  std::atomic<int> left = kMessages;
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      for (int i = t; i < kMessages; i += 2) ASSERT_TRUE(jobs.Send(std::to_string(i)).ok());
    });
  }
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      while (left.load() > 0) {
        const auto messages = jobs.Receive({.max_messages = 10, .wait = absl::Milliseconds(20)});
        ASSERT_TRUE(messages.ok()) << messages.status();
        for (const Message& message : *messages) {
          ASSERT_TRUE(jobs.Delete(message.receipt_handle).ok());
          --left;
          base::MutexLock lock(&mu);
          seen.insert(message.body);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(seen.size(), static_cast<size_t>(kMessages));
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), seen.size());
  EXPECT_EQ(jobs.Stats()->deleted, static_cast<uint64_t>(kMessages));
}

TEST(EventSourceMapping, FeedsWorkers) {
  Cloud cloud = Cloud::InMemory({.worker_threads = 2});
  Queue jobs = cloud.CreateQueue("jobs").value();
  std::atomic<int> batches = 0;
  ASSERT_TRUE(cloud
                  .RegisterFunction("worker",
                                    [&](std::string_view, FunctionContext&) -> Payload {
                                      ++batches;
                                      return "";
                                    })
                  .ok());
  ASSERT_TRUE(cloud.PutEventSourceMapping({.queue = "jobs", .function = "worker"}).ok());
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(jobs.Send("x").ok());
  ASSERT_TRUE(cloud.WaitIdle(kPatience).ok());
  EXPECT_EQ(jobs.Stats()->deleted, 100u);
  EXPECT_GE(batches.load(), 10);
}

TEST(EventSourceMapping, AHandlerThatHangs_HoldsNoOthersUp) {
  Cloud cloud = Cloud::InMemory({.worker_threads = 1});
  Queue jobs = cloud.CreateQueue("jobs").value();
  base::Notification release;
  std::atomic<int> runs = 0;
  ASSERT_TRUE(cloud
                  .RegisterFunction("worker",
                                    [&](std::string_view, FunctionContext&) -> Payload {
                                      if (++runs == 1) release.Wait();
                                      return "";
                                    },
                                    {.timeout = absl::Seconds(1)})
                  .ok());
  ASSERT_TRUE(
      cloud.PutEventSourceMapping({.queue = "jobs", .function = "worker", .batch_size = 1}).ok());
  ASSERT_TRUE(jobs.Send("hangs").ok());
  ASSERT_TRUE(jobs.Send("goes on").ok());
  ASSERT_TRUE(cloud.WaitIdle(kPatience).ok());
  EXPECT_EQ(runs.load(), 2);
  EXPECT_EQ(jobs.Stats()->deleted, 1u);
  EXPECT_EQ(jobs.Stats()->in_flight, 1u);
  EXPECT_EQ(cloud.function_stats("worker")->timeouts, 1u);
  release.Notify();
  EXPECT_TRUE(cloud.Close().ok());
}

// A pipeline over 3 rounds of failures: the same log in every run.
std::string PipelineLog() {
  FakeCloud cloud;
  EXPECT_TRUE(cloud.cloud().CreateQueue("failed").ok());
  Queue jobs = cloud.cloud()
                   .CreateQueue("jobs", {.dead_letter_queue = "failed", .max_receive_count = 3})
                   .value();
  EXPECT_TRUE(cloud.cloud()
                  .RegisterFunction("worker",
                                    [](std::string_view payload, FunctionContext&) -> Payload {
                                      if (payload.find("poison") == std::string_view::npos) {
                                        return "";
                                      }
                                      return absl::InternalError("no luck");
                                    })
                  .ok());
  EXPECT_TRUE(cloud.cloud()
                  .PutEventSourceMapping(
                      {.id = "m", .queue = "jobs", .function = "worker", .batch_size = 1})
                  .ok());
  EXPECT_TRUE(jobs.Send("good").ok());
  EXPECT_TRUE(jobs.Send("poison").ok());
  const auto settled = cloud.Settle();
  EXPECT_TRUE(settled.ok()) << settled.status();
  EXPECT_EQ(settled->runs, 4u);
  EXPECT_EQ(settled->simulated, absl::Seconds(90));
  EXPECT_EQ(jobs.Stats()->dead_letters, 1u);
  EXPECT_EQ(Bodies(cloud.cloud().queue("failed").Receive()), Texts{"poison"});
  return cloud.log().ToText();
}

TEST(EventSourceMapping, InAFakeCloud_IsDeterministic) {
  const std::string log = PipelineLog();
  EXPECT_NE(log.find("no luck"), std::string::npos) << log;
  EXPECT_EQ(PipelineLog(), log);
}

TEST(EventSourceMapping, InAFakeCloud_APoisonThatNobodyTakesIsNamed) {
  FakeCloud cloud;
  Queue jobs = cloud.cloud().CreateQueue("jobs").value();
  ASSERT_TRUE(cloud.cloud()
                  .RegisterFunction("worker",
                                    [](std::string_view, FunctionContext&) -> Payload {
                                      return absl::InternalError("no luck");
                                    })
                  .ok());
  ASSERT_TRUE(cloud.cloud().PutEventSourceMapping({.queue = "jobs", .function = "worker"}).ok());
  ASSERT_TRUE(jobs.Send("poison").ok());
  const auto settled = cloud.Settle({.max_runs = 20});
  ASSERT_FALSE(settled.ok());
  EXPECT_NE(std::string(settled.status().message()).find("queue \"jobs\""), std::string::npos)
      << settled.status();
}

TEST(Queue, TriggersAndDeadLettersSendToIt_AndRedriveGoesBack) {
  FakeCloud fake;
  Cloud& cloud = fake.cloud();
  Queue letters = cloud.CreateQueue("letters").value();
  Queue changes = cloud.CreateQueue("changes").value();
  ASSERT_TRUE(cloud.CreateBucket("photos").ok());
  ASSERT_TRUE(cloud
                  .AddTrigger({.bucket = "photos",
                               .events = {EventType::kObjectCreated},
                               .destination = ToQueue("changes")})
                  .ok());
  ASSERT_TRUE(cloud.bucket("photos").Put("cat.jpg", "x").ok());
  const std::vector<Message> change = changes.Receive().value();
  ASSERT_EQ(change.size(), 1u);
  EXPECT_NE(change[0].body.find("ObjectCreated:Put"), std::string::npos) << change[0].body;

  bool works = false;
  Texts payloads;
  ASSERT_TRUE(cloud
                  .RegisterFunction("worker",
                                    [&](std::string_view payload, FunctionContext&) -> Payload {
                                      if (!works) return absl::InternalError("no luck");
                                      payloads.emplace_back(payload);
                                      return "";
                                    },
                                    {.dead_letter = ToQueue("letters")})
                  .ok());
  ASSERT_TRUE(cloud.Invoke("worker", "{}", {.type = InvocationType::kEvent}).ok());
  ASSERT_TRUE(fake.Settle().ok());
  EXPECT_EQ(letters.Stats()->visible, 1u);
  works = true;
  EXPECT_EQ(letters.Redrive().value(), 1u);
  ASSERT_TRUE(fake.Settle().ok());
  EXPECT_EQ(payloads, Texts{"{}"});
  EXPECT_EQ(letters.Stats()->visible, 0u);
}

TEST(Queue, AForkHasTheSameMessages) {
  FakeCloud cloud;
  Queue jobs = cloud.cloud().CreateQueue("jobs").value();
  ASSERT_TRUE(jobs.Send("one").ok());
  ASSERT_TRUE(jobs.Send("two").ok());
  const std::vector<Message> first = jobs.Receive().value();
  FakeCloud copy = cloud.Fork().value();
  Queue copied = copy.cloud().queue("jobs");
  EXPECT_EQ(copied.Stats()->in_flight, 1u);
  EXPECT_EQ(Bodies(copied.Receive()), Texts{"two"});
  ASSERT_TRUE(copied.Delete(first[0].receipt_handle).ok());
  EXPECT_EQ(copied.Stats()->in_flight, 1u);
  EXPECT_EQ(jobs.Stats()->in_flight, 1u);
  EXPECT_EQ(jobs.Stats()->visible, 1u);
}

}  // namespace
}  // namespace cloudlet::testing
