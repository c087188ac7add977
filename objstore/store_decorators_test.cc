// Every decorator over a store of either engine, under the suite of every store: one that has
// nothing to do changes nothing.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "objstore/fault_store.h"
#include "objstore/forwarding_store.h"
#include "objstore/metering_store.h"
#include "objstore/store_conformance.h"
#include "objstore/store_factories.h"

namespace cloudlet::objstore {
namespace {

template <typename Decorator>
StoreFactory Over(StoreFactory factory, const std::string& name) {
  const std::string whole = name + "Over" + factory.name;
  return Decorated(std::move(factory), whole, [](std::shared_ptr<ObjectStore> store) {
    return std::make_shared<Decorator>(std::move(store));
  });
}

std::vector<StoreFactory> Factories() {
  return {
      Over<FaultStore>(MemoryFactory(), "Faults"),
      Over<FaultStore>(RocksFactory(), "Faults"),
      Over<ForwardingStore>(MemoryFactory(), "Forwards"),
      Over<MeteringStore>(MemoryFactory(), "Meters"),
      Over<MeteringStore>(RocksFactory(), "Meters"),
  };
}

INSTANTIATE_TEST_SUITE_P(Decorators, StoreConformance, ::testing::ValuesIn(Factories()),
                         StoreFactoryName);
INSTANTIATE_TEST_SUITE_P(Decorators, StoreVersions, ::testing::ValuesIn(Factories()),
                         StoreFactoryName);
INSTANTIATE_TEST_SUITE_P(Decorators, StoreUploads, ::testing::ValuesIn(Factories()),
                         StoreFactoryName);

}  // namespace
}  // namespace cloudlet::objstore
