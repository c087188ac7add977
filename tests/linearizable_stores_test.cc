// Eight threads on the same keys: what they see of each is linearizable, in memory and on disk,
// with and without versioning, and where acknowledgements are lost. A store that now and then reads
// a little late, or forgets a condition, is found out.
//
//   CLOUDLET_OPERATIONS=n   operations of a run (10,000; CLOUDLET_FULL=1: 100,000), the first; the
//                           others have fewer
//   CLOUDLET_TEST_SEED=n    what the threads do
#include <atomic>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "cloud/access.h"
#include "cloud/gateway.h"
#include "cloudlet/cloud.h"
#include "gtest/gtest.h"
#include "objstore/fault_store.h"
#include "objstore/forwarding_store.h"
#include "objstore/store.h"
#include "tests/linearizability.h"
#include "tests/register_workload.h"
#include "tests/test_folder.h"

namespace cloudlet::testing {
namespace {

using objstore::FaultMoment;
using objstore::FaultStore;
using objstore::ForwardingStore;
using objstore::ObjectStore;
using objstore::StoreCall;

uint64_t Operations() {
  const bool full = NumberFromEnvironment("CLOUDLET_FULL", 0) == 1;
  return NumberFromEnvironment("CLOUDLET_OPERATIONS", full ? 100'000 : 10'000);
}

// The check of `history`, with its figures on a line.
std::optional<Violation> Check(const std::vector<Operation>& history) {
  uint64_t unknown = 0;
  for (const Operation& operation : history) unknown += operation.outcome == Outcome::kUnknown;
  const auto begin = std::chrono::steady_clock::now();
  std::optional<Violation> violation = CheckLinearizable(history);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
  const uint64_t overlapping = CountOverlapping(history);
  std::cout << "  " << history.size() << " operations, " << overlapping
            << " overlapping another on their key, " << unknown
            << " of unknown outcome, checked in " << static_cast<int>(took.count()) << " ms\n";
  return violation;
}

void ExpectLinearizable(const std::vector<Operation>& history) {
  const std::optional<Violation> violation = Check(history);
  EXPECT_FALSE(violation.has_value()) << violation->text;
}

// On both engines.
class LinearizableStores : public ::testing::TestWithParam<const char*> {
 protected:
  LinearizableStores() {
    if (std::string(GetParam()) == "OnDisk") {
      folder_.emplace("linearizable");
      cloud_.emplace(Cloud::Open(*folder_ / "store").value());
    } else {
      cloud_.emplace(Cloud::InMemory());
    }
    bucket_.emplace(cloud_->CreateBucket("bkt").value());
    workload_.seed = TestSeed();
    workload_.operations = Operations();
  }
  ~LinearizableStores() override {
    const auto report = cloud_->VerifyStore();
    EXPECT_TRUE(report.ok()) << report.status();
    for (const std::string& problem : report->problems) ADD_FAILURE() << problem;
  }

  // What the Cloud has under its buckets.
  std::shared_ptr<ObjectStore> Store() {
    auto gateway = CloudAccess::core(*cloud_).gateway();
    ObjectStore* const store = &gateway->store();
    return {std::move(gateway), store};
  }
  // The bucket as seen through `store`.
  static Bucket Through(std::shared_ptr<ObjectStore> store) {
    return {std::make_shared<internal::Gateway>(std::move(store), nullptr), "bkt", Caller()};
  }
  std::vector<Operation> RunOn(const Bucket& bucket) {
    return RunRegisterWorkload(bucket, workload_);
  }

  std::optional<TestFolder> folder_;
  std::optional<Cloud> cloud_;
  std::optional<Bucket> bucket_;
  RegisterWorkload workload_;
};

INSTANTIATE_TEST_SUITE_P(Engines, LinearizableStores, ::testing::Values("InMemory", "OnDisk"),
                         [](const auto& engine) { return std::string(engine.param); });

TEST_P(LinearizableStores, EightThreads_SeeOneOrderOfEachKey) {
  const std::vector<Operation> history = RunOn(*bucket_);
  ExpectLinearizable(history);
  EXPECT_GT(CountOverlapping(history), 0u) << "the threads never met";
}

TEST_P(LinearizableStores, Versions_DoNotChangeThat) {
  ASSERT_TRUE(bucket_->SetVersioning(Versioning::kEnabled).ok());
  workload_.versioned = true;
  workload_.operations /= 4;
  ExpectLinearizable(RunOn(*bucket_));
}

TEST_P(LinearizableStores, LostAcknowledgements_LeaveTheRestInOrder) {
  const auto faults = std::make_shared<FaultStore>(Store());
  const std::vector<StoreCall> writes = {StoreCall::kPut, StoreCall::kDelete};
  const auto lost = faults->Inject(
      {.calls = writes, .moment = FaultMoment::kAfter, .nth = 20, .every = 50, .times = 100});
  const auto failed = faults->Inject({.calls = writes, .nth = 30, .every = 50, .times = 100});
  const auto conflicts =
      faults->Inject({.calls = writes,
                      .only_conditional = true,
                      .every = 10,
                      .answer = MakeError(ErrorCode::kConditionalRequestConflict)});
  workload_.operations /= 4;
  ExpectLinearizable(RunOn(Through(faults)));
  EXPECT_GT(lost->fired(), 0u);
  EXPECT_GT(failed->fired(), 0u);
  EXPECT_GT(conflicts->fired(), 0u);
}

// --- Stores that are wrong ---

// Gives, now and then, what it has read two bodies ago.
class StaleReads : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;

  absl::StatusOr<objstore::ReadAnswer> Read(const objstore::ReadRequest& request) override {
    auto answer = inner().Read(request);
    if (!answer.ok() || answer->source != nullptr || answer->small_body.empty()) return answer;
    base::MutexLock lock(&mu_);
    std::vector<Body>& read = read_[std::string(request.key)];
    if (read.empty() || read.back().info.etag != answer->info.etag) {
      read.push_back({answer->info, answer->small_body, answer->length});
    }
    if (read.size() < 3 || ++reads_ % 100 != 0) return answer;
    const Body& old = read[read.size() - 3];
    answer->info = old.info;
    answer->small_body = old.bytes;
    answer->length = old.length;
    stale_.insert(std::string(request.key));
    return answer;
  }

  // The keys that it has read wrongly.
  std::set<std::string> stale() {
    base::MutexLock lock(&mu_);
    return stale_;
  }

 private:
  struct Body {
    ObjectInfo info;
    absl::Cord bytes;
    uint64_t length = 0;
  };

  base::Mutex mu_;
  uint64_t reads_ ABSL_GUARDED_BY(mu_) = 0;
  std::map<std::string, std::vector<Body>> read_ ABSL_GUARDED_BY(mu_);
  std::set<std::string> stale_ ABSL_GUARDED_BY(mu_);
};

TEST_P(LinearizableStores, PlantedStaleRead_IsRejected) {
  const auto stale = std::make_shared<StaleReads>(Store());
  workload_.operations = 4'000;
  const auto violation = Check(RunOn(Through(stale)));
  ASSERT_TRUE(violation.has_value());
  std::cout << violation->text;
  EXPECT_EQ(stale->stale().count(violation->key), 1u) << violation->text;
}

// With one thread there is no doubt which operation it must be.
TEST_P(LinearizableStores, PlantedStaleRead_IsNamed_WithItsKeyAndThePutOfItsValue) {
  const auto stale = std::make_shared<StaleReads>(Store());
  workload_.operations = 2'000;
  workload_.threads = 1;
  const auto violation = CheckLinearizable(RunOn(Through(stale)));
  ASSERT_TRUE(violation.has_value());
  std::cout << violation->text;
  EXPECT_EQ(violation->key, *stale->stale().begin());
  const Operation& read = violation->operation;
  const std::string head =
      absl::StrCat("key \"", violation->key, "\": no order of the key's operations explains\n",
                   "  get by thread 0 [", read.invoked, ", ", read.returned, "]: ", read.value,
                   "\n    its value: put of ", read.value);
  EXPECT_EQ(violation->text.substr(0, head.size()), head);
}

// Forgets, now and then, the condition of a put.
class ForgottenConditions : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;

  std::vector<absl::StatusOr<objstore::MutationResult>> Mutate(
      const objstore::MutateRequest& request) override {
    auto* const put = std::get_if<objstore::PutMutation>(&request.mutations[0]);
    const bool conditional =
        put != nullptr && (!put->options->if_match.empty() || !put->options->if_none_match.empty());
    if (!conditional || ++conditional_ % 50 != 0) return inner().Mutate(request);
    PutOptions options = *put->options;
    options.if_match.clear();
    options.if_none_match.clear();
    const PutOptions* const original = std::exchange(put->options, &options);
    auto verdicts = inner().Mutate(request);
    put->options = original;
    return verdicts;
  }

 private:
  std::atomic<uint64_t> conditional_{0};
};

TEST_P(LinearizableStores, PlantedForgottenCondition_IsRejected) {
  workload_.operations = 4'000;
  const auto violation = Check(RunOn(Through(std::make_shared<ForgottenConditions>(Store()))));
  ASSERT_TRUE(violation.has_value());
  std::cout << violation->text;
}

}  // namespace
}  // namespace cloudlet::testing
