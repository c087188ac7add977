// The plain model of a cloud that differential_test.cc compares with: maps, and S3's rules written
// down a second time, as briefly as they can be.
//
// Every call answers a code: "OK", or the S3 code or canonical name that the cloud must answer.
#ifndef CLOUDLET_TESTS_DIFFERENTIAL_MODEL_H_
#define CLOUDLET_TESTS_DIFFERENTIAL_MODEL_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cloudlet/cloud.h"

namespace cloudlet::differential {

struct ModelObject {
  std::string body;
  std::string etag;
  std::string content_type;
  UserMetadata metadata;
  uint64_t sequence = 0;  // what the cloud gave
  absl::Time modified;
  Checksum checksum;
};

struct ModelBucket {
  BucketOptions options;
  std::map<std::string, ModelObject> objects;  // in byte order, as S3 lists
};

// What the event log of a retaining bucket must hold.
struct ModelEvent {
  EventType type = EventType::kNone;
  std::string bucket;
  std::string key;
  uint64_t size = 0;
  std::string etag;
  uint64_t sequence = 0;
  absl::Time time;
  std::string request_id;
};

struct ModelRead {
  std::string code;
  bool not_modified = false;
  uint64_t offset = 0;
  std::string body;
  const ModelObject* object = nullptr;  // where the code is OK
};

struct ModelEntry {
  std::string key;
  bool is_prefix = false;
  const ModelObject* object = nullptr;
};

class Model {
 public:
  std::string CreateBucket(const std::string& name, const BucketOptions& options);
  std::string DeleteBucket(const std::string& name);
  // "OK" when calls on the bucket find it.
  std::string BucketCode(const std::string& name) const;

  // What a put must answer; changes nothing. An accepted one is then carried out by Put.
  std::string PutCode(const std::string& bucket, const std::string& key, const std::string& body,
                      const PutOptions& options) const;
  // What opening a writer must answer: all but conditions and whether digests are right.
  std::string OpenWriterCode(const std::string& bucket, const std::string& key,
                             const PutOptions& options) const;
  void Put(const std::string& bucket, const std::string& key, const std::string& body,
           const PutOptions& options, const PutResult& result, absl::Time now);

  std::string DeleteCode(const std::string& bucket, const std::string& key,
                         const DeleteOptions& options) const;
  bool Exists(const std::string& bucket, const std::string& key) const;
  void Delete(const std::string& bucket, const std::string& key, const DeleteResult& result,
              absl::Time now);

  ModelRead Read(const std::string& bucket, const std::string& key,
                 const GetOptions& options) const;
  // All entries, in one list. REQUIRES: BucketCode is OK.
  std::vector<ModelEntry> List(const std::string& bucket, const ListOptions& options) const;

  const std::map<std::string, ModelBucket>& buckets() const { return buckets_; }
  const std::vector<ModelEvent>& events() const { return events_; }
  // The current ETag of an object, or "".
  std::string EtagOf(const std::string& bucket, const std::string& key) const;

 private:
  std::string KeyCode(const std::string& bucket, const std::string& key) const;
  const ModelObject* Find(const std::string& bucket, const std::string& key) const;

  std::map<std::string, ModelBucket> buckets_;
  std::vector<ModelEvent> events_;
};

}  // namespace cloudlet::differential

#endif  // CLOUDLET_TESTS_DIFFERENTIAL_MODEL_H_
