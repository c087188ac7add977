// Versions and aliases of functions.
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cloudlet/cloud.h"
#include "cloudlet/error.h"

namespace cloudlet {

absl::Status Cloud::UpdateFunctionCode(std::string_view /*name*/, Function /*function*/) {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::Status Cloud::UpdateFunctionCode(std::string_view /*name*/, PayloadFunction /*function*/) {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::Status Cloud::UpdateFunctionCode(std::string_view /*name*/, FunctionFactory /*factory*/) {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::Status Cloud::UpdateFunctionConfiguration(std::string_view /*name*/,
                                                const FunctionOptions& /*options*/) {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::StatusOr<std::string> Cloud::PublishVersion(std::string_view /*name*/,
                                                  std::string_view /*description*/) {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::Status Cloud::BindVersion(std::string_view /*name*/, std::string_view /*version*/,
                                Function /*function*/) {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::Status Cloud::BindVersion(std::string_view /*name*/, std::string_view /*version*/,
                                PayloadFunction /*function*/) {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::Status Cloud::BindVersion(std::string_view /*name*/, std::string_view /*version*/,
                                FunctionFactory /*factory*/) {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::Status Cloud::DeleteVersion(std::string_view /*name*/, std::string_view /*version*/) {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::StatusOr<std::vector<FunctionVersion>> Cloud::ListVersions(std::string_view /*name*/) {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::StatusOr<Alias> Cloud::CreateAlias(std::string_view /*function*/, std::string_view /*alias*/,
                                         const AliasOptions& /*options*/) {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::StatusOr<Alias> Cloud::UpdateAlias(std::string_view /*function*/, std::string_view /*alias*/,
                                         const AliasOptions& /*options*/) {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::Status Cloud::DeleteAlias(std::string_view /*function*/, std::string_view /*alias*/) {
  return MakeError(ErrorCode::kNotImplemented);
}

absl::StatusOr<std::vector<Alias>> Cloud::ListAliases(std::string_view /*function*/) {
  return MakeError(ErrorCode::kNotImplemented);
}

}  // namespace cloudlet
