// Numbers are issued once, over reopens and crashes, and events are published in their order.
#include "objstore/sequencer.h"

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "objstore/keys.h"
#include "objstore/records.pb.h"
#include "objstore/store_testing.h"

namespace cloudlet::objstore {
namespace {

EventPtr EventOf(uint64_t number) {
  auto record = std::make_shared<EventRecord>();
  record->event.sequence = number;
  return record;
}

class RecordingSink : public EventSink {
 public:
  void Published(absl::Span<const EventPtr> events) override {
    for (const EventPtr& event : events) numbers.push_back(event->event.sequence);
  }
  void Wake() override { ++wakes; }
  void Committed(absl::Span<const EventPtr>) override {}
  std::vector<uint64_t> numbers;
  int wakes = 0;
};

TEST(Sequencer, WakesItsSinkAfterPublishingAndOnlyThen) {
  KeptEngine engine;
  Sequencer sequencer(engine.content.get());
  ASSERT_TRUE(sequencer.Load().ok());
  RecordingSink sink;
  sequencer.SetSink(&sink);
  const uint64_t first = sequencer.Begin(1).value();
  const uint64_t second = sequencer.Begin(1).value();
  sequencer.End(second, {EventOf(second)});
  EXPECT_EQ(sink.wakes, 0);  // behind one that is still in flight
  sequencer.End(first, {});
  EXPECT_EQ(sink.numbers, std::vector<uint64_t>{second});
  EXPECT_EQ(sink.wakes, 1);
}

TEST(Sequencer, ACopyGoesOnWithTheNumbersOfTheOriginal_AndItsLease) {
  KeptEngine engine;
  Sequencer original(engine.content.get());
  ASSERT_TRUE(original.Load().ok());
  ASSERT_TRUE(original.Begin(kLeaseNumbers - 1).ok());
  original.End(1, {});
  ASSERT_EQ(original.NextPayloadId().value(), 1u);
  Sequencer copy(engine.content.get());
  ASSERT_TRUE(copy.Load().ok());
  copy.ContinueAt(original.position());
  EXPECT_EQ(copy.PublishedUpTo(), kLeaseNumbers - 1);
  EXPECT_EQ(copy.NextPayloadId().value(), 2u);
  EXPECT_EQ(copy.Begin(1).value(), kLeaseNumbers);
  EXPECT_EQ(copy.Begin(1).value(), kLeaseNumbers + 1);  // from a lease of its own
}

TEST(Sequencer, NumbersBeginAtOneAndAreConsecutive) {
  KeptEngine engine;
  Sequencer sequencer(engine.content.get());
  ASSERT_TRUE(sequencer.Load().ok());
  EXPECT_EQ(sequencer.PublishedUpTo(), 0u);
  EXPECT_EQ(sequencer.Begin(1).value(), 1u);
  EXPECT_EQ(sequencer.Begin(3).value(), 2u);
  EXPECT_EQ(sequencer.NextBucketId().value(), 5u);
  EXPECT_EQ(sequencer.Begin(1).value(), 6u);
  EXPECT_EQ(sequencer.NextPayloadId().value(), 1u);
  EXPECT_EQ(sequencer.NextPayloadId().value(), 2u);
}

TEST(Sequencer, Lease_IsWrittenWithSyncBeforeTheFirstNumber_AndOncePerLease) {
  KeptEngine engine;
  const auto kv = engine.Open();
  Sequencer sequencer(kv.get());
  ASSERT_TRUE(sequencer.Load().ok());
  EXPECT_EQ(engine.controls->synced_writes, 0);
  ASSERT_TRUE(sequencer.Begin(1).ok());
  EXPECT_EQ(engine.controls->synced_writes, 1);
  for (uint64_t i = 1; i < kLeaseNumbers; ++i) {
    const uint64_t first = sequencer.NextBucketId().value();
    ASSERT_EQ(first, i + 1);
  }
  EXPECT_EQ(engine.controls->synced_writes, 1);
  ASSERT_EQ(sequencer.NextBucketId().value(), kLeaseNumbers + 1);
  EXPECT_EQ(engine.controls->synced_writes, 2);
  EXPECT_EQ(engine.controls->writes, 2);
}

TEST(Sequencer, Reopen_NeverIssuesANumberAgain) {
  KeptEngine engine;
  std::set<uint64_t> commits;
  std::set<uint64_t> payloads;
  for (int open = 0; open < 5;
       ++open) {  // each ends as a crash would: nothing is written at the end
    Sequencer sequencer(engine.content.get());
    ASSERT_TRUE(sequencer.Load().ok());
    for (int i = 0; i < 100; ++i) {
      EXPECT_TRUE(commits.insert(sequencer.Begin(1).value()).second);
      EXPECT_TRUE(commits.insert(sequencer.NextBucketId().value()).second);
      EXPECT_TRUE(payloads.insert(sequencer.NextPayloadId().value()).second);
    }
  }
}

TEST(Sequencer, Reopen_BeforeTheFirstLease_BeginsAtOne) {
  KeptEngine engine;
  Sequencer sequencer(engine.content.get());
  ASSERT_TRUE(sequencer.Load().ok());
  EXPECT_EQ(sequencer.Begin(1).value(), 1u);
}

TEST(Sequencer, Batch_ThatDoesNotFitTheLease_GetsConsecutiveNumbersOfANewOne) {
  KeptEngine engine;
  Sequencer sequencer(engine.content.get());
  ASSERT_TRUE(sequencer.Load().ok());
  ASSERT_EQ(sequencer.Begin(kLeaseNumbers - 1).value(), 1u);
  const uint64_t first = sequencer.Begin(1000).value();
  EXPECT_EQ(first, kLeaseNumbers);
  Sequencer reopened(engine.content.get());
  ASSERT_TRUE(reopened.Load().ok());
  EXPECT_GE(reopened.Begin(1).value(), first + 1000);
}

TEST(Sequencer, LeaseThatCannotBeWritten_IssuesNothing) {
  KeptEngine engine;
  const auto kv = engine.Open();
  Sequencer sequencer(kv.get());
  ASSERT_TRUE(sequencer.Load().ok());
  engine.controls->fail_writes = absl::UnavailableError("told to fail");
  EXPECT_EQ(CodeOf(sequencer.Begin(1)), "UNAVAILABLE");
  EXPECT_EQ(CodeOf(sequencer.NextPayloadId()), "UNAVAILABLE");
  EXPECT_EQ(CodeOf(sequencer.NextBucketId()), "UNAVAILABLE");
  EXPECT_EQ(sequencer.PublishedUpTo(), 0u);
  engine.controls->fail_writes = absl::OkStatus();
  EXPECT_EQ(sequencer.Begin(1).value(), 1u);
}

TEST(Sequencer, DamagedLease_IsDataLoss_AlsoAnEmptyOne) {
  for (const std::string& row : {std::string("\xFF\xFF\xFF"), std::string()}) {
    KeptEngine engine;
    const auto batch = engine.content->NewBatch();
    batch->Put(kSystem, kLeaseKey, row);
    ASSERT_TRUE(engine.content->Write(*batch, kv::Durability::kSync).ok());
    Sequencer sequencer(engine.content.get());
    EXPECT_EQ(CodeOf(sequencer.Load()), "DATA_LOSS");
  }
}

TEST(Sequencer, Events_ArePublishedInOrder_WhateverTheOrderOfTheEnds) {
  KeptEngine engine;
  Sequencer sequencer(engine.content.get());
  RecordingSink sink;
  sequencer.SetSink(&sink);
  const uint64_t a = sequencer.Begin(2).value();
  const uint64_t b = sequencer.Begin(1).value();
  const uint64_t c = sequencer.Begin(1).value();
  EXPECT_EQ(sequencer.PublishedUpTo(), a - 1);
  sequencer.End(c, {EventOf(c)});
  EXPECT_TRUE(sink.numbers.empty());
  EXPECT_EQ(sequencer.PublishedUpTo(), a - 1);
  sequencer.End(a, {EventOf(a), EventOf(a + 1)});
  EXPECT_EQ(sink.numbers, (std::vector<uint64_t>{a, a + 1}));
  EXPECT_EQ(sequencer.PublishedUpTo(), b - 1);
  sequencer.End(b, {EventOf(b)});
  EXPECT_EQ(sink.numbers, (std::vector<uint64_t>{a, a + 1, b, c}));
  EXPECT_EQ(sequencer.PublishedUpTo(), c);
}

TEST(Sequencer, CommitThatFails_DoesNotHoldUpLaterOnes) {
  KeptEngine engine;
  Sequencer sequencer(engine.content.get());
  RecordingSink sink;
  sequencer.SetSink(&sink);
  const uint64_t failing = sequencer.Begin(1).value();
  const uint64_t later = sequencer.Begin(1).value();
  sequencer.End(later, {EventOf(later)});
  EXPECT_TRUE(sink.numbers.empty());
  sequencer.End(failing, {});
  EXPECT_EQ(sink.numbers, (std::vector<uint64_t>{later}));
  EXPECT_EQ(sequencer.PublishedUpTo(), later);
}

TEST(Sequencer, WithoutASink_NumbersStillCountAsPublished) {
  KeptEngine engine;
  Sequencer sequencer(engine.content.get());
  const uint64_t number = sequencer.Begin(1).value();
  sequencer.End(number, {EventOf(number)});
  EXPECT_EQ(sequencer.PublishedUpTo(), number);
}

}  // namespace
}  // namespace cloudlet::objstore
