// Names of functions, with and without a qualifier: "resize", "resize:1", "resize:prod".
//
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html (FunctionName, Qualifier)
//
// Pure functions; any thread.
#ifndef CLOUDLET_TRIGGERS_FUNCTION_NAME_H_
#define CLOUDLET_TRIGGERS_FUNCTION_NAME_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace cloudlet::triggers {

inline constexpr std::string_view kLatestVersion = "$LATEST";

// 1 to 64 of A-Z a-z 0-9 - _.
bool IsFunctionName(std::string_view name);
// 1 to 128 of A-Z a-z 0-9 - _, not digits alone.
bool IsAliasName(std::string_view name);
// "1", "2", ...; 0 for a text that is no version's number.
uint64_t VersionNumber(std::string_view text);

struct FunctionName {
  std::string name;
  std::string qualifier;  // empty: $LATEST
  // "resize" or "resize:prod": by which the runtime knows it.
  std::string Full() const;
};

// `text` may have a qualifier behind a colon; `qualifier`, unless it is empty, says the same
// besides. "$LATEST" becomes none. InvalidParameterValueException: not a name, not a qualifier, two
// that differ.
absl::StatusOr<FunctionName> ParseFunctionName(std::string_view text,
                                               std::string_view qualifier = {});

// What stands before and behind the colon, unchecked.
std::string_view BaseOf(std::string_view full);
std::string_view QualifierOf(std::string_view full);

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_FUNCTION_NAME_H_
