// Whether what threads saw of some keys can be told as one order of their operations: Wing and
// Gong's question, answered key by key, as linearizability is local.
//
// Each operation lies between two stamps of one counter. There must be an order in which each takes
// effect at one moment between its stamps and answers as S3 would have answered at that moment. The
// check walks along the stamps with all states that the key can be in (Lowe's just-in-time
// linearization), so its time grows with the number of operations, and with 2^n only in the writes
// of one key that are in flight at once.
//
// Threads: pure functions over values.
#ifndef CLOUDLET_TESTS_LINEARIZABILITY_H_
#define CLOUDLET_TESTS_LINEARIZABILITY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cloudlet::testing {

// Names the body of an object.
using Value = uint64_t;
inline constexpr Value kNothing = 0;

enum class Verb {
  kPut,
  kGet,  // a head likewise
  kDelete,
  kMark,  // a delete in a bucket with versioning: its answer does not say whether there was
          // anything
};

enum class Condition { kNone, kIfNoneMatchStar, kIfMatch };

enum class Outcome {
  kDone,
  kNoObject,            // NoSuchKey; of a delete without a condition: that nothing was there
  kPreconditionFailed,  // 412
  kUnknown,             // failed: it may have happened at any time after its start, or never
};

struct Operation {
  std::string key;
  int thread = 0;
  // Stamps: drawn before the call began and after it returned, no two alike. The second means
  // nothing where the outcome is unknown.
  uint64_t invoked = 0;
  uint64_t returned = 0;
  Verb verb = Verb::kGet;
  Condition condition = Condition::kNone;
  Value expected = kNothing;  // with kIfMatch
  Outcome outcome = Outcome::kDone;
  Value value = kNothing;  // what a put writes, unlike any other; what a get that is done has read
};

// `get by thread 3 [1042, 1050]: 17`
std::string ToText(const Operation& operation);

struct Violation {
  std::string key;
  Operation operation;               // no order explains the key's history up to its return
  std::vector<Operation> in_flight;  // besides it
  std::vector<Operation> before;     // the last ones of the key that had returned when it began
  // All of that, a line each, and where its value came from; or why there is no telling.
  std::string text;
};

// The first violation, by the key's name and the return; nullopt: the history is linearizable. All
// keys are without an object at first. A key with more than 64 operations in flight at once, those
// of unknown outcome that nobody has seen the effect of included, is beyond this check, which its
// violation then says.
std::optional<Violation> CheckLinearizable(const std::vector<Operation>& history);

// How many of known outcome were in flight together with another such one on their key.
uint64_t CountOverlapping(const std::vector<Operation>& history);

}  // namespace cloudlet::testing

#endif  // CLOUDLET_TESTS_LINEARIZABILITY_H_
