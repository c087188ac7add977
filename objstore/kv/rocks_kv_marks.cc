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

std::string EncodeMark(const Mark& mark) {
  std::string line = absl::StrFormat("%s%d %d %d %08x", V(kPrefix), mark.sequence,
                                     mark.manifest.number, mark.manifest.bytes, mark.manifest.crc);
  const uint32_t crc = base::Crc32c(line);
  absl::StrAppendFormat(&line, " %08x\n", crc);
  return line;
}

std::optional<Mark> DecodeMark(std::string_view line) {
  if (line.substr(0, kPrefix.size()) != kPrefix) return std::nullopt;
  std::string_view rest = line.substr(kPrefix.size());
  Mark mark;
  // A number and the byte behind it.
  const auto take = [&rest](auto* value, int base) {
    const auto parsed = std::from_chars(rest.data(), rest.data() + rest.size(), *value, base);
    const auto used = static_cast<size_t>(parsed.ptr - rest.data());
    if (parsed.ec != std::errc() || used == rest.size()) return false;
    rest.remove_prefix(used + 1);
    return true;
  };
  if (!take(&mark.sequence, 10) || !take(&mark.manifest.number, 10) ||
      !take(&mark.manifest.bytes, 10) || !take(&mark.manifest.crc, 16)) {
    return std::nullopt;
  }
  // One mark has one spelling, so comparing with it checks the CRC and every other byte.
  if (line != EncodeMark(mark)) return std::nullopt;
  return mark;
}

std::string MarkFiles::Path(std::string_view name) const {
  return absl::StrCat(directory_, "/", V(name));
}

absl::StatusOr<std::optional<Mark>> MarkFiles::Read(std::string_view name) const {
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
  const std::optional<Mark> mark = DecodeMark({line.data(), line.size()});
  if (!mark.has_value()) {
    return absl::DataLossError(
        absl::StrCat(what, ": its bytes do not check: ", base::Quoted({line.data(), line.size()})));
  }
  return mark;
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

IOStatus MarkFiles::Place(const std::string& path, const Mark& mark) const {
  const std::string tmp = absl::StrCat(path, ".tmp");
  IOStatus status = WriteSynced(tmp, EncodeMark(mark));
  if (status.ok()) status = fs_->RenameFile(tmp, path, IOOptions(), nullptr);
  return status;
}

absl::Status MarkFiles::Write(std::string_view name, const Mark& mark) const {
  const std::string path = Path(name);
  IOStatus status = Place(path, mark);
  if (status.ok()) status = SyncDirectory();
  return FromRocks(status, absl::StrCat("write ", path));
}

absl::Status MarkFiles::WriteInPlaceOf(std::string_view old, std::string_view name,
                                       const Mark& mark) const {
  IOStatus status = Place(Path(name), mark);
  if (status.ok()) {
    const IOStatus there = fs_->FileExists(Path(old), IOOptions(), nullptr);
    if (!there.IsNotFound()) {
      status = there.ok() ? fs_->DeleteFile(Path(old), IOOptions(), nullptr) : there;
    }
  }
  if (status.ok()) status = SyncDirectory();
  return FromRocks(status, absl::StrCat("write ", Path(name), " in place of ", V(old)));
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

void DurableMark::StartFrom(const Mark& marked) {
  base::MutexLock lock(&mutex_);
  Covered(marked.sequence);
  marked_ = marked;
}

absl::Status DurableMark::WriteNow() {
  base::MutexLock lock(&mutex_);
  return WriteLocked();
}

absl::Status DurableMark::WriteLocked() {
  if (!marked_.has_value()) return absl::OkStatus();
  const Mark mark{covered(), manifest_->durable()};
  if (mark.sequence <= marked_->sequence && mark.manifest == marked_->manifest) {
    return absl::OkStatus();
  }
  // Also after a failure the next try waits its turn, so a sick disk is not asked at every write.
  logged_.store(0, std::memory_order_relaxed);
  written_ = now_();
  absl::Status status = files_.Write(kDurableMark, mark);
  if (status.ok()) marked_ = mark;
  return status;
}

}  // namespace cloudlet::kv
