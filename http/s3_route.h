// Which S3 operation a request asks for: by its method, what it addresses, and its query.
//
//   CLOUDLET_ASSIGN_OR_RETURN(const S3Operation operation,
//                             RouteS3({.method = head.method, .scope = S3Scope::kObject,
//                                      .query = &target.query, .headers = &head.headers}));
//   CLOUDLET_RETURN_IF_ERROR(CheckImplemented(operation));
//
// A parameter selects the operation or belongs to it, else the request is an error, never another
// operation: "PUT /bucket/key?policy" must not become a PutObject. What S3 has and this server has
// not is known by name, so that it can be authorised and counted, and then be refused.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
//
// Pure functions; any thread.
#ifndef CLOUDLET_HTTP_S3_ROUTE_H_
#define CLOUDLET_HTTP_S3_ROUTE_H_

#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "http/message.h"
#include "http/uri.h"

namespace cloudlet::http {

enum class S3Operation {
  kListBuckets,
  kCreateBucket,
  kHeadBucket,
  kDeleteBucket,
  kListObjects,
  kListObjectsV2,
  kListObjectVersions,
  kListMultipartUploads,
  kDeleteObjects,
  kPostObject,
  kGetBucketLocation,
  kGetBucketVersioning,
  kPutBucketVersioning,
  kGetBucketTagging,
  kPutBucketTagging,
  kDeleteBucketTagging,
  kGetBucketAcl,
  kPutBucketAcl,
  kGetBucketNotificationConfiguration,
  kPutBucketNotificationConfiguration,
  kGetObject,
  kHeadObject,
  kPutObject,
  kCopyObject,
  kDeleteObject,
  kCreateMultipartUpload,
  kUploadPart,
  kUploadPartCopy,
  kListParts,
  kCompleteMultipartUpload,
  kAbortMultipartUpload,
  kGetObjectAttributes,
  kGetObjectTagging,
  kPutObjectTagging,
  kDeleteObjectTagging,
  kGetObjectAcl,
  kPutObjectAcl,
  kListObjectAnnotations,
  kGetObjectAnnotation,
  kPutObjectAnnotation,
  kDeleteObjectAnnotation,
  kRenameObject,
  // Not implemented. (WriteGetObjectResponse is of another endpoint.)
  kGetBucketPolicy,
  kPutBucketPolicy,
  kDeleteBucketPolicy,
  kGetBucketPolicyStatus,
  kGetPublicAccessBlock,
  kPutPublicAccessBlock,
  kDeletePublicAccessBlock,
  kGetBucketLifecycleConfiguration,
  kPutBucketLifecycleConfiguration,
  kDeleteBucketLifecycle,
  kGetObjectLockConfiguration,
  kPutObjectLockConfiguration,
  kGetBucketEncryption,
  kPutBucketEncryption,
  kDeleteBucketEncryption,
  kGetBucketCors,
  kPutBucketCors,
  kDeleteBucketCors,
  kGetBucketWebsite,
  kPutBucketWebsite,
  kDeleteBucketWebsite,
  kGetBucketReplication,
  kPutBucketReplication,
  kDeleteBucketReplication,
  kGetBucketLogging,
  kPutBucketLogging,
  kGetBucketAccelerateConfiguration,
  kPutBucketAccelerateConfiguration,
  kGetBucketRequestPayment,
  kPutBucketRequestPayment,
  kGetBucketOwnershipControls,
  kPutBucketOwnershipControls,
  kDeleteBucketOwnershipControls,
  kGetBucketAbac,
  kPutBucketAbac,
  kCreateSession,
  kCreateBucketMetadataConfiguration,
  kGetBucketMetadataConfiguration,
  kDeleteBucketMetadataConfiguration,
  kCreateBucketMetadataTableConfiguration,
  kGetBucketMetadataTableConfiguration,
  kDeleteBucketMetadataTableConfiguration,
  kUpdateBucketMetadataInventoryTableConfiguration,
  kUpdateBucketMetadataJournalTableConfiguration,
  kUpdateBucketMetadataAnnotationTableConfiguration,
  kListBucketAnalyticsConfigurations,
  kGetBucketAnalyticsConfiguration,
  kPutBucketAnalyticsConfiguration,
  kDeleteBucketAnalyticsConfiguration,
  kListBucketIntelligentTieringConfigurations,
  kGetBucketIntelligentTieringConfiguration,
  kPutBucketIntelligentTieringConfiguration,
  kDeleteBucketIntelligentTieringConfiguration,
  kListBucketInventoryConfigurations,
  kGetBucketInventoryConfiguration,
  kPutBucketInventoryConfiguration,
  kDeleteBucketInventoryConfiguration,
  kListBucketMetricsConfigurations,
  kGetBucketMetricsConfiguration,
  kPutBucketMetricsConfiguration,
  kDeleteBucketMetricsConfiguration,
  kGetObjectRetention,
  kPutObjectRetention,
  kGetObjectLegalHold,
  kPutObjectLegalHold,
  kRestoreObject,
  kSelectObjectContent,
  kGetObjectTorrent,
  kUpdateObjectEncryption,
  kPreflightBucket,
  kPreflightObject,
};

enum class S3Scope {
  kService,  // "/"
  kBucket,   // "/bucket", "/bucket/"
  kObject,   // "/bucket/key"
};

struct S3OperationInfo {
  S3Operation operation;
  std::string_view name;    // S3's: "GetObject"
  std::string_view method;  // "GET"
  S3Scope scope;
  // The parameter that selects it; empty: none does.
  std::string_view subresource;
  bool implemented;
  std::vector<std::string_view> parameters;  // that it may have besides
};

// In the order of the enum.
absl::Span<const S3OperationInfo> S3Operations();
const S3OperationInfo& InfoOf(S3Operation operation);
// NotImplemented, naming the operation, or OK.
absl::Status CheckImplemented(S3Operation operation);

struct S3RouteRequest {
  std::string_view method = {};
  S3Scope scope = S3Scope::kService;
  const std::vector<QueryParam>* query = nullptr;  // null: none
  const Headers* headers = nullptr;                // null: none
};

// MethodNotAllowed: S3 has no such method there. NotImplemented: a parameter that no operation of
// this method has; but a get or a head of an object, a list and a HeadBucket take unknown ones with
// a value, as S3 does ("?v=123" against caches). InvalidArgument: two subresources; a versionId,
// uploadId or partNumber that the operation does not take, or an empty one; a part without its
// number. PreconditionFailed: a POST to a bucket that is no form.
absl::StatusOr<S3Operation> RouteS3(const S3RouteRequest& request);

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_S3_ROUTE_H_
