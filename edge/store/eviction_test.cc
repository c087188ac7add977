// Who leaves, in which order, by each policy; and what S3-FIFO's measures do.
#include "edge/store/eviction.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "edge/store/s3_fifo.h"
#include "edge/store/simulation.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

// Entries by a letter, each of one byte unless said otherwise.
class Letters {
 public:
  Letters(EvictionPolicy policy, uint64_t capacity)
      : eviction_(MakeEviction(policy, capacity)), capacity_(capacity) {}

  // Asks for each letter in turn. Who had to leave, in order.
  std::string Ask(std::string_view requests, uint64_t bytes = 1) {
    std::string left;
    for (const char letter : requests) {
      Resident& one = entries_[letter];
      if (here_.find(letter) != std::string::npos) {
        eviction_->Hit(&one);
        continue;
      }
      one.hash = static_cast<uint64_t>(letter) * 0x9E3779B97F4A7C15u;
      one.bytes = bytes;
      one.hits = 0;
      eviction_->Add(&one);
      here_ += letter;
      while (eviction_->bytes() > capacity_) left += Leave(eviction_->Evict());
    }
    return left;
  }
  void Remove(char letter) {
    eviction_->Remove(&entries_[letter]);
    here_.erase(here_.find(letter), 1);
  }
  Eviction& eviction() { return *eviction_; }
  Resident& entry(char letter) { return entries_[letter]; }

 private:
  char Leave(const Resident* gone) {
    for (const auto& [letter, one] : entries_) {
      if (&one != gone) continue;
      here_.erase(here_.find(letter), 1);
      return letter;
    }
    ADD_FAILURE() << "evicted an entry that is not in";
    return '?';
  }

  const std::unique_ptr<Eviction> eviction_;
  const uint64_t capacity_;
  std::map<char, Resident> entries_;
  std::string here_;
};

struct OrderCase {
  const char* name;
  EvictionPolicy policy;
  uint64_t capacity;
  const char* requests;
  const char* left;
};

std::string CaseName(const ::testing::TestParamInfo<OrderCase>& of) { return of.param.name; }

class OrderTest : public ::testing::TestWithParam<OrderCase> {};

TEST_P(OrderTest, LeaveInThisOrder) {
  Letters letters(GetParam().policy, GetParam().capacity);
  EXPECT_EQ(letters.Ask(GetParam().requests), GetParam().left);
}

INSTANTIATE_TEST_SUITE_P(
    Lru, OrderTest,
    ::testing::Values(OrderCase{"InOrderOfComing", EvictionPolicy::kLru, 3, "abcdef", "abc"},
                      OrderCase{"AHitMakesYoung", EvictionPolicy::kLru, 3, "abcade", "bc"},
                      OrderCase{"OneHitIsAsGoodAsThree", EvictionPolicy::kLru, 3, "aaabcbcd", "a"}),
    CaseName);

INSTANTIATE_TEST_SUITE_P(
    Sieve, OrderTest,
    ::testing::Values(OrderCase{"InOrderOfComing", EvictionPolicy::kSieve, 3, "abcdef", "abc"},
                      OrderCase{"AHitIsSpared", EvictionPolicy::kSieve, 3, "abcad", "b"},
                      // The hand goes on where it was, to the newcomers, and not back to a.
                      OrderCase{"TheHandGoesOn", EvictionPolicy::kSieve, 3, "abcadef", "bcd"},
                      OrderCase{"AroundAgain", EvictionPolicy::kSieve, 3, "abcabcd", "d"}),
    CaseName);

INSTANTIATE_TEST_SUITE_P(
    S3Fifo, OrderTest,
    ::testing::Values(
        OrderCase{"InOrderOfComing", EvictionPolicy::kS3Fifo, 10, "abcdefghijkl", "ab"},
        // b goes to main, so c leaves.
        OrderCase{"AHitLeadsToMain", EvictionPolicy::kS3Fifo, 10, "abcdefghijbkl", "ac"},
        // a comes back while it is remembered, to main; then nobody of main has to leave.
        OrderCase{"AGhostLeadsToMain", EvictionPolicy::kS3Fifo, 10, "abcdefghijkalmnopqrstuvw",
                  "abcdefghijklmn"},
        // One who was in main goes round once for each hit that it had there.
        OrderCase{"NewcomersDoNotReachMain", EvictionPolicy::kS3Fifo, 4, "abaefghijklmnopq",
                  "befghijklmn"}),
    CaseName);

INSTANTIATE_TEST_SUITE_P(
    WTinyLfu, OrderTest,
    ::testing::Values(
        // The newest waits in the window; the one before it contends, and at equal counts loses.
        OrderCase{"NewcomersLose", EvictionPolicy::kWTinyLfu, 3, "abcdef", "cde"},
        OrderCase{"WhoIsAskedForMoreOftenWins", EvictionPolicy::kWTinyLfu, 3, "abcdde", "ca"},
        // a is protected, so b leaves for d; then e is not more wanted than d.
        OrderCase{"AHitProtects", EvictionPolicy::kWTinyLfu, 3, "abcadddeeef", "cbe"}),
    CaseName);

class EveryPolicyTest : public ::testing::TestWithParam<EvictionPolicy> {};

TEST_P(EveryPolicyTest, LargeOnesPushOutAsManyAsTheyNeed) {
  Letters letters(GetParam(), 100);
  EXPECT_EQ(letters.Ask("abcdefghij", 10), "");
  letters.Ask("K", 35);
  letters.Ask("KKKKL", 35);
  EXPECT_LE(letters.eviction().bytes(), 100u);
  EXPECT_GE(letters.eviction().size(), 3u);
}

TEST_P(EveryPolicyTest, RemovedAndReplacedOnesAreNotEvicted) {
  Letters letters(GetParam(), 4);
  letters.Ask("abcd");
  letters.Remove('a');
  EXPECT_EQ(letters.eviction().size(), 3u);
  Resident fresh;
  fresh.hash = letters.entry('b').hash;
  fresh.bytes = 3;
  letters.eviction().Replace(&letters.entry('b'), &fresh);
  EXPECT_EQ(letters.eviction().bytes(), 5u);
  ResidentQueue all;
  letters.eviction().TakeAll(&all);
  EXPECT_EQ(all.size(), 3u);
  EXPECT_EQ(all.bytes(), 5u);
  EXPECT_EQ(letters.eviction().size(), 0u);
  bool found = false;
  for (Resident* one = all.oldest(); one != nullptr; one = one->newer) found |= one == &fresh;
  EXPECT_TRUE(found);
}

TEST_P(EveryPolicyTest, EvictsUntilEmpty) {
  Letters letters(GetParam(), 8);
  letters.Ask("abcdabcdefgheeff");
  for (size_t left = letters.eviction().size(); left > 0; --left) {
    ASSERT_NE(letters.eviction().Evict(), nullptr);
    EXPECT_EQ(letters.eviction().size(), left - 1);
  }
}

TEST_P(EveryPolicyTest, SameRequestsSameHits) {
  const auto hits = [&] {
    CacheSimulation cache(MakeEviction(GetParam(), 500), 500, 5000);
    base::Random random(11);
    uint64_t sum = 0;
    for (int i = 0; i < 50'000; ++i) {
      const auto id = static_cast<uint32_t>(random.Below(1 + random.Below(5000)));
      sum = sum * 3 + (cache.Request(id, 1 + id % 5) ? 1 : 0);
      EXPECT_LE(cache.eviction().bytes(), 500u);
    }
    return sum;
  };
  EXPECT_EQ(hits(), hits());
}

INSTANTIATE_TEST_SUITE_P(All, EveryPolicyTest,
                         ::testing::Values(EvictionPolicy::kS3Fifo, EvictionPolicy::kLru,
                                           EvictionPolicy::kSieve, EvictionPolicy::kWTinyLfu));

TEST(SimulationTest, OneThatIsLargerThanTheCacheStaysOut) {
  CacheSimulation cache(MakeEviction(EvictionPolicy::kLru, 10), 10, 2);
  EXPECT_FALSE(cache.Request(0, 10));
  EXPECT_FALSE(cache.Request(1, 11));
  EXPECT_FALSE(cache.Contains(1));
  EXPECT_TRUE(cache.Request(0, 10));
}

// --- What S3-FIFO finds out ---

struct Ran {
  double hit_ratio = 0;
  double small_share = 0;
  double ghost_share = 0;  // of the small queue's
};

Ran RunS3(const std::vector<uint32_t>& ids, uint32_t capacity, uint32_t end) {
  auto owned = std::make_unique<S3Fifo>(capacity);
  const S3Fifo& eviction = *owned;
  CacheSimulation cache(std::move(owned), capacity, end);
  double hits = 0;
  for (const uint32_t id : ids) {
    hits += cache.Request(id) ? 1 : 0;
    EXPECT_GE(eviction.small_share(), 0.01);
    EXPECT_LE(eviction.small_share(), 0.4);
  }
  return {hits / static_cast<double>(ids.size()), eviction.small_share(),
          eviction.small_ghost_share()};
}

// Popular ones and many rare ones, for all time the same.
std::vector<uint32_t> Standing(int requests) {
  base::Random random(5);
  std::vector<uint32_t> ids;
  for (int i = 0; i < requests; ++i) {
    ids.push_back(static_cast<uint32_t>(random.Below(1 + random.Below(1 + random.Below(50'000)))));
  }
  return ids;
}

// Ten times each within some 40,000 requests, then never again.
std::vector<uint32_t> Bursting(int requests) {
  base::Random random(6);
  std::vector<uint32_t> ids;
  for (int i = 0; i < requests; ++i) {
    ids.push_back(static_cast<uint32_t>(i / 10 + random.Below(4000)));
  }
  return ids;
}

TEST(S3FifoTest, TheSmallQueueShrinksWherePopularityStands) {
  EXPECT_LT(RunS3(Standing(300'000), 1000, 50'000).small_share, 0.02);
}

TEST(S3FifoTest, TheSmallQueueStaysLargeWhereRequestsComeInBursts) {
  EXPECT_GT(RunS3(Bursting(300'000), 5000, 34'001).small_share, 0.05);
}

TEST(S3FifoTest, GhostsAreBelievedLessWherePopularityStands) {
  EXPECT_LT(RunS3(Standing(600'000), 1000, 50'000).ghost_share, 0.5);
  EXPECT_GT(RunS3(Bursting(300'000), 1000, 34'001).ghost_share, 0.8);
}

TEST(S3FifoTest, HitsInALoopThatDoesNotFit) {
  std::vector<uint32_t> loop;
  for (uint32_t i = 0; i < 300'000; ++i) loop.push_back(i % 1500);
  EXPECT_GT(RunS3(loop, 1000, 1500).hit_ratio, 0.4);
}

}  // namespace
}  // namespace cloudlet::edge
