// Which calls may bring deliveries about, and what becomes of them: see pressure_store.h.
#include "cloud/pressure_store.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "cloudlet/event.h"
#include "objstore/annotate.h"
#include "objstore/rules.h"
#include "triggers/targets.h"

namespace cloudlet::internal {
namespace {

using objstore::Annotate;

// A store that has become read-only ends no deliveries: who waits looks again after this long.
constexpr absl::Duration kLookAgain = absl::Seconds(1);

struct MayFire {
  EventType type = EventType::kNone;  // kNone: nothing
  std::string_view key = {};
};
using Events = std::array<MayFire, 2>;

// The events that a mutation may bring about.
struct EventsOf {
  Events operator()(const objstore::PutMutation& one) const {
    return {{{EventType::kObjectCreatedPut, one.key}}};
  }
  Events operator()(const objstore::AppendMutation& one) const {
    return {{{EventType::kObjectCreatedPut, one.key}}};
  }
  Events operator()(const objstore::CopyMutation& one) const {
    return {{{EventType::kObjectCreatedCopy, one.key}}};
  }
  Events operator()(const objstore::CompleteMutation& one) const {
    return {{{EventType::kObjectCreatedCompleteMultipartUpload, one.key}}};
  }
  Events operator()(const objstore::DeleteMutation& one) const {
    return {{{EventType::kObjectRemovedDelete, one.key},
             {EventType::kObjectRemovedDeleteMarkerCreated, one.key}}};
  }
  Events operator()(const objstore::RenameMutation& one) const {
    return {{{EventType::kObjectRemovedDelete, one.source_key},
             {EventType::kObjectCreatedCopy, one.key}}};
  }
  Events operator()(const objstore::SetTagsMutation& one) const {
    // No tags take those off that are there.
    return {{{EventType::kObjectTaggingPut, one.key}, {EventType::kObjectTaggingDelete, one.key}}};
  }
  Events operator()(const objstore::DeleteTagsMutation& one) const {
    return {{{EventType::kObjectTaggingDelete, one.key}}};
  }
  Events operator()(const objstore::SetObjectAclMutation& one) const {
    return {{{EventType::kObjectAclPut, one.key}}};
  }
  Events operator()(const objstore::PutAnnotationMutation& one) const {
    return {{{EventType::kObjectAnnotationPut, one.key}}};
  }
  Events operator()(const objstore::DeleteAnnotationMutation& one) const {
    return {{{EventType::kObjectAnnotationDelete, one.key}}};
  }
  // Of no bucket, or no change.
  Events operator()(const objstore::EnqueueMutation& /*one*/) const { return {}; }
  Events operator()(const objstore::RequireMutation& /*one*/) const { return {}; }
  Events operator()(const objstore::RequireOpenMutation& /*one*/) const { return {}; }
};

// Messages in queues are no deliveries.
bool IsDelivery(const objstore::EventTarget& target) {
  return !absl::StartsWith(target.function, base::V(triggers::kQueueTarget));
}

bool Fires(const objstore::RuleTable& rules, uint64_t bucket, const Events& events) {
  return std::any_of(events.begin(), events.end(), [&](const MayFire& event) {
    if (event.type == EventType::kNone) return false;
    const auto targets = rules.Match(bucket, event.type, event.key);
    return std::any_of(targets.begin(), targets.end(), IsDelivery);
  });
}

std::string_view BucketOf(const objstore::Mutation& mutation) {
  return std::visit([](const auto& one) -> std::string_view { return one.bucket; }, mutation);
}

absl::Status About(const objstore::Mutation& mutation, const absl::Status& status) {
  return std::visit(
      [&status](const auto& one) { return Annotate(status, one.kVerb, one.bucket, one.key); },
      mutation);
}

}  // namespace

struct PressureStore::Inside {
  explicit Inside(const PressureStore* the_store) : store(the_store), outer(inside_) {
    inside_ = this;
  }
  ~Inside() { inside_ = outer; }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

  const PressureStore* const store;
  const Inside* const outer;
};

thread_local const PressureStore::Inside* PressureStore::inside_ = nullptr;

PressureStore::PressureStore(std::shared_ptr<objstore::LocalStore> store, uint64_t max_pending,
                             WhenFull when_full, std::string where)
    : ForwardingStore(store),
      store_(std::move(store)),
      max_pending_(max_pending),
      when_full_(when_full),
      where_(std::move(where)) {}

void PressureStore::AddTo(CloudStats* stats) const {
  stats->changes_shed += shed_.load();
  stats->calls_blocked += blocked_.load();
  stats->time_blocked += absl::Nanoseconds(blocked_ns_.load());
}

bool PressureStore::IsExempt(const Caller& caller) const {
  if (caller.causation.hops > 0) return true;
  for (const Inside* call = inside_; call != nullptr; call = call->outer) {
    if (call->store == this) return true;
  }
  const triggers::Runtime* const runtime = runtime_.load();
  return runtime == nullptr || runtime->InHandler();
}

bool PressureStore::MayCauseDelivery(const objstore::MutateRequest& request) const {
  const absl::StatusOr<objstore::LocalStore::Entrance> entrance = store_->Enter();
  if (!entrance.ok()) return false;  // it is closed, and says so
  const std::shared_ptr<const objstore::RuleTable> rules = store_->rules();
  if (rules == nullptr) return false;
  objstore::BucketPtr bucket;
  for (const objstore::Mutation& mutation : request.mutations) {
    const std::string_view name = BucketOf(mutation);
    if (name.empty()) continue;
    if (bucket == nullptr || bucket->info.name != name) {
      absl::StatusOr<objstore::BucketPtr> found = entrance->state.buckets.Find(name);
      if (!found.ok()) continue;
      bucket = *std::move(found);
    }
    if (!rules->HasRules(bucket->id)) continue;
    if (Fires(*rules, bucket->id, std::visit(EventsOf{}, mutation))) return true;
  }
  return false;
}

bool PressureStore::MayCauseDelivery(std::string_view bucket, std::string_view key) const {
  objstore::PutMutation put;
  put.bucket = bucket;
  put.key = key;
  objstore::Mutation mutation(std::move(put));
  return MayCauseDelivery({absl::MakeSpan(&mutation, 1)});
}

absl::Status PressureStore::SlowDown(uint64_t pending) const {
  return MakeError(ErrorCode::kSlowDown,
                   absl::StrCat(pending, " deliveries are pending, max_pending_deliveries is ",
                                max_pending_, " (try again later, or open with a higher one)"));
}

absl::Status PressureStore::Pass(uint64_t changes) {
  triggers::Runtime& runtime = *runtime_.load();
  const std::optional<uint64_t> pending = runtime.WaitForRoom(max_pending_, absl::ZeroDuration());
  if (!pending.has_value()) return absl::OkStatus();
  if (when_full_ == WhenFull::kBlock) return WaitForRoom(runtime);
  shed_.fetch_add(changes);
  return SlowDown(*pending);
}

absl::Status PressureStore::WaitForRoom(triggers::Runtime& runtime) {
  const auto begun = std::chrono::steady_clock::now();
  blocked_.fetch_add(1);
  // A store that takes no writes says so itself.
  while (runtime.WaitForRoom(max_pending_, kLookAgain).has_value() && store_->health().ok()) {
  }
  const auto waited = std::chrono::steady_clock::now() - begun;
  blocked_ns_.fetch_add(std::chrono::duration_cast<std::chrono::nanoseconds>(waited).count());
  if (!closing_.load()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("the store ", where_, " is closed"));
}

std::vector<absl::StatusOr<objstore::MutationResult>> PressureStore::Mutate(
    const objstore::MutateRequest& request) {
  // What has a `revoked` is done by a handler, on whatever thread.
  if (request.revoked == nullptr && !IsExempt(request.caller) && MayCauseDelivery(request)) {
    const absl::Status pass = Pass(request.mutations.size());
    if (!pass.ok()) {
      std::vector<absl::StatusOr<objstore::MutationResult>> refused;
      refused.reserve(request.mutations.size());
      for (const objstore::Mutation& mutation : request.mutations) {
        refused.emplace_back(About(mutation, pass));
      }
      return refused;
    }
  }
  const Inside call(this);
  return inner().Mutate(request);
}

absl::StatusOr<std::unique_ptr<objstore::PayloadSink>> PressureStore::Stage(
    const objstore::StageRequest& request) {
  if (when_full_ == WhenFull::kShed && !IsExempt(request.caller) &&
      MayCauseDelivery(request.bucket, request.key)) {
    const absl::Status pass = Pass(1);
    if (!pass.ok()) return Annotate(pass, "open writer of", request.bucket, request.key);
  }
  return inner().Stage(request);
}

}  // namespace cloudlet::internal
