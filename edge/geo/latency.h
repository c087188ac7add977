// The arithmetic of the latency model, in milliseconds: what the public functions and the replay
// both compute with.
#ifndef CLOUDLET_EDGE_GEO_LATENCY_H_
#define CLOUDLET_EDGE_GEO_LATENCY_H_

#include <cstdint>

namespace cloudlet::edge {

// Of a new connection, before its first request: TCP, then TLS 1.3.
inline constexpr double kHandshakeRoundTrips = 2;

// What a leg's round trip is multiplied by: log-normal with median 1, the same for the same
// arguments. 1 for a sigma of 0.
double Jitter(double sigma, uint64_t seed, uint64_t request, uint64_t leg);

// Slow start and bandwidth, with what they need computed once.
class Transfer {
 public:
  Transfer(double bits_per_second, double initial_window_bytes)
      : bytes_per_ms_(bits_per_second / 8000), initial_window_(initial_window_bytes) {}
  // From the first byte to the last.
  double Ms(uint64_t bytes, double round_trip_ms) const;

 private:
  double bytes_per_ms_;
  double initial_window_;
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_GEO_LATENCY_H_
