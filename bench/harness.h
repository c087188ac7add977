// What every benchmark program shares: main(), scratch directories, bodies and keys that are the
// same for both sides of a comparison, a Cloud ready to be measured, and the environment stamp.
//
// A program defines RegisterBenchmarks(). A row is called `cloudlet/<row>`; what it is compared
// with, in the same program, `baseline/<row>@<which>`. A baseline also counts for every longer row
// that begins with its own (`baseline/put/1KiB@raw` for `cloudlet/put/1KiB/md5`). Repetitions of
// all rows are interleaved in random order, so a ratio of medians comes from one run.
// Rows have fixed numbers of iterations: Work() makes them fewer in a quick run.
#ifndef CLOUDLET_BENCH_HARNESS_H_
#define CLOUDLET_BENCH_HARNESS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "benchmark/benchmark.h"
#include "cloudlet/cloud.h"

namespace cloudlet::bench {

// Defined by each program; called once.
void RegisterBenchmarks();

// Ends the program with the status's message unless it is OK.
void Check(const absl::Status& status);

template <typename T>
T Value(absl::StatusOr<T> value) {
  Check(value.status());
  return *std::move(value);
}

// Whether CLOUDLET_BENCH_QUICK is set: fewer iterations, smaller stores, fewer sizes.
bool QuickRun();
// Whether CLOUDLET_BENCH_FULL is set: also what takes many minutes.
bool FullRun();
// `iterations`, or in a quick run a fifth of them, at least 1.
int Work(int iterations);

// A fresh directory under $TEST_TMPDIR, $TMPDIR or /tmp, removed with the object.
class TempDir {
 public:
  TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir();
  const std::string& path() const { return path_; }
  std::string Sub(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

// The sizes of the put and get rows, and how many operations of that size fill a repetition. A
// quick run has fewer of them.
struct SizeClass {
  const char* name;
  uint64_t bytes;
  int puts;
  int gets;
};
const std::vector<SizeClass>& SizeClasses();

// `size` incompressible bytes (at most 64 MiB) that differ with `i`. Valid for ever.
std::string_view Body(uint64_t size, uint64_t i);
// Key number `i` of a series: keys of one length in scrambled order, different for different
// numbers below 2^32 and for different series.
std::string KeyAt(uint64_t series, uint64_t i);
// The first `count` keys of the series.
std::vector<std::string> Keys(int count, uint64_t series = 0);

// A Cloud in `directory` with default options.
Cloud OpenCloud(const std::string& directory);
// A function "listener" that does nothing, and a trigger on every change in `bucket`.
void Listen(Cloud& cloud, const std::string& bucket, Dispatch dispatch);
// What every benchmark puts beside the body: a content type and one user metadata entry.
PutOptions OrdinaryPut(Durability durability = Durability::kBuffered);

// CPU time that all threads of the process have used, in microseconds.
double ProcessCpuMicroseconds();
// Of an unsorted, not empty list.
double Median(std::vector<double> values);

using RowFunction = std::function<void(benchmark::State&)>;

// Registers a row with wall-clock time and a fixed number of iterations. The function is called
// once per repetition; what it does outside the state's loop is not timed.
benchmark::internal::Benchmark* Row(const std::string& name, int iterations, RowFunction function);
// A row that sets the time of each iteration itself.
benchmark::internal::Benchmark* ManualRow(const std::string& name, int iterations,
                                          RowFunction function);

}  // namespace cloudlet::bench

#endif  // CLOUDLET_BENCH_HARNESS_H_
