// Which JSON objects are patterns: see event_pattern.h.
//
// Pure functions; any thread.
#ifndef CLOUDLET_TRIGGERS_PATTERN_CHECK_H_
#define CLOUDLET_TRIGGERS_PATTERN_CHECK_H_

#include <optional>
#include <string>

namespace google::protobuf {
class Struct;
}  // namespace google::protobuf

namespace cloudlet::triggers {

enum class PatternDepth { kAny, kOne };

// In words; nullopt for one that is right.
std::optional<std::string> WhyNoPattern(const google::protobuf::Struct& pattern,
                                        PatternDepth depth);

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_PATTERN_CHECK_H_
