// Sets of variants, and how one takes another's place in a store.
#include "edge/store/variant_set.h"

#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "edge/absorb.h"
#include "edge/plan.h"
#include "edge/store/cache_store.h"
#include "edge/stored_testing.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

std::shared_ptr<const StoredResponse> Shared(StoredResponse stored) {
  return std::make_shared<const StoredResponse>(std::move(stored));
}

std::shared_ptr<const StoredResponse> English() {
  return Shared(Stored(Ok({{"Cache-Control", "max-age=60"}, {"Vary", "Accept-Language"}}, "hello"),
                       {}, Get({{"Accept-Language", "en"}})));
}

std::shared_ptr<const StoredResponse> German() {
  return Shared(Stored(Ok({{"Cache-Control", "max-age=60"}, {"Vary", "Accept-Language"}}, "hallo"),
                       {}, Get({{"Accept-Language", "de"}})));
}

TEST(VariantSetTest, AddsAndDropsWithoutChangingTheOld) {
  const VariantSet none;
  const VariantSet one = none.With({}, English());
  const VariantSet two = one.With({}, German());
  const VariantSet german = two.With(two.candidates().subspan(0, 1), nullptr);
  EXPECT_EQ(none.size(), 0u);
  EXPECT_EQ(one.size(), 1u);
  EXPECT_EQ(two.size(), 2u);
  ASSERT_EQ(german.size(), 1u);
  EXPECT_EQ(german.candidates()[0], two.candidates()[1]);  // the same response, not a copy
  EXPECT_EQ(two.candidates()[0]->response.body, "hello");
  EXPECT_EQ(two.With(two.candidates(), nullptr).size(), 0u);
}

TEST(VariantSetTest, BytesGrowWithWhatIsStored) {
  const VariantSet none;
  EXPECT_EQ(none.bytes(), 0u);
  const uint64_t small = none.With({}, Shared(Stored(Ok({}, "")))).bytes();
  EXPECT_GT(small, sizeof(StoredResponse));
  EXPECT_EQ(none.With({}, Shared(Stored(Ok({}, std::string(1000, 'x'))))).bytes(), small + 1000);
  EXPECT_EQ(none.With({}, Shared(Stored(Ok({{"A", "12345"}}, "")))).bytes(),
            small + sizeof(HttpHeader) + 6);
  const VariantSet two = none.With({}, English()).With({}, German());
  EXPECT_EQ(two.With(two.candidates(), nullptr).bytes(), 0u);
}

TEST(VariantSetTest, AtMostSoManyTheOldestGo) {
  VariantSet set;
  for (size_t i = 0; i < VariantSet::kMost + 3; ++i) {
    set = set.With({}, Shared(Stored(Ok({}, std::to_string(i)))));
  }
  ASSERT_EQ(set.size(), VariantSet::kMost);
  EXPECT_EQ(set.candidates()[0]->response.body, "3");
}

TEST(VariantSetTest, OneLookUpGivesThePlanItsCandidates) {
  CacheStore<VariantSet> store({.large_on_second_request = false});
  const uint64_t hash = HashOf("/a");
  const auto put = [&](VariantSet set, const CacheStore<VariantSet>::Ref& planned_with) {
    const uint64_t bytes = set.bytes();
    return store.Insert("/a", hash, std::move(set), bytes, {.replaces = planned_with.get()});
  };
  ASSERT_EQ(put(VariantSet().With({}, English()), {}), InsertResult::kStored);
  const auto planned_with = store.Get("/a", hash);
  ASSERT_EQ(put(planned_with->With({}, German()), planned_with), InsertResult::kStored);
  // Somebody else was faster: the set is made again of the one that is there now.
  EXPECT_EQ(put(planned_with->With({}, nullptr), planned_with), InsertResult::kSuperseded);

  const EpochGuard guard;
  const auto* const entry = store.Find("/a", hash, guard);
  ASSERT_NE(entry, nullptr);
  const Plan plan =
      MakePlan(Get({{"Accept-Language", "de"}}), entry->value().candidates(), kStart, {});
  ASSERT_TRUE(std::holds_alternative<Hit>(plan));
  EXPECT_EQ(entry->value().candidates()[std::get<Hit>(plan).stored]->response.body, "hallo");
}

}  // namespace
}  // namespace cloudlet::edge
