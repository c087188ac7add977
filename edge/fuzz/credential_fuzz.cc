// What a viewer says that it may have: query, cookies, policies, resources, paths. Whatever comes,
// nothing of a signature is left in the request, and what is read says what it must.
#include <string>
#include <string_view>
#include <vector>

#include "edge/fuzz/fuzz.h"
#include "edge/path_pattern.h"
#include "edge/signed_url.h"

namespace cloudlet::edge {
namespace {

void CheckPolicy(std::string_view text) {
  const auto policy = ParsePolicy(text);
  if (!policy.ok()) return;
  Require(policy->expires >= absl::UnixEpoch());
  Require(policy->ip_range.empty() || InRange("192.0.2.1", policy->ip_range).has_value());
  Require(WhyRefused(*policy, "https://d.example/a", "192.0.2.1", policy->expires) != "");
}

void CheckRequest(const HttpRequest& request) {
  const HttpRequest without = WithoutCredential(request);
  Require(!CredentialOf(without).has_value());
  Require(WithoutCredential(without).url == without.url);
  Require(WithoutCredential(without).headers == without.headers);
}

void CheckText(std::string_view text) {
  if (const auto bytes = UrlBase64Decode(text)) Require(UrlBase64Encode(*bytes) == text);
  Require(ResourceCovers("*", text));
  if (text.find_first_of("*?\\") == std::string_view::npos) Require(ResourceCovers(text, text));
  Require(MatchesWildcards("*", text));
  const auto plain = Unescaped(text);
  Require(!plain || plain->size() <= text.size());
}

}  // namespace

const std::vector<std::string>& FuzzSeeds() {
  static const std::vector<std::string> seeds = {
      "a=1&Expires=1893459600&Signature=AAAA&Key-Pair-Id=K1&Hash-Algorithm=SHA256",
      "Policy=e30_&Signature=AAAA&Key-Pair-Id=K1&&b",
      "CloudFront-Policy=e30_; CloudFront-Signature=AAAA; a=1; CloudFront-Key-Pair-Id=K1",
      R"({"Statement":[{"Resource":"https://d.example/*","Condition":{"DateLessThan":)"
      R"({"AWS:EpochTime":1893459600},"IpAddress":{"AWS:SourceIp":"192.0.2.0/24"}}}]})",
      R"({"Statement":[{"Condition":{"DateGreaterThan":{"AWS:EpochTime":1},)"
      R"("DateLessThan":{"AWS:EpochTime":1.5e9}},"Resource":"http*://*\\?a=?"}]})",
      R"({"Statement":[{"Condition":{"DateLessThan":{"AWS:EpochTime":-1}}},{}]})",
      "https://d.example/a/b.jpg?x=1",
      "http*://*.example/a?\\?x=*",
      "/a%20b%2F*"};
  return seeds;
}

}  // namespace cloudlet::edge

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cloudlet::edge;  // NOLINT(google-build-using-namespace): here alone
  const std::string_view text = TextOf(data, size);
  CheckPolicy(text);
  CheckText(text);
  cloudlet::HttpRequest request;
  request.url.authority = "d.example";
  request.url.query = std::string(text);
  CheckRequest(request);
  request.url.query.reset();
  request.headers.Add("Cookie", text);
  CheckRequest(request);
  return 0;
}
