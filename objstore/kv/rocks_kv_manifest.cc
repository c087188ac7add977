// Keeping book of the MANIFEST and comparing it with a mark: see rocks_kv_manifest.h.
#include "objstore/kv/rocks_kv_manifest.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/crc.h"
#include "objstore/kv/rocks_kv_status.h"

namespace cloudlet::kv {

namespace {

using rocksdb::DataVerificationInfo;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

constexpr std::string_view kManifestPrefix = "MANIFEST-";
constexpr size_t kReadBytes = 64 << 10;

std::string ManifestName(uint64_t number) { return absl::StrFormat("MANIFEST-%06u", number); }

// What is in the first `most` bytes of a file.
struct Prefix {
  uint64_t bytes = 0;  // fewer than `most` when the file is shorter
  uint32_t crc = 0;
  std::string head;  // the first kReadBytes of them at most
};

IOStatus ReadPrefix(rocksdb::FileSystem& fs, const std::string& path, uint64_t most,
                    Prefix* prefix) {
  std::unique_ptr<rocksdb::FSSequentialFile> file;
  IOStatus status = fs.NewSequentialFile(path, rocksdb::FileOptions(), &file, nullptr);
  std::vector<char> buffer(std::min<uint64_t>(most, kReadBytes));
  while (status.ok() && prefix->bytes < most) {
    const size_t want = std::min<uint64_t>(most - prefix->bytes, buffer.size());
    Slice piece;
    status = file->Read(want, IOOptions(), &piece, buffer.data(), nullptr);
    if (!status.ok() || piece.empty()) break;
    if (prefix->bytes == 0) prefix->head.assign(piece.data(), piece.size());
    prefix->bytes += piece.size();
    prefix->crc = base::Crc32c({piece.data(), piece.size()}, prefix->crc);
  }
  return status;
}

}  // namespace

std::optional<uint64_t> ManifestNumber(std::string_view name) {
  if (name.substr(0, kManifestPrefix.size()) != kManifestPrefix) return std::nullopt;
  name.remove_prefix(kManifestPrefix.size());
  uint64_t number = 0;
  const auto parsed = std::from_chars(name.data(), name.data() + name.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != name.data() + name.size()) return std::nullopt;
  return number;
}

absl::Status CheckManifest(rocksdb::FileSystem& fs, const std::string& directory,
                           const ManifestMark& mark) {
  if (mark.number == 0) return absl::OkStatus();
  const std::string current_path = absl::StrCat(directory, "/CURRENT");
  Prefix current;
  const IOStatus read = ReadPrefix(fs, current_path, kReadBytes, &current);
  if (!read.ok()) return FromRocks(read, absl::StrCat("read ", current_path));
  std::string_view name = current.head;
  if (!name.empty() && name.back() == '\n') name.remove_suffix(1);
  const std::optional<uint64_t> number = ManifestNumber(name);
  if (!number.has_value() || *number > mark.number) return absl::OkStatus();
  if (*number < mark.number) {
    return absl::DataLossError(absl::StrCat("CURRENT names ", ManifestName(*number),
                                            ", synced was ", ManifestName(mark.number)));
  }
  const std::string path = absl::StrCat(directory, "/", ManifestName(mark.number));
  Prefix prefix;
  const IOStatus status = ReadPrefix(fs, path, mark.bytes, &prefix);
  if (status.IsNotFound() || status.IsPathNotFound()) {
    return absl::DataLossError(absl::StrCat(path, " is missing"));
  }
  if (!status.ok()) return FromRocks(status, absl::StrCat("read ", path));
  if (prefix.bytes < mark.bytes) {
    return absl::DataLossError(
        absl::StrCat(path, " ends after ", prefix.bytes, " bytes, synced were ", mark.bytes));
  }
  if (prefix.crc != mark.crc) {
    return absl::DataLossError(
        absl::StrFormat("%s has CRC32C %08x over its first %d bytes, synced was %08x", path,
                        prefix.crc, mark.bytes, mark.crc));
  }
  return absl::OkStatus();
}

// RocksDB appends and syncs in turn. After an append that failed, or one that says where it goes,
// nobody knows what the file holds: what was synced before stands, and nothing is added to it.
class ManifestFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  ManifestFile(std::unique_ptr<rocksdb::FSWritableFile> file, uint64_t number,
               std::shared_ptr<ManifestBook> book)
      : FSWritableFileOwnerWrapper(std::move(file)), book_(std::move(book)) {
    written_.number = number;
  }

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    return Appended(data, target()->Append(data, options, debug));
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const DataVerificationInfo& info,
                  IODebugContext* debug) override {
    return Appended(data, target()->Append(data, options, info, debug));
  }
  IOStatus PositionedAppend(const Slice& data, uint64_t offset, const IOOptions& options,
                            IODebugContext* debug) override {
    lost_ = true;
    return target()->PositionedAppend(data, offset, options, debug);
  }
  IOStatus PositionedAppend(const Slice& data, uint64_t offset, const IOOptions& options,
                            const DataVerificationInfo& info, IODebugContext* debug) override {
    lost_ = true;
    return target()->PositionedAppend(data, offset, options, info, debug);
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    return Synced(target()->Sync(options, debug));
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Synced(target()->Fsync(options, debug));
  }

 private:
  IOStatus Appended(const Slice& data, IOStatus status) {
    if (!status.ok()) lost_ = true;
    written_.bytes += data.size();
    written_.crc = base::Crc32c({data.data(), data.size()}, written_.crc);
    return status;
  }
  IOStatus Synced(IOStatus status) {
    if (status.ok() && !lost_) book_->Synced(written_);
    return status;
  }

  const std::shared_ptr<ManifestBook> book_;
  ManifestMark written_;
  bool lost_ = false;
};

std::unique_ptr<rocksdb::FSWritableFile> ManifestBook::Watch(
    std::unique_ptr<rocksdb::FSWritableFile> file, uint64_t number) {
  base::MutexLock lock(&mutex_);
  latest_ = ManifestMark{number};
  return std::make_unique<ManifestFile>(std::move(file), number, shared_from_this());
}

void ManifestBook::Synced(const ManifestMark& mark) {
  base::MutexLock lock(&mutex_);
  if (mark.number == latest_.number) latest_ = mark;
  if (mark.number == named_.number) named_ = mark;
}

void ManifestBook::Named() {
  base::MutexLock lock(&mutex_);
  named_ = latest_;
}

ManifestMark ManifestBook::durable() const {
  base::MutexLock lock(&mutex_);
  return named_;
}

}  // namespace cloudlet::kv
