// How a request's method and parameters choose a row of the table (s3_route_table.cc).
#include "http/s3_route.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "http/s3_errors.h"

namespace cloudlet::http {
namespace {

using base::V;

// What any request may have: signatures in the query, and the name that SDKs put there.
bool IsOfEveryRequest(std::string_view name) {
  if (name == "x-id" || absl::StartsWithIgnoreCase(V(name), "x-amz-")) return true;
  // Signature version 2, for whoever verifies to refuse.
  return name == "AWSAccessKeyId" || name == "Signature" || name == "Expires";
}

bool IsSubresource(std::string_view name) {
  return std::any_of(S3Operations().begin(), S3Operations().end(),
                     [name](const S3OperationInfo& info) { return info.subresource == name; });
}

const QueryParam* Find(const std::vector<QueryParam>& query, std::string_view name) {
  for (const QueryParam& param : query) {
    if (param.name == name) return &param;
  }
  return nullptr;
}

// The parameter that selects an operation; null where none does.
absl::StatusOr<const QueryParam*> SubresourceOf(const std::vector<QueryParam>& query) {
  const QueryParam* found = nullptr;
  for (const QueryParam& param : query) {
    if (param.name.empty() || !IsSubresource(param.name)) continue;
    if (found != nullptr && found->name != param.name) {
      return InvalidArgumentError(
          "ResourceType", param.name,
          absl::StrCat("Conflicting query string parameters: ", found->name, ", ", param.name));
    }
    if (found == nullptr) found = &param;
  }
  return found;
}

bool Has(const Headers* headers, std::string_view name) {
  return headers != nullptr && headers->Find(name) != nullptr;
}

bool IsForm(const Headers* headers) {
  return headers != nullptr &&
         absl::StartsWithIgnoreCase(V(headers->Get("Content-Type")), "multipart/form-data");
}

// Of rows with the same method, scope and subresource, the one that the rest of the request means.
bool IsMeant(S3Operation operation, const S3RouteRequest& request,
             const std::vector<QueryParam>& query) {
  const bool copies = Has(request.headers, "x-amz-copy-source");
  switch (operation) {
    case S3Operation::kPutObject:
    case S3Operation::kUploadPart:
      return !copies;
    case S3Operation::kCopyObject:
    case S3Operation::kUploadPartCopy:
      return copies;
    case S3Operation::kListObjectAnnotations:
      return Find(query, "annotationName") == nullptr;
    case S3Operation::kListBucketAnalyticsConfigurations:
    case S3Operation::kListBucketIntelligentTieringConfigurations:
    case S3Operation::kListBucketInventoryConfigurations:
    case S3Operation::kListBucketMetricsConfigurations:
      return Find(query, "id") == nullptr;
    default:
      return true;
  }
}

absl::Status MethodNotAllowed(const S3RouteRequest& request) {
  return WithErrorField(MakeError(ErrorCode::kMethodNotAllowed), "Method", request.method);
}

absl::StatusOr<const S3OperationInfo*> RowOf(const S3RouteRequest& request,
                                             const std::vector<QueryParam>& query) {
  CLOUDLET_ASSIGN_OR_RETURN(const QueryParam* subresource, SubresourceOf(query));
  std::string_view selector = subresource == nullptr ? "" : std::string_view(subresource->name);
  if (selector == "list-type" && subresource->value != "2") {
    return InvalidArgumentError("list-type", subresource->value, "Invalid List Type");
  }
  for (const S3OperationInfo& info : S3Operations()) {
    if (info.method == request.method && info.scope == request.scope &&
        info.subresource == selector && IsMeant(info.operation, request, query)) {
      return &info;
    }
  }
  if (selector == "uploadId" && request.scope == S3Scope::kObject) {
    return InvalidArgumentError("uploadId", subresource->value,
                                "This operation does not accept an upload-id.");
  }
  return MethodNotAllowed(request);
}

bool IsOf(const S3OperationInfo& info, std::string_view name) {
  return name == info.subresource ||
         std::find(info.parameters.begin(), info.parameters.end(), name) != info.parameters.end();
}

absl::Status CheckParameter(const S3OperationInfo& info, const QueryParam& param) {
  const bool selects_data =
      param.name == "versionId" || param.name == "uploadId" || param.name == "partNumber";
  if (IsOf(info, param.name)) {
    if (!selects_data || !param.value.empty()) return absl::OkStatus();
    return InvalidArgumentError(param.name, param.value,
                                param.name == "versionId"
                                    ? std::string("Version id cannot be the empty string")
                                    : absl::StrCat(param.name, " cannot be the empty string"));
  }
  if (selects_data) {
    return InvalidArgumentError(param.name, param.value,
                                absl::StrCat("This operation does not accept a ", param.name));
  }
  if (IsOfEveryRequest(param.name)) return absl::OkStatus();
  const bool reads =
      info.operation == S3Operation::kGetObject || info.operation == S3Operation::kHeadObject ||
      info.operation == S3Operation::kListObjects || info.operation == S3Operation::kHeadBucket;
  if (reads && param.had_equals) return absl::OkStatus();
  return MakeError(ErrorCode::kNotImplemented,
                   absl::StrCat(V(info.name), " has no parameter ", V(base::Quoted(param.name))));
}

absl::Status CheckRequired(const S3OperationInfo& info, const S3RouteRequest& request,
                           const std::vector<QueryParam>& query) {
  switch (info.operation) {
    case S3Operation::kUploadPart:
    case S3Operation::kUploadPartCopy:
      if (Find(query, "partNumber") != nullptr) return absl::OkStatus();
      return InvalidArgumentError("partNumber", "", "A part needs its partNumber.");
    case S3Operation::kPutObjectAnnotation:
    case S3Operation::kDeleteObjectAnnotation:
      if (Find(query, "annotationName") != nullptr) return absl::OkStatus();
      return InvalidArgumentError("annotationName", "", "An annotation needs its annotationName.");
    case S3Operation::kPostObject:
      if (IsForm(request.headers)) return absl::OkStatus();
      return WithErrorField(MakeError(ErrorCode::kPreconditionFailed), "Condition",
                            "Bucket POST must be of the enclosure-type multipart/form-data");
    default:
      return absl::OkStatus();
  }
}

}  // namespace

absl::Status CheckImplemented(S3Operation operation) {
  const S3OperationInfo& info = InfoOf(operation);
  if (info.implemented) return absl::OkStatus();
  return MakeError(ErrorCode::kNotImplemented, absl::StrCat(V(info.name), " is not implemented"));
}

absl::StatusOr<S3Operation> RouteS3(const S3RouteRequest& request) {
  const std::vector<QueryParam> none;
  const std::vector<QueryParam>& query = request.query == nullptr ? none : *request.query;
  CLOUDLET_ASSIGN_OR_RETURN(const S3OperationInfo* info, RowOf(request, query));
  for (const QueryParam& param : query) {
    CLOUDLET_RETURN_IF_ERROR(CheckParameter(*info, param));
  }
  CLOUDLET_RETURN_IF_ERROR(CheckRequired(*info, request, query));
  return info->operation;
}

}  // namespace cloudlet::http
