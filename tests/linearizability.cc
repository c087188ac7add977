// The check of one key, and what it says where there is no order: see linearizability.h.
#include "tests/linearizability.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "absl/strings/str_cat.h"

namespace cloudlet::testing {
namespace {

constexpr size_t kSlots = 64;
// Stands for all bodies that nobody read or expected: the key's state is as good with one as with
// another.
constexpr Value kUnread = UINT64_MAX;

// --- S3, for one key ---

Outcome AnswerAt(const Operation& operation, Value state) {
  if (operation.condition == Condition::kIfNoneMatchStar && state != kNothing) {
    return Outcome::kPreconditionFailed;
  }
  if (operation.condition == Condition::kIfMatch && state != operation.expected) {
    return state == kNothing ? Outcome::kNoObject : Outcome::kPreconditionFailed;
  }
  const bool asks = operation.verb == Verb::kGet || operation.verb == Verb::kDelete;
  return asks && state == kNothing ? Outcome::kNoObject : Outcome::kDone;
}

// The state after `operation` took effect in `state`; nullopt: it would have answered otherwise.
std::optional<Value> Apply(const Operation& operation, Value state) {
  const Outcome answer = AnswerAt(operation, state);
  if (operation.outcome != Outcome::kUnknown && operation.outcome != answer) return std::nullopt;
  if (answer != Outcome::kDone) return state;
  if (operation.verb == Verb::kPut) return operation.value;
  if (operation.verb != Verb::kGet) return kNothing;
  return operation.value == state ? std::optional(state) : std::nullopt;
}

// --- One moment of one key ---

using Slots = uint64_t;  // a set of operations in flight, by their slots

// The key's state, and which of the operations in flight have led to it.
struct Configuration {
  Value state = kNothing;
  Slots done = 0;
};

// Configurations without those that another one makes needless: the same, but for operations of
// unknown outcome that it has still to give.
class Configurations {
 public:
  // False when there was no need of it.
  bool Add(const Configuration& added, Slots unknown) {
    std::vector<Slots>& spent = spent_[{added.state, added.done & ~unknown}];
    for (const Slots other : spent) {
      if ((other & ~added.done) == 0) return false;
    }
    spent.push_back(added.done & unknown);
    all_.push_back(added);
    return true;
  }
  const std::vector<Configuration>& all() const { return all_; }

 private:
  std::map<std::pair<Value, Slots>, std::vector<Slots>> spent_;
  std::vector<Configuration> all_;
};

// --- The walk ---

class KeyCheck {
 public:
  // `operations`: all of one key.
  explicit KeyCheck(const std::vector<const Operation*>& operations) : originals_(operations) {
    for (const Operation* operation : operations) operations_.push_back(*operation);
    SettleWhatWasSeen();
    ForgetWhatNobodyRead();
  }

  std::optional<Violation> Run() {
    using Step = std::tuple<uint64_t, bool, size_t>;  // stamp, whether a return, operation
    std::vector<Step> steps;
    for (size_t i = 0; i < operations_.size(); ++i) {
      const bool unknown = operations_[i].outcome == Outcome::kUnknown;
      if (unknown && operations_[i].verb == Verb::kGet) continue;  // tells nothing, changes nothing
      steps.emplace_back(operations_[i].invoked, false, i);
      if (unknown) continue;
      steps.emplace_back(operations_[i].returned, true, i);
    }
    std::sort(steps.begin(), steps.end());
    for (const auto& [stamp, returns, index] : steps) {
      if (returns) {
        if (!Return(index)) return Explain(index, "no order of the key's operations explains");
      } else if (!Invoke(index)) {
        return Explain(index, absl::StrCat("more than ", kSlots, " operations in flight at"));
      }
    }
    return std::nullopt;
  }

 private:
  // A write of unknown outcome whose value somebody saw has happened: before that one returned.
  void SettleWhatWasSeen() {
    std::unordered_map<Value, uint64_t> seen;  // the first return that tells of it
    for (const Operation& operation : operations_) {
      if (operation.outcome != Outcome::kDone) continue;
      for (const Value value :
           {operation.verb == Verb::kGet ? operation.value : kNothing,
            operation.condition == Condition::kIfMatch ? operation.expected : kNothing}) {
        uint64_t& first = seen.emplace(value, operation.returned).first->second;
        first = std::min(first, operation.returned);
      }
    }
    for (Operation& operation : operations_) {
      if (operation.outcome != Outcome::kUnknown || operation.verb != Verb::kPut) continue;
      const auto first = seen.find(operation.value);
      if (first == seen.end() || first->second < operation.invoked) continue;
      operation.outcome = Outcome::kDone;
      operation.returned = first->second;
    }
  }

  void ForgetWhatNobodyRead() {
    std::unordered_set<Value> named;
    for (const Operation& operation : operations_) {
      if (operation.verb == Verb::kGet) named.insert(operation.value);
      if (operation.condition == Condition::kIfMatch) named.insert(operation.expected);
    }
    for (Operation& operation : operations_) {
      if (operation.verb == Verb::kPut && named.count(operation.value) == 0) {
        operation.value = kUnread;
      }
    }
  }

  bool Invoke(size_t index) {
    size_t slot = 0;
    while (slot < kSlots && Has(in_flight_, slot)) ++slot;
    if (slot == kSlots) return false;
    slots_[slot] = index;
    slot_of_[index] = slot;
    SetTwins(slot);
    in_flight_ |= Bit(slot);
    if (operations_[index].outcome == Outcome::kUnknown) unknown_ |= Bit(slot);
    return true;
  }

  // Of operations in flight that do the same, one is as good as another: the one that must return
  // first is taken first; of those that need not, the earliest.
  void SetTwins(size_t slot) {
    const auto what = [](const Operation& o) {
      return std::tuple(o.verb, o.condition, o.expected, o.value, o.outcome);
    };
    const Operation& operation = operations_[slots_[slot]];
    const bool unknown = operation.outcome == Outcome::kUnknown;
    twins_[slot] = 0;
    for (Slots left = in_flight_; left != 0; left &= left - 1) {
      const auto other = static_cast<size_t>(__builtin_ctzll(left));
      const Operation& twin = operations_[slots_[other]];
      if (what(twin) != what(operation)) continue;
      if (unknown || twin.returned < operation.returned) {
        twins_[slot] |= Bit(other);
      } else {
        twins_[other] |= Bit(slot);
      }
    }
  }

  // Keeps the configurations in which `index` has taken effect, having let it, and what must go
  // before it, take effect where it had not. False: there is none.
  bool Return(size_t index) {
    const size_t slot = slot_of_.at(index);
    Configurations seen;
    Configurations next;
    std::vector<Configuration> work = now_;
    for (size_t i = 0; i < work.size(); ++i) {
      const Configuration at = TakeReads(work[i]);
      if (Has(at.done, slot)) {
        next.Add({at.state, at.done & ~Bit(slot)}, unknown_);
      } else if (seen.Add(at, unknown_)) {
        AddSuccessors(at, &work);
      }
    }
    if (next.all().empty()) return false;
    now_ = next.all();
    in_flight_ &= ~Bit(slot);
    for (Slots& twins : twins_) twins &= ~Bit(slot);
    slot_of_.erase(index);
    return true;
  }

  // A read or a refusal that fits may as well take effect at once. Not so a write that happens to
  // change nothing here: it may be wanted later.
  Configuration TakeReads(Configuration at) const {
    for (Slots left = in_flight_ & ~at.done & ~unknown_; left != 0; left &= left - 1) {
      const auto slot = static_cast<size_t>(__builtin_ctzll(left));
      const Operation& operation = operations_[slots_[slot]];
      if (operation.verb != Verb::kGet && operation.outcome == Outcome::kDone) continue;
      if (Apply(operation, at.state).has_value()) at.done |= Bit(slot);
    }
    return at;
  }

  void AddSuccessors(const Configuration& at, std::vector<Configuration>* work) const {
    for (Slots left = in_flight_ & ~at.done; left != 0; left &= left - 1) {
      const auto slot = static_cast<size_t>(__builtin_ctzll(left));
      if ((twins_[slot] & ~at.done) != 0) continue;
      const bool unknown = Has(unknown_, slot);
      const std::optional<Value> state = Apply(operations_[slots_[slot]], at.state);
      if (!state.has_value() || (unknown && *state == at.state)) continue;
      work->push_back({*state, at.done | Bit(slot)});
    }
  }

  Violation Explain(size_t index, std::string_view what) const {
    constexpr size_t kShown = 6;
    const Operation& operation = *originals_[index];
    Violation violation{operation.key, operation, {}, {}, {}};
    for (const Operation* other : originals_) {
      if (other->outcome != Outcome::kUnknown && other->returned < operation.invoked) {
        violation.before.push_back(*other);
      }
    }
    std::sort(violation.before.begin(), violation.before.end(),
              [](const Operation& a, const Operation& b) { return a.returned < b.returned; });
    if (violation.before.size() > kShown) {
      violation.before.erase(violation.before.begin(), violation.before.end() - kShown);
    }
    for (const auto& [other, slot] : slot_of_) {
      if (other != index) violation.in_flight.push_back(*originals_[other]);
    }
    violation.text = absl::StrCat("key \"", operation.key, "\": ", std::string(what), "\n  ",
                                  ToText(operation), "\n");
    for (const Operation* other : originals_) {
      const bool its_value = other->verb == Verb::kPut && other->value == operation.value;
      if (operation.verb == Verb::kGet && operation.value != kNothing && its_value) {
        absl::StrAppend(&violation.text, "    its value: ", ToText(*other), "\n");
      }
    }
    for (const Operation& other : violation.in_flight) {
      absl::StrAppend(&violation.text, "    in flight: ", ToText(other), "\n");
    }
    for (const Operation& other : violation.before) {
      absl::StrAppend(&violation.text, "    before it: ", ToText(other), "\n");
    }
    return violation;
  }

  static Slots Bit(size_t slot) { return Slots{1} << slot; }
  static bool Has(Slots set, size_t slot) { return (set & Bit(slot)) != 0; }

  const std::vector<const Operation*> originals_;
  std::vector<Operation> operations_;  // the same in the same order, made simpler
  std::vector<Configuration> now_ = {Configuration()};
  Slots in_flight_ = 0;
  Slots unknown_ = 0;  // among them
  std::array<size_t, kSlots> slots_ = {};
  std::array<Slots, kSlots> twins_ = {};  // of each slot, what is taken before it: SetTwins
  std::map<size_t, size_t> slot_of_;      // of operations in flight
};

std::map<std::string, std::vector<const Operation*>> ByKey(const std::vector<Operation>& history) {
  std::map<std::string, std::vector<const Operation*>> keys;
  for (const Operation& operation : history) keys[operation.key].push_back(&operation);
  return keys;
}

}  // namespace

std::string ToText(const Operation& operation) {
  static constexpr const char* kVerbs[] = {"put", "get", "delete", "delete (marker)"};
  std::string text = kVerbs[static_cast<size_t>(operation.verb)];
  if (operation.verb == Verb::kPut) absl::StrAppend(&text, " of ", operation.value);
  if (operation.condition == Condition::kIfNoneMatchStar) text += " if none";
  if (operation.condition == Condition::kIfMatch) {
    absl::StrAppend(&text, " if match ", operation.expected);
  }
  const bool known = operation.outcome != Outcome::kUnknown;
  absl::StrAppend(&text, " by thread ", operation.thread, " [", operation.invoked, ", ",
                  known ? absl::StrCat(operation.returned) : std::string("?"), "]: ");
  switch (operation.outcome) {
    case Outcome::kDone:
      return text + (operation.verb == Verb::kGet ? absl::StrCat(operation.value) : "done");
    case Outcome::kNoObject:
      return text + "no object";
    case Outcome::kPreconditionFailed:
      return text + "precondition failed";
    case Outcome::kUnknown:
      return text + "unknown";
  }
  return text;
}

std::optional<Violation> CheckLinearizable(const std::vector<Operation>& history) {
  for (const auto& [key, operations] : ByKey(history)) {
    std::optional<Violation> violation = KeyCheck(operations).Run();
    if (violation.has_value()) return violation;
  }
  return std::nullopt;
}

uint64_t CountOverlapping(const std::vector<Operation>& history) {
  uint64_t overlapping = 0;
  for (const auto& [key, operations] : ByKey(history)) {
    std::vector<std::pair<uint64_t, uint64_t>> spans;
    for (const Operation* operation : operations) {
      if (operation->outcome == Outcome::kUnknown) continue;
      spans.emplace_back(operation->invoked, operation->returned);
    }
    std::sort(spans.begin(), spans.end());
    uint64_t latest = 0;  // return of those before
    for (size_t i = 0; i < spans.size(); ++i) {
      const bool with_next = i + 1 < spans.size() && spans[i + 1].first < spans[i].second;
      if (spans[i].first < latest || with_next) ++overlapping;
      latest = std::max(latest, spans[i].second);
    }
  }
  return overlapping;
}

}  // namespace cloudlet::testing
