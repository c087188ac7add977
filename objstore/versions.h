// The versions of one key, and how its rows move when another one becomes current.
//
//   heads      the newest version, where that is an object
//   versions   every other version, and every delete marker
//   pointer    the row at NullPointerKey: there exactly when the null version lies in `versions`
//
// So a get is one read, a listing of current objects meets nothing else, and without a row in
// `heads` the newest of `versions`, if any, is a delete marker. Rows move between the families byte
// for byte, and payloads are owned by commit number: a move touches neither payload nor reference.
// In a bucket without versioning there is nothing in `versions`, and what is in `heads` is the null
// version.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html
#ifndef CLOUDLET_OBJSTORE_VERSIONS_H_
#define CLOUDLET_OBJSTORE_VERSIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cloudlet/error.h"
#include "objstore/kv/kv.h"
#include "objstore/records.h"

namespace cloudlet::objstore {

// A version as a caller names it.
struct VersionRef {
  bool is_null = false;
  uint64_t number = 0;  // of its commit, where it is not the null version
};

inline bool IsNullVersion(const Head& head) { return (head.flags & kOwnVersionId) == 0; }
inline bool IsDeleteMarker(const Head& head) { return (head.flags & kDeleteMarker) != 0; }
inline bool IsVersion(const Head& head, const VersionRef& ref) {
  return ref.is_null ? IsNullVersion(head) : !IsNullVersion(head) && head.number == ref.number;
}

inline std::string VersionIdOf(const Head& head) { return VersionIdOf(head.flags, head.number); }
// InvalidArgument for what VersionIdOf never gives.
absl::StatusOr<VersionRef> ParseVersionId(std::string_view id);

// A row of `heads` or `versions`, its fixed part decoded.
struct VersionRow {
  Head head;
  kv::PinnedBytes bytes;
};

// The finders read through `snapshot`; null: as the store is now, for who holds the key's stripe.

// The row of that version of a key, delete markers too; nullopt when there is none.
absl::StatusOr<std::optional<VersionRow>> FindVersion(kv::Kv& kv, uint64_t bucket_id,
                                                      std::string_view key, const VersionRef& ref,
                                                      const kv::Snapshot* snapshot);

// The row of the object of that version; none: of the current one. NoSuchKey, NoSuchVersion;
// MethodNotAllowed where the version is a delete marker, `at_marker` where such a one is current,
// both telling the marker.
absl::StatusOr<VersionRow> FindObject(kv::Kv& kv, uint64_t bucket_id, std::string_view key,
                                      const std::optional<VersionRef>& version, ErrorCode at_marker,
                                      const kv::Snapshot* snapshot);

// The row that a copy is asked to be made of, a delete marker too; none: the current object.
// NoSuchKey, NoSuchVersion.
absl::StatusOr<VersionRow> FindSource(kv::Kv& kv, uint64_t bucket_id, std::string_view key,
                                      const std::optional<VersionRef>& version,
                                      const kv::Snapshot* snapshot);

// The rows of one key in `versions`: read from the store, changed in a batch. What the batch holds
// already is not seen, so one batch changes one key only once. Under the key's stripe; `kv`,
// `batch` (null where nothing is to change) and `key` must outlive it.
class NoncurrentRows {
 public:
  NoncurrentRows(kv::Kv* kv, kv::Batch* batch, uint64_t bucket_id, std::string_view key)
      : kv_(kv), batch_(batch), bucket_id_(bucket_id), key_(key) {}

  // The row of that version, if it lies here.
  absl::StatusOr<std::optional<VersionRow>> Find(const VersionRef& ref) const;
  // The two newest, fewer where there are fewer.
  struct Newest {
    std::optional<VersionRow> first;
    std::optional<VersionRow> second;
  };
  absl::StatusOr<Newest> FindNewest() const;

  // A row for a version that was current, or for a new delete marker.
  void Add(const Head& head, std::string_view row);
  void Remove(const Head& head);
  // Moves an object from here to `heads`.
  void MakeCurrent(const VersionRow& row);

 private:
  kv::Kv* const kv_;
  kv::Batch* const batch_;
  const uint64_t bucket_id_;
  const std::string_view key_;
};

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_VERSIONS_H_
