// How far the MANIFEST reaches: what of it is durable, for the marks to say, and whether it still
// is there.
//
// The MANIFEST is the list of the tables that make up the store. RocksDB takes the first record in
// it that is cut short, or zeros, for its end, and then deletes the tables that only the rest
// names. So the marks (rocks_kv_marks.h) tell how many of its bytes have been synced, and the CRC
// of these; whoever opens the store compares before RocksDB writes or deletes anything.
//
// RocksDB makes a new MANIFEST at each open, and when one has become large. It is whole when
// CURRENT comes to name it, so one with a higher number than the mark's needs no check.
//
// Threads: ManifestBook: any.
#ifndef CLOUDLET_OBJSTORE_KV_ROCKS_KV_MANIFEST_H_
#define CLOUDLET_OBJSTORE_KV_ROCKS_KV_MANIFEST_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "base/mutex.h"
#include "rocksdb/file_system.h"

namespace cloudlet::kv {

// The first `bytes` bytes of MANIFEST-`number` are durable and have this CRC-32C. Number 0: nothing
// is known.
struct ManifestMark {
  uint64_t number = 0;
  uint64_t bytes = 0;
  uint32_t crc = 0;
};
inline bool operator==(const ManifestMark& a, const ManifestMark& b) {
  return a.number == b.number && a.bytes == b.bytes && a.crc == b.crc;
}

// The number in the file name "MANIFEST-000005"; nullopt for other names.
std::optional<uint64_t> ManifestNumber(std::string_view name);

// DATA_LOSS, naming the file, unless the MANIFEST that CURRENT names is a later one than the mark's
// or has the bytes that the mark tells of. A CURRENT that names none is left to RocksDB.
absl::Status CheckManifest(rocksdb::FileSystem& fs, const std::string& directory,
                           const ManifestMark& mark);

// Keeps book of the manifests as RocksDB writes them.
class ManifestBook : public std::enable_shared_from_this<ManifestBook> {
 public:
  // `file` with what is appended to it and synced noted; it is new, empty, MANIFEST-`number`.
  std::unique_ptr<rocksdb::FSWritableFile> Watch(std::unique_ptr<rocksdb::FSWritableFile> file,
                                                 uint64_t number);
  // CURRENT durably names the manifest that was watched last.
  void Named();
  // What is durable of the manifest that CURRENT durably names.
  ManifestMark durable() const;

 private:
  friend class ManifestFile;
  void Synced(const ManifestMark& mark);

  mutable base::Mutex mutex_;
  ManifestMark latest_ ABSL_GUARDED_BY(mutex_);  // of the file that was watched last
  ManifestMark named_ ABSL_GUARDED_BY(mutex_);   // of the one that CURRENT names
};

}  // namespace cloudlet::kv

#endif  // CLOUDLET_OBJSTORE_KV_ROCKS_KV_MANIFEST_H_
