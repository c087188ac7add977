// Against signatures that the openssl command made, and forged in each part.
#include "edge/signed_url.h"

#include <string>
#include <string_view>

#include "edge/signed_url_testing.h"
#include "edge/signing_key.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

using internal::SigningKey;
using internal::VerifyingKey;

constexpr char kUrl[] = "https://d111.example/film.mp4?quality=hd";
const absl::Time kExpires = absl::FromUnixSeconds(1'893'459'600);

UrlPolicy Custom() {
  return {.resource = "https://d111.example/films/*",
          .expires = kExpires,
          .starts = absl::FromUnixSeconds(1'893'455'000),
          .ip_range = "192.0.2.0/24"};
}

HttpRequest Asking(std::string_view query, HttpHeaders headers = {}) {
  HttpRequest request = {.url = {.authority = "d111.example", .path = "/film.mp4"}};
  request.url.query = std::string(query);
  request.headers = std::move(headers);
  return request;
}

TEST(UrlSignerTest, SignsAsOpensslDoes) {
  for (const bool sha256 : {false, true}) {
    const auto signer = UrlSigner::Create(
        "K1", kTestPrivateKey, sha256 ? UrlHashAlgorithm::kSha256 : UrlHashAlgorithm::kSha1);
    ASSERT_TRUE(signer.ok()) << signer.status();
    const std::string hash = sha256 ? "&Hash-Algorithm=SHA256" : "";
    EXPECT_EQ(*signer->SignUrl(kUrl, kExpires),
              std::string(kUrl) + "&Expires=1893459600&Signature=" +
                  (sha256 ? kCannedSha256 : kCannedSha1) + "&Key-Pair-Id=K1" + hash);
    EXPECT_EQ(*signer->SignUrl("https://d111.example/films/a", Custom()),
              std::string("https://d111.example/films/a?Policy=") + kCustomPolicy + "&Signature=" +
                  (sha256 ? kCustomSha256 : kCustomSha1) + "&Key-Pair-Id=K1" + hash);
    const auto cookies = signer->SignCookies(Custom());
    ASSERT_EQ(cookies->size(), sha256 ? 4u : 3u);
    EXPECT_EQ((*cookies)[0].name, "CloudFront-Policy");
    EXPECT_EQ((*cookies)[0].value, kCustomPolicy);
    EXPECT_EQ((*cookies)[1].value, sha256 ? kCustomSha256 : kCustomSha1);
    if (sha256) {
      EXPECT_EQ((*cookies)[3].name, "CloudFront-Hash-Algorithm");
    }
  }
}

TEST(UrlSignerTest, RefusesWhatCannotBeSigned) {
  EXPECT_FALSE(UrlSigner::Create("", kTestPrivateKey).ok());
  EXPECT_FALSE(UrlSigner::Create("K&1", kTestPrivateKey).ok());
  EXPECT_FALSE(UrlSigner::Create("K1", kTestPublicKey).ok());
  EXPECT_FALSE(UrlSigner::Create("K1", "").ok());
  const UrlSigner signer = *UrlSigner::Create("K1", kTestPrivateKey);
  for (std::string_view url : {"", "/a", "ftp://d/a", "https://d/a#b", "https://d/a b",
                               "https://d/\"", "https://d/a?Expires=1", "https://d/\\"}) {
    EXPECT_FALSE(signer.SignUrl(url, kExpires).ok()) << url;
  }
  EXPECT_FALSE(signer.SignUrl(kUrl, absl::InfiniteFuture()).ok());
  EXPECT_FALSE(signer.SignUrl(kUrl, absl::FromUnixSeconds(-1)).ok());
  EXPECT_FALSE(signer.SignUrl(kUrl, {.expires = kExpires, .ip_range = "::1/128"}).ok());
  EXPECT_FALSE(signer.SignCookies({.expires = kExpires}).ok());
}

TEST(SigningKeyTest, VerifiesWhatOpensslSignedAndNothingElse) {
  const auto key = VerifyingKey::Parse(kTestPublicKey);
  const auto other = VerifyingKey::Parse(kOtherPublicKey);
  ASSERT_NE(key, nullptr);
  const std::string text = CannedPolicyText(kUrl, 1'893'459'600);
  const std::string sha1 = *UrlBase64Decode(kCannedSha1);
  const std::string sha256 = *UrlBase64Decode(kCannedSha256);
  EXPECT_TRUE(key->Verify(text, sha1, UrlHashAlgorithm::kSha1));
  EXPECT_TRUE(key->Verify(text, sha256, UrlHashAlgorithm::kSha256));
  EXPECT_FALSE(key->Verify(text, sha1, UrlHashAlgorithm::kSha256));
  EXPECT_FALSE(key->Verify(text, sha256, UrlHashAlgorithm::kSha1));
  EXPECT_FALSE(other->Verify(text, sha1, UrlHashAlgorithm::kSha1));
  EXPECT_FALSE(key->Verify(text, "", UrlHashAlgorithm::kSha1));
  EXPECT_FALSE(key->Verify(text + " ", sha1, UrlHashAlgorithm::kSha1));
  for (const size_t at : {size_t{0}, sha1.size() / 2, sha1.size() - 1}) {
    std::string forged = sha1;
    forged[at] = static_cast<char>(forged[at] ^ 1);
    EXPECT_FALSE(key->Verify(text, forged, UrlHashAlgorithm::kSha1)) << at;
  }
  EXPECT_EQ(VerifyingKey::Parse("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
            nullptr);
}

TEST(SigningKeyTest, EcdsaOverP256Alone) {
  const auto key = VerifyingKey::Parse(kTestEcPublicKey);
  ASSERT_NE(key, nullptr);
  const std::string text = CannedPolicyText(kUrl, 1'893'459'600);
  const std::string sha1 = *UrlBase64Decode(kCannedEcSha1);
  const std::string sha256 = *UrlBase64Decode(kCannedEcSha256);
  EXPECT_TRUE(key->Verify(text, sha1, UrlHashAlgorithm::kSha1));
  EXPECT_TRUE(key->Verify(text, sha256, UrlHashAlgorithm::kSha256));
  EXPECT_FALSE(key->Verify(text, sha1, UrlHashAlgorithm::kSha256));
  EXPECT_FALSE(key->Verify(text + " ", sha1, UrlHashAlgorithm::kSha1));
  EXPECT_FALSE(key->Verify(text, *UrlBase64Decode(kCannedSha1), UrlHashAlgorithm::kSha1));
  EXPECT_FALSE(key->Verify(text, sha1.substr(0, sha1.size() - 1), UrlHashAlgorithm::kSha1));
  EXPECT_FALSE(key->Verify(text, "", UrlHashAlgorithm::kSha1));
  EXPECT_EQ(VerifyingKey::Parse(kTestP384PublicKey), nullptr);
  // Signs what it verifies.
  const auto signer = SigningKey::Parse(kTestEcPrivateKey);
  ASSERT_NE(signer, nullptr);
  for (const auto hash : {UrlHashAlgorithm::kSha1, UrlHashAlgorithm::kSha256}) {
    EXPECT_TRUE(key->Verify(text, *signer->Sign(text, hash), hash));
  }
}

TEST(PolicyTest, WritesAndReadsBack) {
  EXPECT_EQ(CustomPolicyText(Custom()), *UrlBase64Decode(kCustomPolicy));
  const auto policy = ParsePolicy(*UrlBase64Decode(kCustomPolicy));
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(policy->resource, "https://d111.example/films/*");
  EXPECT_EQ(policy->expires, kExpires);
  EXPECT_EQ(policy->starts, Custom().starts);
  EXPECT_EQ(policy->ip_range, "192.0.2.0/24");
}

TEST(PolicyTest, RefusesEveryOtherForm) {
  const std::string date = R"("DateLessThan":{"AWS:EpochTime":1893459600})";
  const std::string cases[] = {
      "",
      "[]",
      "{}",
      "{\"Statement\":[]}",
      "{\"Statement\":{}}",
      "{\"Statement\":[{\"Resource\":\"*\"}]}",
      "{\"Statement\":[{\"Resource\":\"*\",\"Condition\":{}}]}",
      "{\"Statement\":[{\"Resource\":7,\"Condition\":{" + date + "}}]}",
      "{\"Statement\":[{\"Resource\":\"*\",\"Condition\":{\"DateLessThan\":1}}]}",
      "{\"Statement\":[{\"Condition\":{\"DateLessThan\":{\"AWS:EpochTime\":\"1\"}}}]}",
      "{\"Statement\":[{\"Condition\":{\"DateLessThan\":{\"AWS:EpochTime\":-1}}}]}",
      "{\"Statement\":[{\"Condition\":{\"DateLessThan\":{\"AWS:EpochTime\":1.5}}}]}",
      "{\"Statement\":[{\"Condition\":{\"DateLessThan\":{\"AWS:EpochTime\":1e300}}}]}",
      "{\"Statement\":[{\"Condition\":{" + date + ",\"Unless\":{}}}]}",
      "{\"Statement\":[{\"Condition\":{" + date + ",\"IpAddress\":{\"AWS:SourceIp\":\"x\"}}}]}",
      "{\"Statement\":[{\"Effect\":\"Deny\",\"Condition\":{" + date + "}}]}",
      "{\"Statement\":[{\"Condition\":{" + date + "}},{\"Condition\":{" + date + "}}]}",
      std::string(9'000, ' ') + "{}",
  };
  for (const std::string& json : cases) EXPECT_FALSE(ParsePolicy(json).ok()) << json.substr(0, 80);
  // Without a Resource: everything.
  EXPECT_EQ(ParsePolicy("{\"Statement\":[{\"Condition\":{" + date + "}}]}")->resource, "*");
}

TEST(ResourceTest, WildcardsStayWithinTheirSection) {
  struct Case {
    std::string_view resource;
    std::string_view url;
    bool covers;
  };
  const Case cases[] = {
      {"*", "https://d/a?b=1", true},
      {"https://d/a", "https://d/a", true},
      {"https://d/a", "https://d/ab", false},
      {"https://d/a", "http://d/a", false},
      {"http*://d/a", "https://d/a", true},
      {"http*://*/a", "https://d/a", true},
      {"https://d/a", "https://d/a?x=1", false},
      {"https://d/a?x=1", "https://d/a?x=1", true},
      {"https://d/a\\?x=1", "https://d/a?x=1", true},
      {"https://d/a\\?x=1", "https://d/a", false},
      {"https://d/a?x=1", "https://d/a?x=2", false},
      {"https://d/a*", "https://d/a?x=1", true},
      {"https://d/*", "https://d/a/b/c?x=1", true},
      {"https://d*", "https://d.example/a?x=1", true},
      {"https://d/*.jpg", "https://d/a/b.jpg", true},
      {"https://d/*.jpg", "https://d/a?x=.jpg", false},
      {"https://d/a/*\\?x=*", "https://d/a/b?x=12", true},
      {"https://d/?.jpg", "https://d/a.jpg", true},
      {"https://d/?.jpg", "https://d/ab.jpg", false},
      {"https://*.d/a", "https://evil/x.d/a", false},
      {"https://d/a/*", "https://d/b/a/", false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(ResourceCovers(c.resource, c.url), c.covers) << c.resource << " " << c.url;
  }
}

TEST(PolicyTest, SaysWhyItRefuses) {
  const std::string url = "https://d111.example/films/a";
  const absl::Time now = absl::FromUnixSeconds(1'893'456'000);
  EXPECT_EQ(WhyRefused(Custom(), url, "192.0.2.7", now), "");
  EXPECT_EQ(WhyRefused(Custom(), url, "192.0.3.7", now), "address");
  EXPECT_EQ(WhyRefused(Custom(), url, "", now), "address");
  EXPECT_EQ(WhyRefused(Custom(), url, "192.0.2.7", kExpires), "expired");
  EXPECT_EQ(WhyRefused(Custom(), url, "192.0.2.7", kExpires - absl::Seconds(1)), "");
  EXPECT_EQ(WhyRefused(Custom(), url, "192.0.2.7", *Custom().starts), "not-yet");
  EXPECT_EQ(WhyRefused(Custom(), "https://d111.example/film", "192.0.2.7", now), "resource");
}

TEST(InRangeTest, CidrOfIpv4) {
  EXPECT_EQ(InRange("192.0.2.255", "192.0.2.0/24"), true);
  EXPECT_EQ(InRange("192.0.3.0", "192.0.2.0/24"), false);
  EXPECT_EQ(InRange("1.2.3.4", "0.0.0.0/0"), true);
  EXPECT_EQ(InRange("1.2.3.4", "1.2.3.4"), true);
  EXPECT_EQ(InRange("1.2.3.5", "1.2.3.4/32"), false);
  EXPECT_EQ(InRange("::1", "0.0.0.0/0"), false);
  for (std::string_view range : {"", "1.2.3", "1.2.3.4/33", "1.2.3.4/", "::/0", "1.2.3.4/-1"}) {
    EXPECT_EQ(InRange("1.2.3.4", range), std::nullopt) << range;
  }
}

TEST(CredentialTest, FromTheQuery) {
  const auto credential = CredentialOf(Asking(std::string("quality=hd&Signature=") + kCannedSha1 +
                                              "&Expires=1893459600&Key-Pair-Id=K1"));
  ASSERT_TRUE(credential.has_value());
  EXPECT_EQ(credential->policy, CannedPolicyText(kUrl, 1'893'459'600));
  EXPECT_EQ(credential->key_pair_id, "K1");
  EXPECT_EQ(credential->signature, *UrlBase64Decode(kCannedSha1));
  EXPECT_EQ(credential->hash, UrlHashAlgorithm::kSha1);
}

TEST(CredentialTest, FromCookiesWhereTheQueryHasNone) {
  const std::string cookies = std::string("a=1; CloudFront-Policy=") + kCustomPolicy +
                              "; CloudFront-Signature=" + kCustomSha256 +
                              "; CloudFront-Key-Pair-Id=K1; CloudFront-Hash-Algorithm=SHA256";
  const auto credential = CredentialOf(Asking("x=1", {{"Cookie", cookies}}));
  ASSERT_TRUE(credential.has_value());
  EXPECT_EQ(credential->policy, CustomPolicyText(Custom()));
  EXPECT_EQ(credential->hash, UrlHashAlgorithm::kSha256);
  // One parameter in the query: the cookies are not looked at.
  EXPECT_FALSE(CredentialOf(Asking("Expires=1893459600", {{"Cookie", cookies}})));
}

TEST(CredentialTest, NoneOfWhatIsNotWhole) {
  const std::string all = "Expires=1893459600&Key-Pair-Id=K1&Signature=AAAA";
  EXPECT_TRUE(CredentialOf(Asking(all)));
  for (std::string_view query :
       {"", "Expires=1893459600&Key-Pair-Id=K1", "Expires=1893459600&Signature=AAAA",
        "Key-Pair-Id=K1&Signature=AAAA",
        "Expires=1893459600&Key-Pair-Id=K1&Signature=AAAA&Policy=e30_",
        "Expires=1893459600&Key-Pair-Id=K1&Signature=AAAA&Signature=AAAA",
        "Expires=1893459600&Expires=2893459600&Key-Pair-Id=K1&Signature=AAAA",
        "Expires=01893459600&Key-Pair-Id=K1&Signature=AAAA",
        "Expires=-1&Key-Pair-Id=K1&Signature=AAAA",
        "Expires=99999999999999&Key-Pair-Id=K1&Signature=AAAA",
        "Expires=1893459600&Key-Pair-Id=K1&Signature=A*",
        "Expires=1893459600&Key-Pair-Id=K1&Signature=AA==",
        "Policy=%&Key-Pair-Id=K1&Signature=AAAA",
        "Expires=1893459600&Key-Pair-Id=K1&Signature=AAAA&Hash-Algorithm=MD5"}) {
    EXPECT_FALSE(CredentialOf(Asking(query))) << query;
  }
}

TEST(CredentialTest, IsTakenOutOfTheRequest) {
  const HttpRequest request =
      Asking("b=2&Expires=1&Signature=x&Key-Pair-Id=K&Hash-Algorithm=SHA1&a=1",
             {{"Cookie", "CloudFront-Policy=x; s=1; CloudFront-Signature=y"},
              {"Cookie", "CloudFront-Key-Pair-Id=K"}});
  const HttpRequest without = WithoutCredential(request);
  EXPECT_EQ(without.url.query, "b=2&a=1");
  EXPECT_EQ(without.headers.Joined("Cookie"), "s=1");
  EXPECT_EQ(WithoutCredential(Asking("Policy=x")).url.query, std::nullopt);
  EXPECT_EQ(WithoutCredential(Asking("a=1&&b")).url.query, "a=1&&b");
}

}  // namespace
}  // namespace cloudlet::edge
