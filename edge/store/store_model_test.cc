// Random operations on a store of one shard, beside a map that decides with the same policy: the
// same entries, the same bytes, the same results, after each operation.
//
//   CLOUDLET_TEST_SEED=1 bazel test //edge/store:store_model_test
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/random.h"
#include "edge/store/cache_store.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

constexpr uint64_t kCapacity = 30'000;

class Model {
 public:
  explicit Model(EvictionPolicy policy) : eviction_(MakeEviction(policy, kCapacity)) {}

  const int* Find(const std::string& key) {
    const auto found = living_.find(key);
    if (found == living_.end()) return nullptr;
    if (eviction_->CountsOnly()) {
      eviction_->Hit(found->second.get());
    } else {
      hits_.push_back(key);
    }
    return &found->second->value;
  }

  InsertResult Insert(const std::string& key, int value, uint64_t bytes) {
    TellHits();
    const auto found = living_.find(key);
    const bool there = found != living_.end();
    auto fresh = std::make_unique<One>();
    fresh->key = key;
    fresh->value = value;
    fresh->hash = HashOf(key);
    fresh->bytes = key.size() + bytes + kEntryOverhead;
    InsertResult result = InsertResult::kStored;
    if (fresh->bytes > kCapacity) {
      if (there) Erase(key);
      result = InsertResult::kTooLarge;
    } else if (const bool large = fresh->bytes > kCapacity / 100;
               !there && large && large_.erase(key) == 0) {
      large_.insert(key);
      result = InsertResult::kNotYet;
    } else if (there) {
      eviction_->Replace(found->second.get(), fresh.get());
      found->second = std::move(fresh);
    } else {
      if (large) fresh->CountHit();
      eviction_->Add(fresh.get());
      living_[key] = std::move(fresh);
    }
    if (result == InsertResult::kStored) {
      MakeRoom();
      if (living_.count(key) == 0) result = InsertResult::kEvicted;
    }
    Sweep(16);
    return result;
  }

  bool Erase(const std::string& key) {
    TellHits();
    const auto found = living_.find(key);
    if (found == living_.end()) return false;
    eviction_->Remove(found->second.get());
    living_.erase(found);
    return true;
  }

  void EraseAll() {
    hits_.clear();
    eviction_->TakeAll(&dead_);
    for (auto& [key, one] : living_) buried_[one.get()] = std::move(one);
    living_.clear();
  }

  void Sweep(size_t most) {
    TellHits();
    for (; most > 0 && !dead_.empty(); --most) BuryOne();
  }

  size_t size() const { return living_.size(); }
  size_t dead() const { return dead_.size(); }
  uint64_t bytes() const {
    uint64_t bytes = dead_.bytes();
    for (const auto& [key, one] : living_) bytes += one->bytes;
    return bytes;
  }
  const auto& living() const { return living_; }

 private:
  struct One : Resident {
    std::string key;
    int value = 0;
  };

  // What the store learns with its next change.
  void TellHits() {
    for (const std::string& key : hits_) {
      const auto found = living_.find(key);
      if (found != living_.end()) eviction_->Hit(found->second.get());
    }
    hits_.clear();
  }
  void BuryOne() {
    Resident* const one = dead_.oldest();
    dead_.Remove(one);
    buried_.erase(one);
  }
  void MakeRoom() {
    while (eviction_->bytes() + dead_.bytes() > kCapacity) {
      if (!dead_.empty()) {
        BuryOne();
      } else {
        living_.erase(static_cast<One*>(eviction_->Evict())->key);
      }
    }
  }

  const std::unique_ptr<Eviction> eviction_;
  std::map<std::string, std::unique_ptr<One>> living_;
  std::map<Resident*, std::unique_ptr<One>> buried_;
  ResidentQueue dead_;
  std::set<std::string> large_;  // seen once
  std::vector<std::string> hits_;
};

class StoreModelTest : public ::testing::TestWithParam<EvictionPolicy> {
 protected:
  StoreModelTest() : model_(GetParam()) {}

  std::string RandomKey() {
    // Some are popular; all fit only in part.
    return "key-" + std::to_string(random_.Below(1 + random_.Below(300)));
  }
  uint64_t RandomBytes() {
    if (random_.Chance(0.02)) return random_.Below(2 * kCapacity);
    return random_.Below(random_.Chance(0.2) ? 1500 : 100);
  }

  void Step(int i) {
    const std::string key = RandomKey();
    const uint64_t kind = random_.Below(1000);
    if (kind < 600) {
      // No more than the ring of hits holds between two changes.
      if (++lookups_ > 60) return;
      const EpochGuard guard;
      const auto* const entry = store_.Find(key, HashOf(key), guard);
      const int* const expected = model_.Find(key);
      ASSERT_EQ(entry != nullptr, expected != nullptr) << key;
      if (entry != nullptr) {
        ASSERT_EQ(entry->value(), *expected);
      }
      return;
    }
    lookups_ = 0;
    if (kind < 900) {
      const uint64_t bytes = RandomBytes();
      ASSERT_EQ(store_.Insert(key, HashOf(key), i, bytes), model_.Insert(key, i, bytes)) << key;
    } else if (kind < 990) {
      ASSERT_EQ(store_.Erase(key, HashOf(key)), model_.Erase(key)) << key;
    } else if (kind < 997) {
      const size_t most = random_.Below(20);
      model_.Sweep(most);
      ASSERT_EQ(store_.Sweep(most), model_.dead());
    } else {
      store_.EraseAll();
      model_.EraseAll();
    }
  }

  void Compare() {
    const StoreStats stats = store_.Stats();
    ASSERT_EQ(stats.entries, model_.size());
    ASSERT_EQ(stats.bytes, model_.bytes());
    ASSERT_LE(stats.bytes, kCapacity);
  }

  void CompareAll() {
    std::map<std::string, int> in_store;
    store_.Visit([&](const CacheStore<int>::Entry& entry) {
      in_store[std::string(entry.key())] = entry.value();
    });
    std::map<std::string, int> in_model;
    for (const auto& [key, one] : model_.living()) in_model[key] = one->value;
    ASSERT_EQ(in_store, in_model);
  }

  static uint64_t Seed() {
    const char* const given = std::getenv("CLOUDLET_TEST_SEED");
    return given != nullptr ? std::strtoull(given, nullptr, 10) : base::RandomSeed();
  }

  const uint64_t seed_ = Seed();
  base::Random random_{seed_};
  CacheStore<int> store_{{.capacity_bytes = kCapacity, .policy = GetParam(), .shards = 1}};
  Model model_;
  int lookups_ = 0;
};

TEST_P(StoreModelTest, DecidesAsTheModelDoes) {
  SCOPED_TRACE("CLOUDLET_TEST_SEED=" + std::to_string(seed_));
  for (int i = 0; i < 40'000; ++i) {
    Step(i);
    Compare();
    if (i % 500 == 0) CompareAll();
    if (HasFatalFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(All, StoreModelTest,
                         ::testing::Values(EvictionPolicy::kS3Fifo, EvictionPolicy::kLru,
                                           EvictionPolicy::kSieve, EvictionPolicy::kWTinyLfu));

}  // namespace
}  // namespace cloudlet::edge
