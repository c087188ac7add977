// Request by request: which cache answers, what that does to the others, and how long it takes.
#include "edge/replay/replay.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/histogram.h"
#include "base/random.h"
#include "base/status_macros.h"
#include "cloudlet/edge_replay.h"
#include "edge/geo/latency.h"
#include "edge/replay/replay_cache.h"
#include "edge/replay/replay_network.h"

namespace cloudlet::edge {
namespace {

// Of an object in a cache.
enum class Has { kNothing, kStale, kFresh };

struct RegionTally {
  base::Histogram first_byte_us;  // of viewers
  base::Histogram last_byte_us;
  uint64_t served_requests = 0;
  uint64_t served_bytes = 0;
  uint64_t shield_requests = 0;
};

// The latency model as numbers.
struct Times {
  explicit Times(const LatencyModel& model)
      : transfer(model.viewer_bits_per_second,
                 1.0 * model.initial_window_segments * model.segment_bytes),
        sigma(model.jitter_sigma),
        seed(model.jitter_seed),
        edge_service_ms(absl::ToDoubleMilliseconds(model.edge_service)),
        origin_service_ms(absl::ToDoubleMilliseconds(model.origin_service)) {}

  double JitteredMs(double round_trip_ms, uint64_t request, uint64_t leg) const {
    return round_trip_ms * Jitter(sigma, seed, request, leg);
  }

  const Transfer transfer;
  const double sigma;
  const uint64_t seed;
  const double edge_service_ms;
  const double origin_service_ms;
};

class Run {
 public:
  Run(const EdgeTrace& trace, const EdgeReplayOptions& options, const ReplayNetwork& network)
      : trace_(trace),
        network_(network),
        times_(options.latency),
        default_ttl_us_(absl::ToInt64Microseconds(options.default_ttl)),
        new_connections_(static_cast<uint64_t>(options.new_connections * 0x1p32)) {
    for (const ReplayPlace& cache : network.caches) {
      caches_.push_back(std::make_unique<ReplayCache>(options, cache.capacity,
                                                      static_cast<uint32_t>(trace.objects.size())));
    }
  }

  void PlayAll() {
    const uint64_t count = trace_.requests.size();
    for (uint64_t i = 0; i < count; ++i) {
      // Memory is what a replay waits for, and what it will read is known ahead. Here and not in a
      // function of its own, which would do nothing that GCC thinks has to be done.
      if (i + kAhead < count) {
        const EdgeTraceRequest& next = trace_.requests[i + kAhead];
        __builtin_prefetch(&trace_.objects[next.object]);
        const ReplayWay& way = network_.pops[network_.viewers[next.viewer].pop].way;
        for (size_t level = 0; level < way.levels; ++level) {
          __builtin_prefetch(caches_[way.caches[level]]->MemoryOf(next.object));
        }
      }
      Play(i);
    }
  }
  EdgeReplayReport Report(const EdgePrices& prices) const;

 private:
  static constexpr uint64_t kAhead = 12;

  void Play(uint64_t number) {
    const EdgeTraceRequest& request = trace_.requests[number];
    const EdgeTraceObject& object = trace_.objects[request.object];
    const ReplayViewer& viewer = network_.viewers[request.viewer];
    const ReplayPop& pop = network_.pops[viewer.pop];
    const ReplayWay& way = object.cacheable ? pop.way : pop.pass;
    const size_t asked =
        object.cacheable ? Ask(way, request, object) : (Pass(way, object), way.levels);
    RegionTally& region = regions_[static_cast<size_t>(pop.region)];
    ++region.served_requests;
    region.served_bytes += object.bytes;
    // Asked beyond the cache before the shield, which is the last.
    if (network_.has_shield && asked + 1 >= way.levels &&
        (!object.cacheable || pop.shield_is_a_layer_more)) {
      ++region.shield_requests;
    }
    Clock(number, viewer, way, asked, object.bytes);
  }

  size_t Ask(const ReplayWay& way, const EdgeTraceRequest& request, const EdgeTraceObject& object);
  void Pass(const ReplayWay& way, const EdgeTraceObject& object);
  void Clock(uint64_t number, const ReplayViewer& viewer, const ReplayWay& way, size_t asked,
             uint64_t bytes);
  bool IsNewConnection(uint64_t number) const {
    return (base::Mix64(times_.seed ^ base::Mix64(number)) >> 32) < new_connections_;
  }

  const EdgeTrace& trace_;
  const ReplayNetwork& network_;
  const Times times_;
  const int64_t default_ttl_us_;
  const uint64_t new_connections_;  // of 2^32
  std::vector<std::unique_ptr<ReplayCache>> caches_;
  EdgeOriginTally origin_;
  std::array<RegionTally, kPriceRegions> regions_;
};

// How many legs the request went beyond the point of presence: way.levels is to the origin.
size_t Run::Ask(const ReplayWay& way, const EdgeTraceRequest& request,
                const EdgeTraceObject& object) {
  std::array<Has, kMostLevels> has = {};
  std::array<int64_t*, kMostLevels> fresh_until = {};
  size_t asked = 0;
  bool conditional = false;  // whoever asks has it, too old
  for (; asked < way.levels; ++asked) {
    fresh_until[asked] = caches_[way.caches[asked]]->FreshUntilUs(request.object);
    if (fresh_until[asked] == nullptr) continue;
    has[asked] = request.time_us < *fresh_until[asked] ? Has::kFresh : Has::kStale;
    if (has[asked] == Has::kFresh) break;
    conditional = true;
  }
  int64_t until_us = 0;
  size_t level = asked;
  if (asked == way.levels) {
    ++(conditional ? origin_.revalidations : origin_.fetches);
    if (!conditional) origin_.bytes += object.bytes;
    until_us = request.time_us + (object.ttl_us < 0 ? default_ttl_us_ : object.ttl_us);
  } else {
    until_us = *fresh_until[asked];
    ++level;
  }
  // Back from there. A 304 for somebody who asked with a condition gives no body, and leaves
  // nothing where there was nothing.
  while (level-- > 0) {
    conditional = false;
    for (size_t below = 0; below < level; ++below) {
      conditional = conditional || has[below] == Has::kStale;
    }
    ReplayCache& cache = *caches_[way.caches[level]];
    const uint64_t bytes = conditional ? 0 : object.bytes;
    ++cache.tally.requests;
    cache.tally.bytes_out += bytes;
    if (has[level] == Has::kNothing) {
      ++cache.tally.misses;
      if (!conditional) cache.Admit(request.object, object.bytes, until_us);
      continue;
    }
    cache.tally.bytes_stored += bytes;
    ++(has[level] == Has::kFresh ? cache.tally.hits : cache.tally.revalidations);
    *fresh_until[level] = until_us;
    cache.Hit(request.object);
  }
  return asked;
}

void Run::Pass(const ReplayWay& way, const EdgeTraceObject& object) {
  for (size_t level = 0; level < way.levels; ++level) {
    EdgeCacheTally& tally = caches_[way.caches[level]]->tally;
    ++tally.requests;
    ++tally.passes;
    tally.bytes_out += object.bytes;
  }
  ++origin_.passes;
  origin_.bytes += object.bytes;
}

// As TimeToFirstByte and TransferTime (edge_geography.h) would.
void Run::Clock(uint64_t number, const ReplayViewer& viewer, const ReplayWay& way, size_t asked,
                uint64_t bytes) {
  const double trips = 1 + (IsNewConnection(number) ? kHandshakeRoundTrips : 0);
  const double viewer_ms = times_.JitteredMs(viewer.round_trip_ms, number, 0);
  double first_ms = trips * viewer_ms + times_.edge_service_ms;
  for (size_t leg = 0; leg < asked; ++leg) {
    first_ms += times_.JitteredMs(way.round_trip_ms[leg], number, leg + 1) +
                (leg + 1 == way.levels ? times_.origin_service_ms : times_.edge_service_ms);
  }
  const double last_ms = first_ms + times_.transfer.Ms(bytes, viewer_ms);
  RegionTally& region = regions_[static_cast<size_t>(viewer.region)];
  region.first_byte_us.Record(static_cast<uint64_t>(first_ms * 1000));
  region.last_byte_us.Record(static_cast<uint64_t>(last_ms * 1000));
}

EdgeReplayLatency Percentiles(const base::Histogram& us) {
  const auto at = [&](double percent) {
    return absl::Microseconds(static_cast<int64_t>(us.Percentile(percent)));
  };
  return {at(50), at(95), at(99)};
}

void AddTo(EdgeCacheTally* sum, const EdgeCacheTally& one) {
  sum->requests += one.requests;
  sum->hits += one.hits;
  sum->revalidations += one.revalidations;
  sum->misses += one.misses;
  sum->passes += one.passes;
  sum->bytes_out += one.bytes_out;
  sum->bytes_stored += one.bytes_stored;
}

constexpr double kGigabyte = 0x1p30;

EdgeReplayReport Run::Report(const EdgePrices& prices) const {
  EdgeReplayReport report;
  report.origin = origin_;
  for (size_t i = 0; i < caches_.size(); ++i) {
    const EdgeReplayCache cache = {std::string(network_.caches[i].location->code),
                                   caches_[i]->tally};
    if (i < network_.pops.size()) {
      report.pops.push_back(cache);
      AddTo(&report.all_pops, cache.tally);
    } else if (i < network_.regional_end) {
      report.regional.push_back(cache);
      AddTo(&report.all_regional, cache.tally);
    } else {
      report.shield = cache;
    }
  }
  base::Histogram first_byte_us;
  base::Histogram last_byte_us;
  for (size_t i = 0; i < kPriceRegions; ++i) {
    const RegionTally& tally = regions_[i];
    const EdgePrices::Region& price = prices.regions[i];
    first_byte_us.Merge(tally.first_byte_us);
    last_byte_us.Merge(tally.last_byte_us);
    report.regions[i] = {
        .viewer_requests = tally.first_byte_us.count(),
        .first_byte = Percentiles(tally.first_byte_us),
        .last_byte = Percentiles(tally.last_byte_us),
        .served_requests = tally.served_requests,
        .served_bytes = tally.served_bytes,
        .shield_requests = tally.shield_requests,
        .cost = static_cast<double>(tally.served_bytes) / kGigabyte * price.per_gb_out +
                static_cast<double>(tally.served_requests) / 1e4 * price.per_10k_requests +
                static_cast<double>(tally.shield_requests) / 1e4 * price.per_10k_shield_requests};
    report.cost += report.regions[i].cost;
  }
  report.first_byte = Percentiles(first_byte_us);
  report.last_byte = Percentiles(last_byte_us);
  report.origin_cost =
      static_cast<double>(origin_.bytes) / kGigabyte * prices.per_gb_from_origin +
      static_cast<double>(origin_.requests()) / 1e4 * prices.per_10k_origin_requests;
  report.cost += report.origin_cost;
  return report;
}

}  // namespace

absl::StatusOr<EdgeReplayReport> ReplayChecked(const EdgeTrace& trace,
                                               const EdgeReplayOptions& options) {
  CLOUDLET_ASSIGN_OR_RETURN(const ReplayNetwork network, MakeReplayNetwork(trace, options));
  const auto run = std::make_unique<Run>(trace, options, network);  // histograms are large
  run->PlayAll();
  return run->Report(options.prices);
}

}  // namespace cloudlet::edge

namespace cloudlet {

absl::StatusOr<EdgeReplayReport> ReplayEdge(const EdgeTrace& trace,
                                            const EdgeReplayOptions& options) {
  CLOUDLET_RETURN_IF_ERROR(ValidateEdgeTrace(trace));
  return edge::ReplayChecked(trace, options);
}

}  // namespace cloudlet
