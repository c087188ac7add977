// The operations of S3: each takes a call whose caller is verified, and answers it.
//
// They are found by S3Operation in OperationOf. Whether the caller may is for the store to say.
#ifndef CLOUDLET_HTTP_S3_OPERATIONS_H_
#define CLOUDLET_HTTP_S3_OPERATIONS_H_

#include "http/message.h"
#include "http/s3_call.h"

namespace cloudlet::http {

using S3OperationFunction = Begun (*)(const S3CallPtr& call);

// Null: it is not implemented.
S3OperationFunction OperationOf(S3Operation operation);

// --- s3_buckets.cc ---
Begun ListBuckets(const S3CallPtr& call);
Begun CreateBucket(const S3CallPtr& call);
Begun HeadBucket(const S3CallPtr& call);
Begun DeleteBucket(const S3CallPtr& call);
Begun GetBucketLocation(const S3CallPtr& call);
Begun GetBucketVersioning(const S3CallPtr& call);
Begun PutBucketVersioning(const S3CallPtr& call);
Begun GetBucketTagging(const S3CallPtr& call);
Begun PutBucketTagging(const S3CallPtr& call);
Begun DeleteBucketTagging(const S3CallPtr& call);
Begun GetBucketAcl(const S3CallPtr& call);
Begun PutBucketAcl(const S3CallPtr& call);
Begun GetBucketNotification(const S3CallPtr& call);
Begun PutBucketNotification(const S3CallPtr& call);

// --- s3_lists.cc ---
Begun ListObjects(const S3CallPtr& call);
Begun ListObjectsV2(const S3CallPtr& call);
Begun ListObjectVersions(const S3CallPtr& call);

// --- s3_reads.cc ---
Begun GetObject(const S3CallPtr& call);
Begun HeadObject(const S3CallPtr& call);
Begun GetObjectAttributes(const S3CallPtr& call);

// --- s3_writes.cc ---
Begun PutObject(const S3CallPtr& call);
Begun UploadPart(const S3CallPtr& call);
// Of a body that streams, for PostObject too.
std::unique_ptr<BodyTaker> TakeObject(const S3CallPtr& call, PutOptions options,
                                      std::optional<ChecksumAlgorithm> trailer,
                                      std::function<Response(const PutResult&)> answer);

// --- s3_changes.cc ---
Begun CopyObject(const S3CallPtr& call);
Begun RenameObject(const S3CallPtr& call);
Begun DeleteObject(const S3CallPtr& call);
Begun DeleteObjects(const S3CallPtr& call);
Begun GetObjectTagging(const S3CallPtr& call);
Begun PutObjectTagging(const S3CallPtr& call);
Begun DeleteObjectTagging(const S3CallPtr& call);
Begun GetObjectAcl(const S3CallPtr& call);
Begun PutObjectAcl(const S3CallPtr& call);

// --- s3_uploads.cc ---
Begun CreateMultipartUpload(const S3CallPtr& call);
Begun UploadPartCopy(const S3CallPtr& call);
Begun CompleteMultipartUpload(const S3CallPtr& call);
Begun AbortMultipartUpload(const S3CallPtr& call);
Begun ListParts(const S3CallPtr& call);
Begun ListMultipartUploads(const S3CallPtr& call);

// --- s3_annotations.cc ---
Begun ListObjectAnnotations(const S3CallPtr& call);
Begun GetObjectAnnotation(const S3CallPtr& call);
Begun PutObjectAnnotation(const S3CallPtr& call);
Begun DeleteObjectAnnotation(const S3CallPtr& call);

// --- s3_post_object.cc: verifies its own caller, whose credentials are in the form. ---
class Authenticator;
Begun PostObject(const S3CallPtr& call, const Authenticator& authenticator);

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_S3_OPERATIONS_H_
