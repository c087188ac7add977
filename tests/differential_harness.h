// Differential: random operations on a Cloud and on the model of differential_model.h, which must
// agree in every result and every error.
//
// A kind of operation is a Step... method and a row of the table in differential_harness.cc.
//
//   differential_harness.cc            the table, what is chosen, comparing everything
//   differential_steps_objects.cc      puts, deletes, reads
//   differential_steps_copies.cc       copies and renames
//   differential_steps_appends.cc      appends
//   differential_steps_tags.cc         tags of objects and buckets
//   differential_steps_annotations.cc  annotations
//   differential_steps_uploads.cc      multipart uploads
//   differential_steps_lists.cc        lists and buckets
//   differential_steps_life.cc         ends of lives: closing, reopening, kills
//   differential_steps_unknown.cc      operations whose outcome is unknown
#ifndef CLOUDLET_TESTS_DIFFERENTIAL_HARNESS_H_
#define CLOUDLET_TESTS_DIFFERENTIAL_HARNESS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "cloudlet/cloud.h"
#include "objstore/store_testing.h"
#include "tests/differential_machine.h"
#include "tests/differential_model.h"

namespace cloudlet::differential {

class Differential {
 public:
  Differential(uint64_t seed, std::unique_ptr<Machine> machine);

  void Step();
  // Everything there is, compared; the events since the last time, or all of them.
  enum class Events { kNew, kAll };
  void CompareAll(Events which = Events::kNew);
  // Prints how often each kind ran, and expects each to have succeeded. What was compared was worth
  // comparing.
  void Finish();

 private:
  struct Kind {
    const char* name;
    unsigned weight;
    void (Differential::*step)();
  };
  struct Count {
    uint64_t ran = 0;
    uint64_t ok = 0;
    uint64_t errors = 0;
  };
  struct Place {
    std::string bucket;
    std::string key;
  };
  // The current version of a key, or one by its id.
  struct VersionChoice {
    Place at;
    std::string id = {};
  };
  struct Deletion {
    Place at;
    DeleteOptions options;
  };
  // An upload, or what was one, or never was.
  struct UploadChoice {
    std::string bucket;
    std::string key;
    std::string id;
  };
  // An operation whose answer may be lost.
  struct Unsure {
    std::string what;
    std::vector<Place> touched;
    std::function<absl::Status()> call;
    std::function<void(Model*)> apply;
    bool writes_more = false;  // than one batch
  };

  static const std::vector<Kind>& Kinds();
  void Run(const Kind& kind, Count* count);

  // --- Choices ---
  void MakeKeys();
  std::string Key();
  std::string BucketName();
  std::string VersionedBucketName();
  Place AnyPlace() { return {BucketName(), Key()}; }
  Place PlaceWithObject();  // mostly
  std::string Body();
  std::string TinyBody() { return objstore::Bytes(random_.Below(50), random_.Next()); }
  std::string Condition(const std::string& etag, double chance);
  std::string CurrentEtag(const Place& at) const;
  std::string VersionId(const Place& at);  // one that is there, or "null", or made up
  VersionChoice AnyVersion();
  std::optional<absl::Time> DateAround();
  UserMetadata Metadata();
  TagSet Tags(size_t most);
  PutOptions PutChoice(const Place& at, const std::string& body);
  void ChooseChecksum(const std::string& body, PutOptions* options);
  GetOptions GetChoice(const Place& at, const std::string& version_id);
  CopySource SourceChoice(const Place& at, const std::string& version_id);
  CopyOptions CopyChoice(const Place& to);
  UploadChoice AnyUpload();
  UploadPartOptions PartChoice(const UploadChoice& upload, const std::string& body);
  std::string PartBody();
  int PartNumber(const UploadChoice& choice);
  std::vector<CompletedPart> PartsOf(const UploadChoice& upload);
  CompleteOptions CompleteChoice(const UploadChoice& upload,
                                 const std::vector<CompletedPart>& parts);
  std::string Damaged(std::string value);

  // --- Steps: objects ---
  void StepPut();
  void StepWriter();
  void StepPutMany();
  void StepDelete();
  void StepDeleteVersion();
  void StepDeleteMany();
  void StepGet();
  void StepGetVersion();
  void StepGetPart();
  void StepHead();
  void StepReadInto();
  void StepReader();
  void StepAttributes();
  void TakePut(const Place& at, const std::string& body, const PutOptions& options,
               const std::string& expected, const absl::StatusOr<PutResult>& put);
  void TakeDelete(const Place& at, const DeleteOptions& options, const std::string& expected,
                  const absl::StatusOr<DeleteResult>& removed);
  std::vector<Deletion> DeletionsChoice(const std::string& bucket);
  void DeleteAllOf(const std::string& bucket, const std::string& key);
  void CompareGet(const Place& at, const GetOptions& options);
  void CompareInfo(const ObjectInfo& info, const Place& at, const ModelRead& expected,
                   const GetOptions& options);
  void CompareAttributes(const Place& at, AttributesOptions options);
  // The delete marker that a read tells of, if it met one.
  void CompareMarker(const absl::Status& status, const Place& at, const std::string& version_id);

  // --- Steps: copies ---
  void StepCopy();
  void StepCopyVersion();
  void StepCopyOntoItself();
  void StepRename();
  void TakeCopy(const Place& to, const CopySource& source, const CopyOptions& options);

  // --- Steps: appends ---
  void StepAppend();
  AppendOptions AppendChoice(const Place& at, const std::string& body);

  // --- Steps: tags ---
  void StepGetTags();
  void StepSetTags();
  void StepDeleteTags();
  void StepGetBucketTags();
  void StepSetBucketTags();
  void StepDeleteBucketTags();
  void ChangeTags(const TagSet* tags);
  void CompareTags(const Place& at, const std::string& version_id);
  void CompareBucketTags(const std::string& name);

  // --- Steps: annotations ---
  void StepPutAnnotation();
  void StepGetAnnotation();
  void StepDeleteAnnotation();
  void StepListAnnotations();
  VersionChoice AnnotatedVersion();  // mostly
  std::string AnnotationName(const VersionChoice& version);
  std::string AnnotationPayload();
  PutAnnotationOptions AnnotationChoice(const VersionChoice& version, const std::string& name,
                                        const std::string& payload);
  void CompareAnnotation(const VersionChoice& version, const std::string& name);
  void CompareAnnotations(const VersionChoice& version, ListAnnotationsOptions options);
  void CompareAnnotationInfo(const AnnotationInfo& info, const std::string& name,
                             const ModelAnnotation& annotation);

  // --- Steps: uploads ---
  void StepCreateUpload();
  void StepUploadPart();
  void StepPartWriter();
  void StepPartCopy();
  void StepComplete();
  void StepRepeatComplete();
  void StepAbort();
  void StepListParts();
  void TakePart(const UploadChoice& upload, int number, const std::string& body,
                const UploadPartOptions& options, const absl::StatusOr<UploadPartResult>& part);
  void CompleteWith(const UploadChoice& upload, const std::vector<CompletedPart>& parts,
                    const CompleteOptions& options);
  void CompareParts(const UploadChoice& upload);

  // --- Steps: lists and buckets ---
  void StepList();
  void StepListWhileChanging();
  void StepListVersions();
  void StepListUploads();
  void StepCreateBucket();
  void StepDeleteBucket();
  void StepListBuckets();
  void StepSetVersioning();
  void StepInfo();
  void CreateBucket(const std::string& name);
  size_t PageSize();
  void ChooseRollup(std::string* prefix, std::string* delimiter);
  // With a marker: as S3's first ListObjects.
  void CompareListing(const std::string& bucket, const ListOptions& options,
                      const std::string& marker);
  void CompareVersions(const std::string& bucket, VersionPageOptions options);
  void CompareUploads(const std::string& bucket, UploadPageOptions options);
  void CompareEvents(Events which);
  void ArchiveEvents();

  // --- Steps: lives ---
  void StepCloseAndOpen();
  void StepReopen();
  void StepKill();
  void StepUnknown();
  void Open();
  Unsure ChooseUnsure();
  Unsure UnsurePut();
  Unsure UnsureDelete();
  Unsure UnsureCopy();
  Unsure UnsureRename();
  Unsure UnsureCreateUpload();
  Unsure UnsurePart();
  Unsure UnsureComplete();
  Unsure UnsureAbort();
  Unsure UnsureVersioning();
  Unsure UnsureAppend();
  Unsure UnsureSetTags();
  Unsure UnsureDeleteTags();
  Unsure UnsureBucketTags();
  Unsure UnsurePutAnnotation();
  Unsure UnsureDeleteAnnotation();
  Given GivenLater() const;
  void DrawNumbers();
  void Recover();
  // Whether the store is as `with`, the model with the operation carried out, or as the model is;
  // the model is that from now on.
  bool TakeOutcome(const Unsure& unsure, Model with);
  void ExpectReadOnly(const std::vector<Place>& touched);
  std::vector<VersionEntry> VersionsInCloud(const Place& at);
  std::vector<UploadEntry> UploadsInCloud(const Place& at);
  std::vector<AnnotationInfo> AnnotationsInCloud(const Place& at, const std::string& version_id);
  std::vector<std::string> Shown(const Model& model, const Place& at) const;
  std::vector<std::string> ShownByCloud(const Place& at);
  // Takes from the cloud what it alone knows: ids and numbers of what changed at `touched`, and of
  // the events from `first_event` on.
  void Adopt(const std::vector<Place>& touched, size_t first_event, Model* model);
  void AdoptVersions(const Place& at, Model* model);
  void AdoptAnnotations(const Place& at, ModelVersion* version);
  void AdoptUploads(const Place& at, Model* model);
  void AdoptEvents(size_t first, Model* model);

  void Expect(const std::string& code, const std::string& expected, const std::string& what);
  void ExpectNewSequence(uint64_t sequence);

  base::Random random_;
  const std::unique_ptr<Machine> machine_;
  const std::shared_ptr<objstore::TestClock> clock_;
  std::optional<Cloud> cloud_;
  Model model_;
  std::vector<std::string> keys_;
  std::vector<UploadChoice> ended_uploads_;                                     // the last ones
  std::vector<std::pair<UploadChoice, std::vector<CompletedPart>>> completed_;  // the last ones
  std::vector<Count> counts_;
  Count* count_;  // of the kind that runs
  Count setup_;
  uint64_t steps_ = 0;
  uint64_t last_sequence_ = 0;
  std::vector<ModelEvent> past_events_;  // of the model, taken out so that it is quickly copied
  size_t compared_events_ = 0;           // of those
  uint64_t lost_ = 0;                    // answers, of operations that were done or not
  uint64_t lost_and_done_ = 0;
  uint64_t lost_and_gone_ = 0;  // though its write was done
};

}  // namespace cloudlet::differential

#endif  // CLOUDLET_TESTS_DIFFERENTIAL_HARNESS_H_
