// What patterns compare single values with: wildcards, address ranges, texts without their case.
//
// Pure functions; any thread.
#ifndef CLOUDLET_TRIGGERS_PATTERN_VALUES_H_
#define CLOUDLET_TRIGGERS_PATTERN_VALUES_H_

#include <string_view>

namespace cloudlet::triggers {

// "*" is any text, "\*" and "\\" are themselves. Other escapes and two "*" in a row are no
// wildcard.
bool IsWildcard(std::string_view pattern);
// REQUIRES: IsWildcard(pattern).
bool MatchesWildcard(std::string_view pattern, std::string_view text);

// "10.0.0.0/24", "2001:db8::/32".
bool IsCidr(std::string_view range);
bool InCidr(std::string_view range, std::string_view address);

// Letters of ASCII alone.
bool EqualsIgnoreCase(std::string_view a, std::string_view b);

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_PATTERN_VALUES_H_
