// Reading and writing CLEAN and DURABLE. All I/O goes through the store's own file system, so that
// a power-loss test sees it.
#include "objstore/kv/rocks_kv_marks.h"

#include <charconv>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/crc.h"
#include "base/strings.h"
#include "objstore/kv/rocks_kv_status.h"

namespace cloudlet::kv {

namespace {

using ::cloudlet::base::V;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

constexpr std::string_view kPrefix = "cloudlet-mark 1 ";
constexpr size_t kMaxMarkBytes = 256;

}  // namespace

std::string EncodeMark(uint64_t sequence) {
  std::string line = absl::StrCat(V(kPrefix), sequence);
  const uint32_t crc = base::Crc32c(line);
  absl::StrAppendFormat(&line, " %08x\n", crc);
  return line;
}

std::optional<uint64_t> DecodeMark(std::string_view line) {
  if (line.substr(0, kPrefix.size()) != kPrefix) return std::nullopt;
  uint64_t sequence = 0;
  const auto parsed =
      std::from_chars(line.data() + kPrefix.size(), line.data() + line.size(), sequence);
  if (parsed.ec != std::errc()) return std::nullopt;
  // One number has one spelling, so comparing with it checks the CRC and every other byte.
  if (line != EncodeMark(sequence)) return std::nullopt;
  return sequence;
}

std::string MarkFiles::Path(std::string_view name) const {
  return absl::StrCat(directory_, "/", V(name));
}

absl::StatusOr<std::optional<uint64_t>> MarkFiles::Read(std::string_view name) const {
  const std::string path = Path(name);
  const std::string what = absl::StrCat("read ", path);
  std::unique_ptr<rocksdb::FSSequentialFile> file;
  IOStatus status = fs_->FileExists(path, IOOptions(), nullptr);
  if (status.IsNotFound()) return std::nullopt;
  if (status.ok()) status = fs_->NewSequentialFile(path, rocksdb::FileOptions(), &file, nullptr);
  if (!status.ok()) return FromRocks(status, what);
  char buffer[kMaxMarkBytes];
  rocksdb::Slice line;
  status = file->Read(sizeof(buffer), IOOptions(), &line, buffer, nullptr);
  if (!status.ok()) return FromRocks(status, what);
  const std::optional<uint64_t> sequence = DecodeMark({line.data(), line.size()});
  if (!sequence.has_value()) {
    return absl::DataLossError(
        absl::StrCat(what, ": its bytes do not check: ", base::Quoted({line.data(), line.size()})));
  }
  return sequence;
}

IOStatus MarkFiles::WriteSynced(const std::string& path, const std::string& text) const {
  std::unique_ptr<rocksdb::FSWritableFile> file;
  IOStatus status = fs_->NewWritableFile(path, rocksdb::FileOptions(), &file, nullptr);
  if (status.ok()) status = file->Append(text, IOOptions(), nullptr);
  if (status.ok()) status = file->Sync(IOOptions(), nullptr);
  if (status.ok()) status = file->Close(IOOptions(), nullptr);
  return status;
}

IOStatus MarkFiles::SyncDirectory() const {
  std::unique_ptr<rocksdb::FSDirectory> directory;
  IOStatus status = fs_->NewDirectory(directory_, IOOptions(), &directory, nullptr);
  if (status.ok()) status = directory->Fsync(IOOptions(), nullptr);
  return status;
}

absl::Status MarkFiles::Write(std::string_view name, uint64_t sequence) const {
  const std::string path = Path(name);
  const std::string tmp = absl::StrCat(path, ".tmp");
  IOStatus status = WriteSynced(tmp, EncodeMark(sequence));
  if (status.ok()) status = fs_->RenameFile(tmp, path, IOOptions(), nullptr);
  if (status.ok()) status = SyncDirectory();
  return FromRocks(status, absl::StrCat("write ", path));
}

absl::Status MarkFiles::Remove(std::string_view name) const {
  const std::string path = Path(name);
  IOStatus status = fs_->FileExists(path, IOOptions(), nullptr);
  if (status.IsNotFound()) return absl::OkStatus();
  if (status.ok()) status = fs_->DeleteFile(path, IOOptions(), nullptr);
  if (status.ok()) status = SyncDirectory();
  return FromRocks(status, absl::StrCat("remove ", path));
}

absl::Status MarkFiles::Rename(std::string_view from, std::string_view to) const {
  IOStatus status = fs_->RenameFile(Path(from), Path(to), IOOptions(), nullptr);
  if (status.ok()) status = SyncDirectory();
  return FromRocks(status, absl::StrCat("rename ", Path(from), " to ", V(to)));
}

void DurableMark::Covered(uint64_t sequence) {
  uint64_t before = covered_.load(std::memory_order_relaxed);
  while (before < sequence &&
         !covered_.compare_exchange_weak(before, sequence, std::memory_order_acq_rel)) {
  }
}

absl::Status DurableMark::WriteIfDue() {
  if (!mutex_.TryLock()) return absl::OkStatus();
  absl::Status status;
  if (logged_.load(std::memory_order_relaxed) >= kLogBytes || now_() - written_ >= kInterval) {
    status = WriteLocked();
  }
  mutex_.Unlock();
  return status;
}

void DurableMark::StartFrom(uint64_t covered, uint64_t marked) {
  base::MutexLock lock(&mutex_);
  Covered(covered);
  marked_ = marked;
}

absl::Status DurableMark::WriteNow() {
  base::MutexLock lock(&mutex_);
  return WriteLocked();
}

absl::Status DurableMark::WriteLocked() {
  const uint64_t sequence = covered();
  if (sequence <= marked_) return absl::OkStatus();
  // Also after a failure the next try waits its turn, so a sick disk is not asked at every write.
  logged_.store(0, std::memory_order_relaxed);
  written_ = now_();
  absl::Status status = files_.Write(kDurableMark, sequence);
  if (status.ok()) marked_ = sequence;
  return status;
}

}  // namespace cloudlet::kv
