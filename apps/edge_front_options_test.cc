// The command line of `edge_front`.
#include "apps/edge_front_options.h"

#include <fstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cloudlet::apps {
namespace {

using testing::HasSubstr;

const std::vector<std::string> kLeast = {"--listen", "127.0.0.1:0", "--origin", "o.example:80"};

// The arguments that must be there, and these.
absl::StatusOr<EdgeFrontArguments> With(std::vector<std::string> more) {
  more.insert(more.begin(), kLeast.begin(), kLeast.end());
  return ParseEdgeFrontArguments(more);
}

TEST(EdgeFrontOptionsTest, ValuesFollowBehindEqualsOrAsTheNextArgument) {
  const auto options = ParseEdgeFrontArguments(
      {"--listen=[::1]:8080", "--origin", "o.example:8443", "--origin-tls", "--origin-ca=ca.pem",
       "--profile", "cloudfront", "--cache-bytes=0", "--response-timeout", "5",
       "--max-body-bytes=7", "--max-connections=8", "--max-requests=9", "--threads=2"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->front.address, "::1");
  EXPECT_EQ(options->front.port, 8080);
  EXPECT_EQ(options->origin.host, "o.example");
  EXPECT_EQ(options->origin.port, 8443);
  EXPECT_TRUE(options->origin.tls);
  EXPECT_EQ(options->origin.ca_file, "ca.pem");
  EXPECT_EQ(options->profile, CacheProfile::kCloudFront);
  EXPECT_EQ(options->cache_bytes, 0u);
  EXPECT_EQ(options->response_timeout, absl::Seconds(5));
  EXPECT_EQ(options->front.max_body_bytes, 7u);
  EXPECT_EQ(options->front.max_connections, 8u);
  EXPECT_EQ(options->front.max_requests, 9u);
  EXPECT_EQ(options->front.threads, 2);
}

TEST(EdgeFrontOptionsTest, ByDefaultRfc9111Rules) {
  const auto options = With({});
  ASSERT_TRUE(options.ok()) << options.status();
  const DistributionOptions distribution = DistributionFor(*options, nullptr);
  EXPECT_EQ(distribution.profile, CacheProfile::kRfc9111);
  EXPECT_FALSE(distribution.lenient_partials);
  EXPECT_EQ(distribution.cache_bytes, DistributionOptions().cache_bytes);
  EXPECT_TRUE(DistributionFor(*With({"--lenient-partials"}), nullptr).lenient_partials);
}

TEST(EdgeFrontOptionsTest, WhatIsWrongIsNamedWithItsRemedy) {
  const auto why = [](const absl::StatusOr<EdgeFrontArguments>& options) {
    EXPECT_EQ(options.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(options.status().message());
  };
  EXPECT_THAT(why(ParseEdgeFrontArguments({})), HasSubstr("--listen 127.0.0.1:8080"));
  EXPECT_THAT(why(ParseEdgeFrontArguments({"--listen=:1"})), HasSubstr("HOST:PORT"));
  EXPECT_THAT(why(ParseEdgeFrontArguments({"--listen=127.0.0.1"})), HasSubstr("HOST:PORT"));
  EXPECT_THAT(why(ParseEdgeFrontArguments({"--listen=127.0.0.1:0"})), HasSubstr("--origin"));
  EXPECT_THAT(why(With({"--origin", "o.example:0"})), HasSubstr("HOST:PORT"));
  EXPECT_THAT(why(With({"--origin", "::1:80"})), HasSubstr("[::1]:8080"));
  EXPECT_THAT(why(With({"--origin", "o.example:65536"})), HasSubstr("HOST:PORT"));
  EXPECT_THAT(why(With({"--port"})), HasSubstr("--help"));
  EXPECT_THAT(why(With({"--threads"})), HasSubstr("value is missing"));
  EXPECT_THAT(why(With({"--threads=0"})), HasSubstr("from 1 to 1024"));
  EXPECT_THAT(why(With({"--origin-tls=1"})), HasSubstr("takes no value"));
  EXPECT_THAT(why(With({"--profile=x"})), HasSubstr("rfc9111 or cloudfront"));
  EXPECT_THAT(why(With({"--profile=cloudfront", "--lenient-partials"})),
              HasSubstr("--profile rfc9111"));
  EXPECT_THAT(why(With({"--origin-ca=x"})), HasSubstr("--origin-tls"));
  EXPECT_THAT(why(With({"--response-timeout=121"})), HasSubstr("from 1 to 120"));
  EXPECT_THAT(why(With({"--tls-key=/no/such/file"})), HasSubstr("cannot read"));
  const std::string key = testing::TempDir() + "/front.key";
  std::ofstream(key) << "key";
  EXPECT_THAT(why(With({"--tls-key", key})), HasSubstr("--tls-certificate"));
}

}  // namespace
}  // namespace cloudlet::apps
