// Field by field, in the order of the declaration.
#include "edge/distribution_options.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "edge/cache_key.h"
#include "edge/flood/rate_limiter.h"
#include "edge/functions/function_options.h"
#include "edge/lists.h"
#include "edge/origins.h"
#include "edge/response_headers.h"
#include "edge/signing_key.h"
#include "edge/viewer_request.h"

namespace cloudlet::edge {
namespace {

using base::Quoted;
using base::V;

constexpr size_t kMaxBehaviors = 75;
constexpr size_t kMaxPattern = 255;
constexpr size_t kMaxGroupsOfBehavior = 4;
constexpr size_t kMaxKeysOfGroup = 5;
constexpr size_t kMaxRateRules = 10;

absl::Status Refuse(std::string_view field, std::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("create distribution: ", V(field), ": ", V(why)));
}

absl::Status CheckSelection(const std::string& field, const NameSelection& selection) {
  const bool lists =
      selection.which == Selection::kListed || selection.which == Selection::kAllExcept;
  if (lists == selection.names.empty()) {
    return Refuse(field,
                  lists ? "it lists no names" : "names are given: set kListed or kAllExcept");
  }
  if (std::find(selection.names.begin(), selection.names.end(), "") != selection.names.end()) {
    return Refuse(field, "an empty name");
  }
  return absl::OkStatus();
}

absl::Status CheckHeaders(const std::string& field, const NameSelection& headers,
                          const CachePolicy& policy, bool authorization) {
  CLOUDLET_RETURN_IF_ERROR(CheckSelection(field, headers));
  for (const std::string& name : headers.names) {
    if (!IsToken(name)) return Refuse(field, absl::StrCat(Quoted(name), " is no name of a header"));
    if (headers.which != Selection::kListed) continue;
    if (IsReservedHeader(name)) {
      return Refuse(field, absl::StrCat(Quoted(name), " cannot be listed"));
    }
    if (IsNormalised(name, policy)) {
      return Refuse(field, "accept_gzip and accept_brotli say what is sent of Accept-Encoding");
    }
    if (!authorization && SameHttpName(name, "Authorization")) {
      return Refuse(field, "Authorization goes to the origin only as part of the cache key");
    }
  }
  std::set<std::string> seen;
  for (const std::string& name : headers.names) {
    if (!seen.insert(LowerCase(name)).second) {
      return Refuse(field, absl::StrCat(Quoted(name), " is listed twice"));
    }
  }
  return absl::OkStatus();
}

bool WholeSeconds(absl::Duration time) { return time == absl::Trunc(time, absl::Seconds(1)); }

absl::Status CheckTtls(const std::string& field, const CachePolicy& policy, CacheProfile profile) {
  if (policy.min_ttl < absl::ZeroDuration() || policy.min_ttl > policy.default_ttl ||
      policy.default_ttl > policy.max_ttl) {
    return Refuse(field,
                  absl::StrCat("not 0 <= min_ttl (", absl::FormatDuration(policy.min_ttl),
                               ") <= default_ttl (", absl::FormatDuration(policy.default_ttl),
                               ") <= max_ttl (", absl::FormatDuration(policy.max_ttl), ")"));
  }
  if (!WholeSeconds(policy.min_ttl) || !WholeSeconds(policy.default_ttl) ||
      !WholeSeconds(policy.max_ttl)) {
    return Refuse(field, "a TTL is no whole number of seconds");
  }
  const CachePolicy plain;
  if (profile == CacheProfile::kRfc9111 &&
      (policy.min_ttl != plain.min_ttl || policy.default_ttl != plain.default_ttl ||
       policy.max_ttl != plain.max_ttl)) {
    return Refuse(field, "TTLs say nothing in the profile kRfc9111");
  }
  return absl::OkStatus();
}

absl::Status CheckBehavior(const std::string& field, const CacheBehavior& behavior,
                           const DistributionOptions& options) {
  if (std::none_of(options.origins.begin(), options.origins.end(),
                   [&](const auto& origin) { return origin.id == behavior.origin_id; })) {
    return Refuse(field + ".origin_id",
                  absl::StrCat("there is no origin ", Quoted(behavior.origin_id)));
  }
  CLOUDLET_RETURN_IF_ERROR(CheckTtls(field + ".cache", behavior.cache, options.profile));
  const Selection headers = behavior.cache.headers.which;
  if (headers != Selection::kNone && headers != Selection::kListed) {
    return Refuse(field + ".cache.headers", "the headers of a cache key are kNone or kListed");
  }
  CLOUDLET_RETURN_IF_ERROR(
      CheckHeaders(field + ".cache.headers", behavior.cache.headers, behavior.cache, true));
  CLOUDLET_RETURN_IF_ERROR(CheckSelection(field + ".cache.cookies", behavior.cache.cookies));
  CLOUDLET_RETURN_IF_ERROR(
      CheckSelection(field + ".cache.query_strings", behavior.cache.query_strings));
  const OriginRequestPolicy& more = behavior.origin_request;
  CLOUDLET_RETURN_IF_ERROR(CheckHeaders(field + ".origin_request.headers", more.headers,
                                        behavior.cache, options.profile == CacheProfile::kRfc9111));
  CLOUDLET_RETURN_IF_ERROR(CheckSelection(field + ".origin_request.cookies", more.cookies));
  CLOUDLET_RETURN_IF_ERROR(
      CheckSelection(field + ".origin_request.query_strings", more.query_strings));
  if (const auto fault = ResponseHeadersFault(behavior.response_headers)) {
    return Refuse(field + ".response_headers." + fault->field, fault->why);
  }
  if (behavior.compress && !behavior.cache.accept_gzip) {
    return Refuse(field + ".compress", "it takes cache.accept_gzip");
  }
  if (behavior.compress && behavior.cache.max_ttl == absl::ZeroDuration()) {
    return Refuse(field + ".compress", "it takes a cache.max_ttl above 0");
  }
  if (behavior.trusted_key_groups.size() > kMaxGroupsOfBehavior) {
    return Refuse(field + ".trusted_key_groups", "more than 4");
  }
  for (const std::string& id : behavior.trusted_key_groups) {
    if (std::none_of(options.key_groups.begin(), options.key_groups.end(),
                     [&](const KeyGroup& group) { return group.id == id; })) {
      return Refuse(field + ".trusted_key_groups",
                    absl::StrCat("there is no key group ", Quoted(id)));
    }
  }
  const std::string why = WhyInvalidFunctions(behavior.functions);
  return why.empty() ? absl::OkStatus() : Refuse(field + ".functions", why);
}

absl::Status CheckOrigins(const DistributionOptions& options) {
  if (options.origins.empty()) return Refuse("origins", "there is none");
  std::set<std::string> ids;
  for (const DistributionOrigin& origin : options.origins) {
    const std::string field = absl::StrCat("origins[", Quoted(origin.id), "]");
    if (origin.id.empty() || !ids.insert(origin.id).second) {
      return Refuse(field, "an id is not empty and of one origin alone");
    }
    if (origin.origin == nullptr) return Refuse(field, "there is no origin");
    if (origin.response_timeout < absl::Seconds(1) ||
        origin.response_timeout > absl::Seconds(120)) {
      return Refuse(field + ".response_timeout", "not within 1 s to 120 s");
    }
    if (origin.connection_attempts < 1 || origin.connection_attempts > 3) {
      return Refuse(field + ".connection_attempts", "not within 1 to 3");
    }
    if (origin.max_concurrent_fetches < 0) {
      return Refuse(field + ".max_concurrent_fetches", "not 0 (no bound) or above");
    }
    if (origin.max_queued < 0) return Refuse(field + ".max_queued", "not 0 or above");
    if (origin.max_queued > 0 && origin.max_concurrent_fetches == 0) {
      return Refuse(field + ".max_queued", "nothing waits without max_concurrent_fetches");
    }
    for (const HttpHeader& header : origin.custom_headers) {
      if (!IsSoundHeader(header) || IsReservedHeader(header.name) ||
          SameHttpName(header.name, "Accept-Encoding")) {
        return Refuse(field + ".custom_headers",
                      absl::StrCat(Quoted(header.name), " cannot be added"));
      }
    }
  }
  const bool watches =
      std::any_of(options.origins.begin(), options.origins.end(),
                  [](const auto& origin) { return !origin.origin->buckets().empty(); });
  if (options.coherent && !watches) return Refuse("coherent", "no origin has a bucket");
  return absl::OkStatus();
}

absl::Status CheckErrors(const DistributionOptions& options) {
  static constexpr int kCodes[] = {400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504};
  std::set<int> codes;
  for (const CustomErrorResponse& error : options.custom_error_responses) {
    const std::string field = absl::StrCat("custom_error_responses[", error.error_code, "]");
    if (std::find(std::begin(kCodes), std::end(kCodes), error.error_code) == std::end(kCodes) ||
        !codes.insert(error.error_code).second) {
      return Refuse(field, "it is no code that can be chosen, or is there twice");
    }
    const std::string& page = error.response_page_path;
    if (!page.empty() && (page[0] != '/' || page.find_first_of("?#") != std::string::npos)) {
      return Refuse(field, "a page is a path that begins with '/', without a query");
    }
    const int code = error.response_code;
    if (code != 0 && page.empty()) return Refuse(field, "a response_code without a page");
    if (code != 0 && (code < 200 || code > 599 || code == 204 || code == 304)) {
      return Refuse(field, "response_code is no status of a page");
    }
    if (error.error_caching_min_ttl < absl::ZeroDuration() ||
        !WholeSeconds(error.error_caching_min_ttl)) {
      return Refuse(field, "error_caching_min_ttl is no whole number of seconds");
    }
    if (options.profile == CacheProfile::kRfc9111 &&
        error.error_caching_min_ttl != CustomErrorResponse().error_caching_min_ttl) {
      return Refuse(field, "error_caching_min_ttl says nothing in the profile kRfc9111");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckKeys(const DistributionOptions& options) {
  std::set<std::string> groups;
  for (const KeyGroup& group : options.key_groups) {
    const std::string field = absl::StrCat("key_groups[", Quoted(group.id), "]");
    if (group.id.empty() || !groups.insert(group.id).second) {
      return Refuse(field, "an id is not empty and of one group alone");
    }
    if (group.keys.empty() || group.keys.size() > kMaxKeysOfGroup) {
      return Refuse(field, "a group has 1 to 5 keys");
    }
    for (const UrlPublicKey& key : group.keys) {
      if (key.id.empty() || internal::VerifyingKey::Parse(key.pem) == nullptr) {
        return Refuse(field,
                      absl::StrCat(Quoted(key.id), " has no id or is no RSA or P-256 public key"));
      }
    }
  }
  return absl::OkStatus();
}

absl::Status CheckPlaces(std::string_view field, const std::vector<std::string>& codes) {
  std::set<std::string> seen;
  for (const std::string& code : codes) {
    const EdgeLocation* const location = FindEdgeLocation(code);
    if (location == nullptr || location->code != code) {
      return Refuse(field,
                    absl::StrCat(Quoted(code), " is no code of EdgeLocations(), as \"FRA\""));
    }
    if (!seen.insert(code).second) return Refuse(field, Quoted(code) + " is there twice");
  }
  return absl::OkStatus();
}

absl::Status CheckGeography(const DistributionOptions& options) {
  CLOUDLET_RETURN_IF_ERROR(CheckPlaces("pops", options.pops));
  CLOUDLET_RETURN_IF_ERROR(CheckPlaces("regional_caches", options.regional_caches));
  for (const DistributionOrigin& origin : options.origins) {
    if (origin.origin_shield.empty()) continue;
    CLOUDLET_RETURN_IF_ERROR(CheckPlaces(
        absl::StrCat("origins[", Quoted(origin.id), "].origin_shield"), {origin.origin_shield}));
  }
  const auto used = [&](const std::string& code) {
    return InPriceClass(FindEdgeLocation(code)->price_region, options.price_class);
  };
  if (!options.pops.empty() && std::none_of(options.pops.begin(), options.pops.end(), used)) {
    return Refuse("pops", "none of them is in the price class");
  }
  if (options.pops.empty() && options.price_class != PriceClass::kAll) {
    return Refuse("price_class", "it chooses among pops, and there are none");
  }
  if (options.latency_model) {
    if (options.pops.empty() && FindEdgeLocation(options.pop) == nullptr) {
      return Refuse("latency_model", absl::StrCat("nobody knows where pop ", Quoted(options.pop),
                                                  " is: a code of EdgeLocations(), as \"FRA\""));
    }
    const absl::Status valid = ValidateLatencyModel(*options.latency_model);
    if (!valid.ok()) return Refuse("latency_model", std::string(valid.message()));
  }
  return absl::OkStatus();
}

absl::Status CheckRateRules(const DistributionOptions& options) {
  if (options.rate_rules.size() > kMaxRateRules) return Refuse("rate_rules", "more than 10");
  std::set<std::string> names;
  for (const RateRule& rule : options.rate_rules) {
    const std::string field = absl::StrCat("rate_rules[", Quoted(rule.name), "]");
    const std::string why = WhyInvalidRule(rule);
    if (!why.empty()) return Refuse(field, why);
    if (!names.insert(rule.name).second) return Refuse(field, "the name is there twice");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckOptions(const DistributionOptions& options) {
  CLOUDLET_RETURN_IF_ERROR(CheckOrigins(options));
  if (options.behaviors.size() > kMaxBehaviors) return Refuse("behaviors", "more than 75");
  for (const CacheBehavior& behavior : options.behaviors) {
    const std::string field = absl::StrCat("behaviors[", Quoted(behavior.path_pattern), "]");
    if (behavior.path_pattern.empty() || behavior.path_pattern.size() > kMaxPattern) {
      return Refuse(field, "a pattern has 1 to 255 characters");
    }
    CLOUDLET_RETURN_IF_ERROR(CheckBehavior(field, behavior, options));
  }
  if (!options.default_behavior.path_pattern.empty()) {
    return Refuse("default_behavior", "it has no pattern");
  }
  CLOUDLET_RETURN_IF_ERROR(CheckBehavior("default_behavior", options.default_behavior, options));
  if (!options.default_root_object.empty() && options.default_root_object[0] == '/') {
    return Refuse("default_root_object", "it must not begin with '/': \"index.html\"");
  }
  CLOUDLET_RETURN_IF_ERROR(CheckErrors(options));
  if (options.lenient_partials && options.profile != CacheProfile::kRfc9111) {
    return Refuse("lenient_partials", "it says nothing but in the profile kRfc9111");
  }
  if ((options.geo_restriction == GeoRestriction::kNone) != options.countries.empty()) {
    return Refuse("countries", options.countries.empty() ? "the geo_restriction needs some"
                                                         : "they need a geo_restriction");
  }
  for (const std::string& country : options.countries) {
    const bool alpha2 = country.size() == 2 && country[0] >= 'A' && country[0] <= 'Z' &&
                        country[1] >= 'A' && country[1] <= 'Z';
    if (!alpha2) return Refuse("countries", absl::StrCat(Quoted(country), " is not like \"DE\""));
  }
  CLOUDLET_RETURN_IF_ERROR(CheckKeys(options));
  CLOUDLET_RETURN_IF_ERROR(CheckGeography(options));
  if (options.invalidation_delay < absl::ZeroDuration() ||
      options.invalidation_delay > absl::Hours(24)) {
    return Refuse("invalidation_delay", "not within 0 to 24 h");
  }
  if (!IsSoundHeader({"Via", options.domain_name}) || options.domain_name.empty() ||
      !IsSoundHeader({"X-Amz-Cf-Pop", options.pop}) || options.pop.empty()) {
    return Refuse("domain_name, pop", "they are not empty and fit into a header");
  }
  if (options.distribution_id.empty()) return Refuse("distribution_id", "it is empty");
  for (const std::string& alias : options.aliases) {
    if (!IsDomainName(alias)) {
      return Refuse("aliases", absl::StrCat(Quoted(alias),
                                            " is not like \"www.example.com\" or "
                                            "\"*.example.com\""));
    }
  }
  if (options.log_cookies && options.access_log == nullptr) {
    return Refuse("log_cookies", "there is no access_log");
  }
  return CheckRateRules(options);
}

DistributionOptions WithHostsInKeys(DistributionOptions options) {
  if (options.profile != CacheProfile::kRfc9111) return options;
  const auto add = [](CacheBehavior* behavior) {
    NameSelection& keyed = behavior->cache.headers;
    if (!SelectsHeader(behavior->origin_request.headers, "Host") || SelectsHeader(keyed, "Host")) {
      return;
    }
    keyed.which = Selection::kListed;
    keyed.names.push_back("Host");
  };
  add(&options.default_behavior);
  for (CacheBehavior& behavior : options.behaviors) add(&behavior);
  return options;
}

}  // namespace cloudlet::edge
