// Choose a candidate, ask whether it may be used, and if not, how the origin is best asked.
#include "edge/plan.h"

#include <string>
#include <tuple>
#include <utility>

#include "edge/conditions.h"
#include "edge/directives.h"
#include "edge/freshness.h"
#include "edge/header_rules.h"
#include "edge/variants.h"

namespace cloudlet::edge {
namespace {

// As many variants are asked for in one If-None-Match.
constexpr size_t kMaxNominated = 16;

struct Chosen {
  size_t index = 0;
  Answer answer = {};
};

enum class Use {
  kFresh,
  kStaleByClient,  // max-stale
  kStaleWhileRevalidate,
  kNotWithoutOrigin,   // stale, or no-cache
  kForbiddenByClient,  // its no-cache, max-age, min-fresh
};

class Planner {
 public:
  Planner(const HttpRequest& request, Candidates candidates, absl::Time now, const Policy& policy)
      : request_(request), candidates_(candidates), now_(now), policy_(policy) {
    if (!policy.cloudfront()) client_ = ParseRequestDirectives(request.headers);
  }

  Plan Run() {
    if (request_.method != "GET" && request_.method != "HEAD") {
      return Fetch{As(ForwardReason::kMethod)};
    }
    if (!request_.body.empty()) return Ask(As(ForwardReason::kBypass));
    if (HasOriginConditions(request_.headers)) return Ask(As(ForwardReason::kRequest));
    const std::optional<Chosen> chosen = Choose();
    if (!chosen) return Miss();
    const StoredResponse& stored = *candidates_[chosen->index];
    const Use use = UseOf(stored);
    const Hit hit = {chosen->index, chosen->answer};
    const bool missing = chosen->answer.kind == AnswerKind::kMissing;
    if (!missing && use == Use::kFresh) return hit;
    if (!missing && use == Use::kStaleByClient) return HitStale{hit, std::nullopt};
    if (!missing && use == Use::kStaleWhileRevalidate) return HitStale{hit, Renewal(*chosen, use)};
    return Ask(Renewal(*chosen, use));
  }

 private:
  // The one to use of those that match: what can be answered from, then the youngest.
  std::optional<Chosen> Choose() const {
    std::optional<Chosen> best;
    const auto rank = [&](const Chosen& one) {
      const StoredResponse& stored = *candidates_[one.index];
      return std::make_tuple(one.answer.kind != AnswerKind::kMissing, stored.facts.date,
                             stored.response_time);
    };
    for (size_t i = 0; i < candidates_.size(); ++i) {
      if (!Matches(*candidates_[i], request_.headers)) continue;
      const Chosen one = {i, DecideAnswer(request_, *candidates_[i])};
      if (!best || rank(one) > rank(*best)) best = one;
    }
    return best;
  }

  Use UseOf(const StoredResponse& stored) const {
    const absl::Duration fresh_for = FreshFor(stored, now_);
    const bool fresh = fresh_for > absl::ZeroDuration();
    if (client_.no_cache) return Use::kForbiddenByClient;
    // RFC 8246: a reload does not ask for what will not change.
    const bool immutable = fresh && stored.facts.directives.immutable;
    const bool too_old = client_.max_age && CurrentAge(stored, now_) > *client_.max_age;
    const bool too_stale = client_.min_fresh && fresh_for < *client_.min_fresh;
    if ((too_old && !immutable) || too_stale) return Use::kForbiddenByClient;
    if (stored.facts.must_validate) return Use::kNotWithoutOrigin;
    if (fresh) return Use::kFresh;
    if (stored.facts.never_stale) return Use::kNotWithoutOrigin;
    if (client_.max_stale && -fresh_for <= *client_.max_stale) return Use::kStaleByClient;
    const auto& window = stored.facts.directives.stale_while_revalidate;
    return window && -fresh_for <= *window && !client_.max_age ? Use::kStaleWhileRevalidate
                                                               : Use::kNotWithoutOrigin;
  }

  // How the origin is asked about `chosen`.
  Forward Renewal(const Chosen& chosen, Use use) const {
    const StoredResponse& stored = *candidates_[chosen.index];
    const bool missing = chosen.answer.kind == AnswerKind::kMissing;
    if (missing) return Completion(chosen);
    Forward forward =
        As(use == Use::kForbiddenByClient ? ForwardReason::kRequest : ForwardReason::kStale);
    if (use != Use::kForbiddenByClient) forward.fallback = chosen.index;
    if (!HasValidator(stored)) return forward;
    forward.nominated = {chosen.index};
    forward.rewritten = true;
    SetConditions({&stored}, &forward.request.headers);
    if (!stored.part) forward.request.headers.Remove("Range");
    return forward;
  }

  // The bytes that are not there. Without a Range of the client's those before or behind the stored
  // part, if it is known that they will fit; else what the client asked for.
  Forward Completion(const Chosen& chosen) const {
    const StoredResponse& stored = *candidates_[chosen.index];
    Forward forward = As(ForwardReason::kPartial);
    if (request_.method != "GET" || request_.headers.Find("Range") != nullptr || !stored.part) {
      return forward;
    }
    const bool strong = stored.facts.etag && !stored.facts.etag->weak;
    const ByteSpan& have = stored.part->span;
    std::string range;
    if (have.offset == 0) {
      range = "bytes=" + std::to_string(have.end()) + "-";
    } else if (stored.part->size == have.end()) {
      range = "bytes=0-" + std::to_string(have.offset - 1);
    }
    if (range.empty() || (!strong && !policy_.lenient_partials)) return forward;
    RemoveConditions(&forward.request.headers);
    forward.request.headers.Add("Range", range);
    if (strong) forward.request.headers.Add("If-Range", ToString(*stored.facts.etag));
    forward.fill = chosen.index;
    forward.rewritten = true;
    return forward;
  }

  // Nothing matches; of other variants the origin may say that one of them is meant.
  Plan Miss() const {
    if (candidates_.empty()) return Ask(As(ForwardReason::kUriMiss));
    Forward forward = As(ForwardReason::kVaryMiss);
    const HttpHeaders& headers = request_.headers;
    if (request_.method != "GET" || headers.Find("If-None-Match") != nullptr ||
        headers.Find("If-Modified-Since") != nullptr || headers.Find("Range") != nullptr) {
      return Ask(std::move(forward));
    }
    std::vector<const StoredResponse*> nominated;
    for (size_t i = 0; i < candidates_.size() && nominated.size() < kMaxNominated; ++i) {
      const StoredResponse& stored = *candidates_[i];
      if (!stored.facts.etag || stored.part || stored.response.status != 200) continue;
      nominated.push_back(&stored);
      forward.nominated.push_back(i);
    }
    if (nominated.empty()) return Ask(std::move(forward));
    forward.rewritten = true;
    SetConditions(nominated, &forward.request.headers);
    forward.request.headers.Remove("If-Modified-Since");
    return Ask(std::move(forward));
  }

  // The origin must be asked, unless the client forbids that.
  Plan Ask(Forward forward) const {
    if (client_.only_if_cached) {
      HttpResponse response = {.status = 504, .reason = "Gateway Timeout"};
      response.headers.Add("Content-Length", "0");
      AddCacheStatus({.detail = "only-if-cached"}, policy_, &response);
      return Synthesized{std::move(response)};
    }
    if (forward.nominated.empty()) return Fetch{std::move(forward)};
    return Revalidate{std::move(forward)};
  }

  Forward As(ForwardReason reason) const { return ForwardAsIs(request_, reason, policy_); }

  const HttpRequest& request_;
  const Candidates candidates_;
  const absl::Time now_;
  const Policy& policy_;
  RequestDirectives client_;
};

}  // namespace

Plan MakePlan(const HttpRequest& request, Candidates candidates, absl::Time now,
              const Policy& policy) {
  return Planner(request, candidates, now, policy).Run();
}

HttpResponse AnswerHit(const HttpRequest& request, const StoredResponse& stored,
                       const Answer& answer, absl::Time now, const Policy& policy) {
  HttpResponse response = Render(request, stored, answer, CurrentAge(stored, now));
  // What is left of a second is not promised, nor is what is gone of one hidden.
  const int64_t ttl = absl::ToInt64Seconds(absl::Floor(FreshFor(stored, now), absl::Seconds(1)));
  AddCacheStatus({.hit = true, .ttl = ttl}, policy, &response);
  return response;
}

Forward ForwardAsIs(const HttpRequest& request, ForwardReason reason, const Policy& policy) {
  Forward forward;
  forward.request = request;
  forward.reason = reason;
  RemoveConnectionFields(&forward.request.headers);
  if (policy.cloudfront() && policy.forward_cookies == ForwardCookies::kNone) {
    forward.request.headers.Remove("Cookie");
  }
  return forward;
}

}  // namespace cloudlet::edge
