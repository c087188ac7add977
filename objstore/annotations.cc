// Get and list of annotations.
//
// All rows are read at one moment: a rename takes a set to another key. And inside an epoch: a
// payload that a row names keeps its bytes until the reader has left, whoever deletes it meanwhile.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAnnotation.html and
// API_ListObjectAnnotations.html
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/status_macros.h"
#include "cloudlet/error.h"
#include "objstore/access.h"
#include "objstore/annotation_rows.h"
#include "objstore/annotation_rules.h"
#include "objstore/keys.h"
#include "objstore/names.h"
#include "objstore/payload.h"
#include "objstore/verbs.h"
#include "objstore/versions.h"

namespace cloudlet::objstore {
namespace {

constexpr size_t kMostResults = 1'000;

struct Asked {
  uint64_t set_id = 0;  // 0: the version has had no annotations
  std::string version_id;
};

template <typename Request>
absl::StatusOr<Asked> Find(State& state, const Environment& environment, const Request& request,
                           const kv::Snapshot& snapshot) {
  CLOUDLET_ASSIGN_OR_RETURN(const BucketPtr bucket, state.buckets.Find(request.bucket));
  CLOUDLET_RETURN_IF_ERROR(CheckKey(request.key, environment.limits, environment.key_policy));
  CLOUDLET_RETURN_IF_ERROR(Authorize(request.caller, Permission::kOwn, *bucket, environment));
  CLOUDLET_ASSIGN_OR_RETURN(const kv::PinnedBytes row,
                            FindReadableAt(state, *bucket, request.key, request.options->version_id,
                                           ErrorCode::kMethodNotAllowed, snapshot));
  CLOUDLET_ASSIGN_OR_RETURN(const Head head, DecodeHeadFixed(row.view()));
  Asked asked;
  asked.set_id = head.annotations_id;
  if (bucket->versioning.load() != Versioning::kOff) asked.version_id = VersionIdOf(head);
  return asked;
}

absl::Status NoSuchAnnotation() {
  return MakeError(ErrorCode::kNoSuchAnnotation, "the version has no annotation of this name");
}

absl::Status CheckListing(const ListAnnotationsOptions& options) {
  CLOUDLET_RETURN_IF_ERROR(CheckAnnotationPrefix(options.prefix));
  if (options.max_results < 1 || options.max_results > kMostResults) {
    return MakeError(
        ErrorCode::kInvalidArgument,
        absl::StrCat("max_results is ", options.max_results, ", not 1 to ", kMostResults));
  }
  if (options.continuation_token.empty() || CheckAnnotationName(options.continuation_token).ok()) {
    return absl::OkStatus();
  }
  return MakeError(ErrorCode::kInvalidArgument, "the continuation token is none of a page");
}

}  // namespace

absl::StatusOr<Annotation> GetAnnotation(State& state, const Environment& environment,
                                         const AnnotationRequest& request) {
  CLOUDLET_RETURN_IF_ERROR(CheckAnnotationName(request.name));
  const Epochs::Guard epoch = state.garbage->EnterEpoch();
  const auto snapshot = state.kv->TakeSnapshot();
  CLOUDLET_ASSIGN_OR_RETURN(Asked asked, Find(state, environment, request, *snapshot));
  if (asked.set_id == 0) return NoSuchAnnotation();
  CLOUDLET_ASSIGN_OR_RETURN(const std::optional<kv::PinnedBytes> row,
                            state.kv->Get(kAnnotations, AnnotationKey(asked.set_id, request.name),
                                          {.snapshot = snapshot.get()}));
  if (!row.has_value()) return NoSuchAnnotation();
  CLOUDLET_ASSIGN_OR_RETURN(StoredAnnotation stored, DecodeAnnotation(row->view()));
  Annotation annotation;
  annotation.info = InfoOf(request.name, stored);
  annotation.version_id = std::move(asked.version_id);
  if (stored.payload_id == 0) {
    annotation.payload = std::move(stored.payload);
    return annotation;
  }
  PayloadReader reader(stored.payload_id, stored.size, stored.crc64nvme, 0, stored.size);
  while (annotation.payload.size() < stored.size) {
    CLOUDLET_ASSIGN_OR_RETURN(absl::Cord piece, reader.Next(*state.kv));
    annotation.payload.Append(std::move(piece));
  }
  return annotation;
}

absl::StatusOr<AnnotationPage> ListAnnotations(State& state, const Environment& environment,
                                               const ListAnnotationsRequest& request) {
  const ListAnnotationsOptions& options = *request.options;
  CLOUDLET_RETURN_IF_ERROR(CheckListing(options));
  const Epochs::Guard epoch = state.garbage->EnterEpoch();
  const auto snapshot = state.kv->TakeSnapshot();
  CLOUDLET_ASSIGN_OR_RETURN(Asked asked, Find(state, environment, request, *snapshot));
  AnnotationPage page;
  page.version_id = std::move(asked.version_id);
  if (asked.set_id == 0) return page;

  const std::string set = AnnotationSetKey(asked.set_id);
  kv::IteratorOptions bounds;
  bounds.lower = set + options.prefix;
  bounds.upper = base::PrefixEnd(bounds.lower);
  bounds.snapshot = snapshot.get();
  const auto it = state.kv->NewIterator(kAnnotations, bounds);
  const std::string behind = set + options.continuation_token + '\0';  // or behind the set's row
  it->Seek(std::max(behind, bounds.lower));
  const size_t most = std::min(options.max_results, environment.limits.max_list_page);
  for (; it->Valid() && page.entries.size() < most; it->Next()) {
    CLOUDLET_ASSIGN_OR_RETURN(const StoredAnnotation stored, DecodeAnnotation(it->value()));
    page.entries.push_back(InfoOf(it->key().substr(set.size()), stored));
  }
  CLOUDLET_RETURN_IF_ERROR(it->status());
  page.is_truncated = it->Valid();
  if (page.is_truncated) page.next_continuation_token = page.entries.back().name;
  return page;
}

}  // namespace cloudlet::objstore
