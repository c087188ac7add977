// Traces: who asked for what, and when. Read from a file, or made from a seed.
//
//   absl::StatusOr<EdgeTrace> trace = ReadEdgeTrace("requests.csv");
//   absl::StatusOr<EdgeTrace> made = MakeEdgeTrace({.seed = 7, .requests = 10'000'000});
//
// Extension: AWS has nothing of the kind. Target //:edge_replay. All functions may be called from
// any thread.
#ifndef CLOUDLET_API_EDGE_TRACE_H_
#define CLOUDLET_API_EDGE_TRACE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cloudlet/edge_geography.h"

namespace cloudlet {

// A place that requests come from.
struct EdgeTraceViewer {
  std::string name = {};  // for errors: "FRA", or "52.52/13.4"
  GeoPoint point = {};
};

// What is asked for. It never changes: where contents change, so does the object.
struct EdgeTraceObject {
  uint64_t bytes = 0;  // of the body, at most 2^40
  // How long the origin lets it be kept, in microseconds, at most 2^50 (35 years); 0: it is asked
  // about each time. Below 0: the origin does not say (EdgeReplayOptions::default_ttl).
  int64_t ttl_us = -1;
  bool cacheable = true;  // false: no cache keeps it
};

struct EdgeTraceRequest {
  int64_t time_us = 0;  // from 0 to 2^50; not before the request's before it
  uint32_t object = 0;  // index into EdgeTrace::objects
  uint32_t viewer = 0;  // index into EdgeTrace::viewers
};

struct EdgeTrace {
  std::vector<EdgeTraceViewer> viewers = {};
  std::vector<EdgeTraceObject> objects = {};
  std::vector<EdgeTraceRequest> requests = {};
};

// INVALID_ARGUMENT names the request, object or viewer that breaks what is said above.
absl::Status ValidateEdgeTrace(const EdgeTrace& trace);

// A trace as text: comma-separated, a request a line.
//
//   # a comment; empty lines and lines that begin with # are passed over
//   time,viewer,object,bytes,ttl,cacheable
//   0,FRA,/index.html,5120,60,
//   0.25,52.52/13.4,/logo.png,18344,,
//   1.000001,FRA,/cart,900,,no
//
// The first line names the columns, in any order; ttl and cacheable may be left out. No quotes:
// a comma in an object's name is %2C.
//
//   time       seconds since any beginning, from 0 on, to the microsecond, never less than in the
//              line before
//   viewer     the code of one of EdgeLocations(), or LATITUDE/LONGITUDE in degrees
//   object     any text; lines with the same text are of the same object
//   bytes      of its body; in all lines of an object the same, as are ttl and cacheable
//   ttl        seconds; empty: the origin does not say
//   cacheable  yes or no; empty: yes
//
// INVALID_ARGUMENT names line, column, what is wrong and what would be right.
absl::StatusOr<EdgeTrace> ParseEdgeTrace(std::string_view text);

// The same from a file, which is not held in memory. NOT_FOUND: it cannot be opened. UNAVAILABLE:
// it cannot be read to its end.
absl::StatusOr<EdgeTrace> ReadEdgeTrace(const std::string& path);

// Requests come from the metros of EdgeLocations(), by their populations, more in the evening than
// before dawn of each; for objects by Zipf's law, the same law everywhere.
struct EdgeTraceOptions {
  uint64_t seed = 1;
  uint64_t requests = 1'000'000;                // 1 to 10^8
  uint32_t objects = 100'000;                   // 1 to 10^7
  double zipf = 0.9;                            // 0 (all alike) to 3
  double median_bytes = 16'384;                 // of objects, lognormal; 1 to 2^30
  double bytes_sigma = 1.5;                     // 0 to 4
  uint64_t most_bytes = uint64_t{64} << 20;     // median_bytes to 2^40
  absl::Duration length = absl::Hours(24);      // 1 s to 1 year
  double diurnal = 0.6;                         // the peak is 1 + this times the mean; 0 to 1
  double uncacheable = 0;                       // share of objects, 0 to 1
  absl::Duration ttl = -absl::Microseconds(1);  // of all; below 0: the origin does not say
};

// The same options, the same trace. INVALID_ARGUMENT names the option that is out of range.
absl::StatusOr<EdgeTrace> MakeEdgeTrace(const EdgeTraceOptions& options);

}  // namespace cloudlet

#endif  // CLOUDLET_API_EDGE_TRACE_H_
