// A hit allocates nothing, under any policy. The test counts all that `new` gives out.
#include <cstddef>
#include <cstdlib>
#include <new>
#include <string>

#include "edge/store/cache_store.h"
#include "gtest/gtest.h"

namespace {

thread_local size_t allocations = 0;

}  // namespace

void* operator new(size_t size) {
  ++allocations;
  void* const room = std::malloc(size);
  if (room == nullptr) throw std::bad_alloc();
  return room;
}
void operator delete(void* room) noexcept { std::free(room); }
void operator delete(void* room, size_t /*size*/) noexcept { std::free(room); }

namespace cloudlet::edge {
namespace {

TEST(LookupAllocationTest, AHitAllocatesNothing) {
  for (const auto policy : {EvictionPolicy::kS3Fifo, EvictionPolicy::kLru, EvictionPolicy::kSieve,
                            EvictionPolicy::kWTinyLfu}) {
    CacheStore<int> store({.capacity_bytes = 1 << 20, .policy = policy});
    for (int i = 0; i < 100; ++i) {
      const std::string key = std::to_string(i);
      store.Insert(key, HashOf(key), i, sizeof(int));
    }
    { const EpochGuard first; }  // which may allocate this thread's slot
    const std::string_view key = "42";
    const size_t before = allocations;
    int sum = 0;
    for (int i = 0; i < 1000; ++i) {
      const EpochGuard guard;
      sum += store.Find(key, HashOf(key), guard)->value();
      const CacheStore<int>::Ref held = store.Get(key, HashOf(key));
      sum += *held;
    }
    EXPECT_EQ(allocations, before);
    EXPECT_EQ(sum, 84'000);
  }
}

}  // namespace
}  // namespace cloudlet::edge
