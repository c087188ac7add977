// Question: how do the costs of put, get and list grow with the number of keys?
//
//   growth/put/keys=<n>    mean put of a fresh key while an empty store is filled to n keys, with
//                          the flushes and compactions that fall into that time: buffered, CRC64
//                          ETag, nobody listens
//   growth/get/keys=<n>    get of a random one of n keys
//   growth/list/keys=<n>   page of 1,000 entries with metadata, from a random place
// n: 10^4, 10^5, 10^6; 10^7 too when CLOUDLET_BENCH_FULL is set (some ten minutes and 10 GB); up to
// 10^5 in a quick run. Objects of 100 bytes, keys in random order. The stores that are read were
// closed and opened again, and their background work has ended; at 10^6 keys they no longer fit
// into the block cache (64 MiB on both sides), only into the system's page cache. Stores of 10^5
// keys and more are filled once, whatever the repetitions.
// Baselines: raw RocksDB with the same keys and bodies: Put, Get, a walk over 1,000 rows (@raw).
// tools/bench_table.py prints the times by n with the slopes of the log-log curve.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/strings.h"
#include "bench/harness.h"
#include "bench/instruments.h"
#include "bench/raw_store.h"

namespace cloudlet::bench {
namespace {

constexpr uint64_t kBodyBytes = 100;
constexpr int kPageKeys = 1000;

std::vector<uint64_t> KeyCounts() {
  if (QuickRun()) return {10'000, 100'000};
  if (FullRun()) return {10'000, 100'000, 1'000'000, 10'000'000};
  return {10'000, 100'000, 1'000'000};
}

bool FilledOnce(uint64_t keys) { return keys >= 100'000; }

void ExpectCount(size_t got, size_t expected) {
  if (got != expected) Check(absl::InternalError("a result has the wrong size"));
}

// The two sides of the comparison; both begin closed.
class CloudletSide {
 public:
  explicit CloudletSide(std::string directory) : directory_(std::move(directory)) {}
  void Create() {
    Open();
    Check(cloud_->CreateBucket("bench", {.etag_policy = EtagPolicy::kCrc64}).status());
  }
  void Open() {
    cloud_ = std::make_unique<Cloud>(OpenCloud(directory_));
    bucket_ = std::make_unique<Bucket>(cloud_->bucket("bench"));
  }
  void Close() {
    Check(cloud_->Close());
    cloud_.reset();
  }
  void Put(const std::string& key, std::string_view body) {
    Check(bucket_->Put(key, body, options_).status());
  }
  void Get(const std::string& key) {
    ExpectCount(Value(bucket_->Get(key)).body.size(), kBodyBytes);
  }
  void Page(const std::string& after) {
    const ListPage page =
        Value(bucket_->ListOnePage({.start_after = after, .max_keys = kPageKeys}));
    ExpectCount(page.entries.size(), kPageKeys);
  }

 private:
  const std::string directory_;
  const PutOptions options_ = OrdinaryPut();
  std::unique_ptr<Cloud> cloud_;
  std::unique_ptr<Bucket> bucket_;
};

class RawSide {
 public:
  explicit RawSide(std::string directory) : directory_(std::move(directory)) {}
  void Create() { Open(); }
  void Open() { raw_ = std::make_unique<RawStore>(directory_, kBodyBytes); }
  void Close() { raw_.reset(); }
  void Put(const std::string& key, std::string_view body) { raw_->Put(key, body); }
  void Get(const std::string& key) {
    ExpectCount(raw_->Get(key, &value_) ? value_.size() : 0, kBodyBytes);
  }
  void Page(const std::string& after) {
    const std::unique_ptr<rocksdb::Iterator> it(raw_->db().NewIterator(rocksdb::ReadOptions()));
    size_t seen = 0;
    size_t bytes = 0;
    for (it->Seek(after); it->Valid() && seen < kPageKeys; it->Next(), ++seen) {
      bytes += it->key().size() + it->value().size();
    }
    CheckRocks(it->status());
    benchmark::DoNotOptimize(bytes);
    ExpectCount(seen, kPageKeys);
  }

 private:
  const std::string directory_;
  std::unique_ptr<RawStore> raw_;
  rocksdb::PinnableSlice value_;
};

// Seconds per put.
template <typename Side>
double Fill(Side& side, uint64_t keys) {
  side.Create();
  const Stopwatch watch;
  for (uint64_t i = 0; i < keys; ++i) side.Put(KeyAt(/*series=*/0, i), Body(kBodyBytes, i));
  return watch.Seconds() / static_cast<double>(keys);
}

// A store of so many keys, to be read. Made when the first row that needs it runs.
template <typename Side>
class Grown {
 public:
  explicit Grown(uint64_t keys) : keys_(keys) {}

  Side& Ready() {
    if (side_ != nullptr) return *side_;
    side_ = std::make_unique<Side>(dir_.Sub("store"));
    seconds_per_put_ = Fill(*side_, keys_);
    AwaitQuiet();
    side_->Close();
    side_->Open();
    AwaitQuiet();
    return *side_;
  }
  double SecondsPerPut() {
    Ready();
    return seconds_per_put_;
  }
  std::string RandomKey() { return KeyAt(/*series=*/0, random_.Below(keys_)); }
  // With a page of keys behind it, also among 10,000.
  std::string RandomPlace() {
    return "object/" + base::Hex16(static_cast<uint64_t>(random_.Unit() * 0.8 * 0x1p64));
  }

 private:
  const TempDir dir_;
  const uint64_t keys_;
  base::Random random_{7};
  double seconds_per_put_ = 0;
  std::unique_ptr<Side> side_;
};

template <typename Side>
void Put(benchmark::State& state, Grown<Side>& grown, uint64_t keys) {
  for (auto _ : state) {
    if (FilledOnce(keys)) {
      state.SetIterationTime(grown.SecondsPerPut());
      continue;
    }
    const TempDir dir;
    Side side(dir.Sub("store"));
    state.SetIterationTime(Fill(side, keys));
    side.Close();
  }
}

template <typename Side>
void Get(benchmark::State& state, Grown<Side>& grown) {
  Side& side = grown.Ready();
  for (int i = 0; i < Work(20000); ++i) side.Get(grown.RandomKey());
  std::vector<std::string> keys;
  for (int64_t i = 0; i < state.max_iterations; ++i) keys.push_back(grown.RandomKey());
  auto key = keys.begin();
  for (auto _ : state) side.Get(*key++);
}

template <typename Side>
void List(benchmark::State& state, Grown<Side>& grown) {
  Side& side = grown.Ready();
  for (int i = 0; i < Work(50); ++i) side.Page(grown.RandomPlace());
  for (auto _ : state) side.Page(grown.RandomPlace());
}

template <typename Side>
void Register(const std::string& side, const std::string& which, uint64_t keys) {
  const auto grown = std::make_shared<Grown<Side>>(keys);
  const auto name = [&](const char* verb) {
    return side + "/growth/" + verb + "/keys=" + std::to_string(keys) + which;
  };
  auto* put = ManualRow(name("put"), 1, [grown, keys](auto& state) { Put(state, *grown, keys); });
  if (FilledOnce(keys)) put->Repetitions(1);
  Row(name("get"), Work(20000), [grown](auto& state) { Get(state, *grown); });
  Row(name("list"), Work(50), [grown](auto& state) { List(state, *grown); });
}

}  // namespace

void RegisterBenchmarks() {
  for (const uint64_t keys : KeyCounts()) {
    Register<CloudletSide>("cloudlet", "", keys);
    Register<RawSide>("baseline", "@raw", keys);
  }
}

}  // namespace cloudlet::bench
