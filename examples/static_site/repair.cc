// The way back when events were given up. It needs no knowledge of what was lost: each derivation
// compares first.
#include <set>

#include "examples/static_site/compress.h"
#include "examples/static_site/describe.h"
#include "examples/static_site/layout.h"
#include "examples/static_site/search_index.h"
#include "examples/static_site/site.h"
#include "examples/static_site/words.h"

namespace static_site {

absl::Status RepairSite(const cloudlet::Bucket& bucket) {
  std::set<std::string> paths;  // of files, and of what was once derived from files
  for (const absl::StatusOr<cloudlet::ListEntry>& entry : bucket.List()) {
    if (!entry.ok()) return entry.status();
    const std::string path = PathOfKey(entry->key);
    if (!path.empty()) paths.insert(path);
  }
  for (const std::string& path : paths) {
    for (const auto derive : {Compress, Describe, CollectWords}) {
      const absl::Status derived = derive(bucket, path);
      if (!derived.ok()) return derived;
    }
  }
  for (const std::string& shard : AllShards()) {
    const absl::Status built = BuildShard(bucket, shard);
    if (!built.ok()) return built;
  }
  return absl::OkStatus();
}

}  // namespace static_site
