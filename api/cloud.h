// cloudlet: S3's buckets and objects and Lambda's functions, in this process.
//
//   #include "cloudlet/cloud.h"
//   int main() {
//     cloudlet::Cloud cloud = cloudlet::Cloud::InMemory();
//     cloudlet::Bucket bucket = cloud.CreateBucket("hello").value();
//     bucket.Put("greeting", "hello, world").value();
//     std::cout << bucket.Get("greeting").value().body << "\n";
//   }
//
// Cloud::Open keeps everything in a directory (RocksDB), durable and crash-safe; Cloud::InMemory
// keeps it in memory, for tests. All else is the same. Errors: cloudlet/error.h.
#ifndef CLOUDLET_API_CLOUD_H_
#define CLOUDLET_API_CLOUD_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "cloudlet/bucket.h"
#include "cloudlet/clock.h"
#include "cloudlet/error.h"
#include "cloudlet/event.h"
#include "cloudlet/event_bus.h"
#include "cloudlet/function.h"
#include "cloudlet/function_version.h"
#include "cloudlet/invoke.h"
#include "cloudlet/limits.h"
#include "cloudlet/log.h"
#include "cloudlet/meter.h"
#include "cloudlet/observer.h"
#include "cloudlet/queue.h"
#include "cloudlet/topic.h"
#include "cloudlet/version.h"

namespace cloudlet {

namespace internal {
class CloudCore;
}  // namespace internal

// Which keys are taken.
enum class KeyPolicy {
  kBytes,  // Extension: any 1 to 1,024 bytes
  kUtf8,   // S3's rule: valid UTF-8 only (InvalidArgument)
};

// What Open does when it finds synced writes missing (a write-ahead log damaged on disk).
enum class OnDataLoss {
  kFail,    // DATA_LOSS, with the numbers; nothing is changed
  kAccept,  // opens what is left and logs an error
};

// What becomes of a trigger that overlaps with another of the same bucket: some change of some key
// would match both, whatever their functions.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
enum class TriggerOverlap {
  kFanOut,  // Extension: both take the change, and each function gets it once
  kRefuse,  // S3's rule: AddTrigger answers InvalidArgument. Those that are there already stay
};

// Extension: what happens to a change that a trigger may take when
// OpenOptions::max_pending_deliveries are pending.
enum class WhenFull {
  // It is made, and its event waits in the log, on disk.
  kSpill,
  // The call waits, in real time and without a deadline, until fewer are pending, before anything
  // of it is carried out. What goes on without it: a function with workers. What does not: one that
  // is not registered, is manual, or waits for a retry, so a limit that these can fill holds
  // writers up for as long. Close ends the wait with FAILED_PRECONDITION, and nothing is carried
  // out; Reopen, and a store that has become read-only, let the call go on.
  kBlock,
  // The call is refused with SlowDown (503), all of its changes: nothing of it is carried out. A
  // writer may be refused when it is opened and, spent then, when it is committed.
  kShed,
};

struct OpenOptions {
  LogOptions log = {};
  Limits limits = {};
  KeyPolicy key_policy = KeyPolicy::kBytes;
  std::string owner = "cloudlet";  // canonical id of the owner: principal of in-process calls
  // awsRegion in events of buckets without a region of their own (BucketOptions::region).
  std::string region = "us-east-1";
  // Threads for background functions, shared by all of them, started when first needed; 0: one per
  // core. Runs that are slow or wait hold their thread until they end: give such functions a
  // FunctionOptions::reserved_concurrency below this number, or the others wait behind them.
  int worker_threads = 0;
  std::shared_ptr<Clock> clock = nullptr;  // null: the machine's
  uint64_t seed = 0;                       // of ids; 0: from the machine's entropy
  bool create_if_missing = true;           // false: NOT_FOUND when the directory holds no store
  OnDataLoss on_data_loss = OnDataLoss::kFail;
  size_t block_cache_bytes = size_t{64} << 20;  // memory for blocks read from disk
  TriggerOverlap trigger_overlap = TriggerOverlap::kFanOut;
  // Invocations at the same time at most, over all functions; at least 1. What functions reserve
  // (FunctionOptions::reserved_concurrency) is taken off for the others.
  // https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
  int account_concurrency = 1'000;
  // Execution environments by which a function may grow in 10 s, refilled continuously; 0: as many
  // as it likes. Lambda's is 1,000. For this a function has as many environments as it had
  // invocations at a time, until none has run for FunctionOptions::environment_idle.
  // https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html
  int scaling_rate = 0;
  // Deliveries pending over all functions, topics and buses, from which on `when_full` holds for
  // calls whose changes a trigger may take; 0: no limit. Any other number is allowed. Counted are
  // those of CloudStats::deliveries_pending and, of events that came since the open, those that
  // wait in the log alone; messages in queues are none. Changes go on that no trigger can take by
  // type and key, or only triggers for queues.
  //
  // Never held up or refused is what handlers do, through buckets of their contexts or on their
  // threads, and what carries a chain of causes on (Caller::causation): what it waited for could
  // wait for it. Nor what is no change of a bucket (Invoke, Send, Publish, PutEvents). The limit is
  // soft: calls at the same time may go beyond it by what they themselves bring about (each of its
  // changes, times the functions that take it). CloudStats counts what was held up and refused.
  size_t max_pending_deliveries = 0;
  WhenFull when_full = WhenFull::kSpill;  // without a maximum it says nothing
  // What is kept of retained events; trimmed once a minute as TrimEvents does.
  EventRetention event_retention = {};
};

struct InMemoryOptions {
  LogOptions log = {};
  Limits limits = {};
  KeyPolicy key_policy = KeyPolicy::kBytes;
  std::string owner = "cloudlet";
  std::string region = "us-east-1";
  int worker_threads = 0;  // as in OpenOptions
  std::shared_ptr<Clock> clock = nullptr;
  uint64_t seed = 0;
  TriggerOverlap trigger_overlap = TriggerOverlap::kFanOut;
  int account_concurrency = 1'000;    // as in OpenOptions
  int scaling_rate = 0;               // likewise
  size_t max_pending_deliveries = 0;  // likewise, and `when_full`
  WhenFull when_full = WhenFull::kSpill;
  EventRetention event_retention = {};
};

struct CloseOptions {
  // How long to wait for running handlers, in real time. Handlers still running then are abandoned:
  // their results are dropped and their events delivered again after the next open.
  absl::Duration handler_deadline = absl::Seconds(10);
};

struct BucketEntry {
  std::string name = {};
  absl::Time created = {};
  std::string region = {};  // never empty
};

// What a driver (Step, RunUntilIdle) did.
struct DriveResult {
  uint64_t runs = 0;  // handlers run
};

struct CloudStats {
  uint64_t puts = 0;                // objects written
  uint64_t deletes = 0;             // objects removed
  uint64_t gets = 0;                // objects read: Get, ReadInto, OpenReader
  uint64_t bytes_written = 0;       // payload; UploadPartCopy counts in both
  uint64_t bytes_read = 0;          // payload
  uint64_t events = 0;              // event rows written
  uint64_t deliveries_pending = 0;  // as FunctionStats::pending, over all functions
  uint64_t store_bytes = 0;         // estimate of the bytes on disk; 0 in memory
  uint64_t copies = 0;              // objects copied or renamed
  uint64_t changes_shed = 0;        // refused by WhenFull::kShed, and writers that were not opened
  uint64_t calls_blocked = 0;  // that had to wait by WhenFull::kBlock, those that wait included
  absl::Duration time_blocked = absl::ZeroDuration();  // their waits that have ended; real time
};

// What VerifyStore found; empty problems: the store is sound.
struct VerifyReport {
  uint64_t objects = 0;              // current ones
  uint64_t noncurrent_versions = 0;  // delete markers included
  uint64_t payloads = 0;
  uint64_t events = 0;
  uint64_t deliveries = 0;
  uint64_t garbage_payloads = 0;           // released, not yet reclaimed: no problem
  std::vector<std::string> problems = {};  // one line each, at most 100
  uint64_t uploads = 0;                    // open multipart uploads
  uint64_t annotations = 0;
};

// The root of a store and all that runs on it: a movable value that owns everything. Two Clouds in
// one process never meet. A process that forks must not use a Cloud it opened before the fork:
// calls in the child answer FAILED_PRECONDITION. So do those of a Cloud that has been moved from,
// until it is assigned to. Destroy it, or Close it, before main returns: RocksDB has statics of its
// own, and a Cloud with static storage ends after they are gone. Threads: every method may be
// called from any number of threads at once; moving and destroying may not.
class Cloud {
 public:
  // Opens the store in `directory`, creating it where there is none: in a new directory or an empty
  // one. Errors name the directory: FAILED_PRECONDITION (open already, in this process or another;
  // a newer format; a directory that is not empty and not a store, in which nothing is touched),
  // NOT_FOUND, PERMISSION_DENIED, DATA_LOSS, INVALID_ARGUMENT (options), UNAVAILABLE (I/O).
  static absl::StatusOr<Cloud> Open(const std::string& directory, const OpenOptions& options = {});
  // A fresh store without files, threads (until background functions run) or persistence; takes
  // microseconds. Options that Open would refuse are a programmer's error: they are logged and
  // written to stderr, and the process ends.
  static Cloud InMemory(const InMemoryOptions& options = {});

  Cloud(Cloud&&) noexcept;
  Cloud& operator=(Cloud&&) noexcept;
  // As Close() with default options, its status logged. From inside a handler of this Cloud it ends
  // the process, with a line on stderr.
  ~Cloud();

  // Stops taking calls, lets running handlers end, persists what is queued. Afterwards every call
  // on the Cloud and its handles answers FAILED_PRECONDITION. A second Close is OK and does
  // nothing. FAILED_PRECONDITION from inside a handler; DEADLINE_EXCEEDED when handlers were
  // abandoned (all else is done).
  absl::Status Close(const CloseOptions& options = {});
  // After a write error has made the store read-only: closes it and opens it again from disk,
  // verifying what was synced. Handles, functions, triggers and observers stay. NOT_FOUND when the
  // directory that was opened is gone, FAILED_PRECONDITION when it holds another store, or in
  // memory. The store stays closed after an error; Reopen may be tried again. Not from inside a
  // handler.
  absl::Status Reopen();
  // What it was opened with: the owner's canonical id, the region (empty when moved from), and what
  // its clock says (the machine's time when moved from).
  std::string owner() const;
  std::string region() const;
  absl::Time Now() const;
  // OK, or why the store is read-only.
  absl::Status health() const;
  // Every write that has returned survives the machine afterwards.
  absl::Status Sync();
  // Extension: makes `directory` a store of its own, to be opened by Cloud::Open, that holds one
  // moment of this one, while reads and writes go on. What had returned before the call, of any
  // durability, is in it; of what runs meanwhile, what came before that moment: an object with its
  // bytes and its event, a batch whole or not at all. Durable when it returns OK. `directory` must
  // not be there, or be empty; its parents are made.
  //
  // On the same file system bodies are linked, not copied, so it takes little time and at first
  // little space: space that this store gives back is free only when the checkpoint is gone too,
  // and a byte that flips on disk flips in both. Copy it to another machine for a backup.
  //
  // Events that are not settled at that moment are in both: each store delivers them (again), with
  // the same request ids. Readers, writers and parts not yet committed are not in it, open uploads
  // are. Sequence numbers, version ids and with them the request ids of later deliveries go on from
  // there in both, each for itself: what is one in the one store is another thing in the other.
  //
  // After an error there is no `directory` and this store is as it was (should the disk fail for
  // good behind the last step, the message says that it is there). ALREADY_EXISTS (something is in
  // `directory`), FAILED_PRECONDITION (another checkpoint to it is under way, or
  // `directory`.partial, where it is built, holds what no interrupted checkpoint has left),
  // INVALID_ARGUMENT (no path, or one inside of this store), NOT_FOUND, PERMISSION_DENIED,
  // RESOURCE_EXHAUSTED (no space), UNAVAILABLE (I/O; IsReadOnly when it is this store's own),
  // NotImplemented in memory. Close and Reopen wait for it: copying to another file system takes as
  // long as its bytes do.
  absl::Status Checkpoint(const std::string& directory);

  // --- Buckets (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html) ---
  // Who creates a bucket owns it: the principal of `caller`, or the owner of the store. The handle
  // is the caller's. Errors: InvalidBucketName, BucketAlreadyOwnedByYou, BucketAlreadyExists
  // (another owner's), TooManyBuckets, InvalidArgument (options), InvalidLocationConstraint,
  // AccessDenied (anonymous).
  absl::StatusOr<Bucket> CreateBucket(std::string_view name, const BucketOptions& options = {},
                                      const Caller& caller = {});
  // The same, but a bucket of the caller's that is there already is no error: it is left as it is,
  // options included. For programs that set up their buckets at every start.
  absl::StatusOr<Bucket> EnsureBucket(std::string_view name, const BucketOptions& options = {},
                                      const Caller& caller = {});
  // A handle, without asking whether the bucket exists.
  Bucket bucket(std::string_view name);
  // Errors: NoSuchBucket, BucketNotEmpty, AccessDenied (not the owner). Its triggers go with it;
  // events already made are delivered.
  absl::Status DeleteBucket(std::string_view name, const Caller& caller = {});
  // Those that the caller owns, in byte order of the names. AccessDenied: anonymous.
  absl::StatusOr<std::vector<BucketEntry>> ListBuckets(const Caller& caller = {});

  // --- Functions and triggers: cloudlet/function.h ---
  // Binds code to a name and persists the configuration. Code itself is not persisted: register
  // again after each open; events that waited are then delivered. A name registered already:
  // ResourceConflictException. Names: 1 to 64 of A-Z a-z 0-9 - _. Errors:
  // InvalidParameterValueException (name, no handler, options, more reserved than may be,
  // destinations that are not there or that lead back to the function).
  absl::Status RegisterFunction(std::string_view name, Function function,
                                const FunctionOptions& options = {});
  absl::Status RegisterFunction(std::string_view name, PayloadFunction function,
                                const FunctionOptions& options = {});
  absl::Status RegisterFunction(std::string_view name, FunctionFactory factory,
                                const FunctionOptions& options = {});
  // A handler that takes a payload returns absl::StatusOr<std::string>; one that returns a Status
  // would have to be told apart from it, and takes an Event.
  template <typename F,
            typename = std::enable_if_t<std::is_same_v<
                std::invoke_result_t<F&, std::string_view, FunctionContext&>, absl::Status>>>
  absl::Status RegisterFunction(std::string_view name, F function,
                                const FunctionOptions& options = {}) = delete;
  // Every function that is registered, or whose configuration is kept from an earlier process, by
  // name: its $LATEST.
  absl::StatusOr<std::vector<FunctionInfo>> ListFunctions();
  // One of them, by "$LATEST" (so an empty qualifier), a version or an alias.
  // ResourceNotFoundException when there is no such function, version or alias.
  absl::StatusOr<FunctionInfo> GetFunction(std::string_view name, std::string_view qualifier = {});
  // No new attempt begins afterwards; events wait until the name is registered again. Does not wait
  // for running attempts, so a handler may unregister itself. ResourceNotFoundException when there
  // is none.
  absl::Status UnregisterFunction(std::string_view name);
  // Persisted, with the events it matches. Returns its id. Errors: NoSuchBucket, InvalidArgument
  // (also for an event type of S3's that is not implemented, and for an overlap under
  // TriggerOverlap::kRefuse), InvalidParameterValueException (a destination of a kind or name that
  // cannot be, or that is not there); nothing is changed then.
  absl::StatusOr<std::string> AddTrigger(const Trigger& trigger);
  // Events already made are still delivered. InvalidArgument when there is no such trigger,
  // NoSuchBucket.
  absl::Status RemoveTrigger(std::string_view bucket, std::string_view id);
  // Makes `triggers` all that the bucket has, at once: after an error it has those that it had.
  // None: it has no more. Each one's bucket is empty or this one. Returns their ids, in their
  // order. Errors: those of AddTrigger, of each (under TriggerOverlap::kRefuse they must not
  // overlap among themselves), and InvalidArgument for two with the same id.
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html
  absl::StatusOr<std::vector<std::string>> SetTriggers(std::string_view bucket,
                                                       absl::Span<const Trigger> triggers);
  // In the order of bucket and id; of one bucket (NoSuchBucket), or of all where it is empty.
  absl::StatusOr<std::vector<Trigger>> ListTriggers(std::string_view bucket = {});
  // Runs the function, or queues it: InvocationType. A handler that fails is a result with a
  // function_error, no error. Payloads: any bytes (Extension: Lambda takes JSON only). It may be
  // called from inside a handler, and is then caused by that invocation, as FunctionContext::Invoke
  // says. Errors: ResourceNotFoundException (no such function; not registered now, except for
  // kEvent), RequestTooLargeException (payload), TooManyRequestsException (no slot of concurrency;
  // ThrottleOf says why), RecursiveInvocationException (16 functions in the chain of causes),
  // InvalidParameterValueException (options), FAILED_PRECONDITION (closed, also while the handler
  // ran), and those of a put for kEvent.
  absl::StatusOr<InvokeResult> Invoke(std::string_view function, std::string_view payload,
                                      const InvokeOptions& options = {});
  // --- Versions and aliases: cloudlet/function_version.h. ResourceNotFoundException: no such
  // function, version or alias; InvalidParameterValueException; ResourceConflictException. ---

  // Other code or configuration for $LATEST from the next run on; runs that have begun end as they
  // began. What versions have stays.
  absl::Status UpdateFunctionCode(std::string_view name, Function function);
  absl::Status UpdateFunctionCode(std::string_view name, PayloadFunction function);
  absl::Status UpdateFunctionCode(std::string_view name, FunctionFactory factory);
  template <typename F,
            typename = std::enable_if_t<std::is_same_v<
                std::invoke_result_t<F&, std::string_view, FunctionContext&>, absl::Status>>>
  absl::Status UpdateFunctionCode(std::string_view name, F function) = delete;
  absl::Status UpdateFunctionConfiguration(std::string_view name, const FunctionOptions& options);
  // Makes a version of $LATEST as it is now, code and configuration, and returns its number.
  // Nothing changed since the last one: returns that one's.
  absl::StatusOr<std::string> PublishVersion(std::string_view name,
                                             std::string_view description = {});
  // Binds code to a version that an earlier process published. ResourceConflictException when it
  // has code: versions do not change.
  absl::Status BindVersion(std::string_view name, std::string_view version, Function function);
  absl::Status BindVersion(std::string_view name, std::string_view version,
                           PayloadFunction function);
  absl::Status BindVersion(std::string_view name, std::string_view version,
                           FunctionFactory factory);
  template <typename F,
            typename = std::enable_if_t<std::is_same_v<
                std::invoke_result_t<F&, std::string_view, FunctionContext&>, absl::Status>>>
  absl::Status BindVersion(std::string_view name, std::string_view version, F function) = delete;
  // ResourceConflictException while an alias names it. Events on their way to it are given up.
  absl::Status DeleteVersion(std::string_view name, std::string_view version);
  // $LATEST first, then in the order of their numbers.
  absl::StatusOr<std::vector<FunctionVersion>> ListVersions(std::string_view name);
  // ResourceConflictException when there is one of this name.
  absl::StatusOr<Alias> CreateAlias(std::string_view function, std::string_view alias,
                                    const AliasOptions& options);
  absl::StatusOr<Alias> UpdateAlias(std::string_view function, std::string_view alias,
                                    const AliasOptions& options);
  // That there is none is no error.
  absl::Status DeleteAlias(std::string_view function, std::string_view alias);
  absl::StatusOr<std::vector<Alias>> ListAliases(std::string_view function);  // by name

  // --- Queues, topics, event buses: cloudlet/queue.h, topic.h, event_bus.h. They persist. Names: 1
  // to 80 of A-Z a-z 0-9 - _ (topics up to 256; buses also . and /). ---

  // One that is there already with the same options is no error. Errors: QueueNameExists (other
  // options), InvalidParameterValueException, QueueDoesNotExist (the dead-letter queue).
  absl::StatusOr<Queue> CreateQueue(std::string_view name, const QueueOptions& options = {});
  absl::Status SetQueueOptions(std::string_view name, const QueueOptions& options);
  // With its messages. QueueDoesNotExist.
  absl::Status DeleteQueue(std::string_view name);
  Queue queue(std::string_view name);  // a handle, without asking whether it exists
  absl::StatusOr<std::vector<std::string>> ListQueues();
  // One that is there already is no error.
  absl::StatusOr<Topic> CreateTopic(std::string_view name);
  absl::Status DeleteTopic(std::string_view name);  // that there is none is no error
  Topic topic(std::string_view name);
  absl::StatusOr<std::vector<std::string>> ListTopics();
  // ResourceConflictException when it is there: as "default" always is.
  absl::StatusOr<EventBus> CreateEventBus(std::string_view name);
  absl::Status DeleteEventBus(std::string_view name);  // not "default"
  EventBus event_bus(std::string_view name);
  absl::StatusOr<std::vector<std::string>> ListEventBuses();
  // Returns its id; the same id again replaces it. QueueDoesNotExist,
  // InvalidParameterValueException (ranges; a visibility timeout below the function's).
  absl::StatusOr<std::string> PutEventSourceMapping(const EventSourceMapping& mapping);
  absl::Status DeleteEventSourceMapping(std::string_view id);  // ResourceNotFoundException
  absl::StatusOr<std::vector<EventSourceMapping>> ListEventSourceMappings();

  // ResourceNotFoundException when the name is not registered and has never been with this store.
  absl::StatusOr<FunctionStats> function_stats(std::string_view name) const;

  // --- Driving deliveries ---
  // Runs one delivery that is due, of any function, on this thread. `runs` is 0 when nothing was
  // due.
  absl::StatusOr<DriveResult> Step();
  // Runs what is due now, and what that causes, until nothing is due; waits for background runs
  // too. Does not wait for timers (retries). FAILED_PRECONDITION from inside a handler.
  absl::StatusOr<DriveResult> RunUntilIdle();
  // Waits, in real time, until nothing is queued or running except deliveries that wait for a
  // timer, for an unregistered function or (kManual) for a driver; then persists how far delivery
  // has come. DEADLINE_EXCEEDED after `timeout`. FAILED_PRECONDITION from inside a handler.
  absl::Status WaitIdle(absl::Duration timeout = absl::InfiniteDuration());

  // --- Watching ---
  // Calls `observer` for every change in the bucket called `bucket` (also when it is created
  // later; Extension: "" is every bucket), until the token is dropped. A null observer: nothing
  // happens, the token is null.
  [[nodiscard]] ObserverToken Observe(std::string_view bucket, CommitObserver observer);
  // Retained and not yet settled events (one that waits for a retry alone is settled: a row of its
  // own has it) after number `after`, ascending, at most `limit`.
  absl::StatusOr<std::vector<Event>> Events(uint64_t after = 0, size_t limit = 1000);
  // Extension: drops retained events that `keep` does not keep, oldest first, up to the first that
  // stays. What is not settled yet stays always. One that waits for a retry may go from the log;
  // its function gets it all the same. With max_bytes it reads every retained row, else those that
  // go. Errors: INVALID_ARGUMENT (a negative age), DATA_LOSS, UNAVAILABLE (read-only).
  absl::StatusOr<TrimResult> TrimEvents(const EventRetention& keep);
  // As Events, but where there are none it waits for one, in real time, up to `timeout`; none then.
  // What it gives is complete: no event with a lower number comes later.
  absl::StatusOr<std::vector<Event>> TailEvents(uint64_t after, absl::Duration timeout,
                                                size_t limit = 1000);
  // Extension: gives retained events to two functions (two versions of one, say) and tells where
  // they do otherwise. Their handlers run on this thread as transactional ones do, and nothing of
  // what they write through their contexts is kept; what they do otherwise is done. They read the
  // store as it is now. Errors: ResourceNotFoundException, those of Events, FAILED_PRECONDITION
  // from inside a handler.
  absl::StatusOr<ReplayResult> Replay(const ReplayOptions& options);
  Meter meter() const;
  // Calls `observer` for every run that ends, until the token is dropped.
  [[nodiscard]] ObserverToken ObserveInvocations(InvocationObserver observer);
  CloudStats stats() const;
  // Reads all rows (not all payload bytes) and checks that objects, payloads, owners, events and
  // deliveries agree. Changes nothing; exact when nobody writes meanwhile.
  absl::StatusOr<VerifyReport> VerifyStore();

 private:
  friend class CloudAccess;  // the test kit's way in
  explicit Cloud(std::shared_ptr<internal::CloudCore> core);
  std::shared_ptr<internal::CloudCore> core_;
};

}  // namespace cloudlet

#endif  // CLOUDLET_API_CLOUD_H_
