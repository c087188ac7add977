// StoreFs and the wrapper around write-ahead log files. Preallocation, range syncs and truncation
// may fail without harm (RocksDB ignores them or no bytes are at stake), so only appends, flushes
// and syncs count as a failure of the log.
#include "objstore/kv/rocks_kv_fs.h"

#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"

namespace cloudlet::kv {

namespace {

using rocksdb::DataVerificationInfo;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

std::string_view BaseName(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

bool IsLog(std::string_view path) {
  constexpr std::string_view kSuffix = ".log";
  return path.size() > kSuffix.size() && path.substr(path.size() - kSuffix.size()) == kSuffix;
}

bool IsOptionsFile(std::string_view path) {
  constexpr std::string_view kPrefix = "OPTIONS-";
  return BaseName(path).substr(0, kPrefix.size()) == kPrefix;
}

bool IsIncoming(std::string_view path) {
  const std::string_view directory = path.substr(0, path.size() - BaseName(path).size());
  constexpr std::string_view kSuffix = "/incoming/";
  return directory.size() >= kSuffix.size() &&
         directory.substr(directory.size() - kSuffix.size()) == kSuffix;
}

class IncomingFile final : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  IncomingFile(std::unique_ptr<rocksdb::FSRandomAccessFile> file, std::string path,
               std::shared_ptr<StoreFs::Unread> unread)
      : FSRandomAccessFileOwnerWrapper(std::move(file)),
        path_(std::move(path)),
        unread_(std::move(unread)) {}

  IOStatus Read(uint64_t offset, size_t size, const IOOptions& options, Slice* result,
                char* scratch, IODebugContext* debug) const override {
    return Noted(target()->Read(offset, size, options, result, scratch, debug));
  }
  IOStatus MultiRead(rocksdb::FSReadRequest* requests, size_t count, const IOOptions& options,
                     IODebugContext* debug) override {
    IOStatus status = Noted(target()->MultiRead(requests, count, options, debug));
    for (size_t i = 0; i < count; ++i) Noted(requests[i].status).PermitUncheckedError();
    return status;
  }

 private:
  IOStatus Noted(IOStatus status) const {
    if (!status.ok()) unread_->Add(path_);
    return status;
  }

  const std::string path_;
  const std::shared_ptr<StoreFs::Unread> unread_;
};

class LogFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  LogFile(std::unique_ptr<rocksdb::FSWritableFile> file, std::string path,
          std::shared_ptr<StoreFs::LogState> state)
      : FSWritableFileOwnerWrapper(std::move(file)),
        path_(std::move(path)),
        state_(std::move(state)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    return Guard("append", [&] { return target()->Append(data, options, debug); });
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const DataVerificationInfo& info,
                  IODebugContext* debug) override {
    return Guard("append", [&] { return target()->Append(data, options, info, debug); });
  }
  IOStatus PositionedAppend(const Slice& data, uint64_t offset, const IOOptions& options,
                            IODebugContext* debug) override {
    return Guard("append",
                 [&] { return target()->PositionedAppend(data, offset, options, debug); });
  }
  IOStatus PositionedAppend(const Slice& data, uint64_t offset, const IOOptions& options,
                            const DataVerificationInfo& info, IODebugContext* debug) override {
    return Guard("append",
                 [&] { return target()->PositionedAppend(data, offset, options, info, debug); });
  }
  IOStatus Flush(const IOOptions& options, IODebugContext* debug) override {
    // Appended bytes have been written; RocksDB flushes an old log when it turns to a new one, and
    // must not fail there.
    Quietly([&] { return target()->Flush(options, debug); });
    return IOStatus::OK();
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    Quietly([&] { return target()->Sync(options, debug); });
    return IOStatus::OK();
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    Quietly([&] { return target()->Fsync(options, debug); });
    return IOStatus::OK();
  }

 private:
  template <typename Step>
  IOStatus Guard(const char* what, const Step& step) {
    if (state_->failed.load(std::memory_order_acquire)) {
      return IOStatus::IOError("write-ahead log takes nothing more since an earlier error", path_);
    }
    IOStatus status = step();
    if (!status.ok()) Fail(what, status);
    return status;
  }

  // Runs a flush or sync; RocksDB is told that it went well, the latch knows better.
  template <typename Step>
  void Quietly(const Step& step) {
    if (state_->failed.load(std::memory_order_acquire)) return;
    const IOStatus status = step();
    if (!status.ok()) Fail("sync", status);
  }

  void Fail(const char* what, const IOStatus& status) {
    state_->failed.store(true, std::memory_order_release);
    state_->latch->Trip(absl::StrCat(what, " of ", path_, ": ", status.ToString()));
  }

  const std::string path_;
  const std::shared_ptr<StoreFs::LogState> state_;
};

// Stands in for a log that could not be made: takes no bytes, and has none to sync.
class DeadLogFile final : public rocksdb::FSWritableFile {
 public:
  explicit DeadLogFile(std::string path) : path_(std::move(path)) {}

  using rocksdb::FSWritableFile::Append;
  IOStatus Append(const Slice&, const IOOptions&, IODebugContext*) override {
    return IOStatus::IOError("this write-ahead log could not be created", path_);
  }
  IOStatus Flush(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus Sync(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  bool IsSyncThreadSafe() const override { return true; }

 private:
  const std::string path_;
};

}  // namespace

StoreFs::StoreFs(const std::shared_ptr<rocksdb::FileSystem>& target, std::shared_ptr<Latch> latch)
    : FileSystemWrapper(target), log_state_(std::make_shared<LogState>()) {
  log_state_->latch = std::move(latch);
}

IOStatus StoreFs::NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                  std::unique_ptr<rocksdb::FSWritableFile>* file,
                                  IODebugContext* debug) {
  if (IsOptionsFile(path)) return IOStatus::NotSupported("no OPTIONS files in this store", path);
  IOStatus status = FileSystemWrapper::NewWritableFile(path, options, file, debug);
  if (const auto number = ManifestNumber(BaseName(path)); number.has_value() && status.ok()) {
    *file = manifest_->Watch(std::move(*file), *number);
  }
  if (!IsLog(path)) return status;
  if (status.ok()) {
    *file = std::make_unique<LogFile>(std::move(*file), path, log_state_);
  } else {
    log_state_->failed.store(true, std::memory_order_release);
    log_state_->latch->Trip(absl::StrCat("create ", path, ": ", status.ToString()));
    *file = std::make_unique<DeadLogFile>(path);
  }
  return IOStatus::OK();
}

IOStatus StoreFs::NewRandomAccessFile(const std::string& path, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                                      IODebugContext* debug) {
  IOStatus status = FileSystemWrapper::NewRandomAccessFile(path, options, file, debug);
  if (!IsIncoming(path)) return status;
  if (status.ok()) {
    *file = std::make_unique<IncomingFile>(std::move(*file), path, unread_);
  } else {
    unread_->Add(path);
  }
  return status;
}

IOStatus StoreFs::LinkFile(const std::string& from, const std::string& to, const IOOptions& options,
                           IODebugContext* debug) {
  if (unread_->Has(from)) return IOStatus::IOError("could not be read for its ingest", from);
  return FileSystemWrapper::LinkFile(from, to, options, debug);
}

IOStatus StoreFs::DeleteFile(const std::string& path, const IOOptions& options,
                             IODebugContext* debug) {
  if (log_state_->latch->tripped()) return IOStatus::OK();
  if (IsIncoming(path)) unread_->Forget(path);
  if (IsLog(path)) {
    base::MutexLock lock(&mutex_);
    if (holding_) {
      held_.push_back(path);
      return IOStatus::OK();
    }
  }
  return FileSystemWrapper::DeleteFile(path, options, debug);
}

IOStatus StoreFs::RenameFile(const std::string& from, const std::string& to,
                             const IOOptions& options, IODebugContext* debug) {
  IOStatus status = FileSystemWrapper::RenameFile(from, to, options, debug);
  if (!status.ok() || BaseName(to) != "CURRENT") return status;
  // RocksDB syncs the directory too, but says nothing when it has; a mark that speaks of a manifest
  // must not be on disk before the CURRENT that names it.
  std::unique_ptr<rocksdb::FSDirectory> directory;
  status = NewDirectory(to.substr(0, to.rfind('/')), options, &directory, debug);
  if (status.ok()) status = directory->Fsync(options, debug);
  if (status.ok()) manifest_->Named();
  return status;
}

void StoreFs::HoldLogs() {
  base::MutexLock lock(&mutex_);
  holding_ = true;
}

void StoreFs::ReleaseLogs() {
  std::vector<std::string> held;
  {
    base::MutexLock lock(&mutex_);
    holding_ = false;
    held.swap(held_);
  }
  for (const std::string& path : held) {
    // A log that stays is deleted by RocksDB at the next open.
    FileSystemWrapper::DeleteFile(path, IOOptions(), nullptr).PermitUncheckedError();
  }
}

}  // namespace cloudlet::kv
