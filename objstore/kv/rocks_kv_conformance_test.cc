// RocksKv under the conformance suite that every engine must pass.
#include <filesystem>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "objstore/kv/kv_conformance.h"
#include "objstore/kv/rocks_kv.h"

namespace cloudlet::kv {
namespace {

std::string TestDirectory() {
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  std::string name = std::string(test->test_suite_name()) + "." + test->name();
  for (char& c : name) {
    if (c == '/') c = '_';
  }
  return ::testing::TempDir() + "/" + name;
}

std::unique_ptr<Kv> Open() {
  RocksKvOptions options;
  for (const std::string& name : ConformanceFamilies()) {
    const FamilyKind kind = name == "payload" ? FamilyKind::kPayload
                            : name == "log"   ? FamilyKind::kLog
                                              : FamilyKind::kRows;
    options.families.push_back({name, kind});
  }
  options.write_buffer_bytes = 1 << 20;
  auto kv = OpenRocksKv(TestDirectory(), options);
  EXPECT_TRUE(kv.ok()) << kv.status();
  return kv.ok() ? *std::move(kv) : nullptr;
}

KvFactory RocksFactory() {
  KvFactory factory;
  factory.name = "Rocks";
  factory.open = [] {
    std::filesystem::remove_all(TestDirectory());
    return Open();
  };
  factory.reopen = [] { return Open(); };
  factory.durable = true;
  return factory;
}

INSTANTIATE_TEST_SUITE_P(Rocks, KvConformance, ::testing::Values(RocksFactory()), KvFactoryName);

}  // namespace
}  // namespace cloudlet::kv
