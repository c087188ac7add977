// A life that ends by SIGKILL: see kill_child.h.
#include "tests/kill_child.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/fault_point.h"
#include "base/random.h"
#include "base/strings.h"
#include "cloudlet/cloud.h"
#include "cloudlet/testing/simulated_clock.h"
#include "tests/diary.h"
#include "tests/store_check.h"

namespace cloudlet::testing {
namespace {

using base::V;

constexpr uint64_t kMostOps = 60'000;  // of one writer
constexpr absl::Duration kPatience = absl::Seconds(120);
constexpr uint64_t kBodyCheckBytes = 2 << 20;
constexpr char kFunction[] = "record";
constexpr char kPoisoned[] = "poisoned";

void Tick(char what) {
  if (::write(STDOUT_FILENO, &what, 1) != 1) ::_exit(3);
}

[[noreturn]] void Give(const Problems& problems) {
  for (const std::string& problem : problems) std::fprintf(stderr, "%s\n", problem.c_str());
  std::fflush(stderr);
  ::_exit(kFoundProblems);
}

void Need(const absl::Status& status, std::string_view what) {
  if (!status.ok()) Give({absl::StrCat(V(what), ": ", status.ToString())});
}

// A size that lies in each of the ways a payload is kept, and at their borders.
size_t DrawSize(base::Random* random) {
  static constexpr size_t kBorders[] = {0, 1, 1024, 1025, 65'536, 65'537, 1 << 20, (1 << 20) + 1};
  const uint64_t kind = random->Below(100);
  if (kind < 8) return kBorders[random->Below(std::size(kBorders))];
  if (kind < 45) return random->Below(1024);
  if (kind < 85) return 1024 + random->Below(20'000);
  return 65'536 + random->Below(200'000);
}

// What the diary says about the lives so far.
struct History {
  struct Call {
    bool is_put = false;
    std::string key;
    uint64_t size = 0;
    std::optional<uint64_t> number;  // once it has returned
    std::string etag;
    std::string request;
  };
  std::map<uint64_t, Call> calls;  // by op
  uint64_t retries = 0;
  std::map<uint64_t, std::string> deliveries;  // delivery request id, by number of the event

  void Read(const std::string& path, Problems* problems);
};

void History::Read(const std::string& path, Problems* problems) {
  uint64_t floor = 0;
  for (const DiaryLine& line : ReadDiary(path)) {
    switch (line.kind()) {
      case 'M':
        floor = line.number(1);
        break;
      case 'B':
        calls[line.number(1)] = {line.text(2) == "P", line.text(3), line.number(4), {}, {}, {}};
        break;
      case 'A': {
        Call& call = calls.at(line.number(1));
        call.number = line.number(2);
        call.etag = line.text(3);
        call.request = line.text(4);
        if (*call.number != 0 && *call.number <= floor) {
          problems->push_back(absl::StrCat("number ", *call.number, " was given to op ",
                                           line.text(1), ", but ", floor, " had been issued"));
        }
        break;
      }
      case 'D': {
        retries += line.number(4) > 1 ? 1 : 0;
        const auto [found, fresh] = deliveries.emplace(line.number(1), line.text(3));
        if (!fresh && found->second != line.text(3)) {
          problems->push_back(
              absl::StrCat("event ", line.text(1), " was delivered under two request ids"));
        }
        break;
      }
      default:
        break;
    }
  }
}

class Life {
 public:
  Life(const std::string& folder, uint64_t seed, uint64_t cycle)
      : folder_(folder),
        seed_(seed),
        cycle_(cycle),
        simulated_(seed % 2 == 0),
        inside_(MapInsideMarks(folder + "/inside")),
        diary_(folder + "/diary") {}

  void Work() {
    Begin();
    std::vector<std::thread> writers;
    for (int i = 0; i < kWriters; ++i) writers.emplace_back([this, i] { WriteUntilKilled(i); });
    for (std::thread& writer : writers) writer.join();
    End();
  }
  void Script() {
    Begin();
    PlayScript();
    Drain();
    End();
#ifdef CLOUDLET_FAULT_POINTS
    Diary hits(folder_ + "/hits");
    for (const auto& [name, count] : base::FaultPointHits()) hits.Write("H", name, count);
#endif
  }
  void Verify() {
    Begin();
    CheckDeadLetters();
    diary_.Write("R", events_.size(), history_.deliveries.size(), history_.retries);
    End();
  }

 private:
  void Begin() {
    Open();
    CheckHistory();
    Register();
    Drain();
    CheckDeliveries();
    if (!problems_.empty()) Give(problems_);
  }

  void Open() {
    Tick('o');
    OpenOptions options;
    options.worker_threads = 2;
    options.block_cache_bytes = 8 << 20;
    if (simulated_) {
      clock_ = std::make_shared<SimulatedClock>(SimulatedClock().Now() +
                                                absl::Minutes(10) * static_cast<int64_t>(cycle_));
      options.clock = clock_;
    }
    absl::StatusOr<Cloud> cloud = Cloud::Open(folder_ + "/store", options);
    Need(cloud.status(), "open");
    cloud_.emplace(*std::move(cloud));
  }

  // Objects, events and what was acknowledged agree.
  void CheckHistory() {
    history_.Read(folder_ + "/diary", &problems_);
    events_ = AllEvents(*cloud_, &problems_);
    const absl::StatusOr<BucketInfo> bucket = cloud_->bucket(kKillBucket).Info();
    if (bucket.ok()) {
      CompareEventsWithObjects(*cloud_, kKillBucket, events_, &problems_);
      // Large ones cost time: a few lives in many read them.
      CheckBodies(cloud_->bucket(kKillBucket), cycle_ % 8 == 0 ? UINT64_MAX : kBodyCheckBytes,
                  &problems_);
    } else if (!IsNoSuchBucket(bucket.status()) || !history_.calls.empty()) {
      Need(bucket.status(), "info");
    }
    CheckVerify(*cloud_, &problems_);
    MatchCallsWithEvents();
    uint64_t highest = events_.empty() ? 0 : events_.back().sequence;
    for (const auto& [op, call] : history_.calls) {
      highest = std::max(highest, call.number.value_or(0));
    }
    diary_.Write("M", highest);
  }

  // Each acknowledged change has exactly its event; each other event is of a call that had begun.
  void MatchCallsWithEvents() {
    std::map<uint64_t, const Event*> by_number;
    std::map<std::string, const Event*> by_request;
    for (const Event& event : events_) {
      if (event.bucket != kKillBucket) continue;
      by_number[event.sequence] = &event;
      if (!by_request.emplace(event.request_id, &event).second) {
        problems_.push_back(absl::StrCat("request ", event.request_id, " has two events"));
      }
    }
    std::multiset<std::tuple<bool, std::string, uint64_t>> open_calls;
    for (const auto& [op, call] : history_.calls) {
      if (!call.number.has_value()) open_calls.insert({call.is_put, call.key, call.size});
      if (call.number.value_or(0) == 0) continue;
      const auto found = by_number.find(*call.number);
      if (found == by_number.end()) {
        problems_.push_back(absl::StrCat("op ", op, " on ", call.key, " returned with number ",
                                         *call.number, ", but has no event"));
        continue;
      }
      const Event& event = *found->second;
      if (event.key != call.key || event.request_id != call.request ||
          IsPut(event) != call.is_put || (call.is_put && event.etag != call.etag)) {
        problems_.push_back(absl::StrCat("event ", event.sequence, " on ", event.key,
                                         " is not that of op ", op, " on ", call.key));
      }
      by_number.erase(found);
    }
    for (const auto& [number, event] : by_number) {
      const auto begun = open_calls.find({IsPut(*event), event->key, event->size});
      if (begun == open_calls.end()) {
        problems_.push_back(absl::StrCat("event ", number, " on ", event->key, " of ", event->size,
                                         " bytes is of no call"));
      } else {
        open_calls.erase(begun);
      }
    }
  }

  static bool IsPut(const Event& event) {
    return EventTypeCovers(EventType::kObjectCreated, event.type);
  }

  void Register() {
    for (const char* name : {kKillBucket, kDeadBucket}) {
      if (!IsNoSuchBucket(cloud_->bucket(name).Info().status())) continue;
      BucketOptions options;
      options.retain_events = name == kKillBucket;
      Need(cloud_->CreateBucket(name, options).status(), "create bucket");
    }
    FunctionOptions patient;
    patient.timeout = absl::Minutes(15);
    Need(cloud_->RegisterFunction(
             kFunction, [this](const Event& e, FunctionContext& c) { return Deliver(e, c); },
             patient),
         "register");
    FunctionOptions once = patient;
    once.max_retry_attempts = 0;
    once.dead_letter = ToBucket(kDeadBucket);
    Need(cloud_->RegisterFunction(
             kPoisoned,
             [](const Event&, FunctionContext&) { return absl::InternalError("always fails"); },
             once),
         "register");
    const absl::StatusOr<std::vector<Trigger>> triggers = cloud_->ListTriggers();
    Need(triggers.status(), "list triggers");
    if (triggers->size() == 2) return;
    Need(cloud_->AddTrigger({.id = "all", .bucket = kKillBucket, .function = kFunction}).status(),
         "add trigger");
    Need(cloud_
             ->AddTrigger(
                 {.id = "bad", .bucket = kKillBucket, .function = kPoisoned, .prefix = "poison/"})
             .status(),
         "add trigger");
  }

  absl::Status Deliver(const Event& event, FunctionContext& context) {
    if (simulated_ && event.sequence % 16 == 3 && context.attempt() == 1) {
      return absl::InternalError("this first attempt fails");
    }
    diary_.Write("D", event.sequence, event.request_id, V(context.request_id()), context.attempt());
    Tick('d');
    return absl::OkStatus();
  }

  void Drain() {
    Need(cloud_->WaitIdle(kPatience), "wait idle");
    for (int retry = 0; simulated_ && retry < 3; ++retry) {
      clock_->Advance(absl::Seconds(121));
      Need(cloud_->WaitIdle(kPatience), "wait idle");
    }
    if (const uint64_t pending = cloud_->stats().deliveries_pending; pending != 0) {
      problems_.push_back(absl::StrCat(pending, " deliveries are pending after draining"));
    }
  }

  void CheckDeliveries() {
    history_ = {};
    history_.Read(folder_ + "/diary", &problems_);
    for (const Event& event : events_) {
      if (event.bucket == kKillBucket && history_.deliveries.count(event.sequence) == 0) {
        problems_.push_back(
            absl::StrCat("event ", event.sequence, " on ", event.key, " was never delivered"));
      }
    }
  }

  // At least one for each poisoned event: a letter has the time in its key, so that a repeated one
  // is another object.
  void CheckDeadLetters() {
    size_t poisoned = 0;
    for (const Event& event : events_) poisoned += event.key.rfind("poison/", 0) == 0 ? 1 : 0;
    size_t letters = 0;
    for (const absl::StatusOr<ListEntry>& entry : cloud_->bucket(kDeadBucket).List()) {
      Need(entry.status(), "list dead letters");
      ++letters;
    }
    if (letters < poisoned || (poisoned == 0 && letters > 0)) {
      Give({absl::StrCat(poisoned, " poisoned events have ", letters, " dead letters")});
    }
  }

  // --- Writing ---

  void WriteUntilKilled(int writer) {
    base::Random random(base::Mix64(seed_) ^ (cycle_ << 8) ^ static_cast<uint64_t>(writer));
    for (uint64_t n = 0; n < kMostOps; ++n) {
      const uint64_t op = (cycle_ << 32) | (static_cast<uint64_t>(writer) << 24) | n;
      // Some keys are this writer's own, some are everybody's.
      const std::string key = absl::StrCat(random.Chance(0.5) ? absl::StrCat("w", writer) : "all",
                                           "/", random.Below(12));
      const auto durability = random.Below(8) == 0 ? Durability::kSync : Durability::kBuffered;
      if (random.Below(300) == 0) {
        const size_t size = (4 << 20) + 1 + random.Below(1 << 20);
        Put(writer, op, absl::StrCat("huge/", writer), size, durability, random.Chance(0.5));
      } else if (random.Below(5) == 0) {
        Delete(writer, op, key, durability);
      } else {
        Put(writer, op, key, DrawSize(&random), durability, random.Below(8) == 0);
      }
    }
  }

  void PlayScript() {
    uint64_t op = cycle_ << 32;
    for (const size_t size : {10, 1024, 1025, 60'000, 65'537, 300'000, (2 << 20) + 1}) {
      Put(0, ++op, absl::StrCat("script/", size), size, Durability::kBuffered, size % 2 == 0);
    }
    Put(0, ++op, "script/huge", (4 << 20) + 7, Durability::kBuffered, false);
    for (int i = 0; i < 3; ++i) {
      Put(0, ++op, absl::StrCat("poison/", i), 100, Durability::kSync, false);
    }
    Need(cloud_->WaitIdle(kPatience), "wait idle");
    for (const char* key : {"script/65537", "script/huge", "script/10", "script/absent"}) {
      Delete(0, ++op, key, Durability::kBuffered);
    }
    for (int i = 0; i < 150; ++i) {
      Put(0, ++op, absl::StrCat("script/again/", i % 3), 2000, Durability::kBuffered, false);
    }
  }

  void Put(int writer, uint64_t op, const std::string& key, size_t size, Durability durability,
           bool streamed) {
    const std::string body = BodyOf(op, size);
    PutOptions options;
    options.metadata["op"] = std::to_string(op);
    options.durability = durability;
    diary_.Write("B", op, "P", key, size);
    Tick('w');
    inside_->writer[writer].store(1);
    const absl::StatusOr<PutResult> put =
        streamed ? Stream(key, body, options) : cloud_->bucket(kKillBucket).Put(key, body, options);
    inside_->writer[writer].store(0);
    Need(put.status(), "put");
    diary_.Write("A", op, put->sequence, put->etag, put->request_id);
  }

  absl::StatusOr<PutResult> Stream(const std::string& key, const std::string& body,
                                   const PutOptions& options) {
    absl::StatusOr<ObjectWriter> writer = cloud_->bucket(kKillBucket).OpenWriter(key, options);
    if (!writer.ok()) return writer.status();
    for (size_t at = 0; at < body.size(); at += 300'000) {
      const absl::Status written = writer->Write(std::string_view(body).substr(at, 300'000));
      if (!written.ok()) return written;
    }
    return writer->Commit();
  }

  void Delete(int writer, uint64_t op, const std::string& key, Durability durability) {
    DeleteOptions options;
    options.durability = durability;
    diary_.Write("B", op, "D", key, 0);
    Tick('w');
    inside_->writer[writer].store(1);
    const absl::StatusOr<DeleteResult> removed = cloud_->bucket(kKillBucket).Delete(key, options);
    inside_->writer[writer].store(0);
    Need(removed.status(), "delete");
    diary_.Write("A", op, removed->sequence, "-", removed->request_id);
  }

  void End() {
    if (!problems_.empty()) Give(problems_);
    Need(cloud_->Close(), "close");
    cloud_.reset();
  }

  const std::string folder_;
  const uint64_t seed_;
  const uint64_t cycle_;
  const bool simulated_;
  InsideMarks* const inside_;
  Diary diary_;
  std::shared_ptr<SimulatedClock> clock_;
  History history_;
  std::vector<Event> events_;
  Problems problems_;
  std::optional<Cloud> cloud_;
};

}  // namespace

InsideMarks* MapInsideMarks(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0 || ::ftruncate(file, sizeof(InsideMarks)) != 0) ::abort();
  void* const memory =
      ::mmap(nullptr, sizeof(InsideMarks), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  if (memory == MAP_FAILED) ::abort();
  return static_cast<InsideMarks*>(memory);
}

int RunKillChild(int argc, char** argv) {
  if (argc != 6) return 2;
  const std::string role = argv[2];
  Life life(argv[3], std::strtoull(argv[4], nullptr, 10), std::strtoull(argv[5], nullptr, 10));
  if (role == "work") life.Work();
  if (role == "script") life.Script();
  if (role == "verify") life.Verify();
  return 0;
}

}  // namespace cloudlet::testing
