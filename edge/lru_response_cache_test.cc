// The least recently used goes, bytes are bounded, prefixes are erased whole.
#include "edge/lru_response_cache.h"

#include <memory>
#include <string>

#include "edge/stored_testing.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

std::shared_ptr<const CachedSet> SetOf(size_t body) {
  auto set = std::make_shared<CachedSet>();
  set->variants.push_back(
      std::make_shared<const StoredResponse>(Stored(Ok({}, std::string(body, 'x')))));
  return set;
}

TEST(LruResponseCacheTest, KeepsWhatWasUsedLast) {
  ResponseCache::Freed freed;
  LruResponseCache cache(10'000);
  cache.Put("a", SetOf(2'000), &freed);
  cache.Put("b", SetOf(2'000), &freed);
  cache.Put("c", SetOf(2'000), &freed);
  EXPECT_NE(cache.Get("a"), nullptr);
  cache.Put("d", SetOf(2'000), &freed);
  EXPECT_EQ(cache.Get("b"), nullptr);
  EXPECT_NE(cache.Get("a"), nullptr);
  EXPECT_NE(cache.Get("d"), nullptr);
  EXPECT_LE(cache.size().bytes, 10'000u);
}

TEST(LruResponseCacheTest, WhatDoesNotFitIsNotKeptAndTakesTheOldAway) {
  ResponseCache::Freed freed;
  LruResponseCache cache(4'000);
  cache.Put("a", SetOf(10), &freed);
  cache.Put("a", SetOf(5'000), &freed);
  EXPECT_EQ(cache.Get("a"), nullptr);
  EXPECT_EQ(cache.size().bytes, 0u);
  LruResponseCache none(0);
  none.Put("a", SetOf(0), &freed);
  EXPECT_EQ(none.size().entries, 0u);
}

TEST(LruResponseCacheTest, ErasesByKeyAndByPrefix) {
  ResponseCache::Freed freed;
  LruResponseCache cache(1 << 20);
  for (const char* key : {"/a", "/a/b", "/a/c", "/b"}) cache.Put(key, SetOf(1), &freed);
  cache.Put("/b", SetOf(2), &freed);
  EXPECT_EQ(cache.size().entries, 4u);
  EXPECT_EQ(cache.ErasePrefix("/a/", &freed), 2u);
  EXPECT_NE(cache.Get("/a"), nullptr);
  cache.Erase("/a", &freed);
  cache.Erase("/none", &freed);
  EXPECT_EQ(cache.Get("/a"), nullptr);
  EXPECT_EQ(cache.ErasePrefix("", &freed), 1u);
  EXPECT_EQ(cache.size().bytes, 0u);
  EXPECT_EQ(freed.size(), 5u);  // and the one that was replaced
}

}  // namespace
}  // namespace cloudlet::edge
