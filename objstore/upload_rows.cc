// Encoding and decoding of the rows of multipart uploads: see upload_rows.h.
#include "objstore/upload_rows.h"

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/crc.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "objstore/records.pb.h"

namespace cloudlet::objstore {
namespace {

constexpr size_t kIdDigits = 16;
constexpr size_t kTrailerBytes = 8;

template <typename Row>
bool Parse(std::string_view bytes, Row* row) {
  return row->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

StoredEtag EtagOfPart(std::string_view md5, uint64_t crc64nvme) {
  StoredEtag etag;
  if (md5.size() == etag.digest.size()) {
    etag.kind = EtagKind::kMd5;
    std::memcpy(etag.digest.data(), md5.data(), md5.size());
    return etag;
  }
  etag.kind = EtagKind::kCrc64;
  for (size_t i = 0; i < 8; ++i) etag.digest[i] = static_cast<uint8_t>(crc64nvme >> (8 * i));
  return etag;
}

void SetRow(const Part& part, rows::ManifestRow::Part* row) {
  row->set_number(part.number);
  row->set_payload_id(part.payload_id);
  row->set_size(part.size);
  if (part.etag.kind == EtagKind::kMd5) {
    row->set_md5(part.etag.digest.data(), part.etag.digest.size());
  }
  row->set_crc64nvme(part.crc64nvme);
  if (part.checksum.has_value()) {
    row->set_checksum_algorithm(static_cast<uint32_t>(part.checksum->algorithm));
    row->set_checksum(part.checksum->digest);
  }
}

// The algorithm that a row has as this number; 0, which none has, where it is too large for one.
ChecksumAlgorithm AlgorithmOf(uint32_t number) {
  return static_cast<ChecksumAlgorithm>(number <= UINT8_MAX ? number : 0);
}

bool SetChecksum(const rows::ManifestRow::Part& row, Part* part) {
  if (row.checksum_algorithm() == 0) return row.checksum().empty();
  StoredChecksum& checksum = part->checksum.emplace();
  checksum.algorithm = AlgorithmOf(row.checksum_algorithm());
  checksum.digest = row.checksum();
  return !row.checksum().empty() && row.checksum().size() == ChecksumBytes(checksum.algorithm);
}

bool SetPart(const rows::ManifestRow::Part& row, Part* part) {
  if (row.number() == 0 || (row.payload_id() == 0) != (row.size() == 0)) return false;
  if (!row.md5().empty() && row.md5().size() != part->etag.digest.size()) return false;
  part->number = row.number();
  part->payload_id = row.payload_id();
  part->size = row.size();
  part->etag = EtagOfPart(row.md5(), row.crc64nvme());
  part->crc64nvme = row.crc64nvme();
  return SetChecksum(row, part);
}

}  // namespace

std::string EncodeUpload(const Upload& upload) {
  rows::UploadRow row;
  row.set_created_ms(upload.created_ms);
  row.set_initiator(upload.initiator);
  row.set_head(EncodeHead(upload.head));
  if (upload.checksum.has_value()) {
    row.set_checksum_algorithm(static_cast<uint32_t>(upload.checksum->algorithm));
    row.set_checksum_type(static_cast<uint32_t>(upload.checksum->type));
  }
  return row.SerializeAsString();
}

absl::StatusOr<Upload> DecodeUpload(std::string_view bytes) {
  rows::UploadRow row;
  if (!Parse(bytes, &row)) return BadRow("upload");
  CLOUDLET_ASSIGN_OR_RETURN(DecodedHead decoded, DecodeHead(row.head()));
  Upload upload{row.created_ms(), row.initiator(), std::move(decoded.head)};
  if (row.checksum_algorithm() == 0) return upload;
  UploadChecksum& checksum = upload.checksum.emplace();
  checksum.algorithm = AlgorithmOf(row.checksum_algorithm());
  checksum.type =
      static_cast<ChecksumType>(row.checksum_type() <= UINT8_MAX ? row.checksum_type() : 0);
  if (!CheckChecksumType(checksum.algorithm, checksum.type).ok()) return BadRow("upload");
  return upload;
}

std::string EncodePart(const Part& part) {
  rows::PartRow row;
  SetRow(part, row.mutable_part());
  row.set_modified_ms(part.modified_ms);
  return row.SerializeAsString();
}

absl::StatusOr<Part> DecodePart(uint32_t number, std::string_view bytes) {
  rows::PartRow row;
  Part part;
  if (!Parse(bytes, &row) || !SetPart(row.part(), &part) || part.number != number) {
    return BadRow("part of an upload");
  }
  part.modified_ms = row.modified_ms();
  return part;
}

std::string EncodeManifest(const Manifest& manifest) {
  rows::ManifestRow row;
  row.set_commit_number(manifest.commit_number);
  for (const Part& part : manifest.parts) SetRow(part, row.add_parts());
  std::string bytes = row.SerializeAsString();
  base::AppendU64(&bytes, base::Crc64Nvme(bytes));
  return bytes;
}

absl::StatusOr<Manifest> DecodeManifest(std::string_view bytes) {
  if (bytes.size() < kTrailerBytes) return BadRow("manifest");
  const std::string_view body = bytes.substr(0, bytes.size() - kTrailerBytes);
  uint64_t crc64 = 0;
  base::ByteReader(bytes.substr(body.size())).ReadU64(&crc64);
  rows::ManifestRow row;
  if (crc64 != base::Crc64Nvme(body) || !Parse(body, &row) || row.parts().empty()) {
    return BadRow("manifest");
  }
  Manifest manifest;
  manifest.commit_number = row.commit_number();
  manifest.parts.resize(static_cast<size_t>(row.parts_size()));
  for (size_t i = 0; i < manifest.parts.size(); ++i) {
    if (!SetPart(row.parts(static_cast<int>(i)), &manifest.parts[i])) return BadRow("manifest");
  }
  return manifest;
}

std::string UploadIdText(uint64_t upload_id) {
  std::string bytes;
  base::AppendBe64(&bytes, upload_id);
  return base::HexLower(bytes);
}

uint64_t ParseUploadId(std::string_view text) {
  if (text.size() != kIdDigits) return 0;
  uint64_t id = 0;
  for (const char c : text) {
    const bool decimal = c >= '0' && c <= '9';
    if (!decimal && (c < 'a' || c > 'f')) return 0;
    id = id << 4 | static_cast<uint64_t>(decimal ? c - '0' : c - 'a' + 10);
  }
  return id;
}

}  // namespace cloudlet::objstore
