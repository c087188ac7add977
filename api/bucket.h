// Bucket: a handle to one bucket of a Cloud, and every call on its objects.
//
//   cloudlet::Bucket bucket = *cloud.CreateBucket("photos");
//   bucket.Put("cat.jpg", bytes).IgnoreError();
//   absl::StatusOr<cloudlet::GetResult> cat = bucket.Get("cat.jpg");
//
// Consistency is S3's: a call that begins after a write has returned sees it, in gets, heads and
// lists alike. Keys are 1 to 1,024 bytes. Extension: any bytes; KeyPolicy::kUtf8 refuses what is
// not UTF-8, as S3 does.
#ifndef CLOUDLET_API_BUCKET_H_
#define CLOUDLET_API_BUCKET_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "cloudlet/acl.h"
#include "cloudlet/annotation.h"
#include "cloudlet/append.h"
#include "cloudlet/attributes.h"
#include "cloudlet/caller.h"
#include "cloudlet/copy.h"
#include "cloudlet/delete_many.h"
#include "cloudlet/listing.h"
#include "cloudlet/multipart.h"
#include "cloudlet/object.h"
#include "cloudlet/stream.h"

namespace cloudlet {

namespace internal {
class Gateway;
}  // namespace internal

// How ETags of new objects are made. They stay as they are when the policy changes.
enum class EtagPolicy {
  kMd5,    // S3's rule. MD5 runs at about 0.65 GB/s: it is the cost of a large put.
  kCrc64,  // Extension: the CRC64NVME that is computed anyway, as "<16 hex digits>-crc64"; an
           // opaque ETag
};

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html. Once on it can be
// suspended, but never be off again.
enum class Versioning {
  kOff,        // one version of each key; no version ids
  kEnabled,    // every put makes a version, every delete a delete marker
  kSuspended,  // puts and deletes replace the null version; the others stay
};

struct BucketOptions {
  EtagPolicy etag_policy = EtagPolicy::kMd5;
  // Extension: keep the event of every change, also without a trigger, until it is trimmed: an
  // audit log.
  bool retain_events = false;
  // Where the bucket is said to be (S3's LocationConstraint): awsRegion of its events. 1 to 63 of
  // a-z 0-9 - (InvalidLocationConstraint); empty: the Cloud's (OpenOptions::region).
  std::string region = {};
  CannedAcl acl = CannedAcl::kPrivate;  // at its creation; Bucket::SetAcl changes it
};

struct BucketInfo {
  std::string name = {};
  absl::Time created = {};
  BucketOptions options;  // the region is never empty, the ACL that of now
  Versioning versioning = Versioning::kOff;
  std::string owner = {};  // canonical user id of who created it
};

// What those are told of a bucket who may list it.
struct HeadBucketResult {
  std::string region = {};  // never empty
};

// A cheap value: copy it freely. It names its bucket; calls on a bucket that does not exist (any
// more) answer NoSuchBucket. It may outlive the Cloud and then answers FAILED_PRECONDITION, as it
// does when it has been moved from.
// Threads: a const Bucket may be used from any number of threads at once.
class Bucket {
 public:
  Bucket(std::shared_ptr<internal::Gateway> gateway, std::string name, Caller caller);

  const std::string& name() const { return name_; }
  // The same bucket on behalf of `caller`.
  Bucket As(Caller caller) const;

  // Stores an object, replacing a current one. The body is not referenced after the call, except
  // that a Cord's memory may be shared. Errors: NoSuchBucket, KeyTooLongError, InvalidArgument,
  // MetadataTooLarge, InvalidTag, EntityTooLarge, BadDigest, InvalidDigest, InvalidRequest
  // (checksums), PreconditionFailed, NoSuchKey (If-Match without an object), AccessDenied.
  absl::StatusOr<PutResult> Put(std::string_view key, std::string_view body,
                                const PutOptions& options = {}) const;
  absl::StatusOr<PutResult> Put(std::string_view key, const absl::Cord& body,
                                const PutOptions& options = {}) const;
  // Extension: any number of puts in one call, a verdict for each, in the order of `items`; each is
  // as Put, and sees those before it. Small ones are written together, so that 32 synced puts wait
  // for the disk once. The most durable of `items` decides for all of them; InvalidArgument for all
  // where one's durability is none.
  std::vector<absl::StatusOr<PutResult>> PutMany(absl::Span<const PutItem> items) const;

  // The whole object, or a range of it, in memory. A full read is verified against the object's
  // checksum, a range against those of the blocks it touches: DATA_LOSS on a mismatch. Errors:
  // NoSuchKey, NoSuchBucket, InvalidRange, PreconditionFailed, AccessDenied. Where a delete marker
  // is in the way, DeleteMarkerOf(status) tells which.
  absl::StatusOr<GetResult> Get(std::string_view key, const GetOptions& options = {}) const;
  // The same into the caller's memory, without an allocation of the object's size. OUT_OF_RANGE
  // (nothing is promised about the buffer) when the bytes do not fit into `capacity`.
  absl::StatusOr<ReadIntoResult> ReadInto(std::string_view key, char* buffer, size_t capacity,
                                          const GetOptions& options = {}) const;
  // What is known of the object, without its bytes. A range in the options is checked, not
  // otherwise used.
  absl::StatusOr<HeadResult> Head(std::string_view key, const GetOptions& options = {}) const;
  // Chosen attributes of the object, its parts among them; cloudlet/attributes.h. Errors:
  // NoSuchKey, NoSuchVersion, MethodNotAllowed (a delete marker), InvalidRequest (no attribute is
  // asked for), InvalidArgument, NoSuchBucket, AccessDenied.
  absl::StatusOr<ObjectAttributes> GetAttributes(std::string_view key,
                                                 const AttributesOptions& options) const;

  // Deletes the object, or in a bucket with versioning puts a delete marker in its place; with a
  // version id, deletes that version or marker for good, and what lies under it is current again.
  // Nothing to delete is no error. Errors: NoSuchBucket, InvalidArgument (a version id that is
  // none), PreconditionFailed, NoSuchKey (If-Match without an object), AccessDenied.
  absl::StatusOr<DeleteResult> Delete(std::string_view key,
                                      const DeleteOptions& options = {}) const;

  // Deletes up to 1,000 objects or versions, each as Delete does, with an event of its own, in
  // their order, not at one moment: cloudlet/delete_many.h. What cannot be deleted is in the
  // result. Errors of the whole call: MalformedXML (no items, or more than 1,000), NoSuchBucket,
  // InvalidBucketName; nothing is deleted then.
  absl::StatusOr<DeleteManyResult> DeleteMany(absl::Span<const DeleteItem> items,
                                              const DeleteManyOptions& options = {}) const;

  // A copy of `source` under `key` here, replacing a current object; cloudlet/copy.h. It takes as
  // long for 5 GiB as for 1 KiB. The caller must be allowed to read the source and to write here.
  // Errors: NoSuchBucket, NoSuchKey, NoSuchVersion, InvalidRequest (a delete marker as the source;
  // the current version onto itself without changing anything; a source above
  // Limits::max_copy_bytes; headers without kReplace, or tags), PreconditionFailed,
  // KeyTooLongError, InvalidArgument, MetadataTooLarge, InvalidTag, AccessDenied (also for tags or
  // annotations that would come along from another owner's object).
  absl::StatusOr<CopyResult> Copy(const CopySource& source, std::string_view key,
                                  const CopyOptions& options = {}) const;
  // Extension: cloudlet/copy.h. Errors: NoSuchBucket, NoSuchKey, InvalidRequest (onto itself),
  // PreconditionFailed, NotImplemented (a bucket that has or had versioning), KeyTooLongError,
  // InvalidArgument, AccessDenied.
  absl::StatusOr<RenameResult> Rename(std::string_view source_key, std::string_view key,
                                      const RenameOptions& options = {}) const;
  // Extension: cloudlet/append.h. Adds bytes to an object, which keeps its headers and metadata, or
  // makes one of them; an ObjectCreated:Put event either way. Errors: NoSuchBucket,
  // InvalidWriteOffset, PreconditionFailed, NoSuchKey (If-Match without an object), BadDigest,
  // InvalidDigest, InvalidRequest, EntityTooLarge (a part above Limits::max_part_bytes, an object
  // above max_object_bytes), TooManyParts, NotImplemented (a bucket that has or had versioning),
  // KeyTooLongError, InvalidArgument, AccessDenied.
  absl::StatusOr<AppendResult> Append(std::string_view key, std::string_view body,
                                      const AppendOptions& options = {}) const;
  absl::StatusOr<AppendResult> Append(std::string_view key, const absl::Cord& body,
                                      const AppendOptions& options = {}) const;

  // The tags of an object, or of one version of it; cloudlet/tags.h. Errors: NoSuchKey,
  // NoSuchVersion, MethodNotAllowed (a delete marker, by its version id or as what is current),
  // NoSuchBucket, InvalidArgument, AccessDenied.
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html
  absl::StatusOr<GetTagsResult> GetTags(std::string_view key,
                                        const GetTagsOptions& options = {}) const;
  // Replaces them, or takes all of them off; that there are none is no error. The object stays what
  // it is, its time and version id too. One event, ObjectTagging:Put or ObjectTagging:Delete, also
  // where the tags are what they were. Errors: InvalidTag, NoSuchKey, NoSuchVersion,
  // MethodNotAllowed (a delete marker, by its version id or as what is current), NoSuchBucket,
  // InvalidArgument, AccessDenied.
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html and
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjectTagging.html
  absl::StatusOr<ChangeTagsResult> SetTags(std::string_view key, const TagSet& tags,
                                           const ChangeTagsOptions& options = {}) const;
  absl::StatusOr<ChangeTagsResult> DeleteTags(std::string_view key,
                                              const ChangeTagsOptions& options = {}) const;

  // Who else may read the object, or one version of it; cloudlet/acl.h. The owner may ask and
  // change it. Errors: NoSuchKey, NoSuchVersion, MethodNotAllowed (a delete marker, by its version
  // id or as what is current), NoSuchBucket, InvalidArgument, AccessDenied.
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAcl.html
  absl::StatusOr<ObjectAcl> GetObjectAcl(std::string_view key,
                                         const GetObjectAclOptions& options = {}) const;
  // Replaces it. The object stays what it is, its time and version id too. One event,
  // ObjectAcl:Put, and none where it has this ACL already, as in S3. Errors: as GetObjectAcl;
  // InvalidArgument for kLogDeliveryWrite, and for no value of the enum.
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAcl.html
  absl::StatusOr<SetObjectAclResult> SetObjectAcl(std::string_view key, CannedAcl acl,
                                                  const SetObjectAclOptions& options = {}) const;

  absl::StatusOr<ObjectReader> OpenReader(std::string_view key,
                                          const GetOptions& options = {}) const;
  // What is wrong already is answered here (as by Put); whether the conditions hold and the digests
  // are right is checked at Commit.
  absl::StatusOr<ObjectWriter> OpenWriter(std::string_view key,
                                          const PutOptions& options = {}) const;

  ObjectListing List(const ListOptions& options = {}) const;
  absl::StatusOr<ListPage> ListOnePage(const ListPageOptions& options = {}) const;

  // One page of all versions and delete markers, keys in byte order, the newest version of each
  // first: one moment of the bucket. Errors: NoSuchBucket, InvalidArgument, AccessDenied.
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
  absl::StatusOr<VersionPage> ListVersions(const VersionPageOptions& options = {}) const;

  // --- Multipart uploads: see multipart.h ---

  // Opens an upload; its id is opaque. `options` are those of the object to be, without conditions
  // and digests, which belong to the complete and to the parts (InvalidRequest). A
  // checksum_algorithm is that of the parts and, with the checksum_type, of the object; part
  // numbers are then to be 1, 2, 3, ... CRC64NVME: kFullObject only; CRC32, CRC32C: kComposite (the
  // default) or kFullObject; the others: kComposite only; else InvalidRequest. Errors: as Put.
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html
  absl::StatusOr<std::string> CreateMultipartUpload(std::string_view key,
                                                    const PutOptions& options = {}) const;
  // Stores a part; one of the same number is replaced, the last to return wins. Part numbers are 1
  // to 10,000 (Limits::max_part_number). Errors: NoSuchUpload (an id of another key or bucket, or
  // of an upload that has ended, too), InvalidArgument, EntityTooLarge, BadDigest, InvalidDigest,
  // NoSuchBucket, AccessDenied.
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html
  absl::StatusOr<UploadPartResult> UploadPart(std::string_view key, std::string_view upload_id,
                                              int part_number, std::string_view body,
                                              const UploadPartOptions& options = {}) const;
  absl::StatusOr<UploadPartResult> UploadPart(std::string_view key, std::string_view upload_id,
                                              int part_number, const absl::Cord& body,
                                              const UploadPartOptions& options = {}) const;
  // What is wrong already is answered here; whether the digests are right, at Commit.
  absl::StatusOr<PartWriter> OpenPartWriter(std::string_view key, std::string_view upload_id,
                                            int part_number,
                                            const UploadPartOptions& options = {}) const;
  // Stores a part that has the bytes of an object, or of a range of it: read, verified and written
  // again, in bounded memory and in the time that takes, since nothing is shared. A source that
  // changes meanwhile is copied as it was. ETag and checksum are those of an UploadPart of these
  // bytes. The caller must be allowed to read the source and to write here. Errors: as UploadPart,
  // and of the source: NoSuchBucket, NoSuchKey, NoSuchVersion, InvalidArgument (the range, a
  // version id that is none), InvalidRequest (a delete marker by its version id; without a range, a
  // source above Limits::max_copy_bytes), PreconditionFailed, EntityTooLarge (more than
  // Limits::max_part_bytes), DATA_LOSS.
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
  absl::StatusOr<UploadPartCopyResult> UploadPartCopy(
      std::string_view key, std::string_view upload_id, int part_number, const CopySource& source,
      const UploadPartCopyOptions& options = {}) const;
  // Makes the object of `parts`, in their order, with one ObjectCreated:CompleteMultipartUpload
  // event, and ends the upload; parts that are not named are deleted. After an error the upload is
  // as it was. Once more with the same parts, it answers the same while its object is the current
  // one, whatever the conditions, else NoSuchUpload. Errors, in this order: NoSuchUpload,
  // PreconditionFailed, NoSuchKey (If-Match without an object), InvalidRequest (no parts),
  // InvalidArgument (a number below 1), InvalidPartOrder (numbers that do not ascend), InvalidPart
  // (a part that is not there, or has another ETag), EntityTooSmall (a part before the last one
  // below Limits::min_part_bytes), EntityTooLarge, InvalidRequest (mp_object_size), BadDigest;
  // then, of checksums: InvalidPart, InvalidRequest, InvalidPartOrder (numbers that are not 1, 2,
  // 3, ... in an upload with a checksum_algorithm), BadDigest.
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
  absl::StatusOr<PutResult> CompleteMultipartUpload(std::string_view key,
                                                    std::string_view upload_id,
                                                    absl::Span<const CompletedPart> parts,
                                                    const CompleteOptions& options = {}) const;
  // Ends the upload and deletes its parts. Errors: NoSuchUpload, NoSuchBucket, AccessDenied (of who
  // is neither the bucket's owner nor the upload's initiator; so ListParts).
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html
  absl::Status AbortMultipartUpload(std::string_view key, std::string_view upload_id) const;
  // One page of the parts that an open upload has: one moment of it. Errors: NoSuchUpload,
  // InvalidArgument (a negative marker), NoSuchBucket, AccessDenied.
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html
  absl::StatusOr<PartPage> ListParts(std::string_view key, std::string_view upload_id,
                                     const PartPageOptions& options = {}) const;
  // One page of the open uploads. Errors: NoSuchBucket, InvalidArgument (an upload id marker that
  // is none), AccessDenied.
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
  absl::StatusOr<UploadPage> ListMultipartUploads(const UploadPageOptions& options = {}) const;

  // --- Annotations: see annotation.h. Where a delete marker is current, or named by its version
  // id, each answers MethodNotAllowed, as calls on tags do. ---

  // Attaches an annotation to the current version of an object or, by its id, to another, or
  // replaces it. Errors: NoSuchBucket, NoSuchKey, NoSuchVersion, MethodNotAllowed (a delete
  // marker), InvalidAnnotationName, AnnotationNameTooLong, AnnotationLimitExceeded, InvalidRequest
  // (an empty payload; checksums), EntityTooLarge, UnsupportedMediaType (no UTF-8), BadDigest,
  // InvalidDigest, InvalidArgument, PreconditionFailed, NoSuchAnnotation (an if_match without it),
  // AccessDenied.
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAnnotation.html
  absl::StatusOr<PutAnnotationResult> PutAnnotation(std::string_view key, std::string_view name,
                                                    std::string_view payload,
                                                    const PutAnnotationOptions& options = {}) const;
  // With its payload, verified: DATA_LOSS on a mismatch. Errors: NoSuchAnnotation, NoSuchKey,
  // NoSuchVersion, MethodNotAllowed, NoSuchBucket, InvalidAnnotationName, AnnotationNameTooLong,
  // InvalidArgument, AccessDenied.
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAnnotation.html
  absl::StatusOr<Annotation> GetAnnotation(std::string_view key, std::string_view name,
                                           const GetAnnotationOptions& options = {}) const;
  // Nothing to delete is no error. Errors: as GetAnnotation without NoSuchAnnotation, but for an
  // if_match; PreconditionFailed.
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjectAnnotation.html
  absl::StatusOr<DeleteAnnotationResult> DeleteAnnotation(
      std::string_view key, std::string_view name,
      const DeleteAnnotationOptions& options = {}) const;
  // One page of the annotations of a version. Errors: NoSuchKey, NoSuchVersion, MethodNotAllowed,
  // NoSuchBucket, InvalidPrefix, InvalidArgument, AccessDenied.
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectAnnotations.html
  absl::StatusOr<AnnotationPage> ListAnnotations(std::string_view key,
                                                 const ListAnnotationsOptions& options = {}) const;

  // Whether the bucket is there and the caller may list it. Errors: NoSuchBucket, AccessDenied.
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
  absl::StatusOr<HeadBucketResult> HeadBucket() const;
  // All of its configuration, for its owner. Errors: NoSuchBucket, AccessDenied.
  absl::StatusOr<BucketInfo> Info() const;
  // What others may do in the bucket; cloudlet/acl.h. Errors: NoSuchBucket, AccessDenied.
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAcl.html
  absl::StatusOr<BucketAcl> GetAcl() const;
  // From the next call on, durably. No event; objects have ACLs of their own. Errors: NoSuchBucket,
  // AccessDenied, InvalidArgument (no value of the enum).
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html
  absl::Status SetAcl(CannedAcl acl) const;
  // From the next call on, durably. Errors: NoSuchBucket, AccessDenied, InvalidArgument (kOff).
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html
  absl::Status SetVersioning(Versioning versioning) const;

  // The tags of the bucket itself; cloudlet/tags.h. Errors: NoSuchTagSet (it has none),
  // NoSuchBucket, AccessDenied.
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketTagging.html
  absl::StatusOr<TagSet> GetBucketTags() const;
  // Replaces them, durably; by none, too. No event. Errors: InvalidTag, NoSuchBucket, AccessDenied.
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html
  absl::Status SetBucketTags(const TagSet& tags) const;
  // Takes all of them off, durably; that there are none is no error. Errors: NoSuchBucket,
  // AccessDenied.
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketTagging.html
  absl::Status DeleteBucketTags() const;

 private:
  std::shared_ptr<internal::Gateway> gateway_;
  std::string name_ = {};
  Caller caller_;
};

}  // namespace cloudlet

#endif  // CLOUDLET_API_BUCKET_H_
