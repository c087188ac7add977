// The plain model of a cloud that differential_test.cc compares with: maps, and S3's rules written
// down a second time, as briefly as they can be (those about values in differential_rules.h).
//
// A call that changes something comes in two: ...Code answers what the cloud must answer ("OK", or
// the S3 code or canonical name) and changes nothing; once the cloud has done it, the other carries
// it out, with what only the cloud could know. A new kind of operation is one such pair.
//
//   differential_model.cc              buckets, versions, events, puts and deletes
//   differential_model_copies.cc       copies and renames
//   differential_model_appends.cc      appends
//   differential_model_uploads.cc      multipart uploads
//   differential_model_tags.cc         tags of objects and buckets
//   differential_model_annotations.cc  annotations
//   differential_model_reads.cc        reads and lists
#ifndef CLOUDLET_TESTS_DIFFERENTIAL_MODEL_H_
#define CLOUDLET_TESTS_DIFFERENTIAL_MODEL_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "cloudlet/cloud.h"
#include "tests/differential_rules.h"

namespace cloudlet::differential {

struct ModelAnnotation {
  std::string payload;
  std::string etag;
  Checksum checksum;
  absl::Time modified;
  uint64_t sequence = 0;  // as of a version
};

// A version of an object, or a delete marker.
struct ModelVersion {
  bool is_marker = false;
  std::string id = "null";  // "null": written without versioning or while it was suspended
  std::string body;
  std::string etag;
  std::string content_type;
  std::string redirect;
  UserMetadata metadata;
  Checksum checksum;
  uint64_t crc64nvme = 0;
  uint64_t sequence = 0;  // what the cloud gave; 0: not known
  absl::Time modified;
  std::vector<std::pair<int, uint64_t>> parts;         // number and size, where it was made of some
  std::vector<CompletedPart> named;                    // these, as a complete may name them
  std::string upload_id;                               // of the upload that made this very version
  TagSet tags;                                         // in the order of their keys
  std::map<std::string, ModelAnnotation> annotations;  // by name
};

struct ModelUpload {
  std::string id;
  PutOptions options;
  absl::Time created;
  std::optional<UploadChecksum> checksum;
  std::map<int, ModelPart> parts;
};

struct ModelBucket {
  BucketOptions options;
  absl::Time created;
  Versioning versioning = Versioning::kOff;
  TagSet tags;                                                      // in the order of their keys
  std::map<std::string, std::vector<ModelVersion>> keys;            // newest first, never empty
  std::map<std::pair<std::string, uint64_t>, ModelUpload> uploads;  // by key and age
};

// What the cloud gave to a change.
struct Given {
  absl::Time now;
  uint64_t sequence = 0;
  std::string version_id;
  std::string request_id;
};

// What the event log of a retaining bucket must hold.
struct ModelEvent {
  EventType type = EventType::kNone;
  std::string bucket;
  std::string key;
  uint64_t size = 0;
  std::string etag;
  std::string version_id;
  uint64_t sequence = 0;
  absl::Time time;
  std::string request_id;
  std::string annotation;  // its name, where the event is of one
};

struct ModelDeleted {
  bool existed = false;
  bool delete_marker = false;
  std::string version_id;
};

// What a complete must answer, and the version that it makes.
struct ModelComplete {
  std::string code;
  bool repeats = false;  // an earlier one, whose version is current
  ModelVersion made;
};

struct ModelRead {
  std::string code;
  bool not_modified = false;
  Extent extent;                         // of what is read
  const ModelVersion* object = nullptr;  // where the code is OK
  std::string Body() const {
    return not_modified ? "" : object->body.substr(extent.offset, extent.length);
  }
};

// Of a list: an object, a version, an upload, or a common prefix.
struct ModelEntry {
  std::string key;
  bool is_prefix = false;
  bool is_latest = false;
  const ModelVersion* version = nullptr;
  const ModelUpload* upload = nullptr;
};

class Model {
 public:
  // --- Buckets ---
  std::string BucketCode(const std::string& name) const;
  std::string CreateBucket(const std::string& name, const BucketOptions& options, absl::Time now);
  std::string DeleteBucket(const std::string& name);
  std::string SetVersioning(const std::string& name, Versioning versioning);

  // --- Puts and deletes ---
  // What opening a writer must answer: all but conditions and whether digests are right.
  std::string OpenWriterCode(const std::string& bucket, const std::string& key,
                             const PutOptions& options) const;
  std::string PutCode(const std::string& bucket, const std::string& key, const std::string& body,
                      const PutOptions& options) const;
  void Put(const std::string& bucket, const std::string& key, const std::string& body,
           const PutOptions& options, const Given& given);
  std::string DeleteCode(const std::string& bucket, const std::string& key,
                         const DeleteOptions& options) const;
  ModelDeleted Delete(const std::string& bucket, const std::string& key,
                      const std::string& version_id, const Given& given);

  // --- Copies and renames ---
  // Of the source; `found` is set where it is "OK".
  std::string SourceCode(const std::string& bucket, const CopySource& source, uint64_t max_bytes,
                         const ModelVersion** found) const;
  std::string CopyCode(const std::string& bucket, const std::string& key, const CopySource& source,
                       const CopyOptions& options) const;
  void Copy(const std::string& bucket, const std::string& key, const CopySource& source,
            const CopyOptions& options, const Given& given);
  std::string RenameCode(const std::string& bucket, const std::string& source,
                         const std::string& key, const RenameOptions& options) const;
  void Rename(const std::string& bucket, const std::string& source, const std::string& key,
              const Given& given);

  // --- Appends ---
  std::string AppendCode(const std::string& bucket, const std::string& key, const std::string& body,
                         const AppendOptions& options) const;
  void Append(const std::string& bucket, const std::string& key, const std::string& body,
              const Given& given);

  // --- Tags ---
  // `tags` null: all are to be taken off.
  std::string ChangeTagsCode(const std::string& bucket, const std::string& key,
                             const std::string& version_id, const TagSet* tags) const;
  void ChangeTags(const std::string& bucket, const std::string& key, const std::string& version_id,
                  const TagSet* tags, const Given& given);
  std::string SetBucketTagsCode(const std::string& name, const TagSet& tags) const;
  void SetBucketTags(const std::string& name, const TagSet& tags);
  std::string GetBucketTagsCode(const std::string& name) const;

  // --- Annotations ---
  std::string PutAnnotationCode(const std::string& bucket, const std::string& key,
                                const std::string& name, const std::string& payload,
                                const PutAnnotationOptions& options) const;
  void PutAnnotation(const std::string& bucket, const std::string& key, const std::string& name,
                     const std::string& payload, const PutAnnotationOptions& options,
                     const Given& given);
  std::string DeleteAnnotationCode(const std::string& bucket, const std::string& key,
                                   const std::string& name,
                                   const DeleteAnnotationOptions& options) const;
  // Whether there was one.
  bool DeleteAnnotation(const std::string& bucket, const std::string& key, const std::string& name,
                        const std::string& version_id, const Given& given);
  // `found` is set where it is "OK".
  std::string GetAnnotationCode(const std::string& bucket, const std::string& key,
                                const std::string& name, const std::string& version_id,
                                const ModelAnnotation** found) const;
  std::string ListAnnotationsCode(const std::string& bucket, const std::string& key,
                                  const ListAnnotationsOptions& options) const;

  // --- Uploads ---
  std::string CreateUploadCode(const std::string& bucket, const std::string& key,
                               const PutOptions& options) const;
  void CreateUpload(const std::string& bucket, const std::string& key, const PutOptions& options,
                    const std::string& id, absl::Time now);
  std::string OpenPartCode(const std::string& bucket, const std::string& key, const std::string& id,
                           int number, const UploadPartOptions& options) const;
  std::string PartCode(const std::string& bucket, const std::string& key, const std::string& id,
                       int number, const std::string& body, const UploadPartOptions& options) const;
  const ModelPart& UploadPart(const std::string& bucket, const std::string& key,
                              const std::string& id, int number, const std::string& body,
                              absl::Time now);
  // `body`: that of the part.
  std::string PartCopyCode(const std::string& bucket, const std::string& key, const std::string& id,
                           int number, const CopySource& source,
                           const std::optional<ByteRange>& range, std::string* body) const;
  ModelComplete JudgeComplete(const std::string& bucket, const std::string& key,
                              const std::string& id, const std::vector<CompletedPart>& parts,
                              const CompleteOptions& options) const;
  void Complete(const std::string& bucket, const std::string& key, const std::string& id,
                const ModelComplete& judged, const Given& given);
  std::string UploadCode(const std::string& bucket, const std::string& key,
                         const std::string& id) const;
  void Abort(const std::string& bucket, const std::string& key, const std::string& id);

  // --- Reads and lists ---
  ModelRead Read(const std::string& bucket, const std::string& key,
                 const GetOptions& options) const;
  // Of what reads and changes of a version look at: "OK" with `found`, or why there is none.
  std::string VersionCode(const std::string& bucket, const std::string& key,
                          const std::string& version_id, const ModelVersion** found) const;
  // The same for its tags and annotations: where a delete marker is current, MethodNotAllowed.
  std::string PartCode(const std::string& bucket, const std::string& key,
                       const std::string& version_id, const ModelVersion** found) const;
  std::string AttributesCode(const std::string& bucket, const std::string& key,
                             const AttributesOptions& options, const ModelVersion** found) const;
  // All entries, in one list; the sizes of pages are not looked at. REQUIRES: the bucket is there.
  std::vector<ModelEntry> List(const std::string& bucket, const ListOptions& options,
                               const std::string& marker) const;
  std::vector<ModelEntry> ListVersions(const std::string& bucket,
                                       const VersionPageOptions& options) const;
  std::vector<ModelEntry> ListUploads(const std::string& bucket,
                                      const UploadPageOptions& options) const;

  // --- Looking ---
  const std::map<std::string, ModelBucket>& buckets() const { return buckets_; }
  std::vector<ModelEvent>& events() { return events_; }
  const std::vector<ModelEvent>& events() const { return events_; }
  // Null where there is none, or a delete marker.
  const ModelVersion* Current(const std::string& bucket, const std::string& key) const;
  const ModelVersion* Version(const std::string& bucket, const std::string& key,
                              const std::string& id) const;
  // What a read that finds no object meets in its place, if anything.
  const ModelVersion* Marker(const std::string& bucket, const std::string& key,
                             const std::string& version_id) const;
  // Null where the bucket or key has none. Not to be kept over a change.
  std::vector<ModelVersion>* VersionsOf(const std::string& bucket, const std::string& key);
  ModelUpload* Upload(const std::string& bucket, const std::string& key, const std::string& id);
  const ModelUpload* Upload(const std::string& bucket, const std::string& key,
                            const std::string& id) const;
  // As users see it: nothing while the bucket has never had versioning.
  std::string ShownId(const std::string& bucket, const ModelVersion& version) const;

 private:
  std::string PlaceCode(const std::string& bucket, const std::string& key) const;
  std::optional<std::string> CurrentEtag(const std::string& bucket, const std::string& key) const;
  // The newest version of a key from now on.
  void Place(const std::string& bucket, const std::string& key, EventType type,
             ModelVersion version, const Given& given);
  void AddEvent(EventType type, const std::string& bucket, const std::string& key,
                const ModelVersion* object, const std::string& version_id, const Given& given,
                const std::string& annotation = "");
  // REQUIRES: VersionCode is "OK".
  ModelVersion& Chosen(const std::string& bucket, const std::string& key,
                       const std::string& version_id);
  // The same, and the condition on the object's ETag.
  std::string AnnotatedCode(const std::string& bucket, const std::string& key,
                            const std::string& version_id, const std::string& object_if_match,
                            const ModelVersion** found) const;

  std::map<std::string, ModelBucket> buckets_;
  std::vector<ModelEvent> events_;
  uint64_t uploads_ = 0;  // created so far
};

}  // namespace cloudlet::differential

#endif  // CLOUDLET_TESTS_DIFFERENTIAL_MODEL_H_
