// Finding and freeing garbage payloads: see garbage.h.
#include "objstore/garbage.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/fault_point.h"
#include "base/status_macros.h"
#include "objstore/annotation_rows.h"
#include "objstore/keys.h"
#include "objstore/payload.h"
#include "objstore/upload_rows.h"

namespace cloudlet::objstore {
namespace {

constexpr size_t kSweepAtCandidates = 64;
constexpr uint64_t kSweepAtBytes = 16 << 20;
constexpr uint64_t kPointDeletes = 4;    // chunks; above, the range is reclaimed file by file
constexpr size_t kPartsOfAStep = 2'000;  // of manifests and sets, which are freed as a whole

PayloadKind KindOf(char stored) {
  const auto kind = static_cast<PayloadKind>(stored);
  const bool known = kind == PayloadKind::kManifest || kind == PayloadKind::kAnnotationSet;
  return known ? kind : PayloadKind::kBytes;
}

}  // namespace

void DropReference(char kind, uint64_t owner_id, const ReleasedPayload& payload, kv::Batch* batch) {
  batch->Delete(kOwners, ReferenceKey(payload.payload_id, kind, owner_id));
  MarkGarbage(payload, batch);
}

void MarkGarbage(const ReleasedPayload& payload, kv::Batch* batch) {
  std::string hint;
  base::AppendU64(&hint, payload.bytes);
  if (payload.kind != PayloadKind::kBytes) hint.push_back(static_cast<char>(payload.kind));
  batch->Put(kOwners, GarbageKey(payload.payload_id), hint);
}

absl::Status Garbage::Load() {
  kv::IteratorOptions options;
  options.lower = std::string(1, kGarbageTag);
  options.upper = base::PrefixEnd(options.lower);
  const auto it = kv_->NewIterator(kOwners, options);
  std::vector<ReleasedPayload> found;
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    const std::optional<uint64_t> id = ParseGarbageKey(it->key());
    base::ByteReader reader(it->value());
    ReleasedPayload payload;
    if (!id.has_value() || !reader.ReadU64(&payload.bytes)) {
      return absl::DataLossError("a garbage row does not parse");
    }
    payload.payload_id = *id;
    if (!reader.empty()) payload.kind = KindOf(reader.rest()[0]);
    found.push_back(payload);
  }
  CLOUDLET_RETURN_IF_ERROR(it->status());
  Add(found);
  return absl::OkStatus();
}

Garbage::Pin::Pin(Garbage* garbage, uint64_t payload_id)
    : garbage_(garbage), payload_id_(payload_id) {
  base::MutexLock lock(&garbage_->mu_);
  ++garbage_->pins_[payload_id_];
}

Garbage::Pin::~Pin() {
  if (garbage_->IsForkedCopy()) return;
  base::MutexLock lock(&garbage_->mu_);
  const auto it = garbage_->pins_.find(payload_id_);
  if (--it->second == 0) garbage_->pins_.erase(it);
}

void Garbage::Add(const std::vector<ReleasedPayload>& released) {
  if (released.empty()) return;
  base::MutexLock lock(&mu_);
  for (const ReleasedPayload& payload : released) {
    released_.push_back(payload);
    candidate_bytes_ += payload.bytes;
  }
}

bool Garbage::WantsSweep() const {
  base::MutexLock lock(&mu_);
  return released_.size() + unowned_.size() >= kSweepAtCandidates ||
         candidate_bytes_ >= kSweepAtBytes;
}

size_t Garbage::pending() const {
  base::MutexLock lock(&mu_);
  return released_.size() + unowned_.size();
}

bool Garbage::IsPinned(uint64_t payload_id) const { return pins_.count(payload_id) != 0; }

absl::Status Garbage::Sweep(size_t most) {
  if (!sweeping_.TryLock()) return absl::OkStatus();
  std::vector<ReleasedPayload> released;
  {
    base::MutexLock lock(&mu_);
    const auto end =
        released_.begin() + static_cast<std::ptrdiff_t>(std::min(most, released_.size()));
    released.assign(released_.begin(), end);
    released_.erase(released_.begin(), end);
  }
  const uint64_t sweep = ++sweeps_;
  absl::Status status = FindUnowned(released, sweep);
  if (status.ok()) {
    epochs_.TryAdvance();
    epochs_.TryAdvance();
    const std::vector<Candidate> free = TakeFree(most, epochs_.current());
    std::vector<ReleasedPayload> later;
    status = Free(free, sweep, &later);
    if (!status.ok()) {  // their 'g' rows are still there, or gone with the payload
      later.clear();
      for (const Candidate& candidate : free) later.push_back(candidate.payload);
    }
    Add(later);
  }
  sweeping_.Unlock();
  return status;
}

absl::Status Garbage::FindUnowned(const std::vector<ReleasedPayload>& released, uint64_t sweep) {
  std::vector<ReleasedPayload> unowned;
  uint64_t owned_bytes = 0;
  for (const ReleasedPayload& payload : released) {
    const absl::StatusOr<bool> owned = HasReference(payload.payload_id);
    if (!owned.ok()) {
      base::MutexLock lock(&mu_);
      released_.insert(released_.end(), released.begin(), released.end());
      return owned.status();
    }
    // Owned again, or shared: its row stays, since a commit may be dropping that owner right now.
    // Whoever drops the last owner adds the id again.
    if (*owned) {
      owned_bytes += payload.bytes;
    } else {
      unowned.push_back(payload);
    }
  }
  const uint64_t epoch = epochs_.current();  // not before the last look
  base::MutexLock lock(&mu_);
  candidate_bytes_ -= owned_bytes;
  for (const ReleasedPayload& payload : unowned) unowned_.push_back({payload, epoch, sweep});
  return absl::OkStatus();
}

std::vector<Garbage::Candidate> Garbage::TakeFree(size_t most, uint64_t epoch) {
  std::vector<Candidate> free;
  base::MutexLock lock(&mu_);
  const size_t look_at = std::min(most, unowned_.size());
  for (size_t i = 0; i < look_at; ++i) {
    Candidate candidate = unowned_.front();
    if (candidate.epoch + 2 > epoch) break;  // and so are all behind it
    unowned_.pop_front();
    if (IsPinned(candidate.payload.payload_id)) {
      candidate.epoch = epoch;
      unowned_.push_back(candidate);
    } else {
      candidate_bytes_ -= candidate.payload.bytes;
      free.push_back(candidate);
    }
  }
  return free;
}

absl::StatusOr<bool> Garbage::HasReference(uint64_t payload_id) const {
  kv::IteratorOptions options;
  options.lower = ReferencePrefix(payload_id);
  options.upper = base::PrefixEnd(options.lower);
  const auto it = kv_->NewIterator(kOwners, options);
  it->SeekToFirst();
  if (it->Valid()) return true;
  CLOUDLET_RETURN_IF_ERROR(it->status());
  return false;
}

absl::Status Garbage::FreeManifest(uint64_t id, kv::Batch* batch,
                                   std::vector<ReleasedPayload>* parts) {
  CLOUDLET_ASSIGN_OR_RETURN(const std::optional<kv::PinnedBytes> row,
                            kv_->Get(kPayload, ChunkKey(id, kManifestChunk)));
  if (row.has_value()) {
    const absl::StatusOr<Manifest> manifest = DecodeManifest(row->view());
    // It stays, with its 'g' row, for VerifyStore to tell of; the others are not held up.
    if (!manifest.ok()) return absl::OkStatus();
    for (const Part& part : manifest->parts) {
      if (part.payload_id == 0) continue;
      parts->push_back({part.payload_id, part.size});
      DropReference(kManifestOwner, id, parts->back(), batch);
    }
    batch->Delete(kPayload, ChunkKey(id, kManifestChunk));
  }
  batch->Delete(kOwners, GarbageKey(id));
  return absl::OkStatus();
}

absl::Status Garbage::FreeAnnotations(uint64_t id, kv::Batch* batch,
                                      std::vector<ReleasedPayload>* parts, size_t* rows) {
  kv::IteratorOptions options;
  options.lower = AnnotationSetKey(id);
  options.upper = base::PrefixEnd(options.lower);
  const auto it = kv_->NewIterator(kAnnotations, options);
  std::vector<std::string> keys;
  std::vector<ReleasedPayload> payloads;
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    keys.emplace_back(it->key());
    if (it->key().size() == options.lower.size()) continue;  // of the set itself
    const absl::StatusOr<StoredAnnotation> annotation = DecodeAnnotation(it->value());
    if (!annotation.ok()) return absl::OkStatus();  // the set stays: as a manifest
    if (annotation->payload_id != 0) payloads.push_back({annotation->payload_id, annotation->size});
  }
  CLOUDLET_RETURN_IF_ERROR(it->status());
  for (const ReleasedPayload& payload : payloads) {
    DropReference(kAnnotationsOwner, id, payload, batch);
    parts->push_back(payload);
  }
  for (const std::string& key : keys) batch->Delete(kAnnotations, key);
  *rows += keys.size();
  batch->Delete(kOwners, GarbageKey(id));
  return absl::OkStatus();
}

// Those that this sweep itself has seen without references need no second look.
absl::Status Garbage::Free(const std::vector<Candidate>& candidates, uint64_t sweep,
                           std::vector<ReleasedPayload>* later) {
  if (candidates.empty()) return absl::OkStatus();
  const auto batch = kv_->NewBatch();
  std::vector<ReleasedPayload> parts;
  std::vector<ReleasedPayload> freed;
  size_t rows = 0;  // of sets of annotations
  bool synced = false;
  for (const Candidate& candidate : candidates) {
    const uint64_t id = candidate.payload.payload_id;
    const uint64_t bytes = candidate.payload.bytes;
    const PayloadKind kind = candidate.payload.kind;
    if (kind != PayloadKind::kBytes && parts.size() + rows >= kPartsOfAStep) {
      later->push_back(candidate.payload);
      continue;
    }
    if (candidate.sweep != sweep) {
      CLOUDLET_ASSIGN_OR_RETURN(const bool owned, HasReference(id));
      if (owned) continue;
    }
    if (kind == PayloadKind::kManifest) {
      CLOUDLET_RETURN_IF_ERROR(FreeManifest(id, batch.get(), &parts));
      continue;
    }
    if (kind == PayloadKind::kAnnotationSet) {
      CLOUDLET_RETURN_IF_ERROR(FreeAnnotations(id, batch.get(), &parts, &rows));
      continue;
    }
    batch->Delete(kOwners, GarbageKey(id));
    if (bytes <= kBulkBytes) freed.push_back(candidate.payload);  // others have files of their own
    const uint64_t chunks = ChunksOf(bytes);
    if (bytes != 0 && chunks <= kPointDeletes) {
      for (uint32_t i = 0; i < chunks; ++i) batch->Delete(kPayload, ChunkKey(id, i));
      continue;
    }
    // Dropping files acts at once, whatever becomes of the log: the release must be durable before.
    if (!synced) CLOUDLET_RETURN_IF_ERROR(kv_->Sync());
    synced = true;
    CLOUDLET_RETURN_IF_ERROR(kv_->Reclaim(kPayload, ChunkKey(id, 0), ChunkKey(id + 1, 0)));
  }
  CLOUDLET_FAULT_POINT("garbage/before_free");
  CLOUDLET_RETURN_IF_ERROR(kv_->Write(*batch, kv::Durability::kBuffered));
  for (const ReleasedPayload& payload : freed) {
    const uint64_t id = payload.payload_id;
    kv_->Freed(kPayload, ChunkKey(id, 0), ChunkKey(id + 1, 0), payload.bytes);
  }
  // Looked at now: of a manifest that an append has replaced all parts have other owners, and would
  // take the places of many sweeps.
  {
    base::MutexLock lock(&mu_);
    for (const ReleasedPayload& part : parts) candidate_bytes_ += part.bytes;
  }
  return FindUnowned(parts, sweep);
}

}  // namespace cloudlet::objstore
