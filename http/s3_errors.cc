// The table of codes itself is cloudlet/error.h's; here is what HTTP and XML add to it.
#include "http/s3_errors.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "http/http_date.h"
#include "http/xml.h"

namespace cloudlet::http {
namespace {

using base::V;

// Of pairs: name, NUL, value, NUL.
constexpr char kFieldsUrl[] = "cloudlet/s3-error-fields";

// Codes that S3's REST API does not have: what is said in their place.
ErrorCode S3CodeOf(const absl::Status& status) {
  const ErrorCode code = ErrorCodeOf(status);
  switch (code) {
    case ErrorCode::kNone:
      return status.code() == absl::StatusCode::kFailedPrecondition ? ErrorCode::kServiceUnavailable
                                                                    : ErrorCode::kInternalError;
    case ErrorCode::kFunctionNotFound:
    case ErrorCode::kFunctionConflict:
    case ErrorCode::kInvalidParameterValue:
    case ErrorCode::kQueueDoesNotExist:
    case ErrorCode::kQueueNameExists:
    case ErrorCode::kTopicNotFound:
    case ErrorCode::kInvalidEventPattern:
      return ErrorCode::kInvalidArgument;
    case ErrorCode::kTooManyRequests:
      return ErrorCode::kSlowDown;
    case ErrorCode::kRequestTooLarge:
      return ErrorCode::kEntityTooLarge;
    case ErrorCode::kRecursiveInvocation:
    case ErrorCode::kReceiptHandleIsInvalid:
    case ErrorCode::kMessageNotInflight:
      return ErrorCode::kInternalError;
    default:
      return code;
  }
}

bool SpeaksOfTheRequest(int http_status) {
  return http_status == 400 || http_status == 411 || http_status == 415 || http_status == 416 ||
         http_status == 501;
}

// What stands behind the name of the code; S3's own words where there is nothing.
std::string MessageOf(const absl::Status& status, const ErrorInfo& info) {
  if (!SpeaksOfTheRequest(info.http_status)) return info.message;
  const std::string_view own = InfoOf(ErrorCodeOf(status)).name;
  const std::string_view text = base::S(status.message());
  const std::string mark = absl::StrCat(V(own), ": ");
  const size_t at = text.find(mark);
  if (own.empty() || at == std::string_view::npos) return info.message;
  return std::string(text.substr(at + mark.size()));
}

void AddIfAny(std::vector<ErrorField>* fields, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  for (const ErrorField& field : *fields) {
    if (field.name == name) return;
  }
  fields->push_back({std::string(name), std::string(value)});
}

void AddContext(ErrorCode code, const ErrorContext& context, std::vector<ErrorField>* fields) {
  switch (code) {
    case ErrorCode::kNoSuchBucket:
    case ErrorCode::kBucketNotEmpty:
    case ErrorCode::kBucketAlreadyExists:
    case ErrorCode::kBucketAlreadyOwnedByYou:
    case ErrorCode::kInvalidBucketName:
    case ErrorCode::kNoSuchTagSet:
      return AddIfAny(fields, "BucketName", context.bucket);
    case ErrorCode::kNoSuchKey:
      return AddIfAny(fields, "Key", context.key);
    case ErrorCode::kNoSuchVersion:
      AddIfAny(fields, "Key", context.key);
      return AddIfAny(fields, "VersionId", context.version_id);
    case ErrorCode::kNoSuchUpload:
    case ErrorCode::kInvalidPart:
    case ErrorCode::kInvalidPartOrder:
      return AddIfAny(fields, "UploadId", context.upload_id);
    case ErrorCode::kPreconditionFailed:
      return AddIfAny(fields, "Condition", context.condition);
    case ErrorCode::kInvalidRange:
      return AddIfAny(fields, "RangeRequested", context.range);
    case ErrorCode::kMethodNotAllowed:
      AddIfAny(fields, "Method", context.method);
      return AddIfAny(fields, "ResourceType", context.key.empty() ? "BUCKET" : "OBJECT");
    default:
      return;
  }
}

void AddDeleteMarker(const absl::Status& status, S3Error* error) {
  const std::optional<DeleteMarkerInfo> marker = DeleteMarkerOf(status);
  if (!marker.has_value()) return;
  error->headers.Add("x-amz-delete-marker", "true");
  error->headers.Add("x-amz-version-id", marker->version_id);
  if (error->http_status != 405) return;
  error->headers.Add("Last-Modified", FormatHttpDate(marker->last_modified));
  error->headers.Add("Allow", "DELETE");
}

absl::StatusCode CanonicalOf(int http_status) {
  switch (http_status) {
    case 400:
      return absl::StatusCode::kInvalidArgument;
    case 401:
    case 403:
      return absl::StatusCode::kPermissionDenied;
    case 404:
      return absl::StatusCode::kNotFound;
    case 409:
      return absl::StatusCode::kAborted;
    case 412:
      return absl::StatusCode::kFailedPrecondition;
    case 416:
      return absl::StatusCode::kOutOfRange;
    case 405:
    case 501:
      return absl::StatusCode::kUnimplemented;
    case 429:
      return absl::StatusCode::kResourceExhausted;
    case 502:
    case 503:
    case 504:
      return absl::StatusCode::kUnavailable;
    default:
      return http_status >= 500 ? absl::StatusCode::kInternal : absl::StatusCode::kUnknown;
  }
}

ErrorCode CodeWithoutBody(int http_status, bool of_object) {
  switch (http_status) {
    case 400:
      return ErrorCode::kInvalidRequest;
    case 403:
      return ErrorCode::kAccessDenied;
    case 404:
      return of_object ? ErrorCode::kNoSuchKey : ErrorCode::kNoSuchBucket;
    case 405:
      return ErrorCode::kMethodNotAllowed;
    case 409:
      return ErrorCode::kConditionalRequestConflict;
    case 412:
      return ErrorCode::kPreconditionFailed;
    case 416:
      return ErrorCode::kInvalidRange;
    case 501:
      return ErrorCode::kNotImplemented;
    case 503:
      return ErrorCode::kServiceUnavailable;
    default:
      return ErrorCode::kInternalError;
  }
}

}  // namespace

absl::Status WithErrorField(absl::Status status, std::string_view name, std::string_view value) {
  if (status.ok()) return status;
  absl::Cord all;
  if (const auto before = status.GetPayload(kFieldsUrl); before.has_value()) all = *before;
  std::string text(name);
  text.push_back('\0');
  // A NUL in the value would end it: only the text up to there is told.
  text += value.substr(0, value.find('\0'));
  text.push_back('\0');
  all.Append(text);
  status.SetPayload(kFieldsUrl, all);
  return status;
}

std::vector<ErrorField> ErrorFieldsOf(const absl::Status& status) {
  std::vector<ErrorField> fields;
  const auto payload = status.GetPayload(kFieldsUrl);
  if (!payload.has_value()) return fields;
  const std::string text(*payload);
  std::string_view rest = text;
  while (!rest.empty()) {
    const size_t name = rest.find('\0');
    const size_t value = rest.find('\0', name + 1);
    fields.push_back(
        {std::string(rest.substr(0, name)), std::string(rest.substr(name + 1, value - name - 1))});
    rest.remove_prefix(value + 1);
  }
  return fields;
}

absl::Status InvalidArgumentError(std::string_view name, std::string_view value,
                                  std::string_view message) {
  absl::Status status = MakeError(ErrorCode::kInvalidArgument, message);
  return WithErrorField(WithErrorField(std::move(status), "ArgumentName", name), "ArgumentValue",
                        value);
}

S3Error S3ErrorOf(const absl::Status& status, const ErrorContext& context) {
  const ErrorCode code = S3CodeOf(status);
  const ErrorInfo& info = InfoOf(code);
  S3Error error;
  error.http_status = info.http_status;
  error.code = info.name;
  error.message = MessageOf(status, info);
  error.resource = context.resource;
  error.request_id = context.request_id;
  error.host_id = context.host_id;
  error.fields = ErrorFieldsOf(status);
  AddContext(code, context, &error.fields);
  AddDeleteMarker(status, &error);
  return error;
}

std::string ConditionOf(const Headers& headers) {
  for (std::string_view name :
       {"If-Match", "If-None-Match", "If-Unmodified-Since", "x-amz-copy-source-if-match",
        "x-amz-copy-source-if-none-match", "x-amz-copy-source-if-modified-since",
        "x-amz-copy-source-if-unmodified-since"}) {
    if (headers.Find(name) != nullptr) return std::string(name);
  }
  return {};
}

std::string EncodeError(const S3Error& error) {
  XmlWriter xml("Error", "");
  xml.Text("Code", error.code).Text("Message", error.message);
  for (const ErrorField& field : error.fields) xml.Text(field.name, field.value);
  xml.TextIfAny("Resource", error.resource);
  xml.Text("RequestId", error.request_id).Text("HostId", error.host_id);
  return std::move(xml).Finish();
}

Response ErrorResponse(const S3Error& error, std::string_view method) {
  Response response;
  response.status = error.http_status;
  response.headers = error.headers;
  response.headers.Add("Content-Type", "application/xml");
  if (method != "HEAD") response.body = absl::Cord(EncodeError(error));
  return response;
}

absl::StatusOr<S3Error> DecodeError(std::string_view body, int http_status) {
  absl::StatusOr<XmlDocument> document = XmlDocument::Parse(body, "Error");
  if (!document.ok()) return document.status();
  S3Error error;
  error.http_status = http_status;
  error.code.clear();
  for (const XmlElement child : document->root().children()) {
    const std::string_view name = child.name();
    std::string* const known = name == "Code"        ? &error.code
                               : name == "Message"   ? &error.message
                               : name == "Resource"  ? &error.resource
                               : name == "RequestId" ? &error.request_id
                               : name == "HostId"    ? &error.host_id
                                                     : nullptr;
    if (known != nullptr) {
      *known = child.text();
    } else {
      error.fields.push_back({std::string(name), child.text()});
    }
  }
  if (error.code.empty()) return MakeError(ErrorCode::kMalformedXml, "an error without a code");
  return error;
}

S3Error ErrorWithoutBody(int http_status, std::string_view key) {
  const ErrorInfo& info = InfoOf(CodeWithoutBody(http_status, !key.empty()));
  S3Error error;
  error.http_status = http_status;
  error.code = info.name;
  error.message = info.message;
  return error;
}

absl::Status StatusOf(const S3Error& error) {
  const ErrorCode code = ErrorCodeNamed(error.code);
  absl::Status status = code == ErrorCode::kNone
                            ? absl::Status(CanonicalOf(error.http_status),
                                           absl::StrCat(error.code, ": ", error.message, " (HTTP ",
                                                        error.http_status, ")"))
                            : MakeError(code, error.message);
  for (const ErrorField& field : error.fields) {
    status = WithErrorField(std::move(status), field.name, field.value);
  }
  return status;
}

}  // namespace cloudlet::http
