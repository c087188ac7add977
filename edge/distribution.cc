// A viewer's request from the door to the answer: refusals, the behavior, the cache, error pages,
// headers.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/random.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/edge.h"
#include "edge/access_log.h"
#include "edge/cache_key.h"
#include "edge/distribution_options.h"
#include "edge/flood/bounded_origin.h"
#include "edge/flood/rate_limiter.h"
#include "edge/freshness.h"
#include "edge/functions/function_origin.h"
#include "edge/functions/viewer_functions.h"
#include "edge/gate.h"
#include "edge/invalidations.h"
#include "edge/live_body.h"
#include "edge/modelled_time.h"
#include "edge/network.h"
#include "edge/origins.h"
#include "edge/path_pattern.h"
#include "edge/refusal.h"
#include "edge/response_headers.h"
#include "edge/result_type.h"
#include "edge/route.h"
#include "edge/signed_url.h"
#include "edge/tags.h"
#include "edge/viewer_body.h"
#include "edge/viewer_request.h"

namespace cloudlet {
namespace internal {
namespace {

using edge::Gate;
using edge::Reply;
using edge::Route;
using edge::Served;

constexpr size_t kMaxTags = 3'000;

edge::CacheUse CacheUseOf(Served how) {
  return how == Served::kHit          ? edge::CacheUse::kHit
         : how == Served::kRefreshHit ? edge::CacheUse::kRefresh
                                      : edge::CacheUse::kMiss;
}

}  // namespace

class DistributionImpl : public std::enable_shared_from_this<DistributionImpl> {
 public:
  DistributionImpl(Cloud& cloud, const DistributionOptions& options)
      : now_([&cloud] { return cloud.Now(); }),
        places_(edge::PlacesOf(options.origins, now_)),
        options_(edge::Bounded(options, places_, now_)),
        cloud_(cloud),
        ids_(options.seed != 0 ? options.seed : base::RandomSeed()),
        network_(cloud, options),
        invalidations_(ids_.Next()),
        limiter_(options.rate_rules, ids_.Next()),
        runner_(std::make_shared<edge::FunctionRunner>(edge::FunctionHost{
            options.domain_name, options.distribution_id, now_, options.on_function_error})),
        default_(Gate::Of(options_.default_behavior, options_, runner_)) {
    for (const CacheBehavior& behavior : options_.behaviors) {
      gates_.push_back(Gate::Of(behavior, options_, runner_));
    }
  }

  HttpStream Handle(const HttpRequest& request, const Viewer& viewer, bool whole,
                    const InterimSink& interim) {
    edge::Place& pop = network_.PopFor(viewer);
    Count(&pop.viewers.requests);
    HttpRequest seen = request;
    const Gate& gate = GateFor(Rooted(request.url.path));
    const Visit visit = {&pop, &viewer, whole, {NextId(), viewer.ip}};
    edge::Fate fate = {.received = cloud_.Now()};
    Reply reply = Respond(gate, request, visit, interim, &seen, &fate);
    FinishReply(gate, request, visit, seen, &reply.answer, &fate);
    HttpResponse& head = reply.answer.head;
    Count(head.status >= 400                 ? &pop.viewers.errors
          : reply.how == Served::kHit        ? &pop.viewers.hits
          : reply.how == Served::kRefreshHit ? &pop.viewers.refresh_hits
                                             : &pop.viewers.misses);
    Finish(*gate.route, request, visit, &fate, &head);
    pop.viewers.bytes_out.fetch_add(head.body.size(), std::memory_order_relaxed);
    std::optional<EdgeLogRow> row;
    if (options_.access_log) row = edge::LogRowOf(fate, options_, request, viewer, head);
    if (reply.answer.body != nullptr) {
      reply.answer.body =
          edge::MakeViewerBody(std::move(reply.answer.body), &pop.viewers.bytes_out,
                               [self = shared_from_this(), row = std::move(row)](
                                   uint64_t bytes, std::string_view error) mutable {
                                 if (!row) return;
                                 edge::EndRow(bytes, error, self->EndOf(*row, bytes), &*row);
                                 self->Log(*row);
                               });
    } else if (row) {
      Log(*row);
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
    const Visit visit = {found->pop, &viewer, true, {NextId(), viewer.ip}};
    edge::Fate fate = {.received = found->now, .cache = edge::CacheUse::kHit};
    HttpResponse response =
        edge::AnswerHit(request, *found->stored, {}, found->now, route.policy(edge::Tier::kEdge));
    Finish(route, request, visit, &fate, &response);
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
        continue;
      }
      const bool prefix = path.back() == '*';
      const std::string url = path.substr(0, path.size() - (prefix ? 1 : 0));
      forget(url, prefix);
      // "/" is what viewers call the root object.
      const bool root = url == "/" || url.substr(0, 2) == "/?";
      if (root && !options_.default_root_object.empty()) {
        forget("/" + options_.default_root_object + url.substr(1), prefix);
      }
    }
    if (removed > 0) invalidations_.CountRemoved(begun.invalidation.id, removed);
    begun.invalidation.removed = removed;
    return std::move(begun.invalidation);
  }

  absl::Status InvalidateTags(absl::Span<const std::string> tags,
                              const TagInvalidationOptions& options) {
    if (tags.empty() || tags.size() > kMaxTags) {
      return absl::InvalidArgumentError(
          absl::StrCat("invalidate tags: 1 to ", kMaxTags, " tags (", tags.size(), ")"));
    }
    if (std::find(tags.begin(), tags.end(), "") != tags.end()) {
      return absl::InvalidArgumentError("invalidate tags: a tag is empty");
    }
    const auto purge = [&](uint64_t tag) {
      if (options.soft) {
        network_.purges().Soften(tag, cloud_.Now());
      } else {
        network_.purges().Purge(tag);
      }
    };
    for (const std::string& tag : tags) purge(edge::TagOf(tag));
    purge(edge::OverflowTag());
    return absl::OkStatus();
  }

  const edge::Invalidations& invalidations() const { return invalidations_; }
  absl::Time Now() const { return cloud_.Now(); }

  DistributionStats stats() const {
    uint64_t shed = 0;
    for (const auto& places : places_) shed += places != nullptr ? places->refused() : 0;
    // Before the fetches, of which they are a part.
    const uint64_t not_asked = shed + runner_->answered();
    DistributionStats out = network_.stats();
    out.origin_fetches -= not_asked;
    out.invalidations = paths_invalidated_;
    out.blocked = blocked_;
    out.shed = shed;
    out.function_errors = runner_->errors();
    out.rate_rules = limiter_.stats();
    return out;
  }
  std::vector<PopStats> pop_stats() const { return network_.pop_stats(); }

 private:
  // Where a request is served, for whom, and how.
  struct Visit {
    edge::Place* pop = nullptr;
    const Viewer* viewer = nullptr;
    bool whole = true;
    edge::EventOrigin origin = {};  // its request id is X-Amz-Cf-Id
  };

  struct Found {
    const Gate* gate = nullptr;
    edge::Place* pop = nullptr;
    absl::Time now = {};
    std::shared_ptr<const edge::StoredResponse> stored = nullptr;
  };

  // What can be given out as it is; counted as a hit then.
  std::optional<Found> Find(const HttpRequest& request, const Viewer& viewer) {
    if (request.url.path == "/" && !options_.default_root_object.empty()) {
      HttpRequest rooted = request;
      rooted.url.path += options_.default_root_object;
      return Find(rooted, viewer);
    }
    const Gate& gate = GateFor(request.url.path);
    if (!gate.open || edge::IsOldProtocol(viewer) || edge::WhyMalformed(request) != 0) {
      return std::nullopt;
    }
    edge::Place& pop = network_.PopFor(viewer);
    const absl::Time now = cloud_.Now();
    if (pop.node->HasDue(now)) return std::nullopt;  // Handle carries it out
    thread_local edge::CacheKey key;                 // kept, so that a hit allocates nothing
    edge::WriteCacheKey(request, viewer, gate.route->behavior.cache, &key);
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

  // With the default root object.
  std::string Rooted(const std::string& path) const {
    return path == "/" ? path + options_.default_root_object : path;
  }

  // `request` is as the viewer made it, and `*seen` too; that becomes what the cache is asked for.
  Reply Respond(const Gate& gate, const HttpRequest& request, const Visit& visit,
                const InterimSink& interim, HttpRequest* seen, edge::Fate* fate) {
    const CacheBehavior& behavior = gate.route->behavior;
    if (!options_.rate_rules.empty() && edge::WhyMalformed(request) == 0) {
      const auto blocked = limiter_.Ask({visit.viewer->ip, request.url.path}, cloud_.Now());
      if (blocked) return TurnAway(request, *blocked, fate);
    }
    if (const auto refusal = edge::RefusalOf(options_, behavior, request, *visit.viewer)) {
      return Refuse(request, *refusal, fate);
    }
    if (!behavior.trusted_key_groups.empty()) {
      if (!gate.IsSigned(request, visit.viewer->ip, cloud_.Now())) {
        return Refuse(request, {.status = 403, .detail = "InvalidRequestBlocked"}, fate);
      }
      *seen = edge::WithoutCredential(*seen);
    }
    if (auto answer = gate.functions.OnRequest(visit.origin, seen)) {
      fate->result = edge::ResultTypeOf(fate->cache, answer->status);
      return {{*std::move(answer)}, Served::kMiss};
    }
    seen->url.path = Rooted(seen->url.path);
    if (edge::IsOldProtocol(*visit.viewer)) seen->headers.Remove("Accept-Encoding");
    Reply reply = Through(gate, *seen, visit, interim);
    fate->cache = CacheUseOf(reply.how);
    fate->result = edge::ResultTypeOf(fate->cache, reply.answer.head.status);
    fate->hops = reply.hops;
    fate->bypassed = reply.direct;
    const edge::Chain& chain = visit.pop->ChainTo(*gate.route);
    if (fate->result == EdgeResultType::kMiss && chain.shielded && !reply.direct &&
        reply.hops == chain.nodes.size()) {
      fate->result = EdgeResultType::kOriginShieldHit;
    }
    return reply;
  }

  Reply Refuse(const HttpRequest& request, const edge::Refusal& refusal, edge::Fate* fate) const {
    fate->result = refusal.result;
    fate->detail = refusal.detail;
    return {{edge::ResponseOf(refusal, request, options_.profile, cloud_.Now())}, Served::kMiss};
  }

  Reply TurnAway(const HttpRequest& request, const edge::Blocked& blocked, edge::Fate* fate) {
    Count(&blocked_);
    Reply reply = Refuse(request, {.status = blocked.status}, fate);
    HttpHeaders& headers = reply.answer.head.headers;
    headers.Add("Cache-Control", "no-store");
    if (blocked.retry_after) headers.Add("Retry-After", std::to_string(*blocked.retry_after));
    headers.Add(edge::kResultTypeHeader, "Error");
    return reply;
  }

  // viewer-response, and the page for an error, unless a function has said how it ends.
  void FinishReply(const Gate& gate, const HttpRequest& request, const Visit& visit,
                   const HttpRequest& seen, HttpStream* answer, edge::Fate* fate) {
    HttpResponse& head = answer->head;
    const bool ended_well = head.status < 400;
    if (gate.functions.OnResponse(visit.origin, seen, &head)) {
      edge::LiveBody::Complete(std::move(answer->body));
    }
    const std::string type = edge::TakeResultType(&head.headers);
    if (!type.empty()) {
      fate->result = type == edge::kCapacityExceeded ? EdgeResultType::kCapacityExceeded
                                                     : edge::ResultTypeOf(fate->cache, head.status);
      fate->detail = type;
      if (options_.profile == CacheProfile::kCloudFront) {
        head.headers.Set("X-Cache", type + " from cloudfront");
      }
    }
    if (head.status < 400 || edge::IsGenerated(type) || (ended_well && type.empty())) return;
    const HttpHeaders error = head.headers;
    ReplaceError(request, visit, answer);
    if (!type.empty()) edge::KeepRetry(error, &head.headers);
  }

  Reply Through(const Gate& gate, const HttpRequest& request, const Visit& visit,
                const InterimSink& interim) {
    const Viewer& viewer = *visit.viewer;
    const absl::Time now = cloud_.Now();
    visit.pop->node->CarryOutDue(now);
    // Kept, so that a hit need not allocate it. No code of the user's runs while it is in use.
    thread_local edge::CacheKey key;
    edge::WriteCacheKey(request, viewer, gate.route->behavior.cache, &key);
    // A function has named a path of another behavior, whose answers are others.
    if (!gate.functions.empty() && &GateFor(request.url.path) != &gate) {
      edge::AppendBehavior(gate.route->behavior.path_pattern, &key);
    }
    if (const auto stored = visit.pop->node->Peek(*gate.route, key, request, now)) {
      const edge::Policy& policy = gate.route->policy(edge::Tier::kEdge);
      return {{edge::AnswerHit(request, *stored, {}, now, policy)}, Served::kHit};
    }
    edge::Work work = {gate.route, key, {}};
    work.request = edge::RequestForOrigin(request, viewer, gate.route->behavior, gate.route->origin,
                                          options_.profile);
    work.request.headers.Add("Via", Via());
    if (edge::HasOriginFunctions(gate.route->behavior.functions)) {
      edge::TellOrigin(visit.origin, &work.request.headers);
    }
    // What is never stored is asked of the origin itself; RFC 9111's caches all want to see an
    // unsafe method.
    const bool cached =
        gate.route->caches() && (request.method == "GET" || request.method == "HEAD");
    const bool direct = options_.profile == CacheProfile::kCloudFront && !cached;
    const edge::Chain& chain = visit.pop->ChainTo(*gate.route);
    const auto above = direct ? edge::CacheNode::Above() : edge::CacheNode::Above(chain.nodes);
    Reply reply = visit.pop->node->Serve(std::move(work), above, visit.whole, interim);
    reply.direct = direct;
    return reply;
  }

  // The page for an error, if there is one and it can be had.
  void ReplaceError(const HttpRequest& request, const Visit& visit, HttpStream* answer) {
    for (const CustomErrorResponse& error : options_.custom_error_responses) {
      if (error.error_code != answer->head.status || error.response_page_path.empty()) continue;
      HttpRequest page;
      page.method = request.method == "HEAD" ? "HEAD" : "GET";
      // What was turned away for its host is not asked for under it.
      const std::string& host = request.url.authority;
      const bool served = edge::WhyMalformed(request) != 400 &&
                          edge::IsServedHost(host, options_.domain_name, options_.aliases);
      page.url.authority = served ? host : options_.domain_name;
      page.url.path = error.response_page_path;
      Reply reply = Through(GateFor(page.url.path), page, visit, nullptr);
      if (reply.answer.head.status != 200) return;
      const int status = error.response_code != 0 ? error.response_code : error.error_code;
      edge::LiveBody::Complete(std::move(answer->body));
      *answer = std::move(reply.answer);
      answer->head.headers.Remove(edge::kResultTypeHeader);
      answer->head.status = status;
      answer->head.reason = std::string(edge::ReasonOf(status));
      if (options_.profile == CacheProfile::kCloudFront) {
        answer->head.headers.Set("X-Cache", "Error from cloudfront");
      }
      return;
    }
  }

  std::string Via() const { return absl::StrCat("1.1 ", options_.domain_name, " (CloudFront)"); }

  void Finish(const Route& route, const HttpRequest& request, const Visit& visit, edge::Fate* fate,
              HttpResponse* head) {
    const ResponseHeadersPolicy& policy = route.behavior.response_headers;
    HttpHeaders* const headers = &head->headers;
    fate->first_byte = fate->last_byte = cloud_.Now();
    if (options_.latency_model) Model(route, visit, head->body.size(), fate);
    fate->edge_location = visit.pop->code;
    // Whether a cache above has had it is not told.
    fate->direct = visit.pop->chains.empty();
    fate->request_id = visit.origin.request_id;
    headers->Remove("Surrogate-Key");  // between origin and caches alone
    headers->Add("Via", Via());
    if (options_.profile == CacheProfile::kCloudFront) {
      headers->Set("X-Amz-Cf-Pop", fate->edge_location);
      headers->Set("X-Amz-Cf-Id", fate->request_id);
    }
    edge::ApplyResponseHeaders(policy, request, headers);
    if (policy.server_timing &&
        edge::WantsServerTiming(*policy.server_timing, request, PercentDraw())) {
      edge::ApplyServerTiming(edge::TimingOf(*fate), headers);
    }
  }

  // The times that the model makes of the distances.
  void Model(const Route& route, const Visit& visit, uint64_t bytes, edge::Fate* fate) {
    const edge::Chain& chain = visit.pop->ChainTo(route);
    const size_t caches = fate->bypassed ? 0 : chain.points.size();
    const size_t asked = std::min(fate->hops, caches);
    const edge::RequestPath path = {.viewer = visit.viewer->location,
                                    .pop = visit.pop->point,
                                    .caches = absl::MakeConstSpan(chain.points).subspan(0, asked),
                                    .to_origin = fate->hops > caches,
                                    .origin = route.origin.location};
    const edge::ModelledTimes times =
        edge::TimesOf(path, bytes, *options_.latency_model, modelled_++);
    fate->first_byte = fate->received + times.first_byte;
    fate->last_byte = fate->received + times.last_byte;
  }

  // When the body of a row, whose head has gone out, has ended.
  absl::Time EndOf(const EdgeLogRow& row, uint64_t bytes) const {
    if (!options_.latency_model) return cloud_.Now();
    return row.time + TransferTime(bytes, row.time_to_first_byte, *options_.latency_model);
  }

  void Log(const EdgeLogRow& row) const {
    try {
      options_.access_log(row);
    } catch (...) {
      // The answer stands, whatever becomes of its row.
      return;
    }
  }

  // Uniform in [0, 100).
  double PercentDraw() { return std::ldexp(static_cast<double>(ids_.Next() >> 11), -53) * 100; }

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

  const std::function<absl::Time()> now_;
  const std::vector<std::shared_ptr<edge::FetchPlaces>> places_;
  const DistributionOptions options_;
  Cloud& cloud_;
  base::IdSource ids_;
  edge::Network network_;
  edge::Invalidations invalidations_;
  edge::RateLimiter limiter_;
  const std::shared_ptr<edge::FunctionRunner> runner_;
  const Gate default_;
  std::vector<Gate> gates_;  // constant
  std::atomic<uint64_t> paths_invalidated_{0};
  std::atomic<uint64_t> modelled_{0};  // numbers of requests, for the jitter
  std::atomic<uint64_t> blocked_{0};
};

}  // namespace internal

Distribution::Distribution(std::shared_ptr<internal::DistributionImpl> impl)
    : impl_(std::move(impl)) {}

absl::StatusOr<Distribution> Distribution::Create(Cloud& cloud,
                                                  const DistributionOptions& options) {
  CLOUDLET_RETURN_IF_ERROR(edge::CheckOptions(options));
  return Distribution(
      std::make_shared<internal::DistributionImpl>(cloud, edge::WithHostsInKeys(options)));
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
