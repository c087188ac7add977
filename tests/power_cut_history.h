// The history that power_cut_workload.h plays, and its model: a map from key to the calls whose
// work is seen there, made without looking at any store; and the same as a store shows it.
#ifndef CLOUDLET_TESTS_POWER_CUT_HISTORY_H_
#define CLOUDLET_TESTS_POWER_CUT_HISTORY_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cloudlet/cloud.h"

namespace cloudlet::testing {

inline constexpr char kAnnotation[] = "note";  // the name of each

enum class Verb { kPut, kDelete, kSetTags, kPutAnnotation, kAppend, kDeleteAnnotation };

struct Call {
  Verb verb = Verb::kPut;
  std::string key;
  size_t size = 0;
  bool sync = false;
};

// Call n is History()[n - 1].
const std::vector<Call>& History();
// The store is closed after so many.
inline constexpr uint64_t kCloseAfter = 30;

// The calls that an object shows, each by what it left there.
struct Seen {
  uint64_t put = 0;  // in its metadata; 0: an append made it
  uint64_t size = 0;
  uint64_t tags = 0;  // 0: it has none
  uint64_t annotation = 0;

  friend bool operator==(const Seen&, const Seen&) = default;
};
using State = std::map<std::string, Seen>;

using Calls = std::set<uint64_t>;

// Whether a call can change anything where the store is as `state`: calls before it may have
// failed.
bool CanBeDone(const Call& call, const State& state);
// After so many calls, without those that failed.
State StateAfter(uint64_t calls, const Calls& failed);
// Of an object that is there then: what was put and what was appended, in their order.
std::string BodyAfter(const std::string& key, uint64_t calls, const Calls& failed);
// How many calls of the kind have changed something, and left an event behind.
uint64_t EventsAfter(Verb verb, uint64_t calls, const Calls& failed);

// Of the annotation that call n puts; it begins with n.
std::string PayloadOf(uint64_t n, size_t size);

// None where there is no such object.
absl::StatusOr<std::optional<Seen>> FoundObject(const Bucket& bucket, const std::string& key);
absl::StatusOr<State> FoundState(const Bucket& bucket);
std::string Shown(const State& state);

}  // namespace cloudlet::testing

#endif  // CLOUDLET_TESTS_POWER_CUT_HISTORY_H_
