// Who asks whom, and who is told of what in which order.
#include "edge/network.h"

#include <algorithm>
#include <utility>

namespace cloudlet::edge {
namespace {

constexpr uint64_t kAdmitsAllBelow = 16 << 20;

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
         behavior.cache.cookies.which == Selection::kNone;
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

CacheNode::Above Place::AboveFor(const Route& route) const {
  const auto found = above.find(route.origin.id);
  if (found == above.end()) return {};
  return found->second;
}

Network::Network(Cloud& cloud, const DistributionOptions& options)
    : context_(std::make_shared<NodeContext>(cloud, Watched(options), KeysArePlain(options),
                                             options.background)),
      delays_(options.seed) {
  // In a small cache all is large.
  const CacheStoreOptions store = {
      .capacity_bytes = options.cache_bytes,
      .large_on_second_request = options.cache_bytes >= kAdmitsAllBelow};
  std::map<std::string, Place*> regional;
  for (const std::string& code : options.regional_caches) {
    regional[code] = Add(code, Tier::kRegional, store);
  }
  std::map<std::string, Place*> shields;
  for (const DistributionOrigin& origin : options.origins) {
    if (origin.origin_shield.empty() || shields.count(origin.origin_shield) != 0) continue;
    shields[origin.origin_shield] = Add(origin.origin_shield, Tier::kShield, store);
  }
  const std::vector<std::string> only = {options.pop};
  for (const std::string& code : options.pops.empty() ? only : options.pops) {
    Place* const pop = Add(code, Tier::kEdge, store);
    for (const DistributionOrigin& origin : options.origins) {
      std::vector<std::shared_ptr<CacheNode>> chain;
      if (!regional.empty()) chain.push_back(regional.begin()->second->node);
      if (!origin.origin_shield.empty()) chain.push_back(shields[origin.origin_shield]->node);
      if (!chain.empty()) pop->above[origin.id] = std::move(chain);
    }
  }
}

Place* Network::Add(const std::string& code, Tier tier, const CacheStoreOptions& store) {
  auto place = std::make_unique<Place>();
  place->code = code;
  place->tier = tier;
  place->node = std::make_shared<CacheNode>(context_, tier, store);
  auto& places = tier == Tier::kEdge ? pops_ : behind_;
  places.push_back(std::move(place));
  return places.back().get();
}

Place& Network::PopFor(const Viewer& viewer) const {
  if (!viewer.pop.empty()) {
    for (const auto& pop : pops_) {
      if (pop->code == viewer.pop) return *pop;
    }
  }
  return *pops_.front();
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
