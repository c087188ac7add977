// Versions and aliases as they are kept in settings of the ledger: names and bytes.
//
// Pure functions; any thread.
#ifndef CLOUDLET_TRIGGERS_VERSION_ROWS_H_
#define CLOUDLET_TRIGGERS_VERSION_ROWS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cloudlet/function.h"
#include "cloudlet/function_version.h"

namespace cloudlet::triggers {

// "version/f/3", "alias/f/prod", "versions/f".
inline constexpr std::string_view kVersionSettings = "version/";
inline constexpr std::string_view kAliasSettings = "alias/";
inline constexpr std::string_view kLastVersionSettings = "versions/";
std::string VersionSetting(std::string_view function, uint64_t number);
std::string AliasSetting(std::string_view function, std::string_view alias);
std::string LastVersionSetting(std::string_view function);

// A version without its code. The reserved concurrency is the function's, not the version's.
struct PublishedVersion {
  FunctionOptions options;
  absl::Time published;
};

std::string EncodeVersion(const PublishedVersion& version);
// DATA_LOSS when it does not parse; so the others.
absl::StatusOr<PublishedVersion> DecodeVersion(std::string_view bytes);
std::string EncodeAlias(const AliasOptions& alias);
absl::StatusOr<AliasOptions> DecodeAlias(std::string_view bytes);
std::string EncodeLastVersion(uint64_t number);
absl::StatusOr<uint64_t> DecodeLastVersion(std::string_view bytes);

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_VERSION_ROWS_H_
