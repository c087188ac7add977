// LocalStores for the tests of objstore/, on either engine: bare, and as the factories of the suite
// of every store; and such a factory with a decorator over its stores.
//
// Threads: free functions over values.
#ifndef CLOUDLET_OBJSTORE_STORE_FACTORIES_H_
#define CLOUDLET_OBJSTORE_STORE_FACTORIES_H_

#include <functional>
#include <memory>
#include <string>

#include "objstore/forwarding_store.h"
#include "objstore/local_store.h"
#include "objstore/store_conformance.h"

namespace cloudlet::objstore {

// Null, and a failure of the test, where it does not open.
std::shared_ptr<LocalStore> OpenLocal(Environment environment, KvOpener opener);

// The suite's stores are verified when a test lets go of them.
StoreFactory MemoryFactory();
StoreFactory RocksFactory();  // in a directory of the test's own

// The stores of `factory`, each under what `decorate` puts over it.
StoreFactory Decorated(
    StoreFactory factory, std::string name,
    std::function<std::shared_ptr<ForwardingStore>(std::shared_ptr<ObjectStore>)> decorate);

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_STORE_FACTORIES_H_
