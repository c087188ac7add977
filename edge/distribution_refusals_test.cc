// What is not let in, and options that are refused.
#include <functional>
#include <string>
#include <string_view>

#include "cloudlet/edge.h"
#include "cloudlet/testing.h"
#include "edge/distribution_testing.h"
#include "edge/signed_url_testing.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

class RefusalsTest : public ::testing::Test {
 protected:
  DistributionOptions Options() {
    return Over([this](const HttpRequest& request) {
      last_ = request;
      ++fetches_;
      return Answering(200, "private", {{"Cache-Control", "max-age=60"}});
    });
  }
  DistributionOptions Signed() {
    DistributionOptions options = Options();
    options.key_groups = {{"group", {{"K1", kTestPublicKey}}},
                          {"other", {{"K2", kOtherPublicKey}}}};
    options.default_behavior.trusted_key_groups = {"group"};
    options.default_behavior.cache.query_strings = {Selection::kAll, {}};
    return options;
  }
  Distribution Make(const DistributionOptions& options) {
    auto made = Distribution::Create(fake_.cloud(), options);
    EXPECT_TRUE(made.ok()) << made.status();
    return *std::move(made);
  }
  absl::Time In(int seconds) { return fake_.cloud().Now() + absl::Seconds(seconds); }

  testing::FakeCloud fake_;
  int fetches_ = 0;
  HttpRequest last_;
};

// The path and query of a signed URL.
HttpRequest Following(std::string_view url) {
  return Getting(url.substr(std::string_view("https://d.example").size()));
}

TEST_F(RefusalsTest, MethodsCountriesAndBodies) {
  DistributionOptions options = Options();
  options.geo_restriction = GeoRestriction::kBlockList;
  options.countries = {"XX"};
  const Distribution cdn = Make(options);
  EXPECT_EQ(cdn.Handle(Getting("/a"), {.country = "DE"}).status, 200);
  const HttpResponse refused = cdn.Handle(Getting("/a"), {.country = "XX"});
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(XCacheOf(refused), "Error");
  for (const char* const method : {"POST", "OPTIONS", "TRACE", "PROPFIND"}) {
    HttpRequest request = Getting("/a");
    request.method = method;
    EXPECT_EQ(cdn.Handle(request).status, 403) << method;
  }
  HttpRequest with_body = Getting("/a");
  with_body.body = absl::Cord("x");
  EXPECT_EQ(cdn.Handle(with_body).status, 403);
  EXPECT_EQ(cdn.Handle(Getting("/a b")).status, 400);
  EXPECT_EQ(cdn.Handle(Getting("/" + std::string(9'000, 'a'))).status, 414);
  EXPECT_EQ(fetches_, 1);
  EXPECT_EQ(cdn.stats().errors, 8u);
}

TEST_F(RefusalsTest, OnlyWhatIsSignedIsAnswered) {
  const Distribution cdn = Make(Signed());
  const UrlSigner signer = *UrlSigner::Create("K1", kTestPrivateKey);
  const UrlSigner sha256 = *UrlSigner::Create("K1", kTestPrivateKey, UrlHashAlgorithm::kSha256);
  const std::string good = *signer.SignUrl("https://d.example/a?v=1", In(60));
  EXPECT_EQ(cdn.Handle(Following(good)).status, 200);
  // What made it good goes no further, and is not in the key.
  EXPECT_EQ(last_.url.query, "v=1");
  const HttpResponse again =
      cdn.Handle(Following(*sha256.SignUrl("https://d.example/a?v=1", In(90))));
  EXPECT_EQ(XCacheOf(again), "Hit");

  EXPECT_EQ(cdn.Handle(Getting("/a?v=1")).status, 403);
  const auto forged = [&](std::string_view what, std::string_view with) {
    std::string url = good;
    const size_t at = url.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    url.replace(at, what.size(), with);
    return cdn.Handle(Following(url)).status;
  };
  EXPECT_EQ(forged("/a?", "/b?"), 403);
  EXPECT_EQ(forged("v=1", "v=2"), 403);
  EXPECT_EQ(forged("v=1&", ""), 403);
  EXPECT_EQ(forged("Key-Pair-Id=K1", "Key-Pair-Id=K2"), 403);
  EXPECT_EQ(forged("Expires=", "Expires=9"), 403);
  EXPECT_EQ(forged("Signature=", "Signature=A"), 403);
  EXPECT_EQ(forged("Key-Pair-Id=K1", "Key-Pair-Id=K1&Hash-Algorithm=SHA256"), 403);
  HttpRequest elsewhere = Following(good);
  elsewhere.url.authority = "e.example";
  EXPECT_EQ(cdn.Handle(elsewhere).status, 403);
  // A key of a group that the behavior does not trust.
  const UrlSigner other = *UrlSigner::Create("K2", kOtherPrivateKey);
  EXPECT_EQ(cdn.Handle(Following(*other.SignUrl("https://d.example/a?v=1", In(60)))).status, 403);
  const UrlSigner posing = *UrlSigner::Create("K1", kOtherPrivateKey);
  EXPECT_EQ(cdn.Handle(Following(*posing.SignUrl("https://d.example/a?v=1", In(60)))).status, 403);

  fake_.clock().Advance(absl::Seconds(59));
  EXPECT_EQ(cdn.Handle(Following(good)).status, 200);
  fake_.clock().Advance(absl::Seconds(1));
  EXPECT_EQ(cdn.Handle(Following(good)).status, 403);
}

TEST_F(RefusalsTest, CustomPoliciesAndCookies) {
  const Distribution cdn = Make(Signed());
  const UrlSigner signer = *UrlSigner::Create("K1", kTestPrivateKey);
  const UrlPolicy policy = {.resource = "https://d.example/films/*",
                            .expires = In(60),
                            .starts = In(10),
                            .ip_range = "192.0.2.0/24"};
  const Viewer viewer = {.ip = "192.0.2.7"};
  const std::string url = *signer.SignUrl("https://d.example/films/a", policy);
  EXPECT_EQ(cdn.Handle(Following(url), viewer).status, 403);
  fake_.clock().Advance(absl::Seconds(11));
  EXPECT_EQ(cdn.Handle(Following(url), viewer).status, 200);
  EXPECT_EQ(cdn.Handle(Following(url), {.ip = "198.51.100.1"}).status, 403);
  std::string cookies;
  const auto signed_cookies = signer.SignCookies(policy);
  for (const SignedCookie& one : *signed_cookies) {
    cookies += one.name + "=" + one.value + "; ";
  }
  EXPECT_EQ(cdn.Handle(Getting("/films/b", {{"Cookie", cookies}}), viewer).status, 200);
  EXPECT_EQ(cdn.Handle(Getting("/other", {{"Cookie", cookies}}), viewer).status, 403);
}

TEST_F(RefusalsTest, ErrorPageOfAPrivateDistributionIsShownUnsigned) {
  DistributionOptions options = Signed();
  options.behaviors = {{.path_pattern = "/errors/*", .origin_id = "origin"}};
  options.custom_error_responses = {{.error_code = 403, .response_page_path = "/errors/403.html"}};
  const HttpResponse response = Make(options).Handle(Getting("/a"));
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(BodyOf(response), "private");
  EXPECT_EQ(last_.url.path, "/errors/403.html");
}

TEST_F(RefusalsTest, WrongOptionsAreNamed) {
  using Edit = std::function<void(DistributionOptions&)>;
  struct Case {
    std::string field;
    Edit edit;
  };
  const NameSelection none_listed = {Selection::kListed, {}};
  const Case cases[] = {
      {"origins", [](auto& o) { o.origins.clear(); }},
      {"origins", [](auto& o) { o.origins.push_back(o.origins[0]); }},
      {"origins", [](auto& o) { o.origins[0].origin = nullptr; }},
      {"response_timeout", [](auto& o) { o.origins[0].response_timeout = absl::Seconds(121); }},
      {"connection_attempts", [](auto& o) { o.origins[0].connection_attempts = 4; }},
      {"custom_headers",
       [](auto& o) {
         o.origins[0].custom_headers = {{"Range", "x"}};
       }},
      {"custom_headers",
       [](auto& o) {
         o.origins[0].custom_headers = {{"X", "a\nb"}};
       }},
      {"coherent", [](auto& o) { o.coherent = true; }},
      {"origin_id", [](auto& o) { o.default_behavior.origin_id = "none"; }},
      {"behaviors", [](auto& o) { o.behaviors.push_back(o.default_behavior); }},
      {"behaviors",
       [](auto& o) { o.behaviors.resize(76, {.path_pattern = "a", .origin_id = "origin"}); }},
      {"default_behavior", [](auto& o) { o.default_behavior.path_pattern = "*"; }},
      {"cache", [](auto& o) { o.default_behavior.cache.min_ttl = absl::Hours(25); }},
      {"cache", [](auto& o) { o.default_behavior.cache.min_ttl = absl::Milliseconds(1'500); }},
      {"cache", [](auto& o) { o.default_behavior.cache.min_ttl = -absl::Seconds(1); }},
      {"cache.headers",
       [](auto& o) {
         o.default_behavior.cache.headers = {Selection::kAll, {}};
       }},
      {"cache.headers",
       [](auto& o) {
         o.default_behavior.cache.headers = {Selection::kListed, {"Cookie"}};
       }},
      {"cache.headers",
       [](auto& o) {
         o.default_behavior.cache.headers = {Selection::kListed, {"A", "a"}};
       }},
      {"cache.cookies", [=](auto& o) { o.default_behavior.cache.cookies = none_listed; }},
      {"cache.query_strings",
       [](auto& o) {
         o.default_behavior.cache.query_strings = {Selection::kAll, {"a"}};
       }},
      {"origin_request.headers",
       [](auto& o) {
         o.default_behavior.origin_request.headers = {Selection::kListed, {"Authorization"}};
       }},
      {"origin_request.headers",
       [](auto& o) {
         o.default_behavior.cache.accept_gzip = true;
         o.default_behavior.origin_request.headers = {Selection::kListed, {"Accept-Encoding"}};
       }},
      {"custom_headers",
       [](auto& o) {
         o.origins[0].custom_headers = {{"Accept-Encoding", "gzip"}};
       }},
      {"lenient_partials", [](auto& o) { o.lenient_partials = true; }},
      {"response_headers",
       [](auto& o) {
         o.default_behavior.response_headers.custom = {{{"X", "a\r\nb"}}};
       }},
      {"trusted_key_groups", [](auto& o) { o.default_behavior.trusted_key_groups = {"none"}; }},
      {"key_groups",
       [](auto& o) {
         o.key_groups = {{"g", {{"K", "no key"}}}};
       }},
      {"key_groups",
       [](auto& o) {
         o.key_groups = {{"g", {}}};
       }},
      {"default_root_object", [](auto& o) { o.default_root_object = "/index.html"; }},
      {"custom_error_responses", [](auto& o) { o.custom_error_responses = {{.error_code = 401}}; }},
      {"custom_error_responses",
       [](auto& o) { o.custom_error_responses = {{.error_code = 404, .response_code = 200}}; }},
      {"countries", [](auto& o) { o.countries = {"DE"}; }},
      {"countries", [](auto& o) { o.geo_restriction = GeoRestriction::kAllowList; }},
      {"countries",
       [](auto& o) {
         o.geo_restriction = GeoRestriction::kAllowList;
         o.countries = {"de"};
       }},
      {"domain_name", [](auto& o) { o.domain_name = ""; }},
      {"kRfc9111",
       [](auto& o) {
         o.profile = CacheProfile::kRfc9111;
         o.default_behavior.cache.max_ttl = absl::Hours(24);
       }},
  };
  for (const Case& c : cases) {
    DistributionOptions options = Options();
    c.edit(options);
    const auto made = Distribution::Create(fake_.cloud(), options);
    EXPECT_EQ(made.status().code(), absl::StatusCode::kInvalidArgument) << c.field;
    EXPECT_NE(std::string(made.status().message()).find(c.field), std::string::npos)
        << made.status();
  }
}

}  // namespace
}  // namespace cloudlet::edge
