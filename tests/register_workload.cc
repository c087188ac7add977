// What one thread does, and how the histories of all become one: see register_workload.h.
#include "tests/register_workload.h"

#include <atomic>
#include <cstdlib>
#include <map>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/random.h"
#include "cloudlet/error.h"
#include "gtest/gtest.h"
#include "objstore/store_testing.h"

namespace cloudlet::testing {
namespace {

constexpr Value kValuesPerThread = 10'000'000;

// Says which value it is, and lies in one of the ways in which bodies lie in the store.
std::string BodyOf(Value value) {
  const uint64_t dice = base::Mix64(value) % 100;
  const size_t size = dice < 80 ? 20 : dice < 95 ? 3'000 : dice < 99 ? 30'000 : 100'000;
  std::string body = absl::StrCat(value, " ");
  body.resize(size, static_cast<char>('a' + value % 26));
  return body;
}

class Worker {
 public:
  Worker(const Bucket& bucket, const RegisterWorkload& workload, int thread,
         std::atomic<uint64_t>* stamps)
      : bucket_(bucket),
        workload_(workload),
        thread_(thread),
        random_(base::Mix64(workload.seed) + static_cast<uint64_t>(thread)),
        stamps_(stamps) {}

  void Step() {
    const std::string key = absl::StrCat("k", random_.Below(workload_.keys));
    const uint64_t dice = random_.Below(100);
    if (dice < 15) return Put(key, Condition::kNone);
    if (dice < 25) return Put(key, Condition::kIfNoneMatchStar);
    if (dice < 38) return Put(key, Condition::kIfMatch);
    if (dice < 70) return Get(key);
    if (dice < 85) return Head(key);
    if (dice < 95) return Delete(key, Condition::kNone);
    Delete(key, Condition::kIfMatch);
  }

  // Heads tell an ETag: `values` says which value that is of.
  void NameHeads(const std::unordered_map<std::string, Value>& values) {
    for (const auto& [index, etag] : heads_) {
      const auto value = values.find(etag);
      EXPECT_NE(value, values.end()) << "an ETag that no put had: " << etag;
      if (value != values.end()) history_[index].value = value->second;
    }
  }

  const std::vector<Operation>& history() const { return history_; }
  const std::unordered_map<std::string, Value>& values() const { return values_; }

 private:
  Operation Of(const std::string& key, Verb verb, Condition condition) const {
    Operation operation;
    operation.key = key;
    operation.thread = thread_;
    operation.verb = verb;
    operation.condition = condition;
    return operation;
  }

  // The ETag that this thread has last seen of the key, as the condition; none where it saw none.
  std::string IfMatch(const std::string& key, Operation* operation) {
    if (operation->condition != Condition::kIfMatch) return "";
    const auto seen = seen_.find(key);
    if (seen == seen_.end()) {
      operation->condition = Condition::kNone;
      return "";
    }
    operation->expected = seen->second.first;
    return seen->second.second;
  }

  // `call` between two stamps.
  template <typename Call>
  auto Stamped(Operation* operation, const Call& call) {
    operation->invoked = stamps_->fetch_add(1);
    auto answer = call();
    operation->returned = stamps_->fetch_add(1);
    return answer;
  }

  void Put(const std::string& key, Condition condition) {
    Operation put = Of(key, Verb::kPut, condition);
    put.value = static_cast<Value>(thread_ + 1) * kValuesPerThread + ++puts_;
    PutOptions options;
    options.if_match = IfMatch(key, &put);
    if (condition == Condition::kIfNoneMatchStar) options.if_none_match = "*";
    const std::string body = BodyOf(put.value);
    const std::string etag = objstore::Md5Hex(body);
    values_[etag] = put.value;
    const auto done = Stamped(&put, [&] { return bucket_.Put(key, body, options); });
    if (done.ok()) {
      EXPECT_EQ(done->etag, etag);
      seen_[key] = {put.value, etag};
    }
    Keep(put, done.status());
  }

  void Get(const std::string& key) {
    Operation get = Of(key, Verb::kGet, Condition::kNone);
    const auto got = Stamped(&get, [&] { return bucket_.Get(key); });
    if (got.ok()) {
      const std::string body(got->body);
      get.value = std::strtoull(body.c_str(), nullptr, 10);
      EXPECT_EQ(body, BodyOf(get.value));
      EXPECT_EQ(got->info.etag, objstore::Md5Hex(body));
      seen_[key] = {get.value, got->info.etag};
    }
    Keep(get, got.status());
  }

  void Head(const std::string& key) {
    Operation head = Of(key, Verb::kGet, Condition::kNone);
    const auto got = Stamped(&head, [&] { return bucket_.Head(key); });
    if (got.ok()) heads_.emplace_back(history_.size(), got->info.etag);
    Keep(head, got.status());
  }

  void Delete(const std::string& key, Condition condition) {
    Operation removal = Of(key, workload_.versioned ? Verb::kMark : Verb::kDelete, condition);
    DeleteOptions options;
    options.if_match = IfMatch(key, &removal);
    const auto done = Stamped(&removal, [&] { return bucket_.Delete(key, options); });
    Keep(removal, done.status());
    if (done.ok() && !done->existed) history_.back().outcome = Outcome::kNoObject;
  }

  void Keep(Operation operation, const absl::Status& status) {
    switch (ErrorCodeOf(status)) {
      case ErrorCode::kSlowDown:
      case ErrorCode::kConditionalRequestConflict:
        return;
      case ErrorCode::kNoSuchKey:
        operation.outcome = Outcome::kNoObject;
        break;
      case ErrorCode::kPreconditionFailed:
        operation.outcome = Outcome::kPreconditionFailed;
        break;
      case ErrorCode::kInternalError:
        operation.outcome = Outcome::kUnknown;
        break;
      default:
        EXPECT_TRUE(status.ok()) << status;
    }
    history_.push_back(std::move(operation));
  }

  // Constant.
  const Bucket& bucket_;
  const RegisterWorkload& workload_;
  const int thread_;

  base::Random random_;
  std::atomic<uint64_t>* const stamps_;
  Value puts_ = 0;
  std::map<std::string, std::pair<Value, std::string>> seen_;  // by key: the value and its ETag
  std::vector<Operation> history_;
  std::vector<std::pair<size_t, std::string>> heads_;  // places in the history, and their ETags
  std::unordered_map<std::string, Value> values_;      // by ETag, of what this thread puts
};

}  // namespace

std::vector<Operation> RunRegisterWorkload(const Bucket& bucket, const RegisterWorkload& workload) {
  std::atomic<uint64_t> stamps{1};
  std::atomic<int> ready{0};
  std::vector<Worker> workers;
  for (int t = 0; t < workload.threads; ++t) workers.emplace_back(bucket, workload, t, &stamps);
  std::vector<std::thread> threads;
  for (Worker& worker : workers) {
    threads.emplace_back([&] {
      ++ready;
      while (ready.load() < workload.threads) std::this_thread::yield();
      const uint64_t steps = workload.operations / static_cast<uint64_t>(workload.threads);
      for (uint64_t i = 0; i < steps; ++i) worker.Step();
    });
  }
  for (std::thread& thread : threads) thread.join();

  std::unordered_map<std::string, Value> values;
  for (const Worker& worker : workers) {
    values.insert(worker.values().begin(), worker.values().end());
  }
  std::vector<Operation> history;
  for (Worker& worker : workers) {
    worker.NameHeads(values);
    history.insert(history.end(), worker.history().begin(), worker.history().end());
  }
  return history;
}

}  // namespace cloudlet::testing
