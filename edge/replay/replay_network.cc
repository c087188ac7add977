// The options checked, and everything looked up and measured that can be beforehand.
#include "edge/replay/replay_network.h"

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "edge/replay/replay_cache.h"
#include "edge/replay/trace_limits.h"

namespace cloudlet::edge {
namespace {

using base::Quoted;
using base::V;

absl::Status Wrong(std::string_view field, std::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("replay: ", V(field), ": ", V(why)));
}

absl::Status CheckPrices(const EdgePrices& prices) {
  const auto good = [](double price) { return price >= 0 && price <= 1e12; };
  bool all = good(prices.per_gb_from_origin) && good(prices.per_10k_origin_requests);
  for (const EdgePrices::Region& region : prices.regions) {
    all = all && good(region.per_gb_out) && good(region.per_10k_requests) &&
          good(region.per_10k_shield_requests);
  }
  return all ? absl::OkStatus() : Wrong("prices", "each must be from 0 to 10^12");
}

absl::Status CheckNumbers(const EdgeReplayOptions& options) {
  if (options.default_ttl < absl::ZeroDuration() ||
      options.default_ttl > absl::Microseconds(kMostMicroseconds)) {
    return Wrong("default_ttl", "must be from 0 to 2^50 microseconds");
  }
  if (!OnEarth(options.origin)) {
    return Wrong("origin", "latitudes are -90 to 90, longitudes -180 to 180");
  }
  if (!(options.new_connections >= 0 && options.new_connections <= 1)) {
    return Wrong("new_connections", "must be from 0 to 1");
  }
  CLOUDLET_RETURN_IF_ERROR(CheckPrices(options.prices));
  return ValidateLatencyModel(options.latency);
}

std::string Codes(absl::Span<const EdgeLocation> locations) {
  std::string codes;
  for (const EdgeLocation& one : locations) absl::StrAppend(&codes, " ", V(one.code));
  return codes;
}

absl::StatusOr<const EdgeLocation*> LocationOf(std::string_view field, const std::string& code) {
  const EdgeLocation* const location = code.size() == 3 ? FindEdgeLocation(code) : nullptr;
  if (location != nullptr) return location;
  return Wrong(field, absl::StrCat("there is no location ", V(Quoted(code)),
                                   "; there are:", V(Codes(EdgeLocations()))));
}

absl::StatusOr<std::vector<EdgeLocation>> AllowedPops(const EdgeReplayOptions& options) {
  if (options.pops.empty()) {
    return Wrong("pops",
                 absl::StrCat("there is none; give at least one of:", V(Codes(EdgeLocations()))));
  }
  std::vector<EdgeLocation> pops;
  std::vector<std::string> seen;
  for (const std::string& code : options.pops) {
    CLOUDLET_ASSIGN_OR_RETURN(const EdgeLocation* location, LocationOf("pops", code));
    if (std::find(seen.begin(), seen.end(), code) != seen.end()) {
      return Wrong("pops", absl::StrCat(V(Quoted(code)), " is there twice; name each once"));
    }
    seen.push_back(code);
    if (InPriceClass(location->price_region, options.price_class)) pops.push_back(*location);
  }
  if (pops.empty()) {
    return Wrong("price_class", "it leaves out all of the pops; add one that it allows, or kAll");
  }
  return pops;
}

absl::StatusOr<const EdgeLocation*> ShieldOf(const EdgeReplayOptions& options) {
  if (options.shield.empty()) return nullptr;
  for (const EdgeLocation& one : RegionalEdgeLocations()) {
    if (one.code == options.shield) return FindEdgeLocation(one.code);
  }
  return Wrong("shield", absl::StrCat("no regional cache is at ", V(Quoted(options.shield)),
                                      "; there are:", V(Codes(RegionalEdgeLocations()))));
}

// At least as many objects as a cache of `capacity` bytes can keep, the smallest first; sizes are
// known to a power of two.
uint64_t MostEntries(const std::array<uint64_t, 64>& objects_by_width, uint64_t capacity) {
  uint64_t entries = 0;
  for (size_t width = 0; width < objects_by_width.size(); ++width) {
    const uint64_t least_bytes = width == 0 ? 1 : uint64_t{1} << (width - 1);
    const uint64_t fit = std::min(objects_by_width[width], capacity / least_bytes);
    entries += fit;
    capacity -= fit * least_bytes;
  }
  return entries;
}

absl::Status CheckMemory(const ReplayNetwork& network, const EdgeTrace& trace,
                         const EdgeReplayOptions& options) {
  std::array<uint64_t, 64> objects_by_width = {};
  for (const EdgeTraceObject& object : trace.objects)
    ++objects_by_width[std::bit_width(object.bytes)];
  uint64_t bytes = 0;
  for (const ReplayPlace& cache : network.caches) {
    bytes += trace.objects.size() * ReplayCache::kBytesPerObject +
             MostEntries(objects_by_width, cache.capacity) * ReplayCache::kBytesPerEntry;
  }
  if (bytes <= options.most_memory_bytes) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(
      "replay: ", trace.objects.size(), " objects in ", network.caches.size(), " caches may take ",
      bytes, " bytes of memory, more than most_memory_bytes (", options.most_memory_bytes,
      "); raise it, or replay with fewer pops or smaller caches"));
}

// Lays ways through caches.
class Builder {
 public:
  Builder(const EdgeReplayOptions& options, ReplayNetwork* network)
      : options_(options), out_(network) {}

  ReplayWay WayThrough(std::vector<uint32_t> caches) const {
    ReplayWay way;
    way.levels = caches.size();
    for (size_t i = 0; i < caches.size(); ++i) {
      way.caches[i] = caches[i];
      const GeoPoint to =
          i + 1 < caches.size() ? out_->caches[caches[i + 1]].location->point : options_.origin;
      way.round_trip_ms[i] = absl::ToDoubleMilliseconds(
          BackboneRoundTrip(out_->caches[caches[i]].location->point, to, options_.latency));
    }
    return way;
  }

  void AddPops(const std::vector<EdgeLocation>& pops) {
    for (const EdgeLocation& pop : pops) {
      out_->caches.push_back({FindEdgeLocation(pop.code), options_.pop_bytes});
      out_->pops.push_back({.region = pop.price_region});
    }
  }

  // The nearest regional cache of each point of presence, but for the one that is the shield.
  std::map<std::string_view, uint32_t> AddRegional(const EdgeLocation* shield) {
    std::map<std::string_view, uint32_t> regional;
    if (options_.regional_bytes > 0) {
      for (size_t i = 0; i < out_->pops.size(); ++i) regional.emplace(RegionalOf(i)->code, 0);
      if (shield != nullptr) regional.erase(shield->code);
    }
    for (auto& [code, index] : regional) {
      index = static_cast<uint32_t>(out_->caches.size());
      out_->caches.push_back({FindEdgeLocation(code), options_.regional_bytes});
    }
    out_->regional_end = out_->caches.size();
    return regional;
  }

  void LayWays(const EdgeLocation* shield) {
    const std::map<std::string_view, uint32_t> regional = AddRegional(shield);
    std::vector<uint32_t> last;
    if (shield != nullptr) {
      out_->has_shield = true;
      last.push_back(static_cast<uint32_t>(out_->caches.size()));
      out_->caches.push_back({shield, options_.shield_bytes});
    }
    for (uint32_t i = 0; i < out_->pops.size(); ++i) {
      std::vector<uint32_t> way = {i};
      way.insert(way.end(), last.begin(), last.end());
      out_->pops[i].pass = WayThrough(way);
      const auto found = regional.find(RegionalOf(i)->code);
      if (found != regional.end()) way.insert(way.begin() + 1, found->second);
      out_->pops[i].way = WayThrough(way);
      out_->pops[i].shield_is_a_layer_more =
          shield != nullptr && RegionalOf(i)->code != shield->code;
    }
  }

 private:
  const EdgeLocation* RegionalOf(size_t pop) const {
    return regional_.Nearest(out_->caches[pop].location->point);
  }

  const EdgeReplayOptions& options_;
  const EdgeRouter regional_{RegionalEdgeLocations()};
  ReplayNetwork* const out_;
};

void RouteViewers(const EdgeTrace& trace, const std::vector<EdgeLocation>& pops,
                  const LatencyModel& model, ReplayNetwork* out) {
  const EdgeRouter router(pops);
  const EdgeRouter everywhere(EdgeLocations());
  for (const EdgeTraceViewer& viewer : trace.viewers) {
    const EdgeLocation* const pop = router.Nearest(viewer.point);
    out->viewers.push_back({.pop = static_cast<uint32_t>(pop - pops.data()),
                            .round_trip_ms = absl::ToDoubleMilliseconds(
                                ViewerRoundTrip(viewer.point, pop->point, model)),
                            .region = everywhere.Nearest(viewer.point)->price_region});
  }
}

}  // namespace

absl::StatusOr<ReplayNetwork> MakeReplayNetwork(const EdgeTrace& trace,
                                                const EdgeReplayOptions& options) {
  CLOUDLET_RETURN_IF_ERROR(CheckNumbers(options));
  CLOUDLET_ASSIGN_OR_RETURN(const std::vector<EdgeLocation> pops, AllowedPops(options));
  CLOUDLET_ASSIGN_OR_RETURN(const EdgeLocation* shield, ShieldOf(options));
  ReplayNetwork network;
  Builder builder(options, &network);
  builder.AddPops(pops);
  builder.LayWays(shield);
  RouteViewers(trace, pops, options.latency, &network);
  CLOUDLET_RETURN_IF_ERROR(CheckMemory(network, trace, options));
  return network;
}

}  // namespace cloudlet::edge
