// Question: by how much does resident memory grow while one huge object goes in and out?
//
//   stream/in    ObjectWriter, 1 MiB a time      baseline @file: write, then rename
//   stream/out   ObjectReader, 1 MiB a time      baseline @file: read
// Counter growth_MiB: the largest resident set during the transfer less the one before it, in an
// open and empty store (in), or in one opened anew (out). Size: CLOUDLET_STREAM_MIB, else 4,096
// (512 in a quick run). One repetition each: what counts is memory.
#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "bench/harness.h"
#include "bench/instruments.h"

namespace cloudlet::bench {
namespace {

constexpr uint64_t kMiB = 1 << 20;

uint64_t ObjectMiB() {
  const char* given = std::getenv("CLOUDLET_STREAM_MIB");
  if (given != nullptr) return std::strtoull(given, nullptr, 10);
  return QuickRun() ? 512 : 4096;
}

double StatusMiB(const std::string& name) {
  return static_cast<double>(StatusBytes(name)) / static_cast<double>(kMiB);
}

// The growth of the resident set from here on.
class Growth {
 public:
  Growth() {
    malloc_trim(0);  // what earlier rows gave back must not hide what this one takes
    // Resets VmHWM to what is resident now.
    std::ofstream("/proc/self/clear_refs") << "5";
    before_ = StatusMiB("VmRSS");
  }
  double MiB() const { return StatusMiB("VmHWM") - before_; }

 private:
  double before_ = 0;
};

void WriteObject(const Bucket& bucket, const std::string& key, uint64_t pieces) {
  ObjectWriter writer = Value(bucket.OpenWriter(key));
  for (uint64_t i = 0; i < pieces; ++i) Check(writer.Write(Body(kMiB, i)));
  Check(writer.Commit().status());
}

void Report(benchmark::State& state, const Growth& growth) {
  state.counters["growth_MiB"] = growth.MiB();
  state.counters["object_MiB"] = static_cast<double>(ObjectMiB());
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * ObjectMiB() * kMiB));
}

void In(benchmark::State& state) {
  const TempDir dir;
  Cloud cloud = OpenCloud(dir.Sub("store"));
  const Bucket bucket = Value(cloud.CreateBucket("bench"));
  WriteObject(bucket, "warm", 1);
  const Growth growth;
  for (auto _ : state) WriteObject(bucket, "huge", ObjectMiB());
  Report(state, growth);
  Check(cloud.Close());
}

void Out(benchmark::State& state) {
  const TempDir dir;
  {
    Cloud filling = OpenCloud(dir.Sub("store"));
    WriteObject(Value(filling.CreateBucket("bench")), "huge", ObjectMiB());
    Check(filling.Close());
  }
  Cloud cloud = OpenCloud(dir.Sub("store"));
  std::vector<char> buffer(kMiB, 1);
  const Growth growth;
  for (auto _ : state) {
    ObjectReader reader = Value(cloud.bucket("bench").OpenReader("huge"));
    uint64_t total = 0;
    while (const size_t got = Value(reader.Read(buffer.data(), buffer.size()))) total += got;
    if (total != ObjectMiB() * kMiB) Check(absl::InternalError("the read is short"));
  }
  Report(state, growth);
  Check(cloud.Close());
}

int OpenFile(const std::string& path, int flags) {
  const int file = open(path.c_str(), flags | O_CLOEXEC, 0644);
  if (file < 0) Check(absl::UnavailableError("cannot open " + path));
  return file;
}

void WriteFile(const std::string& path) {
  const int file = OpenFile(path + ".new", O_WRONLY | O_CREAT | O_TRUNC);
  for (uint64_t i = 0; i < ObjectMiB(); ++i) {
    if (write(file, Body(kMiB, i).data(), kMiB) != static_cast<ssize_t>(kMiB)) {
      Check(absl::UnavailableError("a write is short"));
    }
  }
  close(file);
  std::rename((path + ".new").c_str(), path.c_str());
}

void FileIn(benchmark::State& state) {
  const TempDir dir;
  const Growth growth;
  for (auto _ : state) WriteFile(dir.Sub("file"));
  Report(state, growth);
}

void FileOut(benchmark::State& state) {
  const TempDir dir;
  WriteFile(dir.Sub("file"));
  std::vector<char> buffer(kMiB, 1);
  const Growth growth;
  for (auto _ : state) {
    const int file = OpenFile(dir.Sub("file"), O_RDONLY);
    while (read(file, buffer.data(), buffer.size()) > 0) {
    }
    close(file);
  }
  Report(state, growth);
}

}  // namespace

void RegisterBenchmarks() {
  Body(kMiB, 0);  // made before memory is measured
  Row("cloudlet/stream/in", 1, In)->Repetitions(1);
  Row("cloudlet/stream/out", 1, Out)->Repetitions(1);
  Row("baseline/stream/in@file", 1, FileIn)->Repetitions(1);
  Row("baseline/stream/out@file", 1, FileOut)->Repetitions(1);
}

}  // namespace cloudlet::bench
