// What every Kv must do, as tests: one suite that each engine's own test instantiates.
//
//   INSTANTIATE_TEST_SUITE_P(Rocks, KvConformance, ::testing::Values(factory), KvFactoryName);
//
// The factory's open() makes a new empty store with exactly the families of ConformanceFamilies(),
// in that order, tuned as their names say. A test has one store at a time. Random tests print their
// seed when they fail; CLOUDLET_TEST_SEED sets it.
#ifndef CLOUDLET_OBJSTORE_KV_KV_CONFORMANCE_H_
#define CLOUDLET_OBJSTORE_KV_KV_CONFORMANCE_H_

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "objstore/kv/kv.h"

namespace cloudlet::kv {

struct KvFactory {
  std::string name = {};                           // letters and digits only
  std::function<std::unique_ptr<Kv>()> open = {};  // a new empty store
  // Opens again what open() made last. The store it made has been closed and destroyed by then.
  std::function<std::unique_ptr<Kv>()> reopen = {};
  bool durable = false;  // whether reopen() finds what was written; false: reopen may be empty
};

// gtest prints parameters with this.
std::ostream& operator<<(std::ostream& out, const KvFactory& factory);

// The last argument of INSTANTIATE_TEST_SUITE_P.
std::string KvFactoryName(const ::testing::TestParamInfo<KvFactory>& info);

// "rows", "payload", "log": one of each FamilyKind.
std::vector<std::string> ConformanceFamilies();

inline constexpr Family kConformanceRows = 0;
inline constexpr Family kConformancePayload = 1;
inline constexpr Family kConformanceLog = 2;

// Keys and values in the order of a walk.
using Rows = std::vector<std::pair<std::string, std::string>>;

// `number` in six digits behind `prefix`, so that keys ascend with it.
std::string NumberedKey(std::string_view prefix, int number);

class KvConformance : public ::testing::TestWithParam<KvFactory> {
 protected:
  void SetUp() override;

  Kv& kv() { return *kv_; }
  // Closes and destroys the store and opens it again.
  void Reopen();

  void Put(Family family, std::string_view key, std::string_view value);
  // The value, or "<absent>", or the error's text.
  std::string Get(Family family, std::string_view key, const Snapshot* snapshot = nullptr);
  Rows Forward(Family family, const IteratorOptions& options = {});
  Rows Backward(Family family, const IteratorOptions& options = {});
  // Adds `rows`, finishes.
  std::unique_ptr<BulkWriter> FinishedWriter(Family family, const Rows& rows);

 private:
  std::unique_ptr<Kv> kv_;
};

}  // namespace cloudlet::kv

#endif  // CLOUDLET_OBJSTORE_KV_KV_CONFORMANCE_H_
