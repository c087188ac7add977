// One request to Lambda: its operation, pure, and how it is carried out and answered.
#ifndef CLOUDLET_HTTP_LAMBDA_CALL_H_
#define CLOUDLET_HTTP_LAMBDA_CALL_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cloudlet/cloud.h"
#include "cloudlet/endpoint.h"
#include "http/message.h"
#include "http/uri.h"

namespace cloudlet::http {

enum class LambdaOperation {
  kInvoke,
  kListFunctions,
  kGetFunction,
  kGetFunctionConfiguration,
  kUpdateFunctionConfiguration,
  kListVersionsByFunction,
  kPublishVersion,
  kListAliases,
  kCreateAlias,
  kGetAlias,
  kUpdateAlias,
  kDeleteAlias,
  kGetFunctionEventInvokeConfig,
  kPutFunctionEventInvokeConfig,
  kUpdateFunctionEventInvokeConfig,
  kDeleteFunctionEventInvokeConfig,
  kGetFunctionConcurrency,
  kPutFunctionConcurrency,
  kDeleteFunctionConcurrency,
};
std::string_view LambdaOperationName(LambdaOperation operation);

struct LambdaCall {
  Cloud* cloud = nullptr;
  RequestHead head = {};
  RequestTarget target = {};
  LambdaOperation operation = LambdaOperation::kInvoke;
  std::string function = {};   // name, with a qualifier where the path has one
  std::string qualifier = {};  // of the query
  std::string alias = {};
  std::string body = {};
  std::shared_ptr<EndpointRequest> request = nullptr;

  Response Json(std::string document, int status = 200) const;
  // As Lambda words it: x-amzn-ErrorType and {"Type":"User","Message":"..."}.
  Response Error(const absl::Status& status) const;
};
using LambdaCallPtr = std::shared_ptr<LambdaCall>;

// Sets operation, function, qualifier and alias by method and path. Names may be those of ARNs.
// NotImplemented, naming the path: Lambda has other operations. MethodNotAllowed.
absl::Status RouteLambda(LambdaCall* call);

absl::StatusOr<Response> RunLambdaOperation(const LambdaCall& call);

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_LAMBDA_CALL_H_
