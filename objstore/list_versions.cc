// ListVersions: one page of all versions and delete markers of a bucket.
//
// Two walks through one snapshot, merged by key: `heads` gives the newest version where it is an
// object, `versions` the others, newest first. Common prefixes are found by seeking past them.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "objstore/access.h"
#include "objstore/keys.h"
#include "objstore/list_rules.h"
#include "objstore/records.h"
#include "objstore/verbs.h"
#include "objstore/versions.h"

namespace cloudlet::objstore {
namespace {

// What the rows of keys that begin with `prefix` begin with, in `versions`.
std::string VersionsBegin(uint64_t bucket_id, std::string_view prefix) {
  std::string begin = VersionPrefix(bucket_id);
  base::AppendOrderedPrefix(&begin, prefix);
  return begin;
}

class VersionWalk {
 public:
  VersionWalk(State& state, uint64_t bucket_id, const VersionPageOptions& options)
      : kv_(*state.kv),
        bucket_id_(bucket_id),
        prefix_(options.prefix),
        delimiter_(options.delimiter),
        snapshot_(kv_.TakeSnapshot()) {
    const std::string heads = HeadKey(bucket_id, prefix_);
    const std::string versions = VersionsBegin(bucket_id, prefix_);
    heads_ = Iterate(kHeads, heads,
                     prefix_.empty() ? HeadKey(bucket_id + 1, "") : base::PrefixEnd(heads));
    versions_ = Iterate(kVersions, versions,
                        prefix_.empty() ? VersionPrefix(bucket_id + 1) : base::PrefixEnd(versions));
  }

  absl::Status Start(const VersionPageOptions& options) {
    const std::string& key = options.key_marker;
    if (key.empty() || key < prefix_) {
      heads_->SeekToFirst();
      versions_->SeekToFirst();
    } else if (const std::string_view common = RolledUp(key); !common.empty()) {
      SkipPrefix(common);
    } else {
      heads_->Seek(HeadKey(bucket_id_, key) + '\0');
      if (options.version_id_marker.empty()) {
        versions_->Seek(base::PrefixEnd(VersionPrefix(bucket_id_, key)));
      } else {
        CLOUDLET_RETURN_IF_ERROR(SeekBehind(key, options.version_id_marker));
      }
    }
    return Settle();
  }

  bool Valid() const { return heads_->Valid() || versions_->Valid(); }
  absl::Status status() const {
    return heads_->status().ok() ? versions_->status() : heads_->status();
  }

  // The entry here, into a new `entry`; moves behind it.
  absl::Status Take(VersionEntry* entry) {
    const bool from_heads =
        heads_->Valid() && (!versions_->Valid() || KeyOfHead(heads_->key()) <= name_.key);
    const std::string_view key = from_heads ? KeyOfHead(heads_->key()) : name_.key;
    const std::string_view common_prefix = RolledUp(key);
    if (!common_prefix.empty()) {
      entry->key = common_prefix;
      entry->is_prefix = true;
      SkipPrefix(entry->key);
      return Settle();
    }
    entry->key = key;
    entry->is_latest = from_heads || key != key_of_last_;
    kv::Iterator& it = from_heads ? *heads_ : *versions_;
    if (const absl::Status decoded = DecodeVersionListing(it.value(), entry); !decoded.ok()) {
      return absl::Status(decoded.code(), absl::StrCat("key ", base::V(base::Quoted(key)), ": ",
                                                       decoded.message()));
    }
    key_of_last_ = entry->key;
    it.Next();
    return from_heads ? absl::OkStatus() : Settle();
  }

 private:
  std::unique_ptr<kv::Iterator> Iterate(kv::Family family, std::string lower, std::string upper) {
    kv::IteratorOptions options;
    options.lower = std::move(lower);
    options.upper = std::move(upper);
    options.snapshot = snapshot_.get();
    return kv_.NewIterator(family, options);
  }

  std::string_view RolledUp(std::string_view key) const {
    return CommonPrefixOf(key, prefix_, delimiter_);
  }

  void SkipPrefix(std::string_view common_prefix) {
    heads_->Seek(base::PrefixEnd(HeadKey(bucket_id_, common_prefix)));
    versions_->Seek(base::PrefixEnd(VersionsBegin(bucket_id_, common_prefix)));
  }

  // In `versions`, behind one version of `key`. A null version that is gone by now leaves no trace
  // of where it was: all that is left of the key comes then.
  absl::Status SeekBehind(const std::string& key, std::string_view version_id) {
    CLOUDLET_ASSIGN_OR_RETURN(const VersionRef ref, ParseVersionId(version_id));
    CLOUDLET_ASSIGN_OR_RETURN(const std::optional<VersionRow> row,
                              FindVersion(kv_, bucket_id_, key, ref, snapshot_.get()));
    key_of_last_ = key;
    if (row.has_value() || !ref.is_null) {
      const uint64_t number = row.has_value() ? row->head.number : ref.number;
      versions_->Seek(VersionKey(bucket_id_, key, number) + '\0');
      return absl::OkStatus();
    }
    versions_->Seek(VersionPrefix(bucket_id_, key));
    heads_->Seek(HeadKey(bucket_id_, key));
    key_of_last_.clear();
    return absl::OkStatus();
  }

  // Reads the name of the row in `versions`, past pointers to null versions.
  absl::Status Settle() {
    for (; versions_->Valid(); versions_->Next()) {
      std::optional<VersionName> name = ParseVersionKey(versions_->key());
      if (!name.has_value()) return absl::DataLossError("the key of a version does not parse");
      if (name->number == ~uint64_t{0}) continue;
      name_ = *std::move(name);
      break;
    }
    return absl::OkStatus();
  }

  kv::Kv& kv_;
  const uint64_t bucket_id_;
  const std::string prefix_;
  const std::string delimiter_;
  const std::shared_ptr<const kv::Snapshot> snapshot_;
  std::unique_ptr<kv::Iterator> heads_;
  std::unique_ptr<kv::Iterator> versions_;
  VersionName name_;         // of the row in `versions`, where there is one
  std::string key_of_last_;  // the key of the last version that was passed; empty: none
};

}  // namespace

absl::StatusOr<VersionPage> ListVersions(State& state, const Environment& environment,
                                         std::string_view bucket, const VersionPageOptions& options,
                                         const Caller& caller) {
  CLOUDLET_ASSIGN_OR_RETURN(const BucketPtr found, state.buckets.Find(bucket));
  CLOUDLET_RETURN_IF_ERROR(Authorize(caller, Permission::kList, *found, environment));
  if (options.key_marker.empty() && !options.version_id_marker.empty()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "A version-id marker cannot be specified without a key marker.");
  }
  if (!options.version_id_marker.empty()) {
    CLOUDLET_RETURN_IF_ERROR(ParseVersionId(options.version_id_marker).status());
  }
  CLOUDLET_RETURN_IF_ERROR(CheckEncodingType(options.encoding_type));
  const size_t most = std::min(options.max_keys, environment.limits.max_list_page);
  VersionPage page;
  page.owner = found->owner;
  if (most == 0) return page;

  VersionWalk walk(state, found->id, options);
  CLOUDLET_RETURN_IF_ERROR(walk.Start(options));
  while (page.entries.size() < most && walk.Valid()) {
    CLOUDLET_RETURN_IF_ERROR(walk.Take(&page.entries.emplace_back()));
  }
  CLOUDLET_RETURN_IF_ERROR(walk.status());
  page.is_truncated = walk.Valid();
  if (page.is_truncated) {
    page.next_key_marker = page.entries.back().key;
    page.next_version_id_marker = page.entries.back().version_id;
  }
  EncodeKeys(options.encoding_type, &page.entries, &page.next_key_marker);
  return page;
}

}  // namespace cloudlet::objstore
