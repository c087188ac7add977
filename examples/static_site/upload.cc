// POSIX rather than <fstream>: only fstat() tells about the very file that was opened, and only
// O_NOFOLLOW and O_NONBLOCK keep a name that became a symbolic link or a pipe from being followed
// or waited for.
#include "examples/static_site/upload.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>
#include <string_view>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "examples/static_site/content_type.h"
#include "examples/static_site/layout.h"

namespace static_site {
namespace {

constexpr size_t kBlockBytes = 1 << 20;  // files below this go in one put

// A file descriptor that closes itself.
class OpenFile {
 public:
  explicit OpenFile(const std::string& name)
      : fd_(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)) {}
  ~OpenFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  bool is_open() const { return fd_ >= 0; }
  bool Stat(struct stat* out) const { return ::fstat(fd_, out) == 0; }
  // Fills `block` as far as the file goes; false on an error of the disk.
  bool ReadBlock(std::string* block) const {
    block->resize(kBlockBytes);
    size_t have = 0;
    while (have < kBlockBytes) {
      const ssize_t read = ::read(fd_, block->data() + have, kBlockBytes - have);
      if (read < 0 && errno == EINTR) continue;
      if (read < 0) return false;
      if (read == 0) break;
      have += static_cast<size_t>(read);
    }
    block->resize(have);
    return true;
  }

 private:
  int fd_;
};

int64_t Nanos(const struct timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

bool IsSame(const struct stat& a, const struct stat& b) {
  return a.st_size == b.st_size && Nanos(a.st_mtim) == Nanos(b.st_mtim) &&
         Nanos(a.st_ctim) == Nanos(b.st_ctim);
}

absl::StatusOr<bool> IsStored(const cloudlet::Bucket& bucket, const std::string& key,
                              const struct stat& file) {
  absl::StatusOr<cloudlet::HeadResult> head = bucket.Head(key);
  if (cloudlet::IsNoSuchKey(head.status())) return false;
  if (!head.ok()) return head.status();
  const auto modified = head->info.metadata.find(kModified);
  return modified != head->info.metadata.end() &&
         modified->second == std::to_string(Nanos(file.st_mtim)) &&
         head->info.size == static_cast<uint64_t>(file.st_size);
}

cloudlet::PutOptions OptionsFor(const std::string& path, const struct stat& file,
                                std::string_view first_bytes, cloudlet::Durability durability) {
  cloudlet::PutOptions options;
  options.content_type = ContentTypeOf(path, first_bytes);
  options.durability = durability;
  if (absl::Now() - absl::TimeFromTimespec(file.st_mtim) >= absl::Seconds(1)) {
    options.metadata[kModified] = std::to_string(Nanos(file.st_mtim));
  }
  return options;
}

// One attempt at one file.
class Attempt {
 public:
  Attempt(const cloudlet::Bucket& bucket, const std::filesystem::path& root,
          const std::string& path, const UploadOptions& options)
      : bucket_(bucket),
        name_(root / path),
        path_(path),
        key_(FileKey(path)),
        options_(options),
        file_(name_.string()),
        open_error_(file_.is_open() ? 0 : errno) {}

  // Nullopt when the file changed meanwhile.
  absl::StatusOr<std::optional<Upload>> Run() {
    if (!file_.is_open()) {
      const bool gone = open_error_ == ENOENT || open_error_ == ENOTDIR || open_error_ == ELOOP ||
                        open_error_ == ENXIO;
      return Without(gone ? UploadOutcome::kGone : UploadOutcome::kUnreadable);
    }
    if (!file_.Stat(&before_)) return Without(UploadOutcome::kUnreadable);
    if (!S_ISREG(before_.st_mode)) return Without(UploadOutcome::kGone);
    absl::StatusOr<bool> stored = IsStored(bucket_, key_, before_);
    if (!stored.ok()) return stored.status();
    if (*stored) return Without(UploadOutcome::kUnchanged);
    std::string block;
    if (!ReadBlock(&block)) return Without(UploadOutcome::kUnreadable);
    return block.size() < kBlockBytes ? PutWhole(block) : Stream(std::move(block));
  }

 private:
  static std::optional<Upload> Without(UploadOutcome outcome) { return Upload{.outcome = outcome}; }

  bool ReadBlock(std::string* block) {
    if (!file_.ReadBlock(block)) return false;
    bytes_ += block->size();
    if (options_.after_read) options_.after_read(name_);
    return true;
  }

  // Whether what was read is the file as it was at one moment.
  bool IsStable() const {
    struct stat after;
    return file_.Stat(&after) && IsSame(before_, after) &&
           bytes_ == static_cast<uint64_t>(after.st_size);
  }

  absl::StatusOr<std::optional<Upload>> PutWhole(const std::string& block) {
    if (!IsStable()) return std::nullopt;
    const absl::Status put =
        bucket_.Put(key_, block, OptionsFor(path_, before_, block, options_.durability)).status();
    if (!put.ok()) return put;
    return Upload{.outcome = UploadOutcome::kStored, .bytes = bytes_};
  }

  // A writer that is dropped without Commit leaves nothing behind.
  absl::StatusOr<std::optional<Upload>> Stream(std::string block) {
    absl::StatusOr<cloudlet::ObjectWriter> writer =
        bucket_.OpenWriter(key_, OptionsFor(path_, before_, block, options_.durability));
    if (!writer.ok()) return writer.status();
    while (!block.empty()) {
      const absl::Status written = writer->Write(block);
      if (!written.ok()) return written;
      if (!ReadBlock(&block)) return Without(UploadOutcome::kUnreadable);
    }
    if (!IsStable()) return std::nullopt;
    const absl::Status committed = writer->Commit().status();
    if (!committed.ok()) return committed;
    return Upload{.outcome = UploadOutcome::kStored, .bytes = bytes_};
  }

  const cloudlet::Bucket& bucket_;
  const std::filesystem::path name_;
  const std::string& path_;
  const std::string key_;
  const UploadOptions& options_;
  const OpenFile file_;
  const int open_error_;
  struct stat before_ = {};
  uint64_t bytes_ = 0;  // read
};

}  // namespace

absl::StatusOr<Upload> UploadFile(const cloudlet::Bucket& bucket, const std::filesystem::path& root,
                                  const std::string& path, const UploadOptions& options) {
  for (uint64_t attempt = 0; attempt < kMaxUploadAttempts; ++attempt) {
    absl::StatusOr<std::optional<Upload>> upload = Attempt(bucket, root, path, options).Run();
    if (!upload.ok()) return upload.status();
    if (!upload->has_value()) continue;
    (*upload)->retries = attempt;
    return **upload;
  }
  return Upload{.outcome = UploadOutcome::kUnstable, .retries = kMaxUploadAttempts - 1};
}

}  // namespace static_site
