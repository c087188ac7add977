// Bytes in gzip (RFC 1952) that depend on nothing but what went in: no time, no name, no system.
#ifndef CLOUDLET_EDGE_GZIP_H_
#define CLOUDLET_EDGE_GZIP_H_

#include <optional>

#include "absl/strings/cord.h"

namespace cloudlet::edge {

// nullopt: zlib has no memory.
std::optional<absl::Cord> Gzip(const absl::Cord& bytes);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_GZIP_H_
