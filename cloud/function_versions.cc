// Versions and aliases of functions.
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/status_macros.h"
#include "cloud/checks.h"
#include "cloud/core.h"
#include "cloudlet/cloud.h"
#include "objstore/annotate.h"
#include "triggers/runtime.h"

namespace cloudlet {
namespace {

using internal::CloudCore;

// `call` of the runtime; its error with verb and function.
template <typename Call>
auto With(const std::shared_ptr<CloudCore>& core, std::string_view verb, std::string_view function,
          const Call& call) -> decltype(call(core->runtime())) {
  CLOUDLET_RETURN_IF_ERROR(objstore::Annotate(internal::Usable(core), verb, function));
  auto result = call(core->runtime());
  if constexpr (std::is_same_v<decltype(result), absl::Status>) {
    return objstore::Annotate(result, verb, function);
  } else {
    if (!result.ok()) return objstore::Annotate(result.status(), verb, function);
    return result;
  }
}

absl::Status UpdateCode(const std::shared_ptr<CloudCore>& core, std::string_view name,
                        triggers::Handler handler) {
  return With(core, "update code of function", name, [&](triggers::Runtime& runtime) {
    return runtime.UpdateFunctionCode(name, std::move(handler));
  });
}

absl::Status Bind(const std::shared_ptr<CloudCore>& core, std::string_view name,
                  std::string_view version, triggers::Handler handler) {
  return With(core, "bind a version of function", name, [&](triggers::Runtime& runtime) {
    return runtime.BindVersion(name, version, std::move(handler));
  });
}

}  // namespace

absl::Status Cloud::UpdateFunctionCode(std::string_view name, Function function) {
  return UpdateCode(core_, name, std::move(function));
}

absl::Status Cloud::UpdateFunctionCode(std::string_view name, PayloadFunction function) {
  return UpdateCode(core_, name, std::move(function));
}

absl::Status Cloud::UpdateFunctionCode(std::string_view name, FunctionFactory factory) {
  return UpdateCode(core_, name, std::move(factory));
}

absl::Status Cloud::UpdateFunctionConfiguration(std::string_view name,
                                                const FunctionOptions& options) {
  return With(core_, "update configuration of function", name,
              [&](triggers::Runtime& runtime) -> absl::Status {
                CLOUDLET_ASSIGN_OR_RETURN(const FunctionOptions checked,
                                          internal::CheckFunctionOptions(options));
                return runtime.UpdateFunctionConfiguration(name, checked);
              });
}

absl::StatusOr<std::string> Cloud::PublishVersion(std::string_view name,
                                                  std::string_view description) {
  return With(core_, "publish a version of function", name, [&](triggers::Runtime& runtime) {
    return runtime.PublishVersion(name, description);
  });
}

absl::Status Cloud::BindVersion(std::string_view name, std::string_view version,
                                Function function) {
  return Bind(core_, name, version, std::move(function));
}

absl::Status Cloud::BindVersion(std::string_view name, std::string_view version,
                                PayloadFunction function) {
  return Bind(core_, name, version, std::move(function));
}

absl::Status Cloud::BindVersion(std::string_view name, std::string_view version,
                                FunctionFactory factory) {
  return Bind(core_, name, version, std::move(factory));
}

absl::Status Cloud::DeleteVersion(std::string_view name, std::string_view version) {
  return With(core_, "delete a version of function", name,
              [&](triggers::Runtime& runtime) { return runtime.DeleteVersion(name, version); });
}

absl::StatusOr<std::vector<FunctionInfo>> Cloud::ListFunctions() {
  return With(core_, "list functions", {},
              [&](triggers::Runtime& runtime) -> absl::StatusOr<std::vector<FunctionInfo>> {
                return runtime.ListFunctions();
              });
}

absl::StatusOr<FunctionInfo> Cloud::GetFunction(std::string_view name, std::string_view qualifier) {
  return With(core_, "get function", name,
              [&](triggers::Runtime& runtime) { return runtime.GetFunction(name, qualifier); });
}

absl::StatusOr<std::vector<FunctionVersion>> Cloud::ListVersions(std::string_view name) {
  return With(core_, "list versions of function", name,
              [&](triggers::Runtime& runtime) { return runtime.ListVersions(name); });
}

absl::StatusOr<Alias> Cloud::CreateAlias(std::string_view function, std::string_view alias,
                                         const AliasOptions& options) {
  return With(core_, "create an alias of function", function, [&](triggers::Runtime& runtime) {
    return runtime.CreateAlias(function, alias, options);
  });
}

absl::StatusOr<Alias> Cloud::UpdateAlias(std::string_view function, std::string_view alias,
                                         const AliasOptions& options) {
  return With(core_, "update an alias of function", function, [&](triggers::Runtime& runtime) {
    return runtime.UpdateAlias(function, alias, options);
  });
}

absl::Status Cloud::DeleteAlias(std::string_view function, std::string_view alias) {
  return With(core_, "delete an alias of function", function,
              [&](triggers::Runtime& runtime) { return runtime.DeleteAlias(function, alias); });
}

absl::StatusOr<std::vector<Alias>> Cloud::ListAliases(std::string_view function) {
  return With(core_, "list aliases of function", function,
              [&](triggers::Runtime& runtime) { return runtime.ListAliases(function); });
}

}  // namespace cloudlet
