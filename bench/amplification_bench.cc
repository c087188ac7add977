// Question: how many bytes does the process write for a byte of payload?
//
//   fill/64MiB/<order>/quiet   512 MiB of 64 MiB objects, CRC64 ETag, nobody listens
//   fill/1KiB/<order>/quiet    200 MiB of 1 KiB objects, the same
//   fill/1KiB/<order>/full     the same with an MD5 ETag and a background function on every change
// (a quarter of that in a quick run). <order> of the keys: ascending, where tables never overlap
// and compaction has nothing to merge, so that log and flush are what is counted; random (1 KiB
// only), where the compactions that the fill causes are counted too. An empty store is filled with
// fresh keys, its background work has ended, and it has been closed and opened once more, so that
// the end of the log lies in tables as well.
// Time: per put. Counters, per byte of the bodies: bytes_per_payload_byte, bytes given to write
// calls; disk_per_payload_byte, bytes of pages made dirty (none on tmpfs).
// Baselines: raw RocksDB Put of the same keys and bodies (@raw).
// One repetition each: what counts is bytes.
#include <memory>
#include <string>

#include "base/strings.h"
#include "bench/harness.h"
#include "bench/instruments.h"
#include "bench/raw_store.h"

namespace cloudlet::bench {
namespace {

constexpr uint64_t kMiB = 1 << 20;

struct Case {
  const char* size_name = "";
  uint64_t bytes = 0;
  int objects = 0;
};

Case Large() { return {"64MiB", 64 * kMiB, QuickRun() ? 2 : 8}; }
Case Small() { return {"1KiB", 1024, QuickRun() ? 51'200 : 204'800}; }

enum class Order { kAscending, kRandom };
enum class Listener { kNone, kBackground };

std::string RowName(const Case& about, Order order) {
  return std::string("fill/") + about.size_name +
         (order == Order::kAscending ? "/ascending" : "/random");
}

std::string KeyOf(Order order, uint64_t i) {
  if (order == Order::kRandom) return KeyAt(/*series=*/0, i);
  return "object/" + base::Hex16(i);
}

// fill() puts everything; end() brings it to rest.
template <typename FillCall, typename EndCall>
void Measure(benchmark::State& state, const Case& about, FillCall fill, EndCall end) {
  const IoWritten before = WrittenNow();
  for (auto _ : state) {
    const Stopwatch watch;
    fill();
    state.SetIterationTime(watch.Seconds() / about.objects);
  }
  end();
  const IoWritten after = WrittenNow();
  const double payload = static_cast<double>(about.bytes) * about.objects;
  const auto per_byte = [&](uint64_t bytes) { return static_cast<double>(bytes) / payload; };
  state.counters["bytes_per_payload_byte"] = per_byte(after.calls - before.calls);
  state.counters["disk_per_payload_byte"] = per_byte(after.disk - before.disk);
}

void CloudletFill(benchmark::State& state, const Case& about, Order order, Listener listener) {
  const TempDir dir;
  Cloud cloud = OpenCloud(dir.Sub("store"));
  const EtagPolicy etag = listener == Listener::kNone ? EtagPolicy::kCrc64 : EtagPolicy::kMd5;
  const Bucket bucket = Value(cloud.CreateBucket("bench", {.etag_policy = etag}));
  if (listener == Listener::kBackground) Listen(cloud, "bench", Dispatch::kBackground);
  const PutOptions options = OrdinaryPut();
  const auto fill = [&] {
    for (uint64_t i = 0; i < static_cast<uint64_t>(about.objects); ++i) {
      Check(bucket.Put(KeyOf(order, i), Body(about.bytes, i), options).status());
    }
    Check(cloud.WaitIdle());
  };
  Measure(state, about, fill, [&] {
    AwaitQuiet();
    Check(cloud.Close());
    Cloud again = OpenCloud(dir.Sub("store"));
    AwaitQuiet();
    Check(again.Close());
  });
}

void RawFill(benchmark::State& state, const Case& about, Order order) {
  const TempDir dir;
  auto raw = std::make_unique<RawStore>(dir.Sub("store"), about.bytes);
  const auto fill = [&] {
    for (uint64_t i = 0; i < static_cast<uint64_t>(about.objects); ++i) {
      raw->Put(KeyOf(order, i), Body(about.bytes, i));
    }
  };
  Measure(state, about, fill, [&] {
    AwaitQuiet();
    raw.reset();
    raw = std::make_unique<RawStore>(dir.Sub("store"), about.bytes);
    AwaitQuiet();
  });
}

void Register(const Case& about, Order order, Listener listener) {
  const char* variant = listener == Listener::kNone ? "/quiet" : "/full";
  ManualRow("cloudlet/" + RowName(about, order) + variant, 1, [=](auto& state) {
    CloudletFill(state, about, order, listener);
  })->Repetitions(1);
}

void RegisterRaw(const Case& about, Order order) {
  ManualRow("baseline/" + RowName(about, order) + "@raw", 1, [=](auto& state) {
    RawFill(state, about, order);
  })->Repetitions(1);
}

}  // namespace

void RegisterBenchmarks() {
  Register(Large(), Order::kAscending, Listener::kNone);
  RegisterRaw(Large(), Order::kAscending);
  for (const Order order : {Order::kAscending, Order::kRandom}) {
    Register(Small(), order, Listener::kNone);
    Register(Small(), order, Listener::kBackground);
    RegisterRaw(Small(), order);
  }
}

}  // namespace cloudlet::bench
