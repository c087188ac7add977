// A page of a bucket as a transaction sees it: the store's own, without what is deleted and with
// what is put, in one order. Pages of the store are taken as they are needed.
#include <algorithm>
#include <optional>
#include <utility>

#include "base/status_macros.h"
#include "cloudlet/error.h"
#include "objstore/annotate.h"
#include "objstore/list_position.h"
#include "objstore/list_rules.h"
#include "objstore/staging_store.h"

namespace cloudlet::objstore {
namespace {

using Listed = StagedWrites::Listed;

bool BeginsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

// The store's entries, one after the other.
class InnerWalk {
 public:
  InnerWalk(ObjectStore* inner, std::string_view bucket, ListPageOptions options,
            const Caller& caller)
      : inner_(inner), bucket_(bucket), options_(std::move(options)), caller_(caller) {}

  // Null: the end.
  absl::StatusOr<const ListEntry*> Peek() {
    while (at_ == page_.entries.size()) {
      if (ended_) return nullptr;
      CLOUDLET_ASSIGN_OR_RETURN(page_, inner_->List(bucket_, options_, caller_));
      if (owner.empty()) owner = page_.owner;
      at_ = 0;
      ended_ = !page_.is_truncated;
      options_.start_after.clear();
      options_.marker.clear();
      options_.continuation_token = page_.next_continuation_token;
    }
    return &page_.entries[at_];
  }
  void Next() { ++at_; }

  std::string owner;  // once there was a page

 private:
  ObjectStore* const inner_;
  const std::string_view bucket_;
  ListPageOptions options_;
  const Caller& caller_;
  ListPage page_;
  size_t at_ = 0;
  bool ended_ = false;
};

// The staged objects, rolled up as the page wants it.
class StagedWalk {
 public:
  StagedWalk(const std::vector<Listed>& staged, const ListPageOptions& options,
             const ListPosition& start)
      : staged_(staged), options_(options), start_(start) {
    Settle();
  }

  bool Valid() const { return at_ < staged_.size(); }
  // The key here, or the common prefix that it is rolled up into.
  std::string_view name() const {
    const std::string_view common = Common();
    return common.empty() ? staged_[at_].first : common;
  }
  ListEntry Entry() const {
    if (Common().empty()) {
      ListEntry entry = *staged_[at_].second;
      if (!options_.fetch_checksum) {
        entry.checksum_algorithm.reset();
        entry.checksum_type.reset();
      }
      return entry;
    }
    ListEntry entry;
    entry.key = Common();
    entry.is_prefix = true;
    return entry;
  }
  void Next() {
    const std::string passed(Common());
    do {
      ++at_;
    } while (!passed.empty() && at_ < staged_.size() && BeginsWith(staged_[at_].first, passed));
    Settle();
  }

 private:
  std::string_view Common() const {
    return CommonPrefixOf(staged_[at_].first, options_.prefix, options_.delimiter);
  }
  bool IsAfterStart(std::string_view key) const {
    if (start_.kind == kAtFirst) return true;
    if (start_.kind == kAfterPrefix && BeginsWith(key, start_.text)) return false;
    return key > start_.text;
  }
  // To the next one that is put and lies behind the start.
  void Settle() {
    while (at_ < staged_.size() &&
           (!staged_[at_].second.has_value() || !IsAfterStart(staged_[at_].first))) {
      ++at_;
    }
  }

  const std::vector<Listed>& staged_;
  const ListPageOptions& options_;
  const ListPosition& start_;
  size_t at_ = 0;
};

const Listed* FindListed(const std::vector<Listed>& staged, std::string_view key) {
  const auto found =
      std::lower_bound(staged.begin(), staged.end(), key,
                       [](const Listed& one, std::string_view k) { return one.first < k; });
  return found != staged.end() && found->first == key ? &*found : nullptr;
}

bool AnyUnder(const std::vector<Listed>& staged, std::string_view prefix) {
  return std::any_of(staged.begin(), staged.end(),
                     [prefix](const Listed& one) { return BeginsWith(one.first, prefix); });
}

}  // namespace

absl::StatusOr<ListPage> StagingStore::List(std::string_view bucket, const ListPageOptions& options,
                                            const Caller& caller) {
  std::vector<Listed> staged;
  {
    base::MutexLock lock(&mu_);
    staged = writes_.ListOf(bucket, options.prefix);  // keys stay where they are
  }
  const size_t most = std::min(options.max_keys, options_.limits.max_list_page);
  if (staged.empty() || most == 0) return inner().List(bucket, options, caller);
  CLOUDLET_RETURN_IF_ERROR(Annotate(CheckListOptions(options), "list", bucket));
  absl::StatusOr<ListPosition> start = StartOfList(options);
  if (!start.ok()) return Annotate(start.status(), "list", bucket);

  ListPageOptions plain = options;
  plain.encoding_type = EncodingType::kNone;
  plain.max_keys = options_.limits.max_list_page;
  // Whether a common prefix of the store has a key that is not deleted here.
  const auto survives = [&](const std::string& prefix) -> absl::StatusOr<bool> {
    if (!AnyUnder(staged, prefix)) return true;
    ListPageOptions below;
    below.prefix = prefix;
    if (start->kind == kAfterKey) below.start_after = start->text;
    InnerWalk keys(&inner(), bucket, below, caller);
    for (;;) {
      CLOUDLET_ASSIGN_OR_RETURN(const ListEntry* const entry, keys.Peek());
      if (entry == nullptr) return false;
      if (FindListed(staged, entry->key) == nullptr) return true;
      keys.Next();
    }
  };

  ListPage page;
  InnerWalk theirs(&inner(), bucket, plain, caller);
  StagedWalk ours(staged, options, *start);
  while (page.entries.size() <= most) {
    CLOUDLET_ASSIGN_OR_RETURN(const ListEntry* const entry, theirs.Peek());
    if (entry != nullptr && (!ours.Valid() || entry->key <= ours.name())) {
      const bool same = ours.Valid() && entry->key == ours.name();
      bool shown = !same && FindListed(staged, entry->key) == nullptr;
      if (entry->is_prefix && !same) {
        CLOUDLET_ASSIGN_OR_RETURN(shown, survives(entry->key));
      }
      if (shown) page.entries.push_back(*entry);
      theirs.Next();
      continue;
    }
    if (!ours.Valid()) break;
    page.entries.push_back(ours.Entry());
    ours.Next();
  }
  page.is_truncated = page.entries.size() > most;
  if (page.is_truncated) {
    page.entries.pop_back();
    const ListEntry& last = page.entries.back();
    page.next_continuation_token =
        EncodeListToken({last.is_prefix ? kAfterPrefix : kAfterKey, last.key});
    page.next_marker = last.key;
  }
  page.owner = std::move(theirs.owner);
  EncodeKeys(options.encoding_type, &page.entries, &page.next_marker);
  return page;
}

}  // namespace cloudlet::objstore
