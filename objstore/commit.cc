// One commit, from locks to verdicts: see commit.h. Reads top to bottom in Commit() at the end.
#include "objstore/commit.h"

#include <algorithm>
#include <optional>

#include "absl/container/inlined_vector.h"
#include "base/fault_point.h"
#include "objstore/batch_builder.h"

namespace cloudlet::objstore {
namespace {

// Shared gates of the buckets of one commit, in ascending order of their ids.
class SharedGates {
 public:
  explicit SharedGates(absl::Span<Prepared> mutations) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    for (const Prepared& prepared : mutations) {
      if (prepared.bucket != nullptr) buckets_.push_back(prepared.bucket.get());
      if (prepared.source_bucket != nullptr) buckets_.push_back(prepared.source_bucket.get());
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
    if (prepared.source_bucket != nullptr) {
      indexes.push_back(KeyStripes::IndexOf(prepared.source_bucket->id, prepared.source_key));
    }
    if (const auto* open = std::get_if<PreparedRequireOpen>(&prepared.action)) {
      indexes.push_back(KeyStripes::IndexOf(open->event, open->function));
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
  if (request.together == Together::kEachAlone) {
    const size_t take = FirstCommitOf(request.mutations);
    if (take < request.mutations.size()) request.ledger_rows = nullptr;
    request.mutations = request.mutations.first(take);
  }
  std::optional<StripeLocks> stripes;
  stripes.emplace(&state.stripes, StripesOf(request.mutations));

  uint64_t count = 0;
  for (const Prepared& prepared : request.mutations) count += prepared.numbers();
  const absl::StatusOr<uint64_t> first = state.sequencer.Begin(std::max<uint64_t>(count, 1));
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
    outcome.verdicts.push_back(builder.Apply(prepared, number));
    number += prepared.numbers();
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

  if (builder.stored != 0) state.stored.Add(builder.stored, builder.now_ms());
  for (size_t i = 0; i < request.mutations.size(); ++i) {
    if (!outcome.verdicts[i].ok()) continue;
    std::visit([](auto& kind) { kind.Committed(); }, request.mutations[i].action);
  }
  stripes.reset();
  numbers.Publish(builder.events);
  outcome.events = std::move(builder.events);
  outcome.changes = std::move(builder.changes);
  outcome.released = std::move(builder.released);
  return outcome;
}

}  // namespace cloudlet::objstore
