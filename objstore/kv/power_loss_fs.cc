// The book-keeping of PowerLossFs. Each operation runs under the mutex from its Step to its last
// note, so a power cut, which runs under it too, never sees half of one.
#include "objstore/kv/power_loss_fs.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/random.h"

namespace cloudlet::kv {

using rocksdb::DataVerificationInfo;
using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

namespace {

std::string Trimmed(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

std::string Parent(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : Trimmed(path.substr(0, std::max<size_t>(slash, 1)));
}

bool EndsWith(const std::string& text, const std::string& suffix) {
  return text.size() >= suffix.size() &&
         text.compare(text.size() - suffix.size(), suffix.size(), suffix) == 0;
}

bool MayHoldGarbage(const std::string& path) {
  return EndsWith(path, ".log") || EndsWith(path, ".sst");
}

// Leaves `size` bytes of the file, filling up with zeros.
void Resize(const std::string& path, uint64_t size) {
  std::error_code ignored;
  std::filesystem::resize_file(path, size, ignored);
}

void OverwriteWithJunk(const std::string& path, uint64_t begin, uint64_t end,
                       base::Random& random) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  std::string junk(end - begin, '\0');
  for (char& c : junk) c = static_cast<char>(random.Next() & 0xFF);
  const ssize_t written = ::pwrite(fd, junk.data(), junk.size(), static_cast<off_t>(begin));
  static_cast<void>(written);
  ::close(fd);
}

// What a power cut leaves of bytes [synced, size) of the file at `path`.
void LoseTail(const std::string& path, uint64_t synced, uint64_t size, LossMode mode,
              base::Random& random) {
  if (size <= synced) return;
  const uint64_t left = synced + random.Below(size - synced + 1);
  if (mode == LossMode::kCut) return Resize(path, synced);
  if (mode == LossMode::kTorn || !MayHoldGarbage(path)) return Resize(path, left);
  Resize(path, synced);
  Resize(path, left);
  if (mode == LossMode::kJunk) OverwriteWithJunk(path, synced, left, random);
}

}  // namespace

class VolatileFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  VolatileFile(std::unique_ptr<rocksdb::FSWritableFile> file, std::string path, PowerLossFs* fs,
               std::shared_ptr<PowerLossFs::FileState> state)
      : FSWritableFileOwnerWrapper(std::move(file)),
        path_(std::move(path)),
        fs_(fs),
        state_(std::move(state)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    base::MutexLock lock(&fs_->mutex_);
    const IOStatus fault = fs_->StepLocked(path_);
    const Slice written(data.data(), fault.ok() ? data.size() : data.size() / 2);
    const IOStatus status = target()->Append(written, options, debug);
    if (status.ok()) state_->size += written.size();
    return fault.ok() ? status : fault;
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus Truncate(uint64_t size, const IOOptions& options, IODebugContext* debug) override {
    base::MutexLock lock(&fs_->mutex_);
    IOStatus status = fs_->StepLocked(path_);
    if (status.ok()) status = target()->Truncate(size, options, debug);
    if (status.ok()) {
      state_->size = size;
      state_->synced = std::min(state_->synced, size);
    }
    return status;
  }
  IOStatus Close(const IOOptions& options, IODebugContext* debug) override {
    base::MutexLock lock(&fs_->mutex_);
    const IOStatus fault = fs_->StepLocked(path_);
    const IOStatus status = target()->Close(options, debug);
    return fault.ok() ? status : fault;
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    base::MutexLock lock(&fs_->mutex_);
    IOStatus status = fs_->StepLocked(path_);
    if (status.ok()) state_->synced = state_->size;
    return status;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Sync(options, debug);
  }
  IOStatus RangeSync(uint64_t, uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();
  }
  void PrepareWrite(size_t, size_t, const IOOptions&, IODebugContext*) override {}
  IOStatus Allocate(uint64_t, uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();
  }

 private:
  const std::string path_;
  PowerLossFs* const fs_;
  const std::shared_ptr<PowerLossFs::FileState> state_;
};

class VolatileDirectory final : public rocksdb::FSDirectory {
 public:
  VolatileDirectory(std::string path, PowerLossFs* fs) : path_(std::move(path)), fs_(fs) {}

  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    base::MutexLock lock(&fs_->mutex_);
    IOStatus status = fs_->StepLocked(path_);
    if (status.ok()) fs_->SyncDirectoryLocked(path_);
    return status;
  }
  IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }

 private:
  const std::string path_;
  PowerLossFs* const fs_;
};

class CountedSequentialFile final : public rocksdb::FSSequentialFileOwnerWrapper {
 public:
  CountedSequentialFile(std::unique_ptr<rocksdb::FSSequentialFile> file, std::string path,
                        PowerLossFs* fs)
      : FSSequentialFileOwnerWrapper(std::move(file)), path_(std::move(path)), fs_(fs) {}

  IOStatus Read(size_t size, const IOOptions& options, Slice* result, char* scratch,
                IODebugContext* debug) override {
    IOStatus status = fs_->Step(path_);
    return status.ok() ? target()->Read(size, options, result, scratch, debug) : status;
  }

 private:
  const std::string path_;
  PowerLossFs* const fs_;
};

class CountedRandomFile final : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  CountedRandomFile(std::unique_ptr<rocksdb::FSRandomAccessFile> file, std::string path,
                    PowerLossFs* fs)
      : FSRandomAccessFileOwnerWrapper(std::move(file)), path_(std::move(path)), fs_(fs) {}

  IOStatus Read(uint64_t offset, size_t size, const IOOptions& options, Slice* result,
                char* scratch, IODebugContext* debug) const override {
    IOStatus status = fs_->Step(path_);
    return status.ok() ? target()->Read(offset, size, options, result, scratch, debug) : status;
  }
  IOStatus MultiRead(rocksdb::FSReadRequest* requests, size_t count, const IOOptions& options,
                     IODebugContext* debug) override {
    IOStatus status = fs_->Step(path_);
    return status.ok() ? target()->MultiRead(requests, count, options, debug) : status;
  }

 private:
  const std::string path_;
  PowerLossFs* const fs_;
};

PowerLossFs::PowerLossFs(const std::shared_ptr<rocksdb::FileSystem>& target, std::string attic,
                         CountedIo counted)
    : FileSystemWrapper(target), attic_(std::move(attic)), counted_(counted) {}

uint64_t PowerLossFs::io_count() const {
  base::MutexLock lock(&mutex_);
  return count_;
}

void PowerLossFs::FailAt(uint64_t index, Repeat repeat, IoFault fault) {
  base::MutexLock lock(&mutex_);
  fail_at_ = index;
  repeat_ = repeat;
  fault_ = fault;
}

void PowerLossFs::StopFailing() {
  base::MutexLock lock(&mutex_);
  fail_at_ = 0;
}

bool PowerLossFs::has_failed() const {
  base::MutexLock lock(&mutex_);
  return has_failed_;
}

void PowerLossFs::OnFault(std::function<void(const std::string& path)> listener) {
  base::MutexLock lock(&mutex_);
  on_fault_ = std::move(listener);
}

void PowerLossFs::PowerCutAt(uint64_t index, LossMode mode, uint64_t seed) {
  base::MutexLock lock(&mutex_);
  cut_at_ = index;
  mode_ = mode;
  seed_ = seed;
}

void PowerLossFs::PowerCutNow(LossMode mode, uint64_t seed) {
  base::MutexLock lock(&mutex_);
  LoseLocked(mode, seed);
  ::_exit(kPowerCutExit);
}

void PowerLossFs::LoseUnsynced(LossMode mode, uint64_t seed) {
  base::MutexLock lock(&mutex_);
  LoseLocked(mode, seed);
}

IOStatus PowerLossFs::Step(const std::string& path) {
  base::MutexLock lock(&mutex_);
  return StepLocked(path);
}

IOStatus PowerLossFs::StepLocked(const std::string& path) {
  ++count_;
  if (cut_at_ != 0 && count_ >= cut_at_) {
    LoseLocked(mode_, seed_);
    ::_exit(kPowerCutExit);
  }
  const bool fails =
      fail_at_ != 0 && (repeat_ == Repeat::kOnce ? count_ == fail_at_ : count_ >= fail_at_);
  if (!fails) return IOStatus::OK();
  has_failed_ = true;
  if (on_fault_ != nullptr) on_fault_(path);
  if (fault_ == IoFault::kInputOutput) {
    return IOStatus::IOError("injected Input/output error", path);
  }
  IOStatus status = IOStatus::NoSpace("injected No space left on device", path);
  status.SetRetryable(true);  // as RocksDB's POSIX file system does
  return status;
}

void PowerLossFs::ToAttic(const std::string& path, Change* change) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return;
  change->attic = absl::StrCat(attic_, "/", ++next_attic_);
  change->attic_state = StateOf(path);
  std::filesystem::rename(path, change->attic, error);
  files_.erase(path);
}

void PowerLossFs::MoveFilesOf(const std::string& from, const std::string& to) {
  const std::string inside = from + "/";
  for (auto at = files_.lower_bound(inside);
       at != files_.end() && at->first.compare(0, inside.size(), inside) == 0;
       at = files_.erase(at)) {
    files_[absl::StrCat(to, "/", at->first.substr(inside.size()))] = at->second;
  }
}

std::shared_ptr<PowerLossFs::FileState> PowerLossFs::StateOf(const std::string& path) {
  const auto found = files_.find(path);
  if (found != files_.end()) return found->second;
  auto state = std::make_shared<FileState>();
  std::error_code error;
  const uintmax_t size = std::filesystem::file_size(path, error);
  if (!error) state->size = state->synced = size;
  files_[path] = state;
  return state;
}

void PowerLossFs::SyncDirectoryLocked(const std::string& directory) {
  std::vector<Change> rest;
  for (Change& change : changes_) {
    if (change.directory != directory) {
      rest.push_back(std::move(change));
    } else if (!change.attic.empty()) {
      ::unlink(change.attic.c_str());
    }
  }
  changes_ = std::move(rest);
}

void PowerLossFs::LoseLocked(LossMode mode, uint64_t seed) {
  base::Random random(seed);
  for (const auto& [path, state] : files_) {
    LoseTail(path, state->synced, state->size, mode, random);
    state->size = state->synced;
  }
  for (const Change& change : changes_) {
    if (change.attic_state == nullptr) continue;
    LoseTail(change.attic, change.attic_state->synced, change.attic_state->size, mode, random);
  }
  const size_t survivors = mode == LossMode::kCut ? 0 : random.Below(changes_.size() + 1);
  while (changes_.size() > survivors) {
    Undo(changes_.back());
    changes_.pop_back();
  }
  changes_.clear();
  files_.clear();
}

void PowerLossFs::Undo(const Change& change) {
  std::error_code ignored;
  switch (change.kind) {
    case Change::Kind::kDelete:
      break;
    case Change::Kind::kCreate:
    case Change::Kind::kLink:
      std::filesystem::remove(change.path, ignored);
      break;
    case Change::Kind::kRename:
      std::filesystem::rename(change.path, change.from, ignored);
      break;
    case Change::Kind::kMakeDirectory:
      std::filesystem::remove_all(change.path, ignored);
      break;
  }
  if (!change.attic.empty()) std::filesystem::rename(change.attic, change.path, ignored);
}

IOStatus PowerLossFs::NewSequentialFile(const std::string& path, const FileOptions& options,
                                        std::unique_ptr<rocksdb::FSSequentialFile>* file,
                                        IODebugContext* debug) {
  IOStatus status = FileSystemWrapper::NewSequentialFile(path, options, file, debug);
  if (status.ok() && counted_ == CountedIo::kChangesAndReads) {
    *file = std::make_unique<CountedSequentialFile>(std::move(*file), path, this);
  }
  return status;
}

IOStatus PowerLossFs::NewRandomAccessFile(const std::string& path, const FileOptions& options,
                                          std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                                          IODebugContext* debug) {
  IOStatus status = FileSystemWrapper::NewRandomAccessFile(path, options, file, debug);
  if (status.ok() && counted_ == CountedIo::kChangesAndReads) {
    *file = std::make_unique<CountedRandomFile>(std::move(*file), path, this);
  }
  return status;
}

IOStatus PowerLossFs::NewWritableFile(const std::string& path, const FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* file,
                                      IODebugContext* debug) {
  base::MutexLock lock(&mutex_);
  IOStatus status = StepLocked(path);
  if (!status.ok()) return status;
  Change change{Change::Kind::kCreate, Parent(path), path, "", "", nullptr};
  ToAttic(path, &change);
  status = FileSystemWrapper::NewWritableFile(path, options, file, debug);
  changes_.push_back(std::move(change));
  if (!status.ok()) return status;
  auto state = std::make_shared<FileState>();
  files_[path] = state;
  *file = std::make_unique<VolatileFile>(std::move(*file), path, this, std::move(state));
  return status;
}

IOStatus PowerLossFs::ReopenWritableFile(const std::string& path, const FileOptions& options,
                                         std::unique_ptr<rocksdb::FSWritableFile>* file,
                                         IODebugContext* debug) {
  base::MutexLock lock(&mutex_);
  IOStatus status = StepLocked(path);
  if (status.ok()) status = FileSystemWrapper::ReopenWritableFile(path, options, file, debug);
  if (!status.ok()) return status;
  *file = std::make_unique<VolatileFile>(std::move(*file), path, this, StateOf(path));
  return status;
}

IOStatus PowerLossFs::ReuseWritableFile(const std::string& path, const std::string&,
                                        const FileOptions&,
                                        std::unique_ptr<rocksdb::FSWritableFile>*,
                                        IODebugContext*) {
  return IOStatus::NotSupported("logs are not recycled here", path);
}

IOStatus PowerLossFs::NewDirectory(const std::string& path, const IOOptions& options,
                                   std::unique_ptr<rocksdb::FSDirectory>* directory,
                                   IODebugContext* debug) {
  IOStatus status = FileSystemWrapper::NewDirectory(path, options, directory, debug);
  if (status.ok()) *directory = std::make_unique<VolatileDirectory>(Trimmed(path), this);
  return status;
}

IOStatus PowerLossFs::DeleteFile(const std::string& path, const IOOptions& options,
                                 IODebugContext* debug) {
  base::MutexLock lock(&mutex_);
  IOStatus status = StepLocked(path);
  if (status.ok()) status = FileSystemWrapper::FileExists(path, options, debug);
  if (!status.ok()) return status;
  Change change{Change::Kind::kDelete, Parent(path), path, "", "", nullptr};
  ToAttic(path, &change);
  changes_.push_back(std::move(change));
  return status;
}

IOStatus PowerLossFs::RenameFile(const std::string& from, const std::string& to,
                                 const IOOptions& options, IODebugContext* debug) {
  base::MutexLock lock(&mutex_);
  IOStatus status = StepLocked(from);
  if (status.ok()) status = FileSystemWrapper::FileExists(from, options, debug);
  if (!status.ok()) return status;
  Change change{Change::Kind::kRename, Parent(to), to, from, "", nullptr};
  ToAttic(to, &change);
  std::shared_ptr<FileState> state = StateOf(from);
  status = FileSystemWrapper::RenameFile(from, to, options, debug);
  files_.erase(from);
  files_[to] = std::move(state);
  MoveFilesOf(from, to);
  changes_.push_back(std::move(change));
  return status;
}

IOStatus PowerLossFs::LinkFile(const std::string& from, const std::string& to,
                               const IOOptions& options, IODebugContext* debug) {
  base::MutexLock lock(&mutex_);
  IOStatus status = StepLocked(from);
  if (status.ok()) status = FileSystemWrapper::LinkFile(from, to, options, debug);
  if (!status.ok()) return status;
  files_[to] = StateOf(from);
  changes_.push_back(Change{Change::Kind::kLink, Parent(to), to, "", "", nullptr});
  return status;
}

IOStatus PowerLossFs::LockFile(const std::string& path, const IOOptions& options,
                               rocksdb::FileLock** lock, IODebugContext* debug) {
  base::MutexLock guard(&mutex_);
  const bool is_new = !FileSystemWrapper::FileExists(path, options, debug).ok();
  IOStatus status = is_new ? StepLocked(path) : IOStatus::OK();
  if (status.ok()) status = FileSystemWrapper::LockFile(path, options, lock, debug);
  if (status.ok() && is_new) {
    changes_.push_back(Change{Change::Kind::kCreate, Parent(path), path, "", "", nullptr});
  }
  return status;
}

IOStatus PowerLossFs::CreateDir(const std::string& path, const IOOptions& options,
                                IODebugContext* debug) {
  base::MutexLock lock(&mutex_);
  return CreateDirLocked(path, options, debug);
}

IOStatus PowerLossFs::CreateDirLocked(const std::string& path, const IOOptions& options,
                                      IODebugContext* debug) {
  IOStatus status = StepLocked(path);
  if (status.ok()) status = FileSystemWrapper::CreateDir(path, options, debug);
  if (!status.ok()) return status;
  const std::string name = Trimmed(path);
  changes_.push_back(Change{Change::Kind::kMakeDirectory, Parent(name), name, "", "", nullptr});
  return status;
}

IOStatus PowerLossFs::CreateDirIfMissing(const std::string& path, const IOOptions& options,
                                         IODebugContext* debug) {
  base::MutexLock lock(&mutex_);
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return IOStatus::OK();
  return CreateDirLocked(path, options, debug);
}

}  // namespace cloudlet::kv
