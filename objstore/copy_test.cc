// Copies in the store's rows: one payload with several owners, freed with the last of them and not
// before, whatever fails or runs beside; one event and one change each.
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/random.h"
#include "gtest/gtest.h"
#include "objstore/keys.h"
#include "objstore/local_ledger.h"
#include "objstore/store_testing.h"
#include "objstore/stripes.h"
#include "objstore/verify.h"

namespace cloudlet::objstore {
namespace {

class CopyTest : public ::testing::Test {
 protected:
  void TearDown() override { ExpectSound(); }
  void ExpectSound() {
    const VerifyReport report = Verify(test_.state()).value();
    for (const std::string& problem : report.problems) ADD_FAILURE() << problem;
  }
  std::string CopyCode(const CopySource& source, std::string_view key,
                       const CopyOptions& options = {}) {
    return CodeOf(Copy(*test_.store, source, "bkt", key, options));
  }
  std::string PutCode(std::string_view key, std::string_view body) {
    return CodeOf(Put(*test_.store, "bkt", key, body));
  }
  std::string DeleteCode(std::string_view key) { return CodeOf(Delete(*test_.store, "bkt", key)); }
  std::string Body(std::string_view key) { return BodyOf(*test_.store, "bkt", key); }
  size_t References() {
    size_t count = 0;
    for (const auto& [key, value] : test_.Rows(kOwners)) count += key[0] == kReferenceTag ? 1 : 0;
    return count;
  }
  void SweepAll() {
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(test_.state().garbage->Sweep(10'000).ok());
    EXPECT_EQ(test_.state().garbage->pending(), 0u);
  }
  // "type key", in the order of their numbers.
  std::vector<std::string> Events() {
    LocalLedger ledger(test_.store.get());
    std::vector<std::string> events;
    const std::vector<EventPtr> found = ledger.ReadEvents(0, 1000).value();
    for (const EventPtr& record : found) {
      const Event& event = record->event;
      events.push_back(absl::StrCat(std::string(EventTypeName(event.type)), " ", event.key, " ",
                                    event.size, " ", event.etag.substr(0, 4)));
    }
    return events;
  }

  TestStore test_{BucketOptions{.retain_events = true}};
};

using Lines = std::vector<std::string>;

TEST_F(CopyTest, SharesThePayload_WhichIsFreedWithItsLastOwner) {
  ASSERT_EQ(PutCode("k", Bytes(3 << 20)), "OK");
  const size_t chunks = test_.Rows(kPayload).size();
  for (const std::string_view copy : {"a", "b", "c"}) ASSERT_EQ(CopyCode({.key = "k"}, copy), "OK");
  EXPECT_EQ(test_.Rows(kPayload).size(), chunks);
  EXPECT_EQ(References(), 4u);
  for (const std::string_view gone : {"k", "b", "a"}) {
    ASSERT_EQ(DeleteCode(gone), "OK");
    SweepAll();
    EXPECT_EQ(test_.Rows(kPayload).size(), chunks);
    ExpectSound();
  }
  EXPECT_TRUE(Body("c") == Bytes(3 << 20));
  ASSERT_EQ(DeleteCode("c"), "OK");
  SweepAll();
  EXPECT_EQ(test_.Rows(kPayload).size(), 0u);
  EXPECT_EQ(test_.Rows(kOwners).size(), 0u);
}

TEST_F(CopyTest, SmallBodies_AreCopiedWithTheRow) {
  ASSERT_EQ(PutCode("k", Bytes(1024)), "OK");
  ASSERT_EQ(CopyCode({.key = "k"}, "copy"), "OK");
  EXPECT_EQ(test_.Rows(kPayload).size() + test_.Rows(kOwners).size(), 0u);
}

TEST_F(CopyTest, OntoItself_KeepsThePayload) {
  ASSERT_EQ(PutCode("k", Bytes(5000)), "OK");
  ASSERT_EQ(CopyCode({.key = "k"}, "k", {.metadata_directive = MetadataDirective::kReplace}), "OK");
  SweepAll();
  EXPECT_EQ(References(), 1u);
  EXPECT_TRUE(Body("k") == Bytes(5000));
}

TEST_F(CopyTest, OfABodyThatWasStaged_AndOfOneInTheSameBatch) {
  auto staged = StageBody(*test_.store, "bkt", Bytes(17 << 20), 1 << 20);
  ASSERT_TRUE(staged.ok());
  ASSERT_TRUE(PutStaged(*test_.store, "bkt", "k", *std::move(staged)).ok());
  ASSERT_EQ(CopyCode({.key = "k"}, "copy"), "OK");
  ASSERT_EQ(DeleteCode("k"), "OK");
  SweepAll();
  EXPECT_TRUE(Body("copy") == Bytes(17 << 20));
}

TEST_F(CopyTest, EachHasOneEvent_AndRefusedOnesHaveNone) {
  ASSERT_EQ(PutCode("k", "body"), "OK");
  ASSERT_EQ(CopyCode({.key = "k"}, "copy"), "OK");
  ASSERT_EQ(CopyCode({.key = "k"}, "k"), "InvalidRequest");
  ASSERT_EQ(CopyCode({.key = "k", .if_match = "x"}, "copy"), "PreconditionFailed");
  ASSERT_EQ(CopyCode({.key = "k"}, "copy", {.if_none_match = "*"}), "PreconditionFailed");
  ASSERT_EQ(CopyCode({.key = "absent"}, "copy"), "NoSuchKey");
  ASSERT_EQ(CodeOf(Rename(*test_.store, "bkt", "absent", "new")), "NoSuchKey");
  ASSERT_EQ(CodeOf(Rename(*test_.store, "bkt", "k", "copy", {.if_none_match = "*"})),
            "PreconditionFailed");
  ASSERT_EQ(CodeOf(Rename(*test_.store, "bkt", "k", "new")), "OK");
  EXPECT_EQ(Events(), (Lines{"ObjectCreated:Put k 4 841a", "ObjectCreated:Copy copy 4 841a",
                             "ObjectRemoved:Delete k 0 ", "ObjectCreated:Copy new 4 841a"}));
}

TEST_F(CopyTest, EventCarriesWhatTheCallerGot) {
  ASSERT_TRUE(test_.store->SetVersioning({"bkt"}, Versioning::kEnabled).ok());
  ASSERT_EQ(PutCode("k", "body"), "OK");
  const auto copy = Copy(*test_.store, {.key = "k"}, "bkt", "copy");
  ASSERT_TRUE(copy.ok());
  LocalLedger ledger(test_.store.get());
  const std::vector<EventPtr> events = ledger.ReadEvents(0, 10).value();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[1]->event.sequence, copy->sequence);
  EXPECT_EQ(events[1]->event.version_id, copy->version_id);
  EXPECT_EQ(events[1]->event.request_id, copy->request_id);
  EXPECT_EQ(events[1]->event.time, copy->last_modified);
}

TEST_F(CopyTest, ObserversAreTold_OfBothKeysOfARename) {
  Lines told;
  const ObserverToken token = test_.store->Observe("bkt", [&](const Change& change) {
    told.push_back(
        absl::StrCat(change.kind == ChangeKind::kWritten ? "+" : "-", std::string(change.key)));
  });
  ASSERT_EQ(PutCode("k", "body"), "OK");
  ASSERT_EQ(CopyCode({.key = "k"}, "copy"), "OK");
  const auto renamed = Rename(*test_.store, "bkt", "copy", "new");
  ASSERT_TRUE(renamed.ok());
  EXPECT_EQ(told, (Lines{"+k", "+copy", "-copy", "+new"}));
}

TEST_F(CopyTest, Stats_CountCopies_NotTheirBytes) {
  ASSERT_EQ(PutCode("k", Bytes(5000)), "OK");
  ASSERT_EQ(CopyCode({.key = "k"}, "copy"), "OK");
  ASSERT_EQ(CopyCode({.key = "absent"}, "copy"), "NoSuchKey");
  ASSERT_TRUE(Rename(*test_.store, "bkt", "copy", "new").ok());
  const CloudStats stats = test_.store->stats();
  EXPECT_EQ(stats.copies, 2u);
  EXPECT_EQ(stats.puts, 1u);
  EXPECT_EQ(stats.deletes, 0u);
  EXPECT_EQ(stats.bytes_written, 5000u);
}

// --- Failure ---

// The engine fails at the k-th write, and what it holds then is opened again: each time the copy is
// there whole or not at all, and neither side has lost anything.
TEST_F(CopyTest, WriteThatFails_LeavesBothSidesWhole_AfterAReopenToo) {
  const std::string body = Bytes(70'000);
  ASSERT_EQ(PutCode("k", body), "OK");
  const auto reopen = [&] {
    test_.engine.controls->fail_writes = absl::OkStatus();
    ASSERT_TRUE(test_.store->Reopen().ok());
    SweepAll();
    ExpectSound();
  };
  const auto failing = [&](const auto& call) {
    test_.engine.controls->fail_writes = absl::UnavailableError("told to fail");
    EXPECT_EQ(call(), "ServiceUnavailable");
    reopen();
  };
  failing([&] { return CopyCode({.key = "k"}, "copy"); });
  EXPECT_EQ(Body("copy"), "NoSuchKey");
  EXPECT_TRUE(Body("k") == body);

  ASSERT_EQ(CopyCode({.key = "k"}, "copy"), "OK");
  reopen();
  failing([&] { return DeleteCode("k"); });
  failing([&] { return PutCode("copy", Bytes(70'000, 2)); });
  failing([&] { return CopyCode({.key = "copy"}, "third"); });
  failing([&] { return CodeOf(Rename(*test_.store, "bkt", "copy", "third")); });
  EXPECT_TRUE(Body("k") == body);
  EXPECT_TRUE(Body("copy") == body);

  ASSERT_EQ(DeleteCode("k"), "OK");
  reopen();
  ASSERT_TRUE(Rename(*test_.store, "bkt", "copy", "third").ok());
  reopen();
  EXPECT_TRUE(Body("third") == body);
  ASSERT_EQ(DeleteCode("third"), "OK");
  reopen();
  EXPECT_EQ(test_.Rows(kPayload).size() + test_.Rows(kOwners).size(), 0u);
}

// --- Threads ---

bool IsFree(base::Mutex& mutex) {
  if (!mutex.TryLock()) return false;
  mutex.Unlock();
  return true;
}

// What the sweeper's safety rests on: see shared_body.h.
TEST_F(CopyTest, HoldsTheStripesOfBothKeys_UntilItsBatchIsWritten) {
  ASSERT_EQ(PutCode("k", Bytes(5000)), "OK");
  const uint64_t bucket = test_.state().buckets.Find("bkt").value()->id;
  const auto is_held = [&](std::string_view key) {
    bool held = false;
    std::thread([&] {
      held = !IsFree(test_.state().stripes.at(KeyStripes::IndexOf(bucket, key)));
    }).join();
    return held;
  };
  int writes = 0;
  test_.engine.controls->before_write = [&] {
    ++writes;
    EXPECT_TRUE(is_held("k"));
    EXPECT_TRUE(is_held("copy"));
  };
  EXPECT_EQ(CopyCode({.key = "k"}, "copy"), "OK");
  EXPECT_EQ(CodeOf(Rename(*test_.store, "bkt", "copy", "k")), "OK");
  test_.engine.controls->before_write = nullptr;
  EXPECT_EQ(writes, 2);
  EXPECT_FALSE(is_held("k"));
}

// The last owner may go while another thread copies from it, and a third one sweeps.
TEST_F(CopyTest, CopiesOverwritesDeletesAndSweeps_AtOnce_LoseNothingAndLeaveNothing) {
  constexpr uint64_t kKeys = 3;
  const uint64_t sizes[] = {900, 2'000, 70'000, (1 << 20) + 9};
  const auto key = [](uint64_t i) { return absl::StrCat("k", i % kKeys); };
  std::atomic<int> busy{4};
  std::atomic<uint64_t> read{0};
  std::atomic<uint64_t> copied{0};
  const auto write = [&](uint64_t seed) {
    base::Random random(seed);
    for (int i = 0; i < 500; ++i) {
      const uint64_t dice = random.Below(10);
      std::string code;
      if (dice < 3) {
        code = PutCode(key(random.Next()), Bytes(sizes[random.Below(4)], random.Next()));
      } else if (dice < 5) {
        code = DeleteCode(key(random.Next()));
      } else {
        const std::string source = key(random.Next());
        code = CopyCode({.key = source}, key(random.Next()),
                        {.metadata_directive = MetadataDirective::kReplace});
        copied += code == "OK" ? 1 : 0;
      }
      ASSERT_TRUE(code == "OK" || code == "NoSuchKey") << code;
    }
  };
  const auto read_all = [&](uint64_t seed) {
    base::Random random(seed);
    while (busy.load() > 0) {
      const auto got = Get(*test_.store, "bkt", key(random.Next()));
      if (CodeOf(got) == "NoSuchKey") continue;
      ASSERT_TRUE(got.ok()) << got.status();
      ASSERT_EQ(Md5Hex(got->body), got->info.etag);
      ++read;
    }
  };
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      write(t + 1);
      --busy;
    });
  }
  for (uint64_t t = 0; t < 2; ++t) threads.emplace_back([&, t] { read_all(t + 11); });
  threads.emplace_back([&] {
    while (busy.load() > 0) ASSERT_TRUE(test_.state().garbage->Sweep(3).ok());
  });
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(read.load(), 0u);
  EXPECT_GT(copied.load(), 0u);
  ExpectSound();
  for (uint64_t i = 0; i < kKeys; ++i) ASSERT_EQ(DeleteCode(key(i)), "OK");
  SweepAll();
  EXPECT_EQ(test_.Rows(kPayload).size() + test_.Rows(kOwners).size(), 0u);
}

}  // namespace
}  // namespace cloudlet::objstore
