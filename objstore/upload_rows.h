// The rows of multipart uploads as values: an open upload, its parts, and the manifest that a
// complete, or an append, makes of them. Pure.
//
//   uploads   part 0: the upload; 1 and up: a part, whose payload is owned by ('m', upload id)
//   payload   the manifest, under the upload's id (an append draws one) and owned by the version
//   ('v', commit number)
//
// An upload's id is drawn from the payload ids, so the parts' references stay what they are when
// the upload becomes a manifest.
#ifndef CLOUDLET_OBJSTORE_UPLOAD_ROWS_H_
#define CLOUDLET_OBJSTORE_UPLOAD_ROWS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "objstore/checksum.h"
#include "objstore/records.h"

namespace cloudlet::objstore {

// The checksum that the writer of an upload named.
struct UploadChecksum {
  ChecksumAlgorithm algorithm = ChecksumAlgorithm::kCrc64nvme;
  ChecksumType type = ChecksumType::kFullObject;
};

struct Upload {
  int64_t created_ms = 0;
  std::string initiator;
  Head head;  // headers, metadata and tags of the object to be; the rest is not set
  std::optional<UploadChecksum> checksum = {};
};

struct Part {
  uint32_t number = 0;
  uint64_t payload_id = 0;  // 0: it has no bytes
  uint64_t size = 0;
  StoredEtag etag;
  uint64_t crc64nvme = 0;
  int64_t modified_ms = 0;                      // not kept in a manifest
  std::optional<StoredChecksum> checksum = {};  // by the upload's algorithm; never CRC64NVME
};

struct Manifest {
  uint64_t commit_number = 0;  // of the complete or append
  std::vector<Part> parts;     // as they follow one another
};

// Decoding trusts nothing: DATA_LOSS for what does not parse.
std::string EncodeUpload(const Upload& upload);
absl::StatusOr<Upload> DecodeUpload(std::string_view row);
std::string EncodePart(const Part& part);
absl::StatusOr<Part> DecodePart(uint32_t number, std::string_view row);
// With its CRC64NVME, as every row of the family: a range that is read through a wrong manifest
// would check.
std::string EncodeManifest(const Manifest& manifest);
absl::StatusOr<Manifest> DecodeManifest(std::string_view row);

// 16 hexadecimal digits: opaque to users. The text of a later upload is the larger.
std::string UploadIdText(uint64_t upload_id);
// 0, which no upload has, for what UploadIdText never gives.
uint64_t ParseUploadId(std::string_view text);

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_UPLOAD_ROWS_H_
