// Which hosts are allowed.
#include "http/endpoint/host_check.h"

#include "gtest/gtest.h"

namespace cloudlet::http {
namespace {

TEST(HostCheckTest, AddressesLocalNamesAndDomains) {
  const std::vector<std::string> domains = {"S3.test"};
  for (const char* host : {"127.0.0.1", "127.0.0.1:9000", "10.1.2.3:80", "[::1]", "[::1]:9000",
                           "localhost", "LocalHost:9000", "photos.localhost:9000", "localhost.",
                           "s3.test", "photos.s3.TEST:80", "a.b.s3.test."}) {
    EXPECT_TRUE(IsAllowedHost(host, domains)) << host;
  }
  for (const char* host : {"", ":80", ".", "evil.example", "evil.example:9000", "evillocalhost",
                           "localhost.evil.example", "xs3.test", "s3.test.evil.example",
                           "127.0.0.1.evil.example", "1.2.3", "127.0.0.1.nip.io:9000",
                           "[x]evil.example", "[evil.example]", "[::1]x", "[", "[]"}) {
    EXPECT_FALSE(IsAllowedHost(host, domains)) << host;
  }
}

}  // namespace
}  // namespace cloudlet::http
