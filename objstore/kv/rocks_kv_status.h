// From rocksdb::Status to absl::Status: one table, pure functions.
//
//   RocksDB                                        absl
//   Corruption                                     DATA_LOSS
//   NoSpace, or text that says so (any code)       RESOURCE_EXHAUSTED
//   InvalidArgument                                INVALID_ARGUMENT
//   NotSupported                                   UNIMPLEMENTED
//   NotFound, IOError with PathNotFound            NOT_FOUND
//   IOError: permission, read-only file system     PERMISSION_DENIED
//   IOError: not a directory                       INVALID_ARGUMENT
//   other IOError, Busy, TryAgain, Incomplete      UNAVAILABLE
//   ShutdownInProgress, ColumnFamilyDropped        FAILED_PRECONDITION
//   TimedOut, Expired                              DEADLINE_EXCEEDED
//   Aborted (memory limit: RESOURCE_EXHAUSTED)     ABORTED
//   anything else                                  INTERNAL
//
// RocksDB reports a full disk now and then as Incomplete or IOError, so the text is looked at too.
#ifndef CLOUDLET_OBJSTORE_KV_ROCKS_KV_STATUS_H_
#define CLOUDLET_OBJSTORE_KV_ROCKS_KV_STATUS_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "rocksdb/status.h"

namespace cloudlet::kv {

// `status` by the table above, its message behind "<what>: ". OK stays OK.
absl::Status FromRocks(const rocksdb::Status& status, std::string_view what);

// As FromRocks, for the steps of opening `directory`, which every message names. A lock that
// another opener holds, in this process or elsewhere, is FAILED_PRECONDITION.
absl::Status FromRocksOpen(const rocksdb::Status& status, const std::string& directory);

// Whether `status` speaks of a full disk or a used-up quota, under whatever code.
bool SaysOutOfSpace(const rocksdb::Status& status);

// Whether a write that failed with `status` may or may not have happened.
bool LeavesOutcomeOpen(const rocksdb::Status& status);

}  // namespace cloudlet::kv

#endif  // CLOUDLET_OBJSTORE_KV_ROCKS_KV_STATUS_H_
