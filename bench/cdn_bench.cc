// Question: what does a hit of the CDN cost, and forgetting everything?
//
//   cdn/hit/threads=<n>   Distribution::Lookup, from the request to the body held: key, look-up,
//                         freshness, counters; 10,000 objects of 1 KiB, zipf 1.0, real clock
//   cdn/invalidate_all    Invalidate({"/*"}) over 1,000,000 objects (100,000 in a quick run)
// Baselines: the same requests through Handle, which makes an answer of its own (@handle); an
// LRU map under one mutex that is asked for the path alone (@mutex_lru).
#include <array>
#include <cmath>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/mutex.h"
#include "base/random.h"
#include "bench/harness.h"
#include "bench/instruments.h"
#include "cloudlet/edge.h"

namespace cloudlet::bench {
namespace {

constexpr uint32_t kObjects = 10'000;
constexpr int kThreads[] = {1, 2};

HttpRequest RequestFor(uint32_t object) {
  HttpRequest request = {.url = {.authority = "d111111abcdef8.cloudfront.net"}};
  request.url.path = "/images/object-" + std::to_string(object) + ".jpg";
  request.headers = {{"Accept", "*/*"}, {"User-Agent", "bench"}};
  return request;
}

DistributionOptions Options() {
  DistributionOptions options;
  options.origins = {
      {.id = "origin",
       .origin = MakeCallbackOrigin([](const HttpRequest&) {
         HttpResponse response;
         response.headers = {{"Cache-Control", "max-age=86400"}, {"Content-Type", "image/jpeg"}};
         response.body = absl::Cord(std::string(1024, 'x'));
         return response;
       })}};
  options.default_behavior.origin_id = "origin";
  options.cache_bytes = uint64_t{4} << 30;
  options.seed = 1;
  return options;
}

// The simplest cache that is right: what many programs have.
class MutexLru {
 public:
  void Put(std::string key, std::shared_ptr<const std::string> value) {
    base::MutexLock lock(&mu_);
    order_.push_front(key);
    map_[std::move(key)] = {std::move(value), order_.begin()};
  }
  std::shared_ptr<const std::string> Get(const std::string& key) {
    base::MutexLock lock(&mu_);
    const auto found = map_.find(key);
    if (found == map_.end()) return nullptr;
    order_.splice(order_.begin(), order_, found->second.place);
    return found->second.value;
  }

 private:
  struct Entry {
    std::shared_ptr<const std::string> value;
    std::list<std::string>::iterator place;
  };
  base::Mutex mu_;
  std::list<std::string> order_ ABSL_GUARDED_BY(mu_);
  std::unordered_map<std::string, Entry> map_ ABSL_GUARDED_BY(mu_);
};

class World {
 public:
  World() : cdn_(Value(Distribution::Create(cloud_, Options()))) {
    for (uint32_t i = 0; i < kObjects; ++i) {
      const HttpRequest request = RequestFor(i);
      cdn_.Handle(request);
      lru_.Put(request.url.path, std::make_shared<const std::string>(1024, 'x'));
      paths_.emplace_back();
      request.url.path.copy(paths_.back().data(), paths_.back().size() - 1);
    }
    base::Random random(1);
    // Ranks of zipf 1.0: their logarithms are uniform.
    for (int i = 0; i < 100'000; ++i) {
      order_.push_back(static_cast<uint32_t>(std::pow(kObjects + 1, random.Unit())) - 1);
    }
  }

  // As a viewer's that has just been read: one request for each thread, with another path each
  // time.
  const HttpRequest& request(int thread, int i) const {
    thread_local HttpRequest request = RequestFor(0);
    const size_t at = (static_cast<size_t>(i) + 31'337 * static_cast<size_t>(thread));
    request.url.path.assign(paths_[order_[at % order_.size()]].data());
    return request;
  }
  uint64_t Lookup(const HttpRequest& request) {
    return cdn_.Lookup(request)->response->body.size();
  }
  uint64_t Handle(const HttpRequest& request) { return cdn_.Handle(request).body.size(); }
  uint64_t Lru(const HttpRequest& request) { return lru_.Get(request.url.path)->size(); }

 private:
  Cloud cloud_ = Cloud::InMemory();
  Distribution cdn_;
  MutexLru lru_;
  std::vector<std::array<char, 32>> paths_;
  std::vector<uint32_t> order_;
};

World& TheWorld() {
  static World* const world = new World;
  return *world;
}

template <typename One>
void Measure(benchmark::State& state, int threads, int requests, One one) {
  World& world = TheWorld();
  for (auto _ : state) {
    const double seconds = OnThreads(threads, [&](int thread) {
      uint64_t bytes = 0;
      for (int i = 0; i < requests; ++i) bytes += one(world, world.request(thread, i));
      benchmark::DoNotOptimize(bytes);
    });
    state.SetIterationTime(seconds / requests / threads);
  }
}

void InvalidateAll(benchmark::State& state) {
  Cloud cloud = Cloud::InMemory();
  const Distribution cdn = Value(Distribution::Create(cloud, Options()));
  const uint32_t objects = QuickRun() ? 100'000 : 1'000'000;
  for (uint32_t i = 0; i < objects; ++i) cdn.Handle(RequestFor(i));
  if (cdn.stats().entries != objects) state.SkipWithError("not all objects are stored");
  const std::vector<std::string> all = {"/*"};
  for (auto _ : state) {
    const Stopwatch watch;
    Check(cdn.Invalidate(all).status());
    state.SetIterationTime(watch.Seconds());
  }
  if (cdn.Lookup(RequestFor(0))) state.SkipWithError("an object is still there");
}

}  // namespace

void RegisterBenchmarks() {
  const int requests = Work(500'000);
  for (const int threads : kThreads) {
    const std::string row = "cdn/hit/threads=" + std::to_string(threads);
    ManualRow("cloudlet/" + row, 1, [=](benchmark::State& state) {
      Measure(state, threads, requests,
              [](World& world, const HttpRequest& request) { return world.Lookup(request); });
    });
    ManualRow("baseline/" + row + "@handle", 1, [=](benchmark::State& state) {
      Measure(state, threads, requests,
              [](World& world, const HttpRequest& request) { return world.Handle(request); });
    });
    ManualRow("baseline/" + row + "@mutex_lru", 1, [=](benchmark::State& state) {
      Measure(state, threads, requests,
              [](World& world, const HttpRequest& request) { return world.Lru(request); });
    });
  }
  ManualRow("cloudlet/cdn/invalidate_all", 1, InvalidateAll);
}

}  // namespace cloudlet::bench
