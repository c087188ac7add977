// The verbs of the store, one file each: put.cc, remove.cc, copy.cc, complete.cc, get.cc,
// attributes.cc, list.cc, list_versions.cc; those of uploads are in uploads.h. LocalStore is the
// boundary around them.
//
// Each works on one opened State; preparing a mutation does all that needs no lock (names, digests,
// bodies on their way into the store), the commit does the rest.
#ifndef CLOUDLET_OBJSTORE_VERBS_H_
#define CLOUDLET_OBJSTORE_VERBS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "objstore/commit.h"
#include "objstore/payload.h"
#include "objstore/state.h"
#include "objstore/store.h"

namespace cloudlet::objstore {

// put.cc; `prepared` must be new, here and below.
void PreparePut(State& state, const Environment& environment, PutMutation& mutation,
                Prepared* prepared);
// A writer for a body that is staged, and the bucket that it is for.
struct PayloadStart {
  std::unique_ptr<PayloadWriter> writer;
  uint64_t bucket_id = 0;
};
absl::StatusOr<PayloadStart> StartPayload(State& state, const Environment& environment,
                                          const StageRequest& request);

// ABORTED for a body that was staged in an earlier life of the store, or for another bucket.
absl::Status CheckStaged(const State& state, const LocalStaged& staged, uint64_t bucket_id);

// complete.cc
void PrepareComplete(State& state, const Environment& environment, const CompleteMutation& mutation,
                     Prepared* prepared);

// remove.cc
void PrepareDelete(State& state, const Environment& environment, const DeleteMutation& mutation,
                   Prepared* prepared);

// copy.cc
void PrepareCopy(State& state, const Environment& environment, const CopyMutation& mutation,
                 Prepared* prepared);
void PrepareRename(State& state, const Environment& environment, const RenameMutation& mutation,
                   Prepared* prepared);

// get.cc
struct ReadResult {
  ReadAnswer answer;                   // without a source
  std::unique_ptr<BodyReader> reader;  // set where the body does not lie in the answer
  std::unique_ptr<Garbage::Pin> pin;   // with the reader: keeps the payload
};
// `result` must be new.
absl::Status Read(State& state, const Environment& environment, const ReadRequest& request,
                  ReadResult* result);

// The row that a read of `key` is about: that of a version, or of the current object where
// `version_id` is empty. NoSuchKey, NoSuchVersion, MethodNotAllowed as Bucket::Get says, each
// telling the delete marker that it met. Within an epoch, if what the row names is read then.
absl::StatusOr<kv::PinnedBytes> FindReadable(State& state, const BucketState& bucket,
                                             std::string_view key, std::string_view version_id);

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

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_VERBS_H_
