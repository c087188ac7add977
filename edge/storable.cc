// The conditions of storing, each profile's in a function.
#include "edge/storable.h"

#include <algorithm>
#include <string>
#include <utility>

#include "edge/freshness.h"
#include "edge/header_rules.h"
#include "edge/invalidation.h"
#include "edge/lists.h"
#include "edge/result_type.h"
#include "edge/variants.h"

namespace cloudlet::edge {
namespace {

// Which bytes a 206 is; nullopt: its Content-Range and its body do not agree.
std::optional<ContentRange> PartOf(const HttpResponse& response, const Policy& policy) {
  const std::string* const header = response.headers.Find("Content-Range");
  if (header == nullptr || response.headers.Count("Content-Range") != 1) return std::nullopt;
  auto range = ParseContentRange(*header);
  if (!range || response.body.empty()) return std::nullopt;
  const uint64_t bytes = response.body.size();
  if (bytes == range->span.length) return range;
  const bool to_the_end = range->size == range->span.end();
  if (!policy.lenient_partials || !to_the_end || bytes > range->span.length) return std::nullopt;
  range->span.length = bytes;
  range->size = range->span.end();
  return range;
}

// The answer to a POST may be given to a later GET: RFC 9110 section 9.3.3.
bool IsStorablePost(const HttpRequest& request, const StoredResponse& made, const Policy& policy) {
  if (request.method != "POST" || policy.cloudfront() || made.response.status > 299) return false;
  const std::string* const location = made.response.headers.Find("Content-Location");
  if (location == nullptr || ResolveUrl(request.url, *location) != request.url) return false;
  return HasExplicitLifetime(made.response, made.facts.directives, policy);
}

bool HasWrongLength(const HttpResponse& response) {
  const std::string* const length = response.headers.Find("Content-Length");
  if (length == nullptr) return false;
  const auto bytes = Digits(*length, int64_t{1} << 62);
  return !bytes || static_cast<uint64_t>(*bytes) != response.body.size();
}

// Of a body that follows what is said of it; 0 where nothing is.
uint64_t LengthOf(const HttpResponse& response, bool body_follows) {
  if (!body_follows) return response.body.size();
  const std::string* const length = response.headers.Find("Content-Length");
  const auto bytes = length == nullptr ? std::nullopt : Digits(*length, int64_t{1} << 62);
  return bytes ? static_cast<uint64_t>(*bytes) : 0;
}

std::string_view RfcWhyNot(const HttpRequest& request, const StoredResponse& made,
                           const Policy& policy) {
  const Directives& directives = made.facts.directives;
  const int status = made.response.status;
  if (directives.must_understand ? !Understood(status) : directives.no_store) return "no-store";
  if (ParseRequestDirectives(request.headers).no_store) return "no-store";
  if (directives.private_only) return "private";
  if (VariesOnEverything(made.response.headers)) return "vary";
  if (request.headers.Find("Authorization") != nullptr && !directives.must_revalidate &&
      !directives.is_public && !directives.s_maxage) {
    return "authorization";
  }
  const bool cacheable = HeuristicallyCacheable(status) || directives.is_public ||
                         HasExplicitLifetime(made.response, directives, policy);
  return cacheable ? "" : "status";
}

std::string_view CloudFrontWhyNot(const StoredResponse& made, const Policy& policy) {
  const Directives& directives = made.facts.directives;
  switch (CloudFrontClassOf(made.response.status)) {
    case CloudFrontClass::kNever:
      return "status";
    case CloudFrontClass::kErrorIfDirective:
      if (!directives.max_age && !directives.s_maxage) return "status";
      break;
    case CloudFrontClass::kError:
    case CloudFrontClass::kObject:
      break;
  }
  if (policy.min_ttl > absl::ZeroDuration()) return "";
  if (directives.no_store) return "no-store";
  if (directives.private_only) return "private";
  return VariesOnEverything(made.response.headers) ? "vary" : "";
}

}  // namespace

StoredResponse MakeStored(const HttpRequest& request, HttpResponse response,
                          absl::Time request_time, absl::Time response_time, const Policy& policy) {
  StoredResponse made;
  made.request_time = request_time;
  made.response_time = response_time;
  made.facts = FactsOf(response, request_time, response_time, policy);
  made.selectors = SelectorsOf(response.headers, request.headers, policy);
  if (response.status == 206) made.part = PartOf(response, policy);
  made.response = std::move(response);
  if (made.part) {
    made.response.status = 200;
    made.response.reason = "OK";
    made.response.headers.Remove("Content-Range");
    made.response.headers.Remove("Content-Length");
  }
  return made;
}

std::string_view WhyNotStorable(const HttpRequest& request, const StoredResponse& made,
                                const Policy& policy, bool body_follows) {
  const int status = made.response.status;
  if (HasResultType(made.response.headers)) return "edge-error";
  if (request.method != "GET" && !IsStorablePost(request, made, policy)) return "method";
  if (status < 200 || status == 304 || status == 412 || status == 416) return "status";
  if (status == 206) return "range";
  if (!body_follows && HasWrongLength(made.response)) return "length";
  if (LengthOf(made.response, body_follows) > policy.max_body_bytes) return "too-large";
  const std::string_view why =
      policy.cloudfront() ? CloudFrontWhyNot(made, policy) : RfcWhyNot(request, made, policy);
  if (!why.empty()) return why;
  const bool of_use =
      made.facts.lifetime > absl::ZeroDuration() || made.facts.etag || made.facts.last_modified;
  return of_use ? "" : "no-lifetime";
}

std::optional<StoredResponse> Combine(const StoredResponse& older, const StoredResponse& newer,
                                      const Policy& policy) {
  if (!older.part || !newer.part || !older.facts.etag || !newer.facts.etag) return std::nullopt;
  if (!StronglyEqual(*older.facts.etag, *newer.facts.etag)) return std::nullopt;
  if (older.part->size && newer.part->size && older.part->size != newer.part->size) {
    return std::nullopt;
  }
  const ByteSpan& a = older.part->span;
  const ByteSpan& b = newer.part->span;
  if (a.end() < b.offset || b.end() < a.offset) return std::nullopt;
  // The newer's bytes, with what the older has before and behind them.
  absl::Cord body;
  if (a.offset < b.offset) body.Append(older.response.body.Subcord(0, b.offset - a.offset));
  body.Append(newer.response.body);
  if (a.end() > b.end()) {
    body.Append(older.response.body.Subcord(b.end() - a.offset, a.end() - b.end()));
  }
  StoredResponse out = newer;
  const uint64_t offset = std::min(a.offset, b.offset);
  const std::optional<uint64_t> size = newer.part->size ? newer.part->size : older.part->size;
  out.part = ContentRange{{offset, body.size()}, size};
  if (offset == 0 && size == body.size()) out.part = std::nullopt;
  out.response.headers = Updated(older.response.headers, out.response.headers);
  if (!out.part) out.response.headers.Set("Content-Length", std::to_string(body.size()));
  out.response.body = std::move(body);
  out.facts = FactsOf(out.response, out.request_time, out.response_time, policy);
  return out;
}

}  // namespace cloudlet::edge
