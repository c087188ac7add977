// Random operations on a Cloud and on a plain model of one, which must agree in every result, every
// error and every event: over both engines, through closing, reopening, kills, and writes whose
// outcome is unknown. differential_model.h has the model, differential_harness.h the operations.
//
// The seed is printed; CLOUDLET_TEST_SEED repeats a run. CLOUDLET_FULL=1 draws a seed and makes it
// 1,000,000 operations instead of 100,000; CLOUDLET_DIFFERENTIAL_STEPS=n: n in memory, for slow
// builds, and a ninth of it on disk.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "base/random.h"
#include "gtest/gtest.h"
#include "tests/differential_harness.h"
#include "tests/differential_machine.h"

namespace cloudlet::differential {
namespace {

bool Full() { return std::getenv("CLOUDLET_FULL") != nullptr; }

// One for the whole run.
uint64_t TestSeed() {
  static const uint64_t drawn = Full() ? base::RandomSeed() : 20'300'101;
  const char* text = std::getenv("CLOUDLET_TEST_SEED");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : drawn;
}

int InMemorySteps() {
  const char* text = std::getenv("CLOUDLET_DIFFERENTIAL_STEPS");
  if (text != nullptr) return std::atoi(text);
  return Full() ? 900'000 : 90'000;
}

void RunSteps(std::unique_ptr<Machine> machine, uint64_t salt, int steps, int compare_every) {
  const uint64_t seed = TestSeed();
  std::cout << "CLOUDLET_TEST_SEED=" << seed << std::endl;
  SCOPED_TRACE("CLOUDLET_TEST_SEED=" + std::to_string(seed));
  Differential differential(seed + salt, std::move(machine));
  for (int step = 1; step <= steps; ++step) {
    differential.Step();
    if (step % compare_every == 0) differential.CompareAll();
    ASSERT_FALSE(::testing::Test::HasFailure()) << "step " << step;
  }
  differential.CompareAll(Differential::Events::kAll);
  differential.Finish();
}

TEST(Differential, InMemory_AgreesWithTheModel) {
  RunSteps(InMemory(), 0, InMemorySteps(), Full() ? 30'000 : 15'000);
}

TEST(Differential, OnDisk_AgreesWithTheModel) {
  RunSteps(OnDisk(), 1, InMemorySteps() / 9, Full() ? 5'000 : 2'500);
}

}  // namespace
}  // namespace cloudlet::differential
