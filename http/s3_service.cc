// From a head to one of S3's operations.
#include "http/s3_service.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "http/s3_headers.h"
#include "http/s3_operations.h"
#include "http/s3_route.h"

namespace cloudlet::http {
namespace {

AuthOptions S3Auth(const std::string& region, bool allow_anonymous) {
  AuthOptions options;
  options.region = region;
  options.service = "s3";
  options.allow_anonymous = allow_anonymous;
  options.allow_sigv2_forms = true;
  return options;
}

// A signed URL brings as parameters what would be headers.
void TakeHeadersOfQuery(const RequestTarget& target, Headers* headers) {
  static constexpr std::string_view kOfTheSignature[] = {
      "x-amz-algorithm", "x-amz-credential",    "x-amz-date",           "x-amz-expires",
      "x-amz-signature", "x-amz-signedheaders", "x-amz-security-token", "x-amz-content-sha256"};
  for (const QueryParam& param : target.query) {
    const std::string name = absl::AsciiStrToLower(param.name);
    if (!absl::StartsWith(name, "x-amz-") || headers->Find(name) != nullptr) continue;
    bool ours = false;
    for (const std::string_view one : kOfTheSignature) ours = ours || one == name;
    if (!ours) headers->Add(name, param.value);
  }
}

// Drops what the hook wants lost, once it is done.
class LosingExchange : public Exchange {
 public:
  explicit LosingExchange(std::unique_ptr<Exchange> inner) : inner_(std::move(inner)) {}
  std::optional<Response> Take(std::string_view bytes) override {
    std::optional<Response> response = inner_->Take(bytes);
    if (response.has_value()) response->drop = true;
    return response;
  }
  Response Finish(const Headers& trailers) override {
    Response response = inner_->Finish(trailers);
    response.drop = true;
    return response;
  }
  bool MayWait() const override { return inner_->MayWait(); }

 private:
  const std::unique_ptr<Exchange> inner_;
};

// What a browser asks before it asks; nobody signs it. No bucket has rules for it.
// https://docs.aws.amazon.com/AmazonS3/latest/API/RESTOPTIONSobject.html
Response Preflight(const S3Call& call) {
  S3Error error;
  const bool origin = call.head.headers.Find("origin") != nullptr;
  error.http_status = origin ? 403 : 400;
  error.code = origin ? "AccessForbidden" : "BadRequest";
  error.message = origin ? "CORSResponse: CORS is not enabled for this bucket."
                         : "Insufficient information. Origin request header needed.";
  error.resource = call.target.raw_path;
  error.request_id = call.caller.request_id;
  error.host_id = call.context->host_id;
  Response response = ErrorResponse(error, call.head.method);
  response.note = call.request;
  return response;
}

Begun Losing(Begun begun) {
  if (auto* response = std::get_if<Response>(&begun)) {
    response->drop = true;
    return begun;
  }
  return std::make_unique<LosingExchange>(std::get<std::unique_ptr<Exchange>>(std::move(begun)));
}

}  // namespace

S3OperationFunction OperationOf(S3Operation operation) {
  switch (operation) {
    case S3Operation::kListBuckets:
      return ListBuckets;
    case S3Operation::kCreateBucket:
      return CreateBucket;
    case S3Operation::kHeadBucket:
      return HeadBucket;
    case S3Operation::kDeleteBucket:
      return DeleteBucket;
    case S3Operation::kListObjects:
      return ListObjects;
    case S3Operation::kListObjectsV2:
      return ListObjectsV2;
    case S3Operation::kListObjectVersions:
      return ListObjectVersions;
    case S3Operation::kListMultipartUploads:
      return ListMultipartUploads;
    case S3Operation::kDeleteObjects:
      return DeleteObjects;
    case S3Operation::kGetBucketLocation:
      return GetBucketLocation;
    case S3Operation::kGetBucketVersioning:
      return GetBucketVersioning;
    case S3Operation::kPutBucketVersioning:
      return PutBucketVersioning;
    case S3Operation::kGetBucketTagging:
      return GetBucketTagging;
    case S3Operation::kPutBucketTagging:
      return PutBucketTagging;
    case S3Operation::kDeleteBucketTagging:
      return DeleteBucketTagging;
    case S3Operation::kGetBucketAcl:
      return GetBucketAcl;
    case S3Operation::kPutBucketAcl:
      return PutBucketAcl;
    case S3Operation::kGetBucketNotificationConfiguration:
      return GetBucketNotification;
    case S3Operation::kPutBucketNotificationConfiguration:
      return PutBucketNotification;
    case S3Operation::kGetObject:
      return GetObject;
    case S3Operation::kHeadObject:
      return HeadObject;
    case S3Operation::kPutObject:
      return PutObject;
    case S3Operation::kCopyObject:
      return CopyObject;
    case S3Operation::kDeleteObject:
      return DeleteObject;
    case S3Operation::kCreateMultipartUpload:
      return CreateMultipartUpload;
    case S3Operation::kUploadPart:
      return UploadPart;
    case S3Operation::kUploadPartCopy:
      return UploadPartCopy;
    case S3Operation::kListParts:
      return ListParts;
    case S3Operation::kCompleteMultipartUpload:
      return CompleteMultipartUpload;
    case S3Operation::kAbortMultipartUpload:
      return AbortMultipartUpload;
    case S3Operation::kGetObjectAttributes:
      return GetObjectAttributes;
    case S3Operation::kGetObjectTagging:
      return GetObjectTagging;
    case S3Operation::kPutObjectTagging:
      return PutObjectTagging;
    case S3Operation::kDeleteObjectTagging:
      return DeleteObjectTagging;
    case S3Operation::kGetObjectAcl:
      return GetObjectAcl;
    case S3Operation::kPutObjectAcl:
      return PutObjectAcl;
    case S3Operation::kListObjectAnnotations:
      return ListObjectAnnotations;
    case S3Operation::kGetObjectAnnotation:
      return GetObjectAnnotation;
    case S3Operation::kPutObjectAnnotation:
      return PutObjectAnnotation;
    case S3Operation::kDeleteObjectAnnotation:
      return DeleteObjectAnnotation;
    case S3Operation::kRenameObject:
      return RenameObject;
    default:
      return nullptr;
  }
}

S3Service::S3Service(Cloud* cloud, KeyLookup keys, S3Context context, S3ServiceOptions options)
    : context_(std::move(context)),
      options_(std::move(options)),
      authenticator_(std::move(keys), S3Auth(cloud->region(), options_.allow_anonymous)) {}

Begun S3Service::Begin(RequestHead head, std::shared_ptr<EndpointRequest> request) {
  auto call = std::make_shared<S3Call>();
  call->context = &context_;
  call->caller.request_id = request->request_id;
  call->caller.source_address = head.remote_address;
  call->head = std::move(head);
  call->request = std::move(request);
  absl::StatusOr<Begun> begun = Route(call);
  return begun.ok() ? *std::move(begun) : Begun(call->Error(begun.status()));
}

absl::StatusOr<Begun> S3Service::Route(const S3CallPtr& call) {
  const RequestHead& head = call->head;
  EndpointRequest& request = *call->request;
  CLOUDLET_ASSIGN_OR_RETURN(call->target, ParseRequestTarget(head.target));
  CLOUDLET_ASSIGN_OR_RETURN(call->address, S3AddressOf(head.headers.Get("host"),
                                                       call->target.raw_path, options_.domains));
  request.bucket = call->address.bucket;
  request.key = call->address.key;
  // Signed the old way, which puts headers among the parameters: refused before those are looked
  // at.
  if (call->target.Find("AWSAccessKeyId") != nullptr) {
    CLOUDLET_RETURN_IF_ERROR(
        authenticator_.Authenticate(head, call->target, context_.cloud->Now()).status());
  }
  CLOUDLET_ASSIGN_OR_RETURN(call->operation, RouteS3({.method = head.method,
                                                      .scope = call->address.scope(),
                                                      .query = &call->target.query,
                                                      .headers = &head.headers}));
  request.operation = std::string(InfoOf(call->operation).name);
  if (call->operation == S3Operation::kPreflightBucket ||
      call->operation == S3Operation::kPreflightObject) {
    return Begun(Preflight(*call));
  }
  const bool form = call->operation == S3Operation::kPostObject;
  if (!form) {  // whose credentials are inside
    CLOUDLET_ASSIGN_OR_RETURN(
        call->who, authenticator_.Authenticate(head, call->target, context_.cloud->Now()));
    call->caller.principal =
        call->who->anonymous() ? kAnonymousPrincipal : call->who->identity().canonical_id;
    request.principal = call->caller.principal;
    if (call->who->signed_query()) {
      TakeHeadersOfQuery(call->target, &call->head.headers);
      // Among them may be the one that makes a put a copy.
      CLOUDLET_ASSIGN_OR_RETURN(call->operation, RouteS3({.method = head.method,
                                                          .scope = call->address.scope(),
                                                          .query = &call->target.query,
                                                          .headers = &head.headers}));
      request.operation = std::string(InfoOf(call->operation).name);
    }
    CLOUDLET_RETURN_IF_ERROR(CheckExpectedOwner(*call));
  }
  CLOUDLET_RETURN_IF_ERROR(CheckImplemented(call->operation));
  CLOUDLET_RETURN_IF_ERROR(CheckSupportedHeaders(head.headers));
  std::optional<InjectedFault> fault;
  if (options_.hook != nullptr) fault = options_.hook(request);
  if (fault.has_value()) CLOUDLET_RETURN_IF_ERROR(fault->error);
  Begun begun = form ? PostObject(call, authenticator_) : OperationOf(call->operation)(call);
  if (fault.has_value() && fault->drop_answer) return Losing(std::move(begun));
  return begun;
}

Response S3Service::Refuse(int status, std::string_view detail,
                           const std::string& request_id) const {
  S3Error error;
  error.http_status = status;
  switch (status) {
    case 403:
      error.code = "AccessDenied";
      break;
    case 408:
      error.code = "RequestTimeout";
      break;
    case 500:
      error.code = "InternalError";
      break;
    case 501:
      error.code = "NotImplemented";
      break;
    case 503:
      error.code = "SlowDown";
      break;
    default:
      error.code = "BadRequest";
      break;
  }
  error.message =
      status == 500 ? "We encountered an internal error. Please try again." : std::string(detail);
  error.request_id = request_id;
  error.host_id = context_.host_id;
  Response response = ErrorResponse(error, "GET");
  if (status == 503) response.headers.Add("Retry-After", "1");
  return response;
}

}  // namespace cloudlet::http
