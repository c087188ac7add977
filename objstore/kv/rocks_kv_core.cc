// Syncing, failing and closing: what RocksKv's parts share. After the latch has tripped we neither
// sync nor flush: with an assert-enabled RocksDB that could abort the process.
#include "objstore/kv/rocks_kv_core.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/real_deadline.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "objstore/kv/rocks_kv_log.h"
#include "objstore/kv/rocks_kv_status.h"

namespace cloudlet::kv {

namespace {

constexpr absl::Duration kQuietWait = absl::Seconds(5);
constexpr absl::Duration kQuietStep = absl::Milliseconds(10);

const char* ReasonName(rocksdb::BackgroundErrorReason reason) {
  switch (reason) {
    case rocksdb::BackgroundErrorReason::kFlush:
    case rocksdb::BackgroundErrorReason::kFlushNoWAL:
      return "flush";
    case rocksdb::BackgroundErrorReason::kCompaction:
      return "compaction";
    case rocksdb::BackgroundErrorReason::kWriteCallback:
      return "write";
    case rocksdb::BackgroundErrorReason::kMemTable:
      return "memory table";
    case rocksdb::BackgroundErrorReason::kManifestWrite:
    case rocksdb::BackgroundErrorReason::kManifestWriteNoWAL:
      return "manifest write";
    default:
      return "background work";
  }
}

}  // namespace

void LatchListener::OnBackgroundError(rocksdb::BackgroundErrorReason reason,
                                      rocksdb::Status* error) {
  // A flush that Close cut short; the log has what it would have written.
  if (error->IsShutdownInProgress()) return;
  latch_->Trip(absl::StrCat(ReasonName(reason), ": ", error->ToString()));
}

void LatchListener::OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                                         bool* auto_recovery) {
  *auto_recovery = false;
}

void MarkListener::OnFlushCompleted(rocksdb::DB*, const rocksdb::FlushJobInfo&) {
  core_->WriteMark();
  base::MutexLock lock(&core_->flush_mu);
  core_->tables_written.SignalAll();
}

RocksCore::~RocksCore() {
  if (IsForkedCopy()) {
    static_cast<void>(db.release());
    static_cast<void>(space.release());
    return;
  }
  base::WriterLock guard(&mutex);
  FinishLocked();
}

absl::Status RocksCore::CheckOpen() const {
  if (closing || db == nullptr) {
    return absl::FailedPreconditionError(absl::StrCat("store ", directory, " is closed"));
  }
  return absl::OkStatus();
}

absl::Status RocksCore::CheckWritable() const {
  CLOUDLET_RETURN_IF_ERROR(CheckOpen());
  return latch->status();
}

absl::Status RocksCore::CheckFamily(Family family) const {
  if (family < names.size()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("no such family: ", family, " (opened: ", names.size(), ")"));
}

absl::Status RocksCore::FailedWrite(const rocksdb::Status& status, std::string_view what) {
  if (!LeavesOutcomeOpen(status)) return FromRocks(status, what);
  latch->Trip(absl::StrCat(base::V(what), ": ", status.ToString()));
  return absl::UnavailableError(absl::StrCat(
      base::V(what), ": outcome unknown: ", status.ToString(), "; ", latch->status().message()));
}

absl::Status RocksCore::CheckSynced(std::string_view what) const {
  if (!latch->tripped()) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat(base::V(what), ": outcome unknown: ", latch->status().message()));
}

void RocksCore::WriteMark() {
  if (latch->tripped()) return;
  const absl::Status marked = mark->WriteNow();
  if (!marked.ok()) LogLine(options.log, LogLevel::kWarning, base::S(marked.message()));
}

absl::Status RocksCore::FlushUnloggedShared() {
  // What a failure leaves unlogged does not matter any more: the latch is tripped.
  if (!has_unlogged.exchange(false)) return absl::OkStatus();
  AwaitQuietShared();
  const rocksdb::Status flushed = db->Flush(rocksdb::FlushOptions(), handles);
  return flushed.ok() ? absl::OkStatus() : FailedWrite(flushed, "flush");
}

void RocksCore::AwaitQuietShared() {
  const base::RealDeadline deadline(kQuietWait);
  uint64_t waiting = 0;
  while (db->GetAggregatedIntProperty(rocksdb::DB::Properties::kNumImmutableMemTable, &waiting) &&
         waiting > 0 && !latch->tripped() && !deadline.passed()) {
    base::MutexLock guard(&flush_mu);
    tables_written.WaitWithTimeout(&flush_mu, kQuietStep);  // one may have ended before this began
  }
}

absl::Status RocksCore::SyncShared() {
  const uint64_t sequence = db->GetLatestSequenceNumber();
  CLOUDLET_RETURN_IF_ERROR(FlushUnloggedShared());
  if (mark->covered() < sequence) {
    const rocksdb::Status synced = db->SyncWAL();
    if (!synced.ok()) return FailedWrite(synced, "sync");
    CLOUDLET_RETURN_IF_ERROR(CheckSynced("sync"));
    mark->Covered(sequence);
  }
  WriteMark();
  return absl::OkStatus();
}

void RocksCore::RemoveReader() {
  if (readers.fetch_sub(1) == 1 && close_wanted.load()) {
    base::WriterLock guard(&mutex);
    FinishLocked();
  }
}

absl::Status RocksCore::Close() {
  if (!IsForkedCopy()) space->Stop();
  base::WriterLock guard(&mutex);
  if (closing) return close_status;
  closing = true;
  if (db == nullptr) return close_status;
  close_status = MakeAllDurableLocked();
  close_wanted.store(true);
  if (readers.load() == 0) FinishLocked();
  return close_status;
}

absl::Status RocksCore::MakeAllDurableLocked() {
  CLOUDLET_RETURN_IF_ERROR(latch->status());
  if (has_unlogged.exchange(false)) {
    AwaitQuietShared();
    const rocksdb::Status flushed = db->Flush(rocksdb::FlushOptions(), handles);
    if (!flushed.ok()) return FailedWrite(flushed, "flush at close");
  }
  const uint64_t sequence = db->GetLatestSequenceNumber();
  if (mark->covered() < sequence) {
    const rocksdb::Status synced = db->SyncWAL();
    if (!synced.ok()) return FailedWrite(synced, "sync at close");
    CLOUDLET_RETURN_IF_ERROR(CheckSynced("sync at close"));
    mark->Covered(sequence);
  }
  return absl::OkStatus();
}

void RocksCore::FinishLocked() {
  if (db != nullptr) {
    if (!closing) {
      closing = true;
      close_status = MakeAllDurableLocked();
    }
    const uint64_t sequence = db->GetLatestSequenceNumber();
    for (rocksdb::ColumnFamilyHandle* handle : handles) {
      db->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
    }
    handles.clear();
    const rocksdb::Status closed = db->Close();
    db.reset();
    if (close_status.ok()) close_status = FromRocks(closed, absl::StrCat("close ", directory));
    // A background error may have come in while RocksDB was ending.
    if (close_status.ok()) close_status = latch->status();
    if (close_status.ok()) {
      close_status =
          MarkFiles(fs, directory).Write(kCleanMark, {sequence, fs->manifest()->durable()});
    }
  }
  if (lock != nullptr) {
    fs->UnlockFile(lock, rocksdb::IOOptions(), nullptr).PermitUncheckedError();
    lock = nullptr;
  }
}

}  // namespace cloudlet::kv
