// Signature Version 4 against the examples that AWS published, and the canonical forms one by one.
#include "http/sigv4.h"

#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace cloudlet::http {
namespace {

constexpr char kExampleSecret[] = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
constexpr char kExampleTime[] = "20130524T000000Z";
const Scope kExampleScope = {"20130524", "us-east-1", "s3"};

std::string SignatureOf(std::string_view method, std::string_view target, const Headers& headers,
                        const std::vector<std::string>& names, std::string_view payload_hash) {
  const RequestTarget parsed = ParseRequestTarget(target).value();
  return HexOf(Hmac(SigningKey(Secret(kExampleSecret), kExampleScope),
                    StringToSign(kExampleTime, kExampleScope,
                                 CanonicalRequest(method, parsed, headers, names, payload_hash))));
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
TEST(SigV4Test, SignsThePublishedExamples) {
  const Headers common = {{"Host", "examplebucket.s3.amazonaws.com"},
                          {"x-amz-content-sha256", std::string(kEmptySha256)},
                          {"x-amz-date", kExampleTime},
                          {"Range", "bytes=0-9"}};
  const std::vector<std::string> names = {"host", "x-amz-content-sha256", "x-amz-date"};
  EXPECT_EQ(SignatureOf("GET", "/test.txt", common,
                        {"host", "range", "x-amz-content-sha256", "x-amz-date"}, kEmptySha256),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  EXPECT_EQ(SignatureOf("GET", "/?lifecycle", common, names, kEmptySha256),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  EXPECT_EQ(SignatureOf("GET", "/?max-keys=2&prefix=J", common, names, kEmptySha256),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");

  const std::string hash = Sha256Hex("Welcome to Amazon S3.");
  EXPECT_EQ(
      SignatureOf("PUT", "/test$file.text",
                  {{"Host", "examplebucket.s3.amazonaws.com"},
                   {"Date", "Fri, 24 May 2013 00:00:00 GMT"},
                   {"x-amz-date", kExampleTime},
                   {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
                   {"x-amz-content-sha256", hash}},
                  {"date", "host", "x-amz-content-sha256", "x-amz-date", "x-amz-storage-class"},
                  hash),
      "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
TEST(SigV4Test, SignsThePublishedUrl) {
  EXPECT_EQ(SignatureOf("GET",
                        "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
                        "AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
                        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
                        "&X-Amz-Signature=left-out",
                        {{"Host", "examplebucket.s3.amazonaws.com"}}, {"host"}, kUnsignedPayload),
            "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

TEST(SigV4Test, ACanonicalPathIsEncodedOnceAndNotNormalised) {
  EXPECT_EQ(CanonicalPath("/"), "/");
  EXPECT_EQ(CanonicalPath("/b//a/./../c/"), "/b//a/./../c/");
  EXPECT_EQ(CanonicalPath("/%2f%2F/%41~%7e"), "/%2F%2F/A~~");
  EXPECT_EQ(CanonicalPath("/a+b%20%2B"), "/a%2Bb%20%2B");
  EXPECT_EQ(CanonicalPath("/%252F"), "/%252F");
  EXPECT_EQ(CanonicalPath("/\xC3\xA4%c3%a4$"), "/%C3%A4%C3%A4%24");
  EXPECT_EQ(CanonicalPath("%4%zz%"), "%254%25zz%25");  // no escapes: never out of a parsed target
  EXPECT_EQ(CanonicalPathTwice("/f%3A1/a~+"), "/f%253A1/a~%2B");
}

TEST(SigV4Test, ACanonicalQueryIsSortedByEncodedNameThenValue) {
  EXPECT_EQ(CanonicalQuery({}), "");
  EXPECT_EQ(CanonicalQuery({{"b", "2", true},
                            {"a", "", false},
                            {"b", "1", true},
                            {"B", "x y", true},
                            {"\xC3\xA4", "/", true}}),
            "%C3%A4=%2F&B=x%20y&a=&b=1&b=2");
  EXPECT_EQ(CanonicalQuery({{"X-Amz-Signature", "s", true}, {"a", "1", true}}, "X-Amz-Signature"),
            "a=1");
  // By encoded name: '-' is 2D, an encoded '+' begins with '%', which is 25.
  EXPECT_EQ(CanonicalQuery({{"a-", "", true}, {"a+", "", true}}), "a%2B=&a-=");
}

TEST(SigV4Test, HeadersAreTrimmedFoldedAndJoined) {
  const RequestTarget target = ParseRequestTarget("/").value();
  const Headers headers = {{"X-Amz-B", " a   b\t c "}, {"HOST", "h"}, {"x-amz-b", "2"}};
  EXPECT_EQ(CanonicalRequest("GET", target, headers, {"gone", "host", "x-amz-b"}, "HASH"),
            "GET\n/\n\ngone:\nhost:h\nx-amz-b:a b c,2\n\ngone;host;x-amz-b\nHASH");
}

TEST(SigV4Test, TimesAreRealOnes) {
  const absl::Time time = absl::FromUnixSeconds(1369353600);
  EXPECT_EQ(AmzTime(time), kExampleTime);
  EXPECT_EQ(ParseAmzTime(kExampleTime), time);
  EXPECT_TRUE(ParseAmzTime("20240229T235959Z").has_value());
  for (const char* bad :
       {"", "20130524", "20130524T000000", "20130524T000000z", "20130524t000000Z",
        "20130524T0000000Z", "20250229T000000Z", "20250230T000000Z", "20251301T000000Z",
        "20250001T000000Z", "20250100T000000Z", "20250101T240000Z", "20250101T006000Z",
        "20161231T235960Z", "2013052 T000000Z", "2013-5-4T000000Z", "+0130524T000000Z",
        "00000101T000000Z", "2013-05-24T00:00:00Z"}) {
    EXPECT_EQ(ParseAmzTime(bad), std::nullopt) << bad;
  }
}

TEST(SigV4Test, CodesAreReadStrictly) {
  const Mac mac = Hmac("key", "text");
  EXPECT_EQ(HexOf(mac).size(), 64u);
  ASSERT_TRUE(MacOf(HexOf(mac)).has_value());
  EXPECT_TRUE(SameMac(*MacOf(HexOf(mac)), mac));
  Mac other = mac;
  other[31] ^= 1;
  EXPECT_FALSE(SameMac(other, mac));
  const std::string hex = HexOf(mac);
  EXPECT_EQ(MacOf(hex.substr(1)), std::nullopt);
  EXPECT_EQ(MacOf(hex + "0"), std::nullopt);
  EXPECT_EQ(MacOf(hex.substr(0, 63) + "g"), std::nullopt);
  EXPECT_EQ(MacOf(hex.substr(0, 63) + "A"), std::nullopt);
  // RFC 4231, case 2; an empty key is one.
  EXPECT_EQ(HexOf(Hmac("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(HexOf(Hmac(std::string_view(), "")),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(SigV4Test, SigningKeysAreBoundedAndBelongToASecret) {
  SigningKeys keys(8);
  const Secret secret(kExampleSecret);
  const Mac key = SigningKey(secret, kExampleScope);
  for (int round = 0; round < 2; ++round) EXPECT_EQ(keys.Get("id", secret, kExampleScope), key);
  EXPECT_EQ(keys.size(), 1u);
  EXPECT_NE(keys.Get("id", Secret("rotated"), kExampleScope), key);
  EXPECT_EQ(keys.Get("id", secret, kExampleScope), key);
  for (int i = 0; i < 100; ++i) {
    const Scope scope = {absl::StrCat(20130000 + i), "r", "s3"};
    EXPECT_EQ(keys.Get("id", secret, scope), SigningKey(secret, scope));
    EXPECT_LE(keys.size(), 8u);
  }
  // Fields do not run into one another.
  EXPECT_NE(keys.Get("id", secret, {"1", "23", "s3"}), keys.Get("id", secret, {"12", "3", "s3"}));
  SigningKeys tiny(0);
  EXPECT_EQ(tiny.Get("id", secret, kExampleScope), key);
}

TEST(SigV4Test, SecretsAreCopiedAndAssigned) {
  Secret a("first");
  Secret b = a;
  a = Secret("second, longer than what fits inside a string itself");
  EXPECT_EQ(b.Reveal(), "first");
  b = a;
  const Secret& same = b;
  b = same;
  EXPECT_EQ(b.Reveal(), a.Reveal());
}

}  // namespace
}  // namespace cloudlet::http
