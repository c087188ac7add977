// A body that is still on its way, read by many at once.
//
// Nobody drives it: whoever wants bytes that are not there yet fetches the next piece, for all, and
// the others wait for that one. So it comes as fast as its fastest reader, and a reader that goes
// away leaves the fetching to the others. When the last one goes, the body is given up.
//
// Thread-safe. No lock is held while the source is asked.
#ifndef CLOUDLET_EDGE_LIVE_BODY_H_
#define CLOUDLET_EDGE_LIVE_BODY_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "base/mutex.h"
#include "cloudlet/edge_origin.h"

namespace cloudlet::edge {

class LiveBody {
 public:
  // Takes the whole body before anybody sees its end, or why there is none: it broke off, became
  // larger than is kept (OUT_OF_RANGE), was given up (CANCELLED). Called once.
  using Done = std::function<void(absl::StatusOr<absl::Cord>)>;

  // More than `keep` bytes are not kept: readers that have fallen behind then get an error.
  LiveBody(std::unique_ptr<HttpBody> source, uint64_t keep, Done done);
  ~LiveBody();
  LiveBody(const LiveBody&) = delete;
  LiveBody& operator=(const LiveBody&) = delete;

  // Bytes from `at` on, at least one, for which it waits; empty: the body ends at `at`.
  absl::StatusOr<absl::Cord> Read(uint64_t at);
  absl::StatusOr<absl::Cord> ReadAll();
  uint64_t keep() const { return keep_; }

  static std::unique_ptr<HttpBody> Reader(std::shared_ptr<LiveBody> body);
  // For a body that its viewer does not get after all: what others are to have of it, a Reader's,
  // is read to its end, as far as it is kept. May be null.
  static void Complete(std::unique_ptr<HttpBody> body);

 private:
  // Asks the source for a piece. The caller is the one who pulls.
  void Pull();

  const std::unique_ptr<HttpBody> source_;  // of who pulls
  const uint64_t keep_;
  Done done_;  // of who pulls; null once called

  base::Mutex mu_;
  base::CondVar changed_;
  std::thread::id pulls_ ABSL_GUARDED_BY(mu_);
  absl::Cord bytes_ ABSL_GUARDED_BY(mu_);      // from `dropped_` on
  uint64_t dropped_ ABSL_GUARDED_BY(mu_) = 0;  // bytes that are no longer kept
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status why_ ABSL_GUARDED_BY(mu_);  // it ended with this
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_LIVE_BODY_H_
