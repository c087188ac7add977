// The stores that the suite of every store runs over: see store_factories.h.
#include "objstore/store_factories.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/logger.h"
#include "gtest/gtest.h"
#include "objstore/store_testing.h"
#include "objstore/verify.h"

namespace cloudlet::objstore {
namespace {

std::shared_ptr<ObjectStore> Verified(std::shared_ptr<LocalStore> store,
                                      std::function<void()> after) {
  LocalStore* const raw = store.get();
  return std::shared_ptr<ObjectStore>(
      raw, [store = std::move(store), after = std::move(after)](ObjectStore*) mutable {
        {
          const auto entrance = store->Enter();
          EXPECT_TRUE(entrance.ok()) << entrance.status();
          const auto report = Verify(entrance->state);
          EXPECT_TRUE(report.ok()) << report.status();
          for (const std::string& problem : report->problems) ADD_FAILURE() << problem;
        }
        EXPECT_TRUE(store->Close().ok());
        store.reset();
        after();
      });
}

absl::Status ReopenLocal(ObjectStore& store) { return static_cast<LocalStore&>(store).Reopen(); }

std::string TestDirectory() {
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  std::string name = std::string(test->test_suite_name()) + "." + test->name();
  std::replace(name.begin(), name.end(), '/', '_');
  return ::testing::TempDir() + "/" + name;
}

KvOpener RocksOpener(const std::string& directory) {
  return [directory](Opening) { return kv::OpenRocksKv(directory, TestRocksOptions()); };
}

}  // namespace

std::shared_ptr<LocalStore> OpenLocal(Environment environment, KvOpener opener) {
  auto store = LocalStore::Open(std::move(environment), std::move(opener),
                                std::make_shared<const base::Logger>(), "of the test");
  EXPECT_TRUE(store.ok()) << store.status();
  return store.ok() ? *std::move(store) : nullptr;
}

StoreFactory MemoryFactory() {
  StoreFactory factory;
  factory.name = "Memory";
  factory.open = [](Environment environment) {
    return Verified(OpenLocal(std::move(environment), KeptEngine().Opener()), [] {});
  };
  factory.reopen = ReopenLocal;
  return factory;
}

StoreFactory RocksFactory() {
  StoreFactory factory;
  factory.name = "Rocks";
  factory.open = [](Environment environment) {
    const std::string directory = TestDirectory();
    std::filesystem::remove_all(directory);
    return Verified(OpenLocal(std::move(environment), RocksOpener(directory)),
                    [directory] { std::filesystem::remove_all(directory); });
  };
  factory.reopen = ReopenLocal;
  return factory;
}

StoreFactory Decorated(
    StoreFactory factory, std::string name,
    std::function<std::shared_ptr<ForwardingStore>(std::shared_ptr<ObjectStore>)> decorate) {
  StoreFactory decorated;
  decorated.name = std::move(name);
  decorated.open = [open = factory.open, decorate = std::move(decorate)](Environment environment) {
    return decorate(open(std::move(environment)));
  };
  if (factory.reopen != nullptr) {
    decorated.reopen = [reopen = std::move(factory.reopen)](ObjectStore& store) {
      return reopen(static_cast<ForwardingStore&>(store).inner());
    };
  }
  return decorated;
}

}  // namespace cloudlet::objstore
