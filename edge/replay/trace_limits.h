// What numbers of a trace may be.
#ifndef CLOUDLET_EDGE_REPLAY_TRACE_LIMITS_H_
#define CLOUDLET_EDGE_REPLAY_TRACE_LIMITS_H_

#include <cstddef>
#include <cstdint>

#include "cloudlet/edge_geography.h"

namespace cloudlet::edge {

// So that sums of a few stay far from overflowing.
inline constexpr int64_t kMostMicroseconds = int64_t{1} << 50;
inline constexpr uint64_t kMostBytes = uint64_t{1} << 40;
inline constexpr size_t kMostObjects = 100'000'000;

inline bool OnEarth(const GeoPoint& point) {
  return point.latitude >= -90 && point.latitude <= 90 && point.longitude >= -180 &&
         point.longitude <= 180;
}

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_REPLAY_TRACE_LIMITS_H_
