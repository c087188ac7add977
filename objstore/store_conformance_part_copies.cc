// What holds of parts that are copied from objects: which bytes they have, under which conditions,
// and that neither side feels what becomes of the other.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/crc.h"
#include "base/strings.h"
#include "objstore/checksum.h"
#include "objstore/store_conformance.h"

namespace cloudlet::objstore {
namespace {

using Texts = std::vector<std::string>;
using Range = std::optional<ByteRange>;

// On both sides of each way that a body is stored in.
constexpr uint64_t kSizes[] = {0, 1, 1024, 1025, 65'536, 65'537, 1 << 20, (3 << 20) + 1, 17 << 20};

// To the part of this number of the upload of "k".
absl::StatusOr<UploadPartCopyResult> CopyPart(ObjectStore& store, std::string_view id, int number,
                                              const CopySource& source, Range range = {},
                                              const Caller& caller = {}) {
  UploadPartCopyOptions options;
  options.range = range;
  return store.UploadPartCopy({{"bkt", "k", id, caller, nullptr}, number, &source, &options});
}
// The part's ETag, or the code of the error.
std::string EtagOrCode(const absl::StatusOr<UploadPartCopyResult>& part) {
  return part.ok() ? part->etag : CodeOf(part);
}

std::string Slice(const std::string& body, const Range& range) {
  if (!range.has_value()) return body;
  return body.substr(*range->first, *range->last - *range->first + 1);
}

Checksum Full(ChecksumAlgorithm algorithm, std::string_view body) {
  return {algorithm, ChecksumType::kFullObject, base::Base64Encode(DigestOf(algorithm, body))};
}

}  // namespace

TEST_P(StoreUploads, PartCopy_HasTheBytesOfTheSource_AndOutlivesIt) {
  const std::string id = Create("k");
  std::vector<CompletedPart> parts;
  std::string all;
  for (const uint64_t size : kSizes) {
    if (size == 0) continue;  // it is not the last one
    const std::string body = Bytes(size, size);
    ASSERT_EQ(PutCode("source", body), "OK");
    clock().Advance(absl::Seconds(5));
    const int number = static_cast<int>(parts.size()) + 1;
    const auto part = CopyPart(store(), id, number, {.key = "source"});
    ASSERT_TRUE(part.ok()) << part.status();
    EXPECT_EQ(part->etag, Md5Hex(body));
    EXPECT_EQ(part->crc64nvme, base::Crc64Nvme(body));
    EXPECT_EQ(part->checksum, Full(ChecksumAlgorithm::kCrc64nvme, body));
    EXPECT_EQ(part->last_modified, clock().Now());
    EXPECT_EQ(part->copy_source_version_id, "");
    const auto page = store().ListParts({"bkt", "k", id, {}, nullptr}, {});
    ASSERT_FALSE(page->parts.empty());
    EXPECT_EQ(page->parts.back().size, size);
    EXPECT_EQ(page->parts.back().etag, part->etag);
    EXPECT_EQ(page->parts.back().last_modified, part->last_modified);
    ASSERT_EQ(DeleteCode("source"), "OK");
    if (size >= 10) {  // the least that a part may have
      all += body;
      parts.push_back({number, part->etag});
    }
  }
  for (int i = 0; i < 80; ++i) ASSERT_EQ(PutCode("other", Bytes(70'000)), "OK");  // sweeps
  if (GetParam().reopen != nullptr) {
    ASSERT_TRUE(GetParam().reopen(store()).ok());
  }
  ASSERT_EQ(CompleteCode("k", id, parts), "OK");
  EXPECT_TRUE(Body("k") == all);
}

TEST_P(StoreUploads, PartCopy_OfAnEmptyObject_IsAnEmptyPart) {
  ASSERT_EQ(PutCode("source", ""), "OK");
  const std::string id = Create("k");
  const auto part = CopyPart(store(), id, 1, {.key = "source"});
  ASSERT_TRUE(part.ok()) << part.status();
  EXPECT_EQ(CodeOf(CopyPart(store(), id, 2, {.key = "source"}, ByteRange{0, 0})),
            "InvalidArgument");
  ASSERT_EQ(CompleteCode("k", id, {{1, part->etag}}), "OK");
  EXPECT_EQ(Body("k"), "");
}

TEST_P(StoreUploads, PartCopy_OfARange_HasThoseBytes_HoweverTheSourceLies) {
  const std::string small = Bytes(1000, 1);
  const std::string large = Bytes(3'200'000, 2);
  const Texts bodies = {Bytes(1'200'000, 3), Bytes(20, 4), Bytes(2'000'000, 5)};
  ASSERT_EQ(PutCode("small", small), "OK");
  ASSERT_EQ(PutCode("large", large), "OK");
  ASSERT_TRUE(Make("parts", bodies).ok());
  const std::string id = Create("k");
  const auto expect = [&](const std::string& key, const std::string& body, uint64_t first,
                          uint64_t last) {
    const ByteRange range{first, last};
    const std::string bytes = Slice(body, range);
    const auto part = CopyPart(store(), id, 1, {.key = key}, range);
    ASSERT_TRUE(part.ok()) << part.status();
    EXPECT_EQ(part->etag, Md5Hex(bytes)) << key << " " << first << "-" << last;
    EXPECT_EQ(Parts("k", id), Texts{absl::StrCat("1:", bytes.size())});
  };
  for (const auto& [first, last] : {std::pair{0, 0}, {0, 999}, {999, 999}, {10, 20}}) {
    expect("small", small, first, last);
  }
  const uint64_t edges[] = {0, (1 << 20) - 1, 1 << 20, 1'199'999, 1'200'000, 1'200'019, 3'199'999};
  for (const uint64_t first : edges) {
    for (const uint64_t last : edges) {
      if (first > last) continue;
      expect("large", large, first, last);
      expect("parts", bodies[0] + bodies[1] + bodies[2], first, last);
    }
  }
}

TEST_P(StoreUploads, PartCopy_AnotherRangeThanTheSourceHas_IsInvalidArgument) {
  ASSERT_EQ(PutCode("source", Bytes(100)), "OK");
  const std::string id = Create("k");
  const Range wrong[] = {
      ByteRange{0, 100},   ByteRange{100, 100},   ByteRange{99, 98}, ByteRange{0, UINT64_MAX},
      ByteRange::From(10), ByteRange::Suffix(10), ByteRange{}};
  for (const Range& range : wrong) {
    EXPECT_EQ(CodeOf(CopyPart(store(), id, 1, {.key = "source"}, range)), "InvalidArgument");
  }
  EXPECT_EQ(CodeOf(CopyPart(store(), id, 1, {.key = "absent"}, ByteRange{2, 1})),
            "InvalidArgument");
  EXPECT_EQ(Parts("k", id), Texts());
  EXPECT_EQ(EtagOrCode(CopyPart(store(), id, 1, {.key = "source"}, ByteRange{0, 99})),
            Md5Hex(Bytes(100)));
}

TEST_P(StoreUploads, PartCopy_SourceConditions_AreThoseOfACopy) {
  ASSERT_EQ(PutCode("s", "the source"), "OK");
  const std::string etag = Md5Hex("the source");
  const absl::Time now = clock().Now();
  const absl::Time before = now - absl::Seconds(1);
  const absl::Time after = now + absl::Seconds(1);
  const std::string no = "PreconditionFailed";
  const std::pair<CopySource, std::string> cases[] = {
      {{.key = "s", .if_match = etag}, etag},
      {{.key = "s", .if_match = "x"}, no},
      {{.key = "s", .if_none_match = "x"}, etag},
      {{.key = "s", .if_none_match = etag}, no},
      {{.key = "s", .if_modified_since = before}, etag},
      {{.key = "s", .if_modified_since = now}, no},
      {{.key = "s", .if_unmodified_since = before}, no},
      {{.key = "s", .if_unmodified_since = now}, etag},
      {{.key = "s", .if_match = etag, .if_unmodified_since = before}, etag},
      {{.key = "s", .if_match = "x", .if_unmodified_since = after}, no},
      {{.key = "s", .if_none_match = etag, .if_modified_since = before}, no},
      {{.key = "s", .if_none_match = "x", .if_modified_since = after}, etag},
      {{.key = "absent", .if_match = "*"}, "NoSuchKey"},
  };
  int i = 0;
  for (const auto& [source, expected] : cases) {
    const std::string id = Create("k");
    EXPECT_EQ(EtagOrCode(CopyPart(store(), id, 1, source)), expected) << i;
    EXPECT_EQ(Parts("k", id).size(), expected == etag ? 1u : 0u) << i++;
  }
}

TEST_P(StoreUploads, PartCopy_OfNothing_SaysWhatIsMissing) {
  ASSERT_EQ(PutCode("s", "the source"), "OK");
  const std::string id = Create("k");
  const auto code = [&](const CopySource& source) {
    return CodeOf(CopyPart(store(), id, 1, source));
  };
  EXPECT_EQ(code({.key = "absent"}), "NoSuchKey");
  EXPECT_EQ(code({.bucket = "absent", .key = "s"}), "NoSuchBucket");
  EXPECT_EQ(code({.key = "s", .version_id = "00000000000000ab"}), "NoSuchVersion");
  EXPECT_EQ(code({.key = "s", .version_id = "what"}), "InvalidArgument");
  EXPECT_EQ(code({.key = ""}), "InvalidArgument");
  EXPECT_EQ(code({.key = std::string(1025, 'x')}), "KeyTooLongError");
  EXPECT_EQ(Parts("k", id), Texts());
}

TEST_P(StoreUploads, PartCopy_AsksOfTheUpload_WhatAPartDoes) {
  ASSERT_EQ(PutCode("s", "the source"), "OK");
  const std::string id = Create("k");
  EXPECT_EQ(CodeOf(CopyPart(store(), id, 0, {.key = "s"})), "InvalidArgument");
  EXPECT_EQ(CodeOf(CopyPart(store(), id, 21, {.key = "s"})), "InvalidArgument");
  EXPECT_EQ(CodeOf(CopyPart(store(), "what", 1, {.key = "s"})), "NoSuchUpload");
  EXPECT_EQ(CodeOf(CopyPart(store(), Create("other"), 1, {.key = "s"})), "NoSuchUpload");
  EXPECT_EQ(CodeOf(CopyPart(store(), "what", 1, {.key = "absent"})), "NoSuchUpload");
  ASSERT_EQ(AbortCode("k", id), "OK");
  EXPECT_EQ(CodeOf(CopyPart(store(), id, 1, {.key = "s"})), "NoSuchUpload");
}

TEST_P(StoreUploads, PartCopy_ReplacesThePartOfItsNumber_AndMayTakeTheKeyItself) {
  ASSERT_EQ(PutCode("k", Bytes(70'000, 1)), "OK");
  const std::string id = Create("k");
  EXPECT_EQ(UploadOne("k", id, 1, Bytes(80'000, 2)), Md5Hex(Bytes(80'000, 2)));
  const auto part = CopyPart(store(), id, 1, {.bucket = "bkt", .key = "k"});
  ASSERT_TRUE(part.ok()) << part.status();
  EXPECT_EQ(Parts("k", id), Texts{"1:70000"});
  const std::string more = UploadOne("k", id, 2, "and more");
  ASSERT_EQ(CompleteCode("k", id, {{1, part->etag}, {2, more}}), "OK");
  EXPECT_TRUE(Body("k") == Bytes(70'000, 1) + "and more");
}

// --- Versions ---

TEST_P(StoreUploads, PartCopy_OfAVersion_TakesThatOne) {
  const std::string id = Create("k");
  ASSERT_EQ(PutCode("s", "null version"), "OK");
  ASSERT_TRUE(store().SetVersioning({"bkt"}, Versioning::kEnabled).ok());
  const auto old = Put(store(), "bkt", "s", Bytes(70'000, 1));
  const auto last = Put(store(), "bkt", "s", Bytes(70'000, 2));
  ASSERT_TRUE(old.ok() && last.ok());
  const auto expect = [&](const std::string& version, const std::string& body,
                          const std::string& is) {
    const auto part = CopyPart(store(), id, 1, {.key = "s", .version_id = version});
    ASSERT_TRUE(part.ok()) << part.status();
    EXPECT_EQ(part->etag, Md5Hex(body));
    EXPECT_EQ(part->copy_source_version_id, is);
  };
  expect("", Bytes(70'000, 2), last->version_id);
  expect(last->version_id, Bytes(70'000, 2), last->version_id);
  expect(old->version_id, Bytes(70'000, 1), old->version_id);
  expect("null", "null version", "null");
  ASSERT_EQ(DeleteCode("s", {.version_id = old->version_id}), "OK");
  EXPECT_EQ(CodeOf(CopyPart(store(), id, 1, {.key = "s", .version_id = old->version_id})),
            "NoSuchVersion");
}

TEST_P(StoreUploads, PartCopy_OfADeleteMarker_IsNoSuchKey_AndByItsIdInvalidRequest) {
  ASSERT_TRUE(store().SetVersioning({"bkt"}, Versioning::kEnabled).ok());
  const std::string id = Create("k");
  const auto put = Put(store(), "bkt", "s", "the source");
  const auto marker = Delete(store(), "bkt", "s");
  ASSERT_TRUE(put.ok() && marker.ok() && marker->delete_marker);
  EXPECT_EQ(CodeOf(CopyPart(store(), id, 1, {.key = "s"})), "NoSuchKey");
  EXPECT_EQ(CodeOf(CopyPart(store(), id, 1, {.key = "s", .version_id = marker->version_id})),
            "InvalidRequest");
  EXPECT_EQ(Parts("k", id), Texts());
  EXPECT_EQ(EtagOrCode(CopyPart(store(), id, 1, {.key = "s", .version_id = put->version_id})),
            put->etag);
}

// --- Buckets, checksums, limits ---

TEST_P(StoreUploads, PartCopy_BetweenBuckets_NeedsBothToBeTheCallers) {
  Caller alice;
  alice.principal = "alice";
  ASSERT_TRUE(store().CreateBucket("hers", {}, alice).ok());
  ASSERT_TRUE(store().CreateBucket("crc", {.etag_policy = EtagPolicy::kCrc64}, {}).ok());
  ASSERT_TRUE(Put(store(), "hers", "s", "hers", {}, alice).ok());
  ASSERT_TRUE(Put(store(), "crc", "s", Bytes(70'000)).ok());
  const std::string id = Create("k");
  EXPECT_EQ(CodeOf(CopyPart(store(), id, 1, {.bucket = "hers", .key = "s"})), "AccessDenied");
  EXPECT_EQ(CodeOf(CopyPart(store(), id, 1, {.bucket = "hers", .key = "absent"})), "AccessDenied");
  EXPECT_EQ(CodeOf(CopyPart(store(), id, 1, {.bucket = "hers", .key = "s"}, {}, alice)),
            "AccessDenied");
  EXPECT_EQ(Parts("k", id), Texts());
  // The ETag is what an upload of the bytes gives here, not that of the source.
  EXPECT_EQ(EtagOrCode(CopyPart(store(), id, 1, {.bucket = "crc", .key = "s"})),
            Md5Hex(Bytes(70'000)));
  EXPECT_EQ(Parts("k", id), Texts{"1:70000"});
}

TEST_P(StoreUploads, PartCopy_HasTheChecksumOfTheUpload_WhateverTheSourceHas) {
  const std::string body = Bytes(70'000);
  PutOptions put;
  put.checksum_algorithm = ChecksumAlgorithm::kSha1;
  ASSERT_EQ(PutCode("s", body, put), "OK");
  for (const ChecksumAlgorithm algorithm : kChecksumAlgorithms) {
    PutOptions options;
    options.checksum_algorithm = algorithm;
    const std::string id = Create("k", options);
    const auto whole = CopyPart(store(), id, 1, {.key = "s"});
    const auto range = CopyPart(store(), id, 2, {.key = "s"}, ByteRange{10, 60'000});
    ASSERT_TRUE(whole.ok() && range.ok()) << whole.status() << range.status();
    EXPECT_EQ(whole->checksum, Full(algorithm, body));
    EXPECT_EQ(range->checksum, Full(algorithm, body.substr(10, 59'991)));
    ASSERT_EQ(CompleteCode("k", id,
                           {{1, whole->etag, whole->checksum}, {2, range->etag, range->checksum}}),
              "OK");
    EXPECT_TRUE(Body("k") == body + body.substr(10, 59'991));
  }
}

TEST_P(StoreUploads, PartCopy_LargerThanTheLimits_IsRefused) {
  Limits limits;
  limits.max_copy_bytes = 2000;
  limits.max_part_bytes = 1000;
  OpenWith(limits, KeyPolicy::kBytes);
  ASSERT_EQ(PutCode("1000", Bytes(1000)), "OK");
  ASSERT_EQ(PutCode("2000", Bytes(2000)), "OK");
  ASSERT_EQ(PutCode("2001", Bytes(2001)), "OK");
  const std::string id = Create("k");
  EXPECT_EQ(CodeOf(CopyPart(store(), id, 1, {.key = "2001"})), "InvalidRequest");
  EXPECT_EQ(CodeOf(CopyPart(store(), id, 1, {.key = "2000"})), "EntityTooLarge");
  EXPECT_EQ(CodeOf(CopyPart(store(), id, 1, {.key = "2001"}, ByteRange{0, 1000})),
            "EntityTooLarge");
  EXPECT_EQ(Parts("k", id), Texts());
  EXPECT_EQ(CodeOf(CopyPart(store(), id, 1, {.key = "1000"})), "OK");
  EXPECT_EQ(CodeOf(CopyPart(store(), id, 2, {.key = "2001"}, ByteRange{1001, 2000})), "OK");
  EXPECT_EQ(Parts("k", id), (Texts{"1:1000", "2:1000"}));
}

// --- Threads ---

// The source is overwritten, deleted and freed while it is copied: a copy has one version's bytes.
TEST_P(StoreUploads, Threads_PartCopies_HaveTheBytesOfOneVersion) {
  constexpr uint64_t kBytes = 3 << 20;
  const Texts bodies = {Bytes(kBytes, 1), Bytes(kBytes, 2)};
  const Range range = ByteRange{100'000, kBytes - 100'000};
  const Texts wholes = {Md5Hex(bodies[0]), Md5Hex(bodies[1])};
  const Texts ranges = {Md5Hex(Slice(bodies[0], range)), Md5Hex(Slice(bodies[1], range))};
  const std::string id = Create("k");
  ASSERT_EQ(PutCode("s", bodies[0]), "OK");
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 1; !stop.load(); ++i) {
      if (i % 3 == 0) {
        EXPECT_EQ(DeleteCode("s"), "OK");
      }
      EXPECT_EQ(PutCode("s", bodies[static_cast<size_t>(i % 2)]), "OK");
      for (int j = 0; j < 8; ++j) EXPECT_EQ(PutCode("other", Bytes(70'000)), "OK");  // sweeps
    }
  });
  int copied = 0;
  for (int i = 0; copied < 40; ++i) {
    const bool whole = i % 2 == 0;
    const auto part = CopyPart(store(), id, i % 20 + 1, {.key = "s"}, whole ? Range() : range);
    if (CodeOf(part) == "NoSuchKey") continue;
    EXPECT_TRUE(part.ok()) << part.status();
    if (!part.ok()) break;
    const Texts& etags = whole ? wholes : ranges;
    EXPECT_TRUE(part->etag == etags[0] || part->etag == etags[1]);
    ++copied;
  }
  stop.store(true);
  writer.join();
}

}  // namespace cloudlet::objstore
