// What-if for a CDN: a trace played through points of presence, regional caches and Origin Shield.
//
//   EdgeReplayOptions options;
//   options.pops = {"FRA", "JFK", "NRT", "GRU"};
//   options.regional_bytes = uint64_t{256} << 20;
//   options.shield = "IAD";
//   options.prices = SampleEdgePrices();
//   absl::StatusOr<EdgeReplayReport> report = ReplayEdge(trace, options);
//   if (report.ok()) Print(ToTable(*report));
//
// Each viewer is sent to the nearest point of presence (edge_geography.h). What it does not have,
// or has too old, it asks its nearest regional cache for, that one the shield, and that one the
// origin. Where a regional cache and the shield are in one place they are one cache. What no cache
// may keep passes regional caches by, but not the shield. All as CloudFront does.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HowCloudFrontWorks.html
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/origin-shield.html
//
// Caches evict by the library's own policies. An object that is too old is asked about by its
// entity tag and never has changed; its age counts from when the origin gave it, in whichever
// cache. A fetch takes no time: who asks a moment later finds the object. Times are modelled, and
// nothing waits for them.
//
// The same trace and options give the same report, bit for bit, from the same program. Functions
// may be called from any thread. Extension. Target //:edge_replay.
#ifndef CLOUDLET_API_EDGE_REPLAY_H_
#define CLOUDLET_API_EDGE_REPLAY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "cloudlet/edge_eviction.h"
#include "cloudlet/edge_geography.h"
#include "cloudlet/edge_trace.h"

namespace cloudlet {

// In any currency. A GB is 2^30 bytes. No discounts by volume, and no free tier.
// https://aws.amazon.com/cloudfront/pricing/
struct EdgePrices {
  struct Region {
    double per_gb_out = 0;        // to viewers
    double per_10k_requests = 0;  // of viewers
    // That go to the shield by way of a regional cache in another place, or are for what no cache
    // may keep: where the shield is a layer more.
    double per_10k_shield_requests = 0;
  };
  std::array<Region, kPriceRegions> regions = {};  // by PriceRegion
  double per_gb_from_origin = 0;
  double per_10k_origin_requests = 0;
};

// What AWS listed in US dollars in 2025: the first 10 TB of a month, HTTPS requests, an S3 origin.
// A sample: look up your own.
EdgePrices SampleEdgePrices();

struct EdgeReplayOptions {
  // Codes of EdgeLocations(): at least one, none twice.
  std::vector<std::string> pops = {};
  PriceClass price_class = PriceClass::kAll;  // leaves out some of `pops`, not all
  uint64_t pop_bytes = uint64_t{256} << 20;   // of bodies, in each; 0: nothing is kept
  // Of each of the 13 regional caches; 0: there are none.
  uint64_t regional_bytes = 0;
  // Code of one of RegionalEdgeLocations(); empty: none.
  std::string shield = {};
  uint64_t shield_bytes = uint64_t{1} << 30;
  EvictionPolicy policy = EvictionPolicy::kS3Fifo;
  // What is larger than 1 % of a cache comes in only when it is asked for a second time.
  bool large_on_second_request = true;
  // Of objects whose ttl the trace does not say: 0 to 2^50 microseconds.
  absl::Duration default_ttl = absl::Hours(24);
  GeoPoint origin = {38.9445, -77.4558};  // N. Virginia
  LatencyModel latency = {};
  double new_connections = 0.1;  // share of requests for which a viewer connects anew; 0 to 1
  EdgePrices prices = {};        // all zero: costs are zero
  // Each cache takes 4 bytes for each object of the trace, and up to 128 for each that it can keep
  // at once. More than this in all: RESOURCE_EXHAUSTED.
  uint64_t most_memory_bytes = uint64_t{4} << 30;
};

// What came to a cache. Each request is one of the four: hits + revalidations + misses + passes.
struct EdgeCacheTally {
  uint64_t requests = 0;
  uint64_t hits = 0;           // it had the object, fresh
  uint64_t revalidations = 0;  // it had it too old, and was told that it is still good
  uint64_t misses = 0;         // it did not have it
  uint64_t passes = 0;         // for what no cache may keep
  // Of bodies that it gave. A cache that only asks whether its own is still good gets none.
  uint64_t bytes_out = 0;
  uint64_t bytes_stored = 0;  // of them what it had itself

  double object_hit_ratio() const;  // hits / requests; 0 without requests
  double byte_hit_ratio() const;    // bytes_stored / bytes_out; 0 without bytes
};

struct EdgeReplayCache {
  std::string code = {};  // where it is
  EdgeCacheTally tally = {};
};

// What came to the origin.
struct EdgeOriginTally {
  uint64_t fetches = 0;  // of whole objects
  uint64_t revalidations = 0;
  uint64_t passes = 0;
  uint64_t bytes = 0;

  uint64_t requests() const { return fetches + revalidations + passes; }
};

// Of buckets of a fixed width: at most 3.2 % above the true percentile, never below. Zero where
// there were no requests.
struct EdgeReplayLatency {
  absl::Duration p50 = absl::ZeroDuration();
  absl::Duration p95 = absl::ZeroDuration();
  absl::Duration p99 = absl::ZeroDuration();
};

struct EdgeReplayRegion {
  // Viewers that are nearest to a location of the region, wherever they were sent.
  uint64_t viewer_requests = 0;
  EdgeReplayLatency first_byte = {};
  EdgeReplayLatency last_byte = {};
  // What points of presence in the region did.
  uint64_t served_requests = 0;
  uint64_t served_bytes = 0;
  uint64_t shield_requests = 0;  // that EdgePrices has a price for
  double cost = 0;
};

struct EdgeReplayReport {
  std::vector<EdgeReplayCache> pops = {};      // in the order of the options
  std::vector<EdgeReplayCache> regional = {};  // those that are some POP's, by code
  std::optional<EdgeReplayCache> shield = {};
  EdgeCacheTally all_pops = {};  // sums; what viewers saw
  EdgeCacheTally all_regional = {};
  EdgeOriginTally origin = {};
  EdgeReplayLatency first_byte = {};
  EdgeReplayLatency last_byte = {};
  std::array<EdgeReplayRegion, kPriceRegions> regions = {};  // by PriceRegion
  double origin_cost = 0;
  double cost = 0;  // of everything

  double origin_offload() const;  // share of requests for which the origin was not asked
};

// INVALID_ARGUMENT names what is wrong in the trace or the options.
absl::StatusOr<EdgeReplayReport> ReplayEdge(const EdgeTrace& trace,
                                            const EdgeReplayOptions& options);

// As text, in columns.
std::string ToTable(const EdgeReplayReport& report);

// Values to try, each with each of the others. Empty: the options' own.
struct EdgeReplayGrid {
  std::vector<size_t> pop_counts = {};  // n: the first n of EdgeReplayOptions::pops
  std::vector<uint64_t> pop_bytes = {};
  std::vector<std::string> shields = {};  // "" is none
  std::vector<EvictionPolicy> policies = {};
  std::vector<absl::Duration> default_ttls = {};
};

struct EdgeReplayRow {
  EdgeReplayOptions options = {};  // as they were for this one
  EdgeReplayReport report = {};
};

// One replay after the other; the last axis changes fastest. At most 10,000.
absl::StatusOr<std::vector<EdgeReplayRow>> ReplayEdgeGrid(const EdgeTrace& trace,
                                                          const EdgeReplayOptions& options,
                                                          const EdgeReplayGrid& grid);

// One line each.
std::string ToTable(absl::Span<const EdgeReplayRow> rows);

}  // namespace cloudlet

#endif  // CLOUDLET_API_EDGE_REPLAY_H_
