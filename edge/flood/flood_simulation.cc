// Threads take turns: whoever sends a request goes on when it has been answered or waits at the
// origin, and the origin lets go of one answer at a time.
#include "edge/flood/flood_simulation.h"

#include <algorithm>
#include <cstdio>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "base/random.h"
#include "edge/distribution_testing.h"

namespace cloudlet::edge {
namespace {

constexpr absl::Duration kService = absl::Milliseconds(100);
constexpr absl::Duration kTick = absl::Milliseconds(10);
constexpr int kViewerRate = 50;  // per second
constexpr uint64_t kViewers = 1'000;
constexpr uint64_t kAttackers = 10'000;
constexpr uint64_t kPages = 20;

class Stage {
 public:
  ~Stage() {
    {
      base::MutexLock lock(&mu_);
      closing_ = true;
      work_.SignalAll();
    }
    for (std::thread& thread : threads_) thread.join();
  }

  // Runs `task` until it has ended or waits at the origin.
  void Play(std::function<void()> task) ABSL_LOCKS_EXCLUDED(mu_) {
    base::MutexLock lock(&mu_);
    tasks_.push_back(std::move(task));
    if (idle_ == 0) threads_.emplace_back([this] { Work(); });
    work_.Signal();
    AwaitTurn();
  }

  // The origin: until time has come to `end`.
  void WaitAtOrigin(absl::Time end) ABSL_LOCKS_EXCLUDED(mu_) {
    base::MutexLock lock(&mu_);
    Waiting& self = at_origin_.emplace_back();
    self.end = end;
    GiveTurn();
    while (!self.may_go) self.called.Wait(&mu_);
    at_origin_.remove_if([&](const Waiting& one) { return &one == &self; });
  }

  // All whose end has come, one after the other.
  void LetGo(absl::Time now) ABSL_LOCKS_EXCLUDED(mu_) {
    base::MutexLock lock(&mu_);
    for (;;) {
      const auto due = std::find_if(at_origin_.begin(), at_origin_.end(),
                                    [&](const Waiting& one) { return one.end <= now; });
      if (due == at_origin_.end()) return;
      due->may_go = true;
      due->called.Signal();
      AwaitTurn();
    }
  }

 private:
  struct Waiting {
    absl::Time end;
    bool may_go = false;
    base::CondVar called;
  };

  // The caller has let somebody run; it goes on when he has ended or waits.
  void AwaitTurn() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    ++running_;
    while (running_ > 0) turn_.Wait(&mu_);
  }
  void GiveTurn() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    --running_;
    turn_.Signal();
  }

  void Work() ABSL_LOCKS_EXCLUDED(mu_) {
    for (;;) {
      std::function<void()> task;
      {
        base::MutexLock lock(&mu_);
        ++idle_;
        while (tasks_.empty() && !closing_) work_.Wait(&mu_);
        --idle_;
        if (tasks_.empty()) return;
        task = std::move(tasks_.front());
        tasks_.pop_front();
      }
      task();
      base::MutexLock lock(&mu_);
      GiveTurn();
    }
  }

  base::Mutex mu_;
  base::CondVar work_;
  base::CondVar turn_;
  int running_ ABSL_GUARDED_BY(mu_) = 0;  // one task at most, neither ended nor at the origin
  int idle_ ABSL_GUARDED_BY(mu_) = 0;
  bool closing_ ABSL_GUARDED_BY(mu_) = false;
  std::deque<std::function<void()>> tasks_ ABSL_GUARDED_BY(mu_);
  std::list<Waiting> at_origin_ ABSL_GUARDED_BY(mu_);
  std::vector<std::thread> threads_;
};

class Flood {
 public:
  Flood(const FloodWorld& world, const FloodOptions& options)
      : world_(world),
        options_(options),
        random_(options.seed),
        cdn_(Distribution::Create(world.cloud, Options()).value()) {}

  FloodReport Run() {
    for (uint64_t page = 0; page < kPages; ++page) {
      Send(Page(page), "198.51.100.1", nullptr);
      Pass(kService);
    }
    fetched_.clear();
    const absl::Time end = Now() + absl::Seconds(options_.seconds);
    double attack = 0;
    double view = 0;
    while (Now() < end) {
      const double seconds = absl::ToDoubleSeconds(kTick);
      for (attack += options_.attack_rate * seconds; attack >= 1; --attack) Attack();
      for (view += kViewerRate * seconds; view >= 1; --view) View();
      Pass(kTick);
    }
    Pass(kService);
    for (const auto& [second, count] : fetched_) {
      report_.origin_fetches += count;
      report_.origin_peak = std::max(report_.origin_peak, count);
    }
    report_.blocked = cdn_.stats().blocked;
    report_.shed = cdn_.stats().shed;
    return report_;
  }

 private:
  absl::Time Now() { return world_.cloud.Now(); }
  static std::string Page(uint64_t page) { return "/page/" + std::to_string(page); }

  DistributionOptions Options() {
    DistributionOptions options =
        Over([this](const HttpRequest& request) -> OriginResult { return Answer(request); });
    options.rate_rules = options_.rules;
    options.origins[0].max_concurrent_fetches = options_.max_concurrent_fetches;
    options.default_behavior.cache.query_strings = {Selection::kAll, {}};
    if (!options_.cache) {
      options.default_behavior.cache.default_ttl = absl::ZeroDuration();
      options.default_behavior.cache.max_ttl = absl::ZeroDuration();
    }
    return options;
  }

  HttpResponse Answer(const HttpRequest& request) {
    ++fetched_[absl::ToUnixSeconds(Now())];
    // A URL that all ask for would be waited for by all: its answer is there at once.
    if (request.url.path != "/sale") stage_.WaitAtOrigin(Now() + kService);
    const bool page = request.url.path.rfind("/page/", 0) == 0;
    return Answering(200, "content", {{"Cache-Control", page ? "max-age=3600" : "max-age=1"}});
  }

  void Pass(absl::Duration time) {
    world_.advance(time);
    stage_.LetGo(Now());
  }

  void Send(std::string path, std::string ip, uint64_t* served) {
    stage_.Play([this, path = std::move(path), ip = std::move(ip), served] {
      const HttpResponse response = cdn_.Handle(Getting(path), {.ip = ip});
      if (served != nullptr && response.status == 200) ++*served;
    });
  }

  std::string Address(std::string_view network, uint64_t number) {
    return std::string(network) + std::to_string(number / 250) + "." +
           std::to_string(1 + number % 250);
  }

  void Attack() {
    ++report_.attack_requests;
    const bool one = options_.attack == FloodAttack::kOneAddress;
    const std::string ip = one ? "203.0.113.66" : Address("10.66.", random_.Below(kAttackers));
    const bool key = options_.attack == FloodAttack::kOneKey;
    Send(key ? "/sale" : "/search?q=" + std::to_string(random_.Next()), ip, nullptr);
  }

  void View() {
    const uint64_t number = report_.viewer_requests++;
    const uint64_t page = number % 10 == 9 ? kPages + number : random_.Below(kPages);
    Send(Page(page), Address("10.1.", random_.Below(kViewers)), &report_.viewers_served);
  }

  const FloodWorld world_;
  const FloodOptions options_;
  base::Random random_;
  FloodReport report_;
  std::map<int64_t, uint64_t> fetched_;  // by second; only whose turn it is counts
  Stage stage_;
  Distribution cdn_;
};

}  // namespace

FloodReport SimulateFlood(const FloodWorld& world, const FloodOptions& options) {
  return Flood(world, options).Run();
}

std::vector<FloodRow> FloodRows() {
  const RateRule viewer = {
      .name = "viewer", .limit = 100, .evaluation_window = absl::Minutes(1), .block_status = 429};
  const RateRule search = {.name = "search",
                           .limit = 100,
                           .evaluation_window = absl::Minutes(1),
                           .aggregate_by = RateAggregation::kPath,
                           .path_pattern = "/search",
                           .block_status = 429};
  constexpr FloodAttack kOne = FloodAttack::kOneAddress;
  constexpr FloodAttack kMany = FloodAttack::kRandomQueries;
  return {
      {"one address", "none", {.attack = kOne}},
      {"one address", "rule: 100/min of a viewer", {.attack = kOne, .rules = {viewer}}},
      {"one URL", "no cache", {.attack = FloodAttack::kOneKey, .cache = false}},
      {"one URL", "cache of 1 s", {.attack = FloodAttack::kOneKey}},
      {"random queries", "none", {.attack = kMany}},
      {"random queries", "8 fetches at once", {.attack = kMany, .max_concurrent_fetches = 8}},
      {"random queries",
       "8, and rule: 100/min of a path",
       {.attack = kMany, .rules = {search}, .max_concurrent_fetches = 8}},
  };
}

std::string FloodLine(const FloodRow* row, const FloodReport& report) {
  char line[160];
  if (row == nullptr) {
    std::snprintf(line, sizeof line, "%-15s %-31s %7s %7s %6s %8s %7s %8s", "attack", "defence",
                  "attack", "fetches", "peak/s", "blocked", "shed", "served %");
  } else {
    std::snprintf(line, sizeof line, "%-15s %-31s %7llu %7llu %6llu %8llu %7llu %8.2f",
                  row->attack.c_str(), row->defence.c_str(),
                  static_cast<unsigned long long>(report.attack_requests),
                  static_cast<unsigned long long>(report.origin_fetches),
                  static_cast<unsigned long long>(report.origin_peak),
                  static_cast<unsigned long long>(report.blocked),
                  static_cast<unsigned long long>(report.shed), report.served_percent());
  }
  return line;
}

}  // namespace cloudlet::edge
