// Memory and directories: see differential_machine.h.
#include "tests/differential_machine.h"

#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include "cloud/access.h"
#include "cloud/core.h"
#include "gtest/gtest.h"
#include "objstore/keys.h"
#include "objstore/kv/memory_kv.h"
#include "tests/test_folder.h"

namespace cloudlet::differential {
namespace {

namespace fs = std::filesystem;

using testing::Behind;
using testing::LatchInFrontOf;

class MemoryMachine : public Machine {
 public:
  absl::StatusOr<Cloud> Open(std::shared_ptr<Clock> clock) override {
    InMemoryOptions options;
    options.limits = SmallLimits();
    options.clock = std::move(clock);
    options.seed = NextSeed();
    internal::CorePlan plan = internal::PlanFor(options);
    plan.can_reopen = true;
    plan.open_engine = [this](objstore::Opening) {
      return absl::StatusOr<std::unique_ptr<kv::Kv>>(
          LatchInFrontOf(content_, latch_, Behind::kIsKept));
    };
    return CloudAccess::Start(plan);
  }
  void Kill() override { content_ = kv::ForkMemoryKv(*content_); }

 private:
  std::shared_ptr<kv::Kv> content_ = kv::NewMemoryKv(objstore::FamilyNames());
};

// Files and their sizes.
std::map<std::string, uintmax_t> FilesIn(const std::string& directory) {
  std::map<std::string, uintmax_t> files;
  std::error_code gone;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file(gone)) files[entry.path().string()] = fs::file_size(entry, gone);
  }
  return files;
}

class DiskMachine : public Machine {
 public:
  absl::StatusOr<Cloud> Open(std::shared_ptr<Clock> clock) override {
    std::error_code ignored;
    if (life_ > 0) fs::remove_all(Directory(life_ - 1), ignored);
    OpenOptions options;
    options.limits = SmallLimits();
    options.clock = std::move(clock);
    options.seed = NextSeed();
    internal::CorePlan plan = internal::PlanFor(Directory(life_), options);
    plan.open_engine = [latch = latch_, open = plan.open_engine](
                           objstore::Opening opening) -> absl::StatusOr<std::unique_ptr<kv::Kv>> {
      absl::StatusOr<std::unique_ptr<kv::Kv>> engine = open(opening);
      if (!engine.ok()) return engine;
      return LatchInFrontOf(*std::move(engine), latch, Behind::kCloses);
    };
    return CloudAccess::Start(plan);
  }

  // A copy is what a kill leaves if nothing moved while it was made: RocksDB's threads may.
  void Kill() override {
    const std::string from = Directory(life_);
    const std::string to = Directory(++life_);
    for (int attempt = 0; attempt < 100; ++attempt) {
      std::error_code failed;
      const auto before = FilesIn(from);
      fs::remove_all(to, failed);
      fs::copy(from, to, fs::copy_options::recursive, failed);
      if (!failed && FilesIn(from) == before) return;
    }
    ADD_FAILURE() << from << " does not stand still";
  }

 private:
  std::string Directory(int life) const { return folder_ / ("life-" + std::to_string(life)); }

  const testing::TestFolder folder_{"differential"};
  int life_ = 0;
};

}  // namespace

Limits Machine::SmallLimits() const {
  Limits limits;
  limits.min_part_bytes = kMinPartBytes;
  limits.max_part_bytes = kMaxPartBytes;
  limits.max_part_number = kMaxPartNumber;
  limits.max_copy_bytes = kMaxCopyBytes;
  limits.max_annotations = kMaxAnnotations;
  limits.max_annotation_bytes = kMaxAnnotationBytes;
  return limits;
}

std::unique_ptr<Machine> InMemory() { return std::make_unique<MemoryMachine>(); }
std::unique_ptr<Machine> OnDisk() { return std::make_unique<DiskMachine>(); }

}  // namespace cloudlet::differential
