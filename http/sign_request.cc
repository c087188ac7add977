// The client's half of Signature Version 4.
#include "http/sign_request.h"

#include <cstdint>
#include <set>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "http/uri.h"

namespace cloudlet::http {
namespace {

using base::V;

// Names of the headers that are signed, lower case, ascending. A hop may change the others.
std::vector<std::string> HeadersToSign(const Headers& headers) {
  static const std::set<std::string> changed = {"authorization",   "connection",
                                                "expect",          "user-agent",
                                                "x-amzn-trace-id", "transfer-encoding"};
  std::set<std::string> names;
  for (const Header& header : headers) {
    std::string name = absl::AsciiStrToLower(header.name);
    if (changed.count(name) == 0) names.insert(std::move(name));
  }
  return {names.begin(), names.end()};
}

}  // namespace

Scope Signer::ScopeAt(std::string_view amz_time) const {
  return {std::string(amz_time.substr(0, 8)), region_, service_};
}

absl::StatusOr<StreamSeed> Signer::SignHeaders(RequestHead& head, std::string_view payload_hash,
                                               absl::Time now) const {
  CLOUDLET_ASSIGN_OR_RETURN(const RequestTarget target, ParseRequestTarget(head.target));
  StreamSeed seed;
  seed.amz_time = AmzTime(now);
  const Scope scope = ScopeAt(seed.amz_time);
  seed.scope = scope.ToString();
  seed.key = SigningKey(credentials_.secret, scope);

  head.headers.Add("X-Amz-Date", seed.amz_time);
  if (service_ == "s3") head.headers.Add("X-Amz-Content-Sha256", payload_hash);
  if (!credentials_.session_token.empty()) {
    head.headers.Add("X-Amz-Security-Token", credentials_.session_token);
  }
  const std::vector<std::string> names = HeadersToSign(head.headers);
  seed.signature =
      HexOf(Hmac(seed.key, StringToSign(seed.amz_time, scope,
                                        CanonicalRequest(head.method, target, head.headers, names,
                                                         payload_hash, service_))));
  head.headers.Add(
      "Authorization",
      absl::StrCat(V(kSigV4Algorithm), " Credential=", credentials_.key_id, "/", seed.scope,
                   ", SignedHeaders=", absl::StrJoin(names, ";"), ", Signature=", seed.signature));
  return seed;
}

absl::StatusOr<std::string> Signer::Presign(const RequestHead& head, absl::Duration expires,
                                            absl::Time now) const {
  const std::string amz_time = AmzTime(now);
  const Scope scope = ScopeAt(amz_time);
  const std::vector<std::string> names = HeadersToSign(head.headers);
  std::vector<std::pair<std::string_view, std::string>> params = {
      {"X-Amz-Algorithm", std::string(kSigV4Algorithm)},
      {"X-Amz-Credential", absl::StrCat(credentials_.key_id, "/", scope.ToString())},
      {"X-Amz-Date", amz_time},
      {"X-Amz-Expires", absl::StrCat(absl::ToInt64Seconds(expires))},
      {"X-Amz-SignedHeaders", absl::StrJoin(names, ";")}};
  if (!credentials_.session_token.empty()) {
    params.emplace_back("X-Amz-Security-Token", credentials_.session_token);
  }
  std::string url = head.target;
  char separator = url.find('?') == std::string::npos ? '?' : '&';
  for (const auto& [name, value] : params) {
    url.push_back(separator);
    url.append(name);
    url.push_back('=');
    AppendPercentEncoded(value, url);
    separator = '&';
  }
  CLOUDLET_ASSIGN_OR_RETURN(const RequestTarget target, ParseRequestTarget(url));
  const Mac mac = Hmac(
      SigningKey(credentials_.secret, scope),
      StringToSign(amz_time, scope,
                   CanonicalRequest(head.method, target, head.headers, names,
                                    service_ == "s3" ? kUnsignedPayload : kEmptySha256, service_)));
  return absl::StrCat(url, "&X-Amz-Signature=", HexOf(mac));
}

Headers Signer::SignPolicy(std::string_view policy, absl::Time now) const {
  const std::string amz_time = AmzTime(now);
  const Scope scope = ScopeAt(amz_time);
  return {{"policy", std::string(policy)},
          {"x-amz-algorithm", std::string(kSigV4Algorithm)},
          {"x-amz-credential", absl::StrCat(credentials_.key_id, "/", scope.ToString())},
          {"x-amz-date", amz_time},
          {"x-amz-signature", HexOf(Hmac(SigningKey(credentials_.secret, scope), policy))}};
}

}  // namespace cloudlet::http
