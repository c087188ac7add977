// The invalidations of a distribution: which there were, and which are still in progress.
//
// Thread-safe.
#ifndef CLOUDLET_EDGE_INVALIDATIONS_H_
#define CLOUDLET_EDGE_INVALIDATIONS_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "base/mutex.h"
#include "cloudlet/edge.h"

namespace cloudlet::edge {

// INVALID_ARGUMENT: Distribution::Invalidate.
absl::Status CheckInvalidationPaths(absl::Span<const std::string> paths);

class Invalidations {
 public:
  explicit Invalidations(uint64_t seed) : seed_(seed) {}

  struct Begun {
    Invalidation invalidation = {};
    bool is_new = true;  // else an earlier call's, which is not to be carried out again
  };
  // Of paths that have been checked.
  absl::StatusOr<Begun> Begin(absl::Span<const std::string> paths, const InvalidateOptions& options,
                              absl::Time now, absl::Time completed_at);
  void CountRemoved(std::string_view id, uint64_t removed);

  absl::StatusOr<Invalidation> Get(std::string_view id, absl::Time now) const;
  std::vector<Invalidation> List(absl::Time now) const;

 private:
  struct Entry {
    Invalidation invalidation = {};
    absl::Time completed_at = absl::InfinitePast();
  };
  static Invalidation At(const Entry& entry, absl::Time now);
  void Forget(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const uint64_t seed_;
  mutable base::Mutex mu_;
  uint64_t count_ ABSL_GUARDED_BY(mu_) = 0;
  size_t paths_ ABSL_GUARDED_BY(mu_) = 0;           // of all entries
  std::deque<Entry> entries_ ABSL_GUARDED_BY(mu_);  // the oldest first
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_INVALIDATIONS_H_
