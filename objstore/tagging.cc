// Tags of an object that is there: its row is rewritten where it lies. Time, ETag and version id
// stay, and so does what the row owns, as that goes by the number of the version.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/status_macros.h"
#include "objstore/batch_builder.h"
#include "objstore/names.h"
#include "objstore/prepared.h"
#include "objstore/tags.h"

namespace cloudlet::objstore {
namespace {

// `tags` null: the object is to have none.
absl::Status PrepareTagging(const State& state, const Environment& environment,
                            std::string_view bucket_name, std::string_view key, const TagSet* tags,
                            const ChangeTagsOptions& options, Prepared* prepared) {
  PreparedTagging& tagging = prepared->action.emplace<PreparedTagging>();
  CLOUDLET_ASSIGN_OR_RETURN(BucketPtr bucket, state.buckets.Find(bucket_name));
  CLOUDLET_RETURN_IF_ERROR(CheckKey(key, environment.limits, environment.key_policy));
  if (!options.version_id.empty()) {
    CLOUDLET_ASSIGN_OR_RETURN(tagging.version, ParseVersionId(options.version_id));
  }
  tagging.event = EventType::kObjectTaggingDelete;
  if (tags != nullptr) {
    CLOUDLET_RETURN_IF_ERROR(CheckTags(*tags, kMaxObjectTags, &tagging.tags));
    tagging.event = EventType::kObjectTaggingPut;
  }
  prepared->bucket = std::move(bucket);
  return absl::OkStatus();
}

}  // namespace

absl::Status Prepare(State& state, const Environment& environment, SetTagsMutation& mutation,
                     Prepared* prepared) {
  return PrepareTagging(state, environment, mutation.bucket, mutation.key, mutation.tags,
                        *mutation.options, prepared);
}

absl::Status Prepare(State& state, const Environment& environment, DeleteTagsMutation& mutation,
                     Prepared* prepared) {
  return PrepareTagging(state, environment, mutation.bucket, mutation.key, nullptr,
                        *mutation.options, prepared);
}

absl::StatusOr<MutationResult> PreparedTagging::Apply(BatchBuilder& builder,
                                                      const Prepared& prepared, uint64_t number) {
  CLOUDLET_ASSIGN_OR_RETURN(const BatchBuilder::FoundObject found,
                            builder.FindObject(prepared, version));
  CLOUDLET_ASSIGN_OR_RETURN(DecodedHead decoded, DecodeHead(found.row.bytes.view()));
  Head& head = decoded.head;
  head.tags = std::move(tags);
  builder.Rewrite(prepared, found.is_current, decoded);
  // Observers may keep the head.
  if (found.is_current) builder.AddChange(prepared, ChangeKind::kWritten, number);
  ChangeTagsResult result;
  if (prepared.bucket->versioning.load() != Versioning::kOff) {
    result.version_id = VersionIdOf(head);
  }
  result.sequence = number;
  result.request_id = builder.request_id();
  const std::string etag = head.etag.Text();
  builder.AddEvent(prepared, event, number, {&head, etag, result.version_id});
  const Head* const current = builder.current().has_value() ? &*builder.current() : nullptr;
  builder.AddEffect(prepared, found.is_current ? &head : current);
  return MutationResult(std::move(result));
}

}  // namespace cloudlet::objstore
