// Every operation of S3's REST API: one row each. Shapes as in S3's service model.
#include <vector>

#include "http/s3_route.h"

namespace cloudlet::http {
namespace {

constexpr bool kYes = true;
constexpr bool kNo = false;

using Parameters = std::vector<std::string_view>;

std::vector<S3OperationInfo> MakeTable() {
  const Parameters read_parameters = {"versionId",
                                      "partNumber",
                                      "response-cache-control",
                                      "response-content-disposition",
                                      "response-content-encoding",
                                      "response-content-language",
                                      "response-content-type",
                                      "response-expires"};
  return {
      // clang-format off
      {S3Operation::kListBuckets, "ListBuckets", "GET", S3Scope::kService, "", kYes, {"max-buckets", "continuation-token", "prefix", "bucket-region"}},
      {S3Operation::kCreateBucket, "CreateBucket", "PUT", S3Scope::kBucket, "", kYes, {}},
      {S3Operation::kHeadBucket, "HeadBucket", "HEAD", S3Scope::kBucket, "", kYes, {}},
      {S3Operation::kDeleteBucket, "DeleteBucket", "DELETE", S3Scope::kBucket, "", kYes, {}},
      {S3Operation::kListObjects, "ListObjects", "GET", S3Scope::kBucket, "", kYes, {"delimiter", "encoding-type", "marker", "max-keys", "prefix"}},
      {S3Operation::kListObjectsV2, "ListObjectsV2", "GET", S3Scope::kBucket, "list-type", kYes, {"delimiter", "encoding-type", "max-keys", "prefix", "continuation-token", "fetch-owner", "start-after"}},
      {S3Operation::kListObjectVersions, "ListObjectVersions", "GET", S3Scope::kBucket, "versions", kYes, {"delimiter", "encoding-type", "key-marker", "max-keys", "prefix", "version-id-marker"}},
      {S3Operation::kListMultipartUploads, "ListMultipartUploads", "GET", S3Scope::kBucket, "uploads", kYes, {"delimiter", "encoding-type", "key-marker", "max-uploads", "prefix", "upload-id-marker"}},
      {S3Operation::kDeleteObjects, "DeleteObjects", "POST", S3Scope::kBucket, "delete", kYes, {}},
      {S3Operation::kPostObject, "PostObject", "POST", S3Scope::kBucket, "", kYes, {}},
      {S3Operation::kGetBucketLocation, "GetBucketLocation", "GET", S3Scope::kBucket, "location", kYes, {}},
      {S3Operation::kGetBucketVersioning, "GetBucketVersioning", "GET", S3Scope::kBucket, "versioning", kYes, {}},
      {S3Operation::kPutBucketVersioning, "PutBucketVersioning", "PUT", S3Scope::kBucket, "versioning", kYes, {}},
      {S3Operation::kGetBucketTagging, "GetBucketTagging", "GET", S3Scope::kBucket, "tagging", kYes, {}},
      {S3Operation::kPutBucketTagging, "PutBucketTagging", "PUT", S3Scope::kBucket, "tagging", kYes, {}},
      {S3Operation::kDeleteBucketTagging, "DeleteBucketTagging", "DELETE", S3Scope::kBucket, "tagging", kYes, {}},
      {S3Operation::kGetBucketAcl, "GetBucketAcl", "GET", S3Scope::kBucket, "acl", kYes, {}},
      {S3Operation::kPutBucketAcl, "PutBucketAcl", "PUT", S3Scope::kBucket, "acl", kYes, {}},
      {S3Operation::kGetBucketNotificationConfiguration, "GetBucketNotificationConfiguration", "GET", S3Scope::kBucket, "notification", kYes, {}},
      {S3Operation::kPutBucketNotificationConfiguration, "PutBucketNotificationConfiguration", "PUT", S3Scope::kBucket, "notification", kYes, {}},
      {S3Operation::kGetObject, "GetObject", "GET", S3Scope::kObject, "", kYes, read_parameters},
      {S3Operation::kHeadObject, "HeadObject", "HEAD", S3Scope::kObject, "", kYes, read_parameters},
      {S3Operation::kPutObject, "PutObject", "PUT", S3Scope::kObject, "", kYes, {}},
      {S3Operation::kCopyObject, "CopyObject", "PUT", S3Scope::kObject, "", kYes, {}},
      {S3Operation::kDeleteObject, "DeleteObject", "DELETE", S3Scope::kObject, "", kYes, {"versionId"}},
      {S3Operation::kCreateMultipartUpload, "CreateMultipartUpload", "POST", S3Scope::kObject, "uploads", kYes, {}},
      {S3Operation::kUploadPart, "UploadPart", "PUT", S3Scope::kObject, "uploadId", kYes, {"partNumber"}},
      {S3Operation::kUploadPartCopy, "UploadPartCopy", "PUT", S3Scope::kObject, "uploadId", kYes, {"partNumber"}},
      {S3Operation::kListParts, "ListParts", "GET", S3Scope::kObject, "uploadId", kYes, {"max-parts", "part-number-marker"}},
      {S3Operation::kCompleteMultipartUpload, "CompleteMultipartUpload", "POST", S3Scope::kObject, "uploadId", kYes, {}},
      {S3Operation::kAbortMultipartUpload, "AbortMultipartUpload", "DELETE", S3Scope::kObject, "uploadId", kYes, {}},
      {S3Operation::kGetObjectAttributes, "GetObjectAttributes", "GET", S3Scope::kObject, "attributes", kYes, {"versionId"}},
      {S3Operation::kGetObjectTagging, "GetObjectTagging", "GET", S3Scope::kObject, "tagging", kYes, {"versionId"}},
      {S3Operation::kPutObjectTagging, "PutObjectTagging", "PUT", S3Scope::kObject, "tagging", kYes, {"versionId"}},
      {S3Operation::kDeleteObjectTagging, "DeleteObjectTagging", "DELETE", S3Scope::kObject, "tagging", kYes, {"versionId"}},
      {S3Operation::kGetObjectAcl, "GetObjectAcl", "GET", S3Scope::kObject, "acl", kYes, {"versionId"}},
      {S3Operation::kPutObjectAcl, "PutObjectAcl", "PUT", S3Scope::kObject, "acl", kYes, {"versionId"}},
      {S3Operation::kListObjectAnnotations, "ListObjectAnnotations", "GET", S3Scope::kObject, "annotation", kYes, {"versionId", "max-annotation-results", "annotation-prefix", "continuation-token"}},
      {S3Operation::kGetObjectAnnotation, "GetObjectAnnotation", "GET", S3Scope::kObject, "annotation", kYes, {"annotationName", "versionId"}},
      {S3Operation::kPutObjectAnnotation, "PutObjectAnnotation", "PUT", S3Scope::kObject, "annotation", kYes, {"annotationName", "versionId"}},
      {S3Operation::kDeleteObjectAnnotation, "DeleteObjectAnnotation", "DELETE", S3Scope::kObject, "annotation", kYes, {"annotationName", "versionId"}},
      {S3Operation::kRenameObject, "RenameObject", "PUT", S3Scope::kObject, "renameObject", kYes, {}},
      {S3Operation::kGetBucketPolicy, "GetBucketPolicy", "GET", S3Scope::kBucket, "policy", kNo, {}},
      {S3Operation::kPutBucketPolicy, "PutBucketPolicy", "PUT", S3Scope::kBucket, "policy", kNo, {}},
      {S3Operation::kDeleteBucketPolicy, "DeleteBucketPolicy", "DELETE", S3Scope::kBucket, "policy", kNo, {}},
      {S3Operation::kGetBucketPolicyStatus, "GetBucketPolicyStatus", "GET", S3Scope::kBucket, "policyStatus", kNo, {}},
      {S3Operation::kGetPublicAccessBlock, "GetPublicAccessBlock", "GET", S3Scope::kBucket, "publicAccessBlock", kNo, {}},
      {S3Operation::kPutPublicAccessBlock, "PutPublicAccessBlock", "PUT", S3Scope::kBucket, "publicAccessBlock", kNo, {}},
      {S3Operation::kDeletePublicAccessBlock, "DeletePublicAccessBlock", "DELETE", S3Scope::kBucket, "publicAccessBlock", kNo, {}},
      {S3Operation::kGetBucketLifecycleConfiguration, "GetBucketLifecycleConfiguration", "GET", S3Scope::kBucket, "lifecycle", kNo, {}},
      {S3Operation::kPutBucketLifecycleConfiguration, "PutBucketLifecycleConfiguration", "PUT", S3Scope::kBucket, "lifecycle", kNo, {}},
      {S3Operation::kDeleteBucketLifecycle, "DeleteBucketLifecycle", "DELETE", S3Scope::kBucket, "lifecycle", kNo, {}},
      {S3Operation::kGetObjectLockConfiguration, "GetObjectLockConfiguration", "GET", S3Scope::kBucket, "object-lock", kNo, {}},
      {S3Operation::kPutObjectLockConfiguration, "PutObjectLockConfiguration", "PUT", S3Scope::kBucket, "object-lock", kNo, {}},
      {S3Operation::kGetBucketEncryption, "GetBucketEncryption", "GET", S3Scope::kBucket, "encryption", kNo, {}},
      {S3Operation::kPutBucketEncryption, "PutBucketEncryption", "PUT", S3Scope::kBucket, "encryption", kNo, {}},
      {S3Operation::kDeleteBucketEncryption, "DeleteBucketEncryption", "DELETE", S3Scope::kBucket, "encryption", kNo, {}},
      {S3Operation::kGetBucketCors, "GetBucketCors", "GET", S3Scope::kBucket, "cors", kNo, {}},
      {S3Operation::kPutBucketCors, "PutBucketCors", "PUT", S3Scope::kBucket, "cors", kNo, {}},
      {S3Operation::kDeleteBucketCors, "DeleteBucketCors", "DELETE", S3Scope::kBucket, "cors", kNo, {}},
      {S3Operation::kGetBucketWebsite, "GetBucketWebsite", "GET", S3Scope::kBucket, "website", kNo, {}},
      {S3Operation::kPutBucketWebsite, "PutBucketWebsite", "PUT", S3Scope::kBucket, "website", kNo, {}},
      {S3Operation::kDeleteBucketWebsite, "DeleteBucketWebsite", "DELETE", S3Scope::kBucket, "website", kNo, {}},
      {S3Operation::kGetBucketReplication, "GetBucketReplication", "GET", S3Scope::kBucket, "replication", kNo, {}},
      {S3Operation::kPutBucketReplication, "PutBucketReplication", "PUT", S3Scope::kBucket, "replication", kNo, {}},
      {S3Operation::kDeleteBucketReplication, "DeleteBucketReplication", "DELETE", S3Scope::kBucket, "replication", kNo, {}},
      {S3Operation::kGetBucketLogging, "GetBucketLogging", "GET", S3Scope::kBucket, "logging", kNo, {}},
      {S3Operation::kPutBucketLogging, "PutBucketLogging", "PUT", S3Scope::kBucket, "logging", kNo, {}},
      {S3Operation::kGetBucketAccelerateConfiguration, "GetBucketAccelerateConfiguration", "GET", S3Scope::kBucket, "accelerate", kNo, {}},
      {S3Operation::kPutBucketAccelerateConfiguration, "PutBucketAccelerateConfiguration", "PUT", S3Scope::kBucket, "accelerate", kNo, {}},
      {S3Operation::kGetBucketRequestPayment, "GetBucketRequestPayment", "GET", S3Scope::kBucket, "requestPayment", kNo, {}},
      {S3Operation::kPutBucketRequestPayment, "PutBucketRequestPayment", "PUT", S3Scope::kBucket, "requestPayment", kNo, {}},
      {S3Operation::kGetBucketOwnershipControls, "GetBucketOwnershipControls", "GET", S3Scope::kBucket, "ownershipControls", kNo, {}},
      {S3Operation::kPutBucketOwnershipControls, "PutBucketOwnershipControls", "PUT", S3Scope::kBucket, "ownershipControls", kNo, {}},
      {S3Operation::kDeleteBucketOwnershipControls, "DeleteBucketOwnershipControls", "DELETE", S3Scope::kBucket, "ownershipControls", kNo, {}},
      {S3Operation::kGetBucketAbac, "GetBucketAbac", "GET", S3Scope::kBucket, "abac", kNo, {}},
      {S3Operation::kPutBucketAbac, "PutBucketAbac", "PUT", S3Scope::kBucket, "abac", kNo, {}},
      {S3Operation::kCreateSession, "CreateSession", "GET", S3Scope::kBucket, "session", kNo, {}},
      {S3Operation::kCreateBucketMetadataConfiguration, "CreateBucketMetadataConfiguration", "POST", S3Scope::kBucket, "metadataConfiguration", kNo, {}},
      {S3Operation::kGetBucketMetadataConfiguration, "GetBucketMetadataConfiguration", "GET", S3Scope::kBucket, "metadataConfiguration", kNo, {}},
      {S3Operation::kDeleteBucketMetadataConfiguration, "DeleteBucketMetadataConfiguration", "DELETE", S3Scope::kBucket, "metadataConfiguration", kNo, {}},
      {S3Operation::kCreateBucketMetadataTableConfiguration, "CreateBucketMetadataTableConfiguration", "POST", S3Scope::kBucket, "metadataTable", kNo, {}},
      {S3Operation::kGetBucketMetadataTableConfiguration, "GetBucketMetadataTableConfiguration", "GET", S3Scope::kBucket, "metadataTable", kNo, {}},
      {S3Operation::kDeleteBucketMetadataTableConfiguration, "DeleteBucketMetadataTableConfiguration", "DELETE", S3Scope::kBucket, "metadataTable", kNo, {}},
      {S3Operation::kUpdateBucketMetadataInventoryTableConfiguration, "UpdateBucketMetadataInventoryTableConfiguration", "PUT", S3Scope::kBucket, "metadataInventoryTable", kNo, {}},
      {S3Operation::kUpdateBucketMetadataJournalTableConfiguration, "UpdateBucketMetadataJournalTableConfiguration", "PUT", S3Scope::kBucket, "metadataJournalTable", kNo, {}},
      {S3Operation::kUpdateBucketMetadataAnnotationTableConfiguration, "UpdateBucketMetadataAnnotationTableConfiguration", "PUT", S3Scope::kBucket, "metadataAnnotationTable", kNo, {}},
      {S3Operation::kListBucketAnalyticsConfigurations, "ListBucketAnalyticsConfigurations", "GET", S3Scope::kBucket, "analytics", kNo, {"continuation-token"}},
      {S3Operation::kGetBucketAnalyticsConfiguration, "GetBucketAnalyticsConfiguration", "GET", S3Scope::kBucket, "analytics", kNo, {"id"}},
      {S3Operation::kPutBucketAnalyticsConfiguration, "PutBucketAnalyticsConfiguration", "PUT", S3Scope::kBucket, "analytics", kNo, {"id"}},
      {S3Operation::kDeleteBucketAnalyticsConfiguration, "DeleteBucketAnalyticsConfiguration", "DELETE", S3Scope::kBucket, "analytics", kNo, {"id"}},
      {S3Operation::kListBucketIntelligentTieringConfigurations, "ListBucketIntelligentTieringConfigurations", "GET", S3Scope::kBucket, "intelligent-tiering", kNo, {"continuation-token"}},
      {S3Operation::kGetBucketIntelligentTieringConfiguration, "GetBucketIntelligentTieringConfiguration", "GET", S3Scope::kBucket, "intelligent-tiering", kNo, {"id"}},
      {S3Operation::kPutBucketIntelligentTieringConfiguration, "PutBucketIntelligentTieringConfiguration", "PUT", S3Scope::kBucket, "intelligent-tiering", kNo, {"id"}},
      {S3Operation::kDeleteBucketIntelligentTieringConfiguration, "DeleteBucketIntelligentTieringConfiguration", "DELETE", S3Scope::kBucket, "intelligent-tiering", kNo, {"id"}},
      {S3Operation::kListBucketInventoryConfigurations, "ListBucketInventoryConfigurations", "GET", S3Scope::kBucket, "inventory", kNo, {"continuation-token"}},
      {S3Operation::kGetBucketInventoryConfiguration, "GetBucketInventoryConfiguration", "GET", S3Scope::kBucket, "inventory", kNo, {"id"}},
      {S3Operation::kPutBucketInventoryConfiguration, "PutBucketInventoryConfiguration", "PUT", S3Scope::kBucket, "inventory", kNo, {"id"}},
      {S3Operation::kDeleteBucketInventoryConfiguration, "DeleteBucketInventoryConfiguration", "DELETE", S3Scope::kBucket, "inventory", kNo, {"id"}},
      {S3Operation::kListBucketMetricsConfigurations, "ListBucketMetricsConfigurations", "GET", S3Scope::kBucket, "metrics", kNo, {"continuation-token"}},
      {S3Operation::kGetBucketMetricsConfiguration, "GetBucketMetricsConfiguration", "GET", S3Scope::kBucket, "metrics", kNo, {"id"}},
      {S3Operation::kPutBucketMetricsConfiguration, "PutBucketMetricsConfiguration", "PUT", S3Scope::kBucket, "metrics", kNo, {"id"}},
      {S3Operation::kDeleteBucketMetricsConfiguration, "DeleteBucketMetricsConfiguration", "DELETE", S3Scope::kBucket, "metrics", kNo, {"id"}},
      {S3Operation::kGetObjectRetention, "GetObjectRetention", "GET", S3Scope::kObject, "retention", kNo, {"versionId"}},
      {S3Operation::kPutObjectRetention, "PutObjectRetention", "PUT", S3Scope::kObject, "retention", kNo, {"versionId"}},
      {S3Operation::kGetObjectLegalHold, "GetObjectLegalHold", "GET", S3Scope::kObject, "legal-hold", kNo, {"versionId"}},
      {S3Operation::kPutObjectLegalHold, "PutObjectLegalHold", "PUT", S3Scope::kObject, "legal-hold", kNo, {"versionId"}},
      {S3Operation::kRestoreObject, "RestoreObject", "POST", S3Scope::kObject, "restore", kNo, {"versionId"}},
      {S3Operation::kSelectObjectContent, "SelectObjectContent", "POST", S3Scope::kObject, "select", kNo, {"select-type"}},
      {S3Operation::kGetObjectTorrent, "GetObjectTorrent", "GET", S3Scope::kObject, "torrent", kNo, {}},
      {S3Operation::kUpdateObjectEncryption, "UpdateObjectEncryption", "PUT", S3Scope::kObject, "encryption", kNo, {"versionId"}},
      {S3Operation::kPreflightBucket, "PreflightBucket", "OPTIONS", S3Scope::kBucket, "", kNo, {}},
      {S3Operation::kPreflightObject, "PreflightObject", "OPTIONS", S3Scope::kObject, "", kNo, {}},
      // clang-format on
  };
}

}  // namespace

absl::Span<const S3OperationInfo> S3Operations() {
  static const std::vector<S3OperationInfo>& table = *new std::vector<S3OperationInfo>(MakeTable());
  return table;
}

const S3OperationInfo& InfoOf(S3Operation operation) {
  return S3Operations()[static_cast<size_t>(operation)];
}

}  // namespace cloudlet::http
