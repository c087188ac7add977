// One file of the tree becomes one object: the bytes of one moment, although others may write the
// file meanwhile.
#ifndef EXAMPLES_STATIC_SITE_UPLOAD_H_
#define EXAMPLES_STATIC_SITE_UPLOAD_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "cloudlet/cloud.h"

namespace static_site {

// User metadata of files/<path>: the file's time of last modification, in nanoseconds since 1970.
// Absent when the file was modified less than a second before it was read: it could change again
// without its time doing so, and must be read again in the next run.
inline constexpr char kModified[] = "modified";

inline constexpr int kMaxUploadAttempts = 3;

struct UploadOptions {
  cloudlet::Durability durability = cloudlet::Durability::kBuffered;
  // Called after each read of a file, before anything is made visible. For tests, which change the
  // file in it.
  std::function<void(const std::filesystem::path&)> after_read = nullptr;
};

enum class UploadOutcome {
  kUnchanged,  // the object has this size and time already
  kStored,
  kUnreadable,  // permission denied, or an error of the disk; the object, if any, stays
  kGone,        // no regular file is there any more
  kUnstable,    // it changed in each of kMaxUploadAttempts attempts; the object, if any, stays
};

struct Upload {
  UploadOutcome outcome = UploadOutcome::kStored;
  uint64_t bytes = 0;    // stored
  uint64_t retries = 0;  // times that the file had changed while it was read
};

// Errors: those of the bucket.
absl::StatusOr<Upload> UploadFile(const cloudlet::Bucket& bucket, const std::filesystem::path& root,
                                  const std::string& path, const UploadOptions& options = {});

}  // namespace static_site

#endif  // EXAMPLES_STATIC_SITE_UPLOAD_H_
