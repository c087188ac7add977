// Addresses: both styles, and keys byte for byte.
#include "http/s3_address.h"

#include <string>
#include <string_view>

#include "cloudlet/error.h"
#include "gtest/gtest.h"

namespace cloudlet::http {
namespace {

const std::vector<std::string> kDomains = {"localhost", "s3.example.com", "example.com", ""};

std::string Address(std::string_view host, std::string_view path) {
  const absl::StatusOr<S3Address> address = S3AddressOf(host, path, kDomains);
  if (!address.ok()) return InfoOf(ErrorCodeOf(address.status())).name;
  return address->bucket + "|" + address->key + (address->virtual_host ? "|host" : "");
}

TEST(S3AddressTest, PathStyle) {
  for (std::string_view host :
       {"localhost", "LOCALHOST:9000", "127.0.0.1:9000", "[::1]:9000", "[::1]", "other.host", "",
        ".localhost", "s3.example.com", "notlocalhost"}) {
    EXPECT_EQ(Address(host, "/b/k"), "b|k") << host;
  }
  EXPECT_EQ(Address("localhost", "/"), "|");
  EXPECT_EQ(Address("localhost", "/b"), "b|");
  EXPECT_EQ(Address("localhost", "/b/"), "b|");
  EXPECT_EQ(S3AddressOf("", "/", {})->scope(), S3Scope::kService);
  EXPECT_EQ(S3AddressOf("", "/b", {})->scope(), S3Scope::kBucket);
  EXPECT_EQ(S3AddressOf("", "/b/k", {})->scope(), S3Scope::kObject);
}

TEST(S3AddressTest, VirtualHostStyle) {
  EXPECT_EQ(Address("b.localhost:9000", "/k"), "b|k|host");
  EXPECT_EQ(Address("My.Bucket.localhost", "/k/"), "my.bucket|k/|host");
  EXPECT_EQ(Address("b.s3.example.com", "/"), "b||host");
  EXPECT_EQ(Address("b.Example.com", "//k"), "b|/k|host");
}

TEST(S3AddressTest, KeysAreByteForByte) {
  EXPECT_EQ(Address("", "/b//k"), "b|/k");
  EXPECT_EQ(Address("", "/b/a//b/./../c/"), "b|a//b/./../c/");
  EXPECT_EQ(Address("", "/b/a%2Fb%20c+d%C3%A4%25"), "b|a/b c+d\xC3\xA4%");
  EXPECT_EQ(Address("", "/b/."), "b|.");
}

TEST(S3AddressTest, WhatIsNoAddress) {
  for (std::string_view path : {"", "*", "b/k", "/b/%", "/b/%zz", "/b/%FF", "/b/%00", "/%FF/k"}) {
    EXPECT_EQ(Address("", path), "InvalidURI") << path;
  }
  EXPECT_EQ(Address("", "//k"), "InvalidBucketName");
  EXPECT_EQ(Address("", "//"), "InvalidBucketName");
}

TEST(S3AddressTest, PathsComeBack) {
  for (std::string_view key : {"", "k", "a//b", "/", "a/", "..", "%2F +\xC3\xA4?#"}) {
    const std::string path = S3PathOf("b", key);
    EXPECT_EQ(Address("", path), "b|" + std::string(key)) << path;
  }
}

}  // namespace
}  // namespace cloudlet::http
