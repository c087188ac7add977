// See annotation_sets.h.
#include "objstore/annotation_sets.h"

#include <utility>

#include "base/bytes.h"
#include "base/status_macros.h"
#include "cloudlet/error.h"
#include "objstore/conditions.h"
#include "objstore/keys.h"

namespace cloudlet::objstore {

absl::StatusOr<AnnotatedVersion> FindAnnotated(BatchBuilder& builder, const Prepared& prepared,
                                               const std::optional<VersionRef>& version,
                                               std::string_view object_if_match) {
  CLOUDLET_ASSIGN_OR_RETURN(BatchBuilder::FoundObject object,
                            builder.FindObject(prepared, version));
  AnnotatedVersion found{std::move(object.row), object.is_current, {}, {}};
  found.etag = found.row.head.etag.Text();
  if (prepared.bucket->versioning.load() != Versioning::kOff) {
    found.version_id = VersionIdOf(found.row.head);
  }
  CLOUDLET_RETURN_IF_ERROR(CheckWrite(object_if_match, {}, std::string_view(found.etag)));
  return found;
}

absl::StatusOr<std::optional<StoredAnnotation>> FindAnnotation(kv::Kv& kv, uint64_t set_id,
                                                               std::string_view name) {
  if (set_id == 0) return std::optional<StoredAnnotation>();
  CLOUDLET_ASSIGN_OR_RETURN(const std::optional<kv::PinnedBytes> row,
                            kv.Get(kAnnotations, AnnotationKey(set_id, name)));
  if (!row.has_value()) return std::optional<StoredAnnotation>();
  CLOUDLET_ASSIGN_OR_RETURN(StoredAnnotation annotation, DecodeAnnotation(row->view()));
  return std::optional<StoredAnnotation>(std::move(annotation));
}

absl::StatusOr<uint32_t> CountAnnotations(kv::Kv& kv, uint64_t set_id) {
  if (set_id == 0) return 0;
  CLOUDLET_ASSIGN_OR_RETURN(const std::optional<kv::PinnedBytes> row,
                            kv.Get(kAnnotations, AnnotationSetKey(set_id)));
  if (!row.has_value()) return absl::DataLossError("the annotations of the version are missing");
  return DecodeAnnotationSet(row->view());
}

absl::Status CheckAnnotationConditions(std::string_view if_match, std::string_view if_none_match,
                                       const std::optional<StoredAnnotation>& annotation) {
  if (!annotation.has_value()) {
    if (if_match.empty()) return absl::OkStatus();
    return MakeError(ErrorCode::kNoSuchAnnotation, "the version has no annotation of this name");
  }
  return CheckWrite(if_match, if_none_match, std::string_view(annotation->etag.Text()));
}

void ReleaseAnnotation(BatchBuilder& builder, uint64_t set_id, const StoredAnnotation& annotation) {
  if (annotation.payload_id == 0) return;
  builder.released.push_back({annotation.payload_id, annotation.size});
  DropReference(kAnnotationsOwner, set_id, builder.released.back(), &builder.batch());
}

void TellOfAnnotation(BatchBuilder& builder, const Prepared& prepared,
                      const AnnotatedVersion& version, EventType type, std::string_view name,
                      const StoredAnnotation* annotation, uint64_t number) {
  BatchBuilder::Subject subject = {&version.row.head, version.etag, version.version_id, name};
  const std::string etag = annotation != nullptr ? annotation->etag.Text() : "";
  if (annotation != nullptr) subject.annotation_size = annotation->size;
  subject.annotation_etag = etag;
  builder.AddEvent(prepared, type, number, subject);
  const Head* current = builder.current().has_value() ? &*builder.current() : nullptr;
  builder.AddEffect(prepared, version.is_current ? &version.row.head : current);
}

absl::StatusOr<std::vector<NamedAnnotation>> LoadAnnotations(kv::Kv& kv, uint64_t set_id) {
  std::vector<NamedAnnotation> all;
  if (set_id == 0) return all;
  kv::IteratorOptions options;
  options.lower = AnnotationSetKey(set_id) + '\0';  // behind the row of the set
  options.upper = base::PrefixEnd(AnnotationSetKey(set_id));
  const auto it = kv.NewIterator(kAnnotations, options);
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    NamedAnnotation& one = all.emplace_back();
    one.name = it->key().substr(AnnotationSetKey(set_id).size());
    CLOUDLET_ASSIGN_OR_RETURN(one.annotation, DecodeAnnotation(it->value()));
  }
  CLOUDLET_RETURN_IF_ERROR(it->status());
  return all;
}

void WriteAnnotations(BatchBuilder& builder, uint64_t set_id, uint64_t number,
                      std::vector<NamedAnnotation> annotations) {
  kv::Batch& batch = builder.batch();
  batch.Put(kAnnotations, AnnotationSetKey(set_id),
            EncodeAnnotationSet(static_cast<uint32_t>(annotations.size())));
  for (NamedAnnotation& one : annotations) {
    one.annotation.number = number;
    one.annotation.modified_ms = builder.now_ms();
    batch.Put(kAnnotations, AnnotationKey(set_id, one.name), EncodeAnnotation(one.annotation));
    if (one.annotation.payload_id == 0) continue;
    batch.Put(kOwners, ReferenceKey(one.annotation.payload_id, kAnnotationsOwner, set_id), {});
  }
}

}  // namespace cloudlet::objstore
