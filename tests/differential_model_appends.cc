// Appends: see differential_model.h.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/crc.h"
#include "tests/differential_machine.h"
#include "tests/differential_model.h"

namespace cloudlet::differential {
namespace {

PutOptions AsPut(const AppendOptions& options) {
  PutOptions put;
  put.content_md5 = options.content_md5;
  put.checksum = options.checksum;
  return put;
}

// Of an object's parts: as that of an upload's, where each has an MD5; else of its CRC64NVME.
std::string EtagOfAppended(const ModelVersion& object) {
  std::vector<ModelPart> parts;
  std::vector<const ModelPart*> all;
  size_t begin = 0;
  for (const auto& [number, size] : object.parts) {
    parts.push_back({number, object.body.substr(begin, size), "", {}, {}});
    begin += size;
  }
  for (const ModelPart& part : parts) all.push_back(&part);
  const bool all_md5 = std::all_of(
      object.named.begin(), object.named.end(),
      [](const CompletedPart& part) { return part.etag.find("-crc64") == std::string::npos; });
  return EtagOfParts(all_md5 ? EtagPolicy::kMd5 : EtagPolicy::kCrc64, all);
}

}  // namespace

std::string Model::AppendCode(const std::string& bucket, const std::string& key,
                              const std::string& body, const AppendOptions& options) const {
  if (const std::string code = PlaceCode(bucket, key); code != "OK") return code;
  const PutOptions digests = AsPut(options);
  if (const std::string code = DigestFormCode(digests); code != "OK") return code;
  if (body.size() > kMaxPartBytes) return "EntityTooLarge";
  if (const std::string code = DigestCode(digests, body); code != "OK") return code;
  if (buckets_.at(bucket).versioning != Versioning::kOff) return "NotImplemented";
  const std::string code = WriteCode(options.if_match, "", CurrentEtag(bucket, key));
  if (code != "OK") return code;
  const ModelVersion* object = Current(bucket, key);
  const uint64_t size = object == nullptr ? 0 : object->body.size();
  if (options.write_offset.value_or(size) != size) return "InvalidWriteOffset";
  const bool full =
      object != nullptr && !object->parts.empty() && object->parts.back().first >= kMaxPartNumber;
  return full ? "TooManyParts" : "OK";
}

// One more part; an object without parts is the first one. All that is not about bytes stays.
void Model::Append(const std::string& bucket, const std::string& key, const std::string& body,
                   const Given& given) {
  const ModelVersion* current = Current(bucket, key);
  ModelVersion object = current == nullptr ? ModelVersion() : *current;
  if (current != nullptr && object.parts.empty()) {
    object.parts = {{1, object.body.size()}};
    object.named = {{1, object.etag, std::nullopt}};
  }
  const int number = object.parts.empty() ? 1 : object.parts.back().first + 1;
  object.parts.emplace_back(number, body.size());
  object.named.push_back(
      {number, EtagOf(buckets_.at(bucket).options.etag_policy, body), std::nullopt});
  object.body += body;
  object.etag = EtagOfAppended(object);
  object.crc64nvme = base::Crc64Nvme(object.body);
  object.checksum = ChecksumOf(ChecksumAlgorithm::kCrc64nvme, object.body);
  object.modified = given.now;
  object.upload_id.clear();
  Place(bucket, key, EventType::kObjectCreatedPut, std::move(object), given);
}

}  // namespace cloudlet::differential
