// What Lambda's operations do, and the JSON of their answers.
// https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/json_text.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "http/lambda_call.h"
#include "http/lambda_documents.h"

namespace cloudlet::http {
namespace {

std::string_view NameOf(const LambdaCall& call) {
  const std::string_view name = call.function;
  return name.substr(0, name.find(':'));
}

// What the query says, else what follows the colon in the name.
std::string QualifierOf(const LambdaCall& call) {
  if (!call.qualifier.empty()) return call.qualifier;
  const size_t colon = call.function.find(':');
  return colon == std::string::npos ? std::string() : call.function.substr(colon + 1);
}

absl::StatusOr<InvocationType> InvocationTypeOf(std::string_view name) {
  if (name.empty() || name == "RequestResponse") return InvocationType::kRequestResponse;
  if (name == "Event") return InvocationType::kEvent;
  if (name == "DryRun") return InvocationType::kDryRun;
  return MakeError(
      ErrorCode::kInvalidParameterValue,
      absl::StrCat("X-Amz-Invocation-Type: there is no ", base::V(base::Quoted(name))));
}

absl::StatusOr<Response> Invoke(const LambdaCall& call) {
  const Headers& headers = call.head.headers;
  InvokeOptions options;
  CLOUDLET_ASSIGN_OR_RETURN(options.type, InvocationTypeOf(headers.Get("x-amz-invocation-type")));
  options.qualifier = call.qualifier;
  if (headers.Get("x-amz-log-type") == "Tail") options.log_type = LogType::kTail;
  const std::string_view context = headers.Get("x-amz-client-context");
  if (!context.empty()) {
    std::optional<std::string> decoded = base::Base64Decode(context);
    if (!decoded.has_value()) {
      return MakeError(ErrorCode::kInvalidParameterValue, "X-Amz-Client-Context is no base64");
    }
    options.client_context = *std::move(decoded);
  }
  CLOUDLET_ASSIGN_OR_RETURN(const InvokeResult result,
                            call.cloud->Invoke(call.function, call.body, options));
  Response response = call.Json(result.payload, result.status_code);
  if (!result.function_error.empty()) {
    response.headers.Add("X-Amz-Function-Error", result.function_error);
  }
  if (!result.executed_version.empty()) {
    response.headers.Add("X-Amz-Executed-Version", result.executed_version);
  }
  if (!result.log_tail.empty()) {
    response.headers.Add("X-Amz-Log-Result", base::Base64Encode(result.log_tail));
  }
  return response;
}

// A page of what is in order, by Marker and MaxItems: the marker is the number of the first.
struct Page {
  size_t first = 0;
  size_t last = 0;  // behind it
  std::string next = {};
};

absl::StatusOr<Page> PageOf(const LambdaCall& call, size_t size) {
  Page page;
  size_t limit = 50;
  if (const QueryParam* max = call.target.Find("MaxItems")) {
    CLOUDLET_ASSIGN_OR_RETURN(limit, DecodeLambdaNumber("MaxItems", max->value, 10'000));
    if (limit == 0) return MakeError(ErrorCode::kInvalidParameterValue, "MaxItems: at least 1");
  }
  if (const QueryParam* marker = call.target.Find("Marker");
      marker != nullptr && !marker->value.empty()) {
    CLOUDLET_ASSIGN_OR_RETURN(page.first,
                              DecodeLambdaNumber("Marker", marker->value, SIZE_MAX / 2));
  }
  page.first = std::min(page.first, size);
  page.last = std::min(size, page.first + limit);
  if (page.last < size) page.next = std::to_string(page.last);
  return page;
}

absl::StatusOr<Response> ListFunctions(const LambdaCall& call) {
  CLOUDLET_ASSIGN_OR_RETURN(const std::vector<FunctionInfo> all, call.cloud->ListFunctions());
  CLOUDLET_ASSIGN_OR_RETURN(const Page page, PageOf(call, all.size()));
  std::vector<std::string> documents;
  for (size_t i = page.first; i < page.last; ++i) documents.push_back(ConfigurationJson(all[i]));
  return call.Json(ListJson("Functions", documents, page.next));
}

absl::StatusOr<Response> GetFunction(const LambdaCall& call) {
  CLOUDLET_ASSIGN_OR_RETURN(const FunctionInfo info,
                            call.cloud->GetFunction(NameOf(call), QualifierOf(call)));
  if (call.operation == LambdaOperation::kGetFunctionConfiguration) {
    return call.Json(ConfigurationJson(info));
  }
  return call.Json(FunctionJson(info));
}

absl::StatusOr<Response> ListVersions(const LambdaCall& call) {
  CLOUDLET_ASSIGN_OR_RETURN(const std::vector<FunctionVersion> all,
                            call.cloud->ListVersions(NameOf(call)));
  CLOUDLET_ASSIGN_OR_RETURN(const Page page, PageOf(call, all.size()));
  std::vector<std::string> documents;
  for (size_t i = page.first; i < page.last; ++i) {
    CLOUDLET_ASSIGN_OR_RETURN(const FunctionInfo info,
                              call.cloud->GetFunction(NameOf(call), all[i].version));
    documents.push_back(ConfigurationJson(info));
  }
  return call.Json(ListJson("Versions", documents, page.next));
}

absl::StatusOr<Response> PublishVersion(const LambdaCall& call) {
  std::string description;
  if (!call.body.empty()) {
    CLOUDLET_ASSIGN_OR_RETURN(const LambdaInput input, ParseLambdaInput(call.body));
    description = input.Text("Description").value_or("");
  }
  CLOUDLET_ASSIGN_OR_RETURN(const std::string version,
                            call.cloud->PublishVersion(NameOf(call), description));
  CLOUDLET_ASSIGN_OR_RETURN(const FunctionInfo info,
                            call.cloud->GetFunction(NameOf(call), version));
  return call.Json(ConfigurationJson(info), 201);
}

// --- Aliases ---

absl::StatusOr<Alias> FindAlias(const LambdaCall& call) {
  CLOUDLET_ASSIGN_OR_RETURN(const std::vector<Alias> all, call.cloud->ListAliases(NameOf(call)));
  for (const Alias& alias : all) {
    if (alias.name == call.alias) return alias;
  }
  return MakeError(ErrorCode::kFunctionNotFound,
                   absl::StrCat("there is no alias ", base::V(base::Quoted(call.alias))));
}

absl::StatusOr<Response> Aliases(const LambdaCall& call) {
  CLOUDLET_ASSIGN_OR_RETURN(std::vector<Alias> all, call.cloud->ListAliases(NameOf(call)));
  CLOUDLET_ASSIGN_OR_RETURN(const Page page, PageOf(call, all.size()));
  std::vector<std::string> documents;
  for (size_t i = page.first; i < page.last; ++i) documents.push_back(AliasJson(all[i]));
  return call.Json(ListJson("Aliases", documents, page.next));
}

absl::StatusOr<Response> CreateAlias(const LambdaCall& call) {
  CLOUDLET_ASSIGN_OR_RETURN(const LambdaInput input, ParseLambdaInput(call.body));
  CLOUDLET_ASSIGN_OR_RETURN(const AliasOptions options, AliasOptionsOf(input, {}));
  CLOUDLET_ASSIGN_OR_RETURN(
      const Alias alias,
      call.cloud->CreateAlias(NameOf(call), input.Text("Name").value_or(""), options));
  return call.Json(AliasJson(alias), 201);
}

absl::StatusOr<Response> UpdateAlias(const LambdaCall& call) {
  CLOUDLET_ASSIGN_OR_RETURN(const Alias before, FindAlias(call));
  CLOUDLET_ASSIGN_OR_RETURN(const LambdaInput input, ParseLambdaInput(call.body));
  CLOUDLET_ASSIGN_OR_RETURN(const AliasOptions options, AliasOptionsOf(input, before.options));
  CLOUDLET_ASSIGN_OR_RETURN(const Alias alias,
                            call.cloud->UpdateAlias(NameOf(call), call.alias, options));
  return call.Json(AliasJson(alias));
}

absl::StatusOr<Response> DeleteAlias(const LambdaCall& call) {
  CLOUDLET_RETURN_IF_ERROR(call.cloud->DeleteAlias(NameOf(call), call.alias));
  return call.Json("", 204);
}

// --- Configuration: parts of FunctionOptions ---

absl::StatusOr<FunctionOptions> OptionsOf(const LambdaCall& call) {
  const std::string qualifier = QualifierOf(call);
  if (!qualifier.empty() && qualifier != "$LATEST") {
    return MakeError(ErrorCode::kNotImplemented,
                     "retries, age and concurrency are those of $LATEST; a version keeps what it "
                     "was published with");
  }
  CLOUDLET_ASSIGN_OR_RETURN(const FunctionInfo info, call.cloud->GetFunction(NameOf(call)));
  return info.options;
}

absl::StatusOr<Response> UpdateConfiguration(const LambdaCall& call) {
  CLOUDLET_ASSIGN_OR_RETURN(FunctionOptions options, OptionsOf(call));
  CLOUDLET_ASSIGN_OR_RETURN(const LambdaInput input, ParseLambdaInput(call.body));
  CLOUDLET_RETURN_IF_ERROR(ApplyConfiguration(input, &options));
  CLOUDLET_RETURN_IF_ERROR(call.cloud->UpdateFunctionConfiguration(NameOf(call), options));
  CLOUDLET_ASSIGN_OR_RETURN(const FunctionInfo info, call.cloud->GetFunction(NameOf(call)));
  return call.Json(ConfigurationJson(info));
}

absl::StatusOr<Response> EventInvokeConfig(const LambdaCall& call) {
  CLOUDLET_ASSIGN_OR_RETURN(FunctionOptions options, OptionsOf(call));
  switch (call.operation) {
    case LambdaOperation::kPutFunctionEventInvokeConfig:
      SetEventInvokeDefaults(&options);
      [[fallthrough]];
    case LambdaOperation::kUpdateFunctionEventInvokeConfig: {
      CLOUDLET_ASSIGN_OR_RETURN(const LambdaInput input, ParseLambdaInput(call.body));
      CLOUDLET_RETURN_IF_ERROR(ApplyEventInvokeConfig(input, &options));
      break;
    }
    case LambdaOperation::kDeleteFunctionEventInvokeConfig:
      SetEventInvokeDefaults(&options);
      break;
    default:
      break;
  }
  const bool deletes = call.operation == LambdaOperation::kDeleteFunctionEventInvokeConfig;
  if (call.operation != LambdaOperation::kGetFunctionEventInvokeConfig) {
    CLOUDLET_RETURN_IF_ERROR(call.cloud->UpdateFunctionConfiguration(NameOf(call), options));
  }
  if (deletes) return call.Json("", 204);
  CLOUDLET_ASSIGN_OR_RETURN(const FunctionInfo info, call.cloud->GetFunction(NameOf(call)));
  return call.Json(EventInvokeConfigJson(info, call.cloud->region()));
}

absl::StatusOr<Response> Concurrency(const LambdaCall& call) {
  CLOUDLET_ASSIGN_OR_RETURN(FunctionOptions options, OptionsOf(call));
  if (call.operation == LambdaOperation::kPutFunctionConcurrency) {
    CLOUDLET_ASSIGN_OR_RETURN(const LambdaInput input, ParseLambdaInput(call.body));
    CLOUDLET_ASSIGN_OR_RETURN(const std::optional<int> reserved,
                              input.Int("ReservedConcurrentExecutions"));
    if (!reserved.has_value()) {
      return MakeError(ErrorCode::kInvalidParameterValue,
                       "ReservedConcurrentExecutions is missing");
    }
    options.reserved_concurrency = reserved;
  } else if (call.operation == LambdaOperation::kDeleteFunctionConcurrency) {
    options.reserved_concurrency = std::nullopt;
  }
  if (call.operation != LambdaOperation::kGetFunctionConcurrency) {
    CLOUDLET_RETURN_IF_ERROR(call.cloud->UpdateFunctionConfiguration(NameOf(call), options));
  }
  if (call.operation == LambdaOperation::kDeleteFunctionConcurrency) return call.Json("", 204);
  base::JsonWriter json;
  json.Open();
  if (options.reserved_concurrency.has_value()) {
    json.Number("ReservedConcurrentExecutions",
                static_cast<uint64_t>(*options.reserved_concurrency));
  }
  json.Close();
  return call.Json(json.Take());
}

}  // namespace

absl::StatusOr<Response> RunLambdaOperation(const LambdaCall& call) {
  switch (call.operation) {
    case LambdaOperation::kInvoke:
      return Invoke(call);
    case LambdaOperation::kListFunctions:
      return ListFunctions(call);
    case LambdaOperation::kGetFunction:
    case LambdaOperation::kGetFunctionConfiguration:
      return GetFunction(call);
    case LambdaOperation::kUpdateFunctionConfiguration:
      return UpdateConfiguration(call);
    case LambdaOperation::kListVersionsByFunction:
      return ListVersions(call);
    case LambdaOperation::kPublishVersion:
      return PublishVersion(call);
    case LambdaOperation::kListAliases:
      return Aliases(call);
    case LambdaOperation::kCreateAlias:
      return CreateAlias(call);
    case LambdaOperation::kGetAlias: {
      CLOUDLET_ASSIGN_OR_RETURN(const Alias alias, FindAlias(call));
      return call.Json(AliasJson(alias));
    }
    case LambdaOperation::kUpdateAlias:
      return UpdateAlias(call);
    case LambdaOperation::kDeleteAlias:
      return DeleteAlias(call);
    case LambdaOperation::kGetFunctionEventInvokeConfig:
    case LambdaOperation::kPutFunctionEventInvokeConfig:
    case LambdaOperation::kUpdateFunctionEventInvokeConfig:
    case LambdaOperation::kDeleteFunctionEventInvokeConfig:
      return EventInvokeConfig(call);
    case LambdaOperation::kGetFunctionConcurrency:
    case LambdaOperation::kPutFunctionConcurrency:
    case LambdaOperation::kDeleteFunctionConcurrency:
      return Concurrency(call);
  }
  return MakeError(ErrorCode::kNotImplemented);
}

}  // namespace cloudlet::http
