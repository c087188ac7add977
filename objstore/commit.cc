// One commit, from locks to verdicts: see commit.h. Reads top to bottom in Commit() at the end.
#include "objstore/commit.h"

#include <algorithm>
#include <optional>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/fault_point.h"
#include "base/status_macros.h"
#include "cloudlet/error.h"
#include "objstore/authorize.h"
#include "objstore/conditions.h"
#include "objstore/keys.h"

namespace cloudlet::objstore {
namespace {

// Shared gates of the buckets of one commit, in ascending order of their ids.
class SharedGates {
 public:
  explicit SharedGates(absl::Span<Prepared> mutations) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    for (const Prepared& prepared : mutations) {
      if (prepared.bucket != nullptr) buckets_.push_back(prepared.bucket.get());
    }
    if (buckets_.size() > 1) {
      std::sort(buckets_.begin(), buckets_.end(),
                [](const BucketState* a, const BucketState* b) { return a->id < b->id; });
      buckets_.erase(std::unique(buckets_.begin(), buckets_.end()), buckets_.end());
    }
    for (BucketState* bucket : buckets_) bucket->gate.ReaderLock();
  }
  ~SharedGates() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    for (BucketState* bucket : buckets_) bucket->gate.ReaderUnlock();
  }
  SharedGates(const SharedGates&) = delete;
  SharedGates& operator=(const SharedGates&) = delete;

 private:
  absl::InlinedVector<BucketState*, 4> buckets_;
};

StripeLocks::Indexes StripesOf(absl::Span<Prepared> mutations) {
  StripeLocks::Indexes indexes;
  for (const Prepared& prepared : mutations) {
    if (prepared.bucket != nullptr) {
      indexes.push_back(KeyStripes::IndexOf(prepared.bucket->id, prepared.key));
    }
  }
  return indexes;
}

// Numbers in flight; ends them, without events, if the commit does not.
class NumbersInFlight {
 public:
  NumbersInFlight(Sequencer* sequencer, uint64_t first) : sequencer_(sequencer), first_(first) {}
  ~NumbersInFlight() {
    if (!ended_) sequencer_->End(first_, {});
  }
  NumbersInFlight(const NumbersInFlight&) = delete;
  NumbersInFlight& operator=(const NumbersInFlight&) = delete;
  void Publish(std::vector<EventPtr> events) {
    ended_ = true;
    sequencer_->End(first_, std::move(events));
  }

 private:
  Sequencer* const sequencer_;
  const uint64_t first_;
  bool ended_ = false;
};

// About what the batch of these will hold: bytes in hand, heads and events.
size_t ExpectedBytes(const CommitRequest& request) {
  constexpr size_t kRows = 640;
  size_t bytes = 0;
  for (const Prepared& prepared : request.mutations) {
    const auto* put = std::get_if<PreparedPut>(&prepared.action);
    bytes += kRows + 2 * prepared.key.size() + (put != nullptr ? put->bytes.size() : 0);
  }
  return bytes;
}

// Builds the batch of one commit, mutation by mutation.
class BatchBuilder {
 public:
  BatchBuilder(State& state, const Environment& environment, const CommitRequest& request)
      : state_(state),
        environment_(environment),
        request_(request),
        batch_(state.kv->NewBatch(ExpectedBytes(request))),
        now_ms_(ToMillis(environment.clock->Now())) {}

  absl::StatusOr<MutationResult> Apply(Prepared& prepared, uint64_t number) {
    if (!prepared.refused.ok()) return prepared.refused;
    if (request_.revoked != nullptr && request_.revoked->load()) {
      return absl::FailedPreconditionError("the invocation that asks has ended or timed out");
    }
    if (prepared.bucket->deleted.load()) return MakeError(ErrorCode::kNoSuchBucket);
    CLOUDLET_RETURN_IF_ERROR(
        Authorize(*request_.caller, prepared.bucket->owner, environment_.owner));
    head_key_ = HeadKey(prepared.bucket->id, prepared.key);
    CLOUDLET_ASSIGN_OR_RETURN(const std::optional<Head> current, CurrentHead(prepared));
    if (auto* put = std::get_if<PreparedPut>(&prepared.action)) {
      return ApplyPut(prepared, *put, current, number);
    }
    return ApplyDelete(prepared, std::get<PreparedDelete>(prepared.action), current, number);
  }

  kv::Batch& batch() { return *batch_; }
  std::vector<EventPtr> events;
  std::vector<ChangeRecord> changes;
  std::vector<ReleasedPayload> released;

 private:
  // What this batch has made of a key so far.
  struct Effect {
    uint64_t bucket_id;
    std::string_view key;
    std::optional<Head> head;
  };

  absl::StatusOr<std::optional<Head>> CurrentHead(const Prepared& prepared) const {
    for (auto effect = effects_.rbegin(); effect != effects_.rend(); ++effect) {
      if (effect->bucket_id == prepared.bucket->id && effect->key == prepared.key) {
        return effect->head;
      }
    }
    CLOUDLET_ASSIGN_OR_RETURN(const std::optional<kv::PinnedBytes> row,
                              state_.kv->Get(kHeads, head_key_));
    if (!row.has_value()) return std::optional<Head>();
    CLOUDLET_ASSIGN_OR_RETURN(Head head, DecodeHeadFixed(row->view()));
    return std::optional<Head>(std::move(head));
  }

  absl::StatusOr<MutationResult> ApplyPut(const Prepared& prepared, PreparedPut& put,
                                          const std::optional<Head>& current, uint64_t number) {
    CLOUDLET_RETURN_IF_ERROR(CheckWrite(put.if_match, put.if_none_match, EtagOf(current)));
    Head& head = put.head;
    head.number = number;
    head.modified_ms = now_ms_;
    WriteBody(put, number);
    const std::string row = EncodeHead(head);
    const std::string_view parts[] = {
        row, head.location == Location::kInline ? put.bytes : std::string_view()};
    batch_->PutParts(kHeads, head_key_, parts);
    Release(current);
    PutResult result;
    result.etag = head.etag.Text();
    AddEvent(prepared, EventType::kObjectCreatedPut, number, &head, result.etag);
    AddChange(prepared, ChangeKind::kWritten, number);
    result.crc64nvme = head.crc64nvme;
    result.sequence = number;
    result.request_id = request_.request_id;
    AddEffect(prepared, &head);
    return MutationResult(std::move(result));
  }

  absl::StatusOr<MutationResult> ApplyDelete(const Prepared& prepared,
                                             const PreparedDelete& removal,
                                             const std::optional<Head>& current, uint64_t number) {
    CLOUDLET_RETURN_IF_ERROR(CheckWrite(removal.if_match, {}, EtagOf(current)));
    DeleteResult result;
    result.request_id = request_.request_id;
    if (!current.has_value()) return MutationResult(std::move(result));
    batch_->Delete(kHeads, head_key_);
    Release(current);
    AddEvent(prepared, EventType::kObjectRemovedDelete, number, nullptr, {});
    AddChange(prepared, ChangeKind::kRemoved, number);
    result.existed = true;
    result.sequence = number;
    AddEffect(prepared, nullptr);
    return MutationResult(std::move(result));
  }

  // `head` is null after a deletion. Only later mutations of the same batch look at effects.
  void AddEffect(const Prepared& prepared, const Head* head) {
    if (&prepared == &request_.mutations.back()) return;
    effects_.push_back({prepared.bucket->id, prepared.key,
                        head != nullptr ? std::optional<Head>(*head) : std::nullopt});
  }

  // The text of the current ETag; valid until the next call.
  std::optional<std::string_view> EtagOf(const std::optional<Head>& current) {
    if (!current.has_value()) return std::nullopt;
    etag_ = current->etag.Text();
    return etag_;
  }

  // The rows of a body that is not inline, and its reference.
  void WriteBody(const PreparedPut& put, uint64_t number) {
    const Head& head = put.head;
    if (head.location != Location::kInPayload) return;
    if (put.staged != nullptr && put.staged->payload_id != 0) {
      batch_->Delete(kOwners, GarbageKey(head.payload_id));
    } else {
      std::string trailer;
      ChunkTrailer(put.bytes, &trailer);
      const std::string_view parts[] = {put.bytes, trailer};
      batch_->PutParts(kPayload, ChunkKey(head.payload_id, 0), parts);
    }
    batch_->Put(kOwners, ReferenceKey(head.payload_id, kVersionOwner, number), {});
  }

  void Release(const std::optional<Head>& current) {
    if (!current.has_value() || current->location != Location::kInPayload) return;
    batch_->Delete(kOwners, ReferenceKey(current->payload_id, kVersionOwner, current->number));
    std::string hint;
    base::AppendU64(&hint, current->size);
    batch_->Put(kOwners, GarbageKey(current->payload_id), hint);
    released.push_back({current->payload_id, current->size});
  }

  // `head` and `etag` (its text) of what is there afterwards; null where nothing is.
  void AddEvent(const Prepared& prepared, EventType type, uint64_t number, const Head* head,
                std::string_view etag) {
    const BucketState& bucket = *prepared.bucket;
    const bool retained = bucket.info.options.retain_events;
    const bool has_rules = request_.rules != nullptr && request_.rules->HasRules(bucket.id);
    if (!retained && !has_rules) return;
    auto record = std::make_shared<EventRecord>();
    if (has_rules) record->targets = request_.rules->Match(bucket.id, type, prepared.key);
    if (!retained && record->targets.empty()) return;
    const Caller& caller = *request_.caller;
    record->bucket_id = bucket.id;
    record->retained = retained;
    Event& event = record->event;
    event.type = type;
    event.bucket = bucket.info.name;
    event.key = prepared.key;
    if (head != nullptr) {
      event.size = head->size;
      event.etag = etag;
    }
    event.sequence = number;
    event.time = FromMillis(now_ms_);
    event.request_id = request_.request_id;
    event.principal = caller.principal.empty() ? environment_.owner : caller.principal;
    event.source_address = caller.source_address;
    event.causation = caller.causation;
    if (event.causation.root == 0) event.causation.root = number;
    batch_->Put(kEvents, EventKey(retained ? kRetainedTag : kTransientTag, number),
                EncodeEvent(*record, head != nullptr ? head->etag : StoredEtag()));
    events.push_back(std::move(record));
  }

  void AddChange(const Prepared& prepared, ChangeKind kind, uint64_t number) {
    changes.push_back({kind, prepared.bucket, prepared.key, number});
  }

  State& state_;
  const Environment& environment_;
  const CommitRequest& request_;
  const std::unique_ptr<kv::Batch> batch_;
  const int64_t now_ms_;
  std::string head_key_;  // of the mutation that is being applied
  std::string etag_;
  std::vector<Effect> effects_;
};

kv::Durability EngineDurability(Durability durability) {
  return durability == Durability::kSync ? kv::Durability::kSync : kv::Durability::kBuffered;
}

// Nothing was written: every mutation answers `why`, except those that have an error of their own.
CommitOutcome NothingWritten(CommitOutcome outcome, const absl::Status& why) {
  for (absl::StatusOr<MutationResult>& verdict : outcome.verdicts) {
    if (verdict.ok()) verdict = why;
  }
  return outcome;
}

}  // namespace

CommitOutcome Commit(State& state, const Environment& environment, CommitRequest request) {
  CommitOutcome outcome;
  const SharedGates gates(request.mutations);
  std::optional<StripeLocks> stripes;
  stripes.emplace(&state.stripes, StripesOf(request.mutations));

  const uint64_t count = std::max<uint64_t>(request.mutations.size(), 1);
  const absl::StatusOr<uint64_t> first = state.sequencer.Begin(count);
  if (!first.ok()) {
    outcome.verdicts.assign(request.mutations.size(), first.status());
    return outcome;
  }
  NumbersInFlight numbers(&state.sequencer, *first);

  outcome.verdicts.reserve(request.mutations.size());
  BatchBuilder builder(state, environment, request);
  uint64_t number = *first;
  bool all_ok = true;
  for (Prepared& prepared : request.mutations) {
    outcome.verdicts.push_back(builder.Apply(prepared, number++));
    all_ok = all_ok && outcome.verdicts.back().ok();
  }
  if (!all_ok && request.together == Together::kAllOrNothing) {
    return NothingWritten(std::move(outcome),
                          absl::AbortedError("another mutation of the same request failed"));
  }
  if (request.ledger_rows != nullptr) request.ledger_rows(builder.batch());
  // With kSync an empty batch is written too: what it found, and every earlier write, is durable
  // then.
  if (builder.batch().empty() && request.durability != Durability::kSync) return outcome;

  CLOUDLET_FAULT_POINT("commit/before_write");
  const absl::Status written =
      state.kv->Write(builder.batch(), EngineDurability(request.durability));
  CLOUDLET_FAULT_POINT("commit/after_write");
  if (!written.ok()) return NothingWritten(std::move(outcome), written);

  for (size_t i = 0; i < request.mutations.size(); ++i) {
    auto* put = std::get_if<PreparedPut>(&request.mutations[i].action);
    if (put != nullptr && put->staged != nullptr && outcome.verdicts[i].ok()) {
      put->staged->taken = true;
    }
  }
  stripes.reset();
  numbers.Publish(builder.events);
  outcome.events = std::move(builder.events);
  outcome.changes = std::move(builder.changes);
  outcome.released = std::move(builder.released);
  return outcome;
}

}  // namespace cloudlet::objstore
