// Playing the history, and looking at what is left: see power_cut_workload.h.
#include "tests/power_cut_workload.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "tests/diary.h"
#include "tests/power_cut_history.h"
#include "tests/rigged_cloud.h"

namespace cloudlet::testing {
namespace {

constexpr char kBucket[] = "power";
constexpr char kFunction[] = "record";
constexpr uint64_t kExtraOp = 1'000'000;
constexpr size_t kExtraBytes = 5000;

FunctionOptions Manual() {
  FunctionOptions options;
  options.dispatch = Dispatch::kManual;
  options.timeout = absl::Minutes(15);
  return options;
}

Function RecordInto(Diary* diary) {
  return [diary](const Event& event, FunctionContext&) {
    diary->Write("D", event.sequence);
    return absl::OkStatus();
  };
}

class Player {
 public:
  Player(const std::string& directory, std::shared_ptr<kv::PowerLossFs> fs,
         const std::string& diary)
      : directory_(directory), fs_(std::move(fs)), diary_(diary) {}

  std::string Run() {
    OpenAndPrepare();
    for (uint64_t n = 1; n <= history_.size() && wrong_.empty(); ++n) {
      Carry(n);
      if (n % 7 == 0) Deliver();
      if (n % 19 == 0) SyncAfter(n);
      if (n == kCloseAfter) {
        CloseAfter(n);
        OpenAndPrepare();
      }
    }
    if (wrong_.empty()) CloseAfter(history_.size());
    if (wrong_.empty()) diary_.Write("C", fs_->io_count());
    return wrong_;
  }

 private:
  void OpenAndPrepare() {
    // Each step may meet the fault: then once more, without it.
    for (int round = 0; round < 2 && wrong_.empty(); ++round) {
      const absl::Status status = TryOpenAndPrepare();
      if (status.ok()) return;
      if (round > 0 || !fs_->has_failed()) wrong_ = absl::StrCat("open: ", status.ToString());
      diary_.Write("L", cloud_.has_value() ? "at-prepare" : "at-open");
      fs_->StopFailing();
      cloud_.reset();  // closes it if it was opened; latched or not
    }
  }

  absl::Status TryOpenAndPrepare() {
    Rig rig;
    rig.file_system = fs_;
    rig.write_buffer_bytes = 128 << 10;
    rig.workers = 0;
    OpenOptions options;
    options.block_cache_bytes = 4 << 20;
    CLOUDLET_ASSIGN_OR_RETURN(Cloud cloud, OpenRigged(directory_, options, rig));
    cloud_.emplace(std::move(cloud));
    CLOUDLET_RETURN_IF_ERROR(cloud_->RegisterFunction(kFunction, RecordInto(&diary_), Manual()));
    const absl::Status created = cloud_->CreateBucket(kBucket, {.retain_events = true}).status();
    if (!created.ok() && ErrorCodeOf(created) != ErrorCode::kBucketAlreadyOwnedByYou) {
      return created;
    }
    CLOUDLET_ASSIGN_OR_RETURN(const std::vector<Trigger> triggers, cloud_->ListTriggers());
    if (!triggers.empty()) return absl::OkStatus();
    Trigger all;
    all.id = "all";
    all.bucket = kBucket;
    all.function = kFunction;
    all.events.push_back(EventType::kObjectTagging);
    all.events.push_back(EventType::kObjectAnnotation);
    CLOUDLET_RETURN_IF_ERROR(cloud_->AddTrigger(all).status());
    return cloud_->Sync();
  }

  static absl::StatusOr<uint64_t> Put(const Bucket& bucket, const Call& call, uint64_t n,
                                      Durability durability) {
    PutOptions options;
    options.metadata["op"] = std::to_string(n);
    options.durability = durability;
    CLOUDLET_ASSIGN_OR_RETURN(const PutResult put,
                              bucket.Put(call.key, BodyOf(n, call.size), options));
    return put.sequence;
  }

  // The number of the change; 0: there was none.
  absl::StatusOr<uint64_t> Perform(const Call& call, uint64_t n) {
    const auto durability = call.sync ? Durability::kSync : Durability::kBuffered;
    const auto number = [](const auto& result) -> absl::StatusOr<uint64_t> {
      if (!result.ok()) return result.status();
      return result->sequence;
    };
    const Bucket bucket = cloud_->bucket(kBucket);
    switch (call.verb) {
      case Verb::kPut:
        return Put(bucket, call, n, durability);
      case Verb::kDelete:
        return number(bucket.Delete(call.key, {.durability = durability}));
      case Verb::kAppend:
        return number(bucket.Append(call.key, BodyOf(n, call.size), {.durability = durability}));
      case Verb::kSetTags:
        return number(
            bucket.SetTags(call.key, {{"op", std::to_string(n)}}, {.durability = durability}));
      case Verb::kPutAnnotation:
        return number(bucket.PutAnnotation(call.key, kAnnotation, PayloadOf(n, call.size),
                                           {.durability = durability}));
      case Verb::kDeleteAnnotation:
        return number(bucket.DeleteAnnotation(call.key, kAnnotation, {.durability = durability}));
    }
    return absl::InternalError("a verb that is none");
  }

  void Carry(uint64_t n) {
    const Call& call = history_[n - 1];
    diary_.Write("B", n);
    if (!CanBeDone(call, StateAfter(n - 1, failed_))) {
      failed_.insert(n);
      diary_.Write("X", n);
      return;
    }
    const absl::StatusOr<uint64_t> number = Perform(call, n);
    if (number.ok()) {
      diary_.Write("A", n, *number);
      if (call.sync) diary_.Write("S", n);
      return;
    }
    if (!fs_->has_failed()) {
      wrong_ = absl::StrCat("call ", n, " without a fault: ", number.status().ToString());
      return;
    }
    const bool latched = LookAtLatch(number.status());
    if (wrong_.empty()) Mend(latched);
    if (wrong_.empty()) Resolve(n, latched);
    if (wrong_.empty()) CheckMended(n);
  }

  // A store that is latched must say so to every writer.
  bool LookAtLatch(const absl::Status& error) {
    const absl::Status health = cloud_->health();
    diary_.Write("L", health.ok() ? "alone" : "latched");
    if (health.ok()) return false;
    if (!IsReadOnly(health)) wrong_ = absl::StrCat("health: ", health.ToString());
    const absl::Status later = cloud_->bucket(kBucket).Put("later", "x").status();
    if (!IsReadOnly(later)) {
      wrong_ = absl::StrCat("latched by ", error.ToString(), "; but a put gave ", later.ToString());
    }
    if (!IsReadOnly(cloud_->Sync())) wrong_ = "latched, but Sync went on";
    return true;
  }

  void Mend(bool latched) {
    fs_->StopFailing();
    if (!latched) return;
    const absl::StatusOr<State> readable = FoundState(cloud_->bucket(kBucket));
    if (!readable.ok()) {
      wrong_ = absl::StrCat("reads ended with the latch: ", readable.status().ToString());
      return;
    }
    const absl::Status reopened = cloud_->Reopen();
    if (!reopened.ok()) wrong_ = absl::StrCat("reopen: ", reopened.ToString());
    if (reopened.ok() && !cloud_->health().ok()) wrong_ = "reopened, but not healthy";
  }

  // Whether call n, which answered an error, is in the store. Only a latch leaves that open.
  void Resolve(uint64_t n, bool latched) {
    const std::string& key = history_[n - 1].key;
    const absl::StatusOr<std::optional<Seen>> found = FoundObject(cloud_->bucket(kBucket), key);
    if (!found.ok()) {
      wrong_ = absl::StrCat("read after mending: ", found.status().ToString());
      return;
    }
    const auto in = [&](const State& state) {
      const auto object = state.find(key);
      return object == state.end() ? std::nullopt : std::optional<Seen>(object->second);
    };
    const std::optional<Seen> after = in(StateAfter(n, failed_));
    const bool happened = *found == after && after != in(StateAfter(n - 1, failed_));
    if (happened && !latched) wrong_ = absl::StrCat("call ", n, " failed alone, but it happened");
    if (happened) {
      diary_.Write("A", n, NewestNumber());
    } else {
      failed_.insert(n);
      diary_.Write("X", n);
    }
  }

  // Of the events, of which every change has one.
  uint64_t NewestNumber() {
    Problems problems;
    const std::vector<Event> events = AllEvents(*cloud_, &problems);
    if (!problems.empty()) wrong_ = absl::StrCat("events after mending: ", problems[0]);
    return events.empty() ? 0 : events.back().sequence;
  }

  void CheckMended(uint64_t n) {
    const absl::StatusOr<State> found = FoundState(cloud_->bucket(kBucket));
    if (!found.ok()) {
      wrong_ = absl::StrCat("list after mending: ", found.status().ToString());
      return;
    }
    const State expected = StateAfter(n, failed_);
    if (*found != expected) {
      wrong_ =
          absl::StrCat("after mending call ", n, ":", Shown(*found), "; expected", Shown(expected));
      return;
    }
    Problems problems;
    const std::vector<Event> events = AllEvents(*cloud_, &problems);
    CompareEventsWithObjects(*cloud_, kBucket, events, &problems);
    CheckVerify(*cloud_, &problems);
    if (!problems.empty()) wrong_ = absl::StrCat("after mending call ", n, ": ", problems[0]);
  }

  // What fails here stays for later: the store says so in its next answer, or in Close.
  void Deliver() {
    if (!wrong_.empty()) return;
    const absl::StatusOr<DriveResult> driven = cloud_->RunUntilIdle();
    if (!driven.ok() && !fs_->has_failed()) {
      wrong_ = absl::StrCat("deliver: ", driven.status().ToString());
    }
    cloud_->WaitIdle(absl::ZeroDuration()).IgnoreError();
  }

  void SyncAfter(uint64_t n) {
    if (!wrong_.empty()) return;
    const absl::Status synced = cloud_->Sync();
    if (synced.ok()) {
      diary_.Write("S", n);
    } else if (!fs_->has_failed()) {
      wrong_ = absl::StrCat("sync: ", synced.ToString());
    } else {
      const bool latched = LookAtLatch(synced);
      if (wrong_.empty()) Mend(latched);
      if (wrong_.empty()) CheckMended(n);
    }
  }

  void CloseAfter(uint64_t n) {
    if (!wrong_.empty()) return;
    const absl::Status closed = cloud_->Close();
    if (closed.ok()) {
      diary_.Write("S", n);
    } else if (!fs_->has_failed()) {
      wrong_ = absl::StrCat("close: ", closed.ToString());
    } else {
      diary_.Write("L", "at-close");
      fs_->StopFailing();
    }
    cloud_.reset();
  }

  const std::string directory_;
  const std::shared_ptr<kv::PowerLossFs> fs_;
  Diary diary_;
  const std::vector<Call>& history_ = History();
  std::set<uint64_t> failed_;
  std::string wrong_;
  std::optional<Cloud> cloud_;
};

// --- Afterwards ---

struct Promises {
  uint64_t begun = 0;
  uint64_t promised = 0;
  uint64_t highest_number = 0;
  std::set<uint64_t> failed;
  std::set<uint64_t> delivered;
};

Promises ReadPromises(const std::string& diary) {
  Promises promises;
  for (const DiaryLine& line : ReadDiary(diary)) {
    if (line.kind() == 'B') promises.begun = line.number(1);
    if (line.kind() == 'S') promises.promised = line.number(1);
    if (line.kind() == 'X') promises.failed.insert(line.number(1));
    if (line.kind() == 'D') promises.delivered.insert(line.number(1));
    if (line.kind() == 'A') {
      promises.highest_number = std::max(promises.highest_number, line.number(2));
    }
  }
  return promises;
}

// The calls that the store is after: exactly one of those that it may be after.
uint64_t CheckState(State found, const Promises& promises, Problems* problems) {
  found.erase("extra");
  for (uint64_t n = promises.promised; n <= promises.begun; ++n) {
    if (found == StateAfter(n, promises.failed)) return n;
  }
  problems->push_back(absl::StrCat(
      "the store is after none of the calls ", promises.promised, " to ", promises.begun, ":",
      Shown(found), "; after the first", Shown(StateAfter(promises.promised, promises.failed)),
      "; after the last", Shown(StateAfter(promises.begun, promises.failed))));
  return 0;
}

// What was put and what was appended, in their order.
void CheckBodiesAfter(uint64_t calls, const Promises& promises, const Bucket& bucket,
                      const State& found, Problems* problems) {
  for (const auto& [key, seen] : found) {
    const std::string given =
        key == "extra" ? BodyOf(kExtraOp, kExtraBytes) : BodyAfter(key, calls, promises.failed);
    const absl::StatusOr<GetResult> got = bucket.Get(key);
    if (!got.ok()) {
      problems->push_back(got.status().ToString());
    } else if (got->body != base::V(given)) {
      problems->push_back(absl::StrCat("object ", key, " has other bytes than it was given"));
    }
  }
}

// Those that no object shows: of tags and annotations.
void CheckPartialEvents(uint64_t calls, const Promises& promises, const std::vector<Event>& events,
                        Problems* problems) {
  static constexpr std::pair<Verb, EventType> kTypes[] = {
      {Verb::kSetTags, EventType::kObjectTaggingPut},
      {Verb::kPutAnnotation, EventType::kObjectAnnotationPut},
      {Verb::kDeleteAnnotation, EventType::kObjectAnnotationDelete},
  };
  for (const auto& [verb, type] : kTypes) {
    uint64_t found = 0;
    for (const Event& event : events) found += event.type == type ? 1 : 0;
    const uint64_t expected = EventsAfter(verb, calls, promises.failed);
    if (found == expected) continue;
    problems->push_back(absl::StrCat(found, " events of ", base::V(EventTypeName(type)), " after ",
                                     calls, " calls, not ", expected));
  }
}

absl::Status VerifyOnce(const std::string& directory, const std::string& diary_path,
                        Problems* problems) {
  const Promises promises = ReadPromises(diary_path);
  CLOUDLET_ASSIGN_OR_RETURN(Cloud cloud, OpenRigged(directory, {}, {.workers = 0}));
  const bool has_bucket = cloud.bucket(kBucket).Info().ok();
  if (!has_bucket && promises.promised > 0) return absl::DataLossError("the bucket is gone");
  const std::vector<Event> events = AllEvents(cloud, problems);
  CheckVerify(cloud, problems);
  if (!has_bucket) return cloud.Close();

  CLOUDLET_ASSIGN_OR_RETURN(const State found, FoundState(cloud.bucket(kBucket)));
  const uint64_t calls = CheckState(found, promises, problems);
  CompareEventsWithObjects(cloud, kBucket, events, problems);
  if (problems->empty()) {
    CheckBodiesAfter(calls, promises, cloud.bucket(kBucket), found, problems);
    CheckPartialEvents(calls, promises, events, problems);
  }

  Diary diary(diary_path);
  CLOUDLET_RETURN_IF_ERROR(cloud.RegisterFunction(kFunction, RecordInto(&diary), Manual()));
  CLOUDLET_RETURN_IF_ERROR(cloud.RunUntilIdle().status());
  const std::set<uint64_t> delivered = ReadPromises(diary_path).delivered;
  for (const Event& event : events) {
    if (promises.begun > 0 && delivered.count(event.sequence) == 0) {
      problems->push_back(absl::StrCat("event ", event.sequence, " was never delivered"));
    }
  }

  PutOptions options;
  options.metadata["op"] = std::to_string(kExtraOp);
  options.durability = Durability::kSync;
  CLOUDLET_ASSIGN_OR_RETURN(
      const PutResult put,
      cloud.bucket(kBucket).Put("extra", BodyOf(kExtraOp, kExtraBytes), options));
  const uint64_t highest =
      std::max(promises.highest_number, events.empty() ? 0 : events.back().sequence);
  if (put.sequence <= highest) {
    problems->push_back(absl::StrCat("number ", put.sequence, " was issued after ", highest));
  }
  diary.Write("A", kExtraOp, put.sequence);
  CLOUDLET_RETURN_IF_ERROR(cloud.RunUntilIdle().status());
  return cloud.Close();
}

}  // namespace

std::string PlayPowerWorkload(const std::string& directory,
                              const std::shared_ptr<kv::PowerLossFs>& fs,
                              const std::string& diary) {
  return Player(directory, fs, diary).Run();
}

PowerRun SummarizePowerRun(const std::string& diary) {
  PowerRun run;
  for (const DiaryLine& line : ReadDiary(diary)) {
    if (line.kind() == 'C') run.io_count = line.number(1);
    if (line.kind() == 'B') run.in_a_call = true;
    if (line.kind() == 'A' || line.kind() == 'X') run.in_a_call = false;
    if (line.kind() == 'L' && line.text(1) == "alone") run.failed_alone = true;
    if (line.kind() == 'L' && line.text(1) == "latched") run.latched = true;
  }
  return run;
}

Problems VerifyPowerRun(const std::string& directory, const std::string& diary) {
  Problems problems;
  for (int round = 0; round < 2 && problems.empty(); ++round) {
    const absl::Status status = VerifyOnce(directory, diary, &problems);
    if (!status.ok()) problems.push_back(absl::StrCat("round ", round, ": ", status.ToString()));
  }
  return problems;
}

}  // namespace cloudlet::testing
