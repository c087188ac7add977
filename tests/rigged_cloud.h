// Clouds with something else in the place of the machine, and the rows of a closed store: for tests
// of what no host can bring about through the public API.
//
// Threads: free functions over values.
#ifndef CLOUDLET_TESTS_RIGGED_CLOUD_H_
#define CLOUDLET_TESTS_RIGGED_CLOUD_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cloud/access.h"
#include "cloudlet/cloud.h"
#include "objstore/kv/rocks_kv.h"

namespace cloudlet::testing {

struct Rig {
  std::shared_ptr<rocksdb::FileSystem> file_system;  // null: the machine's
  size_t write_buffer_bytes = 16 << 20;
  std::function<absl::Time()> now;  // for the durable mark; null: real time
  std::optional<int> workers;  // nullopt: as the options say; 0: none, functions run when driven
};

// As Cloud::Open, on what the rig has.
absl::StatusOr<Cloud> OpenRigged(const std::string& directory, const OpenOptions& options,
                                 const Rig& rig);

// The engine of a store that nobody has open, with the families of format 1.
absl::StatusOr<std::unique_ptr<kv::Kv>> OpenEngine(const std::string& directory);

}  // namespace cloudlet::testing

#endif  // CLOUDLET_TESTS_RIGGED_CLOUD_H_
