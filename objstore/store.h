// The store seam: what a store of objects gives, requests in and values out.
//
// LocalStore (local_store.h) is one over a Kv. Decorators (faults, latency, metering) and a store
// over a remote S3 service wear the same interface; store_conformance.h says in tests what all of
// them must do. Everything that changes objects is one Mutate: a span of mutations in, a verdict
// for each out.
//
// Threads: every method of ObjectStore may be called from any thread. Sinks and sources belong to
// one thread at a time.
#ifndef CLOUDLET_OBJSTORE_STORE_H_
#define CLOUDLET_OBJSTORE_STORE_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "cloudlet/acl.h"
#include "cloudlet/annotation.h"
#include "cloudlet/append.h"
#include "cloudlet/attributes.h"
#include "cloudlet/bucket.h"
#include "cloudlet/caller.h"
#include "cloudlet/copy.h"
#include "cloudlet/listing.h"
#include "cloudlet/multipart.h"
#include "cloudlet/object.h"
#include "cloudlet/tags.h"
#include "objstore/authorize.h"

namespace cloudlet::objstore {

// Bytes that lie in the store already, invisible until a PutMutation takes them. Destroyed untaken,
// they are garbage.
class StagedPayload {
 public:
  virtual ~StagedPayload() = default;
  virtual uint64_t size() const = 0;
};

// Takes a body piece by piece in bounded memory. Destroyed before Finish, it leaves garbage and
// nothing else.
class PayloadSink {
 public:
  virtual ~PayloadSink() = default;
  virtual absl::Status Write(std::string_view bytes) = 0;
  virtual absl::StatusOr<std::unique_ptr<StagedPayload>> Finish() = 0;
};

// Gives a body piece by piece, each at most about 1 MiB and verified; an empty Cord is the end. A
// piece may outlive the source.
class PayloadSource {
 public:
  virtual ~PayloadSource() = default;
  virtual absl::StatusOr<absl::Cord> Next() = 0;
};

// Writes an object. The views and pointers must stay valid during Mutate.
struct PutMutation {
  static constexpr std::string_view kVerb = "put";  // as errors name it
  std::string_view bucket;
  std::string_view key;
  // A Cord (empty for no bytes), or what Stage of the same store gave.
  std::variant<absl::Cord, std::unique_ptr<StagedPayload>> body;
  // Not null; its durability is superseded by that of the request.
  const PutOptions* options = nullptr;
};

// Deletes an object. Nothing to delete: a result with existed = false.
struct DeleteMutation {
  static constexpr std::string_view kVerb = "delete";
  std::string_view bucket;
  std::string_view key;
  const DeleteOptions* options = nullptr;  // not null; durability as above
};

// Makes an object of another one. The payload is shared, not read.
struct CopyMutation {
  static constexpr std::string_view kVerb = "copy to";
  std::string_view bucket;  // of the copy, and of a source that names none
  std::string_view key;
  const CopySource* source = nullptr;    // not null
  const CopyOptions* options = nullptr;  // not null; durability as above
};

// Moves an object to another key of its bucket. Takes two numbers: that of the removal, then that
// of the change at the new key.
struct RenameMutation {
  static constexpr std::string_view kVerb = "rename to";
  std::string_view bucket;
  std::string_view source_key;
  std::string_view key;
  const RenameOptions* options = nullptr;  // not null; durability as above
};

// Makes an object of the parts of a multipart upload.
struct CompleteMutation {
  static constexpr std::string_view kVerb = "complete upload of";
  std::string_view bucket;
  std::string_view key;
  std::string_view upload_id;
  absl::Span<const CompletedPart> parts;
  const CompleteOptions* options = nullptr;  // not null; durability as above
};

// Adds bytes to an object.
struct AppendMutation {
  static constexpr std::string_view kVerb = "append to";
  std::string_view bucket;
  std::string_view key;
  const absl::Cord* body = nullptr;        // not null
  const AppendOptions* options = nullptr;  // not null; durability as above
};

// Replaces the tags of an object, or of one version of it.
struct SetTagsMutation {
  static constexpr std::string_view kVerb = "set tags of";
  std::string_view bucket;
  std::string_view key;
  const TagSet* tags = nullptr;                // not null
  const ChangeTagsOptions* options = nullptr;  // not null; durability as above
};

// Takes all of them off; that there are none is no error.
struct DeleteTagsMutation {
  static constexpr std::string_view kVerb = "delete tags of";
  std::string_view bucket;
  std::string_view key;
  const ChangeTagsOptions* options = nullptr;  // not null; durability as above
};

// Replaces the ACL of an object, or of one version of it.
struct SetObjectAclMutation {
  static constexpr std::string_view kVerb = "set ACL of";
  std::string_view bucket;
  std::string_view key;
  CannedAcl acl = CannedAcl::kPrivate;
  const SetObjectAclOptions* options = nullptr;  // not null; durability as above
};

// Attaches an annotation to a version of an object, or replaces it.
struct PutAnnotationMutation {
  static constexpr std::string_view kVerb = "put annotation of";
  std::string_view bucket;
  std::string_view key;
  std::string_view name;
  std::string_view payload;
  const PutAnnotationOptions* options = nullptr;  // not null; durability as above
};

// Deletes one. Nothing to delete: a result with existed = false.
struct DeleteAnnotationMutation {
  static constexpr std::string_view kVerb = "delete annotation of";
  std::string_view bucket;
  std::string_view key;
  std::string_view name;
  const DeleteAnnotationOptions* options = nullptr;  // not null; durability as above
};

// Puts a payload on its way to one target, as an event of type kInvocation. Of no bucket and key. A
// target is a function, or whatever else triggers/ gives such a name (triggers/targets.h).
struct EnqueueMutation {
  static constexpr std::string_view kVerb = "enqueue";
  static constexpr std::string_view bucket = {};
  static constexpr std::string_view key = {};
  std::string_view function;
  std::string_view payload;
  // As in EventRecord (ledger.h); null: none.
  const std::map<std::string, std::string>* attributes = nullptr;
  absl::Duration delay = absl::ZeroDuration();
};
struct EnqueueResult {
  uint64_t sequence = 0;  // number of the event
};

// Asks that an object is as it was when it was read: ConditionalRequestConflict where it is not.
// Changes nothing and takes no number; of use in an all-or-nothing request, before what it is for.
struct RequireMutation {
  static constexpr std::string_view kVerb = "check";
  std::string_view bucket;
  std::string_view key;
  uint64_t sequence = 0;         // of its ObjectInfo; 0: there is none
  const TagSet* tags = nullptr;  // in the order of their keys; null: whatever they are
};

// Asks that the delivery of an event to a function has not ended: ConditionalRequestConflict where
// it has. As above; of no bucket and key.
struct RequireOpenMutation {
  static constexpr std::string_view kVerb = "check delivery";
  static constexpr std::string_view bucket = {};
  static constexpr std::string_view key = {};
  uint64_t number = 0;  // of the event
  std::string_view function;
};
struct RequireResult {};

// In an all-or-nothing request a copy or rename does not see what others before it do to its
// source, and others than put, delete, copy and rename not what they do to its key: it answers
// ABORTED then, as every kind does in a bucket with versioning.
using Mutation = std::variant<PutMutation, DeleteMutation, CopyMutation, RenameMutation,
                              CompleteMutation, AppendMutation, SetTagsMutation, DeleteTagsMutation,
                              SetObjectAclMutation, PutAnnotationMutation, DeleteAnnotationMutation,
                              EnqueueMutation, RequireMutation, RequireOpenMutation>;
// A PutResult for a complete, too.
using MutationResult = std::variant<PutResult, DeleteResult, CopyResult, RenameResult, AppendResult,
                                    ChangeTagsResult, SetObjectAclResult, PutAnnotationResult,
                                    DeleteAnnotationResult, EnqueueResult, RequireResult>;

// What happens to the others when one mutation fails.
enum class Together {
  kEachAlone,     // they are carried out
  kAllOrNothing,  // none is; the others answer ABORTED
};

inline constexpr size_t kMaxMutations = 1'000;

struct MutateRequest {
  // At most kMaxMutations (Ledger::MutateAndSettle: any number), carried out in this order, each
  // seeing those before it. kAllOrNothing takes effect at one moment; kEachAlone in groups of at
  // most 32, each at one moment.
  absl::Span<Mutation> mutations;
  Caller caller = {};
  Durability durability = Durability::kBuffered;
  Together together = Together::kEachAlone;
  // Once true, what is not yet committed answers FAILED_PRECONDITION: the invocation that asks has
  // timed out or ended. Null: never.
  const std::atomic<bool>* revoked = nullptr;
};

struct StageRequest {
  std::string_view bucket;
  std::string_view key;
  const PutOptions* options = nullptr;  // not null
  Caller caller = {};
};

// An upload that is to be: headers and metadata of the object.
struct CreateUploadRequest {
  std::string_view bucket;
  std::string_view key;
  const PutOptions* options = nullptr;  // not null
  Caller caller = {};
  const std::atomic<bool>* revoked = nullptr;  // as in MutateRequest
};

struct UploadRequest {
  std::string_view bucket;
  std::string_view key;
  std::string_view upload_id;
  Caller caller = {};
  const std::atomic<bool>* revoked = nullptr;  // as in MutateRequest
};

struct PartRequest {
  UploadRequest upload;
  int part_number = 0;
  const UploadPartOptions* options = nullptr;  // not null
};

// A part that has the bytes of an object.
struct PartCopyRequest {
  UploadRequest upload;
  int part_number = 0;
  const CopySource* source = nullptr;              // not null; naming no bucket: that of the upload
  const UploadPartCopyOptions* options = nullptr;  // not null
};

// A Cord, or what StagePart of the same store gave.
using PartBody = std::variant<absl::Cord, std::unique_ptr<StagedPayload>>;

enum class ReadPart {
  kInfoOnly,
  kBody,
  kTags,  // and the info
  kAcl,   // likewise
};

struct ReadRequest {
  std::string_view bucket;
  std::string_view key;
  const GetOptions* options = nullptr;  // not null
  ReadPart part = ReadPart::kBody;
  Caller caller = {};
  std::string_view verb = {};  // what errors call it; empty: "get", "head", ...
};

struct ReadAnswer {
  ObjectInfo info;
  bool not_modified = false;  // nothing to read
  uint64_t offset = 0;        // of the range within the object
  uint64_t length = 0;        // of the range
  // The bytes: small bodies lie here, verified; otherwise it is empty and `source` gives them.
  absl::Cord small_body;
  std::unique_ptr<PayloadSource> source;
  TagSet tags;    // of kTags
  BucketAcl acl;  // of kAcl: the object's owner and its ACL
};

struct AttributesRequest {
  std::string_view bucket;
  std::string_view key;
  const AttributesOptions* options = nullptr;  // not null
  Caller caller = {};
};

struct AnnotationRequest {
  std::string_view bucket;
  std::string_view key;
  std::string_view name;
  const GetAnnotationOptions* options = nullptr;  // not null
  Caller caller = {};
};

struct ListAnnotationsRequest {
  std::string_view bucket;
  std::string_view key;
  const ListAnnotationsOptions* options = nullptr;  // not null
  Caller caller = {};
};

// Of a bucket that the caller may do something with.
struct HeadBucketRequest {
  std::string_view bucket;
  Caller caller = {};
  // What he must be allowed to do: kReadObject with an object that has this ACL.
  Permission asked = Permission::kOwn;
  CannedAcl object_acl = CannedAcl::kPrivate;
};

// A change of how a bucket is configured.
struct BucketRequest {
  std::string_view bucket;
  Caller caller = {};
  const std::atomic<bool>* revoked = nullptr;  // as in MutateRequest
};

// What a store can do beyond the interface's common ground.
struct StoreCapabilities {
  bool atomic_events = false;      // the event row is in the batch of its change
  bool settles_with_data = false;  // ledger rows can be committed together with mutations
  bool arbitrary_keys = false;     // keys need not be UTF-8
};

class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  // One verdict per mutation, in order.
  virtual std::vector<absl::StatusOr<MutationResult>> Mutate(const MutateRequest& request) = 0;
  // A sink for a body that is written ahead of its mutation. What is wrong already (bucket, key,
  // headers, permission, the form of digests) is answered here, and again by the mutation,
  // which must be for the same bucket and options; conditions, and whether digests are right, are
  // for the mutation alone.
  virtual absl::StatusOr<std::unique_ptr<PayloadSink>> Stage(const StageRequest& request) = 0;
  virtual absl::StatusOr<ReadAnswer> Read(const ReadRequest& request) = 0;
  virtual absl::StatusOr<ObjectAttributes> GetAttributes(const AttributesRequest& request) = 0;
  virtual absl::StatusOr<ListPage> List(std::string_view bucket, const ListPageOptions& options,
                                        const Caller& caller) = 0;

  virtual absl::StatusOr<VersionPage> ListVersions(std::string_view bucket,
                                                   const VersionPageOptions& options,
                                                   const Caller& caller) = 0;

  // Multipart uploads; a complete is a mutation. None of these is an event.
  virtual absl::StatusOr<std::string> CreateMultipartUpload(const CreateUploadRequest& request) = 0;
  // As Stage, for a part.
  virtual absl::StatusOr<std::unique_ptr<PayloadSink>> StagePart(const PartRequest& request) = 0;
  virtual absl::StatusOr<UploadPartResult> UploadPart(const PartRequest& request,
                                                      PartBody body) = 0;
  virtual absl::StatusOr<UploadPartCopyResult> UploadPartCopy(const PartCopyRequest& request) = 0;
  virtual absl::Status AbortMultipartUpload(const UploadRequest& request) = 0;
  virtual absl::StatusOr<PartPage> ListParts(const UploadRequest& request,
                                             const PartPageOptions& options) = 0;
  virtual absl::StatusOr<UploadPage> ListMultipartUploads(std::string_view bucket,
                                                          const UploadPageOptions& options,
                                                          const Caller& caller) = 0;

  // Annotations; what changes them is a mutation.
  virtual absl::StatusOr<Annotation> GetAnnotation(const AnnotationRequest& request) = 0;
  virtual absl::StatusOr<AnnotationPage> ListAnnotations(const ListAnnotationsRequest& request) = 0;

  virtual absl::Status CreateBucket(std::string_view name, const BucketOptions& options,
                                    const Caller& caller) = 0;
  virtual absl::Status DeleteBucket(std::string_view name, const Caller& caller) = 0;
  virtual absl::StatusOr<BucketInfo> HeadBucket(const HeadBucketRequest& request) = 0;
  virtual absl::StatusOr<std::vector<BucketInfo>> ListBuckets(const Caller& caller) = 0;

  virtual absl::Status SetVersioning(const BucketRequest& request, Versioning versioning) = 0;

  virtual absl::Status SetBucketAcl(const BucketRequest& request, CannedAcl acl) = 0;

  // Of the bucket itself; empty where it has none.
  virtual absl::StatusOr<TagSet> BucketTags(std::string_view name, const Caller& caller) = 0;
  // Replaces them, durably; empty: takes them off.
  virtual absl::Status SetBucketTags(const BucketRequest& request, const TagSet& tags) = 0;

  virtual absl::Status Sync() = 0;
  virtual StoreCapabilities capabilities() const = 0;
};

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_STORE_H_
