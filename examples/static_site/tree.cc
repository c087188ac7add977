// A walk with its own list of directories to visit, so that no depth of nesting exhausts the stack.
#include "examples/static_site/tree.h"

#include <algorithm>
#include <system_error>

#include "examples/static_site/layout.h"

namespace static_site {
namespace {

namespace fs = std::filesystem;

// Sorts one entry of a directory into its place.
void Classify(const fs::directory_entry& entry, const std::string& folder, Tree* tree,
              std::vector<std::string>* to_visit) {
  const std::string path = folder + entry.path().filename().string();
  std::error_code error;
  const fs::file_status status = entry.symlink_status(error);
  switch (status.type()) {
    case fs::file_type::regular:
      if (path.size() > kMaxPathBytes) {
        ++tree->too_long;
      } else {
        tree->files.push_back(path);
      }
      break;
    case fs::file_type::directory:
      to_visit->push_back(path + "/");
      break;
    case fs::file_type::symlink:
      ++tree->symlinks;
      break;
    case fs::file_type::not_found:  // gone since it was listed
      break;
    case fs::file_type::none:  // no way to ask
      tree->files.push_back(path);
      break;
    default:
      ++tree->special;
  }
}

void VisitFolder(const fs::path& root, const std::string& folder, Tree* tree,
                 std::vector<std::string>* to_visit) {
  std::error_code error;
  fs::directory_iterator at(root / folder, error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) {
    Classify(*at, folder, tree, to_visit);
  }
  if (error && error != std::errc::no_such_file_or_directory) tree->unknown.push_back(folder);
}

}  // namespace

bool Tree::HasFile(const std::string& path) const {
  return std::binary_search(files.begin(), files.end(), path);
}

bool Tree::IsUnknown(const std::string& path) const {
  return std::any_of(unknown.begin(), unknown.end(), [&](const std::string& folder) {
    return path.compare(0, folder.size(), folder) == 0;
  });
}

absl::StatusOr<Tree> WalkTree(const fs::path& root) {
  std::error_code error;
  const fs::directory_iterator probe(root, error);
  if (error) {
    const std::string what = "read source \"" + root.string() + "\": " + error.message();
    if (error == std::errc::no_such_file_or_directory) return absl::NotFoundError(what);
    if (error == std::errc::permission_denied) return absl::PermissionDeniedError(what);
    return absl::FailedPreconditionError(what);
  }
  Tree tree;
  std::vector<std::string> to_visit = {""};
  while (!to_visit.empty()) {
    const std::string folder = std::move(to_visit.back());
    to_visit.pop_back();
    VisitFolder(root, folder, &tree, &to_visit);
  }
  std::sort(tree.files.begin(), tree.files.end());
  return tree;
}

}  // namespace static_site
