// From a head to one of Lambda's operations.
#include "http/lambda_service.h"

#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "http/lambda_call.h"
#include "http/uri.h"

namespace cloudlet::http {
namespace {

// Of a request: a payload of an invocation, and what is around it.
constexpr size_t kMaxBody = kMaxInvokeBytes + 1;

AuthOptions LambdaAuth(const std::string& region) {
  AuthOptions options;
  options.region = region;
  options.service = "lambda";
  return options;
}

// The body is part of what is signed, and clients do not send its digest: so it is read first.
class LambdaBody : public Exchange {
 public:
  LambdaBody(LambdaCallPtr call, const Authenticator& authenticator,
             const LambdaServiceOptions& options)
      : call_(std::move(call)), authenticator_(authenticator), options_(options) {}

  std::optional<Response> Take(std::string_view bytes) override {
    if (bytes.size() > kMaxBody - call_->body.size()) {
      return call_->Error(MakeError(ErrorCode::kRequestTooLarge,
                                    absl::StrCat("at most ", kMaxInvokeBytes, " bytes")));
    }
    call_->body.append(bytes.data(), bytes.size());
    return std::nullopt;
  }

  Response Finish(const Headers& /*trailers*/) override {
    absl::StatusOr<Response> response = Answer();
    return response.ok() ? *std::move(response) : call_->Error(response.status());
  }
  bool MayWait() const override { return call_->operation == LambdaOperation::kInvoke; }

 private:
  absl::StatusOr<Response> Answer() {
    Cloud& cloud = *call_->cloud;
    const std::string digest =
        base::HexLower(base::DigestOf(base::DigestKind::kSha256, call_->body));
    CLOUDLET_ASSIGN_OR_RETURN(const VerifiedPrincipal who,
                              authenticator_.Authenticate(call_->head, call_->target, cloud.Now(),
                                                          std::string_view(digest)));
    call_->request->principal = who.identity().canonical_id;
    if (who.identity().canonical_id != cloud.owner()) {
      return MakeError(ErrorCode::kAccessDenied,
                       "only the owner of the store may use its functions");
    }
    std::optional<InjectedFault> fault;
    if (options_.hook != nullptr) fault = options_.hook(*call_->request);
    if (fault.has_value()) CLOUDLET_RETURN_IF_ERROR(fault->error);
    CLOUDLET_ASSIGN_OR_RETURN(Response response, RunLambdaOperation(*call_));
    if (fault.has_value()) response.drop = fault->drop_answer;
    return response;
  }

  const LambdaCallPtr call_;
  const Authenticator& authenticator_;
  const LambdaServiceOptions& options_;
};

}  // namespace

bool IsForLambda(const RequestHead& head) {
  // Credential=<key>/<date>/<region>/lambda/aws4_request
  return absl::StrContains(base::V(head.headers.Get("authorization")), "/lambda/aws4_request");
}

LambdaService::LambdaService(Cloud* cloud, KeyLookup keys, LambdaServiceOptions options)
    : cloud_(cloud),
      options_(std::move(options)),
      authenticator_(std::move(keys), LambdaAuth(cloud->region())) {}

Begun LambdaService::Begin(RequestHead head, std::shared_ptr<EndpointRequest> request) {
  auto call = std::make_shared<LambdaCall>();
  call->cloud = cloud_;
  call->head = std::move(head);
  call->request = std::move(request);
  absl::StatusOr<RequestTarget> target = ParseRequestTarget(call->head.target);
  absl::Status status = target.status();
  if (target.ok()) {
    call->target = *std::move(target);
    status = RouteLambda(call.get());
  }
  // Whose body it could be, before it is kept.
  if (status.ok()) status = authenticator_.CheckClaim(call->head, call->target, cloud_->Now());
  if (!status.ok()) return call->Error(status);
  call->request->operation = std::string(LambdaOperationName(call->operation));
  return std::make_unique<LambdaBody>(std::move(call), authenticator_, options_);
}

}  // namespace cloudlet::http
