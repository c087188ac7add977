// Checksums: each of the ten algorithms is verified, kept and given back, in one piece or streamed;
// what is wrong or malformed changes nothing.
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/crc.h"
#include "base/strings.h"
#include "objstore/checksum.h"
#include "objstore/store_conformance.h"

namespace cloudlet::objstore {
namespace {

using enum ChecksumAlgorithm;

constexpr uint64_t kMiB = 1 << 20;

Checksum Of(ChecksumAlgorithm algorithm, std::string_view body) {
  return {algorithm, ChecksumType::kFullObject, base::Base64Encode(DigestOf(algorithm, body))};
}

PutOptions Claim(Checksum checksum) {
  PutOptions options;
  options.checksum = std::move(checksum);
  return options;
}

PutOptions Name(ChecksumAlgorithm algorithm) {
  PutOptions options;
  options.checksum_algorithm = algorithm;
  return options;
}

std::string Text(const Checksum& checksum) {
  return absl::StrCat(base::V(ChecksumAlgorithmName(checksum.algorithm)), " ",
                      base::V(ChecksumTypeName(checksum.type)), " ", checksum.value);
}

// Of the object as head and get show it; they must agree.
std::string Shown(ObjectStore& store, std::string_view bucket, std::string_view key) {
  const auto head = HeadOf(store, bucket, key);
  const auto got = Get(store, bucket, key);
  if (!head.ok() || !got.ok()) return CodeOf(head) + " " + CodeOf(got);
  EXPECT_EQ(head->info.checksum, got->info.checksum);
  EXPECT_EQ(head->info.crc32c, got->info.crc32c);
  return Text(head->info.checksum);
}

// One size for each way in which bodies lie in the store.
const std::vector<uint64_t>& Sizes() {
  static const auto* const sizes =
      new std::vector<uint64_t>{0, 11, 5'000, 70'000, 3 * kMiB + 1, 17 * kMiB};
  return *sizes;
}

// The values that the SDKs send for these bytes (checksum_test.cc names the sources).
TEST_P(StoreConformance, Checksum_OfEveryAlgorithm_IsTakenAndGivenBack) {
  const std::pair<ChecksumAlgorithm, const char*> values[] = {
      {kCrc32, "i9aeUg=="},
      {kCrc32c, "crUfeA=="},
      {kCrc64nvme, "OOJZ0D8xKts="},
      {kSha1, "e1AsOh9IyGCa4hLN+2Od7jlnP14="},
      {kSha256, "ZOyIygCyaOW6GjVnihtTFtIS9PNmskdyMlNKiuyjfzw="},
      {kSha512,
       "t/eDuu2Cl/DbkXRiGE/08I5pwtXl95qUJgD5cl9Yzh8pwYE5v4CwbA//K900c4RS7PQMSIwip+PYDN9vnBwNRw=="},
      {kMd5, "PiWWCnnbxptnTNTsZ6csYg=="},
      {kXxhash64, "xQCwyRKzdtg="},
      {kXxhash3, "tqy52Eo4/3Q="},
      {kXxhash128, "c1H4mBL5c4K5HQWzHgTdfw=="},
  };
  for (const auto& [algorithm, value] : values) {
    const Checksum checksum{algorithm, ChecksumType::kFullObject, value};
    SCOPED_TRACE(Text(checksum));
    for (const PutOptions& options : {Claim(checksum), Name(algorithm)}) {
      const auto put = Put(store(), "bkt", "k", "Hello world", options);
      ASSERT_TRUE(put.ok()) << put.status();
      EXPECT_EQ(put->checksum, checksum);
      EXPECT_EQ(put->etag, Md5Hex("Hello world"));
      EXPECT_EQ(Shown(store(), "bkt", "k"), Text(checksum));
      EXPECT_EQ(HeadOf(store(), "bkt", "k")->info.crc64nvme, base::Crc64Nvme("Hello world"));
    }
  }
}

TEST_P(StoreConformance, Checksum_WithoutOneAsked_IsTheCrc64nvme) {
  const auto put = Put(store(), "bkt", "k", "Hello world");
  ASSERT_TRUE(put.ok()) << put.status();
  EXPECT_EQ(Text(put->checksum), "CRC64NVME FULL_OBJECT OOJZ0D8xKts=");
  EXPECT_EQ(Shown(store(), "bkt", "k"), Text(put->checksum));
  ASSERT_EQ(PutCode("k", "Hello world", {.crc32c = 0x72B51F78}), "OK");
  EXPECT_EQ(Shown(store(), "bkt", "k"), "CRC32C FULL_OBJECT crUfeA==");
  EXPECT_EQ(HeadOf(store(), "bkt", "k")->info.crc32c, 0x72B51F78u);
  ASSERT_EQ(PutCode("k", "Hello world", Claim(Of(kCrc32c, "Hello world"))), "OK");
  EXPECT_EQ(HeadOf(store(), "bkt", "k")->info.crc32c, 0x72B51F78u);
  ASSERT_EQ(PutCode("k", "Hello world", Name(kCrc32)), "OK");
  EXPECT_EQ(HeadOf(store(), "bkt", "k")->info.crc32c, std::nullopt);
}

TEST_P(StoreConformance, Checksum_OfBothEtagPoliciesAndEverySize_IsThatOfTheBody) {
  ASSERT_TRUE(store().CreateBucket("crc", {.etag_policy = EtagPolicy::kCrc64}, {}).ok());
  for (const uint64_t size : Sizes()) {
    const std::string body = Bytes(size, size + 5);
    for (const ChecksumAlgorithm algorithm : kChecksumAlgorithms) {
      if (size > kMiB && algorithm != kMd5 && algorithm != kSha1 && algorithm != kXxhash3) continue;
      const Checksum checksum = Of(algorithm, body);
      SCOPED_TRACE(absl::StrCat(size, " bytes, ", Text(checksum)));
      for (const char* bucket : {"bkt", "crc"}) {
        const auto put = Put(store(), bucket, "k", body, Claim(checksum));
        ASSERT_TRUE(put.ok()) << put.status();
        EXPECT_EQ(put->checksum, checksum);
        EXPECT_EQ(HeadOf(store(), bucket, "k")->info.checksum, checksum);
        EXPECT_EQ(put->etag == Md5Hex(body), std::string_view(bucket) == "bkt");
      }
    }
  }
}

TEST_P(StoreConformance, Checksum_Streamed_IsThatOfTheWhole) {
  ASSERT_TRUE(store().CreateBucket("crc", {.etag_policy = EtagPolicy::kCrc64}, {}).ok());
  for (const uint64_t size : {uint64_t{0}, uint64_t{700}, uint64_t{70'000}, 2 * kMiB + 3}) {
    const std::string body = Bytes(size, size + 7);
    for (const ChecksumAlgorithm algorithm : kChecksumAlgorithms) {
      const Checksum checksum = Of(algorithm, body);
      SCOPED_TRACE(absl::StrCat(size, " bytes, ", Text(checksum)));
      for (const char* bucket : {"bkt", "crc"}) {
        // Named when the body was staged, the value comes with the mutation, as a trailer does.
        auto staged = StageBody(store(), bucket, body, 60'001, Name(algorithm));
        ASSERT_TRUE(staged.ok()) << staged.status();
        const auto put =
            PutStaged(store(), bucket, "k", *std::move(staged), Claim(Of(algorithm, body)));
        ASSERT_TRUE(put.ok()) << put.status();
        EXPECT_EQ(put->checksum, checksum);
        EXPECT_EQ(Shown(store(), bucket, "k"), Text(checksum));
      }
    }
  }
}

TEST_P(StoreConformance, Checksum_Wrong_IsBadDigest_AndTheOldObjectStays) {
  const auto old = Put(store(), "bkt", "k", "old", Name(kSha256));
  ASSERT_TRUE(old.ok()) << old.status();
  const std::string shown = Shown(store(), "bkt", "k");
  for (const uint64_t size : {uint64_t{0}, uint64_t{11}, uint64_t{5'000}, uint64_t{70'000}}) {
    const std::string body = Bytes(size);
    for (const ChecksumAlgorithm algorithm : kChecksumAlgorithms) {
      const PutOptions wrong = Claim(Of(algorithm, body + "x"));
      SCOPED_TRACE(absl::StrCat(size, " bytes, ", Text(*wrong.checksum)));
      const auto put = Put(store(), "bkt", "k", body, wrong);
      EXPECT_EQ(CodeOf(put), "BadDigest");
      for (const std::string& part :
           {absl::StrCat("the ", base::V(ChecksumAlgorithmName(algorithm)),
                         " you specified did not match the calculated checksum"),
            wrong.checksum->value, Of(algorithm, body).value}) {
        EXPECT_NE(put.status().message().find(part), absl::string_view::npos) << put.status();
      }
      auto staged = StageBody(store(), "bkt", body, 60'001, wrong);
      ASSERT_TRUE(staged.ok()) << staged.status();
      EXPECT_EQ(CodeOf(PutStaged(store(), "bkt", "k", *std::move(staged), wrong)), "BadDigest");
      EXPECT_EQ(PutCode("new", body, wrong), "BadDigest");
    }
  }
  EXPECT_EQ(GetCode("new"), "NoSuchKey");
  EXPECT_TRUE(Body("k") == "old");
  EXPECT_EQ(Shown(store(), "bkt", "k"), shown);
  EXPECT_EQ(HeadOf(store(), "bkt", "k")->info.sequence, old->sequence);
}

TEST_P(StoreConformance, Checksum_Malformed_IsInvalidRequest_AlsoBeforeTheBody) {
  ASSERT_EQ(PutCode("k", "old"), "OK");
  const auto refused = [&](const PutOptions& options) {
    EXPECT_EQ(PutCode("k", "new", options), "InvalidRequest");
    EXPECT_EQ(CodeOf(store().Stage({"bkt", "k", &options, {}})), "InvalidRequest");
  };
  for (const ChecksumAlgorithm algorithm : kChecksumAlgorithms) {
    const Checksum right = Of(algorithm, "new");
    const std::string digest = DigestOf(algorithm, "new");
    for (const std::string& value :
         {std::string(), std::string("nonsense!"), right.value.substr(1), right.value + "=",
          " " + right.value, right.value + "-1", base::Base64Encode(digest + "x"),
          base::Base64Encode(std::string_view(digest).substr(1)), base::HexLower(digest)}) {
      SCOPED_TRACE(Text(right) + " as " + value);
      refused(Claim({algorithm, ChecksumType::kFullObject, value}));
    }
    SCOPED_TRACE(Text(right));
    refused(Claim({algorithm, ChecksumType::kComposite, right.value}));
    refused(Claim({algorithm, ChecksumType::kComposite, right.value + "-1"}));
    refused(Claim({algorithm, static_cast<ChecksumType>(3), right.value}));
  }
  for (const int none : {0, 11, 255}) {
    refused(Claim({static_cast<ChecksumAlgorithm>(none), ChecksumType::kFullObject, "AAAAAA=="}));
    refused(Name(static_cast<ChecksumAlgorithm>(none)));
  }
  EXPECT_TRUE(Body("k") == "old");
}

TEST_P(StoreConformance, Checksum_InContradictionToAnotherOption_IsInvalidRequest) {
  const auto refused = [&](const PutOptions& options) {
    EXPECT_EQ(PutCode("k", "body", options), "InvalidRequest");
    EXPECT_EQ(CodeOf(store().Stage({"bkt", "k", &options, {}})), "InvalidRequest");
  };
  PutOptions options = Claim(Of(kSha256, "body"));
  options.checksum_algorithm = kSha1;
  refused(options);
  options.checksum_algorithm = kSha256;
  EXPECT_EQ(PutCode("fine", "body", options), "OK");

  options = Claim(Of(kCrc32c, "body"));
  options.crc32c = base::Crc32c("body");
  refused(options);
  options = Claim(Of(kCrc64nvme, "body"));
  options.crc64nvme = base::Crc64Nvme("body");
  refused(options);
  options.checksum = std::nullopt;
  options.checksum_algorithm = kCrc64nvme;
  EXPECT_EQ(PutCode("fine", "body", options), "OK");
  options.checksum_algorithm = kCrc32;
  refused(options);
  options = Name(kSha1);
  options.crc32c = base::Crc32c("body");
  refused(options);
  EXPECT_EQ(GetCode("k"), "NoSuchKey");
}

TEST_P(StoreConformance, Checksum_NotNamedWhenStaged_IsInvalidRequest) {
  const std::string body = Bytes(70'000);
  const auto code = [&](const PutOptions& at_stage, const PutOptions& at_put) {
    auto staged = StageBody(store(), "bkt", body, kMiB, at_stage);
    EXPECT_TRUE(staged.ok()) << staged.status();
    return CodeOf(PutStaged(store(), "bkt", "k", *std::move(staged), at_put));
  };
  EXPECT_EQ(code({}, Claim(Of(kSha1, body))), "InvalidRequest");
  EXPECT_EQ(code(Name(kSha256), Claim(Of(kSha1, body))), "InvalidRequest");
  EXPECT_EQ(code(Name(kSha256), Name(kCrc32)), "InvalidRequest");
  EXPECT_EQ(code({}, Claim(Of(kMd5, body))), "InvalidRequest");
  EXPECT_EQ(GetCode("k"), "NoSuchKey");
  EXPECT_EQ(code({}, Claim(Of(kCrc64nvme, body))), "OK");  // always computed
}

TEST_P(StoreConformance, Checksum_InABatch_IsVerifiedForEachAlone) {
  std::vector<PutOptions> options;
  for (const ChecksumAlgorithm algorithm : kChecksumAlgorithms) {
    options.push_back(Claim(Of(algorithm, "body")));
    options.push_back(Claim(Of(algorithm, "other")));
  }
  std::vector<std::string> keys;
  for (size_t i = 0; i < options.size(); ++i) keys.push_back(absl::StrCat("k", i));
  std::vector<Mutation> mutations;
  for (size_t i = 0; i < options.size(); ++i) {
    mutations.emplace_back(PutMutation{"bkt", keys[i], absl::Cord("body"), &options[i]});
  }
  const auto verdicts = store().Mutate({absl::MakeSpan(mutations)});
  ASSERT_EQ(verdicts.size(), options.size());
  for (size_t i = 0; i < verdicts.size(); ++i) {
    SCOPED_TRACE(Text(*options[i].checksum));
    EXPECT_EQ(CodeOf(verdicts[i]), i % 2 == 0 ? "OK" : "BadDigest");
    if (!verdicts[i].ok()) continue;
    EXPECT_EQ(std::get<PutResult>(*verdicts[i]).checksum, *options[i].checksum);
    EXPECT_EQ(Shown(store(), "bkt", keys[i]), Text(*options[i].checksum));
  }
}

TEST_P(StoreConformance, Checksum_OfTheWholeObjectIsShownForARangeToo) {
  ASSERT_EQ(PutCode("k", "Hello world", Name(kCrc32)), "OK");
  const auto got = Get(store(), "bkt", "k", {.range = ByteRange::Of(6, 5)});
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->body, "world");
  EXPECT_EQ(Text(got->info.checksum), "CRC32 FULL_OBJECT i9aeUg==");
}

TEST_P(StoreConformance, Checksum_IsThatOfTheVersionAskedFor) {
  ASSERT_TRUE(store().SetVersioning({"bkt"}, Versioning::kEnabled).ok());
  std::vector<std::pair<std::string, std::string>> shown;
  for (const ChecksumAlgorithm algorithm : kChecksumAlgorithms) {
    const auto put = Put(store(), "bkt", "k", "body", Name(algorithm));
    ASSERT_TRUE(put.ok()) << put.status();
    shown.emplace_back(put->version_id, Text(Of(algorithm, "body")));
  }
  for (const auto& [version, checksum] : shown) {
    const auto got = Get(store(), "bkt", "k", {.version_id = version});
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ(Text(got->info.checksum), checksum);
  }
}

TEST_P(StoreConformance, Checksum_SurvivesReopening) {
  if (GetParam().reopen == nullptr) GTEST_SKIP() << "the store keeps nothing";
  std::vector<std::pair<std::string, std::string>> shown;
  for (const uint64_t size : {uint64_t{11}, uint64_t{70'000}}) {
    const std::string body = Bytes(size);
    for (const ChecksumAlgorithm algorithm : kChecksumAlgorithms) {
      const std::string key = absl::StrCat(size, "-", static_cast<int>(algorithm));
      ASSERT_EQ(PutCode(key, body, Name(algorithm)), "OK");
      shown.emplace_back(key, Text(Of(algorithm, body)));
    }
  }
  for (int i = 0; i < 2; ++i) {
    const absl::Status reopened = GetParam().reopen(store());
    ASSERT_TRUE(reopened.ok()) << reopened;
    for (const auto& [key, checksum] : shown) {
      EXPECT_EQ(Shown(store(), "bkt", key), checksum) << key;
    }
  }
}

}  // namespace
}  // namespace cloudlet::objstore
