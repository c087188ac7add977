// List prices, and ratios.
#include "cloudlet/edge_replay.h"

namespace cloudlet {
namespace {

double Ratio(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

double EdgeCacheTally::object_hit_ratio() const { return Ratio(hits, requests); }
double EdgeCacheTally::byte_hit_ratio() const { return Ratio(bytes_stored, bytes_out); }

double EdgeReplayReport::origin_offload() const {
  return all_pops.requests == 0 ? 0 : 1 - Ratio(origin.requests(), all_pops.requests);
}

EdgePrices SampleEdgePrices() {
  EdgePrices prices;
  prices.regions = {{
      {0.085, 0.0100, 0.0075},  // North America
      {0.085, 0.0120, 0.0090},  // Europe
      {0.110, 0.0120, 0.0090},  // Africa and Middle East
      {0.110, 0.0220, 0.0160},  // South America
      {0.114, 0.0120, 0.0090},  // Japan
      {0.114, 0.0125, 0.0090},  // Australia
      {0.120, 0.0120, 0.0090},  // Asia Pacific
      {0.109, 0.0120, 0.0090},  // India
  }};
  prices.per_10k_origin_requests = 0.004;
  return prices;
}

}  // namespace cloudlet
