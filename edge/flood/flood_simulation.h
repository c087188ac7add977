// An attack on a distribution, played under a simulated clock: what reaches the origin, and what
// becomes of everybody else.
//
// The distribution is a real one, and so are its threads, but one of them runs at a time: the same
// options give the same report. The origin takes 100 ms for an answer.
#ifndef CLOUDLET_EDGE_FLOOD_FLOOD_SIMULATION_H_
#define CLOUDLET_EDGE_FLOOD_FLOOD_SIMULATION_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cloudlet/cloud.h"
#include "cloudlet/edge.h"

namespace cloudlet::edge {

enum class FloodAttack {
  kOneAddress,     // one address, random query strings of one path
  kOneKey,         // 10,000 addresses, one URL
  kRandomQueries,  // 10,000 addresses, random query strings of one path
};

struct FloodOptions {
  FloodAttack attack = FloodAttack::kOneAddress;
  int attack_rate = 500;  // requests per second, of all attackers
  int seconds = 30;
  // Beside it ask 1,000 viewers, 50 times a second: nine of ten requests are for pages that are
  // known to the cache, one is for a page that is not.
  uint64_t seed = 1;
  // The defence.
  std::vector<RateRule> rules = {};
  int max_concurrent_fetches = 0;
  // Whether answers are kept: a second by default, the viewers' pages for an hour.
  bool cache = true;
};

struct FloodReport {
  uint64_t attack_requests = 0;
  uint64_t viewer_requests = 0;
  uint64_t viewers_served = 0;  // with 200
  uint64_t origin_fetches = 0;
  uint64_t origin_peak = 0;  // most within one second of the clock
  uint64_t blocked = 0;
  uint64_t shed = 0;

  double served_percent() const {
    return 100.0 * static_cast<double>(viewers_served) / static_cast<double>(viewer_requests);
  }
  friend bool operator==(const FloodReport&, const FloodReport&) = default;
};

// Where it is played: `advance` moves the clock of `cloud`, which nobody else moves.
struct FloodWorld {
  Cloud& cloud;
  std::function<void(absl::Duration)> advance;
};

FloodReport SimulateFlood(const FloodWorld& world, const FloodOptions& options);

// The rows of a table: each attack without and with its defence.
struct FloodRow {
  std::string attack = {};
  std::string defence = {};
  FloodOptions options = {};
};
std::vector<FloodRow> FloodRows();

// A line of the table, without its end; that of its head for null.
std::string FloodLine(const FloodRow* row, const FloodReport& report);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_FLOOD_FLOOD_SIMULATION_H_
