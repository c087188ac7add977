// Copies and renames: see differential_model.h.
#include <string>
#include <utility>

#include "tests/differential_machine.h"
#include "tests/differential_model.h"

namespace cloudlet::differential {

std::string Model::SourceCode(const std::string& bucket, const CopySource& source,
                              uint64_t max_bytes, const ModelVersion** found) const {
  const std::string& from = source.bucket.empty() ? bucket : source.bucket;
  if (const std::string code = PlaceCode(from, source.key); code != "OK") return code;
  if (source.version_id.empty()) {
    *found = Current(from, source.key);
    if (*found == nullptr) return "NoSuchKey";
  } else {
    if (const std::string code = VersionIdCode(source.version_id); code != "OK") return code;
    *found = Version(from, source.key, source.version_id);
    if (*found == nullptr) return "NoSuchVersion";
    if ((*found)->is_marker) return "InvalidRequest";
  }
  if ((*found)->body.size() > max_bytes) return "InvalidRequest";
  const Verdict verdict = Judge(ConditionsOf(source), (*found)->etag, (*found)->modified);
  return verdict == Verdict::kHold ? "OK" : "PreconditionFailed";
}

std::string Model::CopyCode(const std::string& bucket, const std::string& key,
                            const CopySource& source, const CopyOptions& options) const {
  if (const std::string code = PlaceCode(bucket, key); code != "OK") return code;
  const bool replaces = options.metadata_directive == MetadataDirective::kReplace;
  if (!replaces && (!options.content_type.empty() || !options.metadata.empty())) {
    return "InvalidRequest";
  }
  if (options.tagging_directive == TaggingDirective::kCopy && !options.tags.empty()) {
    return "InvalidRequest";
  }
  if (const std::string code = MetadataCode(options.metadata); code != "OK") return code;
  if (const std::string code = TagsCode(options.tags, kMaxObjectTags); code != "OK") return code;
  const ModelVersion* from = nullptr;
  const std::string code = SourceCode(bucket, source, kMaxCopyBytes, &from);
  if (code != "OK") return code;
  const bool changes = replaces || !options.website_redirect_location.empty();
  if (!changes && from == Current(bucket, key)) return "InvalidRequest";
  return WriteCode(options.if_match, options.if_none_match, CurrentEtag(bucket, key));
}

void Model::Copy(const std::string& bucket, const std::string& key, const CopySource& source,
                 const CopyOptions& options, const Given& given) {
  const ModelVersion* from = nullptr;
  SourceCode(bucket, source, kMaxCopyBytes, &from);
  ModelVersion copy = *from;
  if (options.metadata_directive == MetadataDirective::kReplace) {
    copy.content_type = options.content_type;
    copy.metadata = Lowered(options.metadata);
  }
  copy.redirect = options.website_redirect_location;
  if (options.tagging_directive == TaggingDirective::kReplace) copy.tags = Sorted(options.tags);
  if (options.annotation_directive == AnnotationDirective::kExclude) copy.annotations.clear();
  for (auto& [name, annotation] : copy.annotations) {
    annotation.modified = given.now;
    annotation.sequence = given.sequence;
  }
  copy.modified = given.now;
  copy.upload_id.clear();
  Place(bucket, key, EventType::kObjectCreatedCopy, std::move(copy), given);
}

std::string Model::RenameCode(const std::string& bucket, const std::string& source,
                              const std::string& key, const RenameOptions& options) const {
  if (const std::string code = PlaceCode(bucket, key); code != "OK") return code;
  if (const std::string code = KeyCode(source); code != "OK") return code;
  if (source == key) return "InvalidRequest";
  if (buckets_.at(bucket).versioning != Versioning::kOff) return "NotImplemented";
  const ModelVersion* from = Current(bucket, source);
  if (from == nullptr) return "NoSuchKey";
  const Conditions conditions{options.source_if_match, options.source_if_none_match,
                              options.source_if_modified_since, options.source_if_unmodified_since};
  if (Judge(conditions, from->etag, from->modified) != Verdict::kHold) return "PreconditionFailed";
  const ModelVersion* replaced = Current(bucket, key);
  const std::string code =
      WriteCode(options.if_match, options.if_none_match, CurrentEtag(bucket, key));
  if (code != "OK") return code;
  if (replaced == nullptr) return options.if_modified_since ? "PreconditionFailed" : "OK";
  return Judge(ConditionsOf(options), replaced->etag, replaced->modified) == Verdict::kHold
             ? "OK"
             : "PreconditionFailed";
}

// Two changes with one number each; everything of the object stays, its time too.
void Model::Rename(const std::string& bucket, const std::string& source, const std::string& key,
                   const Given& given) {
  ModelVersion moved = *Current(bucket, source);
  moved.upload_id.clear();
  buckets_.at(bucket).keys.erase(source);
  Given removal = given;
  if (removal.sequence != 0) --removal.sequence;
  AddEvent(EventType::kObjectRemovedDelete, bucket, source, nullptr, "", removal);
  Place(bucket, key, EventType::kObjectCreatedCopy, std::move(moved), given);
}

}  // namespace cloudlet::differential
