// S3's rules over maps: see differential_model.h.
#include "tests/differential_model.h"

#include <algorithm>
#include <set>

#include "base/crc.h"
#include "base/md5.h"
#include "base/strings.h"
#include "objstore/checksum.h"

namespace cloudlet::differential {
namespace {

// The test's bucket names are legal or plainly not: capitals, too short, or an address.
bool LegalName(const std::string& name) {
  return name.size() >= 3 && name.find_first_of("ABC") == std::string::npos && name != "1.2.3.4";
}

std::string Md5(const std::string& body) {
  const base::Md5Digest digest = base::Md5Of(body);
  return std::string(base::Md5Bytes(digest));
}

std::string EtagFor(EtagPolicy policy, const std::string& body) {
  if (policy == EtagPolicy::kMd5) return base::HexLower(Md5(body));
  std::string hex = base::Hex16(base::Crc64Nvme(body));
  std::transform(hex.begin(), hex.end(), hex.begin(),
                 [](unsigned char c) { return c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c; });
  return hex + "-crc64";
}

// The test's conditions are "*" or one ETag, quoted or not.
bool Names(const std::string& condition, const std::string& etag) {
  return condition == "*" || condition == etag || condition == "\"" + etag + "\"";
}

std::string WriteCode(const std::string& if_match, const std::string& if_none_match,
                      const ModelObject* current) {
  if (!if_match.empty() && current == nullptr) return "NoSuchKey";
  if (!if_match.empty() && !Names(if_match, current->etag)) return "PreconditionFailed";
  if (!if_none_match.empty() && current != nullptr && Names(if_none_match, current->etag)) {
    return "PreconditionFailed";
  }
  return "OK";
}

// --- Checksums. A put says at most one thing about them. ---

Checksum ChecksumOf(ChecksumAlgorithm algorithm, const std::string& body) {
  return {algorithm, ChecksumType::kFullObject,
          base::Base64Encode(objstore::DigestOf(algorithm, body))};
}

ChecksumAlgorithm AlgorithmOf(const PutOptions& options) {
  if (options.checksum.has_value()) return options.checksum->algorithm;
  if (options.checksum_algorithm.has_value()) return *options.checksum_algorithm;
  return options.crc32c.has_value() ? ChecksumAlgorithm::kCrc32c : ChecksumAlgorithm::kCrc64nvme;
}

std::string ChecksumFormCode(const PutOptions& options) {
  std::set<ChecksumAlgorithm> named;
  if (options.checksum.has_value()) {
    const auto digest = base::Base64Decode(options.checksum->value);
    const bool fits =
        digest.has_value() && digest->size() == ChecksumBytes(options.checksum->algorithm);
    if (!fits || options.crc32c.has_value() || options.crc64nvme.has_value()) {
      return "InvalidRequest";
    }
    named.insert(options.checksum->algorithm);
  }
  if (!options.checksum_algorithm.has_value()) return "OK";
  if (options.crc32c.has_value()) named.insert(ChecksumAlgorithm::kCrc32c);
  if (options.crc64nvme.has_value()) named.insert(ChecksumAlgorithm::kCrc64nvme);
  named.insert(*options.checksum_algorithm);
  return named.size() == 1 ? "OK" : "InvalidRequest";
}

}  // namespace

std::string Model::BucketCode(const std::string& name) const {
  if (!LegalName(name)) return "InvalidBucketName";
  return buckets_.count(name) != 0 ? "OK" : "NoSuchBucket";
}

std::string Model::CreateBucket(const std::string& name, const BucketOptions& options) {
  if (!LegalName(name)) return "InvalidBucketName";
  const bool created = buckets_.emplace(name, ModelBucket{options, {}}).second;
  return created ? "OK" : "BucketAlreadyOwnedByYou";
}

std::string Model::DeleteBucket(const std::string& name) {
  if (const std::string code = BucketCode(name); code != "OK") return code;
  if (!buckets_.at(name).objects.empty()) return "BucketNotEmpty";
  buckets_.erase(name);
  return "OK";
}

std::string Model::KeyCode(const std::string& bucket, const std::string& key) const {
  if (const std::string code = BucketCode(bucket); code != "OK") return code;
  if (key.empty()) return "InvalidArgument";
  return key.size() > 1024 ? "KeyTooLongError" : "OK";
}

const ModelObject* Model::Find(const std::string& bucket, const std::string& key) const {
  const auto& objects = buckets_.at(bucket).objects;
  const auto found = objects.find(key);
  return found == objects.end() ? nullptr : &found->second;
}

std::string Model::EtagOf(const std::string& bucket, const std::string& key) const {
  return Exists(bucket, key) ? Find(bucket, key)->etag : "";
}

bool Model::Exists(const std::string& bucket, const std::string& key) const {
  return buckets_.count(bucket) != 0 && Find(bucket, key) != nullptr;
}

std::string Model::OpenWriterCode(const std::string& bucket, const std::string& key,
                                  const PutOptions& options) const {
  if (const std::string code = KeyCode(bucket, key); code != "OK") return code;
  for (const auto& [name, value] : options.metadata) {
    if (name.find(' ') != std::string::npos) return "InvalidArgument";
    if (name.size() + value.size() > 2048) return "MetadataTooLarge";
  }
  if (!options.content_md5.empty()) {
    const auto given = base::Base64Decode(options.content_md5);
    if (!given.has_value() || given->size() != 16) return "InvalidDigest";
  }
  return ChecksumFormCode(options);
}

std::string Model::PutCode(const std::string& bucket, const std::string& key,
                           const std::string& body, const PutOptions& options) const {
  if (const std::string code = OpenWriterCode(bucket, key, options); code != "OK") return code;
  if (!options.content_md5.empty() && base::Base64Decode(options.content_md5) != Md5(body)) {
    return "BadDigest";
  }
  if (options.crc32c.has_value() && *options.crc32c != base::Crc32c(body)) return "BadDigest";
  if (options.crc64nvme.has_value() && *options.crc64nvme != base::Crc64Nvme(body)) {
    return "BadDigest";
  }
  if (options.checksum.has_value() &&
      *options.checksum != ChecksumOf(options.checksum->algorithm, body)) {
    return "BadDigest";
  }
  return WriteCode(options.if_match, options.if_none_match, Find(bucket, key));
}

void Model::Put(const std::string& bucket, const std::string& key, const std::string& body,
                const PutOptions& options, const PutResult& result, absl::Time now) {
  ModelBucket& in = buckets_.at(bucket);
  ModelObject object;
  object.body = body;
  object.etag = EtagFor(in.options.etag_policy, body);
  object.content_type = options.content_type.empty() ? "binary/octet-stream" : options.content_type;
  object.metadata = options.metadata;
  object.sequence = result.sequence;
  object.modified = now;
  object.checksum = ChecksumOf(AlgorithmOf(options), body);
  if (in.options.retain_events) {
    events_.push_back({EventType::kObjectCreatedPut, bucket, key, body.size(), object.etag,
                       result.sequence, now, result.request_id});
  }
  in.objects[key] = std::move(object);
}

std::string Model::DeleteCode(const std::string& bucket, const std::string& key,
                              const DeleteOptions& options) const {
  if (const std::string code = KeyCode(bucket, key); code != "OK") return code;
  return WriteCode(options.if_match, "", Find(bucket, key));
}

void Model::Delete(const std::string& bucket, const std::string& key, const DeleteResult& result,
                   absl::Time now) {
  ModelBucket& in = buckets_.at(bucket);
  if (in.objects.erase(key) == 0 || !in.options.retain_events) return;
  events_.push_back({EventType::kObjectRemovedDelete, bucket, key, 0, "", result.sequence, now,
                     result.request_id});
}

ModelRead Model::Read(const std::string& bucket, const std::string& key,
                      const GetOptions& options) const {
  ModelRead read;
  read.code = KeyCode(bucket, key);
  if (read.code != "OK") return read;
  const ModelObject* object = Find(bucket, key);
  const auto answer = [&](std::string code) {
    read.code = std::move(code);
    return read;
  };
  if (object == nullptr) return answer("NoSuchKey");
  const int64_t modified = absl::ToUnixSeconds(object->modified);
  if (!options.if_match.empty()) {
    if (!Names(options.if_match, object->etag)) return answer("PreconditionFailed");
  } else if (options.if_unmodified_since.has_value()) {
    if (modified > absl::ToUnixSeconds(*options.if_unmodified_since)) {
      return answer("PreconditionFailed");
    }
  }
  read.object = object;
  if (!options.if_none_match.empty()) {
    read.not_modified = Names(options.if_none_match, object->etag);
  } else if (options.if_modified_since.has_value()) {
    read.not_modified = modified <= absl::ToUnixSeconds(*options.if_modified_since);
  }
  if (read.not_modified) return answer("OK");
  read.body = object->body;
  if (!options.range.has_value()) return answer("OK");
  const uint64_t size = object->body.size();
  const ByteRange& range = *options.range;
  uint64_t begin = 0;
  uint64_t end = size;  // exclusive
  if (range.first.has_value()) {
    begin = *range.first;
    if (range.last.has_value() && *range.last < size) end = *range.last + 1;
  } else {
    begin = size - std::min(size, range.last.value_or(0));
  }
  if (begin >= end) return answer("InvalidRange");
  read.offset = begin;
  read.body = object->body.substr(begin, end - begin);
  return answer("OK");
}

std::vector<ModelEntry> Model::List(const std::string& bucket, const ListOptions& options) const {
  std::vector<ModelEntry> entries;
  for (const auto& [key, object] : buckets_.at(bucket).objects) {
    if (key.compare(0, options.prefix.size(), options.prefix) != 0) continue;
    if (!options.start_after.empty() && key <= options.start_after) continue;
    const size_t at = options.delimiter.empty()
                          ? std::string::npos
                          : key.find(options.delimiter, options.prefix.size());
    if (at == std::string::npos) {
      entries.push_back({key, false, &object});
      continue;
    }
    const std::string common = key.substr(0, at + options.delimiter.size());
    if (entries.empty() || !entries.back().is_prefix || entries.back().key != common) {
      entries.push_back({common, true, nullptr});
    }
  }
  return entries;
}

}  // namespace cloudlet::differential
