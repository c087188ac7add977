// Tags of objects and buckets: see differential_model.h.
#include <string>

#include "tests/differential_model.h"

namespace cloudlet::differential {

// Unlike a read, a change of what a delete marker hides is not allowed.
std::string Model::ChangeTagsCode(const std::string& bucket, const std::string& key,
                                  const std::string& version_id, const TagSet* tags) const {
  const ModelVersion* found = nullptr;
  const std::string code = VersionCode(bucket, key, version_id, &found);
  const bool is_place =
      code == "OK" || code == "NoSuchKey" || code == "NoSuchVersion" || code == "MethodNotAllowed";
  if (!is_place) return code;
  if (tags != nullptr && TagsCode(*tags, kMaxObjectTags) != "OK") return "InvalidTag";
  return Marker(bucket, key, version_id) != nullptr ? "MethodNotAllowed" : code;
}

// Nothing of the version but its tags changes.
void Model::ChangeTags(const std::string& bucket, const std::string& key,
                       const std::string& version_id, const TagSet* tags, const Given& given) {
  ModelVersion& version = Chosen(bucket, key, version_id);
  version.tags = tags == nullptr ? TagSet() : Sorted(*tags);
  AddEvent(tags == nullptr ? EventType::kObjectTaggingDelete : EventType::kObjectTaggingPut, bucket,
           key, &version, ShownId(bucket, version), given);
}

std::string Model::SetBucketTagsCode(const std::string& name, const TagSet& tags) const {
  const std::string code = BucketCode(name);
  return code == "OK" ? TagsCode(tags, kMaxBucketTags) : code;
}

void Model::SetBucketTags(const std::string& name, const TagSet& tags) {
  buckets_.at(name).tags = Sorted(tags);
}

std::string Model::GetBucketTagsCode(const std::string& name) const {
  const std::string code = BucketCode(name);
  return code == "OK" && buckets_.at(name).tags.empty() ? "NoSuchTagSet" : code;
}

}  // namespace cloudlet::differential
