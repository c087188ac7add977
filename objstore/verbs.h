// The verbs of the store that change nothing, one file each: get.cc, attributes.cc,
// annotations.cc, list.cc, list_versions.cc; and the start of a body that is staged. Mutations are
// in prepared.h, uploads in uploads.h and upload_part_copy.h. LocalStore is the boundary around
// them all; each works on one opened State.
#ifndef CLOUDLET_OBJSTORE_VERBS_H_
#define CLOUDLET_OBJSTORE_VERBS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "objstore/kv/kv.h"
#include "objstore/payload.h"
#include "objstore/ranges.h"
#include "objstore/records.h"
#include "objstore/state.h"
#include "objstore/store.h"
#include "objstore/upload_rows.h"

namespace cloudlet::objstore {

// put.cc
// A writer for a body that is staged, and the bucket that it is for.
struct PayloadStart {
  std::unique_ptr<PayloadWriter> writer;
  uint64_t bucket_id = 0;
};
absl::StatusOr<PayloadStart> StartPayload(State& state, const Environment& environment,
                                          const StageRequest& request);

// ABORTED for a body that was staged in an earlier life of the store, or for another bucket.
absl::Status CheckStaged(const State& state, const LocalStaged& staged, uint64_t bucket_id);

// get.cc
// The bytes of an extent of an object.
struct OpenedBody {
  absl::Cord small;                    // all of them, verified, where they are few
  std::unique_ptr<BodyReader> reader;  // else what reads them
  std::unique_ptr<Garbage::Pin> pin;   // with the reader: keeps the payload
};
// Of the object whose row this is, within the epoch that the row was read in. The manifest is
// loaded where it is needed and not given.
absl::StatusOr<OpenedBody> OpenBody(State& state, const kv::PinnedBytes& row,
                                    const DecodedHead& decoded, Extent extent,
                                    std::optional<Manifest> manifest = std::nullopt);

struct ReadResult {
  ReadAnswer answer;  // without the bytes
  OpenedBody body;
};
// `result` must be new.
absl::Status Read(State& state, const Environment& environment, const ReadRequest& request,
                  ReadResult* result);

// The row that a read of `key` is about: that of a version, or of the current object where
// `version_id` is empty. NoSuchKey, NoSuchVersion, MethodNotAllowed as Bucket::Get says, each
// telling the delete marker that it met; `at_marker` where such a one is current. Within an epoch,
// if what the row names is read then.
absl::StatusOr<kv::PinnedBytes> FindReadable(State& state, const BucketState& bucket,
                                             std::string_view key, std::string_view version_id,
                                             ErrorCode at_marker = ErrorCode::kNoSuchKey);
// The same as it was at `snapshot`, for who reads more than the row.
absl::StatusOr<kv::PinnedBytes> FindReadableAt(State& state, const BucketState& bucket,
                                               std::string_view key, std::string_view version_id,
                                               ErrorCode at_marker, const kv::Snapshot& snapshot);

// attributes.cc
absl::StatusOr<ObjectAttributes> GetAttributes(State& state, const Environment& environment,
                                               const AttributesRequest& request);

// list.cc
absl::StatusOr<ListPage> List(State& state, const Environment& environment, std::string_view bucket,
                              const ListPageOptions& options, const Caller& caller);

// list_versions.cc
absl::StatusOr<VersionPage> ListVersions(State& state, const Environment& environment,
                                         std::string_view bucket, const VersionPageOptions& options,
                                         const Caller& caller);

// annotations.cc
absl::StatusOr<Annotation> GetAnnotation(State& state, const Environment& environment,
                                         const AnnotationRequest& request);
absl::StatusOr<AnnotationPage> ListAnnotations(State& state, const Environment& environment,
                                               const ListAnnotationsRequest& request);

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_VERBS_H_
