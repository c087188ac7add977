// Errors between absl::Status and S3's error documents, in both directions.
//
//   const S3Error error = S3ErrorOf(status, {.bucket = "photos", .key = "cat.jpg",
//                                            .resource = "/photos/cat.jpg", .request_id = id});
//   return ErrorResponse(error, head.method);
//
//   absl::StatusOr<S3Error> error = DecodeError(body, http_status);   // a client
//   if (error.ok()) return StatusOf(*error);
//
// What a client may read: the words of a status only where the request itself was at fault (HTTP
// 400, 411, 415, 416, and 501), as those speak of the request; else S3's own words for the code.
// So no path and no inner state of the store is told.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
#ifndef CLOUDLET_HTTP_S3_ERRORS_H_
#define CLOUDLET_HTTP_S3_ERRORS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cloudlet/error.h"
#include "http/message.h"

namespace cloudlet::http {

// A further element of an error document: {"ArgumentName", "max-keys"}.
struct ErrorField {
  std::string name = {};
  std::string value = {};

  friend bool operator==(const ErrorField& a, const ErrorField& b) {
    return a.name == b.name && a.value == b.value;
  }
};

// What the request was about, as far as it is known.
struct ErrorContext {
  std::string bucket = {};
  std::string key = {};
  std::string version_id = {};
  std::string upload_id = {};
  std::string resource = {};  // the path as it was sent
  std::string request_id = {};
  std::string host_id = {};
  std::string method = {};
  std::string range = {};      // the Range header, for 416
  std::string condition = {};  // the header whose condition it was, for 412; ConditionOf(headers)
};

struct S3Error {
  int http_status = 500;
  std::string code = "InternalError";  // as on the wire; also ones that this store does not know
  std::string message = {};
  std::string resource = {};
  std::string request_id = {};
  std::string host_id = {};
  std::vector<ErrorField> fields = {};  // what S3 tells besides, in this order
  // Of the answer beside its document: x-amz-delete-marker and the like.
  Headers headers = {};
};

// `status` with a further element told in it; elements add up. OK stays OK.
absl::Status WithErrorField(absl::Status status, std::string_view name, std::string_view value);
std::vector<ErrorField> ErrorFieldsOf(const absl::Status& status);
// InvalidArgument with S3's ArgumentName and ArgumentValue.
absl::Status InvalidArgumentError(std::string_view name, std::string_view value,
                                  std::string_view message);

// `status` is not OK. One without a code is InternalError; but FAILED_PRECONDITION (the Cloud is
// closed) is ServiceUnavailable, as is what IsReadOnly. Lambda's codes become the nearest of S3.
S3Error S3ErrorOf(const absl::Status& status, const ErrorContext& context);

// The condition that an error 412 speaks of: the first of If-Match, If-None-Match,
// If-Unmodified-Since and the copy source's that is there; empty: none is.
std::string ConditionOf(const Headers& headers);

std::string EncodeError(const S3Error& error);
// The document, or only a status line for HEAD, whose answers have no body.
Response ErrorResponse(const S3Error& error, std::string_view method);

// MalformedXML where `body` is no error document.
absl::StatusOr<S3Error> DecodeError(std::string_view body, int http_status);
// What an answer without a document says, as to a HEAD: by its HTTP status and whether there was a
// key in the request.
S3Error ErrorWithoutBody(int http_status, std::string_view key);
// A status with the error's code; of a code that this store does not know, one without a code whose
// message names it.
absl::Status StatusOf(const S3Error& error);

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_S3_ERRORS_H_
