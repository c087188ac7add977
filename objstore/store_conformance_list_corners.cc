// The corners of listing: S3's first ListObjects with its marker, encoded keys, owners, keys and
// delimiters of odd bytes, and what pages promise while others write.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html
#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/random.h"
#include "base/strings.h"
#include "objstore/store_conformance.h"

namespace cloudlet::objstore {
namespace {

using Strings = std::vector<std::string>;

std::string TextOf(const ListEntry& entry) { return entry.is_prefix ? entry.key + ">" : entry.key; }

// As ListAll, by the markers of S3's first ListObjects.
Strings ListByMarkers(ObjectStore& store, ListPageOptions options) {
  Strings all;
  for (;;) {
    const auto page = store.List("bkt", options, {});
    if (!page.ok()) return {CodeOf(page)};
    EXPECT_LE(page->entries.size(), options.max_keys);
    for (const ListEntry& entry : page->entries) all.push_back(TextOf(entry));
    if (!page->is_truncated) {
      EXPECT_EQ(page->next_marker, "");
      return all;
    }
    EXPECT_EQ(page->next_marker, page->entries.back().key);
    if (page->next_marker <= options.marker) return {"stuck at " + options.marker};
    options.start_after.clear();
    options.marker = page->next_marker;
  }
}

// What a client decodes.
std::string Decoded(std::string_view text) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'A' + 10; };
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      EXPECT_TRUE(text[i] > ' ' && text[i] < '\x7F') << base::Quoted(text);
      decoded += text[i];
    } else {
      decoded += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    }
  }
  return decoded;
}

void OnThreads(int count, const std::function<void(int)>& body) {
  std::vector<std::thread> threads;
  for (int t = 0; t < count; ++t) threads.emplace_back([&body, t] { body(t); });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

TEST_P(StoreConformance, Marker_BeginsAfterItsKey_WhetherThatIsThereOrNot) {
  Fill({"a", "b", "c"});
  EXPECT_EQ(ListByMarkers(store(), {.marker = "a"}), (Strings{"b", "c"}));
  EXPECT_EQ(ListByMarkers(store(), {.marker = "aa"}), (Strings{"b", "c"}));
  EXPECT_EQ(ListByMarkers(store(), {.marker = "c"}), Strings{});
  EXPECT_EQ(ListByMarkers(store(), {.prefix = "b", .marker = "a"}), (Strings{"b"}));
  EXPECT_EQ(ListByMarkers(store(), {.prefix = "b", .marker = "bb"}), Strings{});
  EXPECT_EQ(ListByMarkers(store(), {.prefix = "b", .delimiter = "/", .marker = "c/d"}), Strings{});
}

// Where start_after only names a place in the order of keys.
TEST_P(StoreConformance, Marker_ThatIsOrLiesInACommonPrefix_SkipsAllOfIt) {
  Fill({"a", "b/1", "b/2/x", "b/3", "c"});
  for (const char* marker : {"b/", "b/1", "b/2/", "b/0", "b/\xFF"}) {
    EXPECT_EQ(ListByMarkers(store(), {.delimiter = "/", .marker = marker}), (Strings{"c"}))
        << marker;
  }
  EXPECT_EQ(ListByMarkers(store(), {.delimiter = "/", .marker = "b"}), (Strings{"b/>", "c"}));
  EXPECT_EQ(ListByMarkers(store(), {.delimiter = "/", .start_after = "b/"}), (Strings{"b/>", "c"}));
  EXPECT_EQ(ListByMarkers(store(), {.delimiter = "/", .start_after = "b/1"}),
            (Strings{"b/>", "c"}));
  EXPECT_EQ(ListByMarkers(store(), {.prefix = "b/", .delimiter = "/", .marker = "b/2/"}),
            (Strings{"b/3"}));
  EXPECT_EQ(ListByMarkers(store(), {.prefix = "b/", .delimiter = "/", .marker = "b/1"}),
            (Strings{"b/2/>", "b/3"}));
  EXPECT_EQ(ListByMarkers(store(), {.marker = "b/1"}), (Strings{"b/2/x", "b/3", "c"}));
}

TEST_P(StoreConformance, Marker_WithATokenOrStartAfter_IsInvalidArgument) {
  Fill({"a", "b"});
  const auto page = store().List("bkt", {.max_keys = 1}, {});
  ASSERT_TRUE(page.ok() && page->is_truncated);
  EXPECT_EQ(CodeOf(store().List("bkt", {.start_after = "a", .marker = "a"}, {})),
            "InvalidArgument");
  EXPECT_EQ(CodeOf(store().List(
                "bkt", {.continuation_token = page->next_continuation_token, .marker = "a"}, {})),
            "InvalidArgument");
}

TEST_P(StoreConformance, Marker_PagesAgreeWithTokens_OverNastyKeys) {
  Fill(NastyKeys());
  const Strings prefixes = {"", "a", "a/", "\xF0\x9F", "\xFF", std::string("\0", 1), "//"};
  const Strings delimiters = {"", "/", "//", "\xA6", "\xFF", std::string("\0", 1), "a", " "};
  for (const std::string& prefix : prefixes) {
    for (const std::string& delimiter : delimiters) {
      for (const size_t max_keys : {1, 2, 1000}) {
        const ListPageOptions options = {
            .prefix = prefix, .delimiter = delimiter, .max_keys = max_keys};
        EXPECT_EQ(ListByMarkers(store(), options), Listed(options))
            << base::Quoted(prefix) << base::Quoted(delimiter) << max_keys;
      }
    }
  }
}

TEST_P(StoreConformance, Encoded_Keys_PrefixesAndMarkers_AreTheSameOnceDecoded) {
  Fill(NastyKeys());
  for (const char* delimiter : {"", "/", " ", "%", "\xA6"}) {
    ListPageOptions plain = {.delimiter = delimiter, .max_keys = 3};
    ListPageOptions encoded = plain;
    encoded.encoding_type = EncodingType::kUrl;
    for (bool more = true; more;) {
      const auto expected = store().List("bkt", plain, {});
      const auto page = store().List("bkt", encoded, {});
      ASSERT_TRUE(page.ok() && expected.ok()) << page.status();
      ASSERT_EQ(page->entries.size(), expected->entries.size());
      for (size_t i = 0; i < page->entries.size(); ++i) {
        EXPECT_EQ(Decoded(page->entries[i].key), expected->entries[i].key);
        EXPECT_EQ(page->entries[i].key, UrlEncodeKey(expected->entries[i].key));
        EXPECT_EQ(page->entries[i].is_prefix, expected->entries[i].is_prefix);
        EXPECT_EQ(page->entries[i].etag, expected->entries[i].etag);
      }
      EXPECT_EQ(page->next_marker, UrlEncodeKey(expected->next_marker));
      EXPECT_EQ(page->next_continuation_token, expected->next_continuation_token);
      more = page->is_truncated;
      encoded.continuation_token = page->next_continuation_token;
      plain.continuation_token = expected->next_continuation_token;
    }
  }
}

TEST_P(StoreConformance, Encoded_AsS3Writes) {
  Fill({"test_file(3).png", "foo+1/bar", "quux ab/thud", "asdf+b", "~*", "100%"});
  const auto page =
      store().List("bkt", {.delimiter = "/", .encoding_type = EncodingType::kUrl}, {});
  ASSERT_TRUE(page.ok()) << page.status();
  Strings keys;
  for (const ListEntry& entry : page->entries) keys.push_back(TextOf(entry));
  EXPECT_EQ(keys, (Strings{"100%25", "asdf%2Bb", "foo%2B1/>", "quux%20ab/>", "test_file%283%29.png",
                           "%7E*"}));
  EXPECT_EQ(CodeOf(store().List("bkt", {.encoding_type = static_cast<EncodingType>(7)}, {})),
            "InvalidArgument");
}

TEST_P(StoreConformance, Owner_IsToldWhenAskedFor) {
  Fill({"a", "b/c"});
  EXPECT_EQ(store().List("bkt", {}, {})->owner, "");
  const std::string owner = store().List("bkt", {.fetch_owner = true}, {})->owner;
  EXPECT_NE(owner, "");
  EXPECT_EQ(store().List("bkt", {.max_keys = 0, .fetch_owner = true}, {})->owner, owner);
  EXPECT_EQ(store().ListVersions("bkt", {}, {})->owner, owner);
  EXPECT_EQ(store().ListMultipartUploads("bkt", {}, {})->owner, owner);
  Caller other;
  other.principal = "somebody-else";
  ASSERT_TRUE(store().CreateBucket("others", {}, other).ok());
  EXPECT_EQ(store().List("others", {.fetch_owner = true}, other)->owner, "somebody-else");
  EXPECT_EQ(store().ListVersions("others", {}, other)->owner, "somebody-else");
}

TEST_P(StoreConformance, Checksums_AreToldWhenAskedFor) {
  ASSERT_EQ(PutCode("a", "1"), "OK");
  PutOptions sha256;
  sha256.checksum_algorithm = ChecksumAlgorithm::kSha256;
  ASSERT_EQ(PutCode("b", Bytes(70'000), sha256), "OK");
  ASSERT_EQ(PutCode("c/d", "3", sha256), "OK");
  const auto plain = store().List("bkt", {}, {});
  ASSERT_TRUE(plain.ok());
  EXPECT_FALSE(plain->entries[1].checksum_algorithm.has_value());
  const auto page = store().List("bkt", {.delimiter = "/", .fetch_checksum = true}, {});
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->entries.size(), 3u);
  EXPECT_EQ(page->entries[0].checksum_algorithm, ChecksumAlgorithm::kCrc64nvme);
  EXPECT_EQ(page->entries[1].checksum_algorithm, ChecksumAlgorithm::kSha256);
  EXPECT_EQ(page->entries[1].checksum_type, ChecksumType::kFullObject);
  EXPECT_EQ(page->entries[1].size, 70'000u);
  EXPECT_FALSE(page->entries[2].checksum_algorithm.has_value());
}

TEST_P(StoreConformance, LongestKeys_AreListed_RolledUpAndPassed) {
  const std::string long_a = std::string(1023, 'a') + "/";
  const std::string ff(1024, '\xFF');
  const std::string zero(1024, '\0');
  const Strings taken = Fill({long_a, std::string(1024, 'a'), ff, zero, "b"});
  EXPECT_EQ(Listed(), taken);
  for (const size_t max_keys : {1, 2, 1000}) {
    ListPageOptions options = {.delimiter = "/", .max_keys = max_keys};
    Strings rolled = taken;
    std::replace(rolled.begin(), rolled.end(), long_a, long_a + ">");
    EXPECT_EQ(Listed(options), rolled);
    EXPECT_EQ(ListByMarkers(store(), options), rolled);
  }
  EXPECT_EQ(Listed({.prefix = long_a}), (Strings{long_a}));
  EXPECT_EQ(Listed({.prefix = long_a, .delimiter = "/"}), (Strings{long_a}));
  EXPECT_EQ(Listed({.prefix = long_a + "x"}), Strings{});
  EXPECT_EQ(Listed({.start_after = ff}), Strings{});
  EXPECT_EQ(Listed({.start_after = std::string(5000, '\xFF')}), Strings{});
  EXPECT_EQ(Listed({.delimiter = std::string(1025, 'a')}), taken);
  EXPECT_EQ(Listed({.delimiter = std::string(1024, 'a')}).front(),
            taken.front() == zero ? zero : std::string(1024, 'a') + ">");
}

TEST_P(StoreConformance, Prefix_ThatEndsInsideACharacter_OrInTheDelimiter) {
  Fill({"\xE2\x82\xAC/1", "\xE2\x82\xAC/2", "\xE2\x82\xAD", "x/", "x//y", "x/y/z"});
  EXPECT_EQ(Listed({.prefix = "\xE2\x82", .delimiter = "/"}),
            (Strings{"\xE2\x82\xAC/>", "\xE2\x82\xAD"}));
  EXPECT_EQ(Listed({.prefix = "\xE2", .delimiter = "\x82"}), (Strings{"\xE2\x82>"}));
  EXPECT_EQ(Listed({.prefix = "x/", .delimiter = "/"}), (Strings{"x/", "x//>", "x/y/>"}));
  // The delimiter's first byte is the prefix's last: it is looked for behind the prefix only.
  EXPECT_EQ(Listed({.prefix = "x/", .delimiter = "//"}), (Strings{"x/", "x//y", "x/y/z"}));
  EXPECT_EQ(Listed({.prefix = "x", .delimiter = "//"}), (Strings{"x/", "x//>", "x/y/z"}));
}

TEST_P(StoreVersions, KeyMarker_InACommonPrefix_SkipsAllOfIt_AndKeysAreEncoded) {
  Set(Versioning::kEnabled);
  for (const char* key : {"a b/1", "a b/2", "c%"}) PutVersion(key, "");
  for (const char* marker : {"a b/", "a b/1", "a b/0", "a b/9"}) {
    const Strings rest = Versions({.delimiter = "/", .key_marker = marker});
    ASSERT_EQ(rest.size(), 1u) << marker;
    EXPECT_EQ(rest[0].substr(0, 3), "c% ");
  }
  EXPECT_EQ(Versions({.key_marker = "a b/1"}).size(), 2u);
  VersionPageOptions options;
  options.delimiter = "/";
  options.max_keys = 1;
  options.encoding_type = EncodingType::kUrl;
  const auto first = store().ListVersions("bkt", options, {});
  ASSERT_TRUE(first.ok() && first->is_truncated) << first.status();
  EXPECT_EQ(first->entries[0].key, "a%20b/");
  EXPECT_EQ(first->next_key_marker, "a%20b/");
  options.key_marker = Decoded(first->next_key_marker);
  EXPECT_EQ(store().ListVersions("bkt", options, {})->entries[0].key, "c%25");
  options.encoding_type = static_cast<EncodingType>(7);
  EXPECT_EQ(CodeOf(store().ListVersions("bkt", options, {})), "InvalidArgument");
  EXPECT_EQ(
      CodeOf(store().ListVersions("bkt", {.key_marker = "a b/", .version_id_marker = "x"}, {})),
      "InvalidArgument");
}

TEST_P(StoreUploads, KeyMarker_InACommonPrefix_SkipsAllOfIt_AndKeysAreEncoded) {
  for (const char* key : {"a b/1", "a b/2", "c%"}) Create(key);
  for (const char* marker : {"a b/", "a b/1", "a b/0", "a b/9"}) {
    const Strings rest = Uploads({.delimiter = "/", .key_marker = marker});
    ASSERT_EQ(rest.size(), 1u) << marker;
    EXPECT_EQ(rest[0].substr(0, 3), "c% ");
  }
  EXPECT_EQ(Uploads({.key_marker = "a b/1"}).size(), 2u);
  UploadPageOptions options;
  options.delimiter = "/";
  options.max_uploads = 1;
  options.encoding_type = EncodingType::kUrl;
  const auto first = store().ListMultipartUploads("bkt", options, {});
  ASSERT_TRUE(first.ok() && first->is_truncated) << first.status();
  EXPECT_EQ(first->entries[0].key, "a%20b/");
  EXPECT_EQ(first->next_key_marker, "a%20b/");
  options.key_marker = Decoded(first->next_key_marker);
  EXPECT_EQ(store().ListMultipartUploads("bkt", options, {})->entries[0].key, "c%25");
  options.encoding_type = static_cast<EncodingType>(7);
  EXPECT_EQ(CodeOf(store().ListMultipartUploads("bkt", options, {})), "InvalidArgument");
}

// Two writers put and delete keys between those that stay, two listers page through all of it.
TEST_P(StoreVersions, Threads_WhatIsThereAllTheTime_IsListedExactlyOnce) {
  Set(Versioning::kEnabled);
  Strings stay;
  for (int i = 10; i < 50; ++i) {
    stay.push_back(absl::StrCat("k", i, "/stays"));
    PutVersion(stay.back(), "old");
    PutVersion(stay.back(), "new");
  }
  std::atomic<int> listing{2};
  OnThreads(4, [&](int t) {
    if (t < 2) {
      base::Random random(static_cast<uint64_t>(t) + 1);
      while (listing.load() > 0) {
        const std::string key =
            absl::StrCat("k", 10 + random.Below(40), random.Below(2) == 0 ? "" : "/a");
        ASSERT_EQ(PutCode(key, "x"), "OK");
        const auto removed = Delete(store(), "bkt", key);
        ASSERT_TRUE(removed.ok()) << removed.status();
        ASSERT_NE(DeleteText(key, removed->version_id), "nothing");
        ASSERT_TRUE(Delete(store(), "bkt", key).ok());
      }
      return;
    }
    for (int round = 0; round < 4; ++round) {
      Strings keys = ListAll(store(), "bkt", {.max_keys = 7});
      Strings marked = ListByMarkers(store(), {.max_keys = 7});
      const Strings rolled = ListAll(store(), "bkt", {.delimiter = "/", .max_keys = 5});
      const auto others = [](const std::string& key) { return key.find("stays") == key.npos; };
      keys.erase(std::remove_if(keys.begin(), keys.end(), others), keys.end());
      marked.erase(std::remove_if(marked.begin(), marked.end(), others), marked.end());
      EXPECT_EQ(keys, stay);
      EXPECT_EQ(marked, stay);
      EXPECT_TRUE(std::is_sorted(rolled.begin(), rolled.end()));
      EXPECT_EQ(std::count_if(rolled.begin(), rolled.end(),
                              [](const std::string& text) { return text.back() == '>'; }),
                40);
    }
    --listing;
  });
}

}  // namespace cloudlet::objstore
