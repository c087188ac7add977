// Wiring and lifetime: see core.h. The only place that knows all rooms.
#include "cloud/core.h"

#include <unistd.h>

#include <algorithm>
#include <new>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/random.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloud/staging.h"
#include "objstore/annotate.h"
#include "objstore/keys.h"
#include "objstore/kv/memory_kv.h"

namespace cloudlet::internal {

using objstore::Annotate;

namespace {

constexpr absl::Duration kReopenHandlerDeadline = absl::Seconds(10);

kv::FamilyKind KindOf(kv::Family family) {
  switch (family) {
    case objstore::kPayload:
      return kv::FamilyKind::kPayload;
    case objstore::kEvents:
    case objstore::kDeliveries:
      return kv::FamilyKind::kLog;
    default:
      return kv::FamilyKind::kRows;
  }
}

kv::RocksKvOptions EngineOptions(const OpenOptions& options) {
  kv::RocksKvOptions engine;
  for (const std::string& name : objstore::FamilyNames()) {
    engine.families.push_back({name, KindOf(static_cast<kv::Family>(engine.families.size()))});
  }
  engine.create_if_missing = options.create_if_missing;
  engine.on_loss =
      options.on_data_loss == OnDataLoss::kAccept ? kv::OnLoss::kAccept : kv::OnLoss::kFail;
  engine.block_cache_bytes = options.block_cache_bytes;
  engine.log = options.log;
  return engine;
}

int WorkersFor(int wanted) {
  if (wanted != 0) return wanted;
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

absl::Status NoSuchValue(std::string_view option, int value) {
  return absl::InvalidArgumentError(
      absl::StrCat("options: ", base::V(option), " has no value ", value));
}

// A manifest is read and freed as a whole.
constexpr int kMostParts = 100'000;

absl::Status CheckPlan(const CorePlan& plan) {
  const size_t keys = plan.limits.max_key_bytes;
  if (keys < 1 || keys > 1024) {
    return absl::InvalidArgumentError(
        absl::StrCat("options: limits.max_key_bytes is ", keys, ", not 1 to 1024"));
  }
  if (plan.limits.max_object_bytes == 0 || plan.limits.max_list_page == 0 ||
      plan.limits.max_buckets == 0 || plan.limits.max_part_bytes == 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "options: limits.max_object_bytes (", plan.limits.max_object_bytes, "), max_list_page (",
        plan.limits.max_list_page, "), max_buckets (", plan.limits.max_buckets,
        ") and max_part_bytes (", plan.limits.max_part_bytes, ") must be at least 1"));
  }
  if (plan.limits.max_part_number < 1 || plan.limits.max_part_number > kMostParts) {
    return absl::InvalidArgumentError(absl::StrCat("options: limits.max_part_number is ",
                                                   plan.limits.max_part_number, ", not 1 to ",
                                                   kMostParts));
  }
  const Limits most;
  if (plan.limits.max_annotations < 1 || plan.limits.max_annotations > most.max_annotations ||
      plan.limits.max_annotation_bytes < 1 ||
      plan.limits.max_annotation_bytes > most.max_annotation_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("options: limits.max_annotations (", plan.limits.max_annotations,
                     ") and max_annotation_bytes (", plan.limits.max_annotation_bytes,
                     ") must be 1 to ", most.max_annotations, " and ", most.max_annotation_bytes));
  }
  if (plan.key_policy != KeyPolicy::kBytes && plan.key_policy != KeyPolicy::kUtf8) {
    return NoSuchValue("key_policy", static_cast<int>(plan.key_policy));
  }
  if (plan.on_data_loss != OnDataLoss::kFail && plan.on_data_loss != OnDataLoss::kAccept) {
    return NoSuchValue("on_data_loss", static_cast<int>(plan.on_data_loss));
  }
  if (plan.trigger_overlap != TriggerOverlap::kFanOut &&
      plan.trigger_overlap != TriggerOverlap::kRefuse) {
    return NoSuchValue("trigger_overlap", static_cast<int>(plan.trigger_overlap));
  }
  if (plan.workers < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("options: worker_threads is ", plan.workers, ", not 0 or more"));
  }
  if (plan.account_concurrency < 1) {
    return absl::InvalidArgumentError(absl::StrCat("options: account_concurrency is ",
                                                   plan.account_concurrency, ", not 1 or more"));
  }
  if (plan.scaling_rate < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("options: scaling_rate is ", plan.scaling_rate, ", not 0 or more"));
  }
  if (plan.when_full != WhenFull::kSpill && plan.when_full != WhenFull::kBlock &&
      plan.when_full != WhenFull::kShed) {
    return NoSuchValue("when_full", static_cast<int>(plan.when_full));
  }
  if (plan.max_pending_deliveries != 0 && plan.when_full == WhenFull::kBlock && plan.workers == 0) {
    return absl::InvalidArgumentError(
        "options: when_full is kBlock, but nothing runs unless it is driven, so a change would "
        "wait "
        "for ever (take kShed or kSpill)");
  }
  if (plan.event_retention.max_age < absl::ZeroDuration()) {
    return absl::InvalidArgumentError(
        absl::StrCat("options: event_retention.max_age is ",
                     absl::FormatDuration(plan.event_retention.max_age), ", not 0 or more"));
  }
  if (plan.owner.empty() || plan.owner == kAnonymousPrincipal) {
    return absl::InvalidArgumentError("options: owner is empty or \"anonymous\"");
  }
  return absl::OkStatus();
}

template <typename Options>
CorePlan CommonPlan(const Options& options) {
  CorePlan plan;
  plan.log = options.log;
  plan.limits = options.limits;
  plan.key_policy = options.key_policy;
  plan.owner = options.owner;
  plan.region = options.region;
  plan.workers = WorkersFor(options.worker_threads);
  plan.clock = options.clock != nullptr ? options.clock : RealClock();
  plan.seed = options.seed;
  plan.trigger_overlap = options.trigger_overlap;
  plan.account_concurrency = options.account_concurrency;
  plan.scaling_rate = options.scaling_rate;
  plan.max_pending_deliveries = options.max_pending_deliveries;
  plan.when_full = options.when_full;
  plan.event_retention = options.event_retention;
  return plan;
}

}  // namespace

CorePlan PlanFor(const std::string& directory, const OpenOptions& options) {
  CorePlan plan = CommonPlan(options);
  plan.where = directory;
  plan.can_reopen = true;
  plan.on_data_loss = options.on_data_loss;
  plan.open_engine = RocksOpener(directory, EngineOptions(options));
  return plan;
}

objstore::KvOpener RocksOpener(const std::string& directory, kv::RocksKvOptions options) {
  return [directory = kv::CanonicalDirectory(directory),
          options = std::move(options)](objstore::Opening opening) {
    kv::RocksKvOptions now = options;
    if (opening == objstore::Opening::kAgain) now.create_if_missing = false;
    return kv::OpenRocksKv(directory, now);
  };
}

CorePlan PlanFor(const InMemoryOptions& options) {
  CorePlan plan = CommonPlan(options);
  plan.where = "in memory";
  plan.open_engine = [](objstore::Opening) { return kv::NewMemoryKv(objstore::FamilyNames()); };
  return plan;
}

CloudCore::CloudCore(const CorePlan& plan)
    : process_(getpid()),
      where_(plan.where),
      can_reopen_(plan.can_reopen),
      owner_(plan.owner),
      region_(plan.region),
      clock_(plan.clock),
      logger_(std::make_shared<base::Logger>(plan.log)) {}

CloudCore::~CloudCore() {
  if (getpid() != process_) {
    // Nothing here is this process's to end. What is left is its copy of the parent's memory.
    static_cast<void>(runtime_.release());
    static_cast<void>(ledger_.release());
    static_cast<void>(gateway_.release());
    static_cast<void>(new (std::nothrow) std::shared_ptr<objstore::LocalStore>(std::move(store_)));
    static_cast<void>(new (std::nothrow)
                          std::shared_ptr<objstore::MeteringStore>(std::move(front_)));
    return;
  }
  if (pressure_ != nullptr) pressure_->SetRuntime(nullptr);
  runtime_.reset();
  if (store_ != nullptr) store_->SetSink(nullptr);
}

absl::StatusOr<std::shared_ptr<CloudCore>> CloudCore::Start(const CorePlan& plan) {
  CLOUDLET_RETURN_IF_ERROR(CheckPlan(plan));
  std::shared_ptr<CloudCore> core(new CloudCore(plan));
  CLOUDLET_RETURN_IF_ERROR(core->StartRooms(plan));
  core->Log(LogLevel::kInfo, absl::StrCat("opened: ", plan.where));
  return core;
}

absl::Status CloudCore::StartRooms(const CorePlan& plan) {
  objstore::Environment environment;
  environment.limits = plan.limits;
  environment.key_policy = plan.key_policy;
  environment.owner = plan.owner;
  environment.region = plan.region;
  environment.clock = plan.clock;
  const auto ids =
      plan.ids != nullptr
          ? plan.ids
          : std::make_shared<base::IdSource>(plan.seed != 0 ? plan.seed : base::RandomSeed());
  environment.ids = ids;
  CLOUDLET_ASSIGN_OR_RETURN(
      store_,
      objstore::LocalStore::Open(std::move(environment), plan.open_engine, logger_, plan.where));
  if (plan.numbers.has_value()) {
    CLOUDLET_ASSIGN_OR_RETURN(const objstore::LocalStore::Entrance entrance, store_->Enter());
    entrance.state.sequencer.ContinueAt(*plan.numbers);
  }
  std::shared_ptr<objstore::ObjectStore> changes = store_;
  if (plan.max_pending_deliveries != 0 && plan.when_full != WhenFull::kSpill) {
    pressure_ = std::make_shared<PressureStore>(store_, plan.max_pending_deliveries, plan.when_full,
                                                plan.where);
    changes = pressure_;
  }
  front_ = std::make_shared<objstore::MeteringStore>(
      plan.decorate != nullptr ? plan.decorate(std::move(changes)) : std::move(changes));
  ledger_ = std::make_unique<objstore::LocalLedger>(store_.get());

  triggers::RuntimeOptions runtime;
  runtime.region = plan.region;
  runtime.owner = plan.owner;
  runtime.workers = plan.workers;
  runtime.trigger_overlap = plan.trigger_overlap;
  runtime.shuffle = plan.shuffle;
  runtime.wrap = plan.wrap;
  runtime.interleaver = plan.interleaver;
  runtime.on_delivery = plan.on_delivery;
  runtime.account_concurrency = plan.account_concurrency;
  runtime.scaling_rate = plan.scaling_rate;
  runtime.limits_pending = pressure_ != nullptr;
  runtime.ids = ids;
  runtime.invoker = [weak = weak_from_this()](
                        std::string_view function, std::string_view payload,
                        const InvokeOptions& options, const Causation& causation,
                        const std::atomic<bool>* revoked) -> absl::StatusOr<InvokeResult> {
    const std::shared_ptr<CloudCore> core = weak.lock();
    if (core != nullptr) return core->Invoke(function, payload, options, causation, revoked);
    return Annotate(absl::FailedPreconditionError("the Cloud is gone"), "invoke", function);
  };
  if (plan.event_retention.max_bytes != UINT64_MAX ||
      plan.event_retention.max_age != absl::InfiniteDuration()) {
    runtime.every_minute = [this, keep = plan.event_retention, clock = plan.clock] {
      const absl::StatusOr<TrimResult> trimmed = ledger_->TrimEvents(keep, clock->Now());
      if (trimmed.ok()) return;
      Log(LogLevel::kWarning,
          absl::StrCat("trimming the event log: ", trimmed.status().ToString()));
    };
  }
  // An abandoned handler may ask when the core is gone: the closed store then answers alone.
  const auto front_of = [weak = weak_from_this(),
                         closed_store = front_]() -> std::shared_ptr<objstore::ObjectStore> {
    std::shared_ptr<CloudCore> core = weak.lock();
    if (core == nullptr) return closed_store;
    // The pointer keeps the whole core: a commit ends in the runtime.
    objstore::ObjectStore* const front = core->front_.get();
    return std::shared_ptr<objstore::ObjectStore>(std::move(core), front);
  };
  const auto bucket_of = [front_of](std::string_view name, Caller caller,
                                    std::shared_ptr<const std::atomic<bool>> revoked) {
    return Bucket(std::make_shared<Gateway>(front_of(), std::move(revoked)), std::string(name),
                  std::move(caller));
  };
  runtime.staging = [front_of,
                     staging = objstore::StagingOptions{plan.limits, plan.key_policy, plan.clock}] {
    return std::make_shared<CloudStaging>(front_of(), staging);
  };
  runtime_ =
      std::make_unique<triggers::Runtime>(ledger_.get(), plan.clock, logger_, bucket_of, runtime);
  gateway_ = std::make_unique<Gateway>(front_, nullptr);
  if (pressure_ != nullptr) pressure_->SetRuntime(runtime_.get());
  return runtime_->Start();
}

absl::StatusOr<InvokeResult> CloudCore::Invoke(std::string_view function, std::string_view payload,
                                               const InvokeOptions& options,
                                               const Causation& causation,
                                               const std::atomic<bool>* revoked) {
  triggers::Runtime::InvokeRequest request;
  request.function = function;
  request.payload = payload;
  request.options = &options;
  request.causation = causation;
  request.revoked = revoked;
  absl::StatusOr<InvokeResult> result = runtime_->Invoke(request);
  if (!result.ok()) return Annotate(result.status(), "invoke", function);
  return result;
}

std::shared_ptr<Gateway> CloudCore::gateway() {
  return std::shared_ptr<Gateway>(shared_from_this(), gateway_.get());
}

absl::Status CloudCore::NotFromHandler() const {
  if (!runtime_->InHandler()) return absl::OkStatus();
  return absl::FailedPreconditionError("not from inside a handler of the same Cloud");
}

absl::Status CloudCore::NotForked() const {
  if (getpid() == process_) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "the store was opened before this process was forked (open it in the child, or use it in the "
      "parent only)");
}

absl::Status CloudCore::Close(const CloseOptions& options) {
  CLOUDLET_RETURN_IF_ERROR(Annotate(NotForked(), "close", where_));
  CLOUDLET_RETURN_IF_ERROR(Annotate(NotFromHandler(), "close", where_));
  // Destroyed without the lock: what a handler has captured may call Close or Reopen then.
  triggers::UserCode gone;
  base::MutexLock lock(&lifecycle_);
  if (closed_) return absl::OkStatus();
  closed_ = true;
  if (pressure_ != nullptr) pressure_->Close();
  // The store goes on while handlers end, so that they can finish their work.
  const absl::Status stopped =
      Annotate(runtime_->Shutdown(options.handler_deadline, &gone), "close", where_);
  if (!stopped.ok()) Log(LogLevel::kWarning, base::S(stopped.message()));
  const absl::Status closed = store_->Close();
  if (!closed.ok()) Log(LogLevel::kError, base::S(closed.message()));
  if (closed.ok()) Log(LogLevel::kInfo, absl::StrCat("closed: ", where_));
  return closed.ok() ? stopped : closed;
}

absl::Status CloudCore::Reopen() {
  CLOUDLET_RETURN_IF_ERROR(Annotate(NotForked(), "reopen", where_));
  CLOUDLET_RETURN_IF_ERROR(Annotate(NotFromHandler(), "reopen", where_));
  triggers::UserCode gone;  // as in Close
  base::MutexLock lock(&lifecycle_);
  if (closed_) {
    return Annotate(absl::FailedPreconditionError("the cloud is closed"), "reopen", where_);
  }
  if (!can_reopen_) {
    return absl::FailedPreconditionError("reopen: a store in memory has nothing to reopen from");
  }
  absl::Status handlers;
  if (!suspended_) {
    handlers = Annotate(runtime_->Suspend(kReopenHandlerDeadline, &gone), "reopen", where_);
    if (!handlers.ok()) Log(LogLevel::kWarning, base::S(handlers.message()));
  }
  suspended_ = true;  // until it has succeeded: Reopen may be tried again
  CLOUDLET_RETURN_IF_ERROR(store_->Reopen());
  CLOUDLET_RETURN_IF_ERROR(Annotate(runtime_->Resume(ledger_.get()), "reopen", where_));
  suspended_ = false;
  Log(LogLevel::kInfo, absl::StrCat("reopened: ", where_));
  return handlers;
}

}  // namespace cloudlet::internal
