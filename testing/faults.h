// Faults: calls of a FakeCloud that fail, hang or give damaged bytes when told.
//
//   FakeCloud fake;
//   // The third put under "a/" is carried out, but its acknowledgement is lost:
//   auto lost = fake.Inject({.ops = {FaultOp::kPut}, .key = "a/*", .nth = 3,
//                            .point = FaultPoint::kAfterCommit});
//   // One get in ten takes 2 s of simulated time, for as long as `slow` lives:
//   auto slow = fake.Inject({.ops = {FaultOp::kGet}, .times = FaultSpec::kAlways,
//                            .probability = 0.1, .error = ErrorCode::kNone,
//                            .latency = absl::Seconds(2)});
//
// A fault strikes the calls of buckets, of the test's own and of a function's context alike, and
// CreateBucket, EnsureBucket, DeleteBucket, ListBuckets and Sync of Cloud, in the order in which
// the faults were injected: the first that gives an error or damages a body decides, and those
// behind it do not see the call. What the library does by itself (dead letters, settling) is never
// struck.
//
// Deliveries of events to functions have faults of their own (DeliveryFaultSpec), which strike what
// is promised at least once and in no certain order.
//
// What a spec cannot say, or says in contradiction, ends the process with a line on stderr: a test
// with such a fault would test something else. Not there: damage to what is written or stored.
//
// Threads: Inject and the handles from any thread; the counts are over all of them. Latency moves
// the clock of the FakeCloud on the thread that calls, so that timers which come due meanwhile go
// off there.
#ifndef CLOUDLET_TESTING_FAULTS_H_
#define CLOUDLET_TESTING_FAULTS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cloudlet/error.h"

namespace cloudlet::testing {

// The calls of Bucket, and those of Cloud that are about buckets. One that changes many objects
// (PutMany, DeleteMany) is a call for each.
enum class FaultOp {
  kPut,     // Put, PutMany, ObjectWriter::Commit
  kDelete,  // Delete, DeleteMany
  kCopy,    // bucket and key: those of the copy
  kRename,  // key: the new one
  kAppend,
  kSetTags,  // of objects
  kDeleteTags,
  kSetObjectAcl,
  kPutAnnotation,
  kDeleteAnnotation,
  kCompleteUpload,
  kOpenWriter,
  kGet,  // Get, ReadInto, OpenReader
  kHead,
  kGetTags,
  kGetObjectAcl,
  kGetAttributes,
  kGetAnnotation,
  kListAnnotations,
  kList,  // each page
  kListVersions,
  kCreateUpload,
  kUploadPart,
  kOpenPartWriter,
  kUploadPartCopy,
  kAbortUpload,
  kListParts,
  kListUploads,
  kBucketInfo,  // Info, HeadBucket, GetAcl
  kSetVersioning,
  kSetBucketAcl,
  kGetBucketTags,
  kSetBucketTags,  // DeleteBucketTags, too
  kCreateBucket,   // EnsureBucket, too
  kDeleteBucket,
  kListBuckets,  // without a bucket
  kSync,         // likewise
};

enum class FaultPoint {
  kBefore,  // nothing is carried out
  // The call is carried out, with its event, and then the caller is told otherwise. Calls that fail
  // anyway (a retry that a condition refuses) do not match.
  kAfterCommit,
  // When byte `at_byte` goes by, counted from 0 in the bytes sent or asked for; a shorter body does
  // not match. Of kGet, and of the bodies of kPut, kUploadPart (both also through a writer),
  // kAppend and kPutAnnotation. Of what is written nothing is then carried out; what is read ends
  // there.
  kMidBody,
};

// What becomes of the bytes of a read, as on a network: behind the library's own checks, which
// answer DATA_LOSS for bytes damaged in the store.
enum class FaultDamage {
  kNone,
  kCorrupt,   // a bit of byte `at_byte` is flipped, and the body goes on
  kTruncate,  // the body ends before byte `at_byte`, without an error
};

struct FaultSpec {
  static constexpr uint64_t kAlways = UINT64_MAX;

  // --- Which calls ---
  std::vector<FaultOp> ops = {};  // empty: every one
  // "*" stands for any bytes, also none, "?" for one byte. Calls without a key have an empty one.
  std::string bucket = "*";
  std::string key = "*";
  bool only_conditional = false;  // only writes with a condition on what they replace or delete

  // --- Which of them, counted from 1: the nth, and from it on each every-th, so many times ---
  uint64_t nth = 1;
  uint64_t every = 1;
  uint64_t times = 1;      // kAlways: as long as the handle lives
  double probability = 1;  // with which each of these is struck, drawn from the FakeCloud's seed

  // --- What happens ---
  FaultPoint point = FaultPoint::kBefore;
  uint64_t at_byte = 0;  // of kMidBody
  // What the caller is told: any of S3's codes. kNone: no error, for latency alone. Not used where
  // there is damage.
  ErrorCode error = ErrorCode::kInternalError;
  FaultDamage damage = FaultDamage::kNone;  // of kGet at kMidBody alone
  // Simulated time that passes first, and up to how much more, drawn. A call that hangs is one
  // whose latency is beyond the caller's patience: a function's timeout, say.
  absl::Duration latency = absl::ZeroDuration();
  absl::Duration jitter = absl::ZeroDuration();
};

enum class DeliveryFaultKind {
  // The function gets it, whatever comes of that run, and gets it again after `delay`: with the
  // same request id, as the same attempt.
  kDuplicate,
  kReorder,  // those of the same function that are queued behind it come first
  kDelay,    // it comes after `delay`
  // It is lost on its way, as by an error of Lambda itself, and comes again after 1 s without that
  // having cost an attempt. A fault strikes an attempt once.
  kDrop,
};

// What becomes of deliveries when they are about to run. A fault strikes an attempt at a delivery
// at most once. Of functions that run inline: only what they get later, as their retries.
struct DeliveryFaultSpec {
  DeliveryFaultKind kind = DeliveryFaultKind::kDuplicate;

  // --- Which deliveries; "*" and "?" as in FaultSpec. What Invoke has queued has an empty bucket
  // and key. kReorder: only those with another one behind them ---
  std::string function = "*";
  std::string bucket = "*";
  std::string key = "*";

  // --- Which of them: as in FaultSpec ---
  uint64_t nth = 1;
  uint64_t every = 1;
  uint64_t times = 1;
  double probability = 1;

  // Of kDelay (above 0) and kDuplicate, in simulated time.
  absl::Duration delay = absl::ZeroDuration();
};

// A fault at work until the handle goes. If it has not fired by then although it was to strike at
// most a fixed number of times, with certainty, the test fails (cloudlet/testing/reporting.h): what
// it was there to test was not tested. Movable; may outlive the FakeCloud.
class [[nodiscard]] Fault {
 public:
  Fault(Fault&&) noexcept;
  Fault& operator=(Fault&&) noexcept;
  ~Fault();

  uint64_t matched() const;  // calls, or deliveries, that it was for
  uint64_t fired() const;    // of these, those that it struck; a body by then read up to `at_byte`

  struct Impl;
  explicit Fault(std::shared_ptr<Impl> impl);

 private:
  void End();
  std::shared_ptr<Impl> impl_;
};

}  // namespace cloudlet::testing

#endif  // CLOUDLET_TESTING_FAULTS_H_
