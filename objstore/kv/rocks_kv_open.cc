// Opening a store: see that it is one, lock, look at the marks, open by options from code, judge
// what recovery found, begin.
//
// Order matters. A directory that is not empty and not ours is refused before anything in it is
// changed: opening deletes what it does not know. STORE-LOCK is taken next, so that nothing is read
// or deleted in a directory that somebody has open (RocksDB's own LOCK comes later, inside its
// Open); in a new store it is also the first file, durably, so that what an interrupted creation
// leaves is known by it. CLEAN goes last, durably, when the store is known to be good and before
// anybody can write. In between, obsolete logs are kept, for a verdict of DATA_LOSS to leave the
// evidence.
#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "objstore/kv/rocks_kv.h"
#include "objstore/kv/rocks_kv_core.h"
#include "objstore/kv/rocks_kv_files.h"
#include "objstore/kv/rocks_kv_log.h"
#include "objstore/kv/rocks_kv_options.h"
#include "objstore/kv/rocks_kv_status.h"

namespace cloudlet::kv {

namespace {

using rocksdb::IOOptions;
using rocksdb::IOStatus;

// Logs of a clean store up to this are replayed and kept at open, instead of written to tables.
constexpr int kMaxKeptLogs = 4;
constexpr uint64_t kMaxKeptLogBytes = 256 << 10;

// What the marks say about the store as it was left.
struct Marks {
  std::optional<Mark> clean;
  std::optional<Mark> durable;
};

absl::Status CheckFamilies(const RocksKvOptions& options) {
  if (options.families.empty()) return absl::InvalidArgumentError("open: no families given");
  std::set<std::string> seen;
  for (size_t i = 0; i < options.families.size(); ++i) {
    const std::string& name = options.families[i].name;
    const bool taken = i > 0 && name == rocksdb::kDefaultColumnFamilyName;
    if (name.empty() || taken || !seen.insert(name).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("open: family name ", base::Quoted(name), " is empty, taken or reserved"));
    }
  }
  return absl::OkStatus();
}

// The position of the family called `name`, or the size.
size_t IndexOf(const std::vector<rocksdb::ColumnFamilyHandle*>& handles, const std::string& name) {
  const auto found = std::find_if(handles.begin(), handles.end(),
                                  [&](const auto* handle) { return handle->GetName() == name; });
  return static_cast<size_t>(found - handles.begin());
}

template <typename Db>
rocksdb::Status OpenDb(const rocksdb::DBOptions& options, const std::string& directory,
                       const std::vector<rocksdb::ColumnFamilyDescriptor>& families,
                       std::vector<rocksdb::ColumnFamilyHandle*>* handles,
                       std::unique_ptr<Db>* db) {
  // RocksDB 11 hands out a unique_ptr, 7.8 a plain pointer.
  if constexpr (requires { Db::Open(options, directory, families, handles, db); }) {
    return Db::Open(options, directory, families, handles, db);
  } else {
    Db* raw = nullptr;
    rocksdb::Status status = Db::Open(options, directory, families, handles, &raw);
    db->reset(raw);
    return status;
  }
}

class Opener {
 public:
  Opener(std::string directory, const RocksKvOptions& options)
      : core_(std::make_shared<RocksCore>()) {
    core_->directory = std::move(directory);
    core_->options = options;
    for (const FamilySpec& family : options.families) core_->names.push_back(family.name);
  }

  absl::StatusOr<std::unique_ptr<Kv>> Open() {
    // Nobody else has the core yet; the lock is for those who check locks.
    {
      base::WriterLock guard(&core_->mutex);
      absl::Status status = OpenLocked();
      if (!status.ok()) {
        Abandon();
        return status;
      }
    }
    return NewRocksKv(core_);
  }

 private:
  absl::Status OpenLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(core_->mutex);
  void MakeParts();
  bool HasFileOfOurs();
  absl::Status CheckOurs();
  absl::Status TakeLock() ABSL_EXCLUSIVE_LOCKS_REQUIRED(core_->mutex);
  absl::Status EmptyIncoming();
  absl::StatusOr<Marks> ReadMarks();
  absl::StatusOr<std::optional<Mark>> ReadMark(std::string_view name);
  absl::Status JudgeManifest(const Marks& marks);
  // The status of an open: in a store that exists, a file that is not found is DATA_LOSS.
  absl::Status Whole(const rocksdb::Status& status) const;
  absl::Status OpenDatabase(const Marks& marks) ABSL_EXCLUSIVE_LOCKS_REQUIRED(core_->mutex);
  absl::Status SortHandles(std::vector<rocksdb::ColumnFamilyHandle*> opened)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(core_->mutex);
  absl::Status OpenTables() ABSL_EXCLUSIVE_LOCKS_REQUIRED(core_->mutex);
  absl::Status Judge(const Marks& marks) ABSL_EXCLUSIVE_LOCKS_REQUIRED(core_->mutex);
  absl::Status Loss(const std::string& what);
  void Abandon() ABSL_EXCLUSIVE_LOCKS_REQUIRED(core_->mutex);
  rocksdb::DBOptions DbOptions(const Marks& marks);
  bool HasSmallLogs();
  rocksdb::ColumnFamilyOptions FamilyOptions(const std::string& name) const;
  // RocksDB's name of the family with this index.
  const std::string& StoredName(size_t index) const {
    return index == 0 ? rocksdb::kDefaultColumnFamilyName : core_->names[index];
  }
  bool accepts_loss() const { return core_->options.on_loss == OnLoss::kAccept; }

  const std::shared_ptr<RocksCore> core_;
  bool exists_ = false;
};

absl::Status Opener::OpenLocked() {
  CLOUDLET_RETURN_IF_ERROR(CheckFamilies(core_->options));
  MakeParts();
  CLOUDLET_RETURN_IF_ERROR(CheckOurs());
  const IOStatus current =
      core_->fs->FileExists(core_->directory + "/CURRENT", IOOptions(), nullptr);
  exists_ = current.ok();
  if (!exists_ && !current.IsNotFound()) return FromRocksOpen(current, core_->directory);
  if (!exists_ && !core_->options.create_if_missing) {
    CLOUDLET_ASSIGN_OR_RETURN(const Marks marks, ReadMarks());
    if (marks.clean.has_value() || marks.durable.has_value()) {
      CLOUDLET_RETURN_IF_ERROR(Loss("the store's CURRENT file is missing"));
    }
    return absl::NotFoundError(absl::StrCat("open ", core_->directory, ": no store there"));
  }
  if (!exists_) {
    CLOUDLET_RETURN_IF_ERROR(
        FromRocksOpen(CreateDirectories(*core_->fs, core_->directory), core_->directory));
  }
  CLOUDLET_RETURN_IF_ERROR(TakeLock());
  CLOUDLET_ASSIGN_OR_RETURN(const Marks marks, ReadMarks());
  if (!exists_ && (marks.clean.has_value() || marks.durable.has_value())) {
    CLOUDLET_RETURN_IF_ERROR(Loss("the store's CURRENT file is missing"));
  }
  CLOUDLET_RETURN_IF_ERROR(JudgeManifest(marks));
  CLOUDLET_RETURN_IF_ERROR(EmptyIncoming());
  core_->fs->HoldLogs();
  CLOUDLET_RETURN_IF_ERROR(OpenDatabase(marks));
  CLOUDLET_RETURN_IF_ERROR(OpenTables());
  CLOUDLET_RETURN_IF_ERROR(Judge(marks));
  return core_->latch->status();
}

void Opener::MakeParts() {
  RocksCore& core = *core_;
  core.latch = std::make_shared<Latch>();
  core.fs = std::make_shared<StoreFs>(core.options.file_system != nullptr
                                          ? core.options.file_system
                                          : rocksdb::FileSystem::Default(),
                                      core.latch);
  core.env = rocksdb::NewCompositeEnv(core.fs);
  core.cache = NewBlockCache(core.options);
  core.mark = std::make_unique<DurableMark>(
      MarkFiles(core.fs, core.directory), core.fs->manifest(),
      core.options.now != nullptr ? core.options.now : std::function<absl::Time()>(&absl::Now));
}

bool Opener::HasFileOfOurs() {
  const std::string lock = absl::StrCat(core_->directory, "/", base::V(kStoreLock));
  if (core_->fs->FileExists(lock, IOOptions(), nullptr).ok()) return true;
  // A store whose lock file somebody has cleaned away is still one, by its marks.
  const MarkFiles files(core_->fs, core_->directory);
  return files.Read(kCleanMark).value_or(std::nullopt).has_value() ||
         files.Read(kDurableMark).value_or(std::nullopt).has_value();
}

// FAILED_PRECONDITION for a directory that is not empty and not a store, begun or whole. Changes
// nothing.
absl::Status Opener::CheckOurs() {
  if (HasFileOfOurs()) return absl::OkStatus();
  std::vector<std::string> children;
  const IOStatus listed = ListDirectory(*core_->fs, core_->directory, &children);
  if (listed.IsNotFound()) return absl::OkStatus();
  if (!listed.ok()) return FromRocksOpen(listed, core_->directory);
  // A fresh file system of its own counts as empty.
  const auto foreign = std::find_if(children.begin(), children.end(),
                                    [](const auto& child) { return child != "lost+found"; });
  // Looked at again: another opener may have begun a store since.
  if (foreign == children.end() || HasFileOfOurs()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("open ", core_->directory, ": not empty and not a cloudlet store (it has ",
                   base::Quoted(*foreign), " and no ", base::V(kStoreLock), ")"));
}

absl::Status Opener::TakeLock() {
  const std::string path = absl::StrCat(core_->directory, "/", base::V(kStoreLock));
  IOStatus status = core_->fs->LockFile(path, IOOptions(), &core_->lock, nullptr);
  if (status.ok() && !exists_) status = SyncDirectory(*core_->fs, core_->directory);
  return FromRocksOpen(status, core_->directory);
}

absl::Status Opener::EmptyIncoming() {
  const std::string incoming = IncomingDirectory(core_->directory);
  std::vector<std::string> children;
  const IOStatus listed = ListDirectory(*core_->fs, incoming, &children);
  if (listed.IsNotFound()) return absl::OkStatus();
  if (!listed.ok()) return FromRocksOpen(listed, core_->directory);
  for (const std::string& child : children) {
    CLOUDLET_RETURN_IF_ERROR(FromRocksOpen(
        core_->fs->DeleteFile(absl::StrCat(incoming, "/", child), IOOptions(), nullptr),
        core_->directory));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Mark>> Opener::ReadMark(std::string_view name) {
  auto mark = MarkFiles(core_->fs, core_->directory).Read(name);
  if (!absl::IsDataLoss(mark.status())) return mark;
  CLOUDLET_RETURN_IF_ERROR(Loss(std::string(mark.status().message())));
  return std::nullopt;
}

absl::StatusOr<Marks> Opener::ReadMarks() {
  Marks marks;
  CLOUDLET_ASSIGN_OR_RETURN(marks.clean, ReadMark(kCleanMark));
  CLOUDLET_ASSIGN_OR_RETURN(marks.durable, ReadMark(kDurableMark));
  return marks;
}

absl::Status Opener::JudgeManifest(const Marks& marks) {
  for (const std::optional<Mark>& mark : {marks.clean, marks.durable}) {
    if (!exists_ || !mark.has_value()) continue;
    const absl::Status checked = CheckManifest(*core_->fs, core_->directory, mark->manifest);
    if (!absl::IsDataLoss(checked)) {
      CLOUDLET_RETURN_IF_ERROR(checked);
    } else {
      CLOUDLET_RETURN_IF_ERROR(Loss(std::string(checked.message())));
    }
  }
  return absl::OkStatus();
}

bool Opener::HasSmallLogs() {
  std::vector<std::string> children;
  if (!core_->fs->GetChildren(core_->directory, IOOptions(), &children, nullptr).ok()) return false;
  int logs = 0;
  uint64_t bytes = 0;
  for (const std::string& child : children) {
    if (std::filesystem::path(child).extension() != ".log") continue;
    uint64_t size = 0;
    const std::string path = absl::StrCat(core_->directory, "/", child);
    if (!core_->fs->GetFileSize(path, IOOptions(), &size, nullptr).ok()) return false;
    ++logs;
    bytes += size;
  }
  return logs <= kMaxKeptLogs && bytes <= kMaxKeptLogBytes;
}

rocksdb::DBOptions Opener::DbOptions(const Marks& marks) {
  rocksdb::DBOptions db = TunedDbOptions(core_->options);
  db.env = core_->env.get();
  db.info_log = NewRocksLogger(core_->options.log);
  db.info_log_level = db.info_log->GetInfoLogLevel();
  db.listeners.push_back(std::make_shared<LatchListener>(core_->latch));
  db.listeners.push_back(std::make_shared<MarkListener>(core_.get()));
  db.create_if_missing = !exists_;
  // After a clean end the log is durable and has no torn tail: every byte of it must check, and a
  // small one may stay, which spares a synced table per family.
  const bool was_clean = marks.clean.has_value() && !accepts_loss();
  db.wal_recovery_mode = was_clean ? rocksdb::WALRecoveryMode::kAbsoluteConsistency
                                   : rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  db.avoid_flush_during_recovery = was_clean && HasSmallLogs();
  return db;
}

rocksdb::ColumnFamilyOptions Opener::FamilyOptions(const std::string& name) const {
  const std::vector<FamilySpec>& families = core_->options.families;
  FamilyKind kind = FamilyKind::kRows;
  for (size_t i = 0; i < families.size(); ++i) {
    if (StoredName(i) == name) kind = families[i].kind;
  }
  return TunedFamilyOptions(kind, core_->options, core_->cache);
}

absl::Status Opener::Whole(const rocksdb::Status& status) const {
  const absl::Status opened = FromRocksOpen(status, core_->directory);
  if (!exists_ || !absl::IsNotFound(opened)) return opened;
  return absl::DataLossError(absl::StrCat(opened.message(), " (a file of the store is missing)"));
}

absl::Status Opener::OpenDatabase(const Marks& marks) {
  const rocksdb::DBOptions db_options = DbOptions(marks);
  std::vector<std::string> stored = {rocksdb::kDefaultColumnFamilyName};
  if (exists_) {
    CLOUDLET_RETURN_IF_ERROR(
        Whole(rocksdb::DB::ListColumnFamilies(db_options, core_->directory, &stored)));
  }
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const std::string& name : stored) families.emplace_back(name, FamilyOptions(name));
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  CLOUDLET_RETURN_IF_ERROR(
      Whole(OpenDb(db_options, core_->directory, families, &handles, &core_->db)));
  return SortHandles(std::move(handles));
}

absl::Status Opener::SortHandles(std::vector<rocksdb::ColumnFamilyHandle*> opened) {
  // From here on all of them are the core's, to be given back whatever happens.
  std::vector<rocksdb::ColumnFamilyHandle*>& handles = core_->handles;
  handles = std::move(opened);
  std::vector<rocksdb::ColumnFamilyDescriptor> missing;
  for (size_t i = 0; i < core_->names.size(); ++i) {
    if (IndexOf(handles, StoredName(i)) == handles.size()) {
      missing.emplace_back(StoredName(i), FamilyOptions(StoredName(i)));
    }
  }
  if (!missing.empty()) {
    std::vector<rocksdb::ColumnFamilyHandle*> created;
    const rocksdb::Status status = core_->db->CreateColumnFamilies(missing, &created);
    handles.insert(handles.end(), created.begin(), created.end());
    if (!status.ok()) return FromRocksOpen(status, core_->directory);
  }
  for (size_t i = 0; i < core_->names.size(); ++i) {
    std::swap(handles[i], handles[IndexOf(handles, StoredName(i))]);
  }
  return absl::OkStatus();
}

// DB::Open opens at most 16 tables; the others would be opened by the iterators that come to them.
// When an iterator cannot open one of level 0, RocksDB 7.8 frees the range tombstones of the table
// before it twice (mended upstream by pull request 12805). So all of level 0 is opened here, by
// iterators that leave range tombstones alone, and a table that cannot be opened fails the open.
absl::Status Opener::OpenTables() {
  rocksdb::ReadOptions read;
  read.ignore_range_deletions = true;
  const std::string behind_all_keys(2048, '\xFF');
  for (rocksdb::ColumnFamilyHandle* handle : core_->handles) {
    const std::unique_ptr<rocksdb::Iterator> it(core_->db->NewIterator(read, handle));
    it->Seek(behind_all_keys);
    CLOUDLET_RETURN_IF_ERROR(Whole(it->status()));
  }
  return absl::OkStatus();
}

absl::Status Opener::Judge(const Marks& marks) {
  const MarkFiles files(core_->fs, core_->directory);
  const uint64_t found = core_->db->GetLatestSequenceNumber();
  const uint64_t promised =
      std::max(marks.clean.value_or(Mark()).sequence, marks.durable.value_or(Mark()).sequence);
  if (found < promised) {
    CLOUDLET_RETURN_IF_ERROR(
        Loss(absl::StrCat("synced writes are missing: recovery ends at sequence number ", found,
                          ", synced were ", promised)));
  }
  // All that was found is durable: recovery has written what it read from the log to synced
  // tables, or the log is the one that a clean Close has synced. From here on it counts as all
  // there was.
  const Mark mark{found, core_->fs->manifest()->durable()};
  CLOUDLET_RETURN_IF_ERROR(files.WriteInPlaceOf(kCleanMark, kDurableMark, mark));
  core_->mark->StartFrom(mark);
  core_->fs->ReleaseLogs();
  return absl::OkStatus();
}

absl::Status Opener::Loss(const std::string& what) {
  const std::string message = absl::StrCat("open ", core_->directory, ": ", what);
  if (!accepts_loss()) return absl::DataLossError(message);
  LogLine(core_->options.log, LogLevel::kError, message + " (accepted)");
  return absl::OkStatus();
}

void Opener::Abandon() {
  for (rocksdb::ColumnFamilyHandle* handle : core_->handles) {
    core_->db->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
  }
  core_->handles.clear();
  if (core_->db != nullptr) core_->db->Close().PermitUncheckedError();
  core_->db.reset();
}

}  // namespace

// RocksDB's locks are per process and per spelling.
std::string CanonicalDirectory(const std::string& directory) {
  std::error_code error;
  std::filesystem::path path = std::filesystem::absolute(directory, error);
  if (error) return directory;
  std::filesystem::path canonical = std::filesystem::weakly_canonical(path, error);
  std::string text = error ? path.lexically_normal().string() : canonical.string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

absl::StatusOr<std::unique_ptr<Kv>> OpenRocksKv(const std::string& directory,
                                                const RocksKvOptions& options) {
  return Opener(CanonicalDirectory(directory), options).Open();
}

}  // namespace cloudlet::kv
