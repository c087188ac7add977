// The first reason holds.
#include "edge/refusal.h"

#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "edge/date.h"
#include "edge/viewer_request.h"

namespace cloudlet::edge {
namespace {

Refusal Error(int status, std::string_view detail) {
  return {.status = status, .result = EdgeResultType::kError, .detail = detail};
}

}  // namespace

std::optional<Refusal> RefusalOf(const DistributionOptions& options, const CacheBehavior& behavior,
                                 const HttpRequest& request, const Viewer& viewer) {
  const int malformed = WhyMalformed(request);
  if (malformed == 414) return Refusal{.status = 414, .result = EdgeResultType::kLimitExceeded};
  if (malformed != 0) return Error(malformed, "InvalidRequest");
  if (!IsServedHost(HostOf(request), options.domain_name, options.aliases)) {
    return Error(403, "InvalidRequestHeader");
  }
  const int protocol = ProtocolRefusal(behavior.viewer_protocol, request, viewer);
  if (protocol == 403) return Error(403, "InvalidRequestBlocked");
  if (protocol != 0) {
    return Refusal{.status = protocol,
                   .location = HttpsLocation(request),
                   .result = EdgeResultType::kRedirect};
  }
  if (IsRestricted(options.geo_restriction, options.countries, viewer.country)) {
    return Error(403, "ClientGeoBlocked");
  }
  if (!IsAllowed(behavior.allowed_methods, request.method)) {
    return Error(403, "InvalidRequestMethod");
  }
  const bool cloudfront = options.profile == CacheProfile::kCloudFront;
  if (cloudfront && request.method == "GET" && !request.body.empty()) {
    return Error(403, "InvalidRequest");
  }
  return std::nullopt;
}

HttpResponse ResponseOf(const Refusal& refusal, const HttpRequest& request, CacheProfile profile,
                        absl::Time now) {
  HttpResponse response;
  response.status = refusal.status;
  response.reason = std::string(ReasonOf(refusal.status));
  const std::string body = absl::StrCat(refusal.status, " ", response.reason, "\n");
  response.headers.Add("Date", FormatDate(now));
  response.headers.Add("Content-Type", "text/plain");
  response.headers.Add("Content-Length", std::to_string(body.size()));
  if (!refusal.location.empty()) response.headers.Add("Location", refusal.location);
  if (profile == CacheProfile::kCloudFront) {
    const bool redirect = refusal.result == EdgeResultType::kRedirect;
    response.headers.Add("X-Cache",
                         redirect ? "Redirect from cloudfront" : "Error from cloudfront");
  }
  if (request.method != "HEAD") response.body = absl::Cord(body);
  return response;
}

}  // namespace cloudlet::edge
