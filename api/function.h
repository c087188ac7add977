// Functions and triggers: code of the host that runs when objects change or when it is invoked,
// with Lambda's semantics.
//
//   cloud.RegisterFunction("thumbnail", [](const Event& event, FunctionContext& ctx) {
//     return MakeThumbnail(ctx.bucket(event.bucket), event.key);
//   });
//   cloud.AddTrigger({.id = "jpg", .bucket = "photos", .function = "thumbnail",
//                     .events = {EventType::kObjectCreated}, .suffix = ".jpg"});
//
// Delivery is at least once: a handler may see an event again (same request id and sequence), also
// after a crash. A failed attempt is repeated after 60 s and again after 120 s, then the event goes
// to the dead letter. https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
//
// A function that takes and returns payloads, called by name (cloudlet/invoke.h):
//   cloud.RegisterFunction("greet", [](std::string_view name, FunctionContext&) {
//     return absl::StatusOr<std::string>("hello, " + std::string(name));
//   });
//   cloud.Invoke("greet", "world")->payload;  // "hello, world"
// Lambdas name the types of their parameters; those of payloads return absl::StatusOr<std::string>.
#ifndef CLOUDLET_API_FUNCTION_H_
#define CLOUDLET_API_FUNCTION_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cloudlet/bucket.h"
#include "cloudlet/destination.h"
#include "cloudlet/event.h"
#include "cloudlet/invoke.h"
#include "cloudlet/tags.h"

namespace cloudlet {

// What a running handler knows of its invocation. Valid until the handler returns.
// Threads: the methods may be called from any thread until the handler returns.
class FunctionContext {
 public:
  virtual ~FunctionContext() = default;

  // The same for every attempt at one event by one function: an idempotency key.
  virtual std::string_view request_id() const = 0;
  virtual std::string_view function_name() const = 0;
  // 1 for the first run, 2 and 3 for retries.
  virtual int attempt() const = 0;
  // When the attempt times out, and how long until then (never negative), on the Cloud's clock.
  virtual absl::Time deadline() const = 0;
  virtual absl::Duration remaining() const = 0;
  // True once the attempt has timed out or the Cloud is closing: a handler that runs long should
  // look and return. The context's buckets then refuse writes, and what the handler returns is
  // dropped.
  virtual bool cancelled() const = 0;
  // A bucket whose writes carry this invocation as their cause. The handle must not be used after
  // the handler has returned: it refuses writes then.
  virtual Bucket bucket(std::string_view name) = 0;
  // A line to the Cloud's log, component "function", level info.
  virtual void Log(std::string_view message) = 0;

  // What the function was invoked with: the bytes given to Invoke; for an event of a bucket, S3's
  // notification of it as JSON. Valid until the handler returns.
  virtual std::string_view payload() const = 0;
  // "$LATEST" or "1", "2", ...: the version that runs.
  virtual std::string_view function_version() const = 0;
  // arn:aws:lambda:<region>:000000000000:function:<name>, with the qualifier it was called by.
  virtual std::string invoked_function_arn() const = 0;
  // As registered (FunctionOptions).
  virtual int memory_mb() const = 0;
  virtual const std::map<std::string, std::string>& environment() const = 0;
  // InvokeOptions::client_context; empty where there is none.
  virtual std::string_view client_context() const = 0;
  // Lets `duration` pass for this invocation; a negative one is none. DEADLINE_EXCEEDED as soon as
  // the attempt has timed out, CANCELLED when the Cloud closes meanwhile.
  // On the machine's clock the thread waits. On a simulated clock the call returns at once and only
  // the invocation's own time (remaining()) has moved: the invocation ends, and lets go of its slot
  // of concurrency, so much later by the clock; what it wrote was written when it began.
  virtual absl::Status Sleep(absl::Duration duration) = 0;
  // As Cloud::Invoke, caused by this invocation: a chain of functions that invoke each other has 16
  // runs, and the call for a 17th is refused (RecursiveInvocationException; an asynchronous one
  // goes to the dead letter). FAILED_PRECONDITION once the attempt has ended.
  absl::StatusOr<InvokeResult> Invoke(std::string_view function, std::string_view payload,
                                      const InvokeOptions& options = {}) {
    return DoInvoke(function, payload, options);
  }

 protected:
  virtual absl::StatusOr<InvokeResult> DoInvoke(std::string_view function, std::string_view payload,
                                                const InvokeOptions& options) = 0;
};

// A handler. A non-OK status or an exception is a failed attempt. It runs without any lock of the
// library and may call everything of the public API but what ends or drives its own Cloud: Close,
// Reopen, Step, RunUntilIdle, WaitIdle and Replay answer FAILED_PRECONDITION. It must be safe to
// run on several threads at once unless reserved_concurrency is 1. It must not end its thread:
// pthread_exit and the cancellation of a thread inside a handler are fatal to the process.
// Run by Invoke, it gets an Event of type kInvocation; its payload is the context's.
using Function = std::function<absl::Status(const Event&, FunctionContext&)>;

// A handler that takes a payload (FunctionContext::payload()) and returns one, for which the same
// holds. What it returns for an event only the record of on_success tells.
using PayloadFunction =
    std::function<absl::StatusOr<std::string>(std::string_view payload, FunctionContext&)>;

// Makes a handler for one execution environment. An environment runs one invocation at a time, so
// what its handler owns needs no lock. It is made by the first run that finds none idle (a cold
// start), the one used last is used first, and it ends, with its handler, when it has been idle for
// FunctionOptions::environment_idle, after a run that timed out, and with the registration. The
// factory runs in the invocation, before its timeout begins, for at most 10 s by the Cloud's clock;
// a non-OK status or an exception is a failed attempt.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
using FunctionFactory = std::function<absl::StatusOr<PayloadFunction>()>;

// Where and when the first attempt runs.
enum class Dispatch {
  kBackground,  // on a worker thread of the Cloud, soon
  // On the thread that made the change, after the commit and before the call returns, without any
  // lock; never alters the status of the call. Changes that the handler makes run their inline
  // functions when it has returned, on the same thread. Retries are driven as for kBackground.
  kInline,
  kManual,  // only inside Step, RunUntilIdle and the test kit's drivers, on their thread
};

// What a delivery does that finds no slot of concurrency.
enum class WhenThrottled {
  // Lambda's way: it waits 1 s, then 2 s, 4 s, ... 256 s, then 300 s each, until its age ends it.
  // It costs no attempt; order is not kept.
  kBackOff,
  // Extension: it waits in its function's queue and begins as soon as a slot is free, in order.
  kWaitInTurn,
};

// In which order deliveries of a function begin.
enum class DeliveryOrder {
  kNone,  // that of their commits as far as nothing has to wait; see docs/delivery.md
  // Extension: of one key (of one bucket) that of their commits, one at a time: an event begins
  // when the one before it has succeeded or been given up, its retries and throttles included.
  // Other keys go on meanwhile. One that keeps failing so holds up its key until its last attempt
  // or its age ends it: three minutes and the runs, as a rule. A handler that is still stuck in a
  // run that has timed out is not waited for. Still at least once: after a crash the last events of
  // a key may come again, in order, and never an older one alone. An inline function runs in the
  // background what has to wait. For each name with its qualifier by itself; not of what Invoke
  // runs or queues. Costs nothing where it is not asked for. docs/functions.md has more.
  kPerKey,
};

// https://docs.aws.amazon.com/lambda/latest/dg/configuration-function-common.html
struct FunctionOptions {
  Dispatch dispatch = Dispatch::kBackground;
  int max_retry_attempts = 2;                     // 0 to 2
  absl::Duration max_event_age = absl::Hours(6);  // 60 s to 6 h; older events go to the dead letter
  // 1 s to 15 min; an attempt that takes longer has failed.
  absl::Duration timeout = absl::Seconds(3);
  // Runs at the same time at most, which nobody else can have; 0: every event goes straight to the
  // dead letter. Of OpenOptions::account_concurrency at least 100 must stay unreserved. Background
  // functions share the Cloud's worker threads: a slow one without this can take all of them, and
  // the others wait.
  std::optional<int> reserved_concurrency = {};
  // Where an event goes that was given up, as it came: to a queue or topic (with RequestID,
  // ErrorCode and ErrorMessage as attributes), or, as an extension, to a bucket, in which it is an
  // object with Lambda's invocation record under aws/lambda/async/<function>/YYYY/MM/DD/. None:
  // such events are counted and logged. One that is missing when it is needed is a failure, counted
  // and logged, likewise. Other kinds, and names that none can have, are refused.
  Destination dead_letter = {};
  // Where Lambda's invocation record of a delivery goes that succeeded, or that was given up: to a
  // function, queue, topic or bus, that of failures also to a bucket. Beside the dead letter; in
  // one batch with the settlement, so that each ended event gives one record.
  // https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
  Destination on_success = {};
  Destination on_failure = {};
  // 128 to 10,240. Told to the handler; nothing is measured or limited by it.
  int memory_mb = 128;
  // For FunctionContext::environment(); names and values together at most 4 KiB. A name is letters,
  // digits and _, at least two, the first a letter.
  std::map<std::string, std::string> environment = {};
  std::string description = {};  // at most 256 bytes
  TagSet tags = {};              // as those of objects, but at most 50
  // Extension: how long an execution environment may be idle; 1 s to 24 h. Of a FunctionFactory.
  absl::Duration environment_idle = absl::Minutes(10);
  WhenThrottled when_throttled = WhenThrottled::kBackOff;
  DeliveryOrder order = DeliveryOrder::kNone;
  // Extension: exactly-once effects. What the handler writes through its context is staged, seen by
  // its own reads alone, and committed in one batch with its acknowledgement and its destination's
  // record when it succeeds; a failure, a time-out, a crash or a second delivery leaves none of it.
  // docs/functions.md has the rules and limits.
  bool transactional = false;
};

// Which events go to which function.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
struct Trigger {
  // Unique within the bucket; empty: one is made. The same id again replaces the trigger: give one
  // in programs that add their triggers at every start, or each start adds another.
  std::string id = {};
  std::string bucket = {};  // must exist (NoSuchBucket)
  // May have a qualifier; may be registered later: its events wait for it.
  std::string function = {};
  std::vector<EventType> events = {EventType::kObjectCreated, EventType::kObjectRemoved};
  std::string prefix = {};  // of the key; empty: any
  std::string suffix = {};  // of the key; empty: any
  // In place of `function`: a queue, topic or bus, which must exist.
  Destination destination = {};
};
// Extension: several triggers may take the same event; each of their functions gets it. (S3 refuses
// such a configuration; so does a Cloud opened with TriggerOverlap::kRefuse.) A trigger sees the
// changes that begin after AddTrigger has returned.

// What is known of a function, or of one version of it: Lambda's GetFunctionConfiguration.
struct FunctionInfo {
  std::string name = {};
  std::string version = {};  // "$LATEST", "1", "2", ...; that of an alias is its main version
  std::string arn = {};      // with the qualifier that was asked for
  bool bound = false;        // its code is there: it can run
  // When it was published; of $LATEST: last changed in this process, else the Unix epoch.
  absl::Time last_modified = {};
  // Of a $LATEST that is not bound dispatch, when_throttled and order are the defaults: they are
  // not kept. The reserved concurrency of a version is its function's.
  FunctionOptions options = {};
};

// Counts since the Cloud was opened.
struct FunctionStats {
  uint64_t events = 0;       // deliveries accepted: (event, function) pairs
  uint64_t invocations = 0;  // handler runs begun, by Invoke too
  uint64_t errors = 0;       // runs that failed: status, exception, timeout
  uint64_t timeouts = 0;     // of these, timeouts
  uint64_t retries = 0;      // runs that were not the first
  // Times that a delivery found no slot of concurrency, or an Invoke was refused for lack of it.
  uint64_t throttles = 0;
  uint64_t successes = 0;             // deliveries that ended well
  uint64_t dead_letters = 0;          // deliveries given up and sent to the dead letter
  uint64_t drops = 0;                 // deliveries given up, dead_letters included
  uint64_t dead_letter_failures = 0;  // dead letters that could not be sent
  uint64_t records = 0;               // invocation records sent to a destination
  uint64_t record_failures = 0;       // those that could not be sent
  uint64_t pending = 0;  // deliveries queued, waiting for a time or for a function, or running, now
  uint64_t cold_starts = 0;  // execution environments made
};

}  // namespace cloudlet

#endif  // CLOUDLET_API_FUNCTION_H_
