// The call gate: closing waits for those inside and refuses the rest.
#include "objstore/call_gate.h"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace cloudlet::objstore {
namespace {

TEST(CallGate, Closed_RefusesAndSaysWhy) {
  CallGate gate;
  EXPECT_TRUE(gate.Enter().ok());
  gate.Close("the store is closed");
  const auto refused = gate.Enter();
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(refused.status().message(), "the store is closed");
  EXPECT_TRUE(gate.closed());
}

TEST(CallGate, Opened_TakesCallsAgain) {
  CallGate gate;
  gate.Close("closed");
  gate.Open();
  EXPECT_TRUE(gate.Enter().ok());
  EXPECT_FALSE(gate.closed());
}

TEST(CallGate, Close_WaitsForTheCallsInside) {
  CallGate gate;
  auto pass = std::make_unique<CallGate::Pass>(gate.Enter().value());
  std::atomic<bool> closed{false};
  std::thread closer([&] {
    gate.Close("closed");
    closed.store(true);
  });
  while (!gate.closed()) std::this_thread::yield();
  EXPECT_FALSE(gate.Enter().ok());
  EXPECT_FALSE(closed.load());
  pass.reset();
  closer.join();
  EXPECT_TRUE(closed.load());
}

TEST(CallGate, AMovedPass_LeavesOnceAndAlsoOnAnotherThread) {
  CallGate gate;
  auto pass = std::make_unique<CallGate::Pass>(gate.Enter().value());
  std::thread other(
      [moved = std::move(*pass)]() mutable { const CallGate::Pass last(std::move(moved)); });
  other.join();
  pass.reset();
  gate.Close("closed");  // hangs if anybody is still counted
  EXPECT_TRUE(gate.closed());
}

TEST(CallGate, Close_LeavesNobodyInside) {
  CallGate gate;
  std::atomic<int> inside{0};
  std::atomic<int> entered{0};
  std::atomic<bool> stop{false};
  std::vector<std::thread> callers;
  for (int t = 0; t < 3; ++t) {
    callers.emplace_back([&] {
      while (!stop.load()) {
        const auto pass = gate.Enter();
        if (!pass.ok()) continue;
        ++inside;
        ++entered;
        --inside;
      }
    });
  }
  for (int round = 0; round < 100; ++round) {
    const int before = entered.load();
    while (entered.load() == before) std::this_thread::yield();
    gate.Close("closed");
    EXPECT_EQ(inside.load(), 0);
    gate.Open();
  }
  stop.store(true);
  for (std::thread& caller : callers) caller.join();
}

TEST(CallGate, AForkedChild_IsRefused) {
  CallGate gate;
  const pid_t child = fork();
  if (child == 0) {
    const auto pass = gate.Enter();
    _exit(!pass.ok() && pass.status().message().find("forked") != absl::string_view::npos ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_TRUE(gate.Enter().ok());
}

}  // namespace
}  // namespace cloudlet::objstore
