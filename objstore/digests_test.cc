// The plan of digests, computing them, and what is refused of what callers say.
#include "objstore/digests.h"

#include <string>
#include <string_view>

#include "base/crc.h"
#include "gtest/gtest.h"
#include "objstore/store_testing.h"

namespace cloudlet::objstore {
namespace {

constexpr DigestPlan kAll = {true, ChecksumAlgorithm::kCrc32c};

TEST(Digests, PlanComputesWhatIsAskedFor) {
  PutOptions none;
  EXPECT_TRUE(PlanDigests(EtagPolicy::kMd5, none).md5);
  EXPECT_FALSE(PlanDigests(EtagPolicy::kCrc64, none).md5);
  EXPECT_EQ(PlanDigests(EtagPolicy::kMd5, none).checksum, std::nullopt);
  PutOptions md5;
  md5.content_md5 = "x";
  EXPECT_TRUE(PlanDigests(EtagPolicy::kCrc64, md5).md5);
  EXPECT_EQ(PlanDigests(EtagPolicy::kCrc64, md5).checksum, std::nullopt);
  PutOptions crc;
  crc.crc32c = 0;
  EXPECT_EQ(PlanDigests(EtagPolicy::kCrc64, crc).checksum, ChecksumAlgorithm::kCrc32c);
  for (const ChecksumAlgorithm algorithm : kChecksumAlgorithms) {
    PutOptions named;
    named.checksum_algorithm = algorithm;
    PutOptions claimed;
    claimed.checksum = Checksum{algorithm, ChecksumType::kFullObject, "AAAAAA=="};
    for (const PutOptions& options : {named, claimed}) {
      const DigestPlan plan = PlanDigests(EtagPolicy::kCrc64, options);
      EXPECT_EQ(plan.md5, algorithm == ChecksumAlgorithm::kMd5);
      // The chunks give it.
      EXPECT_EQ(plan.checksum.has_value(), algorithm != ChecksumAlgorithm::kCrc64nvme);
      EXPECT_EQ(plan.checksum.value_or(algorithm), algorithm);
    }
  }
}

TEST(Digests, RightWrongAndMalformed) {
  const std::string body = "hello world";
  const BodyDigests digests = DigestsOf(body, kAll);
  const auto code = [&](auto set) {
    PutOptions options;
    set(options);
    return CodeOf(CheckDigests(options, digests));
  };
  EXPECT_EQ(code([](PutOptions&) {}), "OK");
  EXPECT_EQ(code([](PutOptions& o) { o.content_md5 = "XrY7u+Ae7tCTyyK7j1rNww=="; }), "OK");
  EXPECT_EQ(code([](PutOptions& o) { o.content_md5 = "1B2M2Y8AsgTpgAmY7PhCfg=="; }), "BadDigest");
  for (const char* malformed : {"not base64!", "XrY7u+Ae7tCTyyK7j1rNww", "XrY7u+Ae7tCTyyK7j1rN",
                                "5eb63bbbe01eeed093cb22bb8f5acdc3", " XrY7u+Ae7tCTyyK7j1rNww=="}) {
    EXPECT_EQ(code([&](PutOptions& o) { o.content_md5 = malformed; }), "InvalidDigest")
        << malformed;
  }
  EXPECT_EQ(code([](PutOptions& o) { o.crc32c = 0xC9943A5F; }), "BadDigest");
  EXPECT_EQ(code([&](PutOptions& o) { o.crc32c = base::Crc32c(body); }), "OK");
  EXPECT_EQ(code([&](PutOptions& o) { o.crc64nvme = base::Crc64Nvme(body); }), "OK");
  EXPECT_EQ(code([&](PutOptions& o) { o.crc64nvme = ~base::Crc64Nvme(body); }), "BadDigest");
}

TEST(Digests, BadDigest_SaysBothValues) {
  PutOptions options;
  options.crc32c = 0xDEADBEEF;
  const std::string message(CheckDigests(options, DigestsOf("123456789", kAll)).message());
  EXPECT_NE(message.find("given DEADBEEF, computed E3069283"), std::string::npos) << message;
}

TEST(Digests, GivenButNotComputed_IsRefused) {
  const BodyDigests bare = DigestsOf("hello world", DigestPlan{});
  PutOptions md5;
  md5.content_md5 = "XrY7u+Ae7tCTyyK7j1rNww==";
  EXPECT_EQ(CodeOf(CheckDigests(md5, bare)), "InvalidRequest");
  PutOptions crc;
  crc.crc32c = 1;
  EXPECT_EQ(CodeOf(CheckDigests(crc, bare)), "InvalidRequest");
}

TEST(Digests, StreamedAndAtOnce_AreTheSame) {
  const std::string body = Bytes(10'000);
  for (const ChecksumAlgorithm algorithm : kChecksumAlgorithms) {
    if (algorithm == ChecksumAlgorithm::kCrc64nvme) continue;  // never planned
    const DigestPlan plan = {algorithm == ChecksumAlgorithm::kMd5, algorithm};
    const BodyDigests whole = DigestsOf(body, plan);
    Digester digester(plan);
    for (size_t at = 0; at < body.size(); at += 999) {
      digester.Update(std::string_view(body).substr(at, 999));
    }
    const BodyDigests streamed = digester.Finish();
    ASSERT_TRUE(whole.checksum.has_value());
    EXPECT_EQ(whole.checksum->algorithm, algorithm);
    EXPECT_EQ(whole.checksum->digest, DigestOf(algorithm, body));
    EXPECT_EQ(whole.checksum, streamed.checksum);
    EXPECT_EQ(whole.md5, streamed.md5);
  }
}

TEST(Digests, FormIsCheckedWithoutABody) {
  PutOptions options;
  EXPECT_EQ(CodeOf(CheckDigestForm(options)), "OK");
  options.content_md5 = "nonsense";
  EXPECT_EQ(CodeOf(CheckDigestForm(options)), "InvalidDigest");
  options = {};
  options.checksum = Checksum{ChecksumAlgorithm::kCrc32, ChecksumType::kFullObject, "AAAAAA=="};
  EXPECT_EQ(CodeOf(CheckDigestForm(options)), "OK");
  options.checksum_algorithm = ChecksumAlgorithm::kSha1;
  const absl::Status other = CheckDigestForm(options);
  EXPECT_EQ(CodeOf(other), "InvalidRequest");
  EXPECT_NE(other.message().find("value for x-amz-sdk-checksum-algorithm header is invalid"),
            absl::string_view::npos);
  options.checksum_algorithm = ChecksumAlgorithm::kCrc32;
  EXPECT_EQ(CodeOf(CheckDigestForm(options)), "OK");
  options.crc64nvme = 1;
  EXPECT_EQ(CodeOf(CheckDigestForm(options)), "InvalidRequest");
}

TEST(Digests, EtagFollowsThePolicy) {
  const BodyDigests digests = DigestsOf("hello world", kAll);
  EXPECT_EQ(EtagOf(EtagPolicy::kMd5, digests).Text(), "5eb63bbbe01eeed093cb22bb8f5acdc3");
  const std::string crc = EtagOf(EtagPolicy::kCrc64, digests).Text();
  EXPECT_EQ(crc.size(), 22u);
  EXPECT_EQ(StoredEtag::Parse(crc).Text(), crc);
  EXPECT_EQ(EtagOf(EtagPolicy::kCrc64, DigestsOf("123456789", kAll)).Text(),
            "ae8b14860a799888-crc64");
}

}  // namespace
}  // namespace cloudlet::objstore
