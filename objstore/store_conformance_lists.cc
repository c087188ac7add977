// Listing: byte order, prefixes, delimiters, positions and pages, against a scan that spells out
// S3's rule.
#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/strings.h"
#include "objstore/store_conformance.h"

namespace cloudlet::objstore {
namespace {

using Strings = std::vector<std::string>;

// What ListAll must give for `keys`, which are in byte order: S3's rule by a plain scan.
Strings ScannedList(const Strings& keys, const ListPageOptions& options) {
  Strings listed;
  for (const std::string& key : keys) {
    if (key.compare(0, options.prefix.size(), options.prefix) != 0) continue;
    if (!options.start_after.empty() && key <= options.start_after) continue;
    const size_t at = options.delimiter.empty()
                          ? std::string::npos
                          : key.find(options.delimiter, options.prefix.size());
    if (at == std::string::npos) {
      listed.push_back(key);
      continue;
    }
    const std::string common = key.substr(0, at + options.delimiter.size()) + ">";
    if (listed.empty() || listed.back() != common) listed.push_back(common);
  }
  return listed;
}

std::string Shown(const ListPageOptions& options) {
  return "prefix " + base::Quoted(options.prefix) + " delimiter " +
         base::Quoted(options.delimiter) + " after " + base::Quoted(options.start_after) + " max " +
         std::to_string(options.max_keys);
}

void ExpectAsScanned(ObjectStore& store, const Strings& keys, ListPageOptions options) {
  const Strings expected = ScannedList(keys, options);
  for (const size_t max_keys : {1, 2, 3, 1000}) {
    options.max_keys = max_keys;
    EXPECT_EQ(ListAll(store, "bkt", options), expected) << Shown(options);
  }
}

TEST_P(StoreConformance, List_IsInByteOrder_AndEmptyOfAnEmptyBucket) {
  EXPECT_TRUE(Listed().empty());
  for (const char* key : {"b", "B", "a", "ab", "a0", "a/", "\xC3\xA9"}) {
    ASSERT_EQ(PutCode(key, ""), "OK");
  }
  EXPECT_EQ(Listed(), (Strings{"B", "a", "a/", "a0", "ab", "b", "\xC3\xA9"}));
}

TEST_P(StoreConformance, List_ShowsSizeEtagAndTime) {
  ASSERT_EQ(PutCode("small", "hello world"), "OK");
  clock().Advance(absl::Seconds(3));
  ASSERT_EQ(PutCode("tall", Bytes(100'000)), "OK");
  ASSERT_EQ(PutCode("u/x", ""), "OK");
  const auto page = store().List("bkt", {.delimiter = "/"}, {});
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->entries.size(), 3u);
  EXPECT_EQ(page->entries[0].size, 11u);
  EXPECT_EQ(page->entries[0].etag, "5eb63bbbe01eeed093cb22bb8f5acdc3");
  EXPECT_EQ(page->entries[0].last_modified, clock().Now() - absl::Seconds(3));
  EXPECT_FALSE(page->entries[0].is_prefix);
  EXPECT_EQ(page->entries[1].size, 100'000u);
  EXPECT_EQ(page->entries[1].last_modified, clock().Now());
  EXPECT_TRUE(page->entries[2].is_prefix);
  EXPECT_EQ(page->entries[2].key, "u/");
  EXPECT_EQ(page->entries[2].size, 0u);
  EXPECT_FALSE(page->is_truncated);
  EXPECT_TRUE(page->next_continuation_token.empty());
}

TEST_P(StoreConformance, List_StaysInItsBucket) {
  ASSERT_TRUE(store().CreateBucket("before", {}, {}).ok());
  ASSERT_TRUE(store().CreateBucket("zafter", {}, {}).ok());
  for (const char* bucket : {"before", "bkt", "zafter"}) {
    ASSERT_TRUE(Put(store(), bucket, std::string(bucket) + "/k", "").ok());
    ASSERT_TRUE(Put(store(), bucket, "~", "").ok());
  }
  EXPECT_EQ(Listed(), (Strings{"bkt/k", "~"}));
  EXPECT_EQ(Listed({.delimiter = "/"}), (Strings{"bkt/>", "~"}));
  EXPECT_EQ(Listed({.prefix = "zafter"}), Strings{});
}

TEST_P(StoreConformance, List_NastyKeys_WithEveryPrefixDelimiterAndStart) {
  const Strings taken = Fill(NastyKeys());
  Strings prefixes = {"",
                      "a",
                      "a/",
                      "\xF0",
                      "\xF0\x9F\xA6",
                      "\xFF",
                      "\xFF\xFF",
                      "x",
                      "%",
                      ".",
                      "nothing",
                      std::string("\0", 1),
                      std::string("a\0", 2)};
  const Strings delimiters = {"", "/", "//", "b", "\xA6\x84", "\xFF", std::string("\0", 1), "xx"};
  for (const std::string& prefix : prefixes) {
    for (const std::string& delimiter : delimiters) {
      ExpectAsScanned(store(), taken, {.prefix = prefix, .delimiter = delimiter});
    }
  }
  Strings starts = taken;
  starts.insert(starts.end(), {"a/a", "a/b/c", "\xF0\x9F", "zzz", "\xFF\xFF\xFF"});
  for (const std::string& start : starts) {
    ExpectAsScanned(store(), taken, {.delimiter = "/", .start_after = start});
    ExpectAsScanned(store(), taken, {.prefix = "a", .start_after = start});
  }
}

TEST_P(StoreConformance, List_StartAfterInsideACommonPrefix_StillShowsIt_UnlessNothingFollows) {
  Fill({"a", "b/1", "b/2", "b/3", "c"});
  EXPECT_EQ(Listed({.delimiter = "/", .start_after = "b/1"}), (Strings{"b/>", "c"}));
  EXPECT_EQ(Listed({.delimiter = "/", .start_after = "b/3"}), (Strings{"c"}));
  EXPECT_EQ(Listed({.prefix = "b/", .start_after = "a"}), (Strings{"b/1", "b/2", "b/3"}));
  EXPECT_EQ(Listed({.prefix = "b/", .start_after = "c"}), Strings{});
}

TEST_P(StoreConformance, List_CommonPrefixesCountAsEntries_AndTheirTokenSkipsAllOfThem) {
  Strings keys;
  for (const char* directory : {"a/", "b/", "c/"}) {
    for (int i = 0; i < 20; ++i) keys.push_back(directory + std::to_string(i));
  }
  Fill(keys);
  const auto first = store().List("bkt", {.delimiter = "/", .max_keys = 1}, {});
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_EQ(first->entries.size(), 1u);
  EXPECT_EQ(first->entries[0].key, "a/");
  ASSERT_TRUE(first->is_truncated);
  const auto second = store().List(
      "bkt",
      {.delimiter = "/", .continuation_token = first->next_continuation_token, .max_keys = 2}, {});
  ASSERT_TRUE(second.ok()) << second.status();
  ASSERT_EQ(second->entries.size(), 2u);
  EXPECT_EQ(second->entries[1].key, "c/");
  EXPECT_FALSE(second->is_truncated);
}

TEST_P(StoreConformance, List_PageThatIsExactlyFull_IsNotTruncated) {
  Fill({"a", "b"});
  const auto page = store().List("bkt", {.max_keys = 2}, {});
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->entries.size(), 2u);
  EXPECT_FALSE(page->is_truncated);
}

TEST_P(StoreConformance, List_MaxKeysZero_IsAnEmptyPage) {
  Fill({"a", "b"});
  const auto page = store().List("bkt", {.max_keys = 0}, {});
  ASSERT_TRUE(page.ok());
  EXPECT_TRUE(page->entries.empty());
  EXPECT_FALSE(page->is_truncated);
}

TEST_P(StoreConformance, List_PageLimit_CutsLargerRequests) {
  Limits limits;
  limits.max_list_page = 3;
  OpenWith(limits, KeyPolicy::kBytes);
  for (int i = 0; i < 7; ++i) ASSERT_EQ(PutCode("k" + std::to_string(i), ""), "OK");
  const auto page = store().List("bkt", {.max_keys = 100}, {});
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->entries.size(), 3u);
  EXPECT_TRUE(page->is_truncated);
  EXPECT_EQ(Listed().size(), 7u);
}

TEST_P(StoreConformance, List_ForgedToken_IsInvalidArgument) {
  Fill({"a", "b", "c"});
  const auto page = store().List("bkt", {.max_keys = 1}, {});
  ASSERT_TRUE(page.ok() && page->is_truncated);
  std::string changed = page->next_continuation_token;
  changed[0] = changed[0] == 'A' ? 'B' : 'A';
  for (const std::string& token :
       {changed, page->next_continuation_token + "A", page->next_continuation_token.substr(1),
        std::string("a"), std::string("b"), std::string("!!!"), base::Base64Encode("kb1234"),
        std::string("=")}) {
    EXPECT_EQ(CodeOf(store().List("bkt", {.continuation_token = token}, {})), "InvalidArgument")
        << token;
  }
}

TEST_P(StoreConformance, List_Token_WinsOverStartAfter_AndOutlivesItsKey) {
  Fill({"a", "b", "c", "d"});
  const auto page = store().List("bkt", {.max_keys = 2}, {});
  ASSERT_TRUE(page.ok() && page->is_truncated);
  EXPECT_EQ(Listed({.start_after = "c", .continuation_token = page->next_continuation_token}),
            (Strings{"c", "d"}));
  ASSERT_EQ(DeleteCode("b"), "OK");
  ASSERT_EQ(DeleteCode("c"), "OK");
  EXPECT_EQ(Listed({.continuation_token = page->next_continuation_token}), (Strings{"d"}));
}

TEST_P(StoreConformance, List_WhatWasThereAllTheTime_AppearsExactlyOnce_WhileOthersComeAndGo) {
  Strings stay;
  for (int i = 10; i < 60; ++i) stay.push_back("k" + std::to_string(i));
  Fill(stay);
  ListPageOptions options;
  options.max_keys = 3;
  Strings seen;
  for (int round = 0;; ++round) {
    const auto page = store().List("bkt", options, {});
    ASSERT_TRUE(page.ok()) << page.status();
    for (const ListEntry& entry : page->entries) {
      if (entry.key.size() == 3) seen.push_back(entry.key);
    }
    if (!page->is_truncated) break;
    options.continuation_token = page->next_continuation_token;
    ASSERT_EQ(PutCode("k" + std::to_string(10 + round % 50) + "-extra", ""), "OK");
    ASSERT_EQ(DeleteCode("k" + std::to_string(10 + (round * 7) % 50) + "-extra"), "OK");
  }
  EXPECT_EQ(seen, stay);
}

TEST_P(StoreConformance, List_RandomKeys_AgreeWithAScan) {
  const std::string_view alphabet("ab/\0\xFF", 5);
  base::Random random(20'300'101);
  Strings keys;
  for (int i = 0; i < 200; ++i) {
    std::string key;
    for (uint64_t n = 1 + random.Below(5); n > 0; --n) key += alphabet[random.Below(5)];
    keys.push_back(key);
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  const Strings taken = Fill(keys);
  const auto text = [&](uint64_t most) {
    std::string chosen;
    for (uint64_t n = random.Below(most + 1); n > 0; --n) chosen += alphabet[random.Below(5)];
    return chosen;
  };
  for (int i = 0; i < 100; ++i) {
    ListPageOptions options;
    options.prefix = text(2);
    options.delimiter = text(2);
    options.start_after = text(4);
    ExpectAsScanned(store(), taken, options);
  }
}

TEST_P(StoreConformance, List_OfAnAbsentBucket_IsNoSuchBucket) {
  EXPECT_EQ(CodeOf(store().List("absent", {}, {})), "NoSuchBucket");
}

}  // namespace
}  // namespace cloudlet::objstore
