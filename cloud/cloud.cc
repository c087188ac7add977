// Cloud: the public root over CloudCore. Reads like the table of contents of cloudlet/cloud.h.
#include "cloudlet/cloud.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/fatal.h"
#include "base/logger.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloud/checks.h"
#include "cloud/core.h"
#include "objstore/annotate.h"
#include "objstore/verify.h"

namespace cloudlet {

using internal::CloudCore;
using internal::Usable;
using objstore::Annotate;

namespace {

// An error of Open. Names the directory once (the engine's own errors do so already), and carries
// no code: there is no Cloud, so none that IsReadOnly could advise to reopen.
absl::Status OpenError(const absl::Status& status, const std::string& directory) {
  if (absl::StartsWith(status.message(), "open ")) {
    return absl::Status(status.code(), status.message());
  }
  return absl::Status(status.code(), absl::StrCat("open ", directory, ": ", status.message()));
}

// Of one of the three kinds of handlers.
template <typename Handler>
absl::Status RegisterWith(const std::shared_ptr<CloudCore>& core, std::string_view name,
                          Handler handler, const FunctionOptions& options) {
  const auto attempt = [&]() -> absl::Status {
    CLOUDLET_RETURN_IF_ERROR(Usable(core));
    CLOUDLET_ASSIGN_OR_RETURN(const FunctionOptions checked,
                              internal::CheckFunctionOptions(options));
    return core->runtime().RegisterFunction(name, std::move(handler), checked);
  };
  return Annotate(attempt(), "register function", name);
}

[[noreturn]] void End(const base::Logger& logger, const std::string& why) {
  logger.Log(LogLevel::kError, "cloud", why);
  base::Fatal("cloudlet: " + why);
}

}  // namespace

Cloud::Cloud(std::shared_ptr<CloudCore> core) : core_(std::move(core)) {}
Cloud::Cloud(Cloud&&) noexcept = default;

Cloud& Cloud::operator=(Cloud&& other) noexcept {
  if (this != &other) {
    Cloud old(std::move(core_));  // closes it
    core_ = std::move(other.core_);
  }
  return *this;
}

Cloud::~Cloud() {
  if (core_ == nullptr) return;
  if (core_->runtime().InHandler()) {
    End(core_->logger(), "a Cloud was destroyed from inside one of its handlers");
  }
  core_->Close({}).IgnoreError();  // logged there
}

absl::StatusOr<Cloud> Cloud::Open(const std::string& directory, const OpenOptions& options) {
  if (directory.empty() || directory.find('\0') != std::string::npos) {
    return Annotate(absl::InvalidArgumentError("the path is empty or has a NUL"), "open",
                    directory);
  }
  absl::StatusOr<std::shared_ptr<CloudCore>> core =
      CloudCore::Start(internal::PlanFor(directory, options));
  if (!core.ok()) return OpenError(core.status(), directory);
  return Cloud(*std::move(core));
}

Cloud Cloud::InMemory(const InMemoryOptions& options) {
  // Nothing of it does I/O: it fails for wrong options alone.
  absl::StatusOr<std::shared_ptr<CloudCore>> core = CloudCore::Start(internal::PlanFor(options));
  if (!core.ok()) {
    End(base::Logger(options.log), absl::StrCat("Cloud::InMemory: ", core.status().ToString()));
  }
  return Cloud(*std::move(core));
}

absl::Status Cloud::Close(const CloseOptions& options) {
  CLOUDLET_RETURN_IF_ERROR(Annotate(Usable(core_), "close", {}));
  return core_->Close(options);
}

absl::Status Cloud::Reopen() {
  CLOUDLET_RETURN_IF_ERROR(Annotate(Usable(core_), "reopen", {}));
  return core_->Reopen();
}

std::string Cloud::owner() const { return core_ == nullptr ? std::string() : core_->owner(); }
std::string Cloud::region() const { return core_ == nullptr ? std::string() : core_->region(); }
absl::Time Cloud::Now() const {
  return core_ == nullptr ? RealClock()->Now() : core_->clock().Now();
}

absl::Status Cloud::health() const {
  CLOUDLET_RETURN_IF_ERROR(Annotate(Usable(core_), "health", {}));
  return core_->store().health();
}

absl::Status Cloud::Sync() {
  CLOUDLET_RETURN_IF_ERROR(Annotate(Usable(core_), "sync", {}));
  return core_->front().Sync();
}

absl::Status Cloud::Checkpoint(const std::string& directory) {
  CLOUDLET_RETURN_IF_ERROR(Annotate(Usable(core_), "checkpoint", {}));
  return core_->store().Checkpoint(directory);
}

// --- Buckets ---

absl::StatusOr<Bucket> Cloud::CreateBucket(std::string_view name, const BucketOptions& options,
                                           const Caller& caller) {
  CLOUDLET_RETURN_IF_ERROR(Annotate(Usable(core_), "create bucket", name));
  CLOUDLET_RETURN_IF_ERROR(core_->front().CreateBucket(name, options, caller));
  return bucket(name).As(caller);
}

absl::StatusOr<Bucket> Cloud::EnsureBucket(std::string_view name, const BucketOptions& options,
                                           const Caller& caller) {
  absl::StatusOr<Bucket> created = CreateBucket(name, options, caller);
  if (IsBucketAlreadyOwnedByYou(created.status())) return bucket(name).As(caller);
  return created;
}

Bucket Cloud::bucket(std::string_view name) {
  return Bucket(core_ == nullptr ? nullptr : core_->gateway(), std::string(name), Caller{});
}

absl::Status Cloud::DeleteBucket(std::string_view name, const Caller& caller) {
  CLOUDLET_RETURN_IF_ERROR(Annotate(Usable(core_), "delete bucket", name));
  return core_->front().DeleteBucket(name, caller);
}

absl::StatusOr<std::vector<BucketEntry>> Cloud::ListBuckets(const Caller& caller) {
  CLOUDLET_RETURN_IF_ERROR(Annotate(Usable(core_), "list buckets", {}));
  CLOUDLET_ASSIGN_OR_RETURN(const std::vector<BucketInfo> infos,
                            core_->front().ListBuckets(caller));
  std::vector<BucketEntry> entries;
  entries.reserve(infos.size());
  for (const BucketInfo& info : infos)
    entries.push_back({info.name, info.created, info.options.region});
  return entries;
}

// --- Functions and triggers ---

absl::Status Cloud::RegisterFunction(std::string_view name, Function function,
                                     const FunctionOptions& options) {
  return RegisterWith(core_, name, std::move(function), options);
}

absl::Status Cloud::RegisterFunction(std::string_view name, PayloadFunction function,
                                     const FunctionOptions& options) {
  return RegisterWith(core_, name, std::move(function), options);
}

absl::Status Cloud::RegisterFunction(std::string_view name, FunctionFactory factory,
                                     const FunctionOptions& options) {
  return RegisterWith(core_, name, std::move(factory), options);
}

absl::StatusOr<InvokeResult> Cloud::Invoke(std::string_view function, std::string_view payload,
                                           const InvokeOptions& options) {
  CLOUDLET_RETURN_IF_ERROR(Annotate(Usable(core_), "invoke", function));
  const std::shared_ptr<CloudCore> core = core_;  // the handler may take long
  return core->Invoke(function, payload, options, Causation{}, nullptr);
}

absl::Status Cloud::UnregisterFunction(std::string_view name) {
  const auto attempt = [&]() -> absl::Status {
    CLOUDLET_RETURN_IF_ERROR(Usable(core_));
    return core_->runtime().UnregisterFunction(name);
  };
  return Annotate(attempt(), "unregister function", name);
}

absl::StatusOr<std::string> Cloud::AddTrigger(const Trigger& trigger) {
  const auto attempt = [&]() -> absl::StatusOr<std::string> {
    CLOUDLET_RETURN_IF_ERROR(Usable(core_));
    return core_->runtime().AddTrigger(trigger);
  };
  absl::StatusOr<std::string> id = attempt();
  if (!id.ok()) return Annotate(id.status(), "add trigger to", trigger.bucket);
  return id;
}

absl::Status Cloud::RemoveTrigger(std::string_view bucket_name, std::string_view id) {
  const auto attempt = [&]() -> absl::Status {
    CLOUDLET_RETURN_IF_ERROR(Usable(core_));
    return core_->runtime().RemoveTrigger(bucket_name, id);
  };
  return Annotate(attempt(), "remove trigger from", bucket_name);
}

absl::StatusOr<std::vector<std::string>> Cloud::SetTriggers(std::string_view bucket_name,
                                                            absl::Span<const Trigger> triggers) {
  const auto attempt = [&]() -> absl::StatusOr<std::vector<std::string>> {
    CLOUDLET_RETURN_IF_ERROR(Usable(core_));
    return core_->runtime().SetTriggers(bucket_name, triggers);
  };
  absl::StatusOr<std::vector<std::string>> ids = attempt();
  if (!ids.ok()) return Annotate(ids.status(), "set triggers of", bucket_name);
  return ids;
}

absl::StatusOr<std::vector<Trigger>> Cloud::ListTriggers(std::string_view bucket_name) {
  const auto attempt = [&]() -> absl::StatusOr<std::vector<Trigger>> {
    CLOUDLET_RETURN_IF_ERROR(Usable(core_));
    CLOUDLET_ASSIGN_OR_RETURN(std::vector<Trigger> triggers, core_->runtime().ListTriggers());
    if (bucket_name.empty()) return triggers;
    CLOUDLET_ASSIGN_OR_RETURN(const objstore::LocalStore::Entrance entrance,
                              core_->store().Enter());
    CLOUDLET_RETURN_IF_ERROR(entrance.state.buckets.Find(bucket_name).status());
    std::erase_if(triggers, [&](const Trigger& one) { return one.bucket != bucket_name; });
    return triggers;
  };
  absl::StatusOr<std::vector<Trigger>> triggers = attempt();
  if (!triggers.ok()) return Annotate(triggers.status(), "list triggers", bucket_name);
  return triggers;
}

absl::StatusOr<FunctionStats> Cloud::function_stats(std::string_view name) const {
  const auto attempt = [&]() -> absl::StatusOr<FunctionStats> {
    CLOUDLET_RETURN_IF_ERROR(Usable(core_));
    return core_->runtime().function_stats(name);
  };
  absl::StatusOr<FunctionStats> stats = attempt();
  if (!stats.ok()) return Annotate(stats.status(), "function stats", name);
  return stats;
}

// --- Driving deliveries ---

absl::StatusOr<DriveResult> Cloud::Step() {
  CLOUDLET_RETURN_IF_ERROR(Annotate(Usable(core_), "step", {}));
  CLOUDLET_RETURN_IF_ERROR(Annotate(core_->NotFromHandler(), "step", {}));
  const absl::Status open = core_->store().Enter().status();
  if (!open.ok()) return Annotate(open, "step", {});
  return DriveResult{core_->runtime().Step()};
}

absl::StatusOr<DriveResult> Cloud::RunUntilIdle() {
  CLOUDLET_RETURN_IF_ERROR(Annotate(Usable(core_), "run until idle", {}));
  const absl::StatusOr<uint64_t> runs = core_->runtime().RunUntilIdle();
  if (!runs.ok()) return Annotate(runs.status(), "run until idle", {});
  return DriveResult{*runs};
}

absl::Status Cloud::WaitIdle(absl::Duration timeout) {
  CLOUDLET_RETURN_IF_ERROR(Annotate(Usable(core_), "wait idle", {}));
  return Annotate(core_->runtime().WaitIdle(timeout), "wait idle", {});
}

// --- Watching ---

ObserverToken Cloud::Observe(std::string_view bucket_name, CommitObserver observer) {
  if (core_ == nullptr) return nullptr;
  return core_->store().Observe(bucket_name, std::move(observer));
}

absl::StatusOr<std::vector<Event>> Cloud::Events(uint64_t after, size_t limit) {
  CLOUDLET_RETURN_IF_ERROR(Annotate(Usable(core_), "events", {}));
  absl::StatusOr<std::vector<objstore::EventPtr>> records =
      core_->ledger().ReadEvents(after, limit);
  if (!records.ok()) return Annotate(records.status(), "events", {});
  std::vector<Event> events;
  events.reserve(records->size());
  for (const objstore::EventPtr& record : *records) events.push_back(record->event);
  return events;
}

absl::StatusOr<TrimResult> Cloud::TrimEvents(const EventRetention& keep) {
  CLOUDLET_RETURN_IF_ERROR(Annotate(Usable(core_), "trim events", {}));
  const auto trim = [&]() -> absl::StatusOr<TrimResult> {
    if (keep.max_age < absl::ZeroDuration()) {
      return absl::InvalidArgumentError("max_age is negative");
    }
    return core_->ledger().TrimEvents(keep, core_->store().environment().clock->Now());
  };
  const absl::StatusOr<TrimResult> trimmed = trim();
  if (!trimmed.ok()) return Annotate(trimmed.status(), "trim events", {});
  return trimmed;
}

CloudStats Cloud::stats() const {
  if (!Usable(core_).ok()) return CloudStats{};
  CloudStats stats = core_->store().stats();
  stats.deliveries_pending = core_->runtime().pending();
  if (core_->pressure() != nullptr) core_->pressure()->AddTo(&stats);
  return stats;
}

absl::StatusOr<VerifyReport> Cloud::VerifyStore() {
  CLOUDLET_RETURN_IF_ERROR(Annotate(Usable(core_), "verify", {}));
  absl::StatusOr<objstore::LocalStore::Entrance> entrance = core_->store().Enter();
  if (!entrance.ok()) return Annotate(entrance.status(), "verify", {});
  absl::StatusOr<VerifyReport> report = objstore::Verify(entrance->state);
  if (!report.ok()) return Annotate(report.status(), "verify", {});
  return report;
}

}  // namespace cloudlet
