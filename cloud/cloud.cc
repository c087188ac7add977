// Cloud: the public root over CloudCore. Reads like the table of contents of cloudlet/cloud.h.
#include "cloudlet/cloud.h"

#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/logger.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloud/core.h"
#include "objstore/annotate.h"
#include "objstore/verify.h"

namespace cloudlet {

using internal::CloudCore;

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
    core_->logger().Log(LogLevel::kError, "cloud", "destroyed from inside one of its handlers");
    std::abort();
  }
  const absl::Status closed = core_->Close({});
  if (!closed.ok()) {
    core_->logger().Log(LogLevel::kError, "cloud", absl::StrCat("close: ", closed.ToString()));
  }
}

absl::StatusOr<Cloud> Cloud::Open(const std::string& directory, const OpenOptions& options) {
  if (directory.empty() || directory.find('\0') != std::string::npos) {
    return objstore::Annotate(absl::InvalidArgumentError("the path is empty or has a NUL"), "open",
                              directory);
  }
  absl::StatusOr<std::shared_ptr<CloudCore>> core =
      CloudCore::Start(internal::PlanFor(directory, options));
  if (!core.ok()) return objstore::Annotate(core.status(), "open", directory);
  return Cloud(*std::move(core));
}

Cloud Cloud::InMemory(const InMemoryOptions& options) {
  // Nothing of it does I/O: it fails for wrong options alone.
  absl::StatusOr<std::shared_ptr<CloudCore>> core = CloudCore::Start(internal::PlanFor(options));
  if (!core.ok()) {
    base::Logger(options.log)
        .Log(LogLevel::kError, "cloud", absl::StrCat("in memory: ", core.status().ToString()));
    std::abort();
  }
  return Cloud(*std::move(core));
}

absl::Status Cloud::Close(const CloseOptions& options) { return core_->Close(options); }
absl::Status Cloud::Reopen() { return core_->Reopen(); }
absl::Status Cloud::health() const { return core_->store().health(); }
absl::Status Cloud::Sync() { return core_->store().Sync(); }

// --- Buckets ---

absl::StatusOr<Bucket> Cloud::CreateBucket(std::string_view name, const BucketOptions& options) {
  CLOUDLET_RETURN_IF_ERROR(core_->store().CreateBucket(name, options, Caller{}));
  return bucket(name);
}

Bucket Cloud::bucket(std::string_view name) {
  return Bucket(core_->gateway(), std::string(name), Caller{});
}

absl::Status Cloud::DeleteBucket(std::string_view name) {
  return core_->store().DeleteBucket(name, Caller{});
}

absl::StatusOr<std::vector<BucketEntry>> Cloud::ListBuckets() {
  CLOUDLET_ASSIGN_OR_RETURN(const std::vector<BucketInfo> infos,
                            core_->store().ListBuckets(Caller{}));
  std::vector<BucketEntry> entries;
  entries.reserve(infos.size());
  for (const BucketInfo& info : infos) entries.push_back({info.name, info.created});
  return entries;
}

// --- Functions and triggers ---

absl::Status Cloud::RegisterFunction(std::string_view name, Function function,
                                     const FunctionOptions& options) {
  CLOUDLET_RETURN_IF_ERROR(core_->NotForked("register function"));
  return core_->runtime().RegisterFunction(name, std::move(function), options);
}

absl::Status Cloud::UnregisterFunction(std::string_view name) {
  CLOUDLET_RETURN_IF_ERROR(core_->NotForked("unregister function"));
  return core_->runtime().UnregisterFunction(name);
}

absl::StatusOr<std::string> Cloud::AddTrigger(const Trigger& trigger) {
  CLOUDLET_RETURN_IF_ERROR(core_->NotForked("add trigger"));
  return core_->runtime().AddTrigger(trigger);
}

absl::Status Cloud::RemoveTrigger(std::string_view bucket_name, std::string_view id) {
  CLOUDLET_RETURN_IF_ERROR(core_->NotForked("remove trigger"));
  return core_->runtime().RemoveTrigger(bucket_name, id);
}

absl::StatusOr<std::vector<Trigger>> Cloud::ListTriggers() {
  CLOUDLET_RETURN_IF_ERROR(core_->NotForked("list triggers"));
  return core_->runtime().ListTriggers();
}

absl::StatusOr<FunctionStats> Cloud::function_stats(std::string_view name) const {
  CLOUDLET_RETURN_IF_ERROR(core_->NotForked("function stats"));
  return core_->runtime().function_stats(name);
}

// --- Driving deliveries ---

absl::StatusOr<DriveResult> Cloud::Step() {
  CLOUDLET_RETURN_IF_ERROR(core_->NotFromHandler("step"));
  const absl::Status open = core_->store().Enter().status();
  if (!open.ok()) return objstore::Annotate(open, "step", {});
  return DriveResult{core_->runtime().Step()};
}

absl::StatusOr<DriveResult> Cloud::RunUntilIdle() {
  CLOUDLET_RETURN_IF_ERROR(core_->NotForked("run until idle"));
  CLOUDLET_ASSIGN_OR_RETURN(const uint64_t runs, core_->runtime().RunUntilIdle());
  return DriveResult{runs};
}

absl::Status Cloud::WaitIdle(absl::Duration timeout) {
  CLOUDLET_RETURN_IF_ERROR(core_->NotForked("wait idle"));
  return core_->runtime().WaitIdle(timeout);
}

// --- Watching ---

ObserverToken Cloud::Observe(std::string_view bucket_name, CommitObserver observer) {
  return core_->store().Observe(bucket_name, std::move(observer));
}

absl::StatusOr<std::vector<Event>> Cloud::Events(uint64_t after, size_t limit) {
  absl::StatusOr<std::vector<objstore::EventPtr>> records =
      core_->ledger().ReadEvents(after, limit);
  if (!records.ok()) return objstore::Annotate(records.status(), "events", {});
  std::vector<Event> events;
  events.reserve(records->size());
  for (const objstore::EventPtr& record : *records) events.push_back(record->event);
  return events;
}

CloudStats Cloud::stats() const {
  if (!core_->NotForked("stats").ok()) return CloudStats{};
  CloudStats stats = core_->store().stats();
  stats.deliveries_pending = core_->runtime().pending();
  return stats;
}

absl::StatusOr<VerifyReport> Cloud::VerifyStore() {
  absl::StatusOr<objstore::LocalStore::Entrance> entrance = core_->store().Enter();
  if (!entrance.ok()) return objstore::Annotate(entrance.status(), "verify", {});
  absl::StatusOr<VerifyReport> report = objstore::Verify(entrance->state);
  if (!report.ok()) return objstore::Annotate(report.status(), "verify", {});
  return report;
}

}  // namespace cloudlet
