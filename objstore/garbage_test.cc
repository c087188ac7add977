// Payloads are freed when nobody owns or reads them, and not before; epochs tell that nobody reads.
#include "objstore/garbage.h"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/bytes.h"
#include "gtest/gtest.h"
#include "objstore/keys.h"
#include "objstore/payload.h"
#include "objstore/store_testing.h"

namespace cloudlet::objstore {
namespace {

TEST(Epochs, AdvanceWhileNobodyIsInside) {
  Epochs epochs;
  const uint64_t begin = epochs.current();
  epochs.TryAdvance();
  EXPECT_EQ(epochs.current(), begin + 1);
  epochs.TryAdvance();
  EXPECT_EQ(epochs.current(), begin + 2);
}

TEST(Epochs, AReaderHoldsTheEpochAfterNextBack) {
  Epochs epochs;
  const uint64_t begin = epochs.current();
  {
    const Epochs::Guard guard = epochs.Enter();
    for (int i = 0; i < 5; ++i) epochs.TryAdvance();
    EXPECT_EQ(epochs.current(), begin + 1);  // never begin + 2 while it is inside
  }
  epochs.TryAdvance();
  EXPECT_EQ(epochs.current(), begin + 2);
}

TEST(Epochs, AMovedGuard_LeavesOnce) {
  Epochs epochs;
  const uint64_t begin = epochs.current();
  std::optional<Epochs::Guard> outer;
  {
    Epochs::Guard guard = epochs.Enter();
    outer.emplace(std::move(guard));
  }
  for (int i = 0; i < 3; ++i) epochs.TryAdvance();
  EXPECT_EQ(epochs.current(), begin + 1);
  outer.reset();
  for (int i = 0; i < 3; ++i) epochs.TryAdvance();
  EXPECT_EQ(epochs.current(), begin + 4);
}

TEST(Epochs, OverlappingReaders_OnlyTheOldestHoldsBack) {
  Epochs epochs;
  const uint64_t begin = epochs.current();
  std::optional<Epochs::Guard> old(epochs.Enter());
  epochs.TryAdvance();
  const Epochs::Guard young = epochs.Enter();
  epochs.TryAdvance();
  EXPECT_EQ(epochs.current(), begin + 1);
  old.reset();
  epochs.TryAdvance();
  EXPECT_EQ(epochs.current(), begin + 2);  // the young one holds back begin + 3
  epochs.TryAdvance();
  EXPECT_EQ(epochs.current(), begin + 2);
}

// Readers look at a cell that the writer replaces; the old one may go only two epochs later.
TEST(Epochs, WhatWasReleasedIsNotTakenWhileAReaderLooks) {
  Epochs epochs;
  struct Cell {
    std::atomic<bool> freed{false};
  };
  std::vector<Cell> cells(2000);
  std::atomic<size_t> current{0};
  std::atomic<bool> done{false};
  std::atomic<int> seen_freed{0};
  std::vector<std::thread> readers;
  for (int t = 0; t < 3; ++t) {
    readers.emplace_back([&] {
      while (!done.load()) {
        const Epochs::Guard guard = epochs.Enter();
        Cell& cell = cells[current.load()];
        for (int i = 0; i < 20; ++i) {
          if (cell.freed.load()) ++seen_freed;
        }
      }
    });
  }
  std::vector<std::pair<size_t, uint64_t>> released;
  size_t freed = 0;
  for (size_t next = 1; next < cells.size(); ++next) {
    const size_t old = current.exchange(next);
    released.emplace_back(old, epochs.current());
    do {
      epochs.TryAdvance();
      while (freed < released.size() && released[freed].second + 2 <= epochs.current()) {
        cells[released[freed++].first].freed.store(true);
      }
      if (released.size() - freed > 20) std::this_thread::yield();
    } while (released.size() - freed > 20);
  }
  done.store(true);
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(seen_freed.load(), 0);
  EXPECT_GT(freed, 1900u);
}

class GarbageTest : public ::testing::Test {
 protected:
  // Writes a payload of `chunks` full chunks; with its 'g' row, or with a reference.
  void Write(uint64_t id, uint64_t chunks, bool garbage) {
    const auto batch = engine_.content->NewBatch();
    for (uint32_t i = 0; i < chunks; ++i) batch->Put(kPayload, ChunkKey(id, i), "chunk");
    if (garbage) {
      std::string hint;
      base::AppendU64(&hint, chunks * kChunkBytes);
      batch->Put(kOwners, GarbageKey(id), hint);
    } else {
      batch->Put(kOwners, ReferenceKey(id, kVersionOwner, 1), {});
    }
    ASSERT_TRUE(engine_.content->Write(*batch, kv::Durability::kBuffered).ok());
  }
  bool Exists(uint64_t id) {
    return engine_.content->Get(kPayload, ChunkKey(id, 0)).value().has_value();
  }
  bool HasGarbageRow(uint64_t id) {
    return engine_.content->Get(kOwners, GarbageKey(id)).value().has_value();
  }
  size_t PayloadRows() {
    size_t rows = 0;
    const auto it = engine_.content->NewIterator(kPayload, {});
    for (it->SeekToFirst(); it->Valid(); it->Next()) ++rows;
    return rows;
  }

  KeptEngine engine_;
  std::unique_ptr<kv::Kv> kv_ = engine_.Open();
  Garbage garbage_{kv_.get()};
};

TEST_F(GarbageTest, Released_IsFreedWithItsRow) {
  Write(7, 2, true);
  Write(8, 1, false);
  garbage_.Add({{7, 2 * kChunkBytes}});
  ASSERT_TRUE(garbage_.Sweep(10).ok());
  EXPECT_FALSE(Exists(7));
  EXPECT_FALSE(HasGarbageRow(7));
  EXPECT_TRUE(Exists(8));
  EXPECT_EQ(PayloadRows(), 1u);
  EXPECT_EQ(garbage_.pending(), 0u);
  EXPECT_EQ(engine_.controls->freed_bytes, 2 * kChunkBytes);
}

TEST_F(GarbageTest, LargePayloads_AndThoseOfUnknownSize_AreReclaimedAsARange) {
  Write(7, 9, true);
  Write(8, 2, true);
  Write(9, 1, false);
  garbage_.Add({{7, 9 * kChunkBytes}, {8, 0}});
  ASSERT_TRUE(garbage_.Sweep(10).ok());
  EXPECT_EQ(PayloadRows(), 1u);
  EXPECT_TRUE(Exists(9));
  EXPECT_EQ(engine_.controls->reclaims, 2);
  EXPECT_EQ(engine_.controls->freed_bytes, 0u);
}

// The engine is told of what lies in tables with others, and of nothing else.
TEST_F(GarbageTest, PayloadsWithFilesOfTheirOwn_AreNotTold) {
  Write(7, 4, true);
  Write(8, 5, true);
  garbage_.Add({{7, 4 * kChunkBytes}, {8, 5 * kChunkBytes}});
  ASSERT_TRUE(garbage_.Sweep(10).ok());
  EXPECT_EQ(PayloadRows(), 0u);
  EXPECT_EQ(engine_.controls->freed_bytes, 4 * kChunkBytes);
}

TEST_F(GarbageTest, WithAReference_IsKept) {
  Write(7, 1, true);
  Write(7, 1, false);  // both rows: owned again, or shared
  garbage_.Add({{7, kChunkBytes}});
  ASSERT_TRUE(garbage_.Sweep(10).ok());
  EXPECT_TRUE(Exists(7));
  EXPECT_TRUE(HasGarbageRow(7));
}

TEST_F(GarbageTest, References_AreLookedAtLast) {
  Write(7, 1, true);
  garbage_.Add({{7, kChunkBytes}});
  {
    // It becomes owned again while it waits for its epoch.
    const Epochs::Guard reader = garbage_.EnterEpoch();
    ASSERT_TRUE(garbage_.Sweep(10).ok());
    Write(7, 1, false);
  }
  ASSERT_TRUE(garbage_.Sweep(10).ok());
  EXPECT_TRUE(Exists(7));
  EXPECT_EQ(garbage_.pending(), 0u);
}

// Two owners; the id waits in line since the first went. A reader of the second's sees it go.
TEST_F(GarbageTest, Shared_IsKeptForReadersOfTheOwnerThatWentLast) {
  Write(7, 1, true);
  garbage_.Add({{7, kChunkBytes}});                                 // the first owner has gone
  Write(7, 1, false);                                               // the second is still there
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(garbage_.Sweep(0).ok());  // time goes by
  {
    const Epochs::Guard reader = garbage_.EnterEpoch();
    const auto batch = engine_.content->NewBatch();
    batch->Delete(kOwners, ReferenceKey(7, kVersionOwner, 1));
    ASSERT_TRUE(engine_.content->Write(*batch, kv::Durability::kBuffered).ok());
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(garbage_.Sweep(10).ok());
    EXPECT_TRUE(Exists(7));
    garbage_.Add({{7, kChunkBytes}});
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(garbage_.Sweep(10).ok());
    EXPECT_TRUE(Exists(7));
  }
  ASSERT_TRUE(garbage_.Sweep(10).ok());
  EXPECT_FALSE(Exists(7));
  EXPECT_FALSE(HasGarbageRow(7));
  EXPECT_EQ(garbage_.pending(), 0u);
}

TEST_F(GarbageTest, Shared_IsKeptForAPinTakenBeforeTheLastOwnerWent) {
  Write(7, 1, true);
  garbage_.Add({{7, kChunkBytes}});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(garbage_.Sweep(0).ok());
  auto pin = std::make_unique<Garbage::Pin>(&garbage_, 7);
  garbage_.Add({{7, kChunkBytes}});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(garbage_.Sweep(10).ok());
  EXPECT_TRUE(Exists(7));
  pin.reset();
  ASSERT_TRUE(garbage_.Sweep(10).ok());
  EXPECT_FALSE(Exists(7));
}

TEST_F(GarbageTest, Pinned_IsKeptUntilTheLastPinGoes) {
  Write(7, 1, true);
  auto one = std::make_unique<Garbage::Pin>(&garbage_, 7);
  auto two = std::make_unique<Garbage::Pin>(&garbage_, 7);
  garbage_.Add({{7, kChunkBytes}});
  ASSERT_TRUE(garbage_.Sweep(10).ok());
  EXPECT_TRUE(Exists(7));
  one.reset();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(garbage_.Sweep(10).ok());
  EXPECT_TRUE(Exists(7));
  EXPECT_EQ(garbage_.pending(), 1u);
  two.reset();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(garbage_.Sweep(10).ok());
  EXPECT_FALSE(Exists(7));
}

TEST_F(GarbageTest, PinDestroyedInAForkedChild_WaitsForNobody) {
  std::atomic<bool> stop{false};
  std::vector<std::thread> others;  // one of them has the lock at most moments
  for (uint64_t id = 1; id <= 2; ++id) {
    others.emplace_back([&, id] {
      while (!stop) Garbage::Pin(&garbage_, id);
    });
  }
  auto pin = std::make_unique<Garbage::Pin>(&garbage_, 3);
  int failed = 0;
  for (int i = 0; i < 50 && failed == 0; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(10);
      pin.reset();
      ::_exit(0);
    }
    int result = -1;
    ::waitpid(child, &result, 0);
    if (result != 0) ++failed;
  }
  stop = true;
  for (std::thread& other : others) other.join();
  EXPECT_EQ(failed, 0);
}

TEST_F(GarbageTest, AReaderOfAnOlderEpoch_KeepsWhatWasReleasedMeanwhile) {
  Write(7, 1, true);
  {
    const Epochs::Guard reader = garbage_.EnterEpoch();
    garbage_.Add({{7, kChunkBytes}});
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(garbage_.Sweep(10).ok());
    EXPECT_TRUE(Exists(7));
  }
  ASSERT_TRUE(garbage_.Sweep(10).ok());
  EXPECT_FALSE(Exists(7));
}

TEST_F(GarbageTest, Sweep_LooksAtNoMoreThanItIsTold) {
  for (uint64_t id = 1; id <= 5; ++id) {
    Write(id, 1, true);
    garbage_.Add({{id, kChunkBytes}});
  }
  ASSERT_TRUE(garbage_.Sweep(2).ok());
  EXPECT_EQ(garbage_.pending(), 3u);
  EXPECT_EQ(PayloadRows(), 3u);
}

TEST_F(GarbageTest, Sweep_IsWantedByNumberOrByBytes) {
  EXPECT_FALSE(garbage_.WantsSweep());
  garbage_.Add({{1, 15 << 20}});
  EXPECT_FALSE(garbage_.WantsSweep());
  garbage_.Add({{2, 1 << 20}});
  EXPECT_TRUE(garbage_.WantsSweep());
  ASSERT_TRUE(garbage_.Sweep(10).ok());
  EXPECT_FALSE(garbage_.WantsSweep());
  for (uint64_t id = 10; id < 73; ++id) garbage_.Add({{id, 1}});
  EXPECT_FALSE(garbage_.WantsSweep());
  garbage_.Add({{73, 1}});
  EXPECT_TRUE(garbage_.WantsSweep());
}

TEST_F(GarbageTest, Load_FindsWhatACrashLeft) {
  Write(7, 2, true);
  Write(8, 2, false);
  {
    // 'g' row of a body whose bytes never came.
    const auto batch = engine_.content->NewBatch();
    batch->Put(kOwners, GarbageKey(9), std::string(8, '\0'));
    ASSERT_TRUE(engine_.content->Write(*batch, kv::Durability::kBuffered).ok());
  }
  Garbage after(kv_.get());
  ASSERT_TRUE(after.Load().ok());
  EXPECT_EQ(after.pending(), 2u);
  ASSERT_TRUE(after.Sweep(10).ok());
  EXPECT_FALSE(Exists(7));
  EXPECT_TRUE(Exists(8));
  EXPECT_FALSE(HasGarbageRow(7));
  EXPECT_FALSE(HasGarbageRow(9));
}

TEST_F(GarbageTest, Load_OfADamagedRow_IsDataLoss) {
  for (const auto& [key, value] : {std::pair<std::string, std::string>{GarbageKey(7), "short"},
                                   {GarbageKey(7) + "x", std::string(8, '\0')}}) {
    KeptEngine engine;
    const auto batch = engine.content->NewBatch();
    batch->Put(kOwners, key, value);
    ASSERT_TRUE(engine.content->Write(*batch, kv::Durability::kBuffered).ok());
    Garbage garbage(engine.content.get());
    EXPECT_EQ(CodeOf(garbage.Load()), "DATA_LOSS");
  }
}

TEST_F(GarbageTest, SweepThatCannotWrite_TriesAgainLater) {
  Write(7, 1, true);
  garbage_.Add({{7, kChunkBytes}});
  engine_.controls->fail_writes = absl::UnavailableError("told to fail");
  EXPECT_EQ(CodeOf(garbage_.Sweep(10)), "UNAVAILABLE");
  EXPECT_TRUE(Exists(7));
  EXPECT_EQ(garbage_.pending(), 1u);
  engine_.controls->fail_writes = absl::OkStatus();
  EXPECT_TRUE(garbage_.Sweep(10).ok());
  EXPECT_FALSE(Exists(7));
}

}  // namespace
}  // namespace cloudlet::objstore
