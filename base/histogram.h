// A histogram of durations (or sizes) over the whole range of 64 bits, in 15 KB.
//
// Values below 32 have a bucket each; above, every power of two is cut into 32 equal buckets,
// so that a reported value is at most 1/32 (3.2 %) above the true one and never below it.
// Count, sum, smallest and largest are exact. Recording is a few nanoseconds and allocates
// nothing. Thread-compatible: keep one per thread and Merge, or guard it.
#ifndef CLOUDLET_BASE_HISTOGRAM_H_
#define CLOUDLET_BASE_HISTOGRAM_H_

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace cloudlet::base {

class Histogram {
 public:
  // Adds one value; nanoseconds by convention.
  void Record(uint64_t value) {
    ++buckets_[BucketOf(value)];
    ++count_;
    sum_ += value;
    min_ = std::min(min_, value);
    max_ = std::max(max_, value);
  }

  // Adds everything `other` recorded.
  void Merge(const Histogram& other) {
    for (size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
    count_ += other.count_;
    sum_ += other.sum_;
    min_ = std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
  }

  // The value that `percent` of all values do not exceed, rounded up to its bucket's end (never
  // above max()). `percent` is clamped to [0, 100]; 0 gives min(). 0 when nothing was recorded.
  uint64_t Percentile(double percent) const {
    if (count_ == 0) return 0;
    if (!(percent > 0)) return min_;
    if (percent >= 100) return max_;
    const auto rank = static_cast<uint64_t>(std::ceil(percent / 100 * static_cast<double>(count_)));
    uint64_t seen = 0;
    for (size_t i = 0; i < kBuckets; ++i) {
      seen += buckets_[i];
      if (seen >= rank) return std::min(LargestIn(i), max_);
    }
    return max_;
  }

  uint64_t count() const { return count_; }
  // Wraps around at 2^64: 584 years of nanoseconds.
  uint64_t sum() const { return sum_; }
  // 0 when nothing was recorded.
  uint64_t min() const { return count_ == 0 ? 0 : min_; }
  uint64_t max() const { return max_; }
  double mean() const {
    return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_);
  }

 private:
  static constexpr int kSubBits = 5;
  static constexpr uint64_t kSub = uint64_t{1} << kSubBits;
  static constexpr size_t kBuckets = (64 - kSubBits + 1) * kSub;

  // Row 0 holds the values below kSub; row r >= 1 those with their top bit at kSubBits + r - 1.
  static size_t BucketOf(uint64_t value) {
    if (value < kSub) return static_cast<size_t>(value);
    const int shift = static_cast<int>(std::bit_width(value)) - 1 - kSubBits;
    return static_cast<size_t>(static_cast<uint64_t>(shift + 1) * kSub + ((value >> shift) - kSub));
  }

  static uint64_t LargestIn(size_t bucket) {
    if (bucket < kSub) return bucket;
    const auto shift = static_cast<int>(bucket / kSub) - 1;
    const uint64_t top = kSub + bucket % kSub;
    return (top << shift) + ((uint64_t{1} << shift) - 1);
  }

  std::array<uint64_t, kBuckets> buckets_{};
  uint64_t count_ = 0;
  uint64_t sum_ = 0;
  uint64_t min_ = std::numeric_limits<uint64_t>::max();
  uint64_t max_ = 0;
};

}  // namespace cloudlet::base

#endif  // CLOUDLET_BASE_HISTOGRAM_H_
