// A folder of its own for a test, and the numbers that a test takes from its environment.
//
// The folder lies in memory (/dev/shm) where the machine allows it: these tests sync a lot, and
// neither the death of a process nor a simulated power cut tells the difference.
//
//   CLOUDLET_TEST_SEED=n    repeats a random test; without it each run draws its own and prints it
#ifndef CLOUDLET_TESTS_TEST_FOLDER_H_
#define CLOUDLET_TESTS_TEST_FOLDER_H_

#include <stdlib.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "gtest/gtest.h"

namespace cloudlet::testing {

class TestFolder {
 public:
  explicit TestFolder(std::string_view name) {
    for (const std::string& base : {std::string("/dev/shm"), ::testing::TempDir()}) {
      std::string path = base + "/" + std::string(name) + "-XXXXXX";
      if (::mkdtemp(path.data()) == nullptr) continue;
      path_ = path;
      return;
    }
    ADD_FAILURE() << "no place for a test folder";
  }
  ~TestFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

inline uint64_t NumberFromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr || *text == '\0' ? otherwise : std::strtoull(text, nullptr, 10);
}

// The seed of this run, printed with how to repeat it.
inline uint64_t TestSeed() {
  const uint64_t seed =
      NumberFromEnvironment("CLOUDLET_TEST_SEED", base::RandomSeed() % 1'000'000'000);
  std::cout << "  again with: --test_env=CLOUDLET_TEST_SEED=" << seed << "\n";
  return seed;
}

inline std::string ReadWholeFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void WriteWholeFile(const std::string& path, std::string_view bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// Regular files right in `directory` whose names contain `part`, in order of their names.
inline std::vector<std::string> FilesIn(const std::string& directory, std::string_view part) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file() && name.find(part) != std::string::npos) {
      found.push_back(entry.path().string());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace cloudlet::testing

#endif  // CLOUDLET_TESTS_TEST_FOLDER_H_
