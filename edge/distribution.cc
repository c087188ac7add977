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
#include "edge/freshness.h"
#include "edge/invalidations.h"
#include "edge/network.h"
#include "edge/origins.h"
#include "edge/path_pattern.h"
#include "edge/route.h"
#include "edge/rsa_key.h"
#include "edge/signed_url.h"
#include "edge/tags.h"
#include "edge/viewer_request.h"

namespace cloudlet {
namespace internal {
namespace {

using edge::Reply;
using edge::Route;
using edge::Served;

constexpr size_t kMaxTags = 3'000;
using Keys = std::map<std::string, std::shared_ptr<const RsaPublicKey>, std::less<>>;

struct Gate {
  std::shared_ptr<const Route> route;
  Keys keys = {};  // of the trusted key groups, by id
  // Nothing but the cache decides what a viewer gets.
  bool open = true;
};

edge::Policy PolicyOf(const CacheBehavior& behavior, const DistributionOptions& options) {
  edge::Policy policy;
  policy.semantics = options.profile == CacheProfile::kCloudFront ? edge::Semantics::kCloudFront
                                                                  : edge::Semantics::kRfc9111;
  policy.lenient_partials = options.lenient_partials;
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
  static constexpr const char* kNames[] = {"edge", "regional", "shield"};
  for (size_t tier = 0; tier < edge::kTiers; ++tier) {
    route->policies[tier] = PolicyOf(behavior, options);
    route->policies[tier].cache_name = kNames[tier];
  }
  for (const CustomErrorResponse& error : options.custom_error_responses) {
    route->error_ttls[error.error_code] = error.error_caching_min_ttl;
  }
  Gate gate = {std::move(route)};
  gate.open =
      behavior.trusted_key_groups.empty() && options.geo_restriction == GeoRestriction::kNone;
  for (const std::string& id : behavior.trusted_key_groups) {
    for (const KeyGroup& group : options.key_groups) {
      if (group.id != id) continue;
      for (const UrlPublicKey& key : group.keys) gate.keys[key.id] = RsaPublicKey::Parse(key.pem);
    }
  }
  return gate;
}

}  // namespace

class DistributionImpl : public std::enable_shared_from_this<DistributionImpl> {
 public:
  DistributionImpl(Cloud& cloud, const DistributionOptions& options)
      : options_(options),
        cloud_(cloud),
        ids_(options.seed != 0 ? options.seed : base::RandomSeed()),
        network_(cloud, options),
        invalidations_(ids_.Next()),
        default_(GateOf(options.default_behavior, options)) {
    for (const CacheBehavior& behavior : options.behaviors) {
      gates_.push_back(GateOf(behavior, options));
    }
  }

  HttpStream Handle(const HttpRequest& request, const Viewer& viewer, bool whole,
                    const InterimSink& interim) {
    edge::Place& pop = network_.PopFor(viewer);
    Count(&pop.viewers.requests);
    HttpRequest rooted = request;
    if (rooted.url.path == "/" && !options_.default_root_object.empty()) {
      rooted.url.path += options_.default_root_object;
    }
    const Gate& gate = GateFor(rooted.url.path);
    const Visit visit = {&pop, &viewer, whole};
    Reply reply = Respond(gate, request, std::move(rooted), visit, interim);
    HttpResponse& head = reply.answer.head;
    if (head.status >= 400) ReplaceError(request, visit, &reply.answer);
    Count(head.status >= 400                 ? &pop.viewers.errors
          : reply.how == Served::kHit        ? &pop.viewers.hits
          : reply.how == Served::kRefreshHit ? &pop.viewers.refresh_hits
                                             : &pop.viewers.misses);
    Finish(gate.route->behavior.response_headers, pop, &head.headers);
    pop.viewers.bytes_out.fetch_add(head.body.size(), std::memory_order_relaxed);
    if (reply.answer.body != nullptr) {
      reply.answer.body = std::make_unique<CountedBody>(std::move(reply.answer.body), &pop.viewers,
                                                        shared_from_this());
    }
    return std::move(reply.answer);
  }

  std::optional<CachedResponse> Lookup(const HttpRequest& request, const Viewer& viewer) {
    std::optional<Found> found = Find(request, viewer);
    if (!found) return std::nullopt;
    CachedResponse out;
    out.age = edge::CurrentAge(*found->stored, found->now);
    out.ttl = edge::FreshFor(*found->stored, found->now);
    const HttpResponse* const response = &found->stored->response;
    out.response = std::shared_ptr<const HttpResponse>(std::move(found->stored), response);
    return out;
  }

  std::optional<HttpResponse> HandleHit(const HttpRequest& request, const Viewer& viewer) {
    const std::optional<Found> found = Find(request, viewer);
    if (!found) return std::nullopt;
    const edge::Route& route = *found->gate->route;
    HttpResponse response =
        edge::AnswerHit(request, *found->stored, {}, found->now, route.policy(edge::Tier::kEdge));
    Finish(route.behavior.response_headers, *found->pop, &response.headers);
    return response;
  }

  absl::StatusOr<Invalidation> Invalidate(absl::Span<const std::string> paths,
                                          const InvalidateOptions& options) {
    CLOUDLET_RETURN_IF_ERROR(edge::CheckInvalidationPaths(paths));
    const absl::Time now = cloud_.Now();
    const absl::Duration delay = options_.invalidation_delay;
    CLOUDLET_ASSIGN_OR_RETURN(auto begun, invalidations_.Begin(paths, options, now, now + delay));
    if (!begun.is_new) return std::move(begun.invalidation);
    paths_invalidated_.fetch_add(paths.size(), std::memory_order_relaxed);
    uint64_t removed = 0;
    const auto forget = [&](const std::string& url, bool prefix) {
      if (delay > absl::ZeroDuration()) {
        network_.InvalidateLater(url, prefix, now, delay);
      } else {
        removed += network_.Invalidate(url, prefix);
      }
    };
    for (const std::string& path : paths) {
      if (path == "/*") {
        forget("", true);
      } else if (path.back() == '*') {
        forget(path.substr(0, path.size() - 1), true);
      } else {
        forget(path, false);
        // "/" is what viewers call the root object.
        if (path == "/" && !options_.default_root_object.empty()) {
          forget(path + options_.default_root_object, false);
        }
      }
    }
    if (removed > 0) invalidations_.CountRemoved(begun.invalidation.id, removed);
    begun.invalidation.removed = removed;
    return std::move(begun.invalidation);
  }

  absl::Status InvalidateTags(absl::Span<const std::string> tags,
                              const TagInvalidationOptions& options) {
    if (tags.empty() || tags.size() > kMaxTags ||
        std::find(tags.begin(), tags.end(), "") != tags.end()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "invalidate tags: 1 to ", kMaxTags, " tags, none of them empty (", tags.size(), ")"));
    }
    for (const std::string& tag : tags) {
      if (options.soft) {
        network_.purges().Soften(edge::TagOf(tag), cloud_.Now());
      } else {
        network_.purges().Purge(edge::TagOf(tag));
      }
    }
    return absl::OkStatus();
  }

  const edge::Invalidations& invalidations() const { return invalidations_; }
  absl::Time Now() const { return cloud_.Now(); }

  DistributionStats stats() const {
    DistributionStats out = network_.stats();
    out.invalidations = paths_invalidated_;
    return out;
  }
  std::vector<PopStats> pop_stats() const { return network_.pop_stats(); }

 private:
  // Where a request is served, for whom, and how.
  struct Visit {
    edge::Place* pop = nullptr;
    const Viewer* viewer = nullptr;
    bool whole = true;
  };

  // Counts what a viewer gets of a body that is on its way.
  class CountedBody final : public HttpBody {
   public:
    CountedBody(std::unique_ptr<HttpBody> inner, edge::ViewerCounters* counters,
                std::shared_ptr<const void> keep)
        : keep_(std::move(keep)), inner_(std::move(inner)), counters_(*counters) {}
    absl::StatusOr<absl::Cord> Next() override {
      absl::StatusOr<absl::Cord> piece = inner_->Next();
      if (piece.ok()) counters_.bytes_out.fetch_add(piece->size(), std::memory_order_relaxed);
      return piece;
    }

   private:
    const std::shared_ptr<const void> keep_;  // of the counters
    const std::unique_ptr<HttpBody> inner_;
    edge::ViewerCounters& counters_;
  };

  struct Found {
    const Gate* gate = nullptr;
    edge::Place* pop = nullptr;
    absl::Time now = {};
    std::shared_ptr<const edge::StoredResponse> stored = nullptr;
  };

  // What can be given out as it is; counted as a hit then.
  std::optional<Found> Find(const HttpRequest& request, const Viewer& viewer) {
    std::string_view path = request.url.path;
    const bool root = path == "/" && !options_.default_root_object.empty();
    const Gate& gate = GateFor(path);
    if (root || !gate.open || edge::WhyMalformed(request) != 0) return std::nullopt;
    edge::Place& pop = network_.PopFor(viewer);
    thread_local edge::CacheKey key;  // kept, so that a hit allocates nothing
    edge::WriteCacheKey(request, viewer, gate.route->behavior.cache, &key);
    const absl::Time now = cloud_.Now();
    auto stored = pop.node->Peek(*gate.route, key, request, now);
    if (stored == nullptr || stored->response.status >= 400) return std::nullopt;
    Count(&pop.viewers.requests);
    Count(&pop.viewers.hits);
    pop.viewers.bytes_out.fetch_add(stored->response.body.size(), std::memory_order_relaxed);
    return Found{&gate, &pop, now, std::move(stored)};
  }

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
                const Visit& visit, const InterimSink& interim) {
    const int malformed = edge::WhyMalformed(request);
    if (malformed != 0) return Refusal(request, malformed);
    if (edge::IsRestricted(options_.geo_restriction, options_.countries, visit.viewer->country) ||
        !edge::IsAllowed(gate.route->behavior.allowed_methods, request.method)) {
      return Refusal(request, 403);
    }
    const bool cloudfront = options_.profile == CacheProfile::kCloudFront;
    if (cloudfront && request.method == "GET" && !request.body.empty()) {
      return Refusal(request, 403);
    }
    if (!gate.route->behavior.trusted_key_groups.empty()) {
      if (!IsSigned(gate, request, *visit.viewer)) return Refusal(request, 403);
      rooted = edge::WithoutCredential(rooted);
    }
    return Through(gate, rooted, visit, interim);
  }

  Reply Through(const Gate& gate, const HttpRequest& request, const Visit& visit,
                const InterimSink& interim) {
    const Viewer& viewer = *visit.viewer;
    thread_local edge::CacheKey key;  // kept, so that a hit need not allocate it
    edge::WriteCacheKey(request, viewer, gate.route->behavior.cache, &key);
    const absl::Time now = cloud_.Now();
    if (const auto stored = visit.pop->node->Peek(*gate.route, key, request, now)) {
      const edge::Policy& policy = gate.route->policy(edge::Tier::kEdge);
      return {{edge::AnswerHit(request, *stored, {}, now, policy)}, Served::kHit};
    }
    edge::Work work = {gate.route, key, {}};
    work.request = edge::RequestForOrigin(request, viewer, gate.route->behavior, gate.route->origin,
                                          options_.profile);
    work.request.headers.Add("Via", Via());
    // What is never stored is asked of the origin itself; RFC 9111's caches all want to see an
    // unsafe method.
    const bool cached =
        gate.route->caches() && (request.method == "GET" || request.method == "HEAD");
    const bool direct = options_.profile == CacheProfile::kCloudFront && !cached;
    const auto above = direct ? edge::CacheNode::Above() : visit.pop->AboveFor(*gate.route);
    return visit.pop->node->Serve(std::move(work), above, visit.whole, interim);
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
    return policy.ok() &&
           edge::WhyRefused(*policy, edge::SignedResourceOf(request.url), viewer.ip, cloud_.Now())
               .empty();
  }

  Reply Refusal(const HttpRequest& request, int status) const {
    HttpResponse response;
    response.status = status;
    const std::string body = absl::StrCat(status, " ", base::V(edge::ReasonOf(status)), "\n");
    response.reason = std::string(edge::ReasonOf(status));
    response.headers.Add("Date", edge::FormatDate(cloud_.Now()));
    response.headers.Add("Content-Type", "text/plain");
    response.headers.Add("Content-Length", std::to_string(body.size()));
    if (options_.profile == CacheProfile::kCloudFront) {
      response.headers.Add("X-Cache", "Error from cloudfront");
    }
    if (request.method != "HEAD") response.body = absl::Cord(body);
    return {{std::move(response)}, Served::kMiss};
  }

  // The page for an error, if there is one and it can be had.
  void ReplaceError(const HttpRequest& request, const Visit& visit, HttpStream* answer) {
    for (const CustomErrorResponse& error : options_.custom_error_responses) {
      if (error.error_code != answer->head.status || error.response_page_path.empty()) continue;
      HttpRequest page;
      page.method = request.method == "HEAD" ? "HEAD" : "GET";
      page.url.authority = request.url.authority;
      page.url.path = error.response_page_path;
      Reply reply = Through(GateFor(page.url.path), page, visit, nullptr);
      if (reply.answer.head.status != 200) return;
      const int status = error.response_code != 0 ? error.response_code : error.error_code;
      *answer = std::move(reply.answer);
      answer->head.status = status;
      answer->head.reason = std::string(edge::ReasonOf(status));
      if (options_.profile == CacheProfile::kCloudFront) {
        answer->head.headers.Set("X-Cache", "Error from cloudfront");
      }
      return;
    }
  }

  std::string Via() const { return absl::StrCat("1.1 ", options_.domain_name, " (CloudFront)"); }

  void Finish(const ResponseHeadersPolicy& policy, const edge::Place& pop, HttpHeaders* headers) {
    headers->Remove("Surrogate-Key");  // between origin and caches alone
    headers->Add("Via", Via());
    if (options_.profile == CacheProfile::kCloudFront) {
      headers->Set("X-Amz-Cf-Pop", pop.code);
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
  Cloud& cloud_;
  base::IdSource ids_;
  edge::Network network_;
  edge::Invalidations invalidations_;
  const Gate default_;
  std::vector<Gate> gates_;  // constant
  std::atomic<uint64_t> paths_invalidated_{0};
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
  return impl_->Handle(request, viewer, true, interim).head;
}

HttpStream Distribution::HandleStreaming(const HttpRequest& request, const Viewer& viewer,
                                         const InterimSink& interim) const {
  return impl_->Handle(request, viewer, false, interim);
}

std::optional<HttpResponse> Distribution::HandleHit(const HttpRequest& request,
                                                    const Viewer& viewer) const {
  return impl_->HandleHit(request, viewer);
}

std::optional<CachedResponse> Distribution::Lookup(const HttpRequest& request,
                                                   const Viewer& viewer) const {
  return impl_->Lookup(request, viewer);
}

absl::StatusOr<Invalidation> Distribution::Invalidate(absl::Span<const std::string> paths,
                                                      const InvalidateOptions& options) const {
  return impl_->Invalidate(paths, options);
}

absl::StatusOr<Invalidation> Distribution::GetInvalidation(std::string_view id) const {
  return impl_->invalidations().Get(id, impl_->Now());
}

std::vector<Invalidation> Distribution::ListInvalidations() const {
  return impl_->invalidations().List(impl_->Now());
}

absl::Status Distribution::InvalidateTags(absl::Span<const std::string> tags,
                                          const TagInvalidationOptions& options) const {
  return impl_->InvalidateTags(tags, options);
}

DistributionStats Distribution::stats() const { return impl_->stats(); }
std::vector<PopStats> Distribution::pop_stats() const { return impl_->pop_stats(); }

}  // namespace cloudlet
