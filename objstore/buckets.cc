// Creating, finding and deleting buckets: see buckets.h.
#include "objstore/buckets.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "objstore/authorize.h"
#include "objstore/keys.h"
#include "objstore/names.h"
#include "objstore/records.h"
#include "objstore/records.pb.h"
#include "objstore/tags.h"

namespace cloudlet::objstore {
namespace {

absl::StatusOr<BucketPtr> FromRow(std::string_view name, std::string_view bytes) {
  rows::BucketRow row;
  if (!row.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || row.id() == 0) {
    return absl::DataLossError(
        absl::StrCat("the row of bucket ", base::V(base::Quoted(name)), " does not parse"));
  }
  auto bucket = std::make_shared<BucketState>();
  bucket->id = row.id();
  bucket->owner = row.owner();
  bucket->info.name = name;
  bucket->info.created = FromMillis(row.created_ms());
  bucket->info.options.etag_policy = static_cast<EtagPolicy>(row.etag_policy());
  bucket->info.options.retain_events = row.retain_events();
  bucket->info.options.region = row.region();
  bucket->versioning = static_cast<Versioning>(row.versioning());
  // A number that none has grants nothing.
  bucket->acl = static_cast<CannedAcl>(std::min<uint32_t>(row.canned_acl(), UINT8_MAX));
  return bucket;
}

// The row of a bucket that exists.
absl::StatusOr<rows::BucketRow> LoadRow(kv::Kv& kv, std::string_view name) {
  CLOUDLET_ASSIGN_OR_RETURN(const std::optional<kv::PinnedBytes> bytes, kv.Get(kBuckets, name));
  rows::BucketRow row;
  if (!bytes.has_value() ||
      !row.ParseFromArray(bytes->view().data(), static_cast<int>(bytes->view().size()))) {
    return absl::DataLossError("the row of the bucket is missing or does not parse");
  }
  return row;
}

absl::Status StoreRow(kv::Kv& kv, std::string_view name, const rows::BucketRow& row) {
  const auto batch = kv.NewBatch();
  batch->Put(kBuckets, name, row.SerializeAsString());
  return kv.Write(*batch, kv::Durability::kSync);
}

absl::Status CheckRegion(std::string_view region) {
  constexpr size_t kMaxRegionBytes = 63;
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  if (region.size() <= kMaxRegionBytes && std::all_of(region.begin(), region.end(), allowed)) {
    return absl::OkStatus();
  }
  return MakeError(
      ErrorCode::kInvalidLocationConstraint,
      absl::StrCat("the region is 1 to 63 of a-z 0-9 -, not ", base::V(base::Quoted(region))));
}

absl::Status CheckOptions(const BucketOptions& options) {
  if (options.etag_policy != EtagPolicy::kMd5 && options.etag_policy != EtagPolicy::kCrc64) {
    return MakeError(
        ErrorCode::kInvalidArgument,
        absl::StrCat("etag_policy has no value ", static_cast<int>(options.etag_policy)));
  }
  CLOUDLET_RETURN_IF_ERROR(CheckRegion(options.region));
  return CheckBucketAcl(options.acl);
}

}  // namespace

absl::Status BucketTable::Load() {
  const auto it = kv_->NewIterator(kBuckets, {});
  base::WriterLock lock(&mu_);
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    CLOUDLET_ASSIGN_OR_RETURN(BucketPtr bucket, FromRow(it->key(), it->value()));
    by_name_.emplace(bucket->info.name, std::move(bucket));
  }
  return it->status();
}

absl::StatusOr<BucketPtr> BucketTable::Find(std::string_view name) const {
  {
    // Readers only: lookups of many threads do not wait for one another.
    base::ReaderLock lock(&mu_);
    const auto found = by_name_.find(name);
    if (found != by_name_.end()) return found->second;
  }
  CLOUDLET_RETURN_IF_ERROR(CheckBucketName(name));
  return MakeError(ErrorCode::kNoSuchBucket,
                   "the bucket does not exist (create it with Cloud::CreateBucket)");
}

std::vector<BucketPtr> BucketTable::All() const {
  base::ReaderLock lock(&mu_);
  std::vector<BucketPtr> all;
  all.reserve(by_name_.size());
  for (const auto& [name, bucket] : by_name_) all.push_back(bucket);
  return all;
}

absl::Status BucketTable::Create(std::string_view name, const BucketOptions& options,
                                 std::string_view owner, int64_t now_ms, const Limits& limits) {
  CLOUDLET_RETURN_IF_ERROR(CheckBucketName(name));
  CLOUDLET_RETURN_IF_ERROR(CheckOptions(options));
  base::MutexLock changing(&changing_);
  {
    base::ReaderLock lock(&mu_);
    const auto found = by_name_.find(name);
    if (found != by_name_.end()) {
      return MakeError(found->second->owner == owner ? ErrorCode::kBucketAlreadyOwnedByYou
                                                     : ErrorCode::kBucketAlreadyExists);
    }
    if (by_name_.size() >= limits.max_buckets) {
      return MakeError(ErrorCode::kTooManyBuckets,
                       absl::StrCat("the store has ", by_name_.size(), " buckets, the limit"));
    }
  }
  rows::BucketRow row;
  CLOUDLET_ASSIGN_OR_RETURN(const uint64_t id, sequencer_->NextBucketId());
  row.set_id(id);
  row.set_created_ms(now_ms);
  row.set_owner(std::string(owner));
  row.set_etag_policy(static_cast<uint32_t>(options.etag_policy));
  row.set_retain_events(options.retain_events);
  row.set_canned_acl(static_cast<uint32_t>(options.acl));
  row.set_region(options.region);
  const std::string bytes = row.SerializeAsString();
  const auto batch = kv_->NewBatch();
  batch->Put(kBuckets, name, bytes);
  CLOUDLET_RETURN_IF_ERROR(kv_->Write(*batch, kv::Durability::kSync));
  CLOUDLET_ASSIGN_OR_RETURN(BucketPtr bucket, FromRow(name, bytes));
  base::WriterLock lock(&mu_);
  by_name_.emplace(std::string(name), std::move(bucket));
  return absl::OkStatus();
}

absl::StatusOr<bool> BucketTable::IsEmpty(uint64_t bucket_id) const {
  for (const kv::Family family : {kHeads, kVersions, kUploads}) {
    kv::IteratorOptions options;
    options.lower = HeadKey(bucket_id, "");
    options.upper = HeadKey(bucket_id + 1, "");
    const auto it = kv_->NewIterator(family, options);
    it->SeekToFirst();
    if (it->Valid()) return false;
    CLOUDLET_RETURN_IF_ERROR(it->status());
  }
  return true;
}

absl::StatusOr<BucketPtr> BucketTable::FindExisting(std::string_view name, const Caller& caller,
                                                    std::string_view store_owner) const {
  absl::StatusOr<BucketPtr> found = Find(name);
  // Find's own words advise to create it.
  if (IsNoSuchBucket(found.status())) {
    return MakeError(ErrorCode::kNoSuchBucket, "the bucket does not exist");
  }
  CLOUDLET_RETURN_IF_ERROR(found.status());
  CLOUDLET_RETURN_IF_ERROR(
      Authorize(caller, Permission::kOwn, {.owner = (*found)->owner}, store_owner));
  return found;
}

absl::Status BucketTable::SetVersioning(const BucketRequest& request, Versioning versioning,
                                        std::string_view store_owner) {
  if (versioning != Versioning::kEnabled && versioning != Versioning::kSuspended) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "versioning is enabled or suspended: it cannot be off again");
  }
  base::MutexLock changing(&changing_);
  CLOUDLET_ASSIGN_OR_RETURN(const BucketPtr bucket,
                            FindExisting(request.bucket, request.caller, store_owner));
  base::WriterLock gate(&bucket->gate);
  CLOUDLET_RETURN_IF_ERROR(NotRevoked(request.revoked));
  CLOUDLET_ASSIGN_OR_RETURN(rows::BucketRow row, LoadRow(*kv_, request.bucket));
  row.set_versioning(static_cast<uint32_t>(versioning));
  CLOUDLET_RETURN_IF_ERROR(StoreRow(*kv_, request.bucket, row));
  bucket->versioning = versioning;
  return absl::OkStatus();
}

absl::Status BucketTable::SetAcl(const BucketRequest& request, CannedAcl acl,
                                 std::string_view store_owner) {
  base::MutexLock changing(&changing_);
  CLOUDLET_ASSIGN_OR_RETURN(const BucketPtr bucket,
                            FindExisting(request.bucket, request.caller, store_owner));
  CLOUDLET_RETURN_IF_ERROR(CheckBucketAcl(acl));
  base::WriterLock gate(&bucket->gate);  // no commit goes on that the old one has let through
  CLOUDLET_RETURN_IF_ERROR(NotRevoked(request.revoked));
  CLOUDLET_ASSIGN_OR_RETURN(rows::BucketRow row, LoadRow(*kv_, request.bucket));
  row.set_canned_acl(static_cast<uint32_t>(acl));
  CLOUDLET_RETURN_IF_ERROR(StoreRow(*kv_, request.bucket, row));
  bucket->acl = acl;
  return absl::OkStatus();
}

absl::StatusOr<TagSet> BucketTable::Tags(std::string_view name, const Caller& caller,
                                         std::string_view store_owner) const {
  CLOUDLET_ASSIGN_OR_RETURN(const BucketPtr bucket, FindExisting(name, caller, store_owner));
  base::ReaderLock gate(&bucket->gate);  // no other bucket takes its name meanwhile
  if (bucket->deleted.load()) return MakeError(ErrorCode::kNoSuchBucket);
  CLOUDLET_ASSIGN_OR_RETURN(const rows::BucketRow row, LoadRow(*kv_, name));
  TagSet tags;
  tags.reserve(static_cast<size_t>(row.tags_size()));
  for (const rows::TagRow& tag : row.tags()) tags.push_back({tag.key(), tag.value()});
  return tags;
}

// Without the gate: no commit looks at them, and the bucket cannot be deleted meanwhile.
absl::Status BucketTable::SetTags(const BucketRequest& request, const TagSet& tags,
                                  std::string_view store_owner) {
  base::MutexLock changing(&changing_);
  CLOUDLET_RETURN_IF_ERROR(FindExisting(request.bucket, request.caller, store_owner).status());
  TagSet checked;
  CLOUDLET_RETURN_IF_ERROR(CheckTags(tags, kMaxBucketTags, &checked));
  CLOUDLET_RETURN_IF_ERROR(NotRevoked(request.revoked));
  CLOUDLET_ASSIGN_OR_RETURN(rows::BucketRow row, LoadRow(*kv_, request.bucket));
  row.clear_tags();
  for (const Tag& tag : checked) {
    rows::TagRow* const stored = row.add_tags();
    stored->set_key(tag.key);
    stored->set_value(tag.value);
  }
  return StoreRow(*kv_, request.bucket, row);
}

absl::Status BucketTable::Delete(std::string_view name, const Caller& caller,
                                 std::string_view store_owner) {
  base::MutexLock changing(&changing_);
  CLOUDLET_ASSIGN_OR_RETURN(const BucketPtr bucket, FindExisting(name, caller, store_owner));
  base::WriterLock gate(&bucket->gate);
  CLOUDLET_ASSIGN_OR_RETURN(const bool empty, IsEmpty(bucket->id));
  if (!empty) {
    return MakeError(ErrorCode::kBucketNotEmpty,
                     "the bucket still has objects, versions or open uploads (delete them first)");
  }
  const auto batch = kv_->NewBatch();
  batch->Delete(kBuckets, name);
  const std::string rules = RulePrefixOf(bucket->id);
  kv::IteratorOptions options;
  options.lower = rules;
  options.upper = base::PrefixEnd(rules);
  const auto it = kv_->NewIterator(kSystem, options);
  for (it->SeekToFirst(); it->Valid(); it->Next()) batch->Delete(kSystem, it->key());
  CLOUDLET_RETURN_IF_ERROR(it->status());
  CLOUDLET_RETURN_IF_ERROR(kv_->Write(*batch, kv::Durability::kSync));
  bucket->deleted.store(true);
  base::WriterLock lock(&mu_);
  by_name_.erase(by_name_.find(name));
  return absl::OkStatus();
}

}  // namespace cloudlet::objstore
