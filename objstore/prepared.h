// Mutations that are prepared: what the commit needs of each, all that takes no lock done (names,
// digests, bodies on their way into the store). A kind of mutation is a struct here and a file of
// its verb, which has both halves: Prepare, and Apply in the batch of the commit.
//
// Another kind takes: its struct in store.h and here, each named in its variant, a file, and its
// name in fault_store.
#ifndef CLOUDLET_OBJSTORE_PREPARED_H_
#define CLOUDLET_OBJSTORE_PREPARED_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "cloudlet/cloud.h"
#include "objstore/annotation_rows.h"
#include "objstore/authorize.h"
#include "objstore/buckets.h"
#include "objstore/payload.h"
#include "objstore/records.h"
#include "objstore/state.h"
#include "objstore/store.h"
#include "objstore/upload_rows.h"
#include "objstore/versions.h"

namespace cloudlet::objstore {

class BatchBuilder;
struct Prepared;

// What a kind of mutation says of itself by redefining it, and each has besides:
//   Apply   the verdict, with what it does added to the batch: the locks are held. Reads come
//           before the first write, so that a mutation that is refused adds nothing.
//   Count   what it adds to the store's counters when it has succeeded.
struct MutationTraits {
  static constexpr uint64_t kNumbers = 1;  // commit numbers it takes
  // It reads more of its key than the head that an earlier mutation of its commit leaves, or asks
  // that the key changes once: it must be the first on its key.
  static constexpr bool kFirstOnItsKey = true;
  static constexpr bool kChangesSource = false;
  size_t batch_bytes() const { return 0; }  // beside rows
  void Committed() {}                       // its rows are written
  // What its caller must be allowed to do in its bucket.
  Permission permission() const { return Permission::kWrite; }
};

// put.cc
struct PreparedPut : MutationTraits {
  static constexpr bool kFirstOnItsKey = false;
  absl::StatusOr<MutationResult> Apply(BatchBuilder& builder, const Prepared& prepared,
                                       uint64_t number);
  void Count(const MutationResult& result, CloudStats* stats) const;
  size_t batch_bytes() const { return bytes.size(); }
  void Committed();

  Head head;               // all but number and time; location and payload_id set
  std::string_view bytes;  // inline, or the one chunk that rides in the batch; else empty
  std::unique_ptr<const std::string> bytes_owner;  // holds `bytes` where the body was not flat
  std::unique_ptr<LocalStaged> staged;             // null: the body is in `bytes`
  std::string_view if_match;
  std::string_view if_none_match;
};

// remove.cc
struct PreparedDelete : MutationTraits {
  static constexpr bool kFirstOnItsKey = false;
  absl::StatusOr<MutationResult> Apply(BatchBuilder& builder, const Prepared& prepared,
                                       uint64_t number);
  void Count(const MutationResult& result, CloudStats* stats) const;

  Permission permission() const {
    return version.has_value() ? Permission::kOwn : Permission::kWrite;
  }

  std::string_view if_match;
  std::optional<VersionRef> version;  // this one, for good; none: as the bucket's versioning says
};

// copy.cc
struct PreparedCopy : MutationTraits {
  static constexpr bool kFirstOnItsKey = false;
  absl::StatusOr<MutationResult> Apply(BatchBuilder& builder, const Prepared& prepared,
                                       uint64_t number);
  void Count(const MutationResult& result, CloudStats* stats) const;

  const CopySource* source = nullptr;    // not null
  const CopyOptions* options = nullptr;  // not null
  std::optional<VersionRef> version;     // of the source; none: the current one
  ObjectInfo headers;                    // where they replace the source's
  TagSet tags;                           // likewise
  uint64_t annotations_id = 0;           // of the copy's, should it get some; 0: it is to have none
};

// rename.cc. Takes the number of the removal, then that of the change at the new key.
struct PreparedRename : MutationTraits {
  static constexpr uint64_t kNumbers = 2;
  static constexpr bool kFirstOnItsKey = false;
  static constexpr bool kChangesSource = true;
  absl::StatusOr<MutationResult> Apply(BatchBuilder& builder, const Prepared& prepared,
                                       uint64_t number);
  void Count(const MutationResult& result, CloudStats* stats) const;

  const RenameOptions* options = nullptr;  // not null
};

// complete.cc
struct PreparedComplete : MutationTraits {
  absl::StatusOr<MutationResult> Apply(BatchBuilder& builder, const Prepared& prepared,
                                       uint64_t number);
  void Count(const MutationResult& result, CloudStats* stats) const;

  uint64_t upload_id = 0;  // 0: of no upload
  absl::Span<const CompletedPart> parts;
  const CompleteOptions* options = nullptr;  // not null
};

// append.cc. Its body is a part of its own.
struct PreparedAppend : MutationTraits {
  absl::StatusOr<MutationResult> Apply(BatchBuilder& builder, const Prepared& prepared,
                                       uint64_t number);
  void Count(const MutationResult& result, CloudStats* stats) const;
  size_t batch_bytes() const { return staged->bytes.size(); }
  void Committed() { staged->taken = true; }

  std::unique_ptr<LocalStaged> staged = std::make_unique<LocalStaged>();  // not null
  Part part;                                                              // all but its number
  uint64_t manifest_id = 0;                                               // of the object with it
  uint64_t inline_id = 0;                  // for a body that lies in its head so far
  const AppendOptions* options = nullptr;  // not null
};

// tagging.cc: of SetTagsMutation and DeleteTagsMutation. The row is rewritten where it lies, with
// the number of its version; the mutation's own number is that of the event.
struct PreparedTagging : MutationTraits {
  absl::StatusOr<MutationResult> Apply(BatchBuilder& builder, const Prepared& prepared,
                                       uint64_t number);
  void Count(const MutationResult& /*result*/, CloudStats* /*stats*/) const {}

  Permission permission() const { return Permission::kOwn; }

  EventType event = EventType::kNone;
  TagSet tags;                        // that the object is to have
  std::optional<VersionRef> version;  // none: the current one
};

// object_acl.cc: likewise.
struct PreparedObjectAcl : MutationTraits {
  absl::StatusOr<MutationResult> Apply(BatchBuilder& builder, const Prepared& prepared,
                                       uint64_t number);
  void Count(const MutationResult& /*result*/, CloudStats* /*stats*/) const {}
  Permission permission() const { return Permission::kOwn; }

  uint8_t canned_acl = 0;             // that the object is to have
  std::optional<VersionRef> version;  // none: the current one
};

// put_annotation.cc
struct PreparedPutAnnotation : MutationTraits {
  absl::StatusOr<MutationResult> Apply(BatchBuilder& builder, const Prepared& prepared,
                                       uint64_t number);
  void Count(const MutationResult& /*result*/, CloudStats* /*stats*/) const {}
  size_t batch_bytes() const { return bytes.size(); }
  void Committed();
  Permission permission() const { return Permission::kOwn; }

  std::string_view name;
  const PutAnnotationOptions* options = nullptr;  // not null
  std::optional<VersionRef> version;              // that it is for; none: the current one
  StoredAnnotation annotation;                    // all but number and time
  uint64_t new_set_id = 0;                        // for a version that has had no annotations
  std::string_view bytes;               // the one chunk that rides in the batch; else empty
  std::unique_ptr<LocalStaged> staged;  // of a payload that was written ahead
};

// remove_annotation.cc
struct PreparedDeleteAnnotation : MutationTraits {
  absl::StatusOr<MutationResult> Apply(BatchBuilder& builder, const Prepared& prepared,
                                       uint64_t number);
  void Count(const MutationResult& /*result*/, CloudStats* /*stats*/) const {}
  Permission permission() const { return Permission::kOwn; }

  std::string_view name;
  const DeleteAnnotationOptions* options = nullptr;  // not null
  std::optional<VersionRef> version;                 // as above
};

// enqueue.cc
struct PreparedEnqueue : MutationTraits {
  absl::StatusOr<MutationResult> Apply(BatchBuilder& builder, const Prepared& prepared,
                                       uint64_t number);
  void Count(const MutationResult& /*result*/, CloudStats* /*stats*/) const {}
  size_t batch_bytes() const { return payload.size(); }

  // As in EnqueueMutation.
  std::string_view function;
  std::string_view payload;
  const std::map<std::string, std::string>* attributes = nullptr;
  absl::Duration delay = absl::ZeroDuration();
};

// require.cc
struct PreparedRequire : MutationTraits {
  static constexpr uint64_t kNumbers = 0;
  absl::StatusOr<MutationResult> Apply(BatchBuilder& builder, const Prepared& prepared,
                                       uint64_t number);
  void Count(const MutationResult& /*result*/, CloudStats* /*stats*/) const {}

  // As in RequireMutation.
  uint64_t sequence = 0;
  const TagSet* tags = nullptr;
};

// require.cc. It holds the stripe of the delivery, as if that were a key.
struct PreparedRequireOpen : MutationTraits {
  static constexpr uint64_t kNumbers = 0;
  absl::StatusOr<MutationResult> Apply(BatchBuilder& builder, const Prepared& prepared,
                                       uint64_t number);
  void Count(const MutationResult& /*result*/, CloudStats* /*stats*/) const {}

  uint64_t event = 0;
  std::string_view function;
};

struct Prepared {
  absl::Status refused;  // not OK: the verdict is known already
  BucketPtr bucket;      // null: refused, or of no bucket
  std::string_view key;
  std::variant<PreparedDelete, PreparedPut, PreparedCopy, PreparedRename, PreparedComplete,
               PreparedAppend, PreparedTagging, PreparedObjectAcl, PreparedPutAnnotation,
               PreparedDeleteAnnotation, PreparedEnqueue, PreparedRequire, PreparedRequireOpen>
      action;
  // Of the object that a copy or rename is made of; its stripe is held too. Null: there is none.
  BucketPtr source_bucket = nullptr;
  std::string_view source_key = {};

  uint64_t numbers() const {
    return std::visit([](const auto& kind) { return kind.kNumbers; }, action);
  }
  // Whether it may change the object under that key.
  bool Changes(const BucketState* bucket_state, std::string_view of_key) const;
  // Whether it must be the first of its commit that changes its key.
  bool MustBeFirstOnItsKey() const;
};

// The first half of each kind, in its file. Sets all of `prepared`, which must be new, but `key`.
absl::Status Prepare(State& state, const Environment& environment, PutMutation& mutation,
                     Prepared* prepared);
absl::Status Prepare(State& state, const Environment& environment, DeleteMutation& mutation,
                     Prepared* prepared);
absl::Status Prepare(State& state, const Environment& environment, CopyMutation& mutation,
                     Prepared* prepared);
absl::Status Prepare(State& state, const Environment& environment, RenameMutation& mutation,
                     Prepared* prepared);
absl::Status Prepare(State& state, const Environment& environment, CompleteMutation& mutation,
                     Prepared* prepared);
absl::Status Prepare(State& state, const Environment& environment, AppendMutation& mutation,
                     Prepared* prepared);
absl::Status Prepare(State& state, const Environment& environment, SetTagsMutation& mutation,
                     Prepared* prepared);
absl::Status Prepare(State& state, const Environment& environment, DeleteTagsMutation& mutation,
                     Prepared* prepared);
absl::Status Prepare(State& state, const Environment& environment, SetObjectAclMutation& mutation,
                     Prepared* prepared);
absl::Status Prepare(State& state, const Environment& environment, PutAnnotationMutation& mutation,
                     Prepared* prepared);
absl::Status Prepare(State& state, const Environment& environment,
                     DeleteAnnotationMutation& mutation, Prepared* prepared);
absl::Status Prepare(State& state, const Environment& environment, EnqueueMutation& mutation,
                     Prepared* prepared);
absl::Status Prepare(State& state, const Environment& environment, RequireMutation& mutation,
                     Prepared* prepared);
absl::Status Prepare(State& state, const Environment& environment, RequireOpenMutation& mutation,
                     Prepared* prepared);

// How many of the first of `rest` can be one commit: it ends before a mutation that must be the
// first on its key and is not, or is made of an object that another one changes. Holds while the
// gates of their buckets are held.
size_t FirstCommitOf(absl::Span<const Prepared> rest);

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_PREPARED_H_
