// See lambda_documents.h.
#include "base/json_struct.h"

// The above before other headers of protobuf.
#include <cmath>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/json_text.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/destination.h"
#include "cloudlet/error.h"
#include "http/lambda_documents.h"

namespace cloudlet::http {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;

absl::Status Wrong(std::string_view name, std::string_view why) {
  return MakeError(ErrorCode::kInvalidParameterValue,
                   absl::StrCat(base::V(name), ": ", base::V(why)));
}

const Value* Find(const Struct& fields, std::string_view name) {
  const auto found = fields.fields().find(std::string(name));
  if (found == fields.fields().end() || found->second.kind_case() == Value::kNullValue) {
    return nullptr;
  }
  return &found->second;
}

// As in Lambda's answers: "2026-11-29T10:00:00.000+0000".
std::string LambdaTime(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3S+0000", time, absl::UTCTimeZone());
}

void WriteConfiguration(const FunctionInfo& info, base::JsonWriter* json) {
  const FunctionOptions& options = info.options;
  json->Text("FunctionName", info.name);
  json->Text("FunctionArn", info.arn);
  json->Text("Description", options.description);
  json->Number("Timeout", static_cast<uint64_t>(absl::ToInt64Seconds(options.timeout)));
  json->Number("MemorySize", static_cast<uint64_t>(options.memory_mb));
  json->Text("LastModified", LambdaTime(info.last_modified));
  json->Text("Version", info.version);
  json->Text("State", info.bound ? "Active" : "Inactive");
  if (!options.environment.empty()) {
    json->Open("Environment");
    json->Open("Variables");
    for (const auto& [name, value] : options.environment) json->Text(name, value);
    json->Close();
    json->Close();
  }
}

absl::Status ToDestination(const LambdaInput& config, std::string_view name, Destination* out) {
  if (!config.Has(name)) return absl::OkStatus();
  CLOUDLET_ASSIGN_OR_RETURN(const LambdaInput target, config.Object(name));
  absl::StatusOr<Destination> destination =
      DestinationOfArn(target.Text("Destination").value_or(""));
  if (!destination.ok()) return Wrong(name, base::S(destination.status().message()));
  *out = *std::move(destination);
  return absl::OkStatus();
}

}  // namespace

std::optional<std::string> LambdaInput::Text(std::string_view name) const {
  const Value* const value = Find(*fields_, name);
  if (value == nullptr || value->kind_case() != Value::kStringValue) return std::nullopt;
  return value->string_value();
}

absl::StatusOr<std::optional<int>> LambdaInput::Int(std::string_view name) const {
  const Value* const value = Find(*fields_, name);
  if (value == nullptr) return std::optional<int>();
  const double number = value->number_value();
  if (value->kind_case() != Value::kNumberValue || std::floor(number) != number ||
      std::abs(number) > 1e9) {
    return Wrong(name, "it is no whole number");
  }
  return std::optional<int>(static_cast<int>(number));
}

absl::StatusOr<LambdaInput> LambdaInput::Object(std::string_view name) const {
  const Value* const value = Find(*fields_, name);
  if (value == nullptr) return LambdaInput(std::make_shared<const Struct>());
  if (value->kind_case() != Value::kStructValue) return Wrong(name, "it is no object");
  return LambdaInput(std::make_shared<const Struct>(value->struct_value()));
}

bool LambdaInput::Has(std::string_view name) const { return Find(*fields_, name) != nullptr; }

std::map<std::string, std::string> LambdaInput::Texts() const {
  std::map<std::string, std::string> out;
  for (const auto& [name, value] : fields_->fields()) {
    if (value.kind_case() == Value::kStringValue) out.emplace(name, value.string_value());
  }
  return out;
}

std::map<std::string, double> LambdaInput::Numbers() const {
  std::map<std::string, double> out;
  for (const auto& [name, value] : fields_->fields()) {
    if (value.kind_case() == Value::kNumberValue) out.emplace(name, value.number_value());
  }
  return out;
}

absl::StatusOr<LambdaInput> ParseLambdaInput(std::string_view body) {
  auto fields = std::make_shared<Struct>();
  if (!body.empty() && !google::protobuf::util::JsonStringToMessage(
                            google::protobuf::StringPiece(body.data(), body.size()), fields.get())
                            .ok()) {
    return Wrong("body", "it is no JSON object");
  }
  return LambdaInput(std::move(fields));
}

absl::StatusOr<size_t> DecodeLambdaNumber(std::string_view name, std::string_view text,
                                          size_t max) {
  uint64_t number = 0;
  if (!absl::SimpleAtoi(base::V(text), &number) || number > max) {
    return Wrong(name, "it is no such number");
  }
  return static_cast<size_t>(number);
}

std::string ConfigurationJson(const FunctionInfo& info) {
  base::JsonWriter json;
  json.Open();
  WriteConfiguration(info, &json);
  json.Close();
  return json.Take();
}

std::string FunctionJson(const FunctionInfo& info) {
  base::JsonWriter json;
  json.Open();
  json.Open("Configuration");
  WriteConfiguration(info, &json);
  json.Close();
  // Code is bound in the process, and lies nowhere.
  json.Open("Code");
  json.Close();
  if (!info.options.tags.empty()) {
    json.Open("Tags");
    for (const Tag& tag : info.options.tags) json.Text(tag.key, tag.value);
    json.Close();
  }
  if (info.options.reserved_concurrency.has_value()) {
    json.Open("Concurrency");
    json.Number("ReservedConcurrentExecutions",
                static_cast<uint64_t>(*info.options.reserved_concurrency));
    json.Close();
  }
  json.Close();
  return json.Take();
}

std::string AliasJson(const Alias& alias) {
  base::JsonWriter json;
  json.Open();
  json.Text("AliasArn", alias.arn);
  json.Text("Name", alias.name);
  json.Text("FunctionVersion", alias.options.version);
  json.Text("Description", alias.options.description);
  if (!alias.options.additional_version.empty()) {
    json.Open("RoutingConfig");
    json.Open("AdditionalVersionWeights");
    json.Json(alias.options.additional_version, absl::StrCat(alias.options.additional_weight));
    json.Close();
    json.Close();
  }
  json.Close();
  return json.Take();
}

std::string ListJson(std::string_view name, const std::vector<std::string>& documents,
                     std::string_view next_marker) {
  std::string list = "[";
  for (const std::string& document : documents) {
    absl::StrAppend(&list, list.size() > 1 ? "," : "", document);
  }
  list += "]";
  base::JsonWriter json;
  json.Open();
  json.Json(name, list);
  if (!next_marker.empty()) json.Text("NextMarker", next_marker);
  json.Close();
  return json.Take();
}

std::string EventInvokeConfigJson(const FunctionInfo& info, std::string_view region) {
  const FunctionOptions& options = info.options;
  base::JsonWriter json;
  json.Open();
  json.Json("LastModified", absl::StrCat(absl::ToUnixSeconds(info.last_modified)));
  json.Text("FunctionArn", absl::StrCat(info.arn, ":$LATEST"));
  json.Number("MaximumRetryAttempts", static_cast<uint64_t>(options.max_retry_attempts));
  json.Number("MaximumEventAgeInSeconds",
              static_cast<uint64_t>(absl::ToInt64Seconds(options.max_event_age)));
  json.Open("DestinationConfig");
  const auto write = [&](std::string_view name, const Destination& destination) {
    json.Open(name);
    if (!destination.empty()) json.Text("Destination", ArnOf(destination, region));
    json.Close();
  };
  write("OnSuccess", options.on_success);
  write("OnFailure", options.on_failure);
  json.Close();
  json.Close();
  return json.Take();
}

absl::StatusOr<AliasOptions> AliasOptionsOf(const LambdaInput& input, AliasOptions before) {
  AliasOptions options = std::move(before);
  if (auto version = input.Text("FunctionVersion")) options.version = *std::move(version);
  if (auto description = input.Text("Description")) options.description = *std::move(description);
  if (!input.Has("RoutingConfig")) return options;
  CLOUDLET_ASSIGN_OR_RETURN(const LambdaInput routing, input.Object("RoutingConfig"));
  CLOUDLET_ASSIGN_OR_RETURN(const LambdaInput weights, routing.Object("AdditionalVersionWeights"));
  const std::map<std::string, double> additional = weights.Numbers();
  if (additional.size() > 1) return Wrong("AdditionalVersionWeights", "at most one version");
  options.additional_version = additional.empty() ? "" : additional.begin()->first;
  options.additional_weight = additional.empty() ? 0 : additional.begin()->second;
  return options;
}

absl::Status ApplyConfiguration(const LambdaInput& input, FunctionOptions* options) {
  for (const char* fixed :
       {"Role", "Handler", "Runtime", "Layers", "VpcConfig", "KMSKeyArn", "TracingConfig",
        "FileSystemConfigs", "ImageConfig", "EphemeralStorage", "SnapStart", "LoggingConfig"}) {
    if (input.Has(fixed)) {
      return MakeError(ErrorCode::kNotImplemented,
                       absl::StrCat(fixed, ": functions are code of the host"));
    }
  }
  CLOUDLET_ASSIGN_OR_RETURN(const std::optional<int> timeout, input.Int("Timeout"));
  if (timeout.has_value()) options->timeout = absl::Seconds(*timeout);
  CLOUDLET_ASSIGN_OR_RETURN(const std::optional<int> memory, input.Int("MemorySize"));
  if (memory.has_value()) options->memory_mb = *memory;
  if (auto description = input.Text("Description")) options->description = *std::move(description);
  if (input.Has("Environment")) {
    CLOUDLET_ASSIGN_OR_RETURN(const LambdaInput environment, input.Object("Environment"));
    CLOUDLET_ASSIGN_OR_RETURN(const LambdaInput variables, environment.Object("Variables"));
    options->environment = variables.Texts();
  }
  if (input.Has("DeadLetterConfig")) {
    CLOUDLET_ASSIGN_OR_RETURN(const LambdaInput config, input.Object("DeadLetterConfig"));
    absl::StatusOr<Destination> target = DestinationOfArn(config.Text("TargetArn").value_or(""));
    if (!target.ok()) return Wrong("TargetArn", base::S(target.status().message()));
    options->dead_letter = *std::move(target);
  }
  return absl::OkStatus();
}

absl::Status ApplyEventInvokeConfig(const LambdaInput& input, FunctionOptions* options) {
  CLOUDLET_ASSIGN_OR_RETURN(const std::optional<int> retries, input.Int("MaximumRetryAttempts"));
  if (retries.has_value()) options->max_retry_attempts = *retries;
  CLOUDLET_ASSIGN_OR_RETURN(const std::optional<int> age, input.Int("MaximumEventAgeInSeconds"));
  if (age.has_value()) options->max_event_age = absl::Seconds(*age);
  if (!input.Has("DestinationConfig")) return absl::OkStatus();
  CLOUDLET_ASSIGN_OR_RETURN(const LambdaInput config, input.Object("DestinationConfig"));
  CLOUDLET_RETURN_IF_ERROR(ToDestination(config, "OnSuccess", &options->on_success));
  return ToDestination(config, "OnFailure", &options->on_failure);
}

void SetEventInvokeDefaults(FunctionOptions* options) {
  const FunctionOptions defaults;
  options->max_retry_attempts = defaults.max_retry_attempts;
  options->max_event_age = defaults.max_event_age;
  options->on_success = {};
  options->on_failure = {};
}

}  // namespace cloudlet::http
