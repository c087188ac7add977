// A trace from a seed: when, then where by what time of day it is there, then what.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/random.h"
#include "base/status_macros.h"
#include "base/zipf.h"
#include "cloudlet/edge_trace.h"
#include "edge/replay/trace_limits.h"

namespace cloudlet {
namespace {

using base::Random;
using base::Zipf;

// Of the cities in millions, World Urbanization Prospects 2018, rounded; by code.
struct Population {
  std::string_view code;
  double millions;
};
constexpr Population kPopulations[] = {
    {"AKL", 1.6},  {"AMS", 1.1},  {"ARN", 1.6},  {"ATL", 5.6},  {"BAH", 0.6}, {"BKK", 10.2},
    {"BOG", 10.6}, {"BOM", 20.0}, {"CDG", 10.9}, {"CGK", 10.5}, {"CMH", 1.6}, {"CPT", 4.4},
    {"DEL", 28.5}, {"DEN", 2.8},  {"DFW", 6.1},  {"DUB", 1.2},  {"DXB", 2.8}, {"EZE", 15.0},
    {"FRA", 0.8},  {"GRU", 21.7}, {"HIO", 2.1},  {"HKG", 7.4},  {"IAD", 5.2}, {"ICN", 10.0},
    {"JFK", 18.8}, {"JNB", 5.5},  {"KIX", 19.3}, {"LAX", 12.5}, {"LHR", 9.0}, {"LOS", 13.5},
    {"MAA", 10.5}, {"MAD", 6.5},  {"MIA", 6.0},  {"MNL", 13.5}, {"MXP", 3.1}, {"NBO", 4.4},
    {"NRT", 37.5}, {"ORD", 8.9},  {"QRO", 1.2},  {"SCL", 6.7},  {"SFO", 3.3}, {"SIN", 5.8},
    {"SYD", 4.8},  {"TLV", 4.0},  {"WAW", 1.8},  {"YTO", 6.1},
};
constexpr size_t kMetros = std::size(kPopulations);

// How many requests come in each quarter of an hour, of a day that repeats, and from where.
class Day {
 public:
  static constexpr int64_t kQuarterUs = int64_t{15} * 60 * 1'000'000;
  static constexpr size_t kQuarters = 96;

  explicit Day(double diurnal) {
    constexpr double kPeakHour = 20;  // by the sun
    for (size_t quarter = 0; quarter < kQuarters; ++quarter) {
      double sum = 0;
      for (size_t metro = 0; metro < kMetros; ++metro) {
        const double hour = static_cast<double>(quarter) / 4 +
                            FindEdgeLocation(kPopulations[metro].code)->point.longitude / 15;
        sum += kPopulations[metro].millions *
               (1 + diurnal * std::cos((hour - kPeakHour) * std::numbers::pi / 12));
        sums_[quarter][metro] = sum;
      }
    }
  }

  // Relative to other quarters. `quarter` counts from the trace's beginning, midnight UTC.
  double RateAt(size_t quarter) const { return sums_[quarter % kQuarters].back(); }
  uint32_t MetroAt(size_t quarter, Random& random) const {
    const auto& sums = sums_[quarter % kQuarters];
    const double at = random.Unit() * sums.back();
    return static_cast<uint32_t>(std::upper_bound(sums.begin(), sums.end() - 1, at) - sums.begin());
  }

 private:
  std::array<std::array<double, kMetros>, kQuarters> sums_;  // running, over metros
};

std::vector<EdgeTraceViewer> MakeViewers() {
  std::vector<EdgeTraceViewer> viewers;
  for (const Population& metro : kPopulations) {
    viewers.push_back({std::string(metro.code), FindEdgeLocation(metro.code)->point});
  }
  return viewers;
}

std::vector<EdgeTraceObject> MakeObjects(const EdgeTraceOptions& options, Random& random) {
  const int64_t ttl_us =
      options.ttl < absl::ZeroDuration() ? -1 : absl::ToInt64Microseconds(options.ttl);
  std::vector<EdgeTraceObject> objects(options.objects);
  for (EdgeTraceObject& object : objects) {
    const double radius = std::sqrt(-2 * std::log(1 - random.Unit()));
    const double normal = radius * std::cos(2 * std::numbers::pi * random.Unit());
    const double bytes = options.median_bytes * std::exp(options.bytes_sigma * normal);
    object.bytes =
        static_cast<uint64_t>(std::clamp(bytes, 1.0, static_cast<double>(options.most_bytes)));
    object.ttl_us = ttl_us;
    object.cacheable = !random.Chance(options.uncacheable);
  }
  return objects;
}

// Each request has its own n-th part of what comes in all, and a random place in it: so their times
// ascend as they are made.
std::vector<EdgeTraceRequest> MakeRequests(const EdgeTraceOptions& options, Random& random) {
  const Day day(options.diurnal);
  const Zipf zipf(options.objects, options.zipf);
  const int64_t length_us = absl::ToInt64Microseconds(options.length);
  const auto span_of = [&](size_t quarter) {
    const int64_t begin = static_cast<int64_t>(quarter) * Day::kQuarterUs;
    return static_cast<double>(std::clamp(length_us - begin, int64_t{0}, Day::kQuarterUs));
  };
  double all = 0;
  for (size_t i = 0; span_of(i) > 0; ++i) all += day.RateAt(i) * span_of(i);

  std::vector<EdgeTraceRequest> requests(options.requests);
  size_t quarter = 0;
  double before = 0;  // what comes before this quarter
  int64_t last_us = 0;
  for (uint64_t i = 0; i < options.requests; ++i) {
    const double at =
        (static_cast<double>(i) + random.Unit()) / static_cast<double>(options.requests) * all;
    while (span_of(quarter + 1) > 0 && at - before >= day.RateAt(quarter) * span_of(quarter)) {
      before += day.RateAt(quarter) * span_of(quarter);
      ++quarter;
    }
    const auto into_us = static_cast<int64_t>((at - before) / day.RateAt(quarter));
    // Rounding must not turn two round.
    last_us =
        std::clamp(static_cast<int64_t>(quarter) * Day::kQuarterUs + into_us, last_us, length_us);
    requests[i] = {
        .time_us = last_us, .object = zipf.Next(random), .viewer = day.MetroAt(quarter, random)};
  }
  return requests;
}

absl::Status Require(bool holds, const char* option, const char* range) {
  if (holds) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("trace: ", option, ": must be ", range));
}

absl::Status Check(const EdgeTraceOptions& options) {
  const auto between = [](auto value, auto low, auto high) {
    return value >= low && value <= high;
  };
  CLOUDLET_RETURN_IF_ERROR(
      Require(between(options.requests, 1u, 100'000'000u), "requests", "from 1 to 10^8"));
  CLOUDLET_RETURN_IF_ERROR(
      Require(between(options.objects, 1u, 10'000'000u), "objects", "from 1 to 10^7"));
  CLOUDLET_RETURN_IF_ERROR(Require(between(options.zipf, 0, 3), "zipf", "from 0 to 3"));
  CLOUDLET_RETURN_IF_ERROR(
      Require(between(options.median_bytes, 1, 0x1p30), "median_bytes", "from 1 to 2^30"));
  CLOUDLET_RETURN_IF_ERROR(
      Require(between(options.bytes_sigma, 0, 4), "bytes_sigma", "from 0 to 4"));
  CLOUDLET_RETURN_IF_ERROR(
      Require(options.most_bytes <= edge::kMostBytes &&
                  static_cast<double>(options.most_bytes) >= options.median_bytes,
              "most_bytes", "from median_bytes to 2^40"));
  CLOUDLET_RETURN_IF_ERROR(Require(between(options.length, absl::Seconds(1), absl::Hours(24 * 366)),
                                   "length", "from a second to a year"));
  CLOUDLET_RETURN_IF_ERROR(Require(between(options.diurnal, 0, 1), "diurnal", "from 0 to 1"));
  CLOUDLET_RETURN_IF_ERROR(
      Require(between(options.uncacheable, 0, 1), "uncacheable", "from 0 to 1"));
  return Require(options.ttl <= absl::Microseconds(edge::kMostMicroseconds), "ttl",
                 "at most 2^50 microseconds");
}

}  // namespace

absl::StatusOr<EdgeTrace> MakeEdgeTrace(const EdgeTraceOptions& options) {
  CLOUDLET_RETURN_IF_ERROR(Check(options));
  Random random(options.seed);
  EdgeTrace trace;
  trace.viewers = MakeViewers();
  trace.objects = MakeObjects(options, random);
  trace.requests = MakeRequests(options, random);
  return trace;
}

}  // namespace cloudlet
