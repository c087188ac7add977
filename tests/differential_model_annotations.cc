// Annotations: see differential_model.h.
#include <string>

#include "tests/differential_machine.h"
#include "tests/differential_model.h"

namespace cloudlet::differential {
namespace {

PutOptions AsPut(const PutAnnotationOptions& options) {
  PutOptions put;
  put.content_md5 = options.content_md5;
  put.checksum = options.checksum;
  put.checksum_algorithm = options.checksum_algorithm;
  return put;
}

const ModelAnnotation* Find(const ModelVersion& version, const std::string& name) {
  const auto found = version.annotations.find(name);
  return found == version.annotations.end() ? nullptr : &found->second;
}

// On the annotation's own ETag.
std::string OwnCode(const std::string& if_match, const std::string& if_none_match,
                    const ModelAnnotation* annotation) {
  if (annotation == nullptr) return if_match.empty() ? "OK" : "NoSuchAnnotation";
  return WriteCode(if_match, if_none_match, annotation->etag);
}

// The test's payloads are text, or have one byte that no text has.
std::string PayloadCode(const std::string& payload) {
  if (payload.empty()) return "InvalidRequest";
  if (payload.size() > kMaxAnnotationBytes) return "EntityTooLarge";
  return payload.find('\xFF') != std::string::npos ? "UnsupportedMediaType" : "OK";
}

}  // namespace

std::string Model::AnnotatedCode(const std::string& bucket, const std::string& key,
                                 const std::string& version_id, const std::string& object_if_match,
                                 const ModelVersion** found) const {
  const std::string code = PartCode(bucket, key, version_id, found);
  return code == "OK" ? WriteCode(object_if_match, "", (*found)->etag) : code;
}

std::string Model::PutAnnotationCode(const std::string& bucket, const std::string& key,
                                     const std::string& name, const std::string& payload,
                                     const PutAnnotationOptions& options) const {
  if (const std::string code = PlaceCode(bucket, key); code != "OK") return code;
  if (const std::string code = AnnotationNameCode(name); code != "OK") return code;
  if (const std::string code = PayloadCode(payload); code != "OK") return code;
  if (!options.version_id.empty() && VersionIdCode(options.version_id) != "OK") {
    return "InvalidArgument";
  }
  const PutOptions digests = AsPut(options);
  if (const std::string code = DigestFormCode(digests); code != "OK") return code;
  if (const std::string code = DigestCode(digests, payload); code != "OK") return code;
  const ModelVersion* version = nullptr;
  std::string code =
      AnnotatedCode(bucket, key, options.version_id, options.object_if_match, &version);
  if (code != "OK") return code;
  const ModelAnnotation* replaced = Find(*version, name);
  code = OwnCode(options.if_match, options.if_none_match, replaced);
  if (code != "OK") return code;
  const bool full = replaced == nullptr && version->annotations.size() >= kMaxAnnotations;
  return full ? "AnnotationLimitExceeded" : "OK";
}

void Model::PutAnnotation(const std::string& bucket, const std::string& key,
                          const std::string& name, const std::string& payload,
                          const PutAnnotationOptions& options, const Given& given) {
  ModelVersion& version = Chosen(bucket, key, options.version_id);
  version.annotations[name] = {payload, EtagOf(buckets_.at(bucket).options.etag_policy, payload),
                               ChecksumOf(AlgorithmOf(AsPut(options)), payload), given.now,
                               given.sequence};
  AddEvent(EventType::kObjectAnnotationPut, bucket, key, &version, ShownId(bucket, version), given,
           name);
}

std::string Model::DeleteAnnotationCode(const std::string& bucket, const std::string& key,
                                        const std::string& name,
                                        const DeleteAnnotationOptions& options) const {
  if (const std::string code = PlaceCode(bucket, key); code != "OK") return code;
  if (const std::string code = AnnotationNameCode(name); code != "OK") return code;
  const ModelVersion* version = nullptr;
  const std::string code =
      AnnotatedCode(bucket, key, options.version_id, options.object_if_match, &version);
  return code == "OK" ? OwnCode(options.if_match, "", Find(*version, name)) : code;
}

bool Model::DeleteAnnotation(const std::string& bucket, const std::string& key,
                             const std::string& name, const std::string& version_id,
                             const Given& given) {
  ModelVersion& version = Chosen(bucket, key, version_id);
  if (version.annotations.erase(name) == 0) return false;
  AddEvent(EventType::kObjectAnnotationDelete, bucket, key, &version, ShownId(bucket, version),
           given, name);
  return true;
}

// What is asked is looked at before where it is asked.
std::string Model::GetAnnotationCode(const std::string& bucket, const std::string& key,
                                     const std::string& name, const std::string& version_id,
                                     const ModelAnnotation** found) const {
  if (const std::string code = AnnotationNameCode(name); code != "OK") return code;
  const ModelVersion* version = nullptr;
  const std::string code = PartCode(bucket, key, version_id, &version);
  if (code != "OK") return code;
  *found = Find(*version, name);
  return *found == nullptr ? "NoSuchAnnotation" : "OK";
}

std::string Model::ListAnnotationsCode(const std::string& bucket, const std::string& key,
                                       const ListAnnotationsOptions& options) const {
  const std::string& prefix = options.prefix;
  const bool ends_in_a_letter = !prefix.empty() && prefix.back() == '\xC3';
  if (prefix.size() > 512 || prefix.find(' ') != std::string::npos || ends_in_a_letter) {
    return "InvalidPrefix";
  }
  if (options.max_results < 1 || options.max_results > 1000) return "InvalidArgument";
  const std::string& token = options.continuation_token;
  if (!token.empty() && AnnotationNameCode(token) != "OK") return "InvalidArgument";
  const ModelVersion* version = nullptr;
  return PartCode(bucket, key, options.version_id, &version);
}

}  // namespace cloudlet::differential
