// How many bytes the objects of a store have, and for how long: the sum of their sizes over time.
// All versions of objects count with their whole size, copies too; parts of uploads that are not
// complete do not.
//
//   at any time t:  bytes(t) = bytes at the open + all changes up to t
//   byte hours   =  the integral of bytes(t) from the open to now, on the Cloud's clock
//
// Kept as two sums, so that a change costs two additions: of the changes, and of each times its
// moment.
//
// Threads: all methods from any thread.
#ifndef CLOUDLET_OBJSTORE_STORED_BYTES_H_
#define CLOUDLET_OBJSTORE_STORED_BYTES_H_

#include <cstdint>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/numeric/int128.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "objstore/kv/kv.h"

namespace cloudlet::objstore {

class StoredBytes {
 public:
  // The store has been opened at `now_ms`. One without objects is known to have 0 bytes; of others
  // the bytes at the open are read when they are first asked for.
  void Begin(kv::Kv& kv, int64_t now_ms);
  // A commit at `now_ms` has changed them by so much.
  void Add(int64_t bytes, int64_t now_ms);
  // Up to `now_ms`. The first call may read the rows of all objects; it is exact when nobody writes
  // meanwhile, as are then all later ones.
  absl::StatusOr<double> ByteHours(kv::Kv& kv, int64_t now_ms);

 private:
  mutable base::Mutex mu_;
  int64_t opened_ms_ ABSL_GUARDED_BY(mu_) = 0;
  std::optional<int64_t> at_open_ ABSL_GUARDED_BY(mu_);
  int64_t changed_ ABSL_GUARDED_BY(mu_) = 0;
  absl::int128 weighted_ ABSL_GUARDED_BY(mu_) =
      0;  // each change times its milliseconds since the open
};

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_STORED_BYTES_H_
