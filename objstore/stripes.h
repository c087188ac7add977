// Key stripes: the locks under which a commit reads heads and writes its batch. Keys share a fixed
// number of them.
//
// A commit takes all stripes of its keys at once, in ascending index, after the gates of its
// buckets and before the sequencer; so commits cannot deadlock, and commits of different keys
// rarely meet.
#ifndef CLOUDLET_OBJSTORE_STRIPES_H_
#define CLOUDLET_OBJSTORE_STRIPES_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "base/mutex.h"
#include "base/random.h"

namespace cloudlet::objstore {

class KeyStripes {
 public:
  static constexpr size_t kStripes = 256;

  static size_t IndexOf(uint64_t bucket_id, std::string_view key) {
    uint64_t hash = base::Mix64(bucket_id + 0x9E3779B97F4A7C15u);
    for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
    return base::Mix64(hash) % kStripes;
  }

  base::Mutex& at(size_t index) { return stripes_[index]; }

 private:
  std::array<base::Mutex, kStripes> stripes_;
};

// Holds the stripes of `indexes` (in any order, repeated or not) for its own lifetime.
class StripeLocks {
 public:
  using Indexes = absl::InlinedVector<size_t, 8>;

  StripeLocks(KeyStripes* stripes, Indexes indexes) ABSL_NO_THREAD_SAFETY_ANALYSIS
      : stripes_(stripes),
        indexes_(std::move(indexes)) {
    std::sort(indexes_.begin(), indexes_.end());
    indexes_.erase(std::unique(indexes_.begin(), indexes_.end()), indexes_.end());
    for (const size_t index : indexes_) stripes_->at(index).Lock();
  }
  ~StripeLocks() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    for (const size_t index : indexes_) stripes_->at(index).Unlock();
  }
  StripeLocks(const StripeLocks&) = delete;
  StripeLocks& operator=(const StripeLocks&) = delete;

 private:
  KeyStripes* const stripes_;
  Indexes indexes_;
};

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_STRIPES_H_
