// The table of rocks_kv_status.h in code. Texts are compared where RocksDB's codes are too coarse:
// they come from strerror and from RocksDB's POSIX file system, and have not changed in years.
#include "objstore/kv/rocks_kv_status.h"

#include "absl/strings/str_cat.h"
#include "base/strings.h"

namespace cloudlet::kv {

namespace {

using ::cloudlet::base::V;

bool Contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// Who holds the lock that could not be had; null when that was not the reason.
const char* HolderOfLock(const std::string& text) {
  if (Contains(text, "lock hold by current process")) return "this process";
  return Contains(text, "While lock file") ? "another process" : nullptr;
}

bool SaysForbidden(const std::string& text) {
  return Contains(text, "Permission denied") || Contains(text, "Operation not permitted") ||
         Contains(text, "Read-only file system");
}

absl::StatusCode CodeOfIoError(const rocksdb::Status& status, const std::string& text) {
  if (SaysForbidden(text)) return absl::StatusCode::kPermissionDenied;
  if (Contains(text, "Not a directory") || Contains(text, "is not a directory")) {
    return absl::StatusCode::kInvalidArgument;
  }
  if (status.subcode() == rocksdb::Status::kPathNotFound) return absl::StatusCode::kNotFound;
  return absl::StatusCode::kUnavailable;
}

absl::StatusCode CodeOf(const rocksdb::Status& status, const std::string& text) {
  if (status.IsCorruption()) return absl::StatusCode::kDataLoss;
  if (SaysOutOfSpace(status) || status.IsMemoryLimit()) return absl::StatusCode::kResourceExhausted;
  switch (status.code()) {
    case rocksdb::Status::kOk:
      return absl::StatusCode::kOk;
    case rocksdb::Status::kNotFound:
      return absl::StatusCode::kNotFound;
    case rocksdb::Status::kInvalidArgument:
      return absl::StatusCode::kInvalidArgument;
    case rocksdb::Status::kNotSupported:
      return absl::StatusCode::kUnimplemented;
    case rocksdb::Status::kIOError:
      return CodeOfIoError(status, text);
    case rocksdb::Status::kBusy:
    case rocksdb::Status::kTryAgain:
    case rocksdb::Status::kIncomplete:
      return absl::StatusCode::kUnavailable;
    case rocksdb::Status::kShutdownInProgress:
    case rocksdb::Status::kColumnFamilyDropped:
      return absl::StatusCode::kFailedPrecondition;
    case rocksdb::Status::kTimedOut:
    case rocksdb::Status::kExpired:
      return absl::StatusCode::kDeadlineExceeded;
    case rocksdb::Status::kAborted:
      return absl::StatusCode::kAborted;
    default:
      return absl::StatusCode::kInternal;
  }
}

}  // namespace

bool SaysOutOfSpace(const rocksdb::Status& status) {
  if (status.ok()) return false;
  if (status.IsNoSpace() || status.subcode() == rocksdb::Status::kSpaceLimit) return true;
  const std::string text = status.ToString();
  return Contains(text, "No space left") || Contains(text, "Disk quota exceeded");
}

bool LeavesOutcomeOpen(const rocksdb::Status& status) {
  return !status.ok() && !status.IsCorruption() && !status.IsInvalidArgument() &&
         !status.IsNotSupported();
}

absl::Status FromRocks(const rocksdb::Status& status, std::string_view what) {
  if (status.ok()) return absl::OkStatus();
  const std::string text = status.ToString();
  return absl::Status(CodeOf(status, text), absl::StrCat(V(what), ": ", text));
}

absl::Status FromRocksOpen(const rocksdb::Status& status, const std::string& directory) {
  if (status.ok()) return absl::OkStatus();
  if (const char* holder = HolderOfLock(status.ToString()); holder != nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat("open ", directory, ": already open in ", holder));
  }
  return FromRocks(status, absl::StrCat("open ", directory));
}

}  // namespace cloudlet::kv
