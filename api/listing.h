// Listing a bucket: a lazy range for loops, explicit pages for whoever speaks in pages.
//
//   for (const absl::StatusOr<ListEntry>& entry :
//        bucket.List({.prefix = "2026/", .delimiter = "/"})) {
//     if (!entry.ok()) return entry.status();
//     Show(entry->key, entry->is_prefix);
//   }
// Keys come in the order of their bytes. With a delimiter, keys that share the text up to its first
// occurrence after the prefix are rolled into one entry, found by a seek and not by a scan. A lazy
// listing reads page by page: what is written meanwhile behind its position is seen, what was there
// all the time appears exactly once.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
#ifndef CLOUDLET_API_LISTING_H_
#define CLOUDLET_API_LISTING_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cloudlet/checksum.h"

namespace cloudlet {

struct ListOptions {
  std::string prefix = {};       // only keys that begin with it
  std::string delimiter = {};    // one byte or several; empty: none
  std::string start_after = {};  // only keys after this one, in byte order
};

// How keys are written in a page. XML cannot carry every key: the wire asks for kUrl.
enum class EncodingType {
  kNone,  // as they are
  kUrl,   // by UrlEncodeKey
};

// The text percent-encoded as S3 does it in listings: letters, digits and "-_.*/" stand for
// themselves, all other bytes become %XX. (S3 writes a space as "+"; "%20" means the same to those
// who know that, and to others too.) What a page does not repeat, such as the prefix of the
// request, is to be encoded by this where it is shown.
std::string UrlEncodeKey(std::string_view text);

struct ListPageOptions {
  std::string prefix = {};
  std::string delimiter = {};
  // Ignored when a continuation token is given, as in S3. One inside a common prefix does not hide
  // that: it is shown where a later key has it.
  std::string start_after = {};
  // The next_continuation_token of the page before; made up ones: InvalidArgument.
  std::string continuation_token = {};
  // Entries, common prefixes included; cut to Limits::max_list_page; 0: an empty page.
  size_t max_keys = 1000;
  // Where S3's first ListObjects begins: after this key, and after all of a common prefix that it
  // is, or lies in. With a start_after or a token: InvalidArgument.
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html
  std::string marker = {};
  EncodingType encoding_type = EncodingType::kNone;  // of keys, common prefixes and the next_marker
  bool fetch_owner = false;                          // tell the owner
  // Extension: tell the algorithm and type of each object's checksum. S3 always does; here it is a
  // choice, as it takes a longer look at each object.
  bool fetch_checksum = false;
};

// An object, or a common prefix.
struct ListEntry {
  std::string key = {};    // the key, or the common prefix with its delimiter
  bool is_prefix = false;  // a common prefix: nothing below is set
  uint64_t size = 0;
  std::string etag = {};
  absl::Time last_modified = {};
  std::optional<ChecksumAlgorithm> checksum_algorithm = {};  // set when asked for
  std::optional<ChecksumType> checksum_type = {};            // likewise
};

struct ListPage {
  // In byte order, objects and common prefixes merged; S3's KeyCount is their number.
  std::vector<ListEntry> entries = {};
  bool is_truncated = false;                 // more follow
  std::string next_continuation_token = {};  // set when truncated
  // The key or common prefix that is last here, as the marker of the next page; set when truncated.
  // (S3 gives it only with a delimiter.)
  std::string next_marker = {};
  std::string owner = {};  // canonical user id of all objects' owner; set when asked for
};

struct VersionPageOptions {
  std::string prefix = {};
  std::string delimiter = {};
  // Only what comes after: after all versions of this key or, with a version id marker, after that
  // version of it. As next_* of the page before. One that is a common prefix, or lies in one: after
  // all of that.
  std::string key_marker = {};
  std::string version_id_marker = {};  // without a key marker: InvalidArgument
  // Entries, common prefixes included; cut to Limits::max_list_page; 0: an empty page.
  size_t max_keys = 1000;
  // Of keys, common prefixes and the next_key_marker.
  EncodingType encoding_type = EncodingType::kNone;
};

// A version, a delete marker, or a common prefix.
struct VersionEntry {
  std::string key = {};    // the key, or the common prefix with its delimiter
  bool is_prefix = false;  // a common prefix: nothing below is set
  bool is_delete_marker = false;
  bool is_latest = false;
  std::string version_id = {};  // "null" where it was written without versioning
  uint64_t size = 0;
  std::string etag = {};  // empty for a delete marker
  absl::Time last_modified = {};
};

struct VersionPage {
  std::vector<VersionEntry> entries = {};
  bool is_truncated = false;
  std::string next_key_marker = {};         // set when truncated
  std::string next_version_id_marker = {};  // set when truncated, unless a common prefix was last
  std::string owner = {};                   // canonical user id of all versions' owner
};

// A lazy listing: a single-pass range of StatusOr<ListEntry>. After an error one more Next() gives
// the end. Threads: one thread at a time; movable.
class ObjectListing {
 public:
  using PageSource = std::function<absl::StatusOr<ListPage>(const std::string& token)>;
  explicit ObjectListing(PageSource pages) : pages_(std::move(pages)) {}

  // The next entry, an error, or nullopt at the end.
  std::optional<absl::StatusOr<ListEntry>> Next() {
    while (position_ == page_.entries.size()) {
      if (ended_) return std::nullopt;
      absl::StatusOr<ListPage> page = pages_(page_.next_continuation_token);
      if (!page.ok()) {
        ended_ = true;
        page_.entries.clear();
        position_ = 0;
        return absl::StatusOr<ListEntry>(page.status());
      }
      page_ = *std::move(page);
      position_ = 0;
      ended_ = !page_.is_truncated;
    }
    return absl::StatusOr<ListEntry>(std::move(page_.entries[position_++]));
  }

  class iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = absl::StatusOr<ListEntry>;
    using difference_type = std::ptrdiff_t;
    using pointer = const value_type*;
    using reference = const value_type&;

    explicit iterator(ObjectListing* listing) : listing_(listing) { ++*this; }
    reference operator*() const { return *current_; }
    pointer operator->() const { return &*current_; }
    iterator& operator++() {
      if (listing_ != nullptr) current_ = listing_->Next();
      if (!current_.has_value()) listing_ = nullptr;
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator& a, const iterator& b) {
      return a.listing_ == b.listing_;
    }
    friend bool operator!=(const iterator& a, const iterator& b) { return !(a == b); }

   private:
    ObjectListing* listing_;
    std::optional<value_type> current_;
  };
  iterator begin() { return iterator(this); }
  iterator end() { return iterator(nullptr); }

 private:
  PageSource pages_;
  ListPage page_;
  size_t position_ = 0;
  bool ended_ = false;
};

}  // namespace cloudlet

#endif  // CLOUDLET_API_LISTING_H_
