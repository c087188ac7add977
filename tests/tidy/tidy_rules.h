// The rules of this source tree that neither the compiler nor Bazel can hold.
//
// Layers: which room may include which (docs/design.md draws them). Bans: names that must not occur
// in some rooms. Form: every source begins with a banner, no source is longer than 700 lines, no
// text names a path of somebody's machine. Code is looked at without its comments and string
// literals.
#ifndef CLOUDLET_TESTS_TIDY_TIDY_RULES_H_
#define CLOUDLET_TESTS_TIDY_TIDY_RULES_H_

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace cloudlet::tidy {

struct Violation {
  std::string file;  // relative to the root of the tree
  int line = 0;      // from 1; 0: the file as a whole
  std::string rule;  // short name: "layer", "banner", ...
  std::string detail;
};

// What is wrong with one file. `path` is relative to the root, with '/'.
std::vector<Violation> CheckFile(std::string_view path, std::string_view text);

// What is wrong with the tree at `root`, in the order of the paths. Looks at the rooms and at the
// files that stand beside them; not at build output, version control or hidden folders other than
// .ci.
std::vector<Violation> CheckTree(const std::filesystem::path& root);

// The number of files that CheckTree looks at.
size_t FilesIn(const std::filesystem::path& root);

// `text` with the contents of comments, string and character literals turned into spaces; line
// breaks and the paths of #include lines stay.
std::string CodeOnly(std::string_view text);

}  // namespace cloudlet::tidy

#endif  // CLOUDLET_TESTS_TIDY_TIDY_RULES_H_
