// S3's error codes on absl::Status: one table for both directions.
//
// Every error of the library is an absl::Status whose message names the operation, bucket and key,
// for example
//   put "photos/cat.jpg": NoSuchBucket: the bucket does not exist (create it with
//   Cloud::CreateBucket)
// Where S3 (or Lambda) has a code for it, the status also carries that code as a payload:
//   if (cloudlet::IsNoSuchKey(status)) ...
//   if (cloudlet::ErrorCodeOf(status) == cloudlet::ErrorCode::kBadDigest) ...
// Codes and HTTP statuses: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
//
// Threads: free functions over values; any thread.
#ifndef CLOUDLET_API_ERROR_H_
#define CLOUDLET_API_ERROR_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace cloudlet {

enum class ErrorCode {
  kNone,  // OK, or a status without an S3 code (store closed, open elsewhere, DATA_LOSS, ...)
  // S3.
  kAccessDenied,
  kAnnotationLimitExceeded,
  kAnnotationNameTooLong,
  kAuthorizationHeaderMalformed,
  kAuthorizationQueryParametersError,
  kBadDigest,
  kBucketAlreadyExists,
  kBucketAlreadyOwnedByYou,
  kBucketNotEmpty,
  kConditionalRequestConflict,
  kEntityTooLarge,
  kEntityTooSmall,
  kIllegalLocationConstraint,
  kIncompleteBody,
  kIncorrectNumberOfFilesInPostRequest,
  kInternalError,
  kInvalidAccessKeyId,
  kInvalidAnnotationName,
  kInvalidArgument,
  kInvalidBucketName,
  kInvalidBucketState,
  kInvalidChunkSize,
  kInvalidDigest,
  kInvalidLocationConstraint,
  kInvalidPart,
  kInvalidPartNumber,
  kInvalidPartOrder,
  kInvalidPolicyDocument,
  kInvalidPrefix,
  kInvalidRange,
  kInvalidRequest,
  kInvalidSecurity,
  kInvalidStorageClass,
  kInvalidTag,
  kInvalidToken,
  kInvalidUri,
  kInvalidWriteOffset,
  kKeyTooLong,
  kMalformedAcl,
  kMalformedPostRequest,
  kMalformedTrailer,
  kMalformedXml,
  kMaxMessageLengthExceeded,
  kMaxPostPreDataLengthExceeded,
  kMetadataTooLarge,
  kMethodNotAllowed,
  kMissingContentLength,
  kMissingSecurityHeader,
  kNoSuchAnnotation,
  kNoSuchBucket,
  kNoSuchBucketPolicy,
  kNoSuchCorsConfiguration,
  kNoSuchKey,
  kNoSuchLifecycleConfiguration,
  kNoSuchPublicAccessBlockConfiguration,
  kNoSuchTagSet,
  kNoSuchUpload,
  kNoSuchVersion,
  kNoSuchWebsiteConfiguration,
  kNotImplemented,
  kObjectLockConfigurationNotFound,
  kOwnershipControlsNotFound,
  kPreconditionFailed,
  kReplicationConfigurationNotFound,
  kRequestTimeout,
  kRequestTimeTooSkewed,
  kServerSideEncryptionConfigurationNotFound,
  kServiceUnavailable,
  kSignatureDoesNotMatch,
  kSlowDown,
  kTooManyBuckets,
  kTooManyParts,
  kUnresolvableGrantByEmailAddress,
  kUnsupportedMediaType,
  kUserKeyMustBeSpecified,
  kXAmzContentSha256Mismatch,
  // Lambda.
  kFunctionNotFound,       // ResourceNotFoundException
  kFunctionConflict,       // ResourceConflictException
  kInvalidParameterValue,  // InvalidParameterValueException
  kTooManyRequests,        // TooManyRequestsException; ThrottleOf (invoke.h) tells more
  kRequestTooLarge,        // RequestTooLargeException
  kRecursiveInvocation,    // RecursiveInvocationException
  // SQS, SNS, EventBridge.
  kQueueDoesNotExist,
  kQueueNameExists,
  kReceiptHandleIsInvalid,
  kMessageNotInflight,
  kTopicNotFound,        // NotFoundException
  kInvalidEventPattern,  // InvalidEventPatternException
};

// A row of the table.
struct ErrorInfo {
  ErrorCode code;
  const char* name;            // as on the wire: "NoSuchKey"
  absl::StatusCode canonical;  // the absl code that such a status has
  int http_status;             // 400 to 599
  const char* message;         // S3's own words, or close to them
};

// The row of `code`. kNone gives a row with an empty name, kUnknown and 500.
const ErrorInfo& InfoOf(ErrorCode code);
// The code called `name` on the wire; kNone when the table has no such name.
ErrorCode ErrorCodeNamed(std::string_view name);

// A status that carries `code`; its message is "<name>: <detail>", detail S3's own words when
// empty. `code` kNone gives an INTERNAL status.
absl::Status MakeError(ErrorCode code, std::string_view detail = {});
// The code that `status` carries; kNone when it carries none or is OK.
ErrorCode ErrorCodeOf(const absl::Status& status);

// The delete marker that a read met. A get, head, reader or GetAttributes that finds nothing but a
// delete marker answers NoSuchKey, one that names a marker by its version id MethodNotAllowed; in
// both cases S3 sends x-amz-delete-marker: true beside the error. Calls on tags and annotations
// answer MethodNotAllowed in both cases.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html
struct DeleteMarkerInfo {
  std::string version_id = {};    // x-amz-version-id; "null" as in ObjectInfo
  absl::Time last_modified = {};  // when it was made; S3 tells it only with MethodNotAllowed
};

// What the error is about; nullopt when that is no delete marker, or OK.
std::optional<DeleteMarkerInfo> DeleteMarkerOf(const absl::Status& status);
// The same status with `marker` told in it. OK stays OK.
absl::Status WithDeleteMarker(absl::Status status, const DeleteMarkerInfo& marker);

inline bool IsNoSuchKey(const absl::Status& s) { return ErrorCodeOf(s) == ErrorCode::kNoSuchKey; }
inline bool IsNoSuchBucket(const absl::Status& s) {
  return ErrorCodeOf(s) == ErrorCode::kNoSuchBucket;
}
inline bool IsNoSuchUpload(const absl::Status& s) {
  return ErrorCodeOf(s) == ErrorCode::kNoSuchUpload;
}
// If-Match or If-None-Match said no (HTTP 412).
inline bool IsPreconditionFailed(const absl::Status& s) {
  return ErrorCodeOf(s) == ErrorCode::kPreconditionFailed;
}
inline bool IsBadDigest(const absl::Status& s) { return ErrorCodeOf(s) == ErrorCode::kBadDigest; }
inline bool IsInvalidRange(const absl::Status& s) {
  return ErrorCodeOf(s) == ErrorCode::kInvalidRange;
}
inline bool IsBucketAlreadyOwnedByYou(const absl::Status& s) {
  return ErrorCodeOf(s) == ErrorCode::kBucketAlreadyOwnedByYou;
}
inline bool IsBucketNotEmpty(const absl::Status& s) {
  return ErrorCodeOf(s) == ErrorCode::kBucketNotEmpty;
}
inline bool IsAccessDenied(const absl::Status& s) {
  return ErrorCodeOf(s) == ErrorCode::kAccessDenied;
}
inline bool IsNotImplemented(const absl::Status& s) {
  return ErrorCodeOf(s) == ErrorCode::kNotImplemented;
}
// The store latched after a write error: reads go on, writes need Cloud::Reopen(). Never true of a
// failed Cloud::Open. (Stored bytes that do not match their checksum, or synced writes that are
// gone: absl::IsDataLoss.)
inline bool IsReadOnly(const absl::Status& s) {
  return s.code() == absl::StatusCode::kUnavailable &&
         ErrorCodeOf(s) == ErrorCode::kServiceUnavailable;
}

}  // namespace cloudlet

#endif  // CLOUDLET_API_ERROR_H_
