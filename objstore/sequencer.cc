// Leases, numbers in flight and ordered publication: see sequencer.h.
#include "objstore/sequencer.h"

#include <optional>
#include <string>
#include <utility>

#include "base/status_macros.h"
#include "objstore/keys.h"
#include "objstore/records.pb.h"

namespace cloudlet::objstore {

absl::Status Sequencer::Load() {
  CLOUDLET_ASSIGN_OR_RETURN(const std::optional<kv::PinnedBytes> row, kv_->Get(kSystem, kLeaseKey));
  if (!row.has_value()) return absl::OkStatus();
  rows::LeaseRow lease;
  // An emptied row would parse, as zeros, and numbers would be issued twice.
  if (!lease.ParseFromArray(row->view().data(), static_cast<int>(row->view().size())) ||
      lease.commit_end() == 0 || lease.payload_end() == 0) {
    return absl::DataLossError("the lease row does not parse");
  }
  base::MutexLock lock(&mu_);
  next_commit_ = commit_end_ = lease.commit_end();
  next_payload_ = payload_end_ = lease.payload_end();
  return absl::OkStatus();
}

void Sequencer::SetSink(EventSink* sink) {
  base::MutexLock lock(&mu_);
  sink_ = sink;
}

SequencerPosition Sequencer::position() const {
  base::MutexLock lock(&mu_);
  return {next_commit_, next_payload_};
}

void Sequencer::ContinueAt(const SequencerPosition& at) {
  base::MutexLock lock(&mu_);
  next_commit_ = at.next_commit;
  next_payload_ = at.next_payload;
}

absl::Status Sequencer::ExtendLease() {
  const uint64_t commit_end = next_commit_ + kLeaseNumbers;
  const uint64_t payload_end = next_payload_ + kLeaseNumbers;
  rows::LeaseRow lease;
  lease.set_commit_end(commit_end);
  lease.set_payload_end(payload_end);
  const auto batch = kv_->NewBatch();
  batch->Put(kSystem, kLeaseKey, lease.SerializeAsString());
  CLOUDLET_RETURN_IF_ERROR(kv_->Write(*batch, kv::Durability::kSync));
  commit_end_ = commit_end;
  payload_end_ = payload_end;
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> Sequencer::Begin(uint64_t count) {
  base::MutexLock lock(&mu_);
  if (next_commit_ + count > commit_end_) CLOUDLET_RETURN_IF_ERROR(ExtendLease());
  const uint64_t first = next_commit_;
  flights_.push_back({first, false, {}});
  next_commit_ += count;
  return first;
}

void Sequencer::End(uint64_t first, std::vector<EventPtr> events) {
  EventSink* told = EndLocked(first, std::move(events));
  if (told != nullptr) told->Wake();
}

EventSink* Sequencer::EndLocked(uint64_t first, std::vector<EventPtr> events) {
  EventSink* told = nullptr;
  base::MutexLock lock(&mu_);
  for (Flight& flight : flights_) {
    if (flight.first != first) continue;
    flight.ended = true;
    flight.events = std::move(events);
    break;
  }
  while (!flights_.empty() && flights_.front().ended) {
    const std::vector<EventPtr> due = std::move(flights_.front().events);
    flights_.pop_front();
    if (sink_ == nullptr || due.empty()) continue;
    sink_->Published(due);
    told = sink_;
  }
  return told;
}

uint64_t Sequencer::PublishedUpTo() const {
  base::MutexLock lock(&mu_);
  return (flights_.empty() ? next_commit_ : flights_.front().first) - 1;
}

absl::StatusOr<uint64_t> Sequencer::NextBucketId() {
  base::MutexLock lock(&mu_);
  if (next_commit_ >= commit_end_) CLOUDLET_RETURN_IF_ERROR(ExtendLease());
  return next_commit_++;
}

absl::StatusOr<uint64_t> Sequencer::NextPayloadId() {
  base::MutexLock lock(&mu_);
  if (next_payload_ >= payload_end_) CLOUDLET_RETURN_IF_ERROR(ExtendLease());
  return next_payload_++;
}

}  // namespace cloudlet::objstore
