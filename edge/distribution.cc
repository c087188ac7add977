// A viewer's request from the door to the answer: refusals, the behavior, the cache, error pages,
// headers.
#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/random.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/edge.h"
#include "edge/cache_key.h"
#include "edge/date.h"
#include "edge/distribution_options.h"
#include "edge/fetcher.h"
#include "edge/lru_response_cache.h"
#include "edge/origins.h"
#include "edge/path_pattern.h"
#include "edge/rsa_key.h"
#include "edge/signed_url.h"
#include "edge/viewer_request.h"

namespace cloudlet {
namespace internal {
namespace {

using edge::Reply;
using edge::Route;
using edge::Served;

constexpr size_t kMaxInvalidationPaths = 3'000;
using Keys = std::map<std::string, std::shared_ptr<const RsaPublicKey>, std::less<>>;

struct Gate {
  std::shared_ptr<const Route> route;
  Keys keys = {};  // of the trusted key groups, by id
};

edge::Policy PolicyOf(const CacheBehavior& behavior, CacheProfile profile) {
  edge::Policy policy;
  policy.semantics = profile == CacheProfile::kCloudFront ? edge::Semantics::kCloudFront
                                                          : edge::Semantics::kRfc9111;
  policy.min_ttl = behavior.cache.min_ttl;
  policy.default_ttl = behavior.cache.default_ttl;
  policy.max_ttl = behavior.cache.max_ttl;
  const bool cookies = behavior.cache.cookies.which != Selection::kNone ||
                       behavior.origin_request.cookies.which != Selection::kNone;
  policy.forward_cookies = cookies ? edge::ForwardCookies::kAll : edge::ForwardCookies::kNone;
  return policy;
}

Gate GateOf(const CacheBehavior& behavior, const DistributionOptions& options) {
  auto route = std::make_shared<Route>();
  route->behavior = behavior;
  for (const DistributionOrigin& origin : options.origins) {
    if (origin.id == behavior.origin_id) route->origin = origin;
  }
  if (options.coherent) route->buckets = route->origin.origin->buckets();
  route->policy = PolicyOf(behavior, options.profile);
  for (const CustomErrorResponse& error : options.custom_error_responses) {
    route->error_ttls[error.error_code] = error.error_caching_min_ttl;
  }
  Gate gate = {std::move(route)};
  for (const std::string& id : behavior.trusted_key_groups) {
    for (const KeyGroup& group : options.key_groups) {
      if (group.id != id) continue;
      for (const UrlPublicKey& key : group.keys) gate.keys[key.id] = RsaPublicKey::Parse(key.pem);
    }
  }
  return gate;
}

std::vector<OriginBucket> Watched(const DistributionOptions& options) {
  std::vector<OriginBucket> all;
  if (!options.coherent) return all;
  for (const DistributionOrigin& origin : options.origins) {
    for (OriginBucket& one : origin.origin->buckets()) all.push_back(std::move(one));
  }
  return all;
}

}  // namespace

class DistributionImpl {
 public:
  DistributionImpl(Cloud& cloud, const DistributionOptions& options)
      : options_(options),
        ids_(options.seed != 0 ? options.seed : base::RandomSeed()),
        fetcher_(std::make_shared<edge::Fetcher>(
            cloud, Watched(options), std::make_unique<edge::LruResponseCache>(options.cache_bytes),
            options.background)),
        default_(GateOf(options.default_behavior, options)) {
    for (const CacheBehavior& behavior : options.behaviors) {
      gates_.push_back(GateOf(behavior, options));
    }
  }

  HttpResponse Handle(const HttpRequest& request, const Viewer& viewer,
                      const InterimSink& interim) {
    Count(&requests_);
    HttpRequest rooted = request;
    if (rooted.url.path == "/" && !options_.default_root_object.empty()) {
      rooted.url.path += options_.default_root_object;
    }
    const Gate& gate = GateFor(rooted.url.path);
    Reply reply = Respond(gate, request, std::move(rooted), viewer, interim);
    if (reply.response.status >= 400) ReplaceError(request, viewer, &reply.response);
    const bool failed = reply.response.status >= 400;
    Count(failed                             ? &errors_
          : reply.how == Served::kHit        ? &hits_
          : reply.how == Served::kRefreshHit ? &refresh_hits_
                                             : &misses_);
    bytes_out_.fetch_add(reply.response.body.size(), std::memory_order_relaxed);
    Finish(gate.route->behavior.response_headers, &reply.response.headers);
    return std::move(reply.response);
  }

  absl::StatusOr<InvalidationResult> Invalidate(absl::Span<const std::string> paths) {
    if (paths.empty() || paths.size() > kMaxInvalidationPaths) {
      return absl::InvalidArgumentError(
          absl::StrCat("invalidate: 1 to ", kMaxInvalidationPaths, " paths (", paths.size(), ")"));
    }
    for (const std::string& path : paths)
      CLOUDLET_RETURN_IF_ERROR(edge::CheckInvalidationPath(path));
    InvalidationResult result;
    for (const std::string& path : paths) {
      invalidations_.fetch_add(1, std::memory_order_relaxed);
      if (path == "/*") {
        fetcher_->InvalidateAll();
      } else if (path.back() == '*') {
        result.removed += fetcher_->Invalidate(path.substr(0, path.size() - 1), true);
      } else {
        result.removed += fetcher_->Invalidate(path, false);
        // "/" is what viewers call the root object.
        if (path == "/" && !options_.default_root_object.empty()) {
          result.removed += fetcher_->Invalidate(path + options_.default_root_object, false);
        }
      }
    }
    return result;
  }

  DistributionStats stats() const {
    DistributionStats out;
    out.requests = requests_;
    out.hits = hits_;
    out.refresh_hits = refresh_hits_;
    out.misses = misses_;
    out.errors = errors_;
    out.collapsed = fetcher_->counters().collapsed;
    out.origin_fetches = fetcher_->counters().origin_fetches;
    out.origin_failures = fetcher_->counters().origin_failures;
    out.bytes_out = bytes_out_;
    out.invalidations = invalidations_;
    const auto size = fetcher_->size();
    out.entries = size.entries;
    out.stored_bytes = size.bytes;
    return out;
  }

 private:
  static void Count(std::atomic<uint64_t>* counter) {
    counter->fetch_add(1, std::memory_order_relaxed);
  }

  const Gate& GateFor(std::string_view path) const {
    for (const Gate& gate : gates_) {
      if (edge::MatchesPathPattern(gate.route->behavior.path_pattern, path)) return gate;
    }
    return default_;
  }

  // `request` is as the viewer made it, `rooted` the same with the default root object.
  Reply Respond(const Gate& gate, const HttpRequest& request, HttpRequest rooted,
                const Viewer& viewer, const InterimSink& interim) {
    const int malformed = edge::WhyMalformed(request);
    if (malformed != 0) return Refusal(request, malformed);
    if (edge::IsRestricted(options_.geo_restriction, options_.countries, viewer.country) ||
        !edge::IsAllowed(gate.route->behavior.allowed_methods, request.method)) {
      return Refusal(request, 403);
    }
    const bool cloudfront = options_.profile == CacheProfile::kCloudFront;
    if (cloudfront && request.method == "GET" && !request.body.empty()) {
      return Refusal(request, 403);
    }
    if (!gate.route->behavior.trusted_key_groups.empty()) {
      if (!IsSigned(gate, request, viewer)) return Refusal(request, 403);
      rooted = edge::WithoutCredential(rooted);
    }
    return Through(gate, rooted, viewer, interim);
  }

  Reply Through(const Gate& gate, const HttpRequest& request, const Viewer& viewer,
                const InterimSink& interim) {
    edge::Work work;
    work.route = gate.route;
    work.key = edge::CacheKeyOf(request, viewer, gate.route->behavior.cache);
    work.request = edge::RequestForOrigin(request, viewer, gate.route->behavior, gate.route->origin,
                                          options_.profile);
    work.request.headers.Add("Via", Via());
    return fetcher_->Serve(std::move(work), interim);
  }

  bool IsSigned(const Gate& gate, const HttpRequest& request, const Viewer& viewer) const {
    const auto credential = edge::CredentialOf(request);
    if (!credential) return false;
    const auto key = gate.keys.find(credential->key_pair_id);
    if (key == gate.keys.end() ||
        !key->second->Verify(credential->policy, credential->signature, credential->hash)) {
      return false;
    }
    const absl::StatusOr<UrlPolicy> policy = edge::ParsePolicy(credential->policy);
    return policy.ok() && edge::WhyRefused(*policy, edge::SignedResourceOf(request.url), viewer.ip,
                                           fetcher_->Now())
                              .empty();
  }

  Reply Refusal(const HttpRequest& request, int status) const {
    HttpResponse response;
    response.status = status;
    const std::string body = absl::StrCat(status, " ", base::V(edge::ReasonOf(status)), "\n");
    response.reason = std::string(edge::ReasonOf(status));
    response.headers.Add("Date", edge::FormatDate(fetcher_->Now()));
    response.headers.Add("Content-Type", "text/plain");
    response.headers.Add("Content-Length", std::to_string(body.size()));
    if (options_.profile == CacheProfile::kCloudFront) {
      response.headers.Add("X-Cache", "Error from cloudfront");
    }
    if (request.method != "HEAD") response.body = absl::Cord(body);
    return {std::move(response), Served::kMiss};
  }

  // The page for an error, if there is one and it can be had.
  void ReplaceError(const HttpRequest& request, const Viewer& viewer, HttpResponse* response) {
    for (const CustomErrorResponse& error : options_.custom_error_responses) {
      if (error.error_code != response->status || error.response_page_path.empty()) continue;
      HttpRequest page;
      page.method = request.method == "HEAD" ? "HEAD" : "GET";
      page.url.authority = request.url.authority;
      page.url.path = error.response_page_path;
      Reply reply = Through(GateFor(page.url.path), page, viewer, nullptr);
      if (reply.response.status != 200) return;
      const int status = error.response_code != 0 ? error.response_code : error.error_code;
      *response = std::move(reply.response);
      response->status = status;
      response->reason = std::string(edge::ReasonOf(status));
      if (options_.profile == CacheProfile::kCloudFront) {
        response->headers.Set("X-Cache", "Error from cloudfront");
      }
      return;
    }
  }

  std::string Via() const { return absl::StrCat("1.1 ", options_.domain_name, " (CloudFront)"); }

  void Finish(const ResponseHeadersPolicy& policy, HttpHeaders* headers) {
    headers->Add("Via", Via());
    if (options_.profile == CacheProfile::kCloudFront) {
      headers->Set("X-Amz-Cf-Pop", options_.pop);
      headers->Set("X-Amz-Cf-Id", NextId());
    }
    for (const std::string& name : policy.remove) headers->Remove(name);
    for (const auto& custom : policy.custom) {
      if (!custom.override_origin && headers->Find(custom.header.name) != nullptr) continue;
      headers->Set(custom.header.name, custom.header.value);
    }
  }

  // 56 characters that look as CloudFront's.
  std::string NextId() {
    std::string bytes;
    for (int i = 0; i < 5; ++i) {
      const uint64_t word = ids_.Next();
      bytes.append(reinterpret_cast<const char*>(&word), sizeof word);
    }
    std::string id = base::Base64Encode(bytes.substr(0, 39));
    for (char& c : id) c = c == '+' ? '-' : c == '/' ? '_' : c;
    return id + "Aw==";
  }

  const DistributionOptions options_;
  base::IdSource ids_;
  const std::shared_ptr<edge::Fetcher> fetcher_;
  const Gate default_;
  std::vector<Gate> gates_;  // constant
  std::atomic<uint64_t> requests_{0};
  std::atomic<uint64_t> hits_{0};
  std::atomic<uint64_t> refresh_hits_{0};
  std::atomic<uint64_t> misses_{0};
  std::atomic<uint64_t> errors_{0};
  std::atomic<uint64_t> bytes_out_{0};
  std::atomic<uint64_t> invalidations_{0};
};

}  // namespace internal

Distribution::Distribution(std::shared_ptr<internal::DistributionImpl> impl)
    : impl_(std::move(impl)) {}

absl::StatusOr<Distribution> Distribution::Create(Cloud& cloud,
                                                  const DistributionOptions& options) {
  CLOUDLET_RETURN_IF_ERROR(edge::CheckOptions(options));
  return Distribution(std::make_shared<internal::DistributionImpl>(cloud, options));
}

HttpResponse Distribution::Handle(const HttpRequest& request, const Viewer& viewer,
                                  const InterimSink& interim) const {
  return impl_->Handle(request, viewer, interim);
}

HttpStream Distribution::HandleStreaming(const HttpRequest& request, const Viewer& viewer,
                                         const InterimSink& interim) const {
  return {impl_->Handle(request, viewer, interim), nullptr};
}

absl::StatusOr<InvalidationResult> Distribution::Invalidate(
    absl::Span<const std::string> paths) const {
  return impl_->Invalidate(paths);
}

DistributionStats Distribution::stats() const { return impl_->stats(); }

}  // namespace cloudlet
