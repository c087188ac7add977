// What programs measure beside the time of one call: rounds of several threads, waiting until
// background work is done, resident and allocated memory, bytes written by the process.
#ifndef CLOUDLET_BENCH_INSTRUMENTS_H_
#define CLOUDLET_BENCH_INSTRUMENTS_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace cloudlet::bench {

class Stopwatch {
 public:
  double Seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }
  uint64_t Nanoseconds() const {
    return static_cast<uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start_).count());
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

// Runs work(0) to work(threads - 1), each on a thread of its own; all begin when the last of them
// is there. Returns the seconds from the first beginning to the last end.
double OnThreads(int threads, const std::function<void(int)>& work);

// Waits until what engines do in the background (flushes, compactions) has ended: until the process
// takes next to no processor time for a fifth of a second. Gives up after a minute.
void AwaitQuiet();

// A line of /proc/self/status in bytes: "VmRSS", "VmHWM".
uint64_t StatusBytes(const std::string& name);

struct MemoryUse {
  double resident = 0;  // bytes, after what malloc keeps for later has been given back
  double heap = 0;      // bytes handed out by malloc, over all threads
};
MemoryUse MemoryNow();
MemoryUse operator-(const MemoryUse& a, const MemoryUse& b);

// What this process has written so far, from /proc/self/io.
struct IoWritten {
  uint64_t calls = 0;  // bytes given to write calls
  uint64_t disk = 0;   // bytes of pages made dirty: none on tmpfs
};
IoWritten WrittenNow();

}  // namespace cloudlet::bench

#endif  // CLOUDLET_BENCH_INSTRUMENTS_H_
