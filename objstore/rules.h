// Rules: which events go to which functions. Values and a pure match; triggers/ owns registration,
// the commit matches.
//
// S3's filter: a rule names event types and at most one prefix and one suffix of the key.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
#ifndef CLOUDLET_OBJSTORE_RULES_H_
#define CLOUDLET_OBJSTORE_RULES_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "cloudlet/event.h"

namespace cloudlet::objstore {

struct Rule {
  uint64_t bucket_id = 0;
  std::string bucket;  // name, for showing
  std::string id;      // unique within the bucket
  std::string function;
  std::vector<EventType> types;
  std::string prefix;
  std::string suffix;
};

// Prefix and suffix may overlap in the key, as in S3: "aba" matches prefix "ab" with suffix "ba".
bool Matches(const Rule& rule, EventType type, std::string_view key);

// Whether some change of some key would match both: they have an event type in common, a string can
// begin with both prefixes, and one can end with both suffixes.
bool Overlap(const Rule& a, const Rule& b);
// The first of `others` in the bucket of `rule`, but for one with its id (which it would replace),
// that overlaps with it, whatever the functions; null when there is none.
const Rule* FindOverlap(const Rule& rule, absl::Span<const Rule> others);

// One function that an event goes to, and the rule that sent it there.
struct EventTarget {
  std::string function;
  std::string trigger_id;
  friend bool operator==(const EventTarget&, const EventTarget&) = default;
};

// All rules at one moment; immutable once shared. A function is named at most once per event: the
// first of its rules (by id) that matches.
class RuleTable {
 public:
  RuleTable() = default;
  explicit RuleTable(const std::vector<Rule>& rules);
  // False quickly for buckets without rules.
  bool HasRules(uint64_t bucket_id) const { return by_bucket_.count(bucket_id) != 0; }
  std::vector<EventTarget> Match(uint64_t bucket_id, EventType type, std::string_view key) const;

 private:
  std::map<uint64_t, std::vector<Rule>> by_bucket_;  // each in order of id
};

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_RULES_H_
