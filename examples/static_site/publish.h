// Makes files/ in the bucket equal to a directory tree, touching only what differs.
#ifndef EXAMPLES_STATIC_SITE_PUBLISH_H_
#define EXAMPLES_STATIC_SITE_PUBLISH_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cloudlet/cloud.h"
#include "examples/static_site/upload.h"

namespace static_site {

struct PublishReport {
  uint64_t files = 0;   // regular files in the tree
  uint64_t done = 0;    // of these, looked at so far
  uint64_t stored = 0;  // new or changed
  uint64_t unchanged = 0;
  uint64_t deleted = 0;   // objects whose file is gone
  uint64_t bytes = 0;     // stored
  uint64_t retries = 0;   // reads repeated because a file changed meanwhile
  uint64_t symlinks = 0;  // skipped, as are the next three
  uint64_t special = 0;
  uint64_t unreadable = 0;  // files and directories
  uint64_t too_long = 0;
  uint64_t errors = 0;  // files that could not be published, or objects that could not be deleted
  std::vector<std::string> problems;  // one line each, the first kMaxProblems
};
inline constexpr size_t kMaxProblems = 20;

struct PublishOptions {
  std::filesystem::path source;
  UploadOptions upload = {};
  std::function<void(const PublishReport&)> progress = nullptr;  // called after each file
};

// An error only when there was nothing to publish from, or the store could not be listed; trouble
// with single files is counted in the report. Objects under files/ whose file is gone are deleted,
// except where the directory that should tell could not be read.
absl::StatusOr<PublishReport> Publish(const cloudlet::Bucket& bucket,
                                      const PublishOptions& options);

}  // namespace static_site

#endif  // EXAMPLES_STATIC_SITE_PUBLISH_H_
