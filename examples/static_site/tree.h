// What there is to publish: the regular files of a directory tree, found without following symbolic
// links.
#ifndef EXAMPLES_STATIC_SITE_TREE_H_
#define EXAMPLES_STATIC_SITE_TREE_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace static_site {

struct Tree {
  std::vector<std::string> files;  // paths relative to the root, with '/', in byte order
  // Directories that could not be read, relative, with '/' at the end ("" when the root broke off):
  // what lies under them is unknown, not gone.
  std::vector<std::string> unknown;
  uint64_t symlinks = 0;  // skipped
  uint64_t special = 0;   // sockets, pipes, devices: skipped
  uint64_t too_long = 0;  // names that make no key: skipped

  bool HasFile(const std::string& path) const;
  bool IsUnknown(const std::string& path) const;
};

// NOT_FOUND, FAILED_PRECONDITION (no directory) or PERMISSION_DENIED when there is no tree to be
// read at `root`.
absl::StatusOr<Tree> WalkTree(const std::filesystem::path& root);

}  // namespace static_site

#endif  // EXAMPLES_STATIC_SITE_TREE_H_
