// Who asks whom, and who is told of what in which order.
#include "edge/network.h"

#include <algorithm>
#include <utility>

#include "edge/functions/viewer_functions.h"

namespace cloudlet::edge {
namespace {

std::vector<OriginBucket> Watched(const DistributionOptions& options) {
  std::vector<OriginBucket> all;
  if (!options.coherent) return all;
  for (const DistributionOrigin& origin : options.origins) {
    for (OriginBucket& one : origin.origin->buckets()) all.push_back(std::move(one));
  }
  return all;
}

bool HasPlainKeys(const CacheBehavior& behavior) {
  return behavior.cache.headers.which == Selection::kNone &&
         behavior.cache.cookies.which == Selection::kNone &&
         !AssociationAt(behavior.functions, EdgeEventType::kViewerRequest);  // AppendBehavior
}

bool KeysArePlain(const DistributionOptions& options) {
  return HasPlainKeys(options.default_behavior) &&
         std::all_of(options.behaviors.begin(), options.behaviors.end(), HasPlainKeys);
}

PopStats::Kind KindOf(Tier tier) {
  switch (tier) {
    case Tier::kEdge:
      return PopStats::Kind::kPop;
    case Tier::kRegional:
      return PopStats::Kind::kRegionalCache;
    case Tier::kShield:
      break;
  }
  return PopStats::Kind::kOriginShield;
}

DistributionStats StatsOf(const Place& place) {
  DistributionStats out;
  out.requests = place.viewers.requests;
  out.hits = place.viewers.hits;
  out.refresh_hits = place.viewers.refresh_hits;
  out.misses = place.viewers.misses;
  out.errors = place.viewers.errors;
  out.bytes_out = place.viewers.bytes_out;
  const NodeCounters& node = place.node->counters();
  out.collapsed = node.collapsed;
  out.origin_fetches = node.origin_fetches;
  out.origin_failures = node.origin_failures;
  const StoreStats store = place.node->store_stats();
  out.entries = store.entries;
  out.stored_bytes = store.bytes - store.dead;
  return out;
}

void AddTo(const DistributionStats& one, DistributionStats* sum) {
  sum->requests += one.requests;
  sum->hits += one.hits;
  sum->refresh_hits += one.refresh_hits;
  sum->misses += one.misses;
  sum->errors += one.errors;
  sum->bytes_out += one.bytes_out;
  sum->collapsed += one.collapsed;
  sum->origin_fetches += one.origin_fetches;
  sum->origin_failures += one.origin_failures;
  sum->entries += one.entries;
  sum->stored_bytes += one.stored_bytes;
}

}  // namespace

const Chain& Place::ChainTo(const Route& route) const {
  static const Chain& none = *new Chain();
  const auto found = chains.find(route.origin.id);
  return found == chains.end() ? none : found->second;
}

Network::Network(Cloud& cloud, const DistributionOptions& options)
    : context_(std::make_shared<NodeContext>(cloud, Watched(options), KeysArePlain(options),
                                             options.background)),
      delays_(options.seed) {
  const CacheStoreOptions store = {.capacity_bytes = options.cache_bytes,
                                   .policy = options.eviction,
                                   .large_on_second_request = options.large_on_second_request};
  for (const std::string& code : options.regional_caches) Add(code, Tier::kRegional, store);
  std::map<std::string, Place*> shields;
  for (const DistributionOrigin& origin : options.origins) {
    if (origin.origin_shield.empty() || shields.count(origin.origin_shield) != 0) continue;
    shields[origin.origin_shield] = Add(origin.origin_shield, Tier::kShield, store);
  }
  if (options.pops.empty()) Add(options.pop, Tier::kEdge, store);
  for (const std::string& code : options.pops) {
    const EdgeLocation& location = *FindEdgeLocation(code);
    if (!InPriceClass(location.price_region, options.price_class)) continue;
    Add(code, Tier::kEdge, store);
    locations_.push_back(location);
  }
  if (!locations_.empty()) router_.emplace(locations_);
  for (const auto& pop : pops_) {
    for (const DistributionOrigin& origin : options.origins) {
      Chain chain;
      const auto append = [&](const Place& place) {
        chain.nodes.push_back(place.node);
        chain.points.push_back(place.point);
      };
      if (!options.regional_caches.empty()) append(*NearestRegional(pop->point));
      chain.shielded = !origin.origin_shield.empty();
      if (chain.shielded) append(*shields[origin.origin_shield]);
      if (!chain.nodes.empty()) pop->chains[origin.id] = std::move(chain);
    }
  }
}

Place* Network::Add(const std::string& code, Tier tier, const CacheStoreOptions& store) {
  auto place = std::make_unique<Place>();
  place->code = code;
  if (const EdgeLocation* const location = FindEdgeLocation(code)) place->point = location->point;
  place->tier = tier;
  place->node = std::make_shared<CacheNode>(context_, tier, store);
  auto& places = tier == Tier::kEdge ? pops_ : behind_;
  places.push_back(std::move(place));
  return places.back().get();
}

Place* Network::NearestRegional(const GeoPoint& point) const {
  Place* nearest = nullptr;
  for (const auto& place : behind_) {
    if (place->tier != Tier::kRegional) continue;
    if (nearest == nullptr ||
        GreatCircleKm(point, place->point) < GreatCircleKm(point, nearest->point)) {
      nearest = place.get();
    }
  }
  return nearest;
}

Place& Network::PopFor(const Viewer& viewer) const {
  if (!viewer.pop.empty()) {
    for (const auto& pop : pops_) {
      if (pop->code == viewer.pop) return *pop;
    }
  }
  if (!router_ || !viewer.location) return *pops_.front();
  return *pops_[static_cast<size_t>(router_->Nearest(*viewer.location) - locations_.data())];
}

uint64_t Network::Invalidate(const std::string& url, bool prefix) {
  uint64_t removed = 0;
  const auto forget = [&](Place& place) {
    if (url.empty() && prefix) {
      place.node->InvalidateAll();
    } else {
      removed += place.node->Invalidate(url, prefix);
    }
  };
  for (auto at = behind_.rbegin(); at != behind_.rend(); ++at) forget(**at);
  for (const auto& pop : pops_) forget(*pop);
  return removed;
}

void Network::InvalidateLater(const std::string& url, bool prefix, absl::Time now,
                              absl::Duration delay) {
  // Shields within the first quarter, regional caches within the second, POPs in the other half.
  const auto at = [&](Tier tier) {
    const double within =
        static_cast<double>(delays_.Next() >> 11) / static_cast<double>(1ull << 53);
    const double begin = tier == Tier::kShield ? 0.0 : tier == Tier::kRegional ? 0.25 : 0.5;
    const double length = tier == Tier::kEdge ? 0.5 : 0.25;
    return now + delay * (begin + length * within);
  };
  for (const auto& place : behind_) place->node->InvalidateLater(at(place->tier), url, prefix);
  for (const auto& pop : pops_) pop->node->InvalidateLater(at(Tier::kEdge), url, prefix);
}

DistributionStats Network::stats() const {
  DistributionStats sum;
  for (const auto* places : {&pops_, &behind_}) {
    for (const auto& place : *places) AddTo(StatsOf(*place), &sum);
  }
  return sum;
}

std::vector<PopStats> Network::pop_stats() const {
  std::vector<PopStats> all;
  for (const auto* places : {&pops_, &behind_}) {
    for (const auto& place : *places) {
      all.push_back({place->code, KindOf(place->tier), StatsOf(*place)});
    }
  }
  return all;
}

}  // namespace cloudlet::edge
