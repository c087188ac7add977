// Buckets, versions and events; puts and deletes: see differential_model.h.
#include "tests/differential_model.h"

#include <algorithm>

#include "base/crc.h"

namespace cloudlet::differential {

// --- Buckets ---

std::string Model::BucketCode(const std::string& name) const {
  if (!IsBucketName(name)) return "InvalidBucketName";
  return buckets_.count(name) != 0 ? "OK" : "NoSuchBucket";
}

std::string Model::CreateBucket(const std::string& name, const BucketOptions& options,
                                absl::Time now) {
  if (!IsBucketName(name)) return "InvalidBucketName";
  ModelBucket bucket;
  bucket.options = options;
  bucket.created = now;
  return buckets_.emplace(name, std::move(bucket)).second ? "OK" : "BucketAlreadyOwnedByYou";
}

std::string Model::DeleteBucket(const std::string& name) {
  if (const std::string code = BucketCode(name); code != "OK") return code;
  const ModelBucket& bucket = buckets_.at(name);
  if (!bucket.keys.empty() || !bucket.uploads.empty()) return "BucketNotEmpty";
  buckets_.erase(name);
  return "OK";
}

std::string Model::SetVersioning(const std::string& name, Versioning versioning) {
  if (versioning == Versioning::kOff) return "InvalidArgument";
  if (const std::string code = BucketCode(name); code != "OK") return code;
  buckets_.at(name).versioning = versioning;
  return "OK";
}

// --- Looking ---

std::vector<ModelVersion>* Model::VersionsOf(const std::string& bucket, const std::string& key) {
  const auto in = buckets_.find(bucket);
  if (in == buckets_.end()) return nullptr;
  const auto found = in->second.keys.find(key);
  return found == in->second.keys.end() ? nullptr : &found->second;
}

const ModelVersion* Model::Current(const std::string& bucket, const std::string& key) const {
  const auto* versions = const_cast<Model*>(this)->VersionsOf(bucket, key);
  return versions == nullptr || versions->front().is_marker ? nullptr : &versions->front();
}

const ModelVersion* Model::Version(const std::string& bucket, const std::string& key,
                                   const std::string& id) const {
  const auto* versions = const_cast<Model*>(this)->VersionsOf(bucket, key);
  if (versions == nullptr) return nullptr;
  for (const ModelVersion& version : *versions) {
    if (version.id == id) return &version;
  }
  return nullptr;
}

std::string Model::VersionCode(const std::string& bucket, const std::string& key,
                               const std::string& version_id, const ModelVersion** found) const {
  if (const std::string code = PlaceCode(bucket, key); code != "OK") return code;
  *found = Current(bucket, key);
  if (version_id.empty()) return *found == nullptr ? "NoSuchKey" : "OK";
  if (const std::string code = VersionIdCode(version_id); code != "OK") return code;
  *found = Version(bucket, key, version_id);
  if (*found == nullptr) return "NoSuchVersion";
  return (*found)->is_marker ? "MethodNotAllowed" : "OK";
}

std::string Model::PartCode(const std::string& bucket, const std::string& key,
                            const std::string& version_id, const ModelVersion** found) const {
  const std::string code = VersionCode(bucket, key, version_id, found);
  const bool hidden = code == "NoSuchKey" && Marker(bucket, key, version_id) != nullptr;
  return hidden ? "MethodNotAllowed" : code;
}

const ModelVersion* Model::Marker(const std::string& bucket, const std::string& key,
                                  const std::string& version_id) const {
  const auto* versions = const_cast<Model*>(this)->VersionsOf(bucket, key);
  const ModelVersion* met = version_id.empty() && versions != nullptr
                                ? &versions->front()
                                : Version(bucket, key, version_id);
  return met != nullptr && met->is_marker ? met : nullptr;
}

ModelVersion& Model::Chosen(const std::string& bucket, const std::string& key,
                            const std::string& version_id) {
  std::vector<ModelVersion>& versions = *VersionsOf(bucket, key);
  if (version_id.empty()) return versions.front();
  return *std::find_if(versions.begin(), versions.end(),
                       [&](const ModelVersion& version) { return version.id == version_id; });
}

std::optional<std::string> Model::CurrentEtag(const std::string& bucket,
                                              const std::string& key) const {
  const ModelVersion* current = Current(bucket, key);
  return current == nullptr ? std::nullopt : std::optional<std::string>(current->etag);
}

std::string Model::ShownId(const std::string& bucket, const ModelVersion& version) const {
  return buckets_.at(bucket).versioning == Versioning::kOff ? "" : version.id;
}

std::string Model::PlaceCode(const std::string& bucket, const std::string& key) const {
  const std::string code = BucketCode(bucket);
  return code == "OK" ? KeyCode(key) : code;
}

// --- Versions and events ---

void Model::Place(const std::string& bucket, const std::string& key, EventType type,
                  ModelVersion version, const Given& given) {
  ModelBucket& in = buckets_.at(bucket);
  std::vector<ModelVersion>& versions = in.keys[key];
  version.id = in.versioning == Versioning::kEnabled ? given.version_id : "null";
  version.sequence = given.sequence;
  if (version.id == "null") {
    versions.erase(std::remove_if(versions.begin(), versions.end(),
                                  [](const ModelVersion& old) { return old.id == "null"; }),
                   versions.end());
  }
  AddEvent(type, bucket, key, version.is_marker ? nullptr : &version, ShownId(bucket, version),
           given);
  versions.insert(versions.begin(), std::move(version));
}

void Model::AddEvent(EventType type, const std::string& bucket, const std::string& key,
                     const ModelVersion* object, const std::string& version_id, const Given& given,
                     const std::string& annotation) {
  if (!buckets_.at(bucket).options.retain_events) return;
  events_.push_back({type, bucket, key, object == nullptr ? 0 : object->body.size(),
                     object == nullptr ? "" : object->etag, version_id, given.sequence, given.now,
                     given.request_id, annotation});
}

// --- Puts and deletes ---

std::string Model::OpenWriterCode(const std::string& bucket, const std::string& key,
                                  const PutOptions& options) const {
  if (const std::string code = PlaceCode(bucket, key); code != "OK") return code;
  if (const std::string code = MetadataCode(options.metadata); code != "OK") return code;
  if (const std::string code = TagsCode(options.tags, kMaxObjectTags); code != "OK") return code;
  return DigestFormCode(options);
}

std::string Model::PutCode(const std::string& bucket, const std::string& key,
                           const std::string& body, const PutOptions& options) const {
  if (const std::string code = OpenWriterCode(bucket, key, options); code != "OK") return code;
  if (const std::string code = DigestCode(options, body); code != "OK") return code;
  return WriteCode(options.if_match, options.if_none_match, CurrentEtag(bucket, key));
}

void Model::Put(const std::string& bucket, const std::string& key, const std::string& body,
                const PutOptions& options, const Given& given) {
  ModelVersion object;
  object.body = body;
  object.etag = EtagOf(buckets_.at(bucket).options.etag_policy, body);
  object.content_type = options.content_type;
  object.redirect = options.website_redirect_location;
  object.metadata = Lowered(options.metadata);
  object.tags = Sorted(options.tags);
  object.modified = given.now;
  object.checksum = ChecksumOf(AlgorithmOf(options), body);
  object.crc64nvme = base::Crc64Nvme(body);
  Place(bucket, key, EventType::kObjectCreatedPut, std::move(object), given);
}

std::string Model::DeleteCode(const std::string& bucket, const std::string& key,
                              const DeleteOptions& options) const {
  if (const std::string code = PlaceCode(bucket, key); code != "OK") return code;
  if (options.version_id.empty()) {
    return WriteCode(options.if_match, "", CurrentEtag(bucket, key));
  }
  if (const std::string code = VersionIdCode(options.version_id); code != "OK") return code;
  const ModelVersion* version = Version(bucket, key, options.version_id);
  return WriteCode(options.if_match, "",
                   version == nullptr ? std::nullopt : std::optional<std::string>(version->etag));
}

ModelDeleted Model::Delete(const std::string& bucket, const std::string& key,
                           const std::string& version_id, const Given& given) {
  ModelBucket& in = buckets_.at(bucket);
  if (version_id.empty() && in.versioning != Versioning::kOff) {
    ModelVersion marker;
    marker.is_marker = true;
    marker.modified = given.now;
    Place(bucket, key, EventType::kObjectRemovedDeleteMarkerCreated, std::move(marker), given);
    return {true, true, in.keys.at(key).front().id};
  }
  const std::string id = version_id.empty() ? "null" : version_id;
  const ModelVersion* gone = Version(bucket, key, id);
  if (gone == nullptr) return {};
  const ModelDeleted deleted{true, gone->is_marker, ShownId(bucket, *gone)};
  AddEvent(EventType::kObjectRemovedDelete, bucket, key, nullptr, deleted.version_id, given);
  std::vector<ModelVersion>& versions = in.keys.at(key);
  versions.erase(versions.begin() + (gone - versions.data()));
  if (versions.empty()) in.keys.erase(key);
  return deleted;
}

}  // namespace cloudlet::differential
