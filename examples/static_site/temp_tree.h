// A directory tree for a test, gone when the test is.
#ifndef EXAMPLES_STATIC_SITE_TEMP_TREE_H_
#define EXAMPLES_STATIC_SITE_TEMP_TREE_H_

#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "gtest/gtest.h"

namespace static_site {

class TempTree {
 public:
  TempTree() {
    std::string name = ::testing::TempDir() + "/tree-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "mkdtemp " << name;
    root_ = name;
  }
  ~TempTree() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  TempTree(const TempTree&) = delete;
  TempTree& operator=(const TempTree&) = delete;

  const std::filesystem::path& root() const { return root_; }

  // Writes a file, last modified `minutes_ago`: what was written just now is read again in the
  // next run, and that is a test of its own.
  void Write(const std::string& path, const std::string& bytes, int minutes_ago = 60) const {
    const std::filesystem::path name = root_ / path;
    std::filesystem::create_directories(name.parent_path());
    std::ofstream(name, std::ios::binary) << bytes;
    const auto now = std::filesystem::file_time_type::clock::now();
    std::filesystem::last_write_time(name, now - std::chrono::minutes(minutes_ago));
  }
  void Remove(const std::string& path) const { std::filesystem::remove_all(root_ / path); }

 private:
  std::filesystem::path root_;
};

}  // namespace static_site

#endif  // EXAMPLES_STATIC_SITE_TEMP_TREE_H_
