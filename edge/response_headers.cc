// Each header is text by itself; then one rule says whether the origin's stays.
#include "edge/response_headers.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "edge/lists.h"
#include "edge/origins.h"

namespace cloudlet::edge {
namespace {

using base::V;

constexpr size_t kMostCsp = 1'783;

constexpr std::string_view kReferrerPolicies[] = {"no-referrer",
                                                  "no-referrer-when-downgrade",
                                                  "origin",
                                                  "origin-when-cross-origin",
                                                  "same-origin",
                                                  "strict-origin",
                                                  "strict-origin-when-cross-origin",
                                                  "unsafe-url"};

// The guide's "headers that you can't remove".
constexpr std::string_view kKept[] = {"Connection",
                                      "Content-Encoding",
                                      "Content-Length",
                                      "Expect",
                                      "Host",
                                      "Keep-Alive",
                                      "Proxy-Authenticate",
                                      "Proxy-Authorization",
                                      "Proxy-Connection",
                                      "Trailer",
                                      "Transfer-Encoding",
                                      "Upgrade",
                                      "Via",
                                      "Warning",
                                      "X-Accel-Buffering",
                                      "X-Accel-Charset",
                                      "X-Accel-Limit-Rate",
                                      "X-Accel-Redirect",
                                      "X-Amzn-Auth",
                                      "X-Amzn-Cf-Billing",
                                      "X-Amzn-Cf-Id",
                                      "X-Amzn-Cf-Xff",
                                      "X-Amzn-ErrorType",
                                      "X-Amzn-Fle-Profile",
                                      "X-Amzn-Header-Count",
                                      "X-Amzn-Header-Order",
                                      "X-Amzn-Lambda-Integration-Tag",
                                      "X-Amzn-RequestId",
                                      "X-Cache",
                                      "X-Forwarded-Proto",
                                      "X-Real-Ip"};
constexpr std::string_view kKeptPrefixes[] = {"X-Amz-Cf-", "X-Edge-"};

bool CanBeRemoved(std::string_view name) {
  return std::none_of(std::begin(kKept), std::end(kKept),
                      [&](std::string_view one) { return SameHttpName(one, name); }) &&
         std::none_of(std::begin(kKeptPrefixes), std::end(kKeptPrefixes),
                      [&](std::string_view prefix) {
                        return SameHttpName(prefix, name.substr(0, prefix.size()));
                      });
}

bool IsWhole(absl::Duration time) {
  return time >= absl::ZeroDuration() && time == absl::Trunc(time, absl::Seconds(1));
}

std::optional<OptionFault> SecurityFault(const SecurityHeaders& security) {
  const auto& hsts = security.strict_transport_security;
  if (hsts && !IsWhole(hsts->max_age)) {
    return OptionFault{"strict_transport_security.max_age", "it is no whole number of seconds"};
  }
  const auto& frame = security.frame_options;
  if (frame && frame->value != "DENY" && frame->value != "SAMEORIGIN") {
    return OptionFault{"frame_options", "it is neither \"DENY\" nor \"SAMEORIGIN\""};
  }
  const auto& referrer = security.referrer_policy;
  if (referrer && std::find(std::begin(kReferrerPolicies), std::end(kReferrerPolicies),
                            referrer->value) == std::end(kReferrerPolicies)) {
    return OptionFault{"referrer_policy",
                       absl::StrCat(base::Quoted(referrer->value), " is no referrer policy")};
  }
  const auto& csp = security.content_security_policy;
  if (csp && (csp->value.empty() || csp->value.size() > kMostCsp ||
              !IsSoundHeader({"Content-Security-Policy", csp->value}))) {
    return OptionFault{"content_security_policy",
                       "it is empty, above 1,783 characters, or no value of a header"};
  }
  const auto& xss = security.xss_protection;
  if (!xss) return std::nullopt;
  if (!xss->protection && (xss->mode_block || !xss->report_uri.empty())) {
    return OptionFault{"xss_protection", "without protection it neither blocks nor reports"};
  }
  if (xss->mode_block && !xss->report_uri.empty()) {
    return OptionFault{"xss_protection", "it blocks or reports, not both"};
  }
  if (xss->report_uri.find_first_of("; \t") != std::string::npos ||
      !IsSoundHeader({"X-XSS-Protection", xss->report_uri})) {
    return OptionFault{"xss_protection.report_uri", "it is no URI"};
  }
  return std::nullopt;
}

void SetUnlessThere(std::string_view name, std::string_view value, bool override_origin,
                    HttpHeaders* headers) {
  if (override_origin || headers->Find(name) == nullptr) headers->Set(name, value);
}

std::string ValueOf(const StrictTransportSecurity& hsts) {
  return absl::StrCat("max-age=", absl::ToInt64Seconds(hsts.max_age),
                      hsts.include_subdomains ? "; includeSubDomains" : "",
                      hsts.preload ? "; preload" : "");
}

std::string ValueOf(const XssProtection& xss) {
  if (!xss.protection) return "0";
  if (!xss.report_uri.empty()) return "1; report=" + xss.report_uri;
  return xss.mode_block ? "1; mode=block" : "1";
}

void ApplySecurity(const SecurityHeaders& security, HttpHeaders* headers) {
  if (const auto& one = security.strict_transport_security) {
    SetUnlessThere("Strict-Transport-Security", ValueOf(*one), one->override_origin, headers);
  }
  if (const auto& one = security.content_type_options) {
    SetUnlessThere("X-Content-Type-Options", "nosniff", one->override_origin, headers);
  }
  if (const auto& one = security.frame_options) {
    SetUnlessThere("X-Frame-Options", one->value, one->override_origin, headers);
  }
  if (const auto& one = security.referrer_policy) {
    SetUnlessThere("Referrer-Policy", one->value, one->override_origin, headers);
  }
  if (const auto& one = security.content_security_policy) {
    SetUnlessThere("Content-Security-Policy", one->value, one->override_origin, headers);
  }
  if (const auto& one = security.xss_protection) {
    SetUnlessThere("X-XSS-Protection", ValueOf(*one), one->override_origin, headers);
  }
}

std::string MetricsOf(const TimingFacts& facts) {
  const std::string layer = absl::StrCat(";desc=\"", V(facts.layer), "\"");
  std::string out;
  const bool known = !facts.layer.empty();
  if (facts.cache == CacheUse::kMiss && known) out = "cdn-upstream-layer" + layer + ",";
  if (facts.cache == CacheUse::kHit) out += "cdn-cache-hit,";
  if (facts.cache == CacheUse::kRefresh) out += "cdn-cache-refresh,";
  if (facts.cache == CacheUse::kMiss) out += "cdn-cache-miss,";
  absl::StrAppend(&out, "cdn-pop;desc=\"", V(facts.pop), "\",cdn-rid;desc=\"", V(facts.request_id),
                  "\"");
  if (facts.cache == CacheUse::kHit && known) absl::StrAppend(&out, ",cdn-hit-layer", layer);
  absl::StrAppend(&out, ",cdn-downstream-fbl;dur=", absl::ToInt64Milliseconds(facts.first_byte));
  return out;
}

}  // namespace

std::optional<OptionFault> ResponseHeadersFault(const ResponseHeadersPolicy& policy) {
  for (const auto& custom : policy.custom) {
    if (!IsSoundHeader(custom.header)) {
      return OptionFault{"custom", absl::StrCat(base::Quoted(custom.header.name), " is no header")};
    }
  }
  for (const std::string& name : policy.remove) {
    if (!IsToken(name) || !CanBeRemoved(name)) {
      return OptionFault{"remove", absl::StrCat(base::Quoted(name), " cannot be removed")};
    }
  }
  if (policy.cors) {
    if (auto fault = CorsFault(*policy.cors)) {
      return OptionFault{"cors." + fault->field, fault->why};
    }
  }
  if (auto fault = SecurityFault(policy.security)) {
    return OptionFault{"security." + fault->field, fault->why};
  }
  if (policy.server_timing &&
      !(policy.server_timing->sampling_rate >= 0 && policy.server_timing->sampling_rate <= 100)) {
    return OptionFault{"server_timing.sampling_rate", "not within 0 to 100"};
  }
  return std::nullopt;
}

void ApplyResponseHeaders(const ResponseHeadersPolicy& policy, const HttpRequest& request,
                          HttpHeaders* headers) {
  for (const std::string& name : policy.remove) headers->Remove(name);
  if (policy.cors) ApplyCors(*policy.cors, request, headers);
  ApplySecurity(policy.security, headers);
  for (const auto& custom : policy.custom) {
    SetUnlessThere(custom.header.name, custom.header.value, custom.override_origin, headers);
  }
}

bool WantsServerTiming(const ServerTiming& policy, const HttpRequest& request, double draw) {
  if (draw < policy.sampling_rate) return true;
  for (const std::string_view element : ListOf(request.headers, "Pragma")) {
    if (SameHttpName(element, "server-timing")) return true;
  }
  return false;
}

void ApplyServerTiming(const TimingFacts& facts, HttpHeaders* headers) {
  std::string value = MetricsOf(facts);
  if (facts.cache == CacheUse::kMiss) {
    if (const auto origins = headers->Joined("Server-Timing")) value = *origins + "," + value;
  }
  headers->Set("Server-Timing", value);
}

}  // namespace cloudlet::edge
