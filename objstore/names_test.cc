// Which bucket names, keys and headers are taken: each rule with an input that breaks it alone.
#include "objstore/names.h"

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/status_macros.h"
#include "gtest/gtest.h"
#include "objstore/store_testing.h"

namespace cloudlet::objstore {
namespace {

absl::StatusOr<ObjectInfo> Checked(const PutOptions& options) {
  ObjectInfo stored;
  CLOUDLET_RETURN_IF_ERROR(CheckHeaders(options, {}, &stored));
  return stored;
}

TEST(BucketName, Legal_IsTaken) {
  for (const std::string& name :
       {std::string("abc"), std::string("0ab"), std::string("a-b"), std::string("a.b.c"),
        std::string("1.2.3"), std::string("1.2.3.4.5"), std::string("1.2.3.a"), std::string("a.-b"),
        std::string("xn-a"), std::string("my-bucket.2026"), std::string("s3alias"),
        std::string("sthree"), std::string(63, 'a')}) {
    EXPECT_TRUE(CheckBucketName(name).ok()) << name << ": " << CheckBucketName(name);
  }
}

TEST(BucketName, Illegal_IsRefusedAndTheRuleNamed) {
  struct Case {
    std::string name;
    const char* rule;
  };
  const Case cases[] = {
      {"", "3 to 63"},
      {"ab", "3 to 63"},
      {std::string(64, 'a'), "3 to 63"},
      {"Abc", "lower-case"},
      {"aBc", "lower-case"},
      {"a_b", "lower-case"},
      {"a b", "lower-case"},
      {"a/b", "lower-case"},
      {std::string("a\0b", 3), "lower-case"},
      {"a\xC3\xA4z", "lower-case"},
      {"-ab", "begins and ends"},
      {"ab-", "begins and ends"},
      {".ab", "begins and ends"},
      {"ab.", "begins and ends"},
      {"a..b", "adjacent dots"},
      {"192.168.5.4", "IP address"},
      {"1.2.3.4", "IP address"},
      {"999.999.999.999", "IP address"},
      {"xn--abc", "prefix is reserved"},
      {"sthree-abc", "prefix is reserved"},
      {"amzn-s3-demo-abc", "prefix is reserved"},
      {"abc-s3alias", "suffix is reserved"},
      {"abc--ol-s3", "suffix is reserved"},
      {"abc.mrap", "suffix is reserved"},
      {"abc--x-s3", "suffix is reserved"},
      {"abc--table-s3", "suffix is reserved"},
  };
  for (const Case& c : cases) {
    const absl::Status status = CheckBucketName(c.name);
    EXPECT_EQ(CodeOf(status), "InvalidBucketName") << c.name;
    EXPECT_NE(std::string(status.message()).find(c.rule), std::string::npos)
        << c.name << ": " << status;
  }
}

std::string KeyCode(std::string_view key, KeyPolicy policy = KeyPolicy::kBytes,
                    const Limits& limits = {}) {
  return CodeOf(CheckKey(key, limits, policy));
}

TEST(Key, OneTo1024Bytes) {
  EXPECT_EQ(KeyCode(""), "InvalidArgument");
  EXPECT_EQ(KeyCode("k"), "OK");
  EXPECT_EQ(KeyCode(std::string(1024, 'k')), "OK");
  EXPECT_EQ(KeyCode(std::string(1025, 'k')), "KeyTooLongError");
}

TEST(Key, Limit_CanBeLowered) {
  Limits limits;
  limits.max_key_bytes = 3;
  EXPECT_EQ(KeyCode("abc", KeyPolicy::kBytes, limits), "OK");
  EXPECT_EQ(KeyCode("abcd", KeyPolicy::kBytes, limits), "KeyTooLongError");
}

TEST(Key, BytesPolicy_TakesAnyBytes_Utf8PolicyOnlyText) {
  for (const std::string& key : {std::string("\xFF"), std::string("a\x80"), std::string("\xC3")}) {
    EXPECT_EQ(KeyCode(key), "OK");
    EXPECT_EQ(KeyCode(key, KeyPolicy::kUtf8), "InvalidArgument");
  }
  EXPECT_EQ(KeyCode("stra\xC3\x9F"
                    "e \xF0\x9F\xA6\x84",
                    KeyPolicy::kUtf8),
            "OK");
  EXPECT_EQ(KeyCode(std::string("\0", 1), KeyPolicy::kUtf8), "OK");
}

TEST(Utf8, TakesEachLengthAtItsBorders) {
  for (const char* text :
       {"\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(IsUtf8(text)) << ::testing::PrintToString(std::string(text));
  }
}

TEST(Utf8, RefusesOverlongSurrogatesOutOfRangeAndCutForms) {
  for (const char* text :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF", "\xC2",
        "\xE1\x80", "\xF1\x80\x80", "\xC2\x61", "\xE1\x80\x61", "\xF1\x80\x80\x61"}) {
    EXPECT_FALSE(IsUtf8(text)) << ::testing::PrintToString(std::string(text));
  }
}

TEST(Headers, MetadataNamesAreStoredInLowerCase_ValuesAsTheyAre) {
  PutOptions options;
  options.metadata = {{"Color", "Dark Blue"}, {"x-UPPER", "\xFF"}};
  const absl::StatusOr<ObjectInfo> info = Checked(options);
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->metadata, (UserMetadata{{"color", "Dark Blue"}, {"x-upper", "\xFF"}}));
}

TEST(Headers, AllSystemHeadersAreKept) {
  PutOptions options;
  options.content_type = "text/html";
  options.cache_control = "no-store";
  options.content_disposition = "inline";
  options.content_encoding = "gzip";
  options.content_language = "de";
  options.expires = "Thu, 01 Jan 2032 00:00:00 GMT";
  options.website_redirect_location = "/elsewhere";
  const absl::StatusOr<ObjectInfo> info = Checked(options);
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->content_type, "text/html");
  EXPECT_EQ(info->cache_control, "no-store");
  EXPECT_EQ(info->content_disposition, "inline");
  EXPECT_EQ(info->content_encoding, "gzip");
  EXPECT_EQ(info->content_language, "de");
  EXPECT_EQ(info->expires, "Thu, 01 Jan 2032 00:00:00 GMT");
  EXPECT_EQ(info->website_redirect_location, "/elsewhere");
}

std::string MetadataCode(const UserMetadata& metadata) {
  PutOptions options;
  options.metadata = metadata;
  return CodeOf(Checked(options));
}

TEST(Headers, BadMetadata_IsRefused) {
  EXPECT_EQ(MetadataCode({{"", "v"}}), "InvalidArgument");
  EXPECT_EQ(MetadataCode({{"a b", "v"}}), "InvalidArgument");
  EXPECT_EQ(MetadataCode({{"a:b", "v"}}), "InvalidArgument");
  EXPECT_EQ(MetadataCode({{"\xC3\xA4", "v"}}), "InvalidArgument");
  EXPECT_EQ(MetadataCode({{"Same", "1"}, {"same", "2"}}), "InvalidArgument");
  EXPECT_EQ(MetadataCode({{"a", "x\r\ny: z"}}), "InvalidArgument");
  EXPECT_EQ(MetadataCode({{"a", "x\ny"}}), "InvalidArgument");
  EXPECT_EQ(MetadataCode({{"a", std::string("x\0y", 3)}}), "InvalidArgument");
  EXPECT_EQ(MetadataCode({{"!#$%&'*+-.^_`|~09", ""}}), "OK");
}

TEST(Headers, UserMetadata_HasALimitOverNamesAndValues) {
  EXPECT_EQ(MetadataCode({{"name", std::string(2044, 'v')}}), "OK");
  EXPECT_EQ(MetadataCode({{"name", std::string(2045, 'v')}}), "MetadataTooLarge");
  EXPECT_EQ(MetadataCode({{"ab", std::string(1022, 'v')}, {"cd", std::string(1022, 'v')}}), "OK");
  EXPECT_EQ(MetadataCode({{"ab", std::string(1022, 'v')}, {"cd", std::string(1023, 'v')}}),
            "MetadataTooLarge");
}

TEST(Headers, SystemHeaders_HaveALimitOverAllValues) {
  PutOptions options;
  options.content_type = std::string(1000, 't');
  options.cache_control = std::string(1048, 'c');
  EXPECT_EQ(CodeOf(Checked(options)), "OK");
  options.expires = "x";
  EXPECT_EQ(CodeOf(Checked(options)), "MetadataTooLarge");
}

TEST(Headers, SystemHeader_WithALineBreak_IsRefused) {
  const std::string bad = "a\r\nx-evil: 1";
  for (std::string PutOptions::*header :
       {&PutOptions::content_type, &PutOptions::cache_control, &PutOptions::content_disposition,
        &PutOptions::content_encoding, &PutOptions::content_language, &PutOptions::expires,
        &PutOptions::website_redirect_location}) {
    PutOptions options;
    options.*header = bad;
    EXPECT_EQ(CodeOf(Checked(options)), "InvalidArgument");
  }
}

}  // namespace
}  // namespace cloudlet::objstore
