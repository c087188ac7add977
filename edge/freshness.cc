// Facts of a response: date, age, lifetime. Lifetimes first by the RFC, then by CloudFront.
#include "edge/freshness.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "edge/date.h"
#include "edge/lists.h"

namespace cloudlet::edge {
namespace {

template <typename List>
bool Contains(const List& list, int status) {
  return std::find(std::begin(list), std::end(list), status) != std::end(list);
}

std::optional<absl::Time> DateIn(const HttpHeaders& headers, std::string_view name,
                                 absl::Time now) {
  const std::string* const text = headers.Find(name);
  return text == nullptr ? std::nullopt : ParseDate(*text, now);
}

// Of a response with a targeted field that is valid, Cache-Control and Expires do not count.
bool FollowsTargeted(const HttpHeaders& headers, const Policy& policy) {
  if (policy.cloudfront()) return false;
  return std::any_of(
      policy.targeted_fields.begin(), policy.targeted_fields.end(),
      [&](const std::string& name) { return ParseTargeted(headers, name).has_value(); });
}

Directives DirectivesOf(const HttpHeaders& headers, const Policy& policy) {
  if (!policy.cloudfront()) {
    for (const std::string& name : policy.targeted_fields) {
      if (auto directives = ParseTargeted(headers, name)) return *std::move(directives);
    }
  }
  return ParseCacheControl(headers);
}

// What the origin said; an Expires that is no date has passed.
std::optional<absl::Duration> ExplicitLifetime(const HttpResponse& response, const Facts& facts,
                                               absl::Time now, const Policy& policy) {
  if (facts.directives.s_maxage) return facts.directives.s_maxage;
  if (facts.directives.max_age) return facts.directives.max_age;
  if (response.headers.Find("Expires") == nullptr || FollowsTargeted(response.headers, policy)) {
    return std::nullopt;
  }
  const auto expires = DateIn(response.headers, "Expires", now);
  return expires ? std::max(*expires - facts.date, absl::ZeroDuration()) : absl::ZeroDuration();
}

absl::Duration RfcLifetime(const HttpResponse& response, const Facts& facts, absl::Time now,
                           const Policy& policy) {
  if (const auto lifetime = ExplicitLifetime(response, facts, now, policy)) return *lifetime;
  const bool heuristic = HeuristicallyCacheable(response.status) || facts.directives.is_public;
  if (!heuristic || !facts.last_modified || *facts.last_modified > facts.date) {
    return absl::ZeroDuration();
  }
  return std::min((facts.date - *facts.last_modified) * policy.heuristic_fraction,
                  policy.heuristic_cap);
}

absl::Duration CloudFrontLifetime(const HttpResponse& response, const Facts& facts, absl::Time now,
                                  const Policy& policy) {
  const auto sent = ExplicitLifetime(response, facts, now, policy);
  const Directives& directives = facts.directives;
  switch (CloudFrontClassOf(response.status)) {
    case CloudFrontClass::kObject:
      // With a MinTTL these are not obeyed: the object is kept so long.
      if (directives.no_store || directives.no_cache || directives.private_only) {
        return policy.min_ttl;
      }
      if (!sent) return std::max(policy.min_ttl, policy.default_ttl);
      return std::clamp(*sent, policy.min_ttl, std::max(policy.min_ttl, policy.max_ttl));
    case CloudFrontClass::kError:
    case CloudFrontClass::kErrorIfDirective:
      return std::max(sent.value_or(absl::ZeroDuration()), policy.error_caching_min_ttl);
    case CloudFrontClass::kNever:
      break;
  }
  return absl::ZeroDuration();
}

}  // namespace

std::optional<absl::Duration> ParseAge(const HttpHeaders& headers) {
  const std::string* const line = headers.Find("Age");
  if (line == nullptr) return std::nullopt;
  std::string_view rest = *line;
  const auto seconds = Digits(NextElement(&rest).value_or(""), kMaxDeltaSeconds);
  if (!seconds) return std::nullopt;
  return absl::Seconds(*seconds);
}

Facts FactsOf(const HttpResponse& response, absl::Time request_time, absl::Time response_time,
              const Policy& policy) {
  Facts facts;
  facts.directives = DirectivesOf(response.headers, policy);
  facts.date = DateIn(response.headers, "Date", response_time).value_or(response_time);
  facts.last_modified = DateIn(response.headers, "Last-Modified", response_time);
  if (const std::string* const etag = response.headers.Find("ETag")) {
    facts.etag = ParseEntityTag(*etag);
  }
  const absl::Duration zero = absl::ZeroDuration();
  const absl::Duration apparent = std::max(response_time - facts.date, zero);
  const absl::Duration delay = std::max(response_time - request_time, zero);
  facts.initial_age = std::max(apparent, ParseAge(response.headers).value_or(zero) + delay);
  const Directives& directives = facts.directives;
  if (policy.cloudfront()) {
    facts.lifetime = CloudFrontLifetime(response, facts, response_time, policy);
    facts.must_validate = directives.no_cache && policy.min_ttl == zero;
    facts.never_stale = facts.must_validate;
  } else {
    facts.lifetime = RfcLifetime(response, facts, response_time, policy);
    facts.must_validate = directives.no_cache;
    facts.never_stale = directives.no_cache || directives.must_revalidate ||
                        directives.proxy_revalidate || directives.s_maxage.has_value();
  }
  return facts;
}

absl::Duration CurrentAge(const StoredResponse& stored, absl::Time now) {
  return stored.facts.initial_age + std::max(now - stored.response_time, absl::ZeroDuration());
}

absl::Duration FreshFor(const StoredResponse& stored, absl::Time now) {
  return stored.facts.lifetime - CurrentAge(stored, now);
}

bool HeuristicallyCacheable(int status) {
  static constexpr int kStatuses[] = {200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501};
  return Contains(kStatuses, status);
}

bool Understood(int status) {
  // Those of RFC 9110 section 15, without the ones that a cache does not store.
  static constexpr int kStatuses[] = {200, 201, 202, 203, 204, 205, 206, 300, 301, 302, 303,
                                      305, 307, 308, 400, 401, 402, 403, 404, 405, 406, 407,
                                      408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 421,
                                      422, 426, 500, 501, 502, 503, 504, 505};
  return Contains(kStatuses, status);
}

CloudFrontClass CloudFrontClassOf(int status) {
  static constexpr int kErrors[] = {404, 414, 500, 501, 502, 503, 504};
  static constexpr int kIfDirective[] = {400, 403, 405, 412, 415};
  if (status >= 200 && status < 400 && status != 304) return CloudFrontClass::kObject;
  if (Contains(kErrors, status)) return CloudFrontClass::kError;
  return Contains(kIfDirective, status) ? CloudFrontClass::kErrorIfDirective
                                        : CloudFrontClass::kNever;
}

bool HasExplicitLifetime(const HttpResponse& response, const Directives& directives,
                         const Policy& policy) {
  return directives.max_age || directives.s_maxage ||
         (response.headers.Find("Expires") != nullptr &&
          !FollowsTargeted(response.headers, policy));
}

bool MayServeStaleOnError(const StoredResponse& stored, absl::Time now, const Policy& policy) {
  if (stored.facts.never_stale || stored.response.status >= 500) return false;
  const absl::Duration stale_for = -FreshFor(stored, now);
  const std::optional<absl::Duration>& window = stored.facts.directives.stale_if_error;
  if (policy.cloudfront()) {
    if (window && *window == absl::ZeroDuration()) return false;
    return policy.min_ttl > absl::ZeroDuration() || (window && stale_for <= *window);
  }
  return stale_for <= window.value_or(policy.stale_on_error);
}

}  // namespace cloudlet::edge
