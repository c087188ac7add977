// Threads, memory and written bytes of this process, from the C library and /proc.
#include "bench/instruments.h"

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <latch>
#include <thread>
#include <vector>

#include "bench/harness.h"

namespace cloudlet::bench {
namespace {

// The number behind "<name>:" in a file of such lines.
uint64_t NumberAfter(const std::string& path, const std::string& name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(name + ":", 0) == 0) {
      return std::strtoull(line.c_str() + name.size() + 1, nullptr, 10);
    }
  }
  Check(absl::InternalError("no " + name + " in " + path));
  return 0;
}

}  // namespace

// Each thread looks at the clock itself: the caller may get a processor only when some have done
// much of their work.
double OnThreads(int threads, const std::function<void(int)>& work) {
  using Clock = std::chrono::steady_clock;
  const auto count = static_cast<size_t>(threads);
  std::latch ready(threads);
  std::vector<Clock::time_point> begun(count);
  std::vector<Clock::time_point> ended(count);
  std::vector<std::thread> team;
  for (size_t i = 0; i < count; ++i) {
    team.emplace_back([&, i] {
      ready.arrive_and_wait();
      begun[i] = Clock::now();
      work(static_cast<int>(i));
      ended[i] = Clock::now();
    });
  }
  for (std::thread& thread : team) thread.join();
  const Clock::time_point first = *std::min_element(begun.begin(), begun.end());
  const Clock::time_point last = *std::max_element(ended.begin(), ended.end());
  return std::chrono::duration<double>(last - first).count();
}

void AwaitQuiet() {
  constexpr auto kLook = std::chrono::milliseconds(100);
  constexpr double kQuietMicroseconds = 5000;
  const Stopwatch watch;
  for (int quiet = 0; quiet < 2 && watch.Seconds() < 60;) {
    const double before = ProcessCpuMicroseconds();
    std::this_thread::sleep_for(kLook);
    quiet = ProcessCpuMicroseconds() - before < kQuietMicroseconds ? quiet + 1 : 0;
  }
}

uint64_t StatusBytes(const std::string& name) {
  return NumberAfter("/proc/self/status", name) * 1024;
}

MemoryUse MemoryNow() {
  malloc_trim(0);
  const struct mallinfo2 heap = mallinfo2();
  return {static_cast<double>(StatusBytes("VmRSS")),
          static_cast<double>(heap.uordblks + heap.hblkhd)};
}

MemoryUse operator-(const MemoryUse& a, const MemoryUse& b) {
  return {a.resident - b.resident, a.heap - b.heap};
}

IoWritten WrittenNow() {
  return {NumberAfter("/proc/self/io", "wchar"), NumberAfter("/proc/self/io", "write_bytes")};
}

}  // namespace cloudlet::bench
