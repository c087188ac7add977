// Checkpoints: a second store made of one moment of this one, while it goes on.
//
// The moment is the MANIFEST as far as it has been written and the logs as they are then; replaying
// a prefix of the log over what the MANIFEST tells of is what every open after a crash does, so any
// length of log is a consistent moment of all families. Nothing is flushed for it (a flush that
// fails would latch the store), unless there are writes without log. An ingest changes the MANIFEST
// alone, as does dropping files, and what is logged later speaks of it: none may come between the
// two, hence `past_log`.
// RocksDB keeps its files meanwhile (DisableFileDeletions). Tables never change and are linked, or
// copied where that cannot be done; the logs and the MANIFEST, which are still written, are copied.
//
// The store is built as <directory>.partial/store, made durable, and renamed. What a process that
// died has left there is removed by the next checkpoint to the same directory, if it is ours beyond
// doubt: the first thing that we write into <directory>.partial is the file CHECKPOINT, which we
// also hold locked, there is nothing else in it but `store`, and this has no STORE-LOCK, which it
// gets behind the rename only. So nothing that was ever opened as a store is removed. Who ends
// takes CHECKPOINT away, so whoever has locked it looks whether it is still the file that is there.
//
// All of this goes past StoreFs to the file system under it: an error over there is no error of
// this store's log, and its MANIFEST is not the one that ManifestBook keeps book of.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/crc.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "objstore/kv/rocks_kv_core.h"
#include "objstore/kv/rocks_kv_files.h"
#include "objstore/kv/rocks_kv_status.h"
#include "rocksdb/metadata.h"
#include "rocksdb/options.h"

namespace cloudlet::kv {

namespace {

using rocksdb::IOOptions;
using rocksdb::IOStatus;

constexpr std::string_view kPartialMark = "CHECKPOINT";
constexpr std::string_view kStaged = "store";
constexpr int kLockTries = 8;
constexpr uint64_t kCopyBytes = uint64_t{1} << 20;

// RocksDB 11 has lost the parameter; with its default, 7.8 would end the others' holds too.
template <typename Db>
rocksdb::Status AllowFileDeletions(Db& db) {
  if constexpr (requires { db.EnableFileDeletions(false); }) {
    return db.EnableFileDeletions(false);
  } else {
    return db.EnableFileDeletions();
  }
}

// What a checkpoint consists of, and up to which sequence number it certainly reaches.
struct Moment {
  std::vector<rocksdb::LiveFileStorageInfo> files;
  uint64_t sequence = 0;
};

class Checkpointer {
 public:
  Checkpointer(RocksCore& core, std::string directory)
      : core_(core),
        fs_(core.options.file_system != nullptr ? core.options.file_system
                                                : rocksdb::FileSystem::Default()),
        directory_(std::move(directory)),
        partial_(directory_ + ".partial"),
        mark_path_(absl::StrCat(partial_, "/", base::V(kPartialMark))),
        staged_(absl::StrCat(partial_, "/", base::V(kStaged))) {}

  absl::Status Run() ABSL_SHARED_LOCKS_REQUIRED(core_.mutex);

 private:
  absl::Status CheckPlace();
  absl::Status CheckPartial();
  absl::Status CheckStaged();
  absl::Status Claim();
  absl::Status LockMark();
  bool HoldsMark();
  absl::Status Fill() ABSL_SHARED_LOCKS_REQUIRED(core_.mutex);
  absl::StatusOr<Moment> TakeMoment() ABSL_SHARED_LOCKS_REQUIRED(core_.mutex);
  absl::Status Take(const rocksdb::LiveFileStorageInfo& file, ManifestMark* manifest);
  absl::Status Copy(const std::string& from, const std::string& to, uint64_t size, uint32_t* crc);
  absl::Status Write(const std::string& path, const std::string& bytes);
  absl::Status Publish();
  bool TakeBack();
  IOStatus RemoveStaged();
  void Release();

  RocksCore& core_;
  const std::shared_ptr<rocksdb::FileSystem> fs_;  // not the store's StoreFs: see the banner
  const std::string directory_;
  const std::string partial_;
  const std::string mark_path_;
  const std::string staged_;
  rocksdb::FileLock* lock_ = nullptr;  // of CHECKPOINT
  int mark_ = -1;                      // the same file once more, open while it is locked
};

absl::Status Checkpointer::Run() {
  CLOUDLET_RETURN_IF_ERROR(CheckPlace());
  CLOUDLET_RETURN_IF_ERROR(CheckPartial());
  CLOUDLET_RETURN_IF_ERROR(Claim());
  absl::Status status = Fill();
  if (status.ok()) status = Publish();
  Release();
  return status;
}

// ALREADY_EXISTS unless `directory_` is still to be made, or empty.
absl::Status Checkpointer::CheckPlace() {
  const IOStatus there = fs_->FileExists(directory_, IOOptions(), nullptr);
  if (there.IsNotFound()) {
    std::error_code ignored;
    if (!std::filesystem::is_symlink(directory_, ignored)) return absl::OkStatus();
    return absl::AlreadyExistsError(
        absl::StrCat(directory_, " is a symbolic link to what is not there; remove it"));
  }
  if (!there.ok()) return FromRocks(there, absl::StrCat("look at ", directory_));
  if (!IsDirectory(*fs_, directory_)) {
    return absl::AlreadyExistsError(absl::StrCat(directory_, " is there and is no directory"));
  }
  std::vector<std::string> names;
  const IOStatus listed = ListDirectory(*fs_, directory_, &names);
  if (!listed.ok()) return FromRocks(listed, absl::StrCat("list ", directory_));
  if (names.empty()) return absl::OkStatus();
  return absl::AlreadyExistsError(
      absl::StrCat(directory_, " is there and not empty (it has ", base::Quoted(names[0]), ")"));
}

// FAILED_PRECONDITION unless what is at `partial_` is nothing, or what a checkpoint has left.
absl::Status Checkpointer::CheckPartial() {
  // What is behind a link is somebody else's: it would be emptied.
  for (const std::string& path : {partial_, staged_}) {
    std::error_code ignored;
    if (std::filesystem::is_symlink(path, ignored)) {
      return absl::FailedPreconditionError(
          absl::StrCat(path, " is in the way, and is a symbolic link; remove it"));
    }
  }
  const IOStatus there = fs_->FileExists(partial_, IOOptions(), nullptr);
  if (there.IsNotFound()) return absl::OkStatus();
  if (!there.ok()) return FromRocks(there, absl::StrCat("look at ", partial_));
  std::vector<std::string> names;
  const IOStatus listed = ListDirectory(*fs_, partial_, &names);
  if (!listed.ok() && !listed.IsNotFound())
    return FromRocks(listed, absl::StrCat("list ", partial_));
  const bool has_mark = std::count(names.begin(), names.end(), kPartialMark) != 0;
  const auto foreign = std::find_if(names.begin(), names.end(), [has_mark](const auto& name) {
    return !has_mark || (name != kPartialMark && name != kStaged);
  });
  if (listed.ok() && foreign == names.end()) return CheckStaged();
  return absl::FailedPreconditionError(absl::StrCat(
      partial_, " is in the way, and is not what an interrupted checkpoint leaves",
      listed.ok() ? absl::StrCat(" (it has ", base::Quoted(*foreign), ")") : "", "; remove it"));
}

absl::Status Checkpointer::CheckStaged() {
  std::vector<std::string> names;
  const IOStatus listed = ListDirectory(*fs_, staged_, &names);
  if (listed.IsNotFound()) return absl::OkStatus();
  if (!listed.ok()) return FromRocks(listed, absl::StrCat("list ", staged_));
  for (const std::string& name : names) {
    if (name == kStoreLock || IsDirectory(*fs_, absl::StrCat(staged_, "/", name))) {
      return absl::FailedPreconditionError(
          absl::StrCat(staged_, " is in the way, and may be a store that is in use (it has ",
                       base::Quoted(name), "); remove ", partial_));
    }
  }
  return absl::OkStatus();
}

absl::Status Checkpointer::LockMark() {
  const absl::Status another =
      absl::FailedPreconditionError("another checkpoint to it is under way");
  for (int i = 0; i < kLockTries; ++i) {
    IOStatus status = CreateDirectories(*fs_, partial_);
    if (status.ok()) status = fs_->LockFile(mark_path_, IOOptions(), &lock_, nullptr);
    if (!status.ok()) {
      lock_ = nullptr;
      if (absl::IsFailedPrecondition(FromRocksOpen(status, partial_))) return another;
      fs_->DeleteDir(partial_, IOOptions(), nullptr).PermitUncheckedError();  // if it is empty
      return FromRocks(status, absl::StrCat("lock ", mark_path_));
    }
    if (HoldsMark()) return absl::OkStatus();
    fs_->UnlockFile(std::exchange(lock_, nullptr), IOOptions(), nullptr).PermitUncheckedError();
  }
  return another;
}

// Whether `lock_` is of the file at `mark_path_`. Another checkpoint that ended between our opening
// and our locking has taken that one away; what is there now may be the mark of a third. The file
// is looked at through a descriptor that stays open: closing it would end our lock of it.
bool Checkpointer::HoldsMark() {
  const int file = ::open(mark_path_.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) {  // it is gone, or in a file system of its own, which has no other processes
    return errno == ENOENT && fs_->FileExists(mark_path_, IOOptions(), nullptr).ok();
  }
  struct flock holder = {};
  holder.l_type = F_WRLCK;
  holder.l_whence = SEEK_SET;
  if (::fcntl(file, F_OFD_GETLK, &holder) == 0 &&
      (holder.l_type == F_UNLCK || holder.l_pid != ::getpid())) {
    ::close(file);
    return false;
  }
  mark_ = file;
  return true;
}

// Makes `partial_` ours, and empties it.
absl::Status Checkpointer::Claim() {
  CLOUDLET_RETURN_IF_ERROR(LockMark());
  // Looked at again: another checkpoint may have ended here since.
  absl::Status claimed = CheckPlace();
  if (claimed.ok()) claimed = CheckPartial();
  if (claimed.ok()) {
    IOStatus status = SyncDirectory(*fs_, partial_);
    if (status.ok()) status = RemoveStaged();
    if (status.ok()) status = fs_->CreateDir(staged_, IOOptions(), nullptr);
    claimed = FromRocks(status, absl::StrCat("prepare ", partial_));
  }
  if (!claimed.ok()) Release();
  return claimed;
}

absl::Status Checkpointer::Fill() {
  CLOUDLET_RETURN_IF_ERROR(FromRocks(core_.db->DisableFileDeletions(), "hold files"));
  const auto fill = [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS -> absl::Status {
    CLOUDLET_ASSIGN_OR_RETURN(const Moment moment, TakeMoment());
    Mark mark{moment.sequence, {}};
    for (const rocksdb::LiveFileStorageInfo& file : moment.files) {
      // A store that has met an error since is not to be trusted with a copy.
      CLOUDLET_RETURN_IF_ERROR(core_.latch->status());
      CLOUDLET_RETURN_IF_ERROR(Take(file, &mark.manifest));
    }
    return MarkFiles(fs_, staged_).Write(kDurableMark, mark);  // and syncs the directory
  };
  const absl::Status filled = fill();
  const rocksdb::Status allowed = AllowFileDeletions(*core_.db);
  return filled.ok() ? FromRocks(allowed, "let go of files") : filled;
}

absl::StatusOr<Moment> Checkpointer::TakeMoment() {
  base::WriterLock nothing_past_log(&core_.past_log);
  Moment moment;
  moment.sequence = core_.db->GetLatestSequenceNumber();
  CLOUDLET_RETURN_IF_ERROR(core_.FlushUnloggedShared());
  rocksdb::LiveFilesStorageInfoOptions options;
  options.wal_size_for_flush = std::numeric_limits<uint64_t>::max();
  CLOUDLET_RETURN_IF_ERROR(
      FromRocks(core_.db->GetLiveFilesStorageInfo(options, &moment.files), "list files"));
  return moment;
}

// Brings one file into the checkpoint.
absl::Status Checkpointer::Take(const rocksdb::LiveFileStorageInfo& file, ManifestMark* manifest) {
  if (file.file_type == rocksdb::kOptionsFile) return absl::OkStatus();
  const std::string to = absl::StrCat(staged_, "/", file.relative_filename);
  if (!file.replacement_contents.empty()) return Write(to, file.replacement_contents);
  const std::string from = absl::StrCat(file.directory, "/", file.relative_filename);
  const bool is_table =
      file.file_type == rocksdb::kTableFile || file.file_type == rocksdb::kBlobFile;
  // Another file system, one without links, too many links: the copy will tell if it is worse.
  if (is_table && fs_->LinkFile(from, to, IOOptions(), nullptr).ok()) return absl::OkStatus();
  uint32_t crc = 0;
  CLOUDLET_RETURN_IF_ERROR(Copy(from, to, file.size, &crc));
  if (file.file_type == rocksdb::kDescriptorFile) *manifest = {file.file_number, file.size, crc};
  return absl::OkStatus();
}

// Writes the first `size` bytes of `from` to `to`, durably; `crc` becomes theirs.
absl::Status Checkpointer::Copy(const std::string& from, const std::string& to, uint64_t size,
                                uint32_t* crc) {
  const std::string what = absl::StrCat("copy ", from, " to ", to);
  std::unique_ptr<rocksdb::FSSequentialFile> source;
  std::unique_ptr<rocksdb::FSWritableFile> copy;
  IOStatus status = fs_->NewSequentialFile(from, rocksdb::FileOptions(), &source, nullptr);
  if (status.ok()) status = fs_->NewWritableFile(to, rocksdb::FileOptions(), &copy, nullptr);
  std::vector<char> buffer(std::min(size, kCopyBytes));
  for (uint64_t done = 0; status.ok() && done < size;) {
    const size_t want = std::min<uint64_t>(size - done, buffer.size());
    rocksdb::Slice piece;
    status = source->Read(want, IOOptions(), &piece, buffer.data(), nullptr);
    if (status.ok() && piece.empty()) {
      return absl::DataLossError(
          absl::StrCat(what, ": it ends after ", done, " bytes, should have ", size));
    }
    if (status.ok()) status = copy->Append(piece, IOOptions(), nullptr);
    *crc = base::Crc32c(ToView(piece), *crc);
    done += piece.size();
  }
  if (status.ok()) status = copy->Sync(IOOptions(), nullptr);
  if (status.ok()) status = copy->Close(IOOptions(), nullptr);
  return FromRocks(status, what);
}

absl::Status Checkpointer::Write(const std::string& path, const std::string& bytes) {
  std::unique_ptr<rocksdb::FSWritableFile> file;
  IOStatus status = fs_->NewWritableFile(path, rocksdb::FileOptions(), &file, nullptr);
  if (status.ok()) status = file->Append(bytes, IOOptions(), nullptr);
  if (status.ok()) status = file->Sync(IOOptions(), nullptr);
  if (status.ok()) status = file->Close(IOOptions(), nullptr);
  return FromRocks(status, absl::StrCat("write ", path));
}

// The rename is what makes the checkpoint; if it cannot be made durable it is taken back.
absl::Status Checkpointer::Publish() {
  CLOUDLET_RETURN_IF_ERROR(core_.latch->status());
  IOStatus status = fs_->RenameFile(staged_, directory_, IOOptions(), nullptr);
  if (!status.ok()) return FromRocks(status, absl::StrCat("finish ", staged_));
  // So that nobody opens it before it is durable. Should that fail the directory is still a store,
  // by its mark, and its first open makes the file.
  const std::string store_lock = absl::StrCat(directory_, "/", base::V(kStoreLock));
  rocksdb::FileLock* lock = nullptr;
  const bool locked = fs_->LockFile(store_lock, IOOptions(), &lock, nullptr).ok();
  status = SyncDirectory(*fs_, directory_);
  if (status.ok()) status = SyncDirectory(*fs_, ParentDirectory(directory_));
  const bool taken_back = !status.ok() && locked && TakeBack();
  if (locked) fs_->UnlockFile(lock, IOOptions(), nullptr).PermitUncheckedError();
  return FromRocks(status, taken_back || status.ok()
                               ? absl::StrCat("sync ", directory_)
                               : absl::StrCat(directory_, " is there but may not stay: sync it"));
}

// Whether `directory_`, which nobody else has opened, is `staged_` again.
bool Checkpointer::TakeBack() {
  if (!fs_->RenameFile(directory_, staged_, IOOptions(), nullptr).ok()) return false;
  const std::string store_lock = absl::StrCat(staged_, "/", base::V(kStoreLock));
  fs_->DeleteFile(store_lock, IOOptions(), nullptr).PermitUncheckedError();
  return true;
}

IOStatus Checkpointer::RemoveStaged() {
  std::vector<std::string> names;
  IOStatus status = ListDirectory(*fs_, staged_, &names);
  if (status.IsNotFound()) return IOStatus::OK();
  for (size_t i = 0; status.ok() && i < names.size(); ++i) {
    status = fs_->DeleteFile(absl::StrCat(staged_, "/", names[i]), IOOptions(), nullptr);
  }
  return status.ok() ? fs_->DeleteDir(staged_, IOOptions(), nullptr) : status;
}

// Gives the lock back and takes `partial_` away, as far as that can be done: while something is
// left in it the mark stays, for the next checkpoint to know it by.
void Checkpointer::Release() {
  const bool removed = CheckPartial().ok() && RemoveStaged().ok() &&
                       fs_->DeleteFile(mark_path_, IOOptions(), nullptr).ok();
  fs_->UnlockFile(lock_, IOOptions(), nullptr).PermitUncheckedError();
  if (mark_ >= 0) ::close(mark_);
  if (removed) fs_->DeleteDir(partial_, IOOptions(), nullptr).PermitUncheckedError();
}

bool IsInside(const std::string& path, const std::string& directory) {
  return path == directory || path.compare(0, directory.size() + 1, directory + "/") == 0;
}

}  // namespace

// The analysis does not see that the Checkpointer's core is this one.
absl::Status CheckpointShared(RocksCore& core,
                              const std::string& directory) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  const auto failed = [&directory](const absl::Status& status) {
    return absl::Status(status.code(),
                        absl::StrCat("checkpoint to ", directory, ": ", status.message()));
  };
  if (directory.empty() || directory.find('\0') != std::string::npos) {
    return failed(absl::InvalidArgumentError("the path is empty or has a NUL"));
  }
  const std::string canonical = CanonicalDirectory(directory);
  if (IsInside(canonical, core.directory)) {
    return failed(absl::InvalidArgumentError(
        absl::StrCat("it is inside of the store itself, ", core.directory)));
  }
  const absl::Status status = Checkpointer(core, canonical).Run();
  return status.ok() ? status : failed(status);
}

}  // namespace cloudlet::kv
