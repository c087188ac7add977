// The rows of open uploads in the store, and the verbs on uploads that are no change of an object.
// The complete is one: complete.cc. Parts that are copied: upload_part_copy.h.
//
// A verb that writes takes the gate of the bucket and the stripe of the key, as a commit does, so a
// part is either in the upload when a complete looks, or finds the upload gone. Bodies are written
// ahead of that.
#ifndef CLOUDLET_OBJSTORE_UPLOADS_H_
#define CLOUDLET_OBJSTORE_UPLOADS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "objstore/garbage.h"
#include "objstore/kv/kv.h"
#include "objstore/state.h"
#include "objstore/store.h"
#include "objstore/upload_rows.h"
#include "objstore/verbs.h"

namespace cloudlet::objstore {

absl::Status NoSuchUpload();

// Names one upload's rows. `key` must outlive it.
struct UploadRef {
  uint64_t bucket_id = 0;
  std::string_view key;
  uint64_t upload_id = 0;

  std::string RowKey(uint32_t part) const;
};

absl::StatusOr<std::optional<Upload>> FindUpload(kv::Kv& kv, const UploadRef& ref,
                                                 const kv::Snapshot* snapshot = nullptr);
// At most `most` of its parts with numbers above `after`, ascending.
absl::StatusOr<std::vector<Part>> LoadParts(kv::Kv& kv, const UploadRef& ref, uint32_t after,
                                            size_t most, const kv::Snapshot* snapshot = nullptr);

absl::StatusOr<std::string> CreateUpload(State& state, const Environment& environment,
                                         const CreateUploadRequest& request);
// A writer for a part that is staged.
absl::StatusOr<PayloadStart> StartPart(State& state, const Environment& environment,
                                       const PartRequest& request);
// What they release has its 'g' row.
absl::StatusOr<Part> UploadPart(State& state, const Environment& environment,
                                const PartRequest& request, PartBody body,
                                std::vector<ReleasedPayload>* released);
absl::Status AbortUpload(State& state, const Environment& environment, const UploadRequest& request,
                         std::vector<ReleasedPayload>* released);

// list_uploads.cc
absl::StatusOr<PartPage> ListParts(State& state, const Environment& environment,
                                   const UploadRequest& request, const PartPageOptions& options);
absl::StatusOr<UploadPage> ListUploads(State& state, const Environment& environment,
                                       std::string_view bucket, const UploadPageOptions& options,
                                       const Caller& caller);

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_UPLOADS_H_
