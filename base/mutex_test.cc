// Locks exclude, readers share, waits wake. Under ThreadSanitizer the same tests show that it sees
// the locks: the guarded variables below are plain.
#include "base/mutex.h"

#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace cloudlet::base {
namespace {

TEST(Mutex, ExcludesOtherWriters) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 10000;
  Mutex mu;
  int counter = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kRounds; ++i) {
        MutexLock lock(&mu);
        ++counter;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter, kThreads * kRounds);
}

TEST(SharedMutex, ReadersSeeWholeWrites) {
  SharedMutex mu;
  int a = 0;
  int b = 0;
  int torn = 0;
  std::thread writer([&] {
    for (int i = 0; i < 10000; ++i) {
      WriterLock lock(&mu);
      ++a;
      ++b;
    }
  });
  for (int i = 0; i < 10000; ++i) {
    ReaderLock lock(&mu);
    if (a != b) ++torn;
  }
  writer.join();
  EXPECT_EQ(torn, 0);
}

TEST(SharedMutex, ReadersShareTheLock) {
  SharedMutex mu;
  Mutex gate_mu;
  CondVar gate;
  int inside = 0;
  auto read = [&] {
    ReaderLock lock(&mu);
    MutexLock gate_lock(&gate_mu);
    ++inside;
    gate.SignalAll();
    while (inside < 2) gate.Wait(&gate_mu);  // Both are in at once, or this never ends.
  };
  std::thread first(read);
  std::thread second(read);
  first.join();
  second.join();
  EXPECT_EQ(inside, 2);
}

TEST(Mutex, TryLockFailsWhileHeldElsewhere) {
  Mutex mu;
  const auto try_once = [&mu] {
    if (!mu.TryLock()) return false;
    mu.Unlock();
    return true;
  };
  bool taken_while_held = true;
  bool taken_while_free = false;
  mu.Lock();
  mu.AssertHeld();
  std::thread([&] { taken_while_held = try_once(); }).join();
  mu.Unlock();
  std::thread([&] { taken_while_free = try_once(); }).join();
  EXPECT_FALSE(taken_while_held);
  EXPECT_TRUE(taken_while_free);
}

TEST(CondVar, HandsPlainDataFromThreadToThread) {
  Mutex mu;
  CondVar changed;
  int produced = 0;
  int consumed = 0;
  std::thread consumer([&] {
    MutexLock lock(&mu);
    while (consumed < 1000) {
      while (produced == consumed) changed.Wait(&mu);
      ++consumed;
      changed.SignalAll();
    }
  });
  for (int i = 0; i < 1000; ++i) {
    MutexLock lock(&mu);
    ++produced;
    changed.SignalAll();
    while (consumed < produced) changed.Wait(&mu);
  }
  consumer.join();
  EXPECT_EQ(consumed, 1000);
}

TEST(CondVar, WaitWithTimeoutTellsTimeoutFromSignal) {
  Mutex mu;
  CondVar changed;
  bool ready = false;
  {
    MutexLock lock(&mu);
    EXPECT_TRUE(changed.WaitWithTimeout(&mu, absl::ZeroDuration()));
  }
  std::thread signaller([&] {
    MutexLock lock(&mu);
    ready = true;
    changed.Signal();
  });
  bool timed_out = false;
  {
    MutexLock lock(&mu);
    while (!ready) timed_out = changed.WaitWithTimeout(&mu, absl::InfiniteDuration());
  }
  signaller.join();
  EXPECT_FALSE(timed_out);
}

}  // namespace
}  // namespace cloudlet::base
