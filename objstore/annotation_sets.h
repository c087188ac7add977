// The annotations of a version, as a commit finds and changes them. (How they lie in the store:
// annotation_rows.h. Reading them otherwise: annotations.cc.)
//
// Threads: one; the stripe of the version's key is held.
#ifndef CLOUDLET_OBJSTORE_ANNOTATION_SETS_H_
#define CLOUDLET_OBJSTORE_ANNOTATION_SETS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "objstore/annotation_rows.h"
#include "objstore/batch_builder.h"
#include "objstore/prepared.h"
#include "objstore/versions.h"

namespace cloudlet::objstore {

// The version that a mutation of an annotation is for, which must be the first on its key.
struct AnnotatedVersion {
  VersionRow row;
  bool is_current = false;
  std::string etag;        // text of the object's
  std::string version_id;  // as results have it
};
// NoSuchKey, NoSuchVersion, MethodNotAllowed; PreconditionFailed where `object_if_match` is not its
// ETag.
absl::StatusOr<AnnotatedVersion> FindAnnotated(BatchBuilder& builder, const Prepared& prepared,
                                               const std::optional<VersionRef>& version,
                                               std::string_view object_if_match);

// Of the set with that id; 0: there is none, and nothing in it.
absl::StatusOr<std::optional<StoredAnnotation>> FindAnnotation(kv::Kv& kv, uint64_t set_id,
                                                               std::string_view name);
absl::StatusOr<uint32_t> CountAnnotations(kv::Kv& kv, uint64_t set_id);

// Conditions on the annotation itself. NoSuchAnnotation, PreconditionFailed.
absl::Status CheckAnnotationConditions(std::string_view if_match, std::string_view if_none_match,
                                       const std::optional<StoredAnnotation>& annotation);

// An annotation lets go of its payload.
void ReleaseAnnotation(BatchBuilder& builder, uint64_t set_id, const StoredAnnotation& annotation);

// The event of a change of an annotation, and what it has made of the key for those after it.
// `annotation` is null when it is gone.
void TellOfAnnotation(BatchBuilder& builder, const Prepared& prepared,
                      const AnnotatedVersion& version, EventType type, std::string_view name,
                      const StoredAnnotation* annotation, uint64_t number);

struct NamedAnnotation {
  std::string name;
  StoredAnnotation annotation;
};
// All of a set, which a copy takes along.
absl::StatusOr<std::vector<NamedAnnotation>> LoadAnnotations(kv::Kv& kv, uint64_t set_id);
// A new set of them, sharing their payloads.
void WriteAnnotations(BatchBuilder& builder, uint64_t set_id, uint64_t number,
                      std::vector<NamedAnnotation> annotations);

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_ANNOTATION_SETS_H_
