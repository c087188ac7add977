// What can be answered here, and who waits for whom.
#include "edge/cache_node.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <variant>

#include "edge/conditions.h"
#include "edge/freshness.h"
#include "edge/origins.h"
#include "edge/user_code.h"

namespace cloudlet::edge {
namespace {

// With one of these a request may not get what is stored as it is.
constexpr std::string_view kOfTheAnswer[] = {
    "Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"};
constexpr std::string_view kOfTheCache[] = {"Cache-Control", "Pragma"};

template <typename Names>
bool Has(const HttpHeaders& headers, const Names& names) {
  return std::any_of(headers.begin(), headers.end(), [&](const HttpHeader& header) {
    return std::any_of(std::begin(names), std::end(names),
                       [&](std::string_view name) { return SameHttpName(name, header.name); });
  });
}

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

}  // namespace

std::shared_ptr<const StoredResponse> CacheNode::Peek(const Route& route, const CacheKey& key,
                                                      const HttpRequest& request, absl::Time now) {
  if (!route.caches() || request.method != "GET" || !request.body.empty()) return nullptr;
  if (Has(request.headers, kOfTheAnswer)) return nullptr;
  if (!route.policy(tier_).cloudfront() && Has(request.headers, kOfTheCache)) return nullptr;
  // Before anything is looked at: what is invalidated from here on is newer than the answer.
  const Stamp stamp = StampOf(route, request.url.path);
  const EpochGuard guard;
  const auto* const entry = store_.Find(key.key, HashOf(key.key), guard);
  if (entry == nullptr) return nullptr;
  const CachedSet& set = entry->value();
  if (!(set.stamp == stamp) || set.variants.size() != 1) return nullptr;
  const std::shared_ptr<const StoredResponse>& stored = set.variants.stored(0);
  if (!stored->selectors.empty() || stored->part || stored->facts.must_validate ||
      FreshFor(*stored, now) <= absl::ZeroDuration() || IsTouched(*stored, context_->purges)) {
    return nullptr;
  }
  return stored;
}

Reply CacheNode::Serve(Work work, Above above, bool whole, const InterimSink& interim) {
  const Policy& policy = work.route->policy(tier_);
  bool looked_twice = false;
  for (;;) {
    CarryOutDue(Now());
    const Stamp stamp = StampOf(*work.route, work.request.url.path);  // first, as in Peek
    const Set set = Find(work, stamp);
    const Candidates candidates = set->candidates();
    const absl::Time now = Now();
    work.request.time = now;
    Plan plan = MakePlan(work.request, candidates, now, policy);
    const auto answer = [&](const Hit& hit) {
      return AnswerHit(work.request, *candidates[hit.stored], hit.answer, now, policy);
    };
    if (const auto* const hit = std::get_if<Hit>(&plan)) {
      return {{answer(*hit)}, Served::kHit};
    }
    if (auto* const stale = std::get_if<HitStale>(&plan)) {
      Reply reply = {{answer(stale->hit)}, Served::kHit};
      if (stale->revalidation) {
        RenewBehind({std::move(work), *std::move(stale->revalidation), set, nullptr, above, true},
                    stamp);
      }
      return reply;
    }
    if (auto* const synthesized = std::get_if<Synthesized>(&plan)) {
      return {{std::move(synthesized->response)}, Served::kHit};
    }
    auto* const fetch = std::get_if<edge::Fetch>(&plan);
    Forward& forward = fetch != nullptr ? fetch->forward : std::get<Revalidate>(plan).forward;
    if (auto reply = Fetch({work, std::move(forward), set, nullptr, above, whole}, stamp, interim,
                           &looked_twice)) {
      return *std::move(reply);
    }
  }
}

Stamp CacheNode::StampOf(const Route& route, std::string_view path) const {
  return {store_.generation(), context_->coherence.WritesOf(route.buckets, path),
          context_->purges.last(), walks_.load(std::memory_order_seq_cst)};
}

ResponseStore::Ref CacheNode::StoredFor(const Work& work, const Stamp& stamp) const {
  ResponseStore::Ref found;
  if (work.route->caches()) found = store_.Get(work.key.key, HashOf(work.key.key));
  if (found && !(found->stamp == stamp)) found = {};
  return found;
}

CacheNode::Set CacheNode::Find(const Work& work, const Stamp& stamp) const {
  return std::make_shared<const Available>(StoredFor(work, stamp), context_->purges);
}

std::shared_ptr<Lead> CacheNode::Alone(const Work& work, const Stamp& stamp) {
  return std::make_shared<Lead>(&flights_, flights_.Alone(work.key.url(), stamp));
}

std::optional<Reply> CacheNode::Fetch(Asking asking, const Stamp& stamp, const InterimSink& interim,
                                      bool* looked_twice) {
  const Work& work = asking.work;
  if (!work.route->caches() || !IsShared(work.request, asking.forward)) {
    asking.lead = Alone(work, stamp);
    return Ask(std::move(asking), interim);
  }
  const auto entered =
      flights_.Enter(FlightKeyOf(work, asking.forward), work.key.url(), stamp, work.request.time);
  // The origin waits for this very answer.
  if (!entered) return FromFailure(asking, OriginFailure::kConnect);
  if (entered->leads) {
    asking.lead = std::make_shared<Lead>(&flights_, entered->flight);
    // Another may have landed since the store was looked into, and what it brought be there.
    const bool changed = !asking.set->IsOf(StoredFor(work, stamp));
    if (changed && !std::exchange(*looked_twice, true)) return std::nullopt;
    return Ask(std::move(asking), interim);
  }
  // What it would wait for could wait for it.
  if (!InUserCode::here()) {
    counters_.collapsed.fetch_add(1, std::memory_order_relaxed);
    std::optional<FlightOutcome> outcome = flights_.Wait(*entered->flight);
    if (!outcome) return std::nullopt;
    if (auto reply = FromOutcome(asking, entered->flight->stamp(), *std::move(outcome))) {
      return reply;
    }
  }
  asking.lead = Alone(work, stamp);
  return Ask(std::move(asking), interim);
}

std::optional<Reply> CacheNode::FromOutcome(const Asking& asking, const Stamp& stamp,
                                            FlightOutcome outcome) const {
  const HttpRequest& request = asking.work.request;
  if (outcome.failure) return FromFailure(asking, *outcome.failure);
  if (outcome.stored == nullptr) return std::nullopt;
  // It began before a purge that this request may have come after.
  const std::vector<uint64_t>& tags = outcome.stored->tags;
  if (context_->purges.IsPurged(tags, stamp.purges) ||
      context_->purges.StaleSince(tags, stamp.purges)) {
    return std::nullopt;
  }
  const bool streams =
      outcome.live != nullptr && !asking.whole && !Has(request.headers, kOfTheAnswer);
  if (outcome.live != nullptr && !streams) {
    absl::StatusOr<absl::Cord> body = outcome.live->ReadAll();
    // The others were faster, and it is too large to be kept: no failure of the origin.
    if (absl::IsOutOfRange(body.status())) return std::nullopt;
    if (!body.ok()) return FromFailure(asking, OriginFailure::kCutShort);
    auto stored = std::make_shared<StoredResponse>(*outcome.stored);
    stored->response.body = *std::move(body);
    outcome.stored = std::move(stored);
  }
  const StoredResponse* const candidate = outcome.stored.get();
  const absl::Time now = Now();
  const Policy& policy = asking.work.route->policy(tier_);
  const Plan plan = MakePlan(request, {&candidate, 1}, now, policy);
  const auto* const hit = std::get_if<Hit>(&plan);
  if (hit == nullptr) return std::nullopt;
  Reply reply = {
      {AnswerHit(request, *candidate, hit->answer, now, policy)}, Served::kHit, outcome.hops};
  if (streams) reply.answer.body = LiveBody::Reader(std::move(outcome.live));
  return reply;
}

size_t CacheNode::Invalidate(std::string_view url, bool prefix, const Flight* spared) {
  const std::string keys = prefix ? std::string(url) : KeyPrefixOf(url);
  // First, so that what is erased does not come back, neither by itself nor beside something newer.
  walks_.fetch_add(1, std::memory_order_seq_cst);
  flights_.Doom(keys, spared);
  size_t removed = 0;
  if (!prefix && context_->plain_keys) {
    for (const std::string& key : PlainKeysOf(url)) removed += store_.Erase(key, HashOf(key));
    return removed;
  }
  store_.Visit([&](const ResponseStore::Entry& entry) {
    if (entry.key().substr(0, keys.size()) == keys)
      removed += store_.Erase(ResponseStore::Ref(&entry));
  });
  return removed;
}

void CacheNode::InvalidateLater(absl::Time due, std::string url, bool prefix) {
  auto later = std::make_shared<const Later>(Later{std::move(url), prefix});
  base::MutexLock lock(&later_mu_);
  later_.emplace(due, std::move(later));
  next_due_ns_.store(absl::ToUnixNanos(later_.begin()->first), std::memory_order_seq_cst);
}

// Without the lock, as what is erased may be freed by code of the user's. Until it is done, a
// request that comes meanwhile does the same by itself, rather than be answered as before.
void CacheNode::CarryOut(absl::Time now) {
  std::vector<std::shared_ptr<const Later>> due;
  {
    base::MutexLock lock(&later_mu_);
    const auto end = later_.upper_bound(now);
    for (auto at = later_.begin(); at != end; ++at) due.push_back(at->second);
  }
  std::set<const Later*> carried_out;
  for (const auto& one : due) {
    if (one->prefix && one->url.empty()) {
      InvalidateAll();
    } else {
      Invalidate(one->url, one->prefix);
    }
    carried_out.insert(one.get());
  }
  base::MutexLock lock(&later_mu_);
  for (auto at = later_.begin(); at != later_.end() && at->first <= now;) {
    const bool done = carried_out.count(at->second.get()) != 0;
    at = done ? later_.erase(at) : std::next(at);
  }
  next_due_ns_.store(later_.empty() ? INT64_MAX : absl::ToUnixNanos(later_.begin()->first),
                     std::memory_order_seq_cst);
}

}  // namespace cloudlet::edge
