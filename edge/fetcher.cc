// Serve is the whole of it; what follows are its steps.
#include "edge/fetcher.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "edge/conditions.h"
#include "edge/freshness.h"
#include "edge/origins.h"

namespace cloudlet::edge {
namespace {

// How long requests of a key go by themselves once its answer was for one viewer alone.
constexpr absl::Duration kPassFor = absl::Minutes(1);
constexpr size_t kMostVariants = 64;
// The core asks again for the whole at most once; a third time would be a mistake of its own.
constexpr int kMostRounds = 3;

std::vector<const StoredResponse*> CandidatesOf(const std::shared_ptr<const CachedSet>& set) {
  std::vector<const StoredResponse*> out;
  if (set == nullptr) return out;
  for (const auto& one : set->variants) out.push_back(one.get());
  return out;
}

// How many fetches this thread is in the middle of: an origin may ask the distribution for
// something else, and must not wait then, as what it waits for could wait for it.
thread_local int leading = 0;

class Leading {
 public:
  Leading() { ++leading; }
  ~Leading() { --leading; }
  Leading(const Leading&) = delete;
  Leading& operator=(const Leading&) = delete;
};

// Whether one fetch can answer others as well.
bool IsShared(const HttpRequest& request, const Forward& forward) {
  const bool plain = forward.reason != ForwardReason::kBypass &&
                     forward.reason != ForwardReason::kMethod &&
                     forward.reason != ForwardReason::kRequest;
  return plain && request.method == "GET" && !HasOriginConditions(request.headers);
}

// Requests that the origin would be asked the same thing for.
std::string FlightKeyOf(const Work& work, const Forward& forward) {
  std::string key = work.key.key;
  if (forward.rewritten) return key;
  for (const char* const name : {"Range", "If-Range", "If-None-Match", "If-Modified-Since"}) {
    const auto value = work.request.headers.Joined(name);
    if (value) key.append(1, '\0').append(name).append(1, ' ').append(*value);
  }
  return key;
}

bool IsUsable(const StoredResponse* stored) {
  return stored != nullptr && stored->facts.lifetime > absl::ZeroDuration() &&
         !stored->facts.must_validate;
}

OriginError ErrorOf(OriginFailure failure) {
  switch (failure) {
    case OriginFailure::kConnect:
      return OriginError::kConnect;
    case OriginFailure::kTimeout:
      return OriginError::kTimeout;
    case OriginFailure::kCutShort:
      break;
  }
  return OriginError::kCutShort;
}

}  // namespace

Policy Route::PolicyFor(int status) const {
  const auto found = error_ttls.find(status);
  if (found == error_ttls.end()) return policy;
  Policy own = policy;
  own.error_caching_min_ttl = found->second;
  return own;
}

// A flight that lands, whatever happens to its leader.
class Fetcher::Lead {
 public:
  Lead(Flights* flights, std::shared_ptr<Flight> flight)
      : flights_(flights), flight_(std::move(flight)) {}
  Lead(const Lead&) = delete;
  Lead& operator=(const Lead&) = delete;
  ~Lead() { Land(std::nullopt); }

  const Flight& flight() const { return *flight_; }
  void Land(std::optional<FlightOutcome> outcome) {
    if (!std::exchange(landed_, true)) flights_->Land(flight_, std::move(outcome));
  }

 private:
  Flights* const flights_;
  const std::shared_ptr<Flight> flight_;
  bool landed_ = false;
};

// A revalidation that waits for its turn; dropped, its flight lands all the same.
struct Fetcher::Renewal {
  std::shared_ptr<Fetcher> fetcher;
  Work work;
  Forward forward;
  Set set;
  Lead lead;
};

Fetcher::Fetcher(Cloud& cloud, const std::vector<OriginBucket>& watched,
                 std::unique_ptr<ResponseCache> cache, Background background)
    : cloud_(cloud),
      coherence_(cloud, watched),
      cache_(std::move(cache)),
      background_(std::move(background)) {}

Reply Fetcher::Serve(Work work, const InterimSink& interim) {
  const Policy& policy = work.route->policy;
  for (;;) {
    // Before anything is looked at: what is invalidated from here on is newer than the answer.
    const Stamp stamp = coherence_.StampOf(work.route->buckets, work.request.url.path);
    const Set set = Find(work, stamp);
    const std::vector<const StoredResponse*> candidates = CandidatesOf(set);
    const absl::Time now = Now();
    work.request.time = now;
    Plan plan = MakePlan(work.request, candidates, now, policy);
    if (const auto* const hit = std::get_if<Hit>(&plan)) {
      return {AnswerHit(work.request, *candidates[hit->stored], hit->answer, now, policy),
              Served::kHit};
    }
    if (const auto* const stale = std::get_if<HitStale>(&plan)) {
      Reply reply = {
          AnswerHit(work.request, *candidates[stale->hit.stored], stale->hit.answer, now, policy),
          Served::kHit};
      if (stale->revalidation) RenewBehind(work, *stale->revalidation, set, stamp);
      return reply;
    }
    if (auto* const synthesized = std::get_if<Synthesized>(&plan)) {
      return {std::move(synthesized->response), Served::kHit};
    }
    const auto* const fetch = std::get_if<edge::Fetch>(&plan);
    const Forward& forward = fetch != nullptr ? fetch->forward : std::get<Revalidate>(plan).forward;
    bool again = false;
    Reply reply = Fetch(work, forward, set, stamp, interim, &again);
    if (!again) return reply;
  }
}

Fetcher::Set Fetcher::Find(const Work& work, const Stamp& stamp) {
  if (!work.route->caches()) return nullptr;
  Set set = cache_->Get(work.key.key);
  return set != nullptr && set->stamp == stamp ? set : nullptr;
}

Reply Fetcher::Fetch(const Work& work, const Forward& forward, const Set& set, const Stamp& stamp,
                     const InterimSink& interim, bool* again) {
  if (!work.route->caches() || !IsShared(work.request, forward)) {
    Lead lead(&flights_, flights_.Alone(work.key.url, stamp));
    return Ask(work, forward, set, &lead, interim);
  }
  const auto entered =
      flights_.Enter(FlightKeyOf(work, forward), work.key.url, stamp, work.request.time);
  if (!entered) {
    // The origin waits for this very answer.
    const FlightOutcome loop = {nullptr, OriginFailure::kConnect};
    return FromOutcome(work, forward, set, loop).value_or(Reply());
  }
  if (entered->leads) {
    Lead lead(&flights_, entered->flight);
    return Ask(work, forward, set, &lead, interim);
  }
  if (leading > 0) {
    Lead lead(&flights_, flights_.Alone(work.key.url, stamp));
    return Ask(work, forward, set, &lead, interim);
  }
  counters_.collapsed.fetch_add(1, std::memory_order_relaxed);
  const std::optional<FlightOutcome> outcome = flights_.Wait(*entered->flight);
  if (!outcome) {
    *again = true;
    return {};
  }
  if (auto reply = FromOutcome(work, forward, set, *outcome)) return *std::move(reply);
  Lead lead(&flights_, flights_.Alone(work.key.url, stamp));
  return Ask(work, forward, set, &lead, interim);
}

std::optional<Reply> Fetcher::FromOutcome(const Work& work, const Forward& forward, const Set& set,
                                          const FlightOutcome& outcome) {
  const absl::Time now = Now();
  if (outcome.failure) {
    const std::vector<const StoredResponse*> candidates = CandidatesOf(set);
    const Exchange exchange = {work.request, forward, candidates, work.request.time, now};
    return Reply{AbsorbFailure(exchange, ErrorOf(*outcome.failure), work.route->policy).response,
                 Served::kMiss};
  }
  if (outcome.stored == nullptr) return std::nullopt;
  const StoredResponse* const candidate = outcome.stored.get();
  const Plan plan = MakePlan(work.request, {&candidate, 1}, now, work.route->policy);
  const auto* const hit = std::get_if<Hit>(&plan);
  if (hit == nullptr) return std::nullopt;
  return Reply{AnswerHit(work.request, *candidate, hit->answer, now, work.route->policy),
               Served::kHit};
}

Reply Fetcher::Ask(const Work& work, Forward forward, const Set& set, Lead* lead,
                   const InterimSink& interim) {
  const Leading here;
  const std::vector<const StoredResponse*> candidates = CandidatesOf(set);
  for (int round = 1;; ++round) {
    const absl::Time sent = Now();
    const InterimSink pass = [&](const HttpResponse& response) {
      if (interim == nullptr) return;
      const Exchange exchange = {work.request, forward, candidates, sent, sent};
      interim(Absorb(exchange, response, work.route->policy).response);
    };
    OriginResult result = CallOrigin(work, forward.request, pass);
    const Exchange exchange = {work.request, forward, candidates, sent, Now()};
    auto* const response = std::get_if<HttpResponse>(&result);
    FlightOutcome outcome;
    Absorbed absorbed;
    const int status = response != nullptr ? response->status : 0;
    if (response != nullptr) {
      absorbed = Absorb(exchange, std::move(*response), work.route->PolicyFor(status));
    } else {
      outcome.failure = std::get<OriginFailure>(result);
      absorbed = AbsorbFailure(exchange, ErrorOf(*outcome.failure), work.route->policy);
      const int bad = absorbed.response.status;
      // CloudFront remembers its own 502 and 504 as it does an origin's.
      if (work.route->policy.cloudfront() && bad >= 500) {
        HttpResponse error = absorbed.response;
        error.headers.Remove("Cache-Status");
        error.headers.Remove("X-Cache");
        absorbed.store = Absorb(exchange, std::move(error), work.route->PolicyFor(bad)).store;
      }
    }
    outcome.stored = Apply(work, lead->flight(), set, &absorbed);
    if (absorbed.again && round < kMostRounds) {
      forward = *std::move(absorbed.again);
      continue;
    }
    if (!outcome.failure) Judge(work, status, outcome.stored.get());
    const bool refreshed = status == 304 && outcome.stored != nullptr;
    lead->Land(std::move(outcome));
    return {std::move(absorbed.response), refreshed ? Served::kRefreshHit : Served::kMiss};
  }
}

void Fetcher::RenewBehind(const Work& work, const Forward& forward, const Set& set,
                          const Stamp& stamp) {
  // Under a key of its own: nobody may wait for what runs when somebody else's runner likes.
  const std::string key = FlightKeyOf(work, forward) + std::string("\0renewal", 8);
  const auto entered = flights_.Enter(key, work.key.url, stamp, work.request.time);
  if (!entered || !entered->leads) return;  // somebody is at it
  auto renewal = std::shared_ptr<Renewal>(
      new Renewal{shared_from_this(), work, forward, set, {&flights_, entered->flight}});
  auto run = [renewal = std::move(renewal)] {
    renewal->fetcher->Ask(renewal->work, renewal->forward, renewal->set, &renewal->lead, nullptr);
  };
  if (background_ == nullptr) {
    run();
    return;
  }
  try {
    background_(std::move(run));
  } catch (...) {
    // Not run, then: the next viewer's request tries again.
    return;
  }
}

OriginResult Fetcher::CallOrigin(const Work& work, const HttpRequest& request,
                                 const InterimSink& interim) {
  const DistributionOrigin& origin = work.route->origin;
  OriginResult result = OriginFailure::kConnect;
  for (int attempt = 1; attempt <= origin.connection_attempts; ++attempt) {
    const absl::Time deadline = Now() + origin.response_timeout;
    counters_.origin_fetches.fetch_add(1, std::memory_order_relaxed);
    result = FetchFenced(*origin.origin, request, deadline, interim);
    if (Now() > deadline) result = OriginFailure::kTimeout;
    const auto* const failure = std::get_if<OriginFailure>(&result);
    if (failure != nullptr) counters_.origin_failures.fetch_add(1, std::memory_order_relaxed);
    if (failure == nullptr || *failure != OriginFailure::kConnect) break;
  }
  return result;
}

std::shared_ptr<const StoredResponse> Fetcher::Apply(const Work& work, const Flight& flight,
                                                     const Set& set, Absorbed* absorbed) {
  for (const HttpUrl& url : absorbed->invalidate) {
    Invalidate(CacheUrlOf(url.path, url.query, work.route->behavior.cache), false);
  }
  if (!work.route->caches()) return nullptr;
  // A cookie that the key does not know of is one viewer's.
  if (absorbed->store && work.route->behavior.cache.cookies.which == Selection::kNone &&
      absorbed->store->response.headers.Find("Set-Cookie") != nullptr) {
    absorbed->store.reset();
  }
  std::shared_ptr<const StoredResponse> stored;
  if (absorbed->store) {
    stored = std::make_shared<const StoredResponse>(*std::move(absorbed->store));
  }
  if (stored == nullptr && absorbed->drop.empty()) return nullptr;
  ResponseCache::Freed freed;  // destroyed when the locks have been left
  flights_.Publish(flight, [&] {
    const Stamp live = coherence_.StampOf(work.route->buckets, work.request.url.path);
    if (live != flight.stamp()) return;  // outdated while it was fetched
    const Set current = cache_->Get(work.key.key);
    freed.push_back(current);
    auto next = std::make_shared<CachedSet>();
    next->stamp = live;
    if (current != nullptr && current->stamp == live) next->variants = current->variants;
    for (const size_t index : absorbed->drop) {
      auto& variants = next->variants;
      variants.erase(std::remove(variants.begin(), variants.end(), set->variants[index]),
                     variants.end());
    }
    if (stored != nullptr) next->variants.push_back(stored);
    if (next->variants.size() > kMostVariants) next->variants.erase(next->variants.begin());
    if (next->variants.empty()) {
      cache_->Erase(work.key.key, &freed);
    } else {
      cache_->Put(work.key.key, std::move(next), &freed);
    }
  });
  return stored;
}

void Fetcher::Judge(const Work& work, int status, const StoredResponse* stored) {
  // A part, a 304 to the viewer's own condition and a failure say nothing of the next answer.
  const bool tells = status < 500 && status != 206 && status != 304 && status != 416;
  if (!tells || work.request.method != "GET") return;
  if (IsUsable(stored)) {
    flights_.Collapse(work.key.key);
  } else {
    flights_.Pass(work.key.key, Now() + kPassFor);
  }
}

size_t Fetcher::Invalidate(const std::string& url, bool prefix) {
  const std::string keys = prefix ? url : KeyPrefixOf(url);
  size_t removed = 0;
  ResponseCache::Freed freed;  // likewise
  flights_.Invalidate(keys, [&] { removed = cache_->ErasePrefix(keys, &freed); });
  return removed;
}

void Fetcher::InvalidateAll() { coherence_.InvalidateAll(); }

}  // namespace cloudlet::edge
