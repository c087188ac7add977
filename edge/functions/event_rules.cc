// AWS's lists, and where they are wider here: Transfer-Encoding in every response, and at
// origin-request what the cache has planned with (Range, If-Match).
#include "edge/functions/event_rules.h"

#include <algorithm>

#include "cloudlet/edge_http.h"

namespace cloudlet {

std::string_view EdgeEventTypeName(EdgeEventType type) {
  switch (type) {
    case EdgeEventType::kViewerRequest:
      return "viewer-request";
    case EdgeEventType::kOriginRequest:
      return "origin-request";
    case EdgeEventType::kOriginResponse:
      return "origin-response";
    case EdgeEventType::kViewerResponse:
      break;
  }
  return "viewer-response";
}

namespace edge {
namespace {

constexpr size_t kKilobyte = 1024;

template <size_t n>
bool IsOneOf(const std::string_view (&names)[n], std::string_view name) {
  return std::any_of(std::begin(names), std::end(names),
                     [&](std::string_view one) { return SameHttpName(one, name); });
}

bool BeginsWith(std::string_view name, std::string_view prefix) {
  return SameHttpName(name.substr(0, prefix.size()), prefix);
}

}  // namespace

bool IsRequestEvent(EdgeEventType type) {
  return type == EdgeEventType::kViewerRequest || type == EdgeEventType::kOriginRequest;
}

bool IsOriginEvent(EdgeEventType type) {
  return type == EdgeEventType::kOriginRequest || type == EdgeEventType::kOriginResponse;
}

bool IsHiddenHeader(std::string_view name) {
  static constexpr std::string_view kNames[] = {"Connection",
                                                "Expect",
                                                "Keep-Alive",
                                                "Proxy-Authenticate",
                                                "Proxy-Authorization",
                                                "Proxy-Connection",
                                                "Trailer",
                                                "Upgrade",
                                                "X-Accel-Buffering",
                                                "X-Accel-Charset",
                                                "X-Accel-Limit-Rate",
                                                "X-Accel-Redirect",
                                                "X-Amzn-Auth",
                                                "X-Amzn-Cf-Billing",
                                                "X-Amzn-Cf-Id",
                                                "X-Amzn-Cf-Xff",
                                                "X-Amzn-Errortype",
                                                "X-Amzn-Fle-Profile",
                                                "X-Amzn-Header-Count",
                                                "X-Amzn-Header-Order",
                                                "X-Amzn-Lambda-Integration-Tag",
                                                "X-Amzn-RequestId",
                                                "X-Cache",
                                                "X-Forwarded-Proto",
                                                "X-Real-IP"};
  return IsOneOf(kNames, name) || BeginsWith(name, "X-Amz-Cf-") || BeginsWith(name, "X-Edge-");
}

bool IsReadOnlyInRequest(EdgeEventType type, std::string_view name) {
  static constexpr std::string_view kAlways[] = {"Content-Length", "Transfer-Encoding", "Via"};
  static constexpr std::string_view kAtOrigin[] = {
      "Accept-Encoding",     "If-Match", "If-Modified-Since", "If-None-Match", "If-Range",
      "If-Unmodified-Since", "Range"};
  if (IsOneOf(kAlways, name)) return true;
  if (type == EdgeEventType::kOriginRequest) return IsOneOf(kAtOrigin, name);
  return SameHttpName(name, "Host") || BeginsWith(name, "CloudFront-");
}

bool IsReadOnlyInResponse(EdgeEventType type, std::string_view name) {
  if (SameHttpName(name, "Transfer-Encoding") || SameHttpName(name, "Via")) return true;
  return type == EdgeEventType::kViewerResponse && SameHttpName(name, "Warning");
}

size_t MostBodyBytes(EdgeEventType type) {
  return IsOriginEvent(type) ? kKilobyte * kKilobyte : 40 * kKilobyte;
}

size_t MostGeneratedBytes(EdgeEventType type) { return MostBodyBytes(type); }

absl::Duration LongestTimeout(EdgeEventType type) {
  return IsOriginEvent(type) ? absl::Seconds(30) : absl::Seconds(5);
}

}  // namespace edge
}  // namespace cloudlet
