// Lambda's rules for aliases, and the draw.
#include "triggers/aliases.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/random.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "cloudlet/function_version.h"
#include "triggers/function_name.h"

namespace cloudlet::triggers {
namespace {

constexpr size_t kMaxDescriptionBytes = 256;

absl::Status BadAlias(std::string_view why) {
  return MakeError(ErrorCode::kInvalidParameterValue, why);
}

}  // namespace

absl::Status CheckAlias(std::string_view name, const AliasOptions& options) {
  if (!IsAliasName(name)) {
    return BadAlias("the alias must be 1 to 128 of A-Z a-z 0-9 - _, not digits alone");
  }
  if (options.version != kLatestVersion && VersionNumber(options.version) == 0) {
    return BadAlias(absl::StrCat("version ", base::Quoted(options.version),
                                 " is not a version's number or $LATEST"));
  }
  if (options.description.size() > kMaxDescriptionBytes) {
    return BadAlias(absl::StrCat("description must be at most 256 bytes (is ",
                                 options.description.size(), ")"));
  }
  // Not a number is none of both.
  if (!(options.additional_weight >= 0 && options.additional_weight <= 1)) {
    return BadAlias(
        absl::StrCat("additional_weight must be 0 to 1 (is ", options.additional_weight, ")"));
  }
  if (options.additional_version.empty()) {
    if (options.additional_weight == 0) return absl::OkStatus();
    return BadAlias("additional_weight without an additional_version");
  }
  if (options.version == kLatestVersion || VersionNumber(options.additional_version) == 0) {
    return BadAlias("an alias with two versions names both by their numbers, not $LATEST");
  }
  if (options.version == options.additional_version) {
    return BadAlias("version and additional_version are the same");
  }
  return absl::OkStatus();
}

bool PicksAdditional(double weight, std::string_view request_id) {
  uint64_t hash = request_id.size();
  for (const char c : request_id) hash = base::Mix64(hash ^ static_cast<unsigned char>(c));
  constexpr double kStep = 1.0 / (uint64_t{1} << 53);
  return static_cast<double>(hash >> 11) * kStep < weight;  // 0 to below 1
}

}  // namespace cloudlet::triggers
