// The boundary of objstore/ for reads of annotations: see local_store.h.
#include "base/status_macros.h"
#include "objstore/annotate.h"
#include "objstore/local_store.h"
#include "objstore/verbs.h"

namespace cloudlet::objstore {

absl::StatusOr<Annotation> LocalStore::GetAnnotation(const AnnotationRequest& request) {
  constexpr std::string_view kVerb = "get annotation of";
  absl::StatusOr<Entrance> entrance = Enter();
  if (!entrance.ok()) return Annotate(entrance.status(), kVerb, request.bucket, request.key);
  absl::StatusOr<Annotation> annotation =
      objstore::GetAnnotation(entrance->state, environment_, request);
  if (!annotation.ok()) return Annotate(annotation.status(), kVerb, request.bucket, request.key);
  return annotation;
}

absl::StatusOr<AnnotationPage> LocalStore::ListAnnotations(const ListAnnotationsRequest& request) {
  constexpr std::string_view kVerb = "list annotations of";
  absl::StatusOr<Entrance> entrance = Enter();
  if (!entrance.ok()) return Annotate(entrance.status(), kVerb, request.bucket, request.key);
  absl::StatusOr<AnnotationPage> page =
      objstore::ListAnnotations(entrance->state, environment_, request);
  if (!page.ok()) return Annotate(page.status(), kVerb, request.bucket, request.key);
  return page;
}

}  // namespace cloudlet::objstore
