// StagedWrites: what a transaction has written and read so far, as a value. Of each key it holds
// what the transaction leaves there, so a key changes once when it commits; of what was read, the
// version that was seen.
//
// Pure bookkeeping. Thread-compatible.
#ifndef CLOUDLET_OBJSTORE_STAGED_WRITES_H_
#define CLOUDLET_OBJSTORE_STAGED_WRITES_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "cloudlet/listing.h"
#include "cloudlet/object.h"
#include "cloudlet/tags.h"
#include "objstore/records.h"
#include "objstore/store.h"

namespace cloudlet::objstore {

// What a transaction may hold.
inline constexpr size_t kMaxStagedMutations = 1'000;
inline constexpr size_t kMaxStagedBytes = size_t{64} << 20;  // of bodies, keys and metadata
inline constexpr size_t kMaxStagedReads = 10'000;            // keys

// What a transaction leaves of a key.
struct StagedObject {
  enum class Kind {
    kPut,      // an object
    kDeleted,  // none
    kTags,     // the object as it is, with these tags
  };
  Kind kind = Kind::kPut;
  // Of kPut. The head is as the store will write it, but for location and number.
  Head head = {};
  absl::Cord body = {};
  PutOptions options = {};     // to be put with: no conditions, and the tags that it has now
  bool delete_marker = false;  // of kDeleted: the bucket has versioning
  // Of kTags, in the order of their keys.
  TagSet tags = {};
  bool tags_deleted = false;  // by a delete of tags

  // What it counts for, of kMaxStagedBytes.
  size_t bytes() const;
};

// The version of an object that was read.
struct StagedRead {
  uint64_t sequence = 0;            // 0: there was none
  std::optional<TagSet> tags = {};  // where these were read
  bool unsure = false;              // it changed while it was looked at
};

class StagedWrites {
 public:
  // Null: the transaction has not changed it.
  const StagedObject* Find(std::string_view bucket, std::string_view key) const;
  // RequestTooLargeException, naming the limit, unless `object` can be the next change of that key.
  absl::Status CheckRoom(std::string_view bucket, std::string_view key,
                         const StagedObject& object) const;
  // A change; `told` is the line that Lines gives of it. REQUIRES: CheckRoom is OK.
  void Set(std::string_view bucket, std::string_view key, StagedObject object, std::string told);

  // What a read of the store has seen of a key. ConditionalRequestConflict when an earlier one has
  // seen something else, RequestTooLargeException for too many keys.
  absl::Status Note(std::string_view bucket, std::string_view key, const StagedRead& read);

  // The objects of that bucket among those that are put or deleted or have other tags, as listings
  // show them, in the order of their keys; nullopt: deleted. Of keys that begin with `prefix`.
  using Listed = std::pair<std::string_view, std::optional<ListEntry>>;
  std::vector<Listed> ListOf(std::string_view bucket, std::string_view prefix) const;

  // To be committed all or nothing: what was read must be as it was, then the changes. They refer
  // to this value.
  std::vector<Mutation> Mutations() const;
  // One line for each change, in their order: "put <bucket>/<key> <size> <etag>".
  const std::vector<std::string>& Lines() const { return lines_; }
  bool has_conflict() const { return has_conflict_; }

 private:
  using Name = std::pair<std::string, std::string>;  // bucket, key

  std::map<Name, StagedObject> objects_;
  std::map<Name, StagedRead> reads_;
  std::vector<std::string> lines_;
  size_t bytes_ = 0;
  bool has_conflict_ = false;
};

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_STAGED_WRITES_H_
