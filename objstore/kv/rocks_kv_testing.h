// What the tests of RocksKv share: a directory per test, a small store, and access to the files it
// leaves.
#ifndef CLOUDLET_OBJSTORE_KV_ROCKS_KV_TESTING_H_
#define CLOUDLET_OBJSTORE_KV_ROCKS_KV_TESTING_H_

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "objstore/kv/rocks_kv.h"

namespace cloudlet::kv {

inline std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void WriteFile(const std::string& path, std::string_view bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

inline void FlipBit(const std::string& path, size_t offset) {
  std::string bytes = ReadFile(path);
  ASSERT_LT(offset, bytes.size()) << path;
  bytes[offset] = static_cast<char>(bytes[offset] ^ 1);
  WriteFile(path, bytes);
}

// A family of each kind: 0 rows, 1 payload, 2 log. Memory tables are small.
inline constexpr Family kRows = 0;
inline constexpr Family kPayload = 1;
inline constexpr Family kLog = 2;

inline RocksKvOptions SmallOptions() {
  RocksKvOptions options;
  options.families = {
      {"rows", FamilyKind::kRows}, {"payload", FamilyKind::kPayload}, {"log", FamilyKind::kLog}};
  options.write_buffer_bytes = 256 << 10;
  options.block_cache_bytes = 1 << 20;
  return options;
}

class RocksKvTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    root_ = std::filesystem::weakly_canonical(::testing::TempDir() + "/" + test->test_suite_name() +
                                              "." + test->name());
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_);
    directory_ = root_ + "/store";
  }
  void TearDown() override {
    kv_.reset();
    std::filesystem::remove_all(root_);
  }

  absl::StatusOr<std::unique_ptr<Kv>> TryOpen() { return OpenRocksKv(directory_, options_); }
  void Open() {
    auto kv = TryOpen();
    ASSERT_TRUE(kv.ok()) << kv.status();
    kv_ = *std::move(kv);
  }
  void Close() {
    ASSERT_TRUE(kv_->Close().ok()) << kv_->Close();
    kv_.reset();
  }

  absl::Status Put(Family family, std::string_view key, std::string_view value,
                   Durability durability = Durability::kBuffered) {
    const std::unique_ptr<Batch> batch = kv_->NewBatch();
    batch->Put(family, key, value);
    return kv_->Write(*batch, durability);
  }
  // The value, "<absent>", or the error's text.
  std::string Get(Family family, std::string_view key) {
    auto value = kv_->Get(family, key);
    if (!value.ok()) return value.status().ToString();
    return value->has_value() ? std::string((*value)->view()) : "<absent>";
  }

  // A copy of the files as they are: what the death of the process would leave. The tests go on
  // with the copy.
  void CrashIntoCopy() {
    const std::string copy = root_ + "/crashed" + std::to_string(++crashes_);
    std::filesystem::copy(directory_, copy, std::filesystem::copy_options::recursive);
    kv_.reset();
    directory_ = copy;
  }
  // Paths of the store's files whose names contain `part`.
  std::vector<std::string> Files(std::string_view part) const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      const std::string name = entry.path().filename().string();
      if (entry.is_regular_file() && name.find(part) != std::string::npos) {
        found.push_back(entry.path().string());
      }
    }
    return found;
  }
  bool Has(const std::string& name) const {
    return std::filesystem::exists(directory_ + "/" + name);
  }

  int crashes_ = 0;
  std::string root_;
  std::string directory_;
  RocksKvOptions options_ = SmallOptions();
  std::unique_ptr<Kv> kv_;
};

}  // namespace cloudlet::kv

#endif  // CLOUDLET_OBJSTORE_KV_ROCKS_KV_TESTING_H_
