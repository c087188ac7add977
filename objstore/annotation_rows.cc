// Encoding and decoding of the rows of annotations: see annotation_rows.h.
#include "objstore/annotation_rows.h"

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/crc.h"
#include "base/strings.h"
#include "objstore/records.pb.h"

namespace cloudlet::objstore {
namespace {

constexpr size_t kTrailerBytes = 8;

// The bytes in front of a CRC64NVME of them; nullopt where that does not check.
std::optional<std::string_view> CheckedBody(std::string_view row) {
  if (row.size() < kTrailerBytes) return std::nullopt;
  const std::string_view body = row.substr(0, row.size() - kTrailerBytes);
  uint64_t crc64 = 0;
  base::ByteReader(row.substr(body.size())).ReadU64(&crc64);
  if (crc64 != base::Crc64Nvme(body)) return std::nullopt;
  return body;
}

std::string WithCrc(std::string bytes) {
  base::AppendU64(&bytes, base::Crc64Nvme(bytes));
  return bytes;
}

bool SetChecksum(const rows::AnnotationRow& row, StoredAnnotation* annotation) {
  if (row.checksum_algorithm() == 0) return row.checksum().empty();
  if (row.checksum_algorithm() > UINT8_MAX || row.checksum().empty()) return false;
  StoredChecksum& checksum = annotation->checksum.emplace();
  checksum.algorithm = static_cast<ChecksumAlgorithm>(row.checksum_algorithm());
  checksum.digest = row.checksum();
  return row.checksum().size() == ChecksumBytes(checksum.algorithm);
}

bool SetEtag(const rows::AnnotationRow& row, StoredEtag* etag) {
  if (row.etag().size() != etag->digest.size() ||
      row.etag_kind() > static_cast<uint32_t>(EtagKind::kCrc64)) {
    return false;
  }
  etag->kind = static_cast<EtagKind>(row.etag_kind());
  std::memcpy(etag->digest.data(), row.etag().data(), etag->digest.size());
  return true;
}

}  // namespace

std::string EncodeAnnotation(const StoredAnnotation& annotation) {
  rows::AnnotationRow row;
  row.set_size(annotation.size);
  row.set_etag_kind(static_cast<uint32_t>(annotation.etag.kind));
  row.set_etag(annotation.etag.digest.data(), annotation.etag.digest.size());
  row.set_crc64nvme(annotation.crc64nvme);
  if (annotation.checksum.has_value()) {
    row.set_checksum_algorithm(static_cast<uint32_t>(annotation.checksum->algorithm));
    row.set_checksum(annotation.checksum->digest);
  }
  row.set_modified_ms(annotation.modified_ms);
  row.set_number(annotation.number);
  row.set_payload_id(annotation.payload_id);
  row.set_payload(annotation.payload);
  return WithCrc(row.SerializeAsString());
}

absl::StatusOr<StoredAnnotation> DecodeAnnotation(std::string_view bytes) {
  const std::optional<std::string_view> body = CheckedBody(bytes);
  rows::AnnotationRow row;
  if (!body.has_value() || !row.ParseFromArray(body->data(), static_cast<int>(body->size()))) {
    return BadRow("annotation");
  }
  StoredAnnotation annotation;
  annotation.size = row.size();
  annotation.crc64nvme = row.crc64nvme();
  annotation.modified_ms = row.modified_ms();
  annotation.number = row.number();
  annotation.payload_id = row.payload_id();
  if (!SetEtag(row, &annotation.etag) || !SetChecksum(row, &annotation)) {
    return BadRow("annotation");
  }
  annotation.payload = std::move(*row.mutable_payload());
  const bool stands_here = annotation.payload_id == 0;
  if (annotation.payload.size() != (stands_here ? annotation.size : 0) ||
      (stands_here && base::Crc64Nvme(annotation.payload) != annotation.crc64nvme)) {
    return BadRow("payload of an annotation");
  }
  return annotation;
}

std::string EncodeAnnotationSet(uint32_t count) {
  rows::AnnotationSetRow row;
  row.set_count(count);
  return WithCrc(row.SerializeAsString());
}

absl::StatusOr<uint32_t> DecodeAnnotationSet(std::string_view bytes) {
  const std::optional<std::string_view> body = CheckedBody(bytes);
  rows::AnnotationSetRow row;
  if (!body.has_value() || !row.ParseFromArray(body->data(), static_cast<int>(body->size()))) {
    return BadRow("set of annotations");
  }
  return row.count();
}

Checksum ShownChecksum(const StoredAnnotation& annotation) {
  if (annotation.checksum.has_value()) return annotation.checksum->Shown();
  return ShownCrc64Nvme(annotation.crc64nvme);
}

AnnotationInfo InfoOf(std::string_view name, const StoredAnnotation& annotation) {
  AnnotationInfo info;
  info.name = name;
  info.size = annotation.size;
  info.etag = annotation.etag.Text();
  info.last_modified = FromMillis(annotation.modified_ms);
  info.checksum = ShownChecksum(annotation);
  info.sequence = annotation.number;
  return info;
}

}  // namespace cloudlet::objstore
