// The verbs of the store that change nothing, one file each: get.cc, list.cc, list_versions.cc,
// annotations.cc; and the start of a body that is staged. Mutations are in prepared.h, uploads in
// uploads.h. LocalStore is the boundary around them all; each works on one opened State.
#ifndef CLOUDLET_OBJSTORE_VERBS_H_
#define CLOUDLET_OBJSTORE_VERBS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "objstore/payload.h"
#include "objstore/state.h"
#include "objstore/store.h"

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
struct ReadResult {
  ReadAnswer answer;                   // without a source
  std::unique_ptr<BodyReader> reader;  // set where the body does not lie in the answer
  std::unique_ptr<Garbage::Pin> pin;   // with the reader: keeps the payload
};
// `result` must be new.
absl::Status Read(State& state, const Environment& environment, const ReadRequest& request,
                  ReadResult* result);

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
