// List: one page of a bucket, in byte order, common prefixes found by seeking past them.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "objstore/access.h"
#include "objstore/keys.h"
#include "objstore/list_position.h"
#include "objstore/list_rules.h"
#include "objstore/records.h"
#include "objstore/verbs.h"

namespace cloudlet::objstore {
namespace {

// A common prefix may hold one key or a million: a few steps are cheaper than a seek, a seek than
// many.
constexpr int kStepsBeforeSeek = 3;

// Walks the heads of one bucket as listing entries.
class Walk {
 public:
  Walk(State& state, uint64_t bucket_id, const ListPageOptions& options)
      : bucket_id_(bucket_id),
        prefix_(options.prefix),
        delimiter_(options.delimiter),
        fetch_checksum_(options.fetch_checksum) {
    kv::IteratorOptions bounds;
    bounds.lower = HeadKey(bucket_id, prefix_);
    bounds.upper = prefix_.empty() ? HeadKey(bucket_id + 1, "") : base::PrefixEnd(bounds.lower);
    it_ = state.kv->NewIterator(kHeads, bounds);
  }

  void Start(const ListPosition& position) {
    if (position.kind == kAtFirst) {
      it_->SeekToFirst();
    } else if (position.kind == kAfterPrefix) {
      SkipPrefix(position.text);
    } else {
      it_->Seek(HeadKey(bucket_id_, position.text));
      if (it_->Valid() && KeyOfHead(it_->key()) == position.text) it_->Next();
    }
  }

  bool Valid() const { return !at_end_ && it_->Valid(); }
  absl::Status status() const { return it_->status(); }

  // The entry here, into a new `entry`; moves behind it.
  absl::Status Take(ListEntry* entry) {
    const std::string_view key = KeyOfHead(it_->key());
    const std::string_view common = CommonPrefixOf(key, prefix_, delimiter_);
    if (!common.empty()) {
      entry->key = common;
      entry->is_prefix = true;
      SkipPrefix(entry->key);
      return absl::OkStatus();
    }
    entry->key = key;
    if (const absl::Status decoded = Decode(entry); !decoded.ok()) {
      return absl::Status(decoded.code(),
                          absl::StrCat("key ", V(base::Quoted(key)), ": ", decoded.message()));
    }
    it_->Next();
    return absl::OkStatus();
  }

 private:
  absl::Status Decode(ListEntry* entry) const {
    if (!fetch_checksum_) return DecodeListing(it_->value(), entry);
    CLOUDLET_RETURN_IF_ERROR(DecodeListing(it_->value(), entry));
    const absl::StatusOr<DecodedHead> decoded = DecodeHead(it_->value());
    if (!decoded.ok()) return decoded.status();
    const Checksum checksum = ShownChecksum(decoded->head);
    entry->checksum_algorithm = checksum.algorithm;
    entry->checksum_type = checksum.type;
    return absl::OkStatus();
  }

  static absl::string_view V(std::string_view text) { return base::V(text); }

  void SkipPrefix(const std::string& common_prefix) {
    for (int step = 0; step < kStepsBeforeSeek && it_->Valid(); ++step) {
      if (KeyOfHead(it_->key()).substr(0, common_prefix.size()) != common_prefix) {
        if (KeyOfHead(it_->key()) > common_prefix) return;
        break;
      }
      it_->Next();
    }
    const std::string next = base::PrefixEnd(HeadKey(bucket_id_, common_prefix));
    if (next.empty()) {
      at_end_ = true;
    } else {
      it_->Seek(next);
    }
  }

  const uint64_t bucket_id_;
  const std::string prefix_;
  const std::string delimiter_;
  const bool fetch_checksum_;
  std::unique_ptr<kv::Iterator> it_;
  bool at_end_ = false;
};

}  // namespace

absl::StatusOr<ListPage> List(State& state, const Environment& environment, std::string_view bucket,
                              const ListPageOptions& options, const Caller& caller) {
  CLOUDLET_ASSIGN_OR_RETURN(const BucketPtr found, state.buckets.Find(bucket));
  CLOUDLET_RETURN_IF_ERROR(Authorize(caller, Permission::kList, *found, environment));
  CLOUDLET_RETURN_IF_ERROR(CheckListOptions(options));
  CLOUDLET_ASSIGN_OR_RETURN(const ListPosition start, StartOfList(options));
  const size_t most = std::min(options.max_keys, environment.limits.max_list_page);
  ListPage page;
  if (options.fetch_owner) page.owner = found->owner;
  if (most == 0) return page;

  Walk walk(state, found->id, options);
  walk.Start(start);
  while (page.entries.size() < most && walk.Valid()) {
    CLOUDLET_RETURN_IF_ERROR(walk.Take(&page.entries.emplace_back()));
  }
  CLOUDLET_RETURN_IF_ERROR(walk.status());
  page.is_truncated = walk.Valid();
  if (page.is_truncated) {
    const ListEntry& last = page.entries.back();
    page.next_continuation_token =
        EncodeListToken({last.is_prefix ? kAfterPrefix : kAfterKey, last.key});
    page.next_marker = last.key;
  }
  EncodeKeys(options.encoding_type, &page.entries, &page.next_marker);
  return page;
}

}  // namespace cloudlet::objstore
