// From a FaultSpec to a rule of the fault store, and the handle that says what became of it.
#include "cloudlet/testing/faults.h"

#include <algorithm>
#include <array>
#include <deque>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/fatal.h"
#include "base/random.h"
#include "base/strings.h"
#include "objstore/fault_store.h"
#include "testing/fake_state.h"
#include "testing/fault_impl.h"
#include "testing/report.h"

namespace cloudlet::testing {
namespace {

using objstore::StoreCall;

constexpr size_t kMostEnded = 100;  // faults that are remembered for a report

struct OpRow {
  FaultOp op;
  StoreCall call;
  const char* name;
};

constexpr std::array kOps = {
    OpRow{FaultOp::kPut, StoreCall::kPut, "put"},
    OpRow{FaultOp::kDelete, StoreCall::kDelete, "delete"},
    OpRow{FaultOp::kCopy, StoreCall::kCopy, "copy"},
    OpRow{FaultOp::kRename, StoreCall::kRename, "rename"},
    OpRow{FaultOp::kAppend, StoreCall::kAppend, "append"},
    OpRow{FaultOp::kSetTags, StoreCall::kSetTags, "set tags"},
    OpRow{FaultOp::kDeleteTags, StoreCall::kDeleteTags, "delete tags"},
    OpRow{FaultOp::kSetObjectAcl, StoreCall::kSetObjectAcl, "set object ACL"},
    OpRow{FaultOp::kPutAnnotation, StoreCall::kPutAnnotation, "put annotation"},
    OpRow{FaultOp::kDeleteAnnotation, StoreCall::kDeleteAnnotation, "delete annotation"},
    OpRow{FaultOp::kCompleteUpload, StoreCall::kComplete, "complete upload"},
    OpRow{FaultOp::kOpenWriter, StoreCall::kStage, "open writer"},
    OpRow{FaultOp::kGet, StoreCall::kGet, "get"},
    OpRow{FaultOp::kHead, StoreCall::kHead, "head"},
    OpRow{FaultOp::kGetTags, StoreCall::kGetTags, "get tags"},
    OpRow{FaultOp::kGetObjectAcl, StoreCall::kGetObjectAcl, "get object ACL"},
    OpRow{FaultOp::kGetAttributes, StoreCall::kGetAttributes, "get attributes"},
    OpRow{FaultOp::kGetAnnotation, StoreCall::kGetAnnotation, "get annotation"},
    OpRow{FaultOp::kListAnnotations, StoreCall::kListAnnotations, "list annotations"},
    OpRow{FaultOp::kList, StoreCall::kList, "list"},
    OpRow{FaultOp::kListVersions, StoreCall::kListVersions, "list versions"},
    OpRow{FaultOp::kCreateUpload, StoreCall::kCreateUpload, "create upload"},
    OpRow{FaultOp::kUploadPart, StoreCall::kUploadPart, "upload part"},
    OpRow{FaultOp::kOpenPartWriter, StoreCall::kStagePart, "open part writer"},
    OpRow{FaultOp::kUploadPartCopy, StoreCall::kUploadPartCopy, "upload part copy"},
    OpRow{FaultOp::kAbortUpload, StoreCall::kAbortUpload, "abort upload"},
    OpRow{FaultOp::kListParts, StoreCall::kListParts, "list parts"},
    OpRow{FaultOp::kListUploads, StoreCall::kListUploads, "list uploads"},
    OpRow{FaultOp::kBucketInfo, StoreCall::kHeadBucket, "bucket info"},
    OpRow{FaultOp::kSetVersioning, StoreCall::kSetVersioning, "set versioning"},
    OpRow{FaultOp::kSetBucketAcl, StoreCall::kSetBucketAcl, "set bucket ACL"},
    OpRow{FaultOp::kGetBucketTags, StoreCall::kGetBucketTags, "get bucket tags"},
    OpRow{FaultOp::kSetBucketTags, StoreCall::kSetBucketTags, "set bucket tags"},
    OpRow{FaultOp::kCreateBucket, StoreCall::kCreateBucket, "create bucket"},
    OpRow{FaultOp::kDeleteBucket, StoreCall::kDeleteBucket, "delete bucket"},
    OpRow{FaultOp::kListBuckets, StoreCall::kListBuckets, "list buckets"},
    OpRow{FaultOp::kSync, StoreCall::kSync, "sync"},
};

const OpRow& RowOf(FaultOp op) {
  const auto* const row =
      std::find_if(kOps.begin(), kOps.end(), [op](const OpRow& one) { return one.op == op; });
  if (row == kOps.end()) base::Fatal("cloudlet: a fault of an operation that is none");
  return *row;
}

bool HasBody(FaultOp op) {
  return op == FaultOp::kGet || op == FaultOp::kPut || op == FaultOp::kUploadPart ||
         op == FaultOp::kAppend || op == FaultOp::kPutAnnotation;
}

std::string NameOf(const FaultSpec& spec) {
  if (spec.error != ErrorCode::kNone && spec.damage == FaultDamage::kNone) {
    return InfoOf(spec.error).name;
  }
  if (spec.damage == FaultDamage::kCorrupt) return "a flipped bit";
  if (spec.damage == FaultDamage::kTruncate) return "a cut body";
  return "latency";
}

// In words: `fault of put, get on "bucket/k*" (nth 3): SlowDown`.
std::string Describe(const FaultSpec& spec) {
  std::string text = "fault of ";
  if (spec.ops.empty()) text += "every call";
  for (size_t i = 0; i < spec.ops.size(); ++i) {
    absl::StrAppend(&text, i == 0 ? "" : ", ", RowOf(spec.ops[i]).name);
  }
  absl::StrAppend(&text, " on ", base::Quoted(spec.bucket + "/" + spec.key));
  text += DescribeCounts(spec);
  if (spec.point == FaultPoint::kAfterCommit) text += ", after the commit";
  if (spec.point == FaultPoint::kMidBody) absl::StrAppend(&text, ", at byte ", spec.at_byte);
  return absl::StrCat(text, ": ", NameOf(spec));
}

// Why a FaultSpec is none; empty: it is one.
std::string WhatIsWrong(const FaultSpec& spec) {
  if (std::string counts = WhatIsWrongWithCounts(spec); !counts.empty()) return counts;
  if (spec.latency < absl::ZeroDuration() || spec.jitter < absl::ZeroDuration() ||
      spec.latency + spec.jitter == absl::InfiniteDuration()) {
    return "latency and jitter are finite and not negative";
  }
  const bool damages = spec.damage != FaultDamage::kNone;
  if (!damages && spec.error == ErrorCode::kNone &&
      spec.latency + spec.jitter == absl::ZeroDuration()) {
    return "it has neither error nor latency nor damage";
  }
  if (spec.point != FaultPoint::kMidBody) {
    if (damages) return "damage is done to the middle of a body (FaultPoint::kMidBody)";
    if (spec.at_byte != 0) return "at_byte is of FaultPoint::kMidBody";
    return "";
  }
  for (const FaultOp op : spec.ops) {
    if (!HasBody(op)) return absl::StrCat(RowOf(op).name, " has no body");
    if (damages && op != FaultOp::kGet) return "damage is done to what is read alone";
  }
  return "";
}

objstore::FaultRule RuleOf(const FaultSpec& spec) {
  objstore::FaultRule rule;
  for (const FaultOp op : spec.ops) rule.calls.push_back(RowOf(op).call);
  rule.bucket = spec.bucket;
  rule.key = spec.key;
  rule.only_conditional = spec.only_conditional;
  rule.moment = spec.point == FaultPoint::kBefore        ? objstore::FaultMoment::kBefore
                : spec.point == FaultPoint::kAfterCommit ? objstore::FaultMoment::kAfter
                                                         : objstore::FaultMoment::kMidBody;
  rule.nth = spec.nth;
  rule.every = spec.every;
  rule.times = spec.times;
  rule.probability = spec.probability;
  rule.at_byte = spec.at_byte;
  if (spec.damage == FaultDamage::kCorrupt) {
    rule.effect = objstore::FaultEffect::kCorrupt;
  } else if (spec.damage == FaultDamage::kTruncate) {
    rule.effect = objstore::FaultEffect::kTruncate;
  } else if (spec.error == ErrorCode::kNone) {
    rule.effect = objstore::FaultEffect::kPass;
  } else {
    rule.answer = MakeError(spec.error, "injected by the test");
  }
  return rule;
}

// What passes before a fault takes effect.
class Latency {
 public:
  Latency(const FaultSpec& spec, uint64_t seed)
      : fixed_(spec.latency), jitter_(spec.jitter), random_(seed) {}

  absl::Duration Draw() {
    if (jitter_ == absl::ZeroDuration()) return fixed_;
    base::MutexLock lock(&mu_);
    return fixed_ + absl::Nanoseconds(static_cast<int64_t>(random_.Below(
                        static_cast<uint64_t>(absl::ToInt64Nanoseconds(jitter_)) + 1)));
  }

 private:
  const absl::Duration fixed_;
  const absl::Duration jitter_;
  base::Mutex mu_;
  base::Random random_ ABSL_GUARDED_BY(mu_);
};

}  // namespace

std::string Fault::Impl::Line() const {
  return absl::StrCat(words, ": matched ", fault->matched(), ", fired ", fault->fired());
}

uint64_t NextFaultSeed(FakeState& state) {
  base::MutexLock lock(&state.mu);
  return state.options.seed + base::Mix64(++state.injected + 0x6A09E667);
}

Fault HandleOf(std::shared_ptr<Fault::Impl> impl) {
  FakeState& state = *impl->state;
  {
    base::MutexLock lock(&state.mu);
    std::erase_if(state.at_work, [](const auto& one) { return one.expired(); });
    state.at_work.push_back(impl);
  }
  return Fault(std::move(impl));
}

Fault InjectFault(const std::shared_ptr<FakeState>& state, FaultSpec spec) {
  if (const std::string wrong = WhatIsWrong(spec); !wrong.empty()) {
    base::Fatal(absl::StrCat("cloudlet: not a fault: ", wrong));
  }
  objstore::FaultRule rule = RuleOf(spec);
  auto latency = std::make_shared<Latency>(spec, NextFaultSeed(*state));
  rule.on_fire = [state, latency, name = NameOf(spec)](
                     std::string_view verb, std::string_view bucket, std::string_view key) {
    const absl::Duration wait = latency->Draw();
    state->Log(absl::StrCat(
        "fault ", base::V(verb), " ",
        base::Quoted(key.empty() ? std::string(bucket)
                                 : absl::StrCat(base::V(bucket), "/", base::V(key))),
        ": ", name,
        wait == absl::ZeroDuration() ? "" : absl::StrCat(", ", absl::FormatDuration(wait))));
    if (wait > absl::ZeroDuration()) state->clock->Advance(wait);
  };
  auto impl = std::make_shared<Fault::Impl>();
  impl->words = Describe(spec);
  impl->must_fire = MustFire(spec);
  impl->state = state;
  impl->fault = state->faults->Inject(std::move(rule));
  return HandleOf(std::move(impl));
}

Fault::Fault(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Fault::Fault(Fault&&) noexcept = default;

Fault& Fault::operator=(Fault&& other) noexcept {
  if (this == &other) return *this;
  End();
  impl_ = std::move(other.impl_);
  return *this;
}

Fault::~Fault() { End(); }

uint64_t Fault::matched() const { return impl_ == nullptr ? 0 : impl_->fault->matched(); }
uint64_t Fault::fired() const { return impl_ == nullptr ? 0 : impl_->fault->fired(); }

void Fault::End() {
  if (impl_ == nullptr) return;
  const std::shared_ptr<Impl> impl = std::move(impl_);
  const std::string line = impl->Line();
  {
    base::MutexLock lock(&impl->state->mu);
    std::deque<std::string>& ended = impl->state->ended;
    ended.push_back(line);
    if (ended.size() > kMostEnded) ended.pop_front();
  }
  // While an exception unwinds the stack the test fails anyway, and for that.
  if (!impl->must_fire || impl->fault->fired() > 0 || std::uncaught_exceptions() > 0) return;
  kit_internal::FailTest(absl::StrCat("an injected fault never fired: ", line));
}

}  // namespace cloudlet::testing
