// Reading objects with parts: see manifest.h.
#include "objstore/manifest.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/crc.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "objstore/keys.h"

namespace cloudlet::objstore {

absl::StatusOr<Manifest> LoadManifest(kv::Kv& kv, const Head& head) {
  CLOUDLET_ASSIGN_OR_RETURN(const std::optional<kv::PinnedBytes> row,
                            kv.Get(kPayload, ChunkKey(head.payload_id, kManifestChunk)));
  if (!row.has_value()) {
    return absl::DataLossError(absl::StrCat("manifest ", head.payload_id, " is missing"));
  }
  CLOUDLET_ASSIGN_OR_RETURN(Manifest manifest, DecodeManifest(row->view()));
  uint64_t size = 0;
  for (const Part& part : manifest.parts) size += part.size;
  if (size != head.size || manifest.parts.size() != head.etag.parts) {
    return absl::DataLossError(
        absl::StrCat("manifest ", head.payload_id, " has ", manifest.parts.size(), " parts of ",
                     size, " bytes, expected ", head.etag.parts, " of ", head.size));
  }
  return manifest;
}

ManifestReader::ManifestReader(std::vector<Part> parts, const Head& head, Extent extent)
    : parts_(std::move(parts)),
      object_crc64_(head.crc64nvme),
      full_(extent.offset == 0 && extent.length == head.size),
      position_(extent.offset),
      end_(extent.offset + extent.length) {}

void ManifestReader::OpenPart() {
  while (position_ - part_begin_ >= parts_[part_].size) part_begin_ += parts_[part_++].size;
  const Part& part = parts_[part_];
  const uint64_t from = position_ - part_begin_;
  const uint64_t to = std::min(part.size, end_ - part_begin_);
  reader_.emplace(part.payload_id, part.size, part.crc64nvme, from, to - from);
}

absl::StatusOr<absl::Cord> ManifestReader::Next(kv::Kv& kv) {
  if (position_ == end_) return absl::Cord();
  if (!reader_.has_value()) OpenPart();
  CLOUDLET_ASSIGN_OR_RETURN(absl::Cord piece, reader_->Next(kv));
  position_ += piece.size();
  const Part& part = parts_[part_];
  if (position_ == part_begin_ + part.size) {
    reader_.reset();
    if (full_) crc64_ = base::Crc64NvmeCombine(crc64_, part.crc64nvme, part.size);
  }
  if (full_ && position_ == end_ && crc64_ != object_crc64_) {
    return absl::DataLossError(absl::StrCat("the CRC64NVME of the object's parts is ",
                                            base::V(base::Hex16(crc64_)), ", expected ",
                                            base::V(base::Hex16(object_crc64_))));
  }
  return piece;
}

}  // namespace cloudlet::objstore
