// See rocks_kv_space.h.
#include "objstore/kv/rocks_kv_space.h"

#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "objstore/kv/rocks_kv_core.h"
#include "objstore/kv/rocks_kv_log.h"
#include "objstore/kv/rocks_kv_status.h"

namespace cloudlet::kv {

namespace {

constexpr uint64_t kAtCloseBytes = 512 << 20;
constexpr size_t kMostEntries = 100'000;  // of a family; some 100 bytes each

SpaceTables TablesOf(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* handle) {
  rocksdb::ColumnFamilyMetaData meta;
  db.GetColumnFamilyMetaData(handle, &meta);
  SpaceTables tables;
  for (const rocksdb::LevelMetaData& level : meta.levels) {
    std::vector<SpaceTable>& list = tables.levels.emplace_back();
    for (const rocksdb::SstFileMetaData& file : level.files) {
      list.push_back({file.smallestkey, file.largestkey, file.size});
    }
  }
  uint64_t base_level = 0;
  if (db.GetIntProperty(handle, rocksdb::DB::Properties::kBaseLevel, &base_level)) {
    tables.base_level = base_level;
  }
  return tables;
}

}  // namespace

void SpaceKeeper::Add(Family family, std::string_view begin, uint64_t bytes) {
  base::MutexLock lock(&mu_);
  if (stopping_) return;
  FreedBytes& freed = freed_[family];
  freed[std::string(begin)] += bytes;
  if (freed.size() > kMostEntries) Coarsen(&freed);
  since_plan_ += bytes;
  if (since_plan_ < kWorthwhileBytes) return;
  if (thread_ != nullptr || StartThread()) changed_.Signal();
}

bool SpaceKeeper::StartThread() {
  try {
    thread_ = std::make_unique<std::thread>([this] { Run(); });
  } catch (const std::system_error&) {
    return false;  // asked for again by the next
  }
  return true;
}

void SpaceKeeper::Run() {
  while (true) {
    {
      base::MutexLock lock(&mu_);
      while (since_plan_ < kWorthwhileBytes && !stopping_) changed_.Wait(&mu_);
      if (stopping_) return;
    }
    GiveBack(/*at_close=*/false);
  }
}

void SpaceKeeper::Stop() {
  std::unique_ptr<std::thread> thread;
  {
    base::MutexLock lock(&mu_);
    if (stopping_) return;
    stopping_ = true;
    if (under_way_ > kAtCloseBytes) canceled_.store(true);
    thread = std::move(thread_);
    changed_.Signal();
  }
  if (thread != nullptr) thread->join();
  canceled_.store(false);
  GiveBack(/*at_close=*/true);
}

void SpaceKeeper::GiveBack(bool at_close) {
  std::map<Family, FreedBytes> taken;
  {
    base::MutexLock lock(&mu_);
    taken.swap(freed_);
    since_plan_ = 0;
  }
  uint64_t budget = kAtCloseBytes;
  for (auto& [family, freed] : taken) {
    const absl::Status status = GiveBackIn(family, at_close, &budget, &freed);
    if (!status.ok()) LogLine(core_->options.log, LogLevel::kDebug, base::S(status.message()));
  }
  base::MutexLock lock(&mu_);
  for (auto& [family, freed] : taken) {
    for (const auto& [begin, bytes] : freed) freed_[family][begin] += bytes;
  }
}

absl::Status SpaceKeeper::GiveBackIn(Family family, bool at_close, uint64_t* budget,
                                     FreedBytes* freed) {
  if (freed->empty()) return absl::OkStatus();
  std::vector<SpaceRun> runs;
  {
    base::ReaderLock guard(&core_->mutex);
    CLOUDLET_RETURN_IF_ERROR(core_->CheckWritable());
    runs = PlanSpace(TablesOf(*core_->db, core_->handles[family]), freed);
  }
  for (const SpaceRun& run : runs) {
    if (!Begin(run, at_close, budget)) continue;
    Forget(run, freed);
    CLOUDLET_RETURN_IF_ERROR(Compact(family, run));
  }
  return absl::OkStatus();
}

bool SpaceKeeper::Begin(const SpaceRun& run, bool at_close, uint64_t* budget) {
  base::MutexLock lock(&mu_);
  if (at_close) {
    if (run.bytes > *budget) return false;
    *budget -= run.bytes;
  } else if (stopping_) {
    return false;  // left to Close
  }
  under_way_ = run.bytes;
  return true;
}

absl::Status SpaceKeeper::Compact(Family family, const SpaceRun& run) {
  base::ReaderLock guard(&core_->mutex);
  CLOUDLET_RETURN_IF_ERROR(core_->CheckWritable());
  rocksdb::CompactRangeOptions options;
  options.exclusive_manual_compaction = false;
  options.canceled = &canceled_;
  const rocksdb::Slice first = ToSlice(run.first);
  const rocksdb::Slice last = ToSlice(run.last);
  core_->AwaitQuietShared();
  return FromRocks(core_->db->CompactRange(options, core_->handles[family], &first, &last),
                   "give space back");
}

}  // namespace cloudlet::kv
