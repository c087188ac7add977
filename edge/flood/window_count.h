// How many requests came within a sliding window: a ring of its twelfths.
//
// Time is the number of a twelfth, as the caller counts them. The count is of the present twelfth
// so far and the eleven before it: never of more than the window, never of less than 11/12 of it.
//
// Pure; 56 bytes.
#ifndef CLOUDLET_EDGE_FLOOD_WINDOW_COUNT_H_
#define CLOUDLET_EDGE_FLOOD_WINDOW_COUNT_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace cloudlet::edge {

class WindowCount {
 public:
  static constexpr int64_t kParts = 12;

  // A request at `part`; the count with it. A time that goes back stands still.
  uint64_t Add(int64_t part) {
    Advance(part);
    uint32_t& count = At(newest_);
    if (count < std::numeric_limits<uint32_t>::max()) ++count;
    return Count(part);
  }

  uint64_t Count(int64_t part) const {
    const int64_t gone = std::max(part - newest_, int64_t{0});
    uint64_t sum = 0;
    if (gone == 0) {
      for (const uint32_t count : counts_) sum += count;
      return sum;
    }
    for (int64_t age = 0; age < kParts - gone; ++age) sum += At(newest_ + kParts - age);
    return sum;
  }

  // After how many parts one more request would be within `limit`, with none until then; at least
  // one. `limit` is above zero.
  int64_t PartsUntil(int64_t part, uint64_t limit) const {
    const int64_t now = std::max(part, newest_);
    int64_t parts = 1;
    while (parts < kParts && Count(now + parts) >= limit) ++parts;
    return parts;
  }

  int64_t newest() const { return newest_; }

 private:
  uint32_t& At(int64_t part) { return counts_[static_cast<size_t>(part % kParts)]; }
  uint32_t At(int64_t part) const { return counts_[static_cast<size_t>(part % kParts)]; }

  void Advance(int64_t part) {
    if (part <= newest_) return;
    const int64_t steps = std::min(part - newest_, kParts);
    for (int64_t i = 1; i <= steps; ++i) At(newest_ + i) = 0;
    newest_ = part;
  }

  int64_t newest_ = 0;  // not negative
  std::array<uint32_t, kParts> counts_ = {};
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_FLOOD_WINDOW_COUNT_H_
