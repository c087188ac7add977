// Question: what does a test pay for its FakeCloud?
//
//   fake/make      a FakeCloud and its destructor, together
//   fake/fork/N    Fork of one with N objects, and the destructor of the fork
//   fake/month     30 simulated days with a put and a failing function on each: 90 runs
//   fake/test      what a small test does: bucket, function, trigger, fault, five puts, Settle
// There is no baseline: the targets are 100 us for the first and 10 ms for the month.
#include <string>

#include "bench/harness.h"
#include "cloudlet/testing.h"

namespace cloudlet::bench {
namespace {

using testing::FakeCloud;

void Make(benchmark::State& state) {
  for (auto _ : state) {
    FakeCloud fake;
    benchmark::DoNotOptimize(&fake);
  }
}

void Fork(benchmark::State& state, int objects) {
  FakeCloud fake;
  const Bucket bucket = Value(fake.cloud().CreateBucket("bench"));
  for (const std::string& key : Keys(objects)) {
    Check(bucket.Put(key, Body(1000, 1)).status());
  }
  for (auto _ : state) {
    FakeCloud fork = Value(fake.Fork());
    benchmark::DoNotOptimize(&fork);
  }
}

// A function called "f" on every put in "bench", that fails always.
Bucket WithFailingFunction(FakeCloud& fake) {
  const Bucket bucket = Value(fake.cloud().CreateBucket("bench"));
  Check(fake.cloud().RegisterFunction(
      "f", [](const Event&, FunctionContext&) { return absl::InternalError("no"); }));
  Check(fake.cloud().AddTrigger({.bucket = "bench", .function = "f"}).status());
  return bucket;
}

void Month(benchmark::State& state) {
  for (auto _ : state) {
    FakeCloud fake;
    const Bucket bucket = WithFailingFunction(fake);
    for (int day = 0; day < 30; ++day) {
      Check(bucket.Put(std::to_string(day), "v").status());
      Check(fake.AdvanceBy(absl::Hours(24)).status());
    }
  }
}

void SmallTest(benchmark::State& state) {
  for (auto _ : state) {
    FakeCloud fake;
    const Bucket bucket = WithFailingFunction(fake);
    const testing::Fault fault =
        fake.Inject({.ops = {testing::FaultOp::kPut}, .point = testing::FaultPoint::kAfterCommit});
    for (int i = 0; i < 5; ++i) bucket.Put(std::to_string(i), "v").IgnoreError();
    Check(fake.Settle().status());
  }
}

}  // namespace

void RegisterBenchmarks() {
  Row("cloudlet/fake/make", Work(3000), Make);
  for (const int objects : {10, 100'000}) {
    Row("cloudlet/fake/fork/" + std::to_string(objects), Work(1000),
        [objects](benchmark::State& state) { Fork(state, objects); });
  }
  Row("cloudlet/fake/month", Work(100), Month);
  Row("cloudlet/fake/test", Work(1000), SmallTest);
}

}  // namespace cloudlet::bench
