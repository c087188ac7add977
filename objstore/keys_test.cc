// The grammar of keys: what is encoded parses back, and byte order is the order that walks rely on.
#include "objstore/keys.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"

namespace cloudlet::objstore {
namespace {

const uint64_t kNumbers[] = {0, 1, 255, 256, 65535, 1u << 31, uint64_t{1} << 56, UINT64_MAX};

TEST(Keys, FamilyIndexesAreTheirPlacesInTheList) {
  const std::vector<std::string> names = FamilyNames();
  ASSERT_EQ(names.size(), 11u);
  EXPECT_EQ(names[kSystem], "system");
  EXPECT_EQ(names[kBuckets], "buckets");
  EXPECT_EQ(names[kHeads], "heads");
  EXPECT_EQ(names[kVersions], "versions");
  EXPECT_EQ(names[kPayload], "payload");
  EXPECT_EQ(names[kOwners], "owners");
  EXPECT_EQ(names[kUploads], "uploads");
  EXPECT_EQ(names[kEvents], "events");
  EXPECT_EQ(names[kDeliveries], "deliveries");
  EXPECT_EQ(names[9], "ext1");
  EXPECT_EQ(names[10], "ext2");
}

// In the order of S3: unsigned bytes.
std::vector<std::string> ObjectKeys() {
  std::vector<std::string> keys = {"a",
                                   "a/",
                                   "a/b",
                                   "a0",
                                   "b",
                                   "\x7F",
                                   "\x80",
                                   "\xFF",
                                   "\xFF\xFF",
                                   "a\xFF",
                                   std::string("\0", 1),
                                   std::string("a\0", 2),
                                   std::string("a\0\xFF", 3),
                                   std::string("a\0\x01", 3)};
  std::sort(keys.begin(), keys.end());
  return keys;
}

TEST(HeadKey, OrdersByBucketThenByKeyBytes) {
  std::string last;
  for (const uint64_t bucket : kNumbers) {
    for (const std::string& key : ObjectKeys()) {
      const std::string head = HeadKey(bucket, key);
      EXPECT_LT(last, head);
      EXPECT_EQ(KeyOfHead(head), key);
      last = head;
    }
  }
}

TEST(HeadKey, OfATooShortRow_HasNoKey) {
  EXPECT_EQ(KeyOfHead("1234567"), "");
  EXPECT_EQ(KeyOfHead(""), "");
}

TEST(VersionKey, OrdersByKeyThenNewestFirst) {
  std::vector<std::string> rows;
  for (const std::string& key : ObjectKeys()) {
    for (const uint64_t number : {uint64_t{900}, uint64_t{256}, uint64_t{255}, uint64_t{1}}) {
      rows.push_back(VersionKey(5, key, number));
    }
  }
  EXPECT_TRUE(std::is_sorted(rows.begin(), rows.end()));
  EXPECT_EQ(std::adjacent_find(rows.begin(), rows.end()), rows.end());
}

TEST(VersionKey, KeyParsesBackWithItsNumber) {
  for (const std::string& key : ObjectKeys()) {
    const std::string row = VersionKey(5, key, 77);
    std::string_view rest = row;
    uint64_t bucket = 0;
    uint64_t inverted = 0;
    std::string parsed;
    ASSERT_TRUE(base::ReadBe64(&rest, &bucket) && base::ConsumeOrdered(&rest, &parsed) &&
                base::ReadBe64(&rest, &inverted));
    EXPECT_EQ(bucket, 5u);
    EXPECT_EQ(parsed, key);
    EXPECT_EQ(~inverted, 77u);
    EXPECT_TRUE(rest.empty());
  }
}

TEST(ChunkKey, OrdersByPayloadThenChunk_TheManifestLast) {
  std::string last;
  for (const uint64_t payload : kNumbers) {
    for (const uint32_t chunk : {0u, 1u, 255u, 256u, 70000u, kManifestChunk}) {
      const std::string key = ChunkKey(payload, chunk);
      EXPECT_LT(last, key);
      const auto name = ParseChunkKey(key);
      ASSERT_TRUE(name.has_value());
      EXPECT_EQ(name->payload_id, payload);
      EXPECT_EQ(name->chunk, chunk);
      last = key;
    }
  }
}

TEST(OwnerKeys, ParseBackAndAreToldApart) {
  for (const uint64_t payload : kNumbers) {
    const std::string garbage = GarbageKey(payload);
    EXPECT_EQ(ParseGarbageKey(garbage), payload);
    EXPECT_FALSE(ParseReferenceKey(garbage).has_value());
    for (const char kind : {kVersionOwner, kManifestOwner}) {
      const std::string key = ReferenceKey(payload, kind, ~payload);
      const auto reference = ParseReferenceKey(key);
      ASSERT_TRUE(reference.has_value());
      EXPECT_EQ(reference->payload_id, payload);
      EXPECT_EQ(reference->kind, kind);
      EXPECT_EQ(reference->owner_id, ~payload);
      EXPECT_EQ(key.compare(0, 9, ReferencePrefix(payload)), 0);
      EXPECT_FALSE(ParseGarbageKey(key).has_value());
    }
  }
}

TEST(EventKey, OrdersByTagThenNumber) {
  std::string last;
  for (const char tag : {kRetainedTag, kTransientTag}) {
    for (const uint64_t number : kNumbers) {
      const std::string key = EventKey(tag, number);
      EXPECT_LT(last, key);
      EXPECT_EQ(ParseEventKey(key), number);
      last = key;
    }
  }
}

TEST(DeliveryKey, OrdersByNumberThenFunction) {
  EXPECT_LT(DeliveryKeyOf(1, "zzz"), DeliveryKeyOf(2, "a"));
  EXPECT_LT(DeliveryKeyOf(2, "a"), DeliveryKeyOf(2, "ab"));
  EXPECT_LT(DeliveryKeyOf(255, "f"), DeliveryKeyOf(256, "f"));
}

TEST(RuleKey, LiesUnderItsBucketsPrefixOnly) {
  EXPECT_EQ(RuleKey(5, "id").compare(0, RulePrefixOf(5).size(), RulePrefixOf(5)), 0);
  EXPECT_NE(RuleKey(6, "id").compare(0, RulePrefixOf(5).size(), RulePrefixOf(5)), 0);
  EXPECT_EQ(RuleKey(5, "id").substr(RulePrefixOf(5).size()), "id");
}

TEST(Keys, CutOrLengthened_DoNotParse) {
  const std::string chunk = ChunkKey(9, 3);
  const std::string garbage = GarbageKey(9);
  const std::string reference = ReferenceKey(9, kVersionOwner, 4);
  const std::string event = EventKey(kTransientTag, 9);
  for (size_t n = 0; n < chunk.size(); ++n) EXPECT_FALSE(ParseChunkKey(chunk.substr(0, n)));
  for (size_t n = 0; n < garbage.size(); ++n) EXPECT_FALSE(ParseGarbageKey(garbage.substr(0, n)));
  for (size_t n = 0; n < reference.size(); ++n) {
    EXPECT_FALSE(ParseReferenceKey(reference.substr(0, n)));
  }
  for (size_t n = 0; n < event.size(); ++n) EXPECT_FALSE(ParseEventKey(event.substr(0, n)));
  EXPECT_FALSE(ParseChunkKey(chunk + "x"));
  EXPECT_FALSE(ParseGarbageKey(garbage + "x"));
  EXPECT_FALSE(ParseReferenceKey(reference + "x"));
  EXPECT_FALSE(ParseEventKey(event + "x"));
}

}  // namespace
}  // namespace cloudlet::objstore
