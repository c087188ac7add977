// The ledger on the store's own engine: the log, settling, deliveries, functions and rules.
#include "objstore/local_ledger.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "gtest/gtest.h"
#include "objstore/keys.h"
#include "objstore/store_testing.h"

namespace cloudlet::objstore {
namespace {

class RecordingSink : public EventSink {
 public:
  void Published(absl::Span<const EventPtr> events) override {
    for (const EventPtr& event : events) published.push_back(event->event.sequence);
  }
  void Wake() override {}
  void Committed(absl::Span<const EventPtr> events) override {
    for (const EventPtr& event : events) committed.push_back(event->event.sequence);
  }
  std::vector<uint64_t> published;
  std::vector<uint64_t> committed;
};

class LocalLedgerTest : public ::testing::Test {
 protected:
  LocalLedgerTest() {
    EXPECT_TRUE(test_.store->CreateBucket("audit", {.retain_events = true}, {}).ok());
  }
  ~LocalLedgerTest() override { ledger_.SetSink(nullptr); }

  // Every put into "bkt" makes a transient event for function "f".
  void PublishRule() {
    Rule rule;
    rule.bucket = "bkt";
    rule.id = "r1";
    rule.function = "f";
    rule.types = {EventType::kObjectCreated};
    const auto stored = ledger_.StoreRule(rule);
    ASSERT_TRUE(stored.ok()) << stored.status();
    ledger_.PublishRules(std::make_shared<const RuleTable>(std::vector<Rule>{*stored}));
  }
  uint64_t PutInto(std::string_view bucket, std::string_view key = "k") {
    const auto put = Put(*test_.store, bucket, key, "v");
    EXPECT_TRUE(put.ok()) << put.status();
    return put->sequence;
  }
  std::vector<uint64_t> Numbers(uint64_t after = 0, size_t limit = 100) {
    std::vector<uint64_t> numbers;
    const auto events = ledger_.ReadEvents(after, limit);
    EXPECT_TRUE(events.ok()) << events.status();
    for (const EventPtr& event : *events) numbers.push_back(event->event.sequence);
    return numbers;
  }
  DeliveryRow RowFor(uint64_t number, std::string function) {
    DeliveryRow row;
    row.event = ledger_.ReadEvents(number - 1, 1).value().at(0);
    row.target = {std::move(function), "r1"};
    row.ready_at = test_.clock->Now();
    row.enqueued_at = test_.clock->Now();
    return row;
  }

  TestStore test_;
  LocalLedger ledger_{test_.store.get()};
};

using Numbers64 = std::vector<uint64_t>;

TEST_F(LocalLedgerTest, StoreId_IsKeptOverAReopen) {
  const uint64_t id = ledger_.store_id();
  EXPECT_NE(id, 0u);
  ASSERT_TRUE(test_.store->Reopen().ok());
  EXPECT_EQ(ledger_.store_id(), id);
}

TEST_F(LocalLedgerTest, Enqueue_IsAnEventOfNoBucketForOneFunction) {
  RecordingSink sink;
  ledger_.SetSink(&sink);
  std::vector<Mutation> mutations;
  mutations.emplace_back(EnqueueMutation{"f", "one"});
  mutations.emplace_back(EnqueueMutation{"g", std::string_view("\0", 1)});
  MutateRequest request;
  request.mutations = absl::MakeSpan(mutations);
  request.caller.causation = {3, 2, 4};
  const auto verdicts = test_.store->Mutate(request);
  ASSERT_EQ(verdicts.size(), 2u);
  Numbers64 numbers;
  for (const auto& verdict : verdicts) {
    ASSERT_TRUE(verdict.ok()) << verdict.status();
    numbers.push_back(std::get<EnqueueResult>(*verdict).sequence);
  }
  EXPECT_EQ(sink.published, numbers);
  EXPECT_EQ(sink.committed, numbers);
  ASSERT_EQ(Numbers(), numbers);
  const EventPtr event = ledger_.ReadEvents(numbers[0], 1).value().at(0);
  EXPECT_EQ(event->event.type, EventType::kInvocation);
  EXPECT_EQ(event->event.bucket, "");
  EXPECT_EQ(event->event.causation.root, 3u);
  EXPECT_EQ(event->event.causation.hops, 4);
  EXPECT_EQ(event->payload, std::string(1, '\0'));
  EXPECT_EQ(event->targets, (std::vector<EventTarget>{{"g", ""}}));
  EXPECT_FALSE(event->retained);
}

TEST_F(LocalLedgerTest, Enqueue_StandsAndFallsWithItsBatch) {
  const PutOptions options;
  PutMutation put;
  put.bucket = "no-such-bucket";
  put.key = "k";
  put.options = &options;
  std::vector<Mutation> mutations;
  mutations.emplace_back(EnqueueMutation{"f", "payload"});
  mutations.emplace_back(std::move(put));
  MutateRequest request;
  request.mutations = absl::MakeSpan(mutations);
  request.together = Together::kAllOrNothing;
  const auto verdicts = test_.store->Mutate(request);
  EXPECT_TRUE(absl::IsAborted(verdicts[0].status())) << verdicts[0].status();
  EXPECT_EQ(ErrorCodeOf(verdicts[1].status()), ErrorCode::kNoSuchBucket);
  EXPECT_EQ(Numbers(), Numbers64{});
}

TEST_F(LocalLedgerTest, Enqueue_OfACallThatHasBeenRevokedIsRefused) {
  const std::atomic<bool> revoked = true;
  Mutation mutation = EnqueueMutation{"f", "payload"};
  MutateRequest request;
  request.mutations = absl::MakeSpan(&mutation, 1);
  request.revoked = &revoked;
  EXPECT_TRUE(absl::IsFailedPrecondition(test_.store->Mutate(request)[0].status()));
  EXPECT_EQ(Numbers(), Numbers64{});
}

TEST_F(LocalLedgerTest, ReadEvents_MergesBothLogsInOrder_AndPages) {
  PublishRule();
  Numbers64 all;
  for (int i = 0; i < 6; ++i) all.push_back(PutInto(i % 3 == 0 ? "audit" : "bkt"));
  EXPECT_EQ(Numbers(), all);
  EXPECT_EQ(Numbers(all[1]), (Numbers64{all[2], all[3], all[4], all[5]}));
  EXPECT_EQ(Numbers(all[5]), Numbers64{});
  EXPECT_EQ(Numbers(0, 0), Numbers64{});
  Numbers64 paged;
  uint64_t after = 0;
  for (Numbers64 page = Numbers(after, 2); !page.empty(); page = Numbers(after, 2)) {
    EXPECT_LE(page.size(), 2u);
    paged.insert(paged.end(), page.begin(), page.end());
    after = page.back();
  }
  EXPECT_EQ(paged, all);
}

TEST_F(LocalLedgerTest, ReadEvents_StopsBelowTheLowestNumberInFlight) {
  const uint64_t before = PutInto("audit", "a");
  State& state = test_.state();
  const uint64_t flying = state.sequencer.Begin(1).value();
  const uint64_t after = PutInto("audit", "b");
  EXPECT_LT(flying, after);
  EXPECT_EQ(ledger_.PublishedUpTo(), flying - 1);
  EXPECT_EQ(Numbers(), Numbers64{before});
  state.sequencer.End(flying, {});
  EXPECT_EQ(Numbers(), (Numbers64{before, after}));
}

TEST_F(LocalLedgerTest, Sink_IsToldOfEveryEvent_AlsoAfterAReopen) {
  RecordingSink sink;
  ledger_.SetSink(&sink);
  const uint64_t one = PutInto("audit");
  PutInto("bkt");  // no rule: no event
  ASSERT_TRUE(test_.store->Reopen().ok());
  const uint64_t two = PutInto("audit");
  EXPECT_EQ(sink.published, (Numbers64{one, two}));
  EXPECT_EQ(sink.committed, (Numbers64{one, two}));
}

TEST_F(LocalLedgerTest, Watermark_BeginsAtZeroMovesForwardAndNeverBack) {
  EXPECT_EQ(ledger_.Watermark().value(), 0u);
  ASSERT_TRUE(ledger_.Settle({.watermark = 5}).ok());
  EXPECT_EQ(ledger_.Watermark().value(), 5u);
  ASSERT_TRUE(ledger_.Settle({.watermark = 3}).ok());
  EXPECT_EQ(ledger_.Watermark().value(), 5u);
  ASSERT_TRUE(test_.store->Reopen().ok());
  EXPECT_EQ(ledger_.Watermark().value(), 5u);
}

TEST_F(LocalLedgerTest, Watermark_DropsTheTransientEventsUpToIt_AndKeepsRetainedOnes) {
  PublishRule();
  const uint64_t t1 = PutInto("bkt", "a");
  const uint64_t r1 = PutInto("audit", "a");
  const uint64_t t2 = PutInto("bkt", "b");
  const uint64_t r2 = PutInto("audit", "b");
  const uint64_t t3 = PutInto("bkt", "c");
  ASSERT_TRUE(ledger_.Settle({.watermark = t2}).ok());
  EXPECT_EQ(Numbers(), (Numbers64{r1, r2, t3}));
  EXPECT_LT(t1, r1);
  const auto rows = test_.Rows(kEvents);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[2].first, EventKey(kTransientTag, t3));
}

TEST_F(LocalLedgerTest, DamagedWatermark_IsDataLoss) {
  test_.PutRow(kSystem, kWatermarkKey, "short");
  EXPECT_EQ(CodeOf(ledger_.Watermark()), "DATA_LOSS");
  EXPECT_EQ(CodeOf(ledger_.Settle({.watermark = 5})), "DATA_LOSS");
}

TEST_F(LocalLedgerTest, EventUnderAnotherKey_IsDataLoss) {
  const uint64_t number = PutInto("audit");
  const std::string row = test_.Rows(kEvents).at(0).second;
  PutInto("bkt");
  test_.PutRow(kEvents, EventKey(kRetainedTag, number + 1), row);
  EXPECT_EQ(CodeOf(ledger_.ReadEvents(0, 10)), "DATA_LOSS");
}

TEST_F(LocalLedgerTest, Settle_WritesReplacesAndErasesDeliveries) {
  const uint64_t number = PutInto("audit");
  DeliveryRow row = RowFor(number, "f");
  ASSERT_TRUE(ledger_.Settle({.write = {row}}).ok());
  auto found = ledger_.FindDelivery(number, "f");
  ASSERT_TRUE(found.ok() && found->has_value()) << found.status();
  EXPECT_EQ((*found)->attempts, 0);
  EXPECT_EQ((*found)->target, row.target);
  EXPECT_EQ((*found)->event->event.key, "k");
  row.attempts = 2;
  row.last_error = "broken";
  ASSERT_TRUE(ledger_.Settle({.write = {row}}).ok());
  found = ledger_.FindDelivery(number, "f");
  EXPECT_EQ((*found)->attempts, 2);
  EXPECT_EQ((*found)->last_error, "broken");
  EXPECT_FALSE(ledger_.FindDelivery(number, "g").value().has_value());
  EXPECT_FALSE(ledger_.FindDelivery(number + 1, "f").value().has_value());
  ASSERT_TRUE(ledger_.Settle({.erase = {{number, "f"}, {number, "absent"}}}).ok());
  EXPECT_FALSE(ledger_.FindDelivery(number, "f").value().has_value());
}

TEST_F(LocalLedgerTest, ReadDeliveries_PagesInOrderOfNumberAndFunction) {
  Settlement settlement;
  std::vector<std::pair<uint64_t, std::string>> expected;
  for (int i = 0; i < 3; ++i) {
    const uint64_t number = PutInto("audit");
    for (const char* function : {"a", "ab", "b"}) {
      settlement.write.insert(settlement.write.begin(), RowFor(number, function));
      expected.emplace_back(number, function);
    }
  }
  ASSERT_TRUE(ledger_.Settle(settlement).ok());
  for (const size_t limit : {1, 2, 4, 100}) {
    std::vector<std::pair<uint64_t, std::string>> seen;
    std::optional<DeliveryKey> after;
    while (true) {
      const auto page = ledger_.ReadDeliveries(after, limit);
      ASSERT_TRUE(page.ok()) << page.status();
      EXPECT_LE(page->size(), limit);
      if (page->empty()) break;
      for (const DeliveryRow& row : *page) {
        seen.emplace_back(row.event->event.sequence, row.target.function);
      }
      after = DeliveryKey{seen.back().first, seen.back().second};
    }
    EXPECT_EQ(seen, expected) << limit;
  }
}

TEST_F(LocalLedgerTest, Settle_IsOneBatch) {
  const uint64_t number = PutInto("audit");
  const int writes = test_.engine.controls->writes;
  ASSERT_TRUE(ledger_
                  .Settle({.write = {RowFor(number, "f"), RowFor(number, "g")},
                           .erase = {{number, "h"}},
                           .watermark = number})
                  .ok());
  EXPECT_EQ(test_.engine.controls->writes, writes + 1);
  ASSERT_TRUE(ledger_.Settle({}).ok());
  EXPECT_EQ(test_.engine.controls->writes, writes + 1);  // nothing to write
}

TEST_F(LocalLedgerTest, MutateAndSettle_IsOneBatch_AndLeavesTheWatermark) {
  const uint64_t number = PutInto("audit");
  const int writes = test_.engine.controls->writes;
  const PutOptions options;
  Mutation mutation(PutMutation{"bkt", "letter", absl::Cord("body"), &options});
  const auto verdicts = ledger_.MutateAndSettle({absl::MakeSpan(&mutation, 1)},
                                                {.write = {RowFor(number, "f")}, .watermark = 99});
  ASSERT_TRUE(verdicts.at(0).ok()) << verdicts[0].status();
  EXPECT_EQ(test_.engine.controls->writes, writes + 1);
  EXPECT_EQ(BodyOf(*test_.store, "bkt", "letter"), "body");
  EXPECT_TRUE(ledger_.FindDelivery(number, "f").value().has_value());
  EXPECT_EQ(ledger_.Watermark().value(), 0u);
}

TEST_F(LocalLedgerTest, MutateAndSettle_WithAFailedMutation) {
  const uint64_t number = PutInto("audit");
  const PutOptions options;
  const auto run = [&](Together together, std::string function) {
    Mutation mutation(PutMutation{"absent", "letter", absl::Cord("body"), &options});
    const auto verdicts =
        ledger_.MutateAndSettle({absl::MakeSpan(&mutation, 1), {}, Durability::kBuffered, together},
                                {.write = {RowFor(number, std::move(function))}});
    return CodeOf(verdicts.at(0));
  };
  EXPECT_EQ(run(Together::kAllOrNothing, "f"), "NoSuchBucket");
  EXPECT_FALSE(ledger_.FindDelivery(number, "f").value().has_value());
  EXPECT_EQ(run(Together::kEachAlone, "g"), "NoSuchBucket");
  EXPECT_TRUE(ledger_.FindDelivery(number, "g").value().has_value());
}

TEST_F(LocalLedgerTest, WriteThatFails_SettlesNothing) {
  const uint64_t number = PutInto("audit");
  const DeliveryRow row = RowFor(number, "f");
  test_.engine.controls->fail_writes = absl::UnavailableError("told to fail");
  EXPECT_EQ(CodeOf(ledger_.Settle({.write = {row}, .watermark = number})), "ServiceUnavailable");
  test_.engine.controls->fail_writes = absl::OkStatus();
  EXPECT_FALSE(ledger_.FindDelivery(number, "f").value().has_value());
  EXPECT_EQ(ledger_.Watermark().value(), 0u);
}

TEST_F(LocalLedgerTest, Functions_AreStoredReplacedAndLoadedInOrder) {
  FunctionConfig config;
  config.name = "zip";
  ASSERT_TRUE(ledger_.StoreFunction(config).ok());
  config.name = "index";
  ASSERT_TRUE(ledger_.StoreFunction(config).ok());
  config.timeout = absl::Seconds(9);
  ASSERT_TRUE(ledger_.StoreFunction(config).ok());
  const auto loaded = ledger_.LoadFunctions();
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  ASSERT_EQ(loaded->size(), 2u);
  EXPECT_EQ((*loaded)[0].name, "index");
  EXPECT_EQ((*loaded)[0].timeout, absl::Seconds(9));
  EXPECT_EQ((*loaded)[1].name, "zip");
}

TEST_F(LocalLedgerTest, Rules_AreStoredReplacedAndErased) {
  Rule rule;
  rule.bucket = "bkt";
  rule.function = "f";
  for (const char* id : {"b", "a"}) {
    rule.id = id;
    const auto stored = ledger_.StoreRule(rule);
    ASSERT_TRUE(stored.ok()) << stored.status();
    EXPECT_EQ(stored->bucket_id, test_.state().buckets.Find("bkt").value()->id);
  }
  rule.function = "g";
  ASSERT_TRUE(ledger_.StoreRule(rule).ok());
  auto loaded = ledger_.LoadRules().value();
  ASSERT_EQ(loaded.size(), 2u);
  EXPECT_EQ(loaded[0].id, "a");
  EXPECT_EQ(loaded[0].function, "g");
  EXPECT_EQ(loaded[0].bucket, "bkt");
  EXPECT_EQ(loaded[1].id, "b");
  ASSERT_TRUE(ledger_.EraseRule("bkt", "a").ok());
  EXPECT_EQ(ledger_.LoadRules().value().size(), 1u);
  EXPECT_EQ(CodeOf(ledger_.EraseRule("bkt", "a")), "InvalidArgument");
  EXPECT_EQ(CodeOf(ledger_.EraseRule("absent", "a")), "NoSuchBucket");
  rule.bucket = "absent";
  EXPECT_EQ(CodeOf(ledger_.StoreRule(rule)), "NoSuchBucket");
}

TEST_F(LocalLedgerTest, Rules_GoWithTheirBucket_AndDoNotComeBackWithItsName) {
  Rule rule;
  rule.bucket = "bkt";
  rule.id = "a";
  ASSERT_TRUE(ledger_.StoreRule(rule).ok());
  ASSERT_TRUE(test_.store->DeleteBucket("bkt", {}).ok());
  ASSERT_TRUE(test_.store->CreateBucket("bkt", {}, {}).ok());
  EXPECT_TRUE(ledger_.LoadRules().value().empty());
}

TEST_F(LocalLedgerTest, AfterClose_AnswersFailedPrecondition) {
  ASSERT_TRUE(test_.store->Close().ok());
  EXPECT_EQ(ledger_.store_id(), 0u);
  EXPECT_EQ(ledger_.PublishedUpTo(), 0u);
  EXPECT_EQ(CodeOf(ledger_.ReadEvents(0, 1)), "FAILED_PRECONDITION");
  EXPECT_EQ(CodeOf(ledger_.Watermark()), "FAILED_PRECONDITION");
  EXPECT_EQ(CodeOf(ledger_.Settle({.watermark = 1})), "FAILED_PRECONDITION");
  EXPECT_EQ(CodeOf(ledger_.FindDelivery(1, "f")), "FAILED_PRECONDITION");
  EXPECT_EQ(CodeOf(ledger_.ReadDeliveries({}, 1)), "FAILED_PRECONDITION");
  EXPECT_EQ(CodeOf(ledger_.StoreFunction({})), "FAILED_PRECONDITION");
  EXPECT_EQ(CodeOf(ledger_.LoadFunctions()), "FAILED_PRECONDITION");
  EXPECT_EQ(CodeOf(ledger_.StoreRule({})), "FAILED_PRECONDITION");
  EXPECT_EQ(CodeOf(ledger_.LoadRules()), "FAILED_PRECONDITION");
}

}  // namespace
}  // namespace cloudlet::objstore
