// The table of cloudlet/error.h, and its two directions.
#include "cloudlet/error.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace cloudlet {
namespace {

using absl::StatusCode;

constexpr char kPayloadUrl[] = "cloudlet/s3-error-code";
// The version id, a space, milliseconds since 1970.
constexpr char kMarkerUrl[] = "cloudlet/delete-marker";

// In the order of the enum, so that a code is its own index.
constexpr ErrorInfo kTable[] = {
    {ErrorCode::kNone, "", StatusCode::kUnknown, 500, ""},
    {ErrorCode::kAccessDenied, "AccessDenied", StatusCode::kPermissionDenied, 403, "Access Denied"},
    {ErrorCode::kAnnotationLimitExceeded, "AnnotationLimitExceeded", StatusCode::kResourceExhausted,
     400, "The request would exceed the maximum number of annotations allowed per object"},
    {ErrorCode::kAnnotationNameTooLong, "AnnotationNameTooLong", StatusCode::kInvalidArgument, 400,
     "The annotation name exceeds 512 bytes"},
    {ErrorCode::kAuthorizationHeaderMalformed, "AuthorizationHeaderMalformed",
     StatusCode::kInvalidArgument, 400, "The authorization header you provided is invalid"},
    {ErrorCode::kAuthorizationQueryParametersError, "AuthorizationQueryParametersError",
     StatusCode::kInvalidArgument, 400,
     "The authorization query parameters that you provided are not valid"},
    {ErrorCode::kBadDigest, "BadDigest", StatusCode::kInvalidArgument, 400,
     "The Content-MD5 or checksum value you specified did not match what was received"},
    {ErrorCode::kBucketAlreadyExists, "BucketAlreadyExists", StatusCode::kAlreadyExists, 409,
     "The requested bucket name is not available"},
    {ErrorCode::kBucketAlreadyOwnedByYou, "BucketAlreadyOwnedByYou", StatusCode::kAlreadyExists,
     409, "Your previous request to create the named bucket succeeded and you already own it"},
    {ErrorCode::kBucketNotEmpty, "BucketNotEmpty", StatusCode::kFailedPrecondition, 409,
     "The bucket you tried to delete is not empty"},
    {ErrorCode::kConditionalRequestConflict, "ConditionalRequestConflict", StatusCode::kAborted,
     409, "A conflicting conditional operation is in progress against this resource"},
    {ErrorCode::kEntityTooLarge, "EntityTooLarge", StatusCode::kInvalidArgument, 400,
     "Your proposed upload exceeds the maximum allowed size"},
    {ErrorCode::kEntityTooSmall, "EntityTooSmall", StatusCode::kInvalidArgument, 400,
     "Your proposed upload is smaller than the minimum allowed size"},
    {ErrorCode::kIllegalLocationConstraint, "IllegalLocationConstraintException",
     StatusCode::kInvalidArgument, 400,
     "The specified location constraint is not valid for the Region that the request was sent to"},
    {ErrorCode::kIncompleteBody, "IncompleteBody", StatusCode::kInvalidArgument, 400,
     "You did not provide the number of bytes specified by the Content-Length HTTP header"},
    {ErrorCode::kIncorrectNumberOfFilesInPostRequest, "IncorrectNumberOfFilesInPostRequest",
     StatusCode::kInvalidArgument, 400, "POST requires exactly one file upload per request"},
    {ErrorCode::kInternalError, "InternalError", StatusCode::kInternal, 500,
     "We encountered an internal error. Please try again."},
    {ErrorCode::kInvalidAccessKeyId, "InvalidAccessKeyId", StatusCode::kPermissionDenied, 403,
     "The AWS access key ID that you provided does not exist in our records"},
    {ErrorCode::kInvalidAnnotationName, "InvalidAnnotationName", StatusCode::kInvalidArgument, 400,
     "The annotation name you provided is invalid"},
    {ErrorCode::kInvalidArgument, "InvalidArgument", StatusCode::kInvalidArgument, 400,
     "Invalid Argument"},
    {ErrorCode::kInvalidBucketName, "InvalidBucketName", StatusCode::kInvalidArgument, 400,
     "The specified bucket is not valid"},
    {ErrorCode::kInvalidBucketState, "InvalidBucketState", StatusCode::kFailedPrecondition, 409,
     "The request is not valid for the current state of the bucket"},
    {ErrorCode::kInvalidChunkSize, "InvalidChunkSizeError", StatusCode::kInvalidArgument, 400,
     "Only the last chunk is allowed to have a size less than 8192 bytes"},
    {ErrorCode::kInvalidDigest, "InvalidDigest", StatusCode::kInvalidArgument, 400,
     "The Content-MD5 or checksum value you specified is not valid"},
    {ErrorCode::kInvalidLocationConstraint, "InvalidLocationConstraint",
     StatusCode::kInvalidArgument, 400, "The specified location (Region) constraint is not valid"},
    {ErrorCode::kInvalidPart, "InvalidPart", StatusCode::kInvalidArgument, 400,
     "One or more of the specified parts could not be found"},
    {ErrorCode::kInvalidPartNumber, "InvalidPartNumber", StatusCode::kOutOfRange, 416,
     "The requested partnumber is not satisfiable"},
    {ErrorCode::kInvalidPartOrder, "InvalidPartOrder", StatusCode::kInvalidArgument, 400,
     "The list of parts was not in ascending order"},
    {ErrorCode::kInvalidPolicyDocument, "InvalidPolicyDocument", StatusCode::kInvalidArgument, 400,
     "The content of the form does not meet the conditions specified in the policy document"},
    {ErrorCode::kInvalidPrefix, "InvalidPrefix", StatusCode::kInvalidArgument, 400,
     "The annotation prefix you provided is invalid"},
    {ErrorCode::kInvalidRange, "InvalidRange", StatusCode::kOutOfRange, 416,
     "The requested range is not satisfiable"},
    {ErrorCode::kInvalidRequest, "InvalidRequest", StatusCode::kInvalidArgument, 400,
     "Invalid Request"},
    {ErrorCode::kInvalidSecurity, "InvalidSecurity", StatusCode::kPermissionDenied, 403,
     "The provided security credentials are not valid"},
    {ErrorCode::kInvalidStorageClass, "InvalidStorageClass", StatusCode::kInvalidArgument, 400,
     "The storage class you specified is not valid"},
    {ErrorCode::kInvalidTag, "InvalidTag", StatusCode::kInvalidArgument, 400,
     "The tag provided was not a valid tag"},
    {ErrorCode::kInvalidToken, "InvalidToken", StatusCode::kInvalidArgument, 400,
     "The provided token is malformed or otherwise not valid"},
    {ErrorCode::kInvalidUri, "InvalidURI", StatusCode::kInvalidArgument, 400,
     "The specified URI couldn't be parsed"},
    {ErrorCode::kInvalidWriteOffset, "InvalidWriteOffset", StatusCode::kInvalidArgument, 400,
     "The write offset value that you specified does not match the current object size"},
    {ErrorCode::kKeyTooLong, "KeyTooLongError", StatusCode::kInvalidArgument, 400,
     "Your key is too long"},
    {ErrorCode::kMalformedAcl, "MalformedACLError", StatusCode::kInvalidArgument, 400,
     "The ACL that you provided was not well formed or did not validate against our published "
     "schema"},
    {ErrorCode::kMalformedPostRequest, "MalformedPOSTRequest", StatusCode::kInvalidArgument, 400,
     "The body of your POST request is not well-formed multipart/form-data"},
    {ErrorCode::kMalformedTrailer, "MalformedTrailerError", StatusCode::kInvalidArgument, 400,
     "The request contained trailing data that was not well-formed or did not conform to our "
     "published schema"},
    {ErrorCode::kMalformedXml, "MalformedXML", StatusCode::kInvalidArgument, 400,
     "The request is not well-formed or did not validate against S3's schema"},
    {ErrorCode::kMaxMessageLengthExceeded, "MaxMessageLengthExceeded", StatusCode::kInvalidArgument,
     400, "Your request was too large"},
    {ErrorCode::kMaxPostPreDataLengthExceeded, "MaxPostPreDataLengthExceededError",
     StatusCode::kInvalidArgument, 400,
     "Your POST request fields preceding the upload file were too large"},
    {ErrorCode::kMetadataTooLarge, "MetadataTooLarge", StatusCode::kInvalidArgument, 400,
     "Your metadata headers exceed the maximum allowed metadata size"},
    {ErrorCode::kMethodNotAllowed, "MethodNotAllowed", StatusCode::kUnimplemented, 405,
     "The specified method is not allowed against this resource"},
    {ErrorCode::kMissingContentLength, "MissingContentLength", StatusCode::kInvalidArgument, 411,
     "You must provide the Content-Length HTTP header"},
    {ErrorCode::kMissingSecurityHeader, "MissingSecurityHeader", StatusCode::kInvalidArgument, 400,
     "Your request is missing a required header"},
    {ErrorCode::kNoSuchAnnotation, "NoSuchAnnotation", StatusCode::kNotFound, 404,
     "The specified annotation does not exist on this object"},
    {ErrorCode::kNoSuchBucket, "NoSuchBucket", StatusCode::kNotFound, 404,
     "The specified bucket does not exist"},
    {ErrorCode::kNoSuchBucketPolicy, "NoSuchBucketPolicy", StatusCode::kNotFound, 404,
     "The specified bucket does not have a bucket policy"},
    {ErrorCode::kNoSuchCorsConfiguration, "NoSuchCORSConfiguration", StatusCode::kNotFound, 404,
     "The specified bucket does not have a CORS configuration"},
    {ErrorCode::kNoSuchKey, "NoSuchKey", StatusCode::kNotFound, 404,
     "The specified key does not exist"},
    {ErrorCode::kNoSuchLifecycleConfiguration, "NoSuchLifecycleConfiguration",
     StatusCode::kNotFound, 404, "The specified lifecycle configuration does not exist"},
    {ErrorCode::kNoSuchPublicAccessBlockConfiguration, "NoSuchPublicAccessBlockConfiguration",
     StatusCode::kNotFound, 404, "The public access block configuration was not found"},
    {ErrorCode::kNoSuchTagSet, "NoSuchTagSet", StatusCode::kNotFound, 404,
     "The TagSet does not exist"},
    {ErrorCode::kNoSuchUpload, "NoSuchUpload", StatusCode::kNotFound, 404,
     "The specified multipart upload does not exist"},
    {ErrorCode::kNoSuchVersion, "NoSuchVersion", StatusCode::kNotFound, 404,
     "The specified version does not exist"},
    {ErrorCode::kNoSuchWebsiteConfiguration, "NoSuchWebsiteConfiguration", StatusCode::kNotFound,
     404, "The specified bucket does not have a website configuration"},
    {ErrorCode::kNotImplemented, "NotImplemented", StatusCode::kUnimplemented, 501,
     "A header or query you provided implies functionality that is not implemented"},
    {ErrorCode::kObjectLockConfigurationNotFound, "ObjectLockConfigurationNotFoundError",
     StatusCode::kNotFound, 404, "Object Lock configuration does not exist for this bucket"},
    {ErrorCode::kOwnershipControlsNotFound, "OwnershipControlsNotFoundError", StatusCode::kNotFound,
     404, "The bucket ownership controls were not found"},
    {ErrorCode::kPreconditionFailed, "PreconditionFailed", StatusCode::kFailedPrecondition, 412,
     "At least one of the preconditions you specified did not hold"},
    {ErrorCode::kReplicationConfigurationNotFound, "ReplicationConfigurationNotFoundError",
     StatusCode::kNotFound, 404, "There is no replication configuration for this bucket"},
    {ErrorCode::kRequestTimeout, "RequestTimeout", StatusCode::kDeadlineExceeded, 400,
     "Your socket connection to the server was not read from or written to within the timeout "
     "period"},
    {ErrorCode::kRequestTimeTooSkewed, "RequestTimeTooSkewed", StatusCode::kPermissionDenied, 403,
     "The difference between the request time and the server's time is too large"},
    {ErrorCode::kServerSideEncryptionConfigurationNotFound,
     "ServerSideEncryptionConfigurationNotFoundError", StatusCode::kNotFound, 404,
     "The server-side encryption configuration was not found"},
    {ErrorCode::kServiceUnavailable, "ServiceUnavailable", StatusCode::kUnavailable, 503,
     "Service is unable to handle request"},
    {ErrorCode::kSignatureDoesNotMatch, "SignatureDoesNotMatch", StatusCode::kPermissionDenied, 403,
     "The request signature that the server calculated does not match the signature that you "
     "provided"},
    {ErrorCode::kSlowDown, "SlowDown", StatusCode::kResourceExhausted, 503,
     "Please reduce your request rate"},
    {ErrorCode::kTooManyBuckets, "TooManyBuckets", StatusCode::kResourceExhausted, 400,
     "You have attempted to create more buckets than allowed"},
    {ErrorCode::kTooManyParts, "TooManyParts", StatusCode::kInvalidArgument, 400,
     "You have attempted to add more parts than the maximum of 10000 that are allowed"},
    {ErrorCode::kUnresolvableGrantByEmailAddress, "UnresolvableGrantByEmailAddress",
     StatusCode::kInvalidArgument, 400,
     "The email address that you provided does not match any account on record"},
    {ErrorCode::kUnsupportedMediaType, "UnsupportedMediaType", StatusCode::kInvalidArgument, 415,
     "The annotation payload is not valid UTF-8 encoded text"},
    {ErrorCode::kUserKeyMustBeSpecified, "UserKeyMustBeSpecified", StatusCode::kInvalidArgument,
     400, "The bucket POST request must contain the specified field name"},
    {ErrorCode::kXAmzContentSha256Mismatch, "XAmzContentSHA256Mismatch",
     StatusCode::kInvalidArgument, 400,
     "The provided x-amz-content-sha256 header does not match what was computed"},
    {ErrorCode::kFunctionNotFound, "ResourceNotFoundException", StatusCode::kNotFound, 404,
     "The resource specified in the request does not exist"},
    {ErrorCode::kFunctionConflict, "ResourceConflictException", StatusCode::kAlreadyExists, 409,
     "The resource already exists, or another operation is in progress"},
    {ErrorCode::kInvalidParameterValue, "InvalidParameterValueException",
     StatusCode::kInvalidArgument, 400, "One of the parameters in the request is not valid"},
    {ErrorCode::kTooManyRequests, "TooManyRequestsException", StatusCode::kResourceExhausted, 429,
     "The request throughput limit was exceeded"},
    {ErrorCode::kRequestTooLarge, "RequestTooLargeException", StatusCode::kInvalidArgument, 413,
     "The request payload exceeded the Invoke request body JSON input quota"},
    {ErrorCode::kRecursiveInvocation, "RecursiveInvocationException",
     StatusCode::kFailedPrecondition, 400,
     "Your function is being invoked in a recursive loop with other resources and was stopped"},
    {ErrorCode::kQueueDoesNotExist, "QueueDoesNotExist", StatusCode::kNotFound, 400,
     "The specified queue does not exist"},
    {ErrorCode::kQueueNameExists, "QueueNameExists", StatusCode::kAlreadyExists, 400,
     "A queue with this name and other attributes already exists"},
    {ErrorCode::kReceiptHandleIsInvalid, "ReceiptHandleIsInvalid", StatusCode::kInvalidArgument,
     400, "The input receipt handle is invalid"},
    {ErrorCode::kMessageNotInflight, "MessageNotInflight", StatusCode::kFailedPrecondition, 400,
     "The specified message is not in flight"},
    {ErrorCode::kTopicNotFound, "NotFoundException", StatusCode::kNotFound, 404,
     "Topic does not exist"},
    {ErrorCode::kInvalidEventPattern, "InvalidEventPatternException", StatusCode::kInvalidArgument,
     400, "The event pattern is not valid"},
};

constexpr bool InOrder() {
  size_t index = 0;
  for (const ErrorInfo& row : kTable) {
    if (static_cast<size_t>(row.code) != index++) return false;
  }
  return true;
}
static_assert(InOrder(), "kTable must be in the order of ErrorCode");

}  // namespace

const ErrorInfo& InfoOf(ErrorCode code) {
  const auto index = static_cast<size_t>(code);
  return index < std::size(kTable) ? kTable[index] : kTable[0];
}

ErrorCode ErrorCodeNamed(std::string_view name) {
  if (name.empty()) return ErrorCode::kNone;
  for (const ErrorInfo& row : kTable) {
    if (name == row.name) return row.code;
  }
  return ErrorCode::kNone;
}

absl::Status MakeError(ErrorCode code, std::string_view detail) {
  if (code == ErrorCode::kNone) {
    return absl::InternalError(absl::string_view(detail.data(), detail.size()));
  }
  const ErrorInfo& info = InfoOf(code);
  std::string message = info.name;
  message += ": ";
  message += detail.empty() ? std::string_view(info.message) : detail;
  absl::Status status(info.canonical, message);
  status.SetPayload(kPayloadUrl, absl::Cord(info.name));
  return status;
}

ErrorCode ErrorCodeOf(const absl::Status& status) {
  if (status.ok()) return ErrorCode::kNone;
  const auto payload = status.GetPayload(kPayloadUrl);
  if (!payload.has_value()) return ErrorCode::kNone;
  return ErrorCodeNamed(std::string(*payload));
}

std::optional<DeleteMarkerInfo> DeleteMarkerOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kMarkerUrl);
  if (!payload.has_value()) return std::nullopt;
  const std::string text(*payload);
  const size_t space = text.find(' ');
  int64_t millis = 0;
  if (space == std::string::npos || !absl::SimpleAtoi(text.substr(space + 1), &millis)) {
    return std::nullopt;
  }
  return DeleteMarkerInfo{text.substr(0, space), absl::FromUnixMillis(millis)};
}

absl::Status WithDeleteMarker(absl::Status status, const DeleteMarkerInfo& marker) {
  status.SetPayload(kMarkerUrl, absl::Cord(absl::StrCat(marker.version_id, " ",
                                                        absl::ToUnixMillis(marker.last_modified))));
  return status;
}

}  // namespace cloudlet
