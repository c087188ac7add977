// Errors: what each status becomes, what is never told, and the way back.
#include "http/s3_errors.h"

#include <string>
#include <string_view>
#include <variant>

#include "absl/strings/cord.h"
#include "cloudlet/error.h"
#include "gtest/gtest.h"

namespace cloudlet::http {
namespace {

const ErrorContext kContext = {.bucket = "b",
                               .key = "k",
                               .version_id = "v",
                               .upload_id = "u",
                               .resource = "/b/k",
                               .request_id = "R",
                               .host_id = "H",
                               .method = "GET",
                               .range = "bytes=9-",
                               .condition = "If-Match"};

std::string DocumentOf(const absl::Status& status) {
  return EncodeError(S3ErrorOf(status, kContext));
}

bool Has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(S3ErrorsTest, ADocumentAsS3WritesIt) {
  EXPECT_EQ(DocumentOf(MakeError(ErrorCode::kNoSuchKey)),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist</Message>"
            "<Key>k</Key><Resource>/b/k</Resource><RequestId>R</RequestId><HostId>H</HostId>"
            "</Error>");
}

TEST(S3ErrorsTest, FieldsThatGoWithTheCode) {
  EXPECT_TRUE(Has(DocumentOf(MakeError(ErrorCode::kNoSuchBucket)), "<BucketName>b</BucketName>"));
  EXPECT_TRUE(Has(DocumentOf(MakeError(ErrorCode::kNoSuchVersion)),
                  "<Key>k</Key><VersionId>v</VersionId>"));
  EXPECT_TRUE(Has(DocumentOf(MakeError(ErrorCode::kNoSuchUpload)), "<UploadId>u</UploadId>"));
  EXPECT_TRUE(Has(DocumentOf(MakeError(ErrorCode::kPreconditionFailed)),
                  "<Condition>If-Match</Condition>"));
  EXPECT_TRUE(Has(DocumentOf(MakeError(ErrorCode::kMethodNotAllowed)),
                  "<Method>GET</Method><ResourceType>OBJECT</ResourceType>"));
  const absl::Status range =
      WithErrorField(MakeError(ErrorCode::kInvalidRange), "ActualObjectSize", "5");
  EXPECT_TRUE(
      Has(DocumentOf(range), "<ActualObjectSize>5</ActualObjectSize><RangeRequested>bytes=9-"));
  EXPECT_TRUE(Has(DocumentOf(InvalidArgumentError("max-keys", "-1<", "no")),
                  "<Message>no</Message><ArgumentName>max-keys</ArgumentName>"
                  "<ArgumentValue>-1&lt;</ArgumentValue>"));
  // What the status tells itself comes first.
  const S3Error told =
      S3ErrorOf(WithErrorField(MakeError(ErrorCode::kNoSuchKey), "Key", "other"), kContext);
  EXPECT_EQ(told.fields, (std::vector<ErrorField>{{"Key", "other"}}));
}

TEST(S3ErrorsTest, StatusesWithoutACode) {
  const auto of = [](const absl::Status& status) {
    const S3Error error = S3ErrorOf(status, kContext);
    return error.code + " " + std::to_string(error.http_status);
  };
  EXPECT_EQ(of(absl::DataLossError("x")), "InternalError 500");
  EXPECT_EQ(of(absl::UnknownError("x")), "InternalError 500");
  EXPECT_EQ(of(absl::UnavailableError("x")), "InternalError 500");
  EXPECT_EQ(of(absl::FailedPreconditionError("the Cloud is closed")), "ServiceUnavailable 503");
  EXPECT_EQ(of(MakeError(ErrorCode::kServiceUnavailable)), "ServiceUnavailable 503");
  EXPECT_EQ(of(MakeError(ErrorCode::kInvalidParameterValue)), "InvalidArgument 400");
  EXPECT_EQ(of(MakeError(ErrorCode::kQueueDoesNotExist)), "InvalidArgument 400");
  EXPECT_EQ(of(MakeError(ErrorCode::kTooManyRequests)), "SlowDown 503");
  EXPECT_EQ(of(MakeError(ErrorCode::kRequestTooLarge)), "EntityTooLarge 400");
  EXPECT_EQ(of(MakeError(ErrorCode::kRecursiveInvocation)), "InternalError 500");
}

TEST(S3ErrorsTest, OnlyFaultsOfTheRequestAreToldInTheirOwnWords) {
  const std::string path = "/var/lib/store/000123.sst";
  for (const absl::Status& status :
       {absl::DataLossError(path), absl::UnavailableError(path),
        absl::FailedPreconditionError(path), MakeError(ErrorCode::kServiceUnavailable, path),
        MakeError(ErrorCode::kInternalError, path), MakeError(ErrorCode::kAccessDenied, path),
        MakeError(ErrorCode::kSlowDown, path), absl::InvalidArgumentError(path)}) {
    EXPECT_FALSE(Has(DocumentOf(status), path)) << status;
  }
  EXPECT_EQ(S3ErrorOf(MakeError(ErrorCode::kInvalidTag, "too long: 129"), kContext).message,
            "too long: 129");
  EXPECT_EQ(S3ErrorOf(MakeError(ErrorCode::kNotImplemented, "policy"), kContext).message, "policy");
  // The boundary puts verb, bucket and key in front of the code.
  absl::Status put(absl::StatusCode::kInvalidArgument, "put \"b/k\": InvalidTag: no");
  put.SetPayload("cloudlet/s3-error-code", absl::Cord("InvalidTag"));
  EXPECT_EQ(S3ErrorOf(put, kContext).message, "no");
}

TEST(S3ErrorsTest, DeleteMarkersAreToldInHeaders) {
  const DeleteMarkerInfo marker = {"v7", absl::UnixEpoch()};
  const S3Error gone = S3ErrorOf(WithDeleteMarker(MakeError(ErrorCode::kNoSuchKey), marker), {});
  EXPECT_EQ(gone.headers.Get("x-amz-delete-marker"), "true");
  EXPECT_EQ(gone.headers.Get("x-amz-version-id"), "v7");
  EXPECT_EQ(gone.headers.Find("Last-Modified"), nullptr);
  const S3Error named =
      S3ErrorOf(WithDeleteMarker(MakeError(ErrorCode::kMethodNotAllowed), marker), {});
  EXPECT_EQ(named.headers.Get("Last-Modified"), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(named.headers.Get("Allow"), "DELETE");
}

TEST(S3ErrorsTest, AnAnswerToHeadHasNoBody) {
  const S3Error error = S3ErrorOf(MakeError(ErrorCode::kNoSuchKey), kContext);
  EXPECT_EQ(std::get<absl::Cord>(ErrorResponse(error, "HEAD").body), "");
  const Response get = ErrorResponse(error, "GET");
  EXPECT_EQ(get.status, 404);
  EXPECT_EQ(get.headers.Get("content-type"), "application/xml");
  EXPECT_EQ(std::get<absl::Cord>(get.body), EncodeError(error));
}

TEST(S3ErrorsTest, EveryCodeOfS3ComesBack) {
  for (int i = 1; InfoOf(static_cast<ErrorCode>(i)).code != ErrorCode::kNone; ++i) {
    const auto code = static_cast<ErrorCode>(i);
    if (InfoOf(code).code == ErrorCode::kFunctionNotFound) break;
    const S3Error error = S3ErrorOf(MakeError(code), kContext);
    const absl::StatusOr<S3Error> decoded = DecodeError(EncodeError(error), error.http_status);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(decoded->code, error.code);
    EXPECT_EQ(decoded->message, error.message);
    EXPECT_EQ(decoded->resource, error.resource);
    EXPECT_EQ(decoded->request_id, "R");
    EXPECT_EQ(decoded->host_id, "H");
    EXPECT_EQ(decoded->fields, error.fields);
    EXPECT_EQ(ErrorCodeOf(StatusOf(*decoded)), code);
    EXPECT_EQ(ErrorFieldsOf(StatusOf(*decoded)), error.fields);
  }
}

TEST(S3ErrorsTest, CodesThatAreNotKnownKeepTheirNames) {
  const auto status_of = [](int http) {
    return StatusOf({.http_status = http, .code = "Odd", .message = "m"});
  };
  EXPECT_EQ(status_of(404).message(), "Odd: m (HTTP 404)");
  EXPECT_EQ(ErrorCodeOf(status_of(404)), ErrorCode::kNone);
  const std::pair<int, absl::StatusCode> expected[] = {{400, absl::StatusCode::kInvalidArgument},
                                                       {401, absl::StatusCode::kPermissionDenied},
                                                       {403, absl::StatusCode::kPermissionDenied},
                                                       {404, absl::StatusCode::kNotFound},
                                                       {405, absl::StatusCode::kUnimplemented},
                                                       {409, absl::StatusCode::kAborted},
                                                       {412, absl::StatusCode::kFailedPrecondition},
                                                       {416, absl::StatusCode::kOutOfRange},
                                                       {429, absl::StatusCode::kResourceExhausted},
                                                       {500, absl::StatusCode::kInternal},
                                                       {501, absl::StatusCode::kUnimplemented},
                                                       {503, absl::StatusCode::kUnavailable},
                                                       {307, absl::StatusCode::kUnknown}};
  for (const auto& [http, code] : expected) EXPECT_EQ(status_of(http).code(), code) << http;
}

TEST(S3ErrorsTest, AnswersWithoutABody) {
  const std::pair<int, std::string_view> expected[] = {{400, "InvalidRequest"},
                                                       {403, "AccessDenied"},
                                                       {404, "NoSuchKey"},
                                                       {405, "MethodNotAllowed"},
                                                       {409, "ConditionalRequestConflict"},
                                                       {412, "PreconditionFailed"},
                                                       {416, "InvalidRange"},
                                                       {500, "InternalError"},
                                                       {501, "NotImplemented"},
                                                       {503, "ServiceUnavailable"}};
  for (const auto& [http, code] : expected) EXPECT_EQ(ErrorWithoutBody(http, "k").code, code);
  EXPECT_EQ(ErrorWithoutBody(404, "").code, "NoSuchBucket");
}

TEST(S3ErrorsTest, WhatIsNoErrorDocument) {
  for (std::string_view body : {"", "<html/>", "<Error/>", "<Error><Message>m</Message></Error>"}) {
    EXPECT_EQ(ErrorCodeOf(DecodeError(body, 400).status()), ErrorCode::kMalformedXml) << body;
  }
}

TEST(S3ErrorsTest, FieldsAndConditions) {
  EXPECT_TRUE(WithErrorField(absl::OkStatus(), "a", "b").ok());
  EXPECT_TRUE(ErrorFieldsOf(absl::OkStatus()).empty());
  const absl::Status status =
      WithErrorField(MakeError(ErrorCode::kInvalidTag), "a", std::string_view("b\0c", 3));
  EXPECT_EQ(ErrorFieldsOf(status), (std::vector<ErrorField>{{"a", "b"}}));
  EXPECT_EQ(ConditionOf({{"if-none-match", "*"}}), "If-None-Match");
  EXPECT_EQ(ConditionOf({{"Range", "x"}}), "");
}

}  // namespace
}  // namespace cloudlet::http
