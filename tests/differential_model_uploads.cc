// Multipart uploads: see differential_model.h.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/crc.h"
#include "tests/differential_machine.h"
#include "tests/differential_model.h"

namespace cloudlet::differential {
namespace {

// A part's digests, said as those of a put.
PutOptions AsPut(const UploadPartOptions& options, const ModelUpload& upload) {
  PutOptions put;
  put.content_md5 = options.content_md5;
  put.crc64nvme = options.crc64nvme;
  put.checksum = options.checksum;
  put.checksum_algorithm = upload.checksum.value_or(UploadChecksum()).algorithm;
  // An upload that named none takes any.
  if (!upload.checksum.has_value() && options.checksum.has_value()) {
    put.checksum_algorithm = options.checksum->algorithm;
  }
  return put;
}

std::string Unquoted(const std::string& etag) {
  const bool quoted = etag.size() >= 2 && etag.front() == '"' && etag.back() == '"';
  return quoted ? etag.substr(1, etag.size() - 2) : etag;
}

std::string OrderCode(const std::vector<CompletedPart>& parts) {
  if (parts.empty()) return "InvalidRequest";
  int last = 0;
  for (const CompletedPart& part : parts) {
    if (part.part_number < 1) return "InvalidArgument";
    if (part.part_number <= last) return "InvalidPartOrder";
    last = part.part_number;
  }
  return "OK";
}

std::string SizeCode(const std::vector<const ModelPart*>& parts, const std::string& body,
                     const CompleteOptions& options) {
  for (const ModelPart* part : parts) {
    if (part != parts.back() && part->body.size() < kMinPartBytes) return "EntityTooSmall";
  }
  if (options.mp_object_size.value_or(body.size()) != body.size()) return "InvalidRequest";
  const uint64_t crc = base::Crc64Nvme(body);
  return options.crc64nvme.value_or(crc) == crc ? "OK" : "BadDigest";
}

std::string ClaimCode(const CompletedPart& claimed, const Checksum& has) {
  if (!claimed.checksum.has_value()) return "OK";
  if (!IsWellFormed(*claimed.checksum)) return "InvalidRequest";
  if (claimed.checksum->algorithm != has.algorithm) return "InvalidRequest";
  return Claims(*claimed.checksum, has) ? "OK" : "InvalidPart";
}

std::string ChecksumCode(const std::vector<CompletedPart>& wanted,
                         const std::vector<const ModelPart*>& parts, const ModelUpload& upload,
                         const CompleteOptions& options) {
  for (size_t i = 0; i < parts.size(); ++i) {
    const std::string code = ClaimCode(wanted[i], parts[i]->checksum);
    if (code != "OK") return code;
  }
  const UploadChecksum checksum = upload.checksum.value_or(UploadChecksum());
  for (size_t i = 0; upload.checksum.has_value() && i < parts.size(); ++i) {
    if (parts[i]->number != static_cast<int>(i) + 1) return "InvalidPartOrder";
    if (checksum.type == ChecksumType::kComposite && !wanted[i].checksum.has_value()) {
      return "InvalidRequest";
    }
  }
  if (!options.checksum.has_value()) return "OK";
  if (!IsWellFormed(*options.checksum)) return "InvalidRequest";
  if (options.checksum->algorithm != checksum.algorithm) return "InvalidRequest";
  return Claims(*options.checksum, ChecksumOfParts(checksum, parts)) ? "OK" : "BadDigest";
}

bool NamesExactly(const std::vector<CompletedPart>& wanted,
                  const std::vector<CompletedPart>& named) {
  return std::equal(wanted.begin(), wanted.end(), named.begin(), named.end(),
                    [](const CompletedPart& want, const CompletedPart& has) {
                      return want.part_number == has.part_number &&
                             Unquoted(want.etag) == has.etag &&
                             ClaimCode(want, *has.checksum) == "OK";
                    });
}

std::string Joined(const std::vector<const ModelPart*>& parts) {
  std::string body;
  for (const ModelPart* part : parts) body += part->body;
  return body;
}

}  // namespace

ModelUpload* Model::Upload(const std::string& bucket, const std::string& key,
                           const std::string& id) {
  const auto in = buckets_.find(bucket);
  if (in == buckets_.end()) return nullptr;
  auto& uploads = in->second.uploads;
  for (auto it = uploads.lower_bound({key, 0}); it != uploads.end() && it->first.first == key;
       ++it) {
    if (it->second.id == id) return &it->second;
  }
  return nullptr;
}

const ModelUpload* Model::Upload(const std::string& bucket, const std::string& key,
                                 const std::string& id) const {
  return const_cast<Model*>(this)->Upload(bucket, key, id);
}

std::string Model::UploadCode(const std::string& bucket, const std::string& key,
                              const std::string& id) const {
  if (const std::string code = PlaceCode(bucket, key); code != "OK") return code;
  return Upload(bucket, key, id) == nullptr ? "NoSuchUpload" : "OK";
}

std::string Model::CreateUploadCode(const std::string& bucket, const std::string& key,
                                    const PutOptions& options) const {
  if (const std::string code = PlaceCode(bucket, key); code != "OK") return code;
  if (const std::string code = MetadataCode(options.metadata); code != "OK") return code;
  if (const std::string code = TagsCode(options.tags, kMaxObjectTags); code != "OK") return code;
  const bool belongs_elsewhere = !options.if_match.empty() || !options.if_none_match.empty() ||
                                 !options.content_md5.empty() || options.crc32c.has_value() ||
                                 options.crc64nvme.has_value() || options.checksum.has_value();
  if (belongs_elsewhere) return "InvalidRequest";
  std::optional<UploadChecksum> wish;
  return ChecksumWishCode(options, &wish);
}

void Model::CreateUpload(const std::string& bucket, const std::string& key,
                         const PutOptions& options, const std::string& id, absl::Time now) {
  ModelUpload upload;
  upload.id = id;
  upload.options = options;
  upload.created = now;
  ChecksumWishCode(options, &upload.checksum);
  buckets_.at(bucket).uploads.emplace(std::make_pair(key, ++uploads_), std::move(upload));
}

std::string Model::OpenPartCode(const std::string& bucket, const std::string& key,
                                const std::string& id, int number,
                                const UploadPartOptions& options) const {
  if (const std::string code = PlaceCode(bucket, key); code != "OK") return code;
  if (number < 1 || number > kMaxPartNumber) return "InvalidArgument";
  const ModelUpload* upload = Upload(bucket, key, id);
  return upload == nullptr ? "NoSuchUpload" : DigestFormCode(AsPut(options, *upload));
}

std::string Model::PartCode(const std::string& bucket, const std::string& key,
                            const std::string& id, int number, const std::string& body,
                            const UploadPartOptions& options) const {
  const std::string code = OpenPartCode(bucket, key, id, number, options);
  if (code != "OK") return code;
  if (body.size() > kMaxPartBytes) return "EntityTooLarge";
  return DigestCode(AsPut(options, *Upload(bucket, key, id)), body);
}

const ModelPart& Model::UploadPart(const std::string& bucket, const std::string& key,
                                   const std::string& id, int number, const std::string& body,
                                   absl::Time now) {
  ModelUpload& upload = *Upload(bucket, key, id);
  ModelPart& part = upload.parts[number];
  part.number = number;
  part.body = body;
  part.etag = EtagOf(buckets_.at(bucket).options.etag_policy, body);
  part.checksum = ChecksumOf(upload.checksum.value_or(UploadChecksum()).algorithm, body);
  part.modified = now;
  return part;
}

std::string Model::PartCopyCode(const std::string& bucket, const std::string& key,
                                const std::string& id, int number, const CopySource& source,
                                const std::optional<ByteRange>& range, std::string* body) const {
  std::string code = OpenPartCode(bucket, key, id, number, {});
  if (code != "OK") return code;
  if (range.has_value() &&
      !(range->first.has_value() && range->last.has_value() && *range->first <= *range->last)) {
    return "InvalidArgument";
  }
  const ModelVersion* from = nullptr;
  code = SourceCode(bucket, source, range.has_value() ? UINT64_MAX : kMaxCopyBytes, &from);
  if (code != "OK") return code;
  *body = from->body;
  if (range.has_value()) {
    if (*range->last >= body->size()) return "InvalidArgument";
    *body = body->substr(*range->first, *range->last - *range->first + 1);
  }
  return body->size() > kMaxPartBytes ? "EntityTooLarge" : "OK";
}

ModelComplete Model::JudgeComplete(const std::string& bucket, const std::string& key,
                                   const std::string& id, const std::vector<CompletedPart>& wanted,
                                   const CompleteOptions& options) const {
  ModelComplete judged;
  judged.code = PlaceCode(bucket, key);
  if (judged.code != "OK") return judged;
  const ModelUpload* upload = Upload(bucket, key, id);
  if (upload == nullptr) {
    const ModelVersion* current = Current(bucket, key);
    judged.repeats =
        current != nullptr && current->upload_id == id && NamesExactly(wanted, current->named);
    judged.code = judged.repeats ? "OK" : "NoSuchUpload";
    if (judged.repeats) judged.made = *current;
    return judged;
  }
  judged.code = WriteCode(options.if_match, options.if_none_match, CurrentEtag(bucket, key));
  if (judged.code == "OK") judged.code = OrderCode(wanted);
  if (judged.code != "OK") return judged;
  std::vector<const ModelPart*> parts;
  for (const CompletedPart& want : wanted) {
    const auto part = upload->parts.find(want.part_number);
    if (part == upload->parts.end() || part->second.etag != Unquoted(want.etag)) {
      judged.code = "InvalidPart";
      return judged;
    }
    parts.push_back(&part->second);
  }
  ModelVersion& made = judged.made;
  made.body = Joined(parts);
  judged.code = SizeCode(parts, made.body, options);
  if (judged.code == "OK") judged.code = ChecksumCode(wanted, parts, *upload, options);
  if (judged.code != "OK") return judged;
  made.etag = EtagOfParts(buckets_.at(bucket).options.etag_policy, parts);
  made.content_type = upload->options.content_type;
  made.redirect = upload->options.website_redirect_location;
  made.metadata = Lowered(upload->options.metadata);
  made.tags = Sorted(upload->options.tags);
  made.checksum = ChecksumOfParts(upload->checksum.value_or(UploadChecksum()), parts);
  made.crc64nvme = base::Crc64Nvme(made.body);
  made.modified = upload->created;
  made.upload_id = id;
  for (const ModelPart* part : parts) {
    made.parts.emplace_back(part->number, part->body.size());
    made.named.push_back({part->number, part->etag, part->checksum});
  }
  return judged;
}

void Model::Complete(const std::string& bucket, const std::string& key, const std::string& id,
                     const ModelComplete& judged, const Given& given) {
  if (judged.repeats) return;
  Abort(bucket, key, id);
  Place(bucket, key, EventType::kObjectCreatedCompleteMultipartUpload, judged.made, given);
}

void Model::Abort(const std::string& bucket, const std::string& key, const std::string& id) {
  auto& uploads = buckets_.at(bucket).uploads;
  const auto found = std::find_if(uploads.begin(), uploads.end(), [&](const auto& upload) {
    return upload.first.first == key && upload.second.id == id;
  });
  if (found != uploads.end()) uploads.erase(found);
}

}  // namespace cloudlet::differential
