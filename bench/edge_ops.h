// How long look-ups of the edge's store take, against an LRU map under a mutex.
#ifndef CLOUDLET_BENCH_EDGE_OPS_H_
#define CLOUDLET_BENCH_EDGE_OPS_H_

#include <cstdint>
#include <memory>
#include <string>

namespace cloudlet::bench {

// A cache under test: 100,000 objects with keys of 34 bytes, all of them in, and room for as many.
class OpsSubject {
 public:
  virtual ~OpsSubject() = default;
  // `lookups` by one thread, zipf 1.0; of a hundred, `changes` put an object in again under its
  // key. A sum over what was found.
  virtual uint64_t Run(int thread, int lookups, int changes) = 0;
};

inline constexpr uint32_t kOpsObjects = 100'000;

std::unique_ptr<OpsSubject> MakeStoreSubject();
std::unique_ptr<OpsSubject> MakeMutexLruSubject();

// Microseconds that erasing everything takes over `objects`, and the first insert behind it.
struct EraseAllTimes {
  double erase = 0;
  double next_insert = 0;
};
EraseAllTimes TimeEraseAll(uint32_t objects);

}  // namespace cloudlet::bench

#endif  // CLOUDLET_BENCH_EDGE_OPS_H_
