// The checker of linearizability on histories made by hand, and on random small ones beside a
// search through every order. linearizable_stores_test.cc puts it to use.
#include "tests/linearizability.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "gtest/gtest.h"
#include "tests/test_folder.h"

namespace cloudlet::testing {
namespace {

using History = std::vector<Operation>;

Operation On(uint64_t invoked, uint64_t returned, Verb verb) {
  Operation operation;
  operation.key = "k";
  operation.invoked = invoked;
  operation.returned = returned;
  operation.verb = verb;
  return operation;
}
Operation Put(uint64_t invoked, uint64_t returned, Value value, Outcome outcome = Outcome::kDone) {
  Operation put = On(invoked, returned, Verb::kPut);
  put.value = value;
  put.outcome = outcome;
  return put;
}
Operation PutIfNone(uint64_t invoked, uint64_t returned, Value value,
                    Outcome outcome = Outcome::kDone) {
  Operation put = Put(invoked, returned, value, outcome);
  put.condition = Condition::kIfNoneMatchStar;
  return put;
}
Operation PutIfMatch(uint64_t invoked, uint64_t returned, Value expected, Value value,
                     Outcome outcome = Outcome::kDone) {
  Operation put = Put(invoked, returned, value, outcome);
  put.condition = Condition::kIfMatch;
  put.expected = expected;
  return put;
}
// kNothing: there is none.
Operation Get(uint64_t invoked, uint64_t returned, Value value) {
  Operation get = On(invoked, returned, Verb::kGet);
  get.value = value;
  get.outcome = value == kNothing ? Outcome::kNoObject : Outcome::kDone;
  return get;
}
Operation Delete(uint64_t invoked, uint64_t returned, Outcome outcome = Outcome::kDone) {
  Operation removal = On(invoked, returned, Verb::kDelete);
  removal.outcome = outcome;
  return removal;
}

bool Linearizable(const History& history) { return !CheckLinearizable(history).has_value(); }

TEST(Linearizability, OneAfterAnother_IsAsS3Answers) {
  EXPECT_TRUE(Linearizable({}));
  EXPECT_TRUE(Linearizable({
      Get(1, 2, kNothing),
      Delete(3, 4, Outcome::kNoObject),
      PutIfNone(5, 6, 1),
      PutIfNone(7, 8, 2, Outcome::kPreconditionFailed),
      Get(9, 10, 1),
      PutIfMatch(11, 12, 1, 3),
      PutIfMatch(13, 14, 1, 4, Outcome::kPreconditionFailed),
      Get(15, 16, 3),
      Delete(17, 18),
      PutIfMatch(19, 20, 3, 5, Outcome::kNoObject),
      PutIfNone(21, 22, 6),
      Get(23, 24, 6),
      Put(25, 26, 7),
      Get(27, 28, 7),
      On(29, 30, Verb::kMark),
      On(31, 32, Verb::kMark),
      Get(33, 34, kNothing),
  }));
}

TEST(Linearizability, OverlappingOperations_MayBeInAnyOrder) {
  for (const Value read : {kNothing, Value{1}, Value{2}}) {
    EXPECT_TRUE(Linearizable({Put(1, 10, 1), Put(2, 9, 2), Get(3, 8, read)})) << read;
  }
  // The two reads agree on 1 before 2; then on 2 before 1.
  EXPECT_TRUE(Linearizable({Put(1, 10, 1), Put(2, 11, 2), Get(3, 4, 1), Get(5, 6, 2)}));
  EXPECT_TRUE(Linearizable({Put(1, 10, 1), Put(2, 11, 2), Get(3, 4, 2), Get(5, 6, 1)}));
  EXPECT_FALSE(
      Linearizable({Put(1, 20, 1), Put(2, 21, 2), Get(3, 4, 2), Get(5, 6, 1), Get(7, 8, 2)}));
  // Two threads' gets cannot see them in different orders.
  EXPECT_FALSE(Linearizable({Put(1, 3, 1), Put(2, 4, 2), Get(5, 6, 1), Get(7, 8, 2)}));
}

TEST(Linearizability, StaleRead_IsRejected_AndNamesKeyAndOperations) {
  History history = {Put(1, 2, 11), Put(3, 4, 12), Get(6, 7, 11), Put(5, 8, 13), Get(9, 10, 13)};
  history[2].thread = 3;
  const auto violation = CheckLinearizable(history);
  ASSERT_TRUE(violation.has_value());
  EXPECT_EQ(violation->key, "k");
  EXPECT_EQ(violation->operation.invoked, 6u);
  EXPECT_EQ(violation->text,
            "key \"k\": no order of the key's operations explains\n"
            "  get by thread 3 [6, 7]: 11\n"
            "    its value: put of 11 by thread 0 [1, 2]: done\n"
            "    in flight: put of 13 by thread 0 [5, 8]: done\n"
            "    before it: put of 11 by thread 0 [1, 2]: done\n"
            "    before it: put of 12 by thread 0 [3, 4]: done\n");
  // As long as the second put is under way, it is no stale read.
  EXPECT_TRUE(Linearizable({Put(1, 2, 11), Put(3, 8, 12), Get(6, 7, 11)}));
}

TEST(Linearizability, ReadOfADeletedObject_AndOfNothing_AreStaleToo) {
  EXPECT_FALSE(Linearizable({Put(1, 2, 1), Delete(3, 4), Get(5, 6, 1)}));
  EXPECT_FALSE(Linearizable({Put(1, 2, 1), On(3, 4, Verb::kMark), Get(5, 6, 1)}));
  EXPECT_FALSE(Linearizable({Put(1, 2, 1), Get(3, 4, kNothing)}));
  EXPECT_FALSE(Linearizable({Put(1, 2, 1), Delete(3, 4, Outcome::kNoObject)}));
  EXPECT_FALSE(Linearizable({Delete(1, 2)}));
}

TEST(Linearizability, ReadFromTheFuture_AndOfWhatNobodyWrote_AreRejected) {
  EXPECT_FALSE(Linearizable({Get(1, 2, 7), Put(3, 4, 7)}));
  EXPECT_FALSE(Linearizable({Get(1, 2, 7), Put(3, 4, 7, Outcome::kUnknown)}));
  EXPECT_FALSE(Linearizable({Put(1, 2, 1), Get(3, 4, 7)}));
}

TEST(Linearizability, LostUpdate_IsRejected) {
  EXPECT_FALSE(Linearizable({Put(1, 2, 1), PutIfMatch(3, 6, 1, 2), PutIfMatch(4, 5, 1, 3)}));
  EXPECT_TRUE(Linearizable({Put(1, 2, 1), PutIfMatch(3, 6, 1, 2),
                            PutIfMatch(4, 5, 1, 3, Outcome::kPreconditionFailed)}));
  EXPECT_FALSE(Linearizable({Put(1, 2, 1), Put(3, 4, 2), Get(5, 6, 1)}));
}

TEST(Linearizability, RefusalWithoutACause_IsRejected) {
  EXPECT_FALSE(Linearizable({PutIfNone(1, 2, 1, Outcome::kPreconditionFailed)}));
  EXPECT_FALSE(Linearizable({Put(1, 2, 1), PutIfMatch(3, 4, 1, 2, Outcome::kPreconditionFailed)}));
  EXPECT_FALSE(Linearizable({Put(1, 2, 1), PutIfMatch(3, 4, 1, 2, Outcome::kNoObject)}));
}

TEST(Linearizability, TwoWinnersOfIfNoneMatch_AreRejected) {
  EXPECT_FALSE(Linearizable({PutIfNone(1, 4, 1), PutIfNone(2, 3, 2)}));
  EXPECT_TRUE(Linearizable({PutIfNone(1, 4, 1), Delete(5, 8), PutIfNone(6, 7, 2)}));
  EXPECT_TRUE(Linearizable({PutIfNone(1, 4, 1), PutIfNone(2, 3, 2, Outcome::kPreconditionFailed)}));
}

TEST(Linearizability, UnknownOutcome_MayHaveHappenedAtAnyTimeAfter_OrNever) {
  const Operation lost = Put(3, 4, 2, Outcome::kUnknown);
  EXPECT_TRUE(Linearizable({Put(1, 2, 1), lost, Get(5, 6, 1), Get(7, 8, 1)}));
  EXPECT_TRUE(Linearizable({Put(1, 2, 1), lost, Get(5, 6, 1), Get(7, 8, 2), Get(9, 10, 2)}));
  EXPECT_FALSE(Linearizable({Put(1, 2, 1), lost, Get(5, 6, 2), Get(7, 8, 1)}));
  EXPECT_FALSE(Linearizable({Put(1, 2, 1), Get(3, 4, kNothing), Delete(5, 6, Outcome::kUnknown)}));
  // One delete of unknown outcome explains one loss, not two.
  const Operation gone = Delete(3, 4, Outcome::kUnknown);
  EXPECT_TRUE(Linearizable({Put(1, 2, 1), gone, Get(5, 6, 1), Get(7, 8, kNothing)}));
  EXPECT_FALSE(
      Linearizable({Put(1, 2, 1), gone, Get(5, 6, kNothing), Put(7, 8, 2), Get(9, 10, kNothing)}));
  // What nobody saw may be what a refusal saw.
  EXPECT_TRUE(Linearizable(
      {Put(1, 2, 9, Outcome::kUnknown), PutIfNone(3, 4, 1, Outcome::kPreconditionFailed)}));
}

TEST(Linearizability, ManyOfUnknownOutcome_AreNoExplosion) {
  History history;
  uint64_t stamp = 0;
  for (Value i = 1; i <= 20; ++i) {
    history.push_back(Put(stamp + 1, 0, 1000 + i, Outcome::kUnknown));
    history.push_back(Delete(stamp + 2, 0, Outcome::kUnknown));
    stamp += 2;
  }
  for (Value i = 1; i <= 40; ++i) {
    history.push_back(Put(stamp + 1, stamp + 2, i));
    history.push_back(Get(stamp + 3, stamp + 4, i % 2 == 0 ? kNothing : i));
    stamp += 4;
  }
  EXPECT_TRUE(Linearizable(history));
  history.push_back(Put(stamp + 1, stamp + 2, 99));
  history.push_back(Get(stamp + 3, stamp + 4, kNothing));  // the 21st loss
  EXPECT_FALSE(Linearizable(history));
}

TEST(Linearizability, MoreInFlightThanItCanHold_IsSaid) {
  History history;
  for (uint64_t i = 1; i <= 64; ++i) history.push_back(Put(i, 100 + i, i));
  EXPECT_TRUE(Linearizable(history));
  history.push_back(Put(80, 200, 80));
  const auto violation = CheckLinearizable(history);
  ASSERT_TRUE(violation.has_value());
  EXPECT_NE(violation->text.find("more than 64 operations in flight"), std::string::npos);
}

TEST(Linearizability, KeysAreJudgedApart) {
  History history = {Put(1, 2, 1), Put(3, 4, 2), Get(5, 6, 1)};
  history[1].key = "other";
  EXPECT_TRUE(Linearizable(history));
  history[2].key = "other";
  EXPECT_EQ(CheckLinearizable(history)->key, "other");
}

TEST(Linearizability, CountOverlapping_CountsBothSides) {
  EXPECT_EQ(CountOverlapping({Put(1, 2, 1), Put(3, 6, 2), Get(4, 5, 1), Put(7, 8, 3)}), 2u);
}

// --- Every order ---

// What S3 holds and answers, once more: independent of the checker's own.
struct PlainS3 {
  Value object = kNothing;

  // The outcome of `operation`, and the value where it is a get.
  std::pair<Outcome, Value> Do(const Operation& operation) {
    if (operation.condition == Condition::kIfNoneMatchStar) {
      if (object != kNothing) return {Outcome::kPreconditionFailed, 0};
    } else if (operation.condition == Condition::kIfMatch) {
      if (object == kNothing) return {Outcome::kNoObject, 0};
      if (object != operation.expected) return {Outcome::kPreconditionFailed, 0};
    }
    switch (operation.verb) {
      case Verb::kPut:
        object = operation.value;
        return {Outcome::kDone, 0};
      case Verb::kGet:
        return {object == kNothing ? Outcome::kNoObject : Outcome::kDone, object};
      case Verb::kDelete:
      case Verb::kMark:
        break;
    }
    const bool nothing = std::exchange(object, kNothing) == kNothing;
    return {nothing && operation.verb == Verb::kDelete ? Outcome::kNoObject : Outcome::kDone, 0};
  }
};

bool Explains(const History& history, const std::vector<size_t>& order, unsigned left_out) {
  PlainS3 s3;
  uint64_t begun = 0;  // the latest begin so far: what returned before that comes too late
  for (const size_t i : order) {
    const Operation& operation = history[i];
    const bool known = operation.outcome != Outcome::kUnknown;
    if ((left_out >> i & 1) != 0) continue;
    if (known && operation.returned < begun) return false;
    begun = std::max(begun, operation.invoked);
    const auto [outcome, value] = s3.Do(operation);
    if (known && outcome != operation.outcome) return false;
    const bool reads = operation.verb == Verb::kGet && operation.outcome == Outcome::kDone;
    if (reads && value != operation.value) return false;
  }
  return true;
}

bool AnyOrderExplains(const History& history) {
  for (unsigned left_out = 0; left_out < 1u << history.size(); ++left_out) {
    bool allowed = true;
    for (size_t i = 0; i < history.size(); ++i) {
      allowed &= (left_out >> i & 1) == 0 || history[i].outcome == Outcome::kUnknown;
    }
    std::vector<size_t> order(history.size());
    std::iota(order.begin(), order.end(), 0);
    while (allowed) {
      if (Explains(history, order, left_out)) return true;
      if (!std::next_permutation(order.begin(), order.end())) break;
    }
  }
  return false;
}

// Operations at random times that do take effect at some moment of theirs, some of them with an
// outcome that is not known; then, one time in two, with one answer that is not right.
History RandomHistory(base::Random& random) {
  const size_t count = 2 + random.Below(5);
  std::vector<uint64_t> stamps(2 * count);
  std::iota(stamps.begin(), stamps.end(), 1);
  for (size_t i = 0; i < stamps.size(); ++i) {  // neighbours change places: most overlap a little
    const size_t other = std::min(stamps.size() - 1, i + random.Below(4));
    std::swap(stamps[i], stamps[other]);
  }
  History history;
  std::vector<std::pair<uint64_t, size_t>> moments;
  for (size_t i = 0; i < count; ++i) {
    const auto [from, to] = std::minmax(stamps[2 * i], stamps[2 * i + 1]);
    Operation operation = On(from, to, static_cast<Verb>(random.Below(4)));
    if (operation.verb == Verb::kPut) operation.value = i + 1;
    if (operation.verb != Verb::kGet) operation.condition = static_cast<Condition>(random.Below(3));
    if (operation.condition == Condition::kIfMatch) operation.expected = 1 + random.Below(count);
    history.push_back(operation);
    moments.emplace_back(100 * from + random.Below(100 * (to - from)), i);
  }
  std::sort(moments.begin(), moments.end());
  PlainS3 s3;
  for (const auto& [moment, i] : moments) {
    Operation& operation = history[i];
    const bool lost = random.Chance(0.25);
    if (lost) operation.outcome = Outcome::kUnknown;
    if (lost && random.Chance(0.5)) continue;
    const auto [outcome, value] = s3.Do(operation);
    if (!lost) operation.outcome = outcome;
    if (operation.verb == Verb::kGet) operation.value = value;
  }
  if (random.Chance(0.5)) {
    Operation& wrong = history[random.Below(count)];
    wrong.outcome = static_cast<Outcome>(random.Below(3));
    if (wrong.verb == Verb::kGet) wrong.value = random.Below(count + 1);
  }
  return history;
}

TEST(Linearizability, OfRandomHistories_IsWhatTryingEveryOrderSays) {
  base::Random random(TestSeed());
  int right = 0;
  int wrong = 0;
  for (int i = 0; i < 4'000; ++i) {
    const History history = RandomHistory(random);
    const bool expected = AnyOrderExplains(history);
    ++(expected ? right : wrong);
    std::string text;
    for (const Operation& operation : history) text += ToText(operation) + "\n";
    ASSERT_EQ(Linearizable(history), expected) << text;
  }
  EXPECT_GT(right, 400);
  EXPECT_GT(wrong, 400);
}

}  // namespace
}  // namespace cloudlet::testing
