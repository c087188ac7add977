// What is known of the functions of a runtime.
//
// https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html and
// https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "cloudlet/function.h"
#include "triggers/delivery.h"
#include "triggers/function_config.h"
#include "triggers/function_name.h"
#include "triggers/runtime.h"

namespace cloudlet::triggers {

// Of $LATEST, or of a version.
FunctionInfo Runtime::InfoOf(const FunctionState& function) const {
  const FunctionBase& base = *function.base;
  FunctionInfo info;
  info.bound = function.code != nullptr;
  info.arn = FunctionArn(options_.region, function.name);
  if (function.version.has_value()) {
    const std::string_view full = function.name;
    info.version = full.substr(full.find(':') + 1);
    info.name = full.substr(0, full.find(':'));
    info.last_modified = function.version->published;
    info.options = function.version->options;
    info.options.reserved_concurrency = base.reserved();
    return info;
  }
  info.name = function.name;
  info.version = kLatestVersion;
  info.last_modified = base.changed;
  info.options = function.code != nullptr ? function.code->options : OptionsOf(base.config);
  return info;
}

std::vector<FunctionInfo> Runtime::ListFunctions() const {
  std::vector<FunctionInfo> infos;
  base::MutexLock lock(&mu_);
  for (const auto& [name, function] : functions_) {
    const bool is_function = IsFunctionName(name) && function->known;
    if (is_function) infos.push_back(InfoOf(*function));
  }
  return infos;
}

absl::StatusOr<FunctionInfo> Runtime::GetFunction(std::string_view name,
                                                  std::string_view qualifier) const {
  base::MutexLock lock(&mu_);
  CLOUDLET_ASSIGN_OR_RETURN(const FunctionState* const latest, Known(name));
  if (qualifier.empty()) return InfoOf(*latest);
  const std::string arn =
      FunctionArn(options_.region, absl::StrCat(base::V(name), ":", base::V(qualifier)));
  const FunctionState* state = latest;
  if (qualifier != kLatestVersion) {
    state = FindState(name, qualifier);
    if (state != nullptr && state->alias.has_value()) {
      state = state->alias->main;
    } else if (state == nullptr || !state->version.has_value()) {
      return MakeError(
          ErrorCode::kFunctionNotFound,
          absl::StrCat("there is no version or alias ", base::Quoted(std::string(qualifier))));
    }
  }
  FunctionInfo info = InfoOf(*state);
  info.arn = arn;
  return info;
}

}  // namespace cloudlet::triggers
