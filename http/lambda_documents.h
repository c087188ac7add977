// Lambda's documents in JSON: what is known of functions and aliases, and what requests say.
//
// Pure functions over values; any thread.
#ifndef CLOUDLET_HTTP_LAMBDA_DOCUMENTS_H_
#define CLOUDLET_HTTP_LAMBDA_DOCUMENTS_H_

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cloudlet/function.h"
#include "cloudlet/function_version.h"

namespace google::protobuf {
class Struct;
}  // namespace google::protobuf

namespace cloudlet::http {

// An object of a request's body.
class LambdaInput {
 public:
  explicit LambdaInput(std::shared_ptr<const google::protobuf::Struct> fields)
      : fields_(std::move(fields)) {}

  // Nullopt: it is not there, or null. A value of another kind is InvalidParameterValueException,
  // but for Text, which takes it for none.
  std::optional<std::string> Text(std::string_view name) const;
  absl::StatusOr<std::optional<int>> Int(std::string_view name) const;
  // An object in it, empty where it is not there.
  absl::StatusOr<LambdaInput> Object(std::string_view name) const;
  bool Has(std::string_view name) const;
  // Members that are texts, and that are numbers.
  std::map<std::string, std::string> Texts() const;
  std::map<std::string, double> Numbers() const;

 private:
  std::shared_ptr<const google::protobuf::Struct> fields_;
};

// InvalidParameterValueException: `body` is no JSON object. An empty one is one without members.
absl::StatusOr<LambdaInput> ParseLambdaInput(std::string_view body);
// A parameter of the query. InvalidParameterValueException: no number from 0 to `max`.
absl::StatusOr<size_t> DecodeLambdaNumber(std::string_view name, std::string_view text, size_t max);

// FunctionConfiguration.
std::string ConfigurationJson(const FunctionInfo& info);
// GetFunction's: the configuration, where the code is, tags, concurrency.
std::string FunctionJson(const FunctionInfo& info);
std::string AliasJson(const Alias& alias);
// {"<name>": [...], "NextMarker": ...}
std::string ListJson(std::string_view name, const std::vector<std::string>& documents,
                     std::string_view next_marker);
std::string EventInvokeConfigJson(const FunctionInfo& info, std::string_view region);

// FunctionVersion, RoutingConfig and Description, over what was there before.
absl::StatusOr<AliasOptions> AliasOptionsOf(const LambdaInput& input, AliasOptions before);
// Timeout, MemorySize, Description, Environment, DeadLetterConfig.
absl::Status ApplyConfiguration(const LambdaInput& input, FunctionOptions* options);
// MaximumRetryAttempts, MaximumEventAgeInSeconds, DestinationConfig.
absl::Status ApplyEventInvokeConfig(const LambdaInput& input, FunctionOptions* options);
void SetEventInvokeDefaults(FunctionOptions* options);

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_LAMBDA_DOCUMENTS_H_
