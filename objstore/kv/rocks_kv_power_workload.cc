// The history, its model and the comparison. The model is written without looking at any engine:
// two maps.
#include "objstore/kv/rocks_kv_power_workload.h"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/random.h"
#include "base/status_macros.h"
#include "base/strings.h"

namespace cloudlet::kv {

namespace {

constexpr Family kRows = 0;
constexpr Family kPayload = 1;
constexpr Family kLog = 2;
constexpr int kSteps = 44;
constexpr int kStepsBeforeReopen = 26;
constexpr int kIngestAfter = 12;
constexpr int kReclaimAfter = 20;
constexpr int kIngestKeys = 5;

RocksKvOptions WorkloadOptions() {
  RocksKvOptions options;
  options.families = {
      {"rows", FamilyKind::kRows}, {"payload", FamilyKind::kPayload}, {"log", FamilyKind::kLog}};
  options.write_buffer_bytes = 64 << 10;
  options.block_cache_bytes = 1 << 20;
  return options;
}

std::string Numbered(char letter, int n) { return absl::StrCat(std::string(1, letter), 1000 + n); }

// Incompressible bytes that only step n writes.
std::string ValueOf(int n, size_t size) {
  base::Random random(static_cast<uint64_t>(n));
  std::string value(size, '\0');
  for (char& c : value) c = static_cast<char>(random.Next() & 0xFF);
  return value;
}

size_t SizeOf(int n) { return n % 4 == 0 ? 12000 : 1500; }

using Rows = std::map<std::string, std::string>;
struct State {
  Rows rows;
  Rows log;
};

State StateAfter(int steps) {
  State state;
  for (int n = 1; n <= steps; ++n) {
    state.rows["count"] = std::to_string(n);
    state.rows[Numbered('r', n)] = ValueOf(n, SizeOf(n));
    state.log[Numbered('l', n)] = ValueOf(-n, 100);
    if (n % 3 == 0) state.rows.erase(Numbered('r', n - 1));
    if (n % 7 == 0) {
      for (int old = n - 6; old < n; ++old) state.log.erase(Numbered('l', old));
    }
  }
  return state;
}

void FillStep(int n, Batch& batch) {
  batch.Put(kRows, "count", std::to_string(n));
  batch.Put(kRows, Numbered('r', n), ValueOf(n, SizeOf(n)));
  batch.Put(kLog, Numbered('l', n), ValueOf(-n, 100));
  if (n % 3 == 0) batch.Delete(kRows, Numbered('r', n - 1));
  if (n % 7 == 0) batch.DeleteRange(kLog, Numbered('l', n - 6), Numbered('l', n));
}

class Writer {
 public:
  Writer(std::string directory, std::shared_ptr<PowerLossFs> fs, const std::string& diary_path)
      : directory_(std::move(directory)),
        fs_(std::move(fs)),
        diary_(::open(diary_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {}
  ~Writer() { ::close(diary_); }

  std::string Run() {
    absl::Status status = PlayUntilError();
    if (status.ok()) {
      Note('C', fs_->io_count());
      return "";
    }
    if (!fs_->has_failed()) return absl::StrCat("error without a fault: ", status.ToString());
    return LookAfterError(status);
  }

 private:
  void Note(char letter, uint64_t number) {
    const std::string line = absl::StrCat(std::string(1, letter), " ", number, "\n");
    if (::write(diary_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) ::_exit(3);
  }

  absl::Status PlayUntilError() {
    CLOUDLET_RETURN_IF_ERROR(Open());
    for (int n = 1; n <= kSteps; ++n) {
      CLOUDLET_RETURN_IF_ERROR(Step(n));
      if (n == kIngestAfter) CLOUDLET_RETURN_IF_ERROR(Ingest());
      if (n == kReclaimAfter) CLOUDLET_RETURN_IF_ERROR(Reclaim());
      if (n % 11 == 0) {
        CLOUDLET_RETURN_IF_ERROR(kv_->Sync());
        Note('S', static_cast<uint64_t>(n));
      }
      if (n == kStepsBeforeReopen || n == kSteps) CLOUDLET_RETURN_IF_ERROR(CloseAfter(n));
      if (n == kStepsBeforeReopen) CLOUDLET_RETURN_IF_ERROR(Open());
    }
    return absl::OkStatus();
  }

  absl::Status Open() {
    RocksKvOptions options = WorkloadOptions();
    options.file_system = fs_;
    CLOUDLET_ASSIGN_OR_RETURN(kv_, OpenRocksKv(directory_, options));
    return absl::OkStatus();
  }

  absl::Status Step(int n) {
    const std::unique_ptr<Batch> batch = kv_->NewBatch();
    FillStep(n, *batch);
    const bool sync = n % 5 == 0;
    Note('B', static_cast<uint64_t>(n));
    CLOUDLET_RETURN_IF_ERROR(kv_->Write(*batch, sync ? Durability::kSync : Durability::kBuffered));
    Note('A', static_cast<uint64_t>(n));
    if (sync) Note('S', static_cast<uint64_t>(n));
    return absl::OkStatus();
  }

  absl::Status Ingest() {
    CLOUDLET_ASSIGN_OR_RETURN(std::unique_ptr<BulkWriter> writer, kv_->NewBulkWriter(kPayload));
    for (int i = 0; i < kIngestKeys; ++i) {
      const std::string value = ValueOf(500 + i, 8000);
      const std::string_view part = value;
      CLOUDLET_RETURN_IF_ERROR(writer->Add(Numbered('p', i), absl::MakeConstSpan(&part, 1)));
    }
    CLOUDLET_RETURN_IF_ERROR(writer->Finish());
    std::vector<std::unique_ptr<BulkWriter>> writers;
    writers.push_back(std::move(writer));
    Note('I', 0);
    CLOUDLET_RETURN_IF_ERROR(kv_->Ingest(std::move(writers)));
    Note('J', 0);
    return absl::OkStatus();
  }

  absl::Status Reclaim() {
    Note('R', 0);
    return kv_->Reclaim(kPayload, "p", "q");
  }

  absl::Status CloseAfter(int n) {
    CLOUDLET_RETURN_IF_ERROR(kv_->Close());
    Note('S', static_cast<uint64_t>(n));
    kv_.reset();
    return absl::OkStatus();
  }

  // After a fault: a store that is latched must say so to every writer; one that is not must still
  // work.
  std::string LookAfterError(const absl::Status& error) {
    if (kv_ == nullptr) return "";  // Open failed, or there is nothing left open
    const absl::Status health = kv_->health();
    if (absl::IsFailedPrecondition(health)) return "";  // Close had begun
    const std::unique_ptr<Batch> batch = kv_->NewBatch();
    batch->Put(kPayload, "later", "x");
    const absl::Status later = kv_->Write(*batch, Durability::kBuffered);
    if (!health.ok() && !absl::IsUnavailable(later)) {
      return absl::StrCat("latched by ", error.ToString(), " but a write gave ", later.ToString());
    }
    if (!health.ok() && !absl::IsUnavailable(kv_->Sync())) return "latched but Sync went on";
    fs_->StopFailing();
    const auto count = kv_->Get(kRows, "count");
    if (!count.ok()) return absl::StrCat("reads ended: ", count.status().ToString());
    const absl::Status closed = kv_->Close();
    if (health.ok() && later.ok() && !closed.ok() && kv_->health().ok()) {
      return absl::StrCat("not latched but Close gave ", closed.ToString());
    }
    kv_.reset();
    return "";
  }

  const std::string directory_;
  const std::shared_ptr<PowerLossFs> fs_;
  const int diary_;
  std::unique_ptr<Kv> kv_;
};

std::string Compare(Kv& kv, Family family, const Rows& expected) {
  const std::unique_ptr<Iterator> walk = kv.NewIterator(family, {});
  Rows found;
  for (walk->SeekToFirst(); walk->Valid(); walk->Next()) {
    found[std::string(walk->key())] = std::string(walk->value());
  }
  if (!walk->status().ok()) return walk->status().ToString();
  if (found == expected) return "";
  std::string keys;
  for (const auto& [key, value] : expected) {
    const auto at = found.find(key);
    if (at == found.end()) keys += " -" + key;
    if (at != found.end() && at->second != value) keys += " !" + key;
  }
  for (const auto& [key, value] : found) {
    if (expected.count(key) == 0) keys += " +" + key;
  }
  return absl::StrCat("family ", family, " differs:", keys);
}

std::string CompareIngested(Kv& kv, const Diary& diary) {
  int there = 0;
  for (int i = 0; i < kIngestKeys; ++i) {
    const auto value = kv.Get(kPayload, Numbered('p', i));
    if (!value.ok()) return value.status().ToString();
    if (!value->has_value()) continue;
    ++there;
    if ((*value)->view() != ValueOf(500 + i, 8000)) return "an ingested value differs";
  }
  if (there > 0 && !diary.ingest_begun) return "ingested keys from nowhere";
  if (diary.reclaim_begun) return "";
  if (diary.ingest_acked && there != kIngestKeys) {
    return absl::StrCat("ingest was durable, but ", there, " of its keys are there");
  }
  if (there != 0 && there != kIngestKeys) {
    return absl::StrCat("ingest is torn: ", there, " keys");
  }
  return "";
}

std::string CheckOpened(Kv& kv, const Diary& diary) {
  const auto count = kv.Get(kRows, "count");
  if (!count.ok()) return count.status().ToString();
  const int steps = count->has_value() ? std::stoi(std::string((*count)->view())) : 0;
  if (steps < diary.promised || steps > diary.begun) {
    return absl::StrCat("the store is after step ", steps, "; promised ", diary.promised,
                        ", begun ", diary.begun);
  }
  const State expected = StateAfter(steps);
  std::string wrong = Compare(kv, kRows, expected.rows);
  if (wrong.empty()) wrong = Compare(kv, kLog, expected.log);
  if (wrong.empty()) wrong = CompareIngested(kv, diary);
  return wrong.empty() ? "" : absl::StrCat("after step ", steps, ": ", wrong);
}

}  // namespace

Diary ReadDiary(const std::string& path) {
  Diary diary;
  std::ifstream in(path);
  char letter = 0;
  uint64_t number = 0;
  while (in >> letter >> number) {
    const int step = static_cast<int>(number);
    if (letter == 'B') diary.begun = step;
    if (letter == 'A') diary.acked = step;
    if (letter == 'S') diary.promised = step;
    if (letter == 'I') diary.ingest_begun = true;
    if (letter == 'J') diary.ingest_acked = true;
    if (letter == 'R') diary.reclaim_begun = true;
    if (letter == 'C') diary.io_count = number;
  }
  return diary;
}

std::string RunWorkload(const std::string& directory, const std::shared_ptr<PowerLossFs>& fs,
                        const std::string& diary_path) {
  return Writer(directory, fs, diary_path).Run();
}

std::string Verify(const std::string& directory, const Diary& diary) {
  for (int round = 0; round < 2; ++round) {
    auto opened = OpenRocksKv(directory, WorkloadOptions());
    if (!opened.ok()) return absl::StrCat("open ", round, ": ", opened.status().ToString());
    Kv& kv = **opened;
    std::string wrong = CheckOpened(kv, diary);
    if (!wrong.empty()) return absl::StrCat("open ", round, ": ", wrong);
    const std::unique_ptr<Batch> batch = kv.NewBatch();
    batch->Put(kPayload, "verified", "x");
    const absl::Status written = kv.Write(*batch, Durability::kSync);
    if (!written.ok()) return absl::StrCat("write after reopen: ", written.ToString());
    const absl::Status closed = kv.Close();
    if (!closed.ok()) return absl::StrCat("close after reopen: ", closed.ToString());
  }
  return "";
}

}  // namespace cloudlet::kv
