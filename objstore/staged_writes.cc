// See staged_writes.h.
#include "objstore/staged_writes.h"

#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "cloudlet/error.h"

namespace cloudlet::objstore {
namespace {

absl::Status TooLarge(std::string_view what, size_t limit) {
  return MakeError(ErrorCode::kRequestTooLarge,
                   absl::StrCat("a transaction has at most ", limit, " ", base::V(what)));
}

}  // namespace

size_t StagedObject::bytes() const {
  size_t sum = body.size();
  for (const auto& [name, value] : head.headers.metadata) sum += name.size() + value.size();
  return sum;
}

const StagedObject* StagedWrites::Find(std::string_view bucket, std::string_view key) const {
  const auto found = objects_.find(Name(bucket, key));
  return found == objects_.end() ? nullptr : &found->second;
}

absl::Status StagedWrites::CheckRoom(std::string_view bucket, std::string_view key,
                                     const StagedObject& object) const {
  if (lines_.size() >= kMaxStagedMutations) return TooLarge("mutations", kMaxStagedMutations);
  const StagedObject* const replaced = Find(bucket, key);
  const size_t less = replaced != nullptr ? replaced->bytes() : 0;
  const size_t more = object.bytes() + (replaced != nullptr ? 0 : key.size());
  if (bytes_ - less + more > kMaxStagedBytes) return TooLarge("bytes staged", kMaxStagedBytes);
  return absl::OkStatus();
}

void StagedWrites::Set(std::string_view bucket, std::string_view key, StagedObject object,
                       std::string told) {
  const auto [at, is_new] = objects_.try_emplace(Name(bucket, key));
  bytes_ += object.bytes() + (is_new ? key.size() : 0);
  bytes_ -= at->second.bytes();
  at->second = std::move(object);
  lines_.push_back(std::move(told));
}

absl::Status StagedWrites::Note(std::string_view bucket, std::string_view key,
                                const StagedRead& read) {
  Name name(bucket, key);
  const auto found = reads_.find(name);
  if (read.unsure) {
    has_conflict_ = true;
    return MakeError(ErrorCode::kConditionalRequestConflict,
                     "the object changed while this transaction read it");
  }
  if (found == reads_.end()) {
    if (reads_.size() >= kMaxStagedReads) return TooLarge("keys read", kMaxStagedReads);
    reads_.emplace(std::move(name), read);
    return absl::OkStatus();
  }
  StagedRead& seen = found->second;
  const bool other_tags =
      seen.tags.has_value() && read.tags.has_value() && *seen.tags != *read.tags;
  if (seen.sequence != read.sequence || other_tags) {
    has_conflict_ = true;
    return MakeError(ErrorCode::kConditionalRequestConflict,
                     "the object has changed since this transaction read it");
  }
  if (!seen.tags.has_value()) seen.tags = read.tags;
  return absl::OkStatus();
}

std::vector<StagedWrites::Listed> StagedWrites::ListOf(std::string_view bucket,
                                                       std::string_view prefix) const {
  std::vector<Listed> listed;
  for (auto at = objects_.lower_bound(Name(bucket, prefix)); at != objects_.end(); ++at) {
    const auto& [name, object] = *at;
    const std::string_view key = name.second;
    if (name.first != bucket || key.substr(0, prefix.size()) != prefix) break;
    if (object.kind == StagedObject::Kind::kTags) continue;  // listed as it is
    Listed& one = listed.emplace_back(key, std::nullopt);
    if (object.kind == StagedObject::Kind::kDeleted) continue;
    ListEntry& entry = one.second.emplace();
    entry.key = key;
    entry.size = object.head.size;
    entry.etag = object.head.etag.Text();
    entry.last_modified = FromMillis(object.head.modified_ms);
    const Checksum checksum = ShownChecksum(object.head);
    entry.checksum_algorithm = checksum.algorithm;
    entry.checksum_type = checksum.type;
  }
  return listed;
}

std::vector<Mutation> StagedWrites::Mutations() const {
  static const DeleteOptions* const kDelete = new DeleteOptions;
  static const ChangeTagsOptions* const kTags = new ChangeTagsOptions;
  std::vector<Mutation> mutations;
  mutations.reserve(reads_.size() + objects_.size());
  for (const auto& [name, read] : reads_) {
    mutations.emplace_back(RequireMutation{name.first, name.second, read.sequence,
                                           read.tags.has_value() ? &*read.tags : nullptr});
  }
  for (const auto& [name, object] : objects_) {
    switch (object.kind) {
      case StagedObject::Kind::kPut:
        mutations.emplace_back(PutMutation{name.first, name.second, object.body, &object.options});
        break;
      case StagedObject::Kind::kDeleted:
        mutations.emplace_back(DeleteMutation{name.first, name.second, kDelete});
        break;
      case StagedObject::Kind::kTags:
        if (object.tags_deleted) {
          mutations.emplace_back(DeleteTagsMutation{name.first, name.second, kTags});
        } else {
          mutations.emplace_back(SetTagsMutation{name.first, name.second, &object.tags, kTags});
        }
        break;
    }
  }
  return mutations;
}

}  // namespace cloudlet::objstore
