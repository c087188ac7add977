// Lambda's rules for names and qualifiers.
#include "triggers/function_name.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "cloudlet/error.h"

namespace cloudlet::triggers {
namespace {

constexpr size_t kMaxNameBytes = 64;
constexpr size_t kMaxAliasBytes = 128;
constexpr char kColon = ':';

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsWord(std::string_view text, size_t most) {
  const auto allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || IsDigit(c) || c == '-' || c == '_';
  };
  return !text.empty() && text.size() <= most && std::all_of(text.begin(), text.end(), allowed);
}

bool IsQualifier(std::string_view text) {
  return text == kLatestVersion || VersionNumber(text) != 0 || IsAliasName(text);
}

}  // namespace

bool IsFunctionName(std::string_view name) { return IsWord(name, kMaxNameBytes); }

bool IsAliasName(std::string_view name) {
  return IsWord(name, kMaxAliasBytes) && !std::all_of(name.begin(), name.end(), IsDigit);
}

uint64_t VersionNumber(std::string_view text) {
  uint64_t number = 0;
  if (text.empty() || text[0] == '0') return 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : 0;
}

std::string FunctionName::Full() const {
  return qualifier.empty() ? name : absl::StrCat(name, ":", qualifier);
}

absl::StatusOr<FunctionName> ParseFunctionName(std::string_view text, std::string_view qualifier) {
  const std::string_view name = BaseOf(text);
  const std::string_view inside = QualifierOf(text);
  if (!IsFunctionName(name)) {
    return MakeError(ErrorCode::kInvalidParameterValue,
                     "the function's name must be 1 to 64 of A-Z a-z 0-9 - _");
  }
  if (name.size() < text.size() && !qualifier.empty() && inside != qualifier) {
    return MakeError(ErrorCode::kInvalidParameterValue,
                     absl::StrCat("the qualifier in the name, ", base::Quoted(inside),
                                  ", is not the one given besides, ", base::Quoted(qualifier)));
  }
  const std::string_view asked = name.size() < text.size() ? inside : qualifier;
  const bool has_one = name.size() < text.size() || !qualifier.empty();
  if (has_one && !IsQualifier(asked)) {
    return MakeError(ErrorCode::kInvalidParameterValue,
                     absl::StrCat("the qualifier ", base::Quoted(asked),
                                  " is not $LATEST, a version's number or the name of an alias: 1 "
                                  "to 128 of A-Z a-z 0-9 - _, not digits alone"));
  }
  return FunctionName{std::string(name), std::string(asked == kLatestVersion ? "" : asked)};
}

std::string_view BaseOf(std::string_view full) { return full.substr(0, full.find(kColon)); }

std::string_view QualifierOf(std::string_view full) {
  const size_t colon = full.find(kColon);
  return colon == std::string_view::npos ? std::string_view() : full.substr(colon + 1);
}

}  // namespace cloudlet::triggers
