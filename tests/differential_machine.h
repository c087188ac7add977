// What the stores of differential_test.cc stand on: memory, or a directory. Each life of a store
// goes on with what the one before left behind, a killed one too.
//
// Threads: one.
#ifndef CLOUDLET_TESTS_DIFFERENTIAL_MACHINE_H_
#define CLOUDLET_TESTS_DIFFERENTIAL_MACHINE_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "cloudlet/cloud.h"
#include "tests/latching_kv.h"

namespace cloudlet::differential {

// Small, so that both sides of each are met.
inline constexpr uint64_t kMinPartBytes = 8;
inline constexpr uint64_t kMaxPartBytes = 200'000;
inline constexpr int kMaxPartNumber = 12;
inline constexpr uint64_t kMaxCopyBytes = 250'000;
inline constexpr uint32_t kMaxAnnotations = 3;
inline constexpr uint64_t kMaxAnnotationBytes = 70'000;

class Machine {
 public:
  virtual ~Machine() = default;
  // The next life. REQUIRES: the one before is over.
  virtual absl::StatusOr<Cloud> Open(std::shared_ptr<Clock> clock) = 0;
  // What the death of the process would leave at this moment is what the next life finds. The life
  // that is under way goes on, unseen by the next one.
  virtual void Kill() = 0;

  testing::Latch& latch() { return *latch_; }

 protected:
  Limits SmallLimits() const;
  uint64_t NextSeed() { return ++seed_; }  // request ids differ from life to life

  const std::shared_ptr<testing::Latch> latch_ = std::make_shared<testing::Latch>();

 private:
  uint64_t seed_ = 5;
};

std::unique_ptr<Machine> InMemory();
std::unique_ptr<Machine> OnDisk();

}  // namespace cloudlet::differential

#endif  // CLOUDLET_TESTS_DIFFERENTIAL_MACHINE_H_
