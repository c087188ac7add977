// Paths of Lambda's REST API, and the words of its errors.

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/json_text.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "http/lambda_call.h"

namespace cloudlet::http {
namespace {

struct Row {
  LambdaOperation operation;
  std::string_view name;
  std::string_view method;
  // Behind the version of the API: {} is the function, {alias} an alias, and the end is the end.
  std::string_view date;
  std::string_view path;
};

constexpr Row kRows[] = {
    {LambdaOperation::kInvoke, "Invoke", "POST", "2015-03-31", "functions/{}/invocations"},
    {LambdaOperation::kListFunctions, "ListFunctions", "GET", "2015-03-31", "functions"},
    {LambdaOperation::kGetFunction, "GetFunction", "GET", "2015-03-31", "functions/{}"},
    {LambdaOperation::kGetFunctionConfiguration, "GetFunctionConfiguration", "GET", "2015-03-31",
     "functions/{}/configuration"},
    {LambdaOperation::kUpdateFunctionConfiguration, "UpdateFunctionConfiguration", "PUT",
     "2015-03-31", "functions/{}/configuration"},
    {LambdaOperation::kListVersionsByFunction, "ListVersionsByFunction", "GET", "2015-03-31",
     "functions/{}/versions"},
    {LambdaOperation::kPublishVersion, "PublishVersion", "POST", "2015-03-31",
     "functions/{}/versions"},
    {LambdaOperation::kListAliases, "ListAliases", "GET", "2015-03-31", "functions/{}/aliases"},
    {LambdaOperation::kCreateAlias, "CreateAlias", "POST", "2015-03-31", "functions/{}/aliases"},
    {LambdaOperation::kGetAlias, "GetAlias", "GET", "2015-03-31", "functions/{}/aliases/{alias}"},
    {LambdaOperation::kUpdateAlias, "UpdateAlias", "PUT", "2015-03-31",
     "functions/{}/aliases/{alias}"},
    {LambdaOperation::kDeleteAlias, "DeleteAlias", "DELETE", "2015-03-31",
     "functions/{}/aliases/{alias}"},
    {LambdaOperation::kGetFunctionEventInvokeConfig, "GetFunctionEventInvokeConfig", "GET",
     "2019-09-25", "functions/{}/event-invoke-config"},
    {LambdaOperation::kPutFunctionEventInvokeConfig, "PutFunctionEventInvokeConfig", "PUT",
     "2019-09-25", "functions/{}/event-invoke-config"},
    {LambdaOperation::kUpdateFunctionEventInvokeConfig, "UpdateFunctionEventInvokeConfig", "POST",
     "2019-09-25", "functions/{}/event-invoke-config"},
    {LambdaOperation::kDeleteFunctionEventInvokeConfig, "DeleteFunctionEventInvokeConfig", "DELETE",
     "2019-09-25", "functions/{}/event-invoke-config"},
    {LambdaOperation::kGetFunctionConcurrency, "GetFunctionConcurrency", "GET", "2019-09-30",
     "functions/{}/concurrency"},
    {LambdaOperation::kPutFunctionConcurrency, "PutFunctionConcurrency", "PUT", "2017-10-31",
     "functions/{}/concurrency"},
    {LambdaOperation::kDeleteFunctionConcurrency, "DeleteFunctionConcurrency", "DELETE",
     "2017-10-31", "functions/{}/concurrency"},
    {LambdaOperation::kGetAccountSettings, "GetAccountSettings", "GET", "2016-08-19",
     "account-settings"},
};

using Pieces = std::vector<std::string>;

// The pieces between the slashes, each decoded alone, since the name of a function may be an ARN;
// a slash at the end is none.
absl::StatusOr<Pieces> PiecesOf(std::string_view raw_path) {
  Pieces pieces;
  for (const absl::string_view piece : absl::StrSplit(base::V(raw_path).substr(1), '/')) {
    CLOUDLET_ASSIGN_OR_RETURN(std::string decoded, PercentDecode(base::S(piece)));
    pieces.push_back(std::move(decoded));
  }
  if (!pieces.empty() && pieces.back().empty()) pieces.pop_back();
  return pieces;
}

bool Matches(const Row& row, const Pieces& pieces, LambdaCall* call) {
  const std::vector<std::string> wanted = absl::StrSplit(base::V(row.path), '/');
  if (pieces.size() != wanted.size() + 1 || pieces[0] != row.date) return false;
  for (size_t i = 0; i < wanted.size(); ++i) {
    const std::string& piece = pieces[i + 1];
    if (wanted[i] == "{}") {
      call->function = piece;
    } else if (wanted[i] == "{alias}") {
      call->alias = piece;
    } else if (piece != wanted[i]) {
      return false;
    }
  }
  return true;
}

// "arn:aws:lambda:us-east-1:000000000000:function:resize:prod" and "000000000000:function:resize"
// name the function "resize:prod" and "resize".
std::string NameOf(const std::string& function) {
  static constexpr std::string_view kMark = "function:";
  const size_t mark = function.find(kMark);
  if (mark == std::string::npos || (mark > 0 && function[mark - 1] != ':')) return function;
  return function.substr(mark + kMark.size());
}

}  // namespace

std::string_view LambdaOperationName(LambdaOperation operation) {
  for (const Row& row : kRows) {
    if (row.operation == operation) return row.name;
  }
  return {};
}

absl::Status RouteLambda(LambdaCall* call) {
  CLOUDLET_ASSIGN_OR_RETURN(const Pieces pieces, PiecesOf(call->target.raw_path));
  bool path_known = false;
  for (const Row& row : kRows) {
    if (!Matches(row, pieces, call)) continue;
    path_known = true;
    if (row.method != call->head.method) continue;
    call->operation = row.operation;
    call->function = NameOf(call->function);
    if (const QueryParam* qualifier = call->target.Find("Qualifier")) {
      call->qualifier = qualifier->value;
    }
    return absl::OkStatus();
  }
  if (path_known) return MakeError(ErrorCode::kMethodNotAllowed);
  return MakeError(ErrorCode::kNotImplemented,
                   absl::StrCat("no operation of Lambda that is here has the path ",
                                base::V(base::Quoted(call->target.raw_path))));
}

Response LambdaCall::Json(std::string document, int status) const {
  Response response;
  response.status = status;
  response.headers.Add("Content-Type", "application/json");
  response.headers.Add("x-amzn-RequestId", request->request_id);
  response.body = absl::Cord(std::move(document));
  response.note = request;
  return response;
}

Response LambdaCall::Error(const absl::Status& status) const {
  const ErrorCode code = ErrorCodeOf(status);
  int http_status = InfoOf(code).http_status;
  std::string name = InfoOf(code).name;
  if (code == ErrorCode::kNone) {
    const bool closed = status.code() == absl::StatusCode::kFailedPrecondition;
    http_status = closed ? 503 : 500;
    name = "ServiceException";
  } else if (code == ErrorCode::kAccessDenied) {
    name = "AccessDeniedException";
  } else if (code == ErrorCode::kInvalidAccessKeyId) {
    name = "UnrecognizedClientException";
  } else if (code == ErrorCode::kSignatureDoesNotMatch) {
    name = "InvalidSignatureException";
  } else if (code == ErrorCode::kNotImplemented) {
    name = "NotImplementedException";
  }
  const bool user = http_status < 500;
  base::JsonWriter json;
  json.Open();
  json.Text("Type", user ? "User" : "Service");
  json.Text("Message",
            user ? base::S(status.message()) : "Lambda is unable to process your request.");
  if (const std::optional<ThrottleInfo> throttle = ThrottleOf(status)) {
    json.Text("Reason", ThrottleReasonName(throttle->reason));
  }
  json.Close();
  Response response = Json(json.Take(), http_status);
  response.headers.Add("x-amzn-ErrorType", name);
  if (const std::optional<ThrottleInfo> throttle = ThrottleOf(status)) {
    response.headers.Add("Retry-After", absl::StrCat(std::max<int64_t>(
                                            1, absl::ToInt64Seconds(throttle->retry_after))));
  }
  return response;
}

}  // namespace cloudlet::http
