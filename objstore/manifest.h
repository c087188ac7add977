// Objects with parts: finding their manifest, and reading their bytes part by part.
//
// Threads: a reader belongs to one thread at a time.
#ifndef CLOUDLET_OBJSTORE_MANIFEST_H_
#define CLOUDLET_OBJSTORE_MANIFEST_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "objstore/kv/kv.h"
#include "objstore/payload.h"
#include "objstore/ranges.h"
#include "objstore/records.h"
#include "objstore/upload_rows.h"

namespace cloudlet::objstore {

// The manifest that a head with Location::kInManifest names, checked against it. DATA_LOSS when it
// is missing or of another object.
absl::StatusOr<Manifest> LoadManifest(kv::Kv& kv, const Head& head);

// Reads the extent of an object. Each part that is read whole is checked against its CRC, a full
// read against the object's too, before the piece that would complete it is handed out.
class ManifestReader : public BodyReader {
 public:
  ManifestReader(std::vector<Part> parts, const Head& head, Extent extent);
  absl::StatusOr<absl::Cord> Next(kv::Kv& kv) override;

 private:
  // Opens the part that begins at or before the position.
  void OpenPart();

  const std::vector<Part> parts_;
  const uint64_t object_crc64_;
  const bool full_;
  uint64_t position_;  // within the object
  const uint64_t end_;
  size_t part_ = 0;                      // the one that is read
  uint64_t part_begin_ = 0;              // its offset within the object
  std::optional<PayloadReader> reader_;  // of it; none before the first
  uint64_t crc64_ = 0;                   // of the parts before it, when full_
};

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_MANIFEST_H_
