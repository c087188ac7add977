// See power_cut_history.h.
#include "tests/power_cut_history.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "tests/store_check.h"

namespace cloudlet::testing {
namespace {

// What changes an object in part: one of the last put, or of the last that has an annotation.
Call PartialChange(size_t n, const std::vector<Call>& before) {
  static constexpr Verb kVerbs[] = {Verb::kSetTags, Verb::kPutAnnotation, Verb::kAppend,
                                    Verb::kDeleteAnnotation};
  Call call;
  call.verb = kVerbs[n / 5 % std::size(kVerbs)];
  const Verb wanted = call.verb == Verb::kDeleteAnnotation ? Verb::kPutAnnotation : Verb::kPut;
  const auto last = std::find_if(before.rbegin(), before.rend(),
                                 [&](const Call& one) { return one.verb == wanted; });
  call.key = last->key;
  return call;
}

std::vector<Call> MakeHistory() {
  static constexpr size_t kSizes[] = {10, 900, 1500, 5000, 40'000, 200, 90'000, 3000};
  std::vector<Call> calls;
  for (size_t n = 1; n <= 54; ++n) {
    Call call;
    call.key = absl::StrCat("k", n % 17);
    if (n % 5 == 2) call = PartialChange(n, calls);
    call.size = kSizes[n % std::size(kSizes)] + n;
    if (n == 27 || n == 32) call.size = 70'000 + n;  // an annotation and an append, written ahead
    if (n == 14) call.size = (1 << 20) + 70'000;     // several chunks, written ahead
    if (n == 21) call.size = (4 << 20) + 12'345;     // ingested
    if (n % 6 == 5 && n % 5 != 2) call.verb = Verb::kDelete;
    if (n == 33) call = {Verb::kDelete, "k4", 0, false};  // the ingested one
    // Not soon after the open in the middle: a lease of numbers must not be lost with the calls.
    call.sync = n % 9 == 8 && n != 35;
    calls.push_back(call);
  }
  return calls;
}

void Apply(const Call& call, uint64_t n, State* state) {
  if (!CanBeDone(call, *state)) return;
  if (call.verb == Verb::kDelete) {
    state->erase(call.key);
    return;
  }
  Seen& object = (*state)[call.key];
  if (call.verb == Verb::kPut) object = {n, call.size, 0, 0};
  if (call.verb == Verb::kAppend) object.size += call.size;
  if (call.verb == Verb::kSetTags) object.tags = n;
  if (call.verb == Verb::kPutAnnotation) object.annotation = n;
  if (call.verb == Verb::kDeleteAnnotation) object.annotation = 0;
}

uint64_t NumberIn(const std::string& text) { return std::strtoull(text.c_str(), nullptr, 10); }

absl::StatusOr<uint64_t> FoundAnnotation(const Bucket& bucket, const std::string& key) {
  const absl::StatusOr<Annotation> got = bucket.GetAnnotation(key, kAnnotation);
  if (ErrorCodeOf(got.status()) == ErrorCode::kNoSuchAnnotation) return 0;
  if (!got.ok()) return got.status();
  const std::string payload(got->payload);
  const uint64_t n = NumberIn(payload);
  if (n < 1 || n > History().size() || payload != PayloadOf(n, History()[n - 1].size)) {
    return absl::DataLossError("an annotation that no call has put");
  }
  return n;
}

}  // namespace

const std::vector<Call>& History() {
  static const std::vector<Call> history = MakeHistory();
  return history;
}

bool CanBeDone(const Call& call, const State& state) {
  const auto object = state.find(call.key);
  switch (call.verb) {
    case Verb::kPut:
    case Verb::kDelete:
    case Verb::kAppend:
      return true;
    case Verb::kSetTags:
    case Verb::kPutAnnotation:
      return object != state.end();
    case Verb::kDeleteAnnotation:
      return object != state.end() && object->second.annotation != 0;
  }
  return false;
}

State StateAfter(uint64_t calls, const Calls& failed) {
  const std::vector<Call>& history = History();
  State state;
  for (uint64_t n = 1; n <= calls; ++n) {
    if (failed.count(n) == 0) Apply(history[n - 1], n, &state);
  }
  return state;
}

std::string BodyAfter(const std::string& key, uint64_t calls, const Calls& failed) {
  const std::vector<Call>& history = History();
  std::string body;
  for (uint64_t n = 1; n <= calls; ++n) {
    const Call& call = history[n - 1];
    if (failed.count(n) != 0 || call.key != key) continue;
    if (call.verb == Verb::kPut || call.verb == Verb::kDelete) body.clear();
    if (call.verb == Verb::kPut || call.verb == Verb::kAppend) body += BodyOf(n, call.size);
  }
  return body;
}

uint64_t EventsAfter(Verb verb, uint64_t calls, const Calls& failed) {
  const std::vector<Call>& history = History();
  State state;
  uint64_t events = 0;
  for (uint64_t n = 1; n <= calls; ++n) {
    if (failed.count(n) != 0) continue;
    if (history[n - 1].verb == verb && CanBeDone(history[n - 1], state)) ++events;
    Apply(history[n - 1], n, &state);
  }
  return events;
}

std::string PayloadOf(uint64_t n, size_t size) {
  return absl::StrCat(n, base::V(std::string(size, '.')));
}

absl::StatusOr<std::optional<Seen>> FoundObject(const Bucket& bucket, const std::string& key) {
  const absl::StatusOr<HeadResult> head = bucket.Head(key);
  if (IsNoSuchKey(head.status())) return std::optional<Seen>();
  if (!head.ok()) return head.status();
  Seen seen;
  const auto op = head->info.metadata.find("op");
  if (op != head->info.metadata.end()) seen.put = NumberIn(op->second);
  seen.size = head->info.size;
  CLOUDLET_ASSIGN_OR_RETURN(const GetTagsResult tags, bucket.GetTags(key));
  if (!tags.tags.empty()) seen.tags = NumberIn(tags.tags[0].value);
  CLOUDLET_ASSIGN_OR_RETURN(seen.annotation, FoundAnnotation(bucket, key));
  return std::optional<Seen>(seen);
}

absl::StatusOr<State> FoundState(const Bucket& bucket) {
  State found;
  for (const absl::StatusOr<ListEntry>& entry : bucket.List()) {
    if (!entry.ok()) return entry.status();
    CLOUDLET_ASSIGN_OR_RETURN(const std::optional<Seen> seen, FoundObject(bucket, entry->key));
    if (!seen.has_value()) return absl::DataLossError("a listed object that is not there");
    found[entry->key] = *seen;
  }
  return found;
}

std::string Shown(const State& state) {
  std::string text;
  for (const auto& [key, seen] : state) {
    absl::StrAppend(&text, " ", key, "=", seen.put, " of ", seen.size, " bytes");
    if (seen.tags != 0) absl::StrAppend(&text, " tagged by ", seen.tags);
    if (seen.annotation != 0) absl::StrAppend(&text, " annotated by ", seen.annotation);
  }
  return text;
}

}  // namespace cloudlet::testing
