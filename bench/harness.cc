// Bodies, keys, scratch directories and rows of the benchmarks; main() stands in bench_main.cc.
#include "bench/harness.h"

#include <stdlib.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "base/random.h"
#include "base/strings.h"

namespace cloudlet::bench {
namespace {

constexpr uint64_t kMiB = 1 << 20;
constexpr uint64_t kLargestBody = 64 * kMiB;
// Bodies of up to 1 MiB are cut out of this many bytes, so that a caller's bytes are warm in the
// cache as they would be for one who has just made them.
constexpr uint64_t kWarmWindow = 2 * kMiB;
constexpr uint64_t kSlack = 64 << 10;  // by how much the largest bodies may be shifted

const std::string& Pool() {
  static const std::string* const pool = [] {
    auto* bytes = new std::string(kLargestBody + kSlack, '\0');
    base::Random random(42);
    for (size_t at = 0; at + sizeof(uint64_t) <= bytes->size(); at += sizeof(uint64_t)) {
      const uint64_t word = random.Next();
      std::memcpy(bytes->data() + at, &word, sizeof word);
    }
    return bytes;
  }();
  return *pool;
}

std::string ScratchRoot() {
  for (const char* name : {"TEST_TMPDIR", "TMPDIR"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return "/tmp";
}

double Microseconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
}

}  // namespace

void Check(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "benchmark failed: %s\n", status.ToString().c_str());
  std::exit(1);
}

bool QuickRun() { return std::getenv("CLOUDLET_BENCH_QUICK") != nullptr; }

bool FullRun() { return std::getenv("CLOUDLET_BENCH_FULL") != nullptr; }

int Work(int iterations) { return QuickRun() ? std::max(1, iterations / 5) : iterations; }

TempDir::TempDir() : path_(ScratchRoot() + "/cloudlet_bench_XXXXXX") {
  if (mkdtemp(path_.data()) == nullptr) {
    Check(absl::UnavailableError("cannot make a directory in " + ScratchRoot()));
  }
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

const std::vector<SizeClass>& SizeClasses() {
  static const std::vector<SizeClass>* const all = new std::vector<SizeClass>{
      {"128B", 128, 15000, 30000},    {"1KiB", 1 << 10, 15000, 30000},
      {"4KiB", 4 << 10, 6000, 20000}, {"16KiB", 16 << 10, 3000, 20000},
      {"64KiB", 64 << 10, 800, 6000}, {"256KiB", 256 << 10, 250, 2000},
      {"1MiB", kMiB, 80, 600},        {"8MiB", 8 * kMiB, 12, 80},
      {"64MiB", 64 * kMiB, 3, 10},
  };
  static const std::vector<SizeClass>* const few =
      new std::vector<SizeClass>{(*all)[1], (*all)[3], (*all)[6], (*all)[8]};
  return QuickRun() ? *few : *all;
}

std::string_view Body(uint64_t size, uint64_t i) {
  const std::string& pool = Pool();
  const uint64_t window = std::max(kWarmWindow, size + kSlack);
  return std::string_view(pool).substr(base::Mix64(i) % (window - size), size);
}

std::string KeyAt(uint64_t series, uint64_t i) {
  return "object/" + base::Hex16(base::Mix64((series << 32) + i));
}

std::vector<std::string> Keys(int count, uint64_t series) {
  std::vector<std::string> keys;
  keys.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) keys.push_back(KeyAt(series, static_cast<uint64_t>(i)));
  return keys;
}

Cloud OpenCloud(const std::string& directory) { return Value(Cloud::Open(directory)); }

void Listen(Cloud& cloud, const std::string& bucket, Dispatch dispatch) {
  Check(cloud.RegisterFunction("listener",
                               [](const Event&, FunctionContext&) { return absl::OkStatus(); },
                               {.dispatch = dispatch}));
  Check(cloud.AddTrigger({.bucket = bucket, .function = "listener"}).status());
}

PutOptions OrdinaryPut(Durability durability) {
  PutOptions options;
  options.content_type = "image/jpeg";
  options.metadata = {{"origin", "benchmark"}};
  options.durability = durability;
  return options;
}

double ProcessCpuMicroseconds() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return Microseconds(usage.ru_utime) + Microseconds(usage.ru_stime);
}

double Median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

benchmark::internal::Benchmark* Row(const std::string& name, int iterations, RowFunction function) {
  return benchmark::RegisterBenchmark(name.c_str(), std::move(function))
      ->Iterations(iterations)
      ->UseRealTime()
      ->Unit(benchmark::kMicrosecond);
}

benchmark::internal::Benchmark* ManualRow(const std::string& name, int iterations,
                                          RowFunction function) {
  return benchmark::RegisterBenchmark(name.c_str(), std::move(function))
      ->Iterations(iterations)
      ->UseManualTime()
      ->Unit(benchmark::kMicrosecond);
}

}  // namespace cloudlet::bench
