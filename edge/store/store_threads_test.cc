// Readers beside writers: nobody reads what was freed, finds what was erased before, or misses what
// is only being replaced. ThreadSanitizer runs this.
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "base/random.h"
#include "edge/store/cache_store.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

// Tells whether it is alive, and whose it is.
struct Seal {
  explicit Seal(uint64_t of) : id(of), check(~of) {}
  Seal(Seal&& other) noexcept : id(other.id), check(other.check) {}
  Seal& operator=(Seal&&) = delete;
  ~Seal() { check = id; }
  bool whole() const { return check == ~id; }
  uint64_t id;
  uint64_t check;
};

class StoreThreadsTest : public ::testing::TestWithParam<EvictionPolicy> {
 protected:
  // Runs `read` over and over on two threads until `write` has returned.
  template <typename Write, typename Read>
  static void Race(const Write& write, const Read& read) {
    std::atomic<bool> done{false};
    std::vector<std::thread> readers;
    for (uint64_t i = 0; i < 2; ++i) {
      readers.emplace_back([&, i] {
        base::Random random(i + 1);
        do {
          read(random);
        } while (!done.load(std::memory_order_relaxed));
      });
    }
    write();
    done = true;
    for (std::thread& reader : readers) reader.join();
  }
};

TEST_P(StoreThreadsTest, WhatIsReadIsWhole) {
  constexpr uint64_t kKeys = 400;
  CacheStore<Seal> store({.capacity_bytes = 100 * (kEntryOverhead + 64),
                          .policy = GetParam(),
                          .large_on_second_request = false,
                          .shards = 2});
  const auto key = [](uint64_t i) { return "key-" + std::to_string(i); };
  const auto write = [&](uint64_t seed) {
    base::Random random(seed);
    for (int i = 0; i < 15'000; ++i) {
      const uint64_t id = random.Below(1 + random.Below(kKeys));
      const std::string name = key(id);
      if (i % 20 == 0) {
        store.Erase(name, HashOf(name));
      } else if (i % 4001 == 0) {
        store.EraseAll();
      } else {
        store.Insert(name, HashOf(name), Seal(id), random.Below(100));
      }
    }
  };
  std::vector<CacheStore<Seal>::Ref> held;
  Race(
      [&] {
        std::thread other([&] { write(7); });
        write(8);
        other.join();
      },
      [&](base::Random& random) {
        const uint64_t id = random.Below(1 + random.Below(kKeys));
        const std::string name = key(id);
        CacheStore<Seal>::Ref kept;
        {
          const EpochGuard guard;
          const auto* const entry = store.Find(name, HashOf(name), guard);
          if (entry == nullptr) return;
          ASSERT_TRUE(entry->value().whole());
          ASSERT_EQ(entry->value().id, id);
          kept = CacheStore<Seal>::Ref(entry);
        }
        ASSERT_TRUE(kept->whole());
        ASSERT_EQ(kept.get()->key(), name);
      });
  const StoreStats stats = store.Stats();
  EXPECT_LE(stats.bytes, 100 * (kEntryOverhead + 64));
  EXPECT_GT(stats.evictions, 0u);
  // What is counted is what is there.
  uint64_t entries = 0;
  store.Visit([&](const CacheStore<Seal>::Entry& entry) { entries += entry.value().whole(); });
  EXPECT_EQ(entries, stats.entries);
}

uint64_t EraseRounds() {
  const char* const given = std::getenv("CLOUDLET_ERASE_ROUNDS");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : 30'000;
}

// A writer raises `floor` to n + 1 when what is numbered n has been erased: a reader that begins
// then must not find n.
template <typename Erase>
void EraseUnderReaders(EvictionPolicy policy, const Erase& erase) {
  CacheStore<uint64_t> store({.capacity_bytes = 1 << 20, .policy = policy, .shards = 2});
  std::atomic<uint64_t> floor{0};
  std::atomic<bool> done{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      while (!done.load(std::memory_order_relaxed)) {
        const uint64_t least = floor.load(std::memory_order_acquire);
        const EpochGuard guard;
        const auto* const entry = store.Find("k", HashOf("k"), guard);
        if (entry != nullptr) {
          ASSERT_GE(entry->value(), least);
        }
      }
    });
  }
  const uint64_t rounds = EraseRounds();
  for (uint64_t n = 0; n < rounds; ++n) {
    ASSERT_EQ(store.Insert("k", HashOf("k"), n, 8), InsertResult::kStored);
    erase(store);
    floor.store(n + 1, std::memory_order_release);
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
}

TEST_P(StoreThreadsTest, NobodyFindsWhatWasErasedWithAllBeforeItBegan) {
  EraseUnderReaders(GetParam(), [](CacheStore<uint64_t>& store) { store.EraseAll(); });
}

TEST_P(StoreThreadsTest, NobodyFindsWhatWasErasedBeforeItBegan) {
  EraseUnderReaders(GetParam(), [](CacheStore<uint64_t>& store) { store.Erase("k", HashOf("k")); });
}

TEST_P(StoreThreadsTest, AKeyThatIsReplacedIsAlwaysThereAndOnlyGetsNewer) {
  CacheStore<uint64_t> store({.capacity_bytes = 1 << 20, .policy = GetParam(), .shards = 1});
  const uint64_t hash = HashOf("k");
  store.Insert("k", hash, 0, 8);
  std::atomic<uint64_t> newest_seen{0};
  Race(
      [&] {
        for (uint64_t n = 1; n < 20'000; ++n) {
          store.Insert("k", hash, n, 8);
          // So that tables grow under the readers, too.
          if (n % 10 == 0) store.Insert(std::to_string(n), HashOf(std::to_string(n)), n, 8);
        }
      },
      [&](base::Random&) {
        const uint64_t least = newest_seen.load(std::memory_order_acquire);
        const EpochGuard guard;
        const auto* const entry = store.Find("k", hash, guard);
        ASSERT_NE(entry, nullptr);
        ASSERT_GE(entry->value(), least);
        uint64_t seen = least;
        while (seen < entry->value() && !newest_seen.compare_exchange_weak(seen, entry->value())) {
        }
      });
}

INSTANTIATE_TEST_SUITE_P(All, StoreThreadsTest,
                         ::testing::Values(EvictionPolicy::kS3Fifo, EvictionPolicy::kLru,
                                           EvictionPolicy::kSieve, EvictionPolicy::kWTinyLfu));

TEST(EpochsTest, MoveOnlyPastGuardsOfTheCurrentOne) {
  uint64_t entered = 0;
  {
    const EpochGuard guard;
    entered = Epochs::Current();
    const EpochGuard nested;
    for (int i = 0; i < 10; ++i) Epochs::TryAdvance();
    EXPECT_LE(Epochs::Current(), entered + 1);
  }
  Epochs::TryAdvance();
  Epochs::TryAdvance();
  EXPECT_GE(Epochs::Current(), entered + 2);
}

TEST(EpochsTest, SlotsOfThreadsThatEndedServeOthers) {
  for (int i = 0; i < 200; ++i) {
    std::thread([] { const EpochGuard guard; }).join();
  }
  const uint64_t before = Epochs::Current();
  Epochs::TryAdvance();
  EXPECT_EQ(Epochs::Current(), before + 1);
}

}  // namespace
}  // namespace cloudlet::edge
