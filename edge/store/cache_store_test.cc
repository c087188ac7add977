// What the store promises to one thread: keys, bytes, conditions, erasure, references.
#include "edge/store/cache_store.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

using Texts = CacheStore<std::string>;

CacheStoreOptions Small(uint64_t capacity, EvictionPolicy policy = EvictionPolicy::kS3Fifo) {
  return {
      .capacity_bytes = capacity, .policy = policy, .large_on_second_request = false, .shards = 1};
}

// An entry with a key of one byte.
uint64_t Cost(uint64_t value_bytes) { return 1 + value_bytes + kEntryOverhead; }

InsertResult Put(Texts& store, std::string_view key, std::string value, uint64_t bytes = 10) {
  return store.Insert(key, HashOf(key), std::move(value), bytes);
}

std::string Look(const Texts& store, std::string_view key) {
  const EpochGuard guard;
  const auto* const entry = store.Find(key, HashOf(key), guard);
  return entry == nullptr ? "(nothing)" : entry->value();
}

TEST(CacheStoreTest, FindsWhatWasInserted) {
  Texts store({});
  EXPECT_EQ(Look(store, "a"), "(nothing)");
  EXPECT_EQ(Put(store, "a", "1"), InsertResult::kStored);
  EXPECT_EQ(Put(store, "", "empty"), InsertResult::kStored);
  EXPECT_EQ(Look(store, "a"), "1");
  EXPECT_EQ(Look(store, ""), "empty");
  EXPECT_EQ(Look(store, "b"), "(nothing)");
}

TEST(CacheStoreTest, CountsKeyValueAndOverhead) {
  Texts store(Small(1'000'000));
  Put(store, "abc", "1", 100);
  EXPECT_EQ(store.Stats().bytes, 3 + 100 + kEntryOverhead);
  Put(store, "abc", "2", 40);
  EXPECT_EQ(store.Stats().bytes, 3 + 40 + kEntryOverhead);
  EXPECT_EQ(store.Stats().entries, 1u);
  Put(store, "d", "3", 7);
  EXPECT_EQ(store.Stats().bytes, 3 + 40 + kEntryOverhead + Cost(7));
  EXPECT_TRUE(store.Erase("abc", HashOf("abc")));
  EXPECT_EQ(store.Stats().bytes, Cost(7));
  EXPECT_EQ(store.Stats().entries, 1u);
  EXPECT_EQ(store.Stats().inserts, 3u);
}

TEST(CacheStoreTest, KeepsManyThroughGrowth) {
  Texts store({});
  for (int i = 0; i < 20'000; ++i) Put(store, std::to_string(i), std::to_string(i));
  for (int i = 0; i < 20'000; ++i) ASSERT_EQ(Look(store, std::to_string(i)), std::to_string(i));
  EXPECT_EQ(store.Stats().entries, 20'000u);
}

TEST(CacheStoreTest, EqualHashesAreToldApartByTheirKeys) {
  Texts store(Small(1'000'000));
  for (const char* key : {"a", "b", "c"}) store.Insert(key, 42, key, 1);
  const EpochGuard guard;
  for (const char* key : {"a", "b", "c"}) {
    ASSERT_NE(store.Find(key, 42, guard), nullptr);
    EXPECT_EQ(store.Find(key, 42, guard)->value(), key);
  }
  EXPECT_EQ(store.Find("d", 42, guard), nullptr);
  EXPECT_EQ(store.Find("a", 43, guard), nullptr);
  EXPECT_TRUE(store.Erase("b", 42));
  EXPECT_EQ(store.Find("b", 42, guard), nullptr);
  EXPECT_NE(store.Find("a", 42, guard), nullptr);
  EXPECT_NE(store.Find("c", 42, guard), nullptr);
}

TEST(CacheStoreTest, AGroupIsWhatSharesHashAndPrefix) {
  Texts store(Small(1'000'000));
  for (const char* key : {"/a|x", "/a|y", "/b|x"}) store.Insert(key, 42, key, 1);
  store.Insert("/a|z", 43, "z", 1);
  EXPECT_EQ(store.EraseGroup("/a|", 42), 2u);
  const EpochGuard guard;
  EXPECT_EQ(store.Find("/a|x", 42, guard), nullptr);
  EXPECT_EQ(store.Find("/a|y", 42, guard), nullptr);
  EXPECT_NE(store.Find("/b|x", 42, guard), nullptr);
  EXPECT_NE(store.Find("/a|z", 43, guard), nullptr);
}

TEST(CacheStoreTest, ACapacityOfZeroStoresNothing) {
  Texts store({.capacity_bytes = 0});
  EXPECT_EQ(Put(store, "a", "1", 0), InsertResult::kTooLarge);
  EXPECT_EQ(Look(store, "a"), "(nothing)");
  EXPECT_FALSE(store.Erase("a", HashOf("a")));
  store.EraseAll();
  EXPECT_EQ(store.Sweep(10), 0u);
  EXPECT_EQ(store.Stats().bytes, 0u);
  EXPECT_EQ(store.Stats().refusals, 1u);
}

TEST(CacheStoreTest, WhatIsTooLargeStaysOutAndItsKeyLosesWhatItHad) {
  Texts store(Small(Cost(100)));
  EXPECT_EQ(store.largest(), Cost(100));
  EXPECT_EQ(Put(store, "a", "old", 100), InsertResult::kStored);
  EXPECT_EQ(Put(store, "b", "new", 101), InsertResult::kTooLarge);
  EXPECT_EQ(Look(store, "a"), "old");
  EXPECT_EQ(Put(store, "a", "new", 101), InsertResult::kTooLarge);
  EXPECT_EQ(Look(store, "a"), "(nothing)");
  EXPECT_EQ(store.Stats().bytes, 0u);
}

TEST(CacheStoreTest, NeverMoreThanTheCapacity) {
  for (const auto policy : {EvictionPolicy::kS3Fifo, EvictionPolicy::kLru, EvictionPolicy::kSieve,
                            EvictionPolicy::kWTinyLfu}) {
    Texts store(Small(10'000, policy));
    for (int i = 0; i < 1000; ++i) {
      Put(store, std::to_string(i * 7 % 100), "v", static_cast<uint64_t>(i * 37 % 3000));
      ASSERT_LE(store.Stats().bytes, 10'000u);
    }
    EXPECT_GT(store.Stats().evictions, 0u);
    EXPECT_GT(store.Stats().entries, 0u);
  }
}

TEST(CacheStoreTest, LruEvictsInOrderOfHits) {
  Texts store(Small(3 * Cost(10), EvictionPolicy::kLru));
  for (const char* key : {"a", "b", "c"}) Put(store, key, key);
  EXPECT_EQ(Look(store, "b"), "b");
  EXPECT_EQ(Look(store, "a"), "a");
  Put(store, "d", "d");
  EXPECT_EQ(Look(store, "c"), "(nothing)");
  Put(store, "e", "e");
  EXPECT_EQ(Look(store, "b"), "(nothing)");
  EXPECT_EQ(Look(store, "a"), "a");
}

TEST(CacheStoreTest, ThePolicyMayPreferTheOthers) {
  Texts store(Small(3 * Cost(10), EvictionPolicy::kWTinyLfu));
  for (const char* key : {"a", "b", "c"}) Put(store, key, key);
  for (const char* key : {"a", "b", "c"}) EXPECT_EQ(Look(store, key), key);
  EXPECT_EQ(Put(store, "d", "d"), InsertResult::kStored);  // in the place of c, the newest
  EXPECT_EQ(store.Stats().evictions, 1u);
}

TEST(CacheStoreTest, LargeOnesComeInTheSecondTime) {
  Texts store({.capacity_bytes = 100'000, .shards = 1});
  EXPECT_EQ(Put(store, "s", "small", 1000 - Cost(0)), InsertResult::kStored);
  EXPECT_EQ(Put(store, "l", "large", 1001 - Cost(0)), InsertResult::kNotYet);
  EXPECT_EQ(Look(store, "l"), "(nothing)");
  EXPECT_EQ(Put(store, "m", "another", 5000), InsertResult::kNotYet);
  EXPECT_EQ(Put(store, "l", "large", 1001), InsertResult::kStored);
  EXPECT_EQ(Put(store, "l", "larger", 2000), InsertResult::kStored);  // it is there already
  EXPECT_EQ(Look(store, "l"), "larger");
  EXPECT_TRUE(store.Erase("l", HashOf("l")));
  EXPECT_EQ(Put(store, "l", "large", 1001), InsertResult::kNotYet);
  EXPECT_EQ(store.Stats().refusals, 3u);
}

TEST(CacheStoreTest, ALargeOneComesInThoughNewcomersHaveLessRoom) {
  // Full of entries that were asked for, so that newcomers have a tenth of the bytes.
  Texts store({.capacity_bytes = 100'000, .shards = 1});
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 130; ++i) {
      const std::string key = std::to_string(i);
      if (Look(store, key) == "(nothing)") Put(store, key, "small", 700);
      Look(store, key);
    }
  }
  EXPECT_EQ(Put(store, "l", "large", 20'000), InsertResult::kNotYet);
  EXPECT_EQ(Put(store, "l", "large", 20'000), InsertResult::kStored);
  EXPECT_EQ(Look(store, "l"), "large");
}

TEST(CacheStoreTest, InsertsOnCondition) {
  Texts store(Small(1'000'000));
  const auto put = [&](std::string value, InsertIf condition) {
    return store.Insert("a", HashOf("a"), std::move(value), 1, condition);
  };
  EXPECT_EQ(put("1", {.replaces = nullptr}), InsertResult::kStored);
  EXPECT_EQ(put("2", {.replaces = nullptr}), InsertResult::kSuperseded);
  const Texts::Ref one = store.Get("a", HashOf("a"));
  EXPECT_EQ(put("2", {.replaces = one.get()}), InsertResult::kStored);
  EXPECT_EQ(put("3", {.replaces = one.get()}), InsertResult::kSuperseded);
  EXPECT_EQ(Look(store, "a"), "2");

  const uint64_t before = store.generation();
  store.EraseAll();
  EXPECT_EQ(put("4", {.generation = before}), InsertResult::kErased);
  EXPECT_EQ(Look(store, "a"), "(nothing)");
  EXPECT_EQ(put("4", {.generation = store.generation()}), InsertResult::kStored);
  EXPECT_EQ(Look(store, "a"), "4");
}

TEST(CacheStoreTest, ErasesAnEntryOnlyWhileItIsTheKeys) {
  Texts store(Small(1'000'000));
  Put(store, "a", "1");
  const Texts::Ref one = store.Get("a", HashOf("a"));
  Put(store, "a", "2");
  EXPECT_FALSE(store.Erase(one));
  EXPECT_EQ(Look(store, "a"), "2");
  EXPECT_TRUE(store.Erase(store.Get("a", HashOf("a"))));
  EXPECT_EQ(Look(store, "a"), "(nothing)");
}

TEST(CacheStoreTest, EraseAllLeavesNothingAndTheSpaceComesBack) {
  Texts store(Small(100 * Cost(10)));
  for (int i = 0; i < 90; ++i) Put(store, std::string(1, static_cast<char>(i)), "old");
  store.EraseAll();
  for (int i = 0; i < 90; ++i) {
    EXPECT_EQ(Look(store, std::string(1, static_cast<char>(i))), "(nothing)");
  }
  EXPECT_EQ(store.Stats().entries, 0u);
  EXPECT_EQ(store.Stats().dead, 90 * Cost(10));
  EXPECT_EQ(store.Stats().bytes, 90 * Cost(10));
  EXPECT_FALSE(store.Erase("\x01", HashOf("\x01")));

  Put(store, "n", "new");
  EXPECT_EQ(Look(store, "n"), "new");
  EXPECT_LT(store.Stats().dead, 90 * Cost(10));
  EXPECT_EQ(store.Sweep(10'000), 0u);
  EXPECT_EQ(store.Stats().bytes, Cost(10));
  EXPECT_EQ(store.Stats().evictions, 0u);
}

TEST(CacheStoreTest, TheDeadGoBeforeTheLiving) {
  Texts store(Small(10 * Cost(10)));
  for (int i = 0; i < 10; ++i) Put(store, std::string(1, static_cast<char>('a' + i)), "old");
  store.EraseAll();
  for (int i = 0; i < 10; ++i) {
    Put(store, std::string(1, static_cast<char>('k' + i)), "new");
    ASSERT_LE(store.Stats().bytes, 10 * Cost(10));
  }
  EXPECT_EQ(store.Stats().entries, 10u);
  EXPECT_EQ(store.Stats().evictions, 0u);
}

TEST(CacheStoreTest, VisitsTheLivingAndMayErase) {
  Texts store({.capacity_bytes = 1 << 20, .shards = 4});
  Put(store, "dead", "x");
  store.EraseAll();
  for (int i = 0; i < 100; ++i) Put(store, std::to_string(i), std::to_string(i));
  std::vector<bool> seen(100);
  store.Visit([&](const Texts::Entry& entry) {
    const int i = std::stoi(entry.value());
    EXPECT_EQ(entry.key(), entry.value());
    EXPECT_FALSE(seen[i]);
    seen[i] = true;
    if (i % 2 == 0) store.Erase(Texts::Ref(&entry));
  });
  EXPECT_EQ(seen, std::vector<bool>(100, true));
  EXPECT_EQ(store.Stats().entries, 50u);
}

// --- References ---

struct Witness {
  explicit Witness(int* alive_now) : alive(alive_now) { ++*alive; }
  Witness(Witness&& other) noexcept : alive(std::exchange(other.alive, nullptr)) {}
  Witness& operator=(Witness&&) = delete;
  ~Witness() {
    if (alive != nullptr) --*alive;
  }
  int* alive;
};

TEST(CacheStoreTest, AHeldEntryOutlivesItsEvictionAndTheStore) {
  int alive = 0;
  CacheStore<Witness>::Ref held;
  {
    CacheStore<Witness> store(Small(2 * Cost(10), EvictionPolicy::kLru));
    store.Insert("a", HashOf("a"), Witness(&alive), 10);
    held = store.Get("a", HashOf("a"));
    for (const char* key : {"b", "c", "d", "e"}) {
      store.Insert(key, HashOf(key), Witness(&alive), 10);
    }
    EXPECT_FALSE(store.Get("a", HashOf("a")));
    while (store.Stats().retired > 0) store.Sweep(0);
    EXPECT_EQ(alive, 3);  // two that are in, and a
    EXPECT_EQ(held.get()->key(), "a");
  }
  EXPECT_EQ(alive, 1);
  const CacheStore<Witness>::Ref again = held;
  held = {};
  EXPECT_EQ(alive, 1);
  EXPECT_EQ(again->alive, &alive);
}

TEST(CacheStoreTest, NothingIsFreedUnderAGuard) {
  int alive = 0;
  CacheStore<Witness> store(Small(1'000'000));
  store.Insert("a", HashOf("a"), Witness(&alive), 10);
  {
    const EpochGuard guard;
    const auto* const entry = store.Find("a", HashOf("a"), guard);
    store.Erase("a", HashOf("a"));
    for (int i = 0; i < 10; ++i) store.Sweep(100);
    EXPECT_EQ(alive, 1);
    EXPECT_EQ(entry->value().alive, &alive);
    EXPECT_EQ(store.Stats().retired, Cost(10));
  }
  for (int i = 0; i < 3; ++i) store.Sweep(0);
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(store.Stats().retired, 0u);
}

TEST(CacheStoreTest, RefusedValuesAreDestroyed) {
  int alive = 0;
  CacheStore<Witness> store(Small(Cost(10)));
  EXPECT_EQ(store.Insert("a", HashOf("a"), Witness(&alive), 11), InsertResult::kTooLarge);
  EXPECT_EQ(store.Insert("a", HashOf("a"), Witness(&alive), 10, {.generation = 0}),
            InsertResult::kErased);
  EXPECT_EQ(alive, 0);
}

TEST(CacheStoreTest, ValuesMayChangeTheStoreWhenTheyAreDestroyed) {
  struct Chatty {
    CacheStore<std::shared_ptr<Chatty>>* store = nullptr;
    ~Chatty() { store->Erase("b", HashOf("b")); }
  };
  CacheStore<std::shared_ptr<Chatty>> store(Small(1'000'000));
  store.Insert("b", HashOf("b"), nullptr, 1);
  store.Insert("a", HashOf("a"), std::make_shared<Chatty>(Chatty{.store = &store}), 1);
  store.Erase("a", HashOf("a"));
  for (int i = 0; i < 3; ++i) store.Sweep(0);
  EXPECT_EQ(store.Stats().entries, 0u);
}

TEST(CacheStoreTest, ShardsShareTheCapacity) {
  EXPECT_EQ(Texts({.capacity_bytes = 1 << 20}).largest(), 1u << 20);
  EXPECT_EQ(Texts({.capacity_bytes = 256 << 20}).largest(), 64u << 20);
  EXPECT_EQ(Texts({.capacity_bytes = uint64_t{64} << 30}).largest(), uint64_t{4} << 30);
  EXPECT_EQ(Texts({.capacity_bytes = 1 << 20, .shards = 256}).largest(), 4096u);
  EXPECT_EQ(Texts({.capacity_bytes = 1 << 20, .shards = 3}).largest(), 1u << 19);
}

}  // namespace
}  // namespace cloudlet::edge
