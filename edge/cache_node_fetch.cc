// Asking who is above, and what becomes of the answer.
#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "edge/cache_node.h"
#include "edge/invalidation.h"
#include "edge/lists.h"
#include "edge/origins.h"
#include "edge/tags.h"
#include "edge/user_code.h"

namespace cloudlet::edge {
namespace {

// How long requests of a key go by themselves once its answer was for one viewer alone.
constexpr absl::Duration kPassFor = absl::Minutes(1);
// The core asks again for the whole at most once; a third time would be a mistake of its own.
constexpr int kMostRounds = 3;

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

OriginStream StreamOf(OriginResult result) {
  if (auto* const failure = std::get_if<OriginFailure>(&result)) return *failure;
  return HttpStream{std::get<HttpResponse>(std::move(result)), nullptr};
}

// A cookie that the key does not know of is one viewer's, unless the origin is taken at its word:
// RFC 9111 section 7.3.
bool IsOneViewers(const Route& route, const StoredResponse& stored) {
  return route.policies[0].cloudfront() && !KeyHasAllCookies(route.behavior) &&
         stored.response.headers.Find("Set-Cookie") != nullptr;
}

}  // namespace

// A revalidation that waits for its turn; dropped, its flight lands all the same.
struct CacheNode::Renewal {
  std::shared_ptr<CacheNode> node;
  std::vector<std::shared_ptr<CacheNode>> above;
  Asking asking;
};

Reply CacheNode::FromFailure(const Asking& asking, OriginFailure failure) const {
  const Work& work = asking.work;
  const Exchange exchange = {work.request, asking.forward, asking.set->candidates(),
                             work.request.time, Now()};
  return {{AbsorbFailure(exchange, ErrorOf(failure), work.route->policy(tier_)).response},
          Served::kMiss};
}

Reply CacheNode::Ask(Asking asking, const InterimSink& interim) {
  const Work& work = asking.work;
  const Policy& policy = work.route->policy(tier_);
  size_t hops = 0;
  for (int round = 1;; ++round) {
    const absl::Time sent = Now();
    const InterimSink pass = [&](const HttpResponse& response) {
      if (interim == nullptr) return;
      const Exchange exchange = {work.request, asking.forward, asking.set->candidates(), sent,
                                 sent};
      interim(Absorb(exchange, response, policy).response);
    };
    OriginStream stream = CallAbove(asking, pass, &hops);
    if (auto* const answer = std::get_if<HttpStream>(&stream); answer && answer->body) {
      if (!asking.whole && MayStream(work.request, asking.forward, answer->head)) {
        return Stream(std::move(asking), std::move(*answer), sent, hops);
      }
      stream = StreamOf(Whole(std::move(stream)));
    }
    const Exchange exchange = {work.request, asking.forward, asking.set->candidates(), sent, Now()};
    auto* const answer = std::get_if<HttpStream>(&stream);
    FlightOutcome outcome;
    Absorbed absorbed;
    const int status = answer != nullptr ? answer->head.status : 0;
    if (answer != nullptr) {
      absorbed = Absorb(exchange, std::move(answer->head), work.route->PolicyFor(tier_, status));
    } else {
      outcome.failure = std::get<OriginFailure>(stream);
      absorbed = AbsorbFailure(exchange, ErrorOf(*outcome.failure), policy);
      const int bad = absorbed.response.status;
      // CloudFront remembers its own 502 and 504 as it does an origin's.
      if (policy.cloudfront() && bad >= 500) {
        HttpResponse error = absorbed.response;
        error.headers.Remove("Cache-Status");
        error.headers.Remove("X-Cache");
        absorbed.store =
            Absorb(exchange, std::move(error), work.route->PolicyFor(tier_, bad)).store;
      }
    }
    outcome.stored = Apply(asking, &absorbed);
    outcome.hops = hops;
    if (absorbed.again && round < kMostRounds) {
      asking.forward = *std::move(absorbed.again);
      continue;
    }
    if (!outcome.failure) Judge(work, status, outcome.stored.get());
    const bool refreshed = status == 304 && outcome.stored != nullptr;
    asking.lead->Land(std::move(outcome));
    return {{std::move(absorbed.response)}, refreshed ? Served::kRefreshHit : Served::kMiss, hops};
  }
}

Reply CacheNode::Stream(Asking asking, HttpStream answer, absl::Time sent, size_t hops) {
  const Route& route = *asking.work.route;
  const Exchange exchange = {
      asking.work.request, asking.forward, asking.set->candidates(), sent, Now(), true};
  const int status = answer.head.status;
  auto absorbed = std::make_shared<Absorbed>(
      Absorb(exchange, std::move(answer.head), route.PolicyFor(tier_, status)));
  Reply reply = {{std::move(absorbed->response)}, Served::kMiss, hops};
  const bool kept = route.caches() && absorbed->store && !IsOneViewers(route, *absorbed->store);
  if (!kept) {
    // Nobody waits for the end of what is not for him.
    absorbed->store.reset();
    Apply(asking, absorbed.get());
    Judge(asking.work, status, nullptr);
    asking.lead->Land(FlightOutcome());
    reply.answer.body = std::move(answer.body);
    return reply;
  }
  auto head = std::make_shared<StoredResponse>(*absorbed->store);
  head->tags = TagsOf(asking.work.request.url.authority, head->response.headers);
  const std::shared_ptr<Lead> lead = asking.lead;
  auto held = std::make_shared<Asking>(std::move(asking));
  held->above = {};
  auto live = std::make_shared<LiveBody>(
      std::move(answer.body), store_.largest(),
      [self = shared_from_this(), held, absorbed](absl::StatusOr<absl::Cord> body) {
        self->Arrive(*held, absorbed.get(), std::move(body));
      });
  lead->Announce({std::move(head), std::nullopt, live, hops});
  reply.answer.body = LiveBody::Reader(std::move(live));
  return reply;
}

void CacheNode::Arrive(const Asking& asking, Absorbed* absorbed, absl::StatusOr<absl::Cord> body) {
  if (!body.ok()) {
    // Too large: who comes next need not wait for this one.
    if (absl::IsOutOfRange(body.status())) {
      flights_.Pass(asking.work.key.key, Now() + kPassFor);
    }
    asking.lead->Land(std::nullopt);
    return;
  }
  const int status = absorbed->store->response.status;
  absorbed->store->response.body = *std::move(body);
  FlightOutcome outcome = {Apply(asking, absorbed)};
  Judge(asking.work, status, outcome.stored.get());
  asking.lead->Land(std::move(outcome));
}

void CacheNode::RenewBehind(Asking asking, const Stamp& stamp) {
  const Work& work = asking.work;
  // Under a key of its own: nobody may wait for what runs when somebody else's runner likes.
  std::string key = work.key.key;
  key += std::string("\0renewal", 8);
  const auto entered = flights_.Enter(key, work.key.url(), stamp, work.request.time);
  if (!entered || !entered->leads) return;  // somebody is at it
  asking.lead = std::make_shared<Lead>(&flights_, entered->flight);
  auto renewal = std::make_shared<Renewal>();
  renewal->node = shared_from_this();
  renewal->above.assign(asking.above.begin(), asking.above.end());
  asking.above = renewal->above;
  renewal->asking = std::move(asking);
  auto run = [renewal = std::move(renewal)] {
    renewal->node->Ask(std::move(renewal->asking), nullptr);
  };
  if (context_->background == nullptr) {
    run();
    return;
  }
  try {
    context_->background(std::move(run));
  } catch (...) {
    // Not run, then: the next viewer's request tries again.
    return;
  }
}

OriginStream CacheNode::CallAbove(const Asking& asking, const InterimSink& interim, size_t* hops) {
  *hops = 1;
  if (asking.above.empty()) return CallOrigin(asking, interim);
  Work work = {asking.work.route, asking.work.key, asking.forward.request};
  Reply reply =
      asking.above.front()->Serve(std::move(work), asking.above.subspan(1), asking.whole, interim);
  *hops += reply.hops;
  reply.answer.head.headers.Remove("X-Cache");  // each node has its own
  return std::move(reply.answer);
}

OriginStream CacheNode::CallOrigin(const Asking& asking, const InterimSink& interim) {
  const DistributionOrigin& origin = asking.work.route->origin;
  const HttpRequest& request = asking.forward.request;
  const InUserCode here;
  OriginStream result = OriginFailure::kConnect;
  for (int attempt = 1; attempt <= origin.connection_attempts; ++attempt) {
    const absl::Time deadline = Now() + origin.response_timeout;
    counters_.origin_fetches.fetch_add(1, std::memory_order_relaxed);
    result = asking.whole
                 ? StreamOf(FetchFenced(*origin.origin, request, deadline, interim))
                 : OpenFenced(*origin.origin, request, deadline, interim, asking.work.route);
    if (Now() > deadline) result = OriginFailure::kTimeout;
    const auto* const failure = std::get_if<OriginFailure>(&result);
    if (failure != nullptr) counters_.origin_failures.fetch_add(1, std::memory_order_relaxed);
    if (failure == nullptr || *failure != OriginFailure::kConnect) break;
  }
  return result;
}

std::shared_ptr<const StoredResponse> CacheNode::Apply(const Asking& asking, Absorbed* absorbed) {
  const Work& work = asking.work;
  const Route& route = *work.route;
  const Stamp& began = asking.lead->flight().stamp();
  for (const HttpUrl& url : absorbed->invalidate) {
    Invalidate(CacheUrlOf(url.path, url.query, route.behavior.cache), false,
               &asking.lead->flight());
  }
  if (!route.policy(tier_).cloudfront() && !IsSafe(work.request.method)) {
    const HttpResponse& answer = absorbed->response;
    if (answer.status < 400) {
      for (const uint64_t tag : InvalidatedGroups(work.request.url.authority, answer.headers)) {
        context_->purges.Purge(tag);
        context_->purges.Purge(OverflowTag());
      }
    }
  }
  if (!route.caches()) return nullptr;
  if (absorbed->store && IsOneViewers(route, *absorbed->store)) absorbed->store.reset();
  std::shared_ptr<const StoredResponse> stored;
  if (absorbed->store) {
    absorbed->store->tags = TagsOf(work.request.url.authority, absorbed->store->response.headers);
    absorbed->store->purges_seen = began.purges;
    stored = std::make_shared<const StoredResponse>(*std::move(absorbed->store));
  }
  if (stored == nullptr && absorbed->drop.empty()) return nullptr;
  std::vector<const StoredResponse*> drop;
  for (const size_t index : absorbed->drop) drop.push_back(asking.set->original(index));
  const uint64_t hash = HashOf(work.key.key);
  // Freed when the lock has been left.
  ResponseStore::Garbage garbage;
  ResponseStore::Ref current;
  bool nothing_left = false;
  flights_.Publish(asking.lead->flight(), [&] {
    const Stamp live = StampOf(route, work.request.url.path);
    if (!(live == began)) return;  // outdated while it was fetched
    current = store_.Get(work.key.key, hash);
    CachedSet next = {live};
    const bool adds = current && current->stamp == live && current->stamp.walks == live.walks;
    next.variants = (adds ? current->variants : VariantSet()).With(drop, stored);
    nothing_left = next.variants.size() == 0;
    if (nothing_left) return;
    const uint64_t bytes = sizeof(CachedSet) + next.variants.bytes();
    store_.Insert(work.key.key, hash, std::move(next), bytes, {.generation = live.generation},
                  &garbage);
  });
  if (nothing_left && current) store_.Erase(current);
  return stored;
}

void CacheNode::Judge(const Work& work, int status, const StoredResponse* stored) {
  // A part, a 304 to the viewer's own condition and a failure say nothing of the next answer.
  const bool tells = status < 500 && status != 206 && status != 304 && status != 416;
  if (!tells || work.request.method != "GET") return;
  if (IsUsable(stored)) {
    flights_.Collapse(work.key.key);
  } else {
    flights_.Pass(work.key.key, Now() + kPassFor);
  }
}

}  // namespace cloudlet::edge
