// How a derived object is kept equal to what it is made from, however often and in whatever order
// events arrive.
//
// An event only says "look again": a function never uses what the event says about the object, only
// its key. It asks for the current state of the source and writes until the derived object says (in
// its metadata) that it was made from exactly that. README.md beside this file says why this is
// right under duplicates, concurrency and kills.
#ifndef EXAMPLES_STATIC_SITE_DERIVE_H_
#define EXAMPLES_STATIC_SITE_DERIVE_H_

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cloudlet/cloud.h"

namespace static_site {

// User metadata of a derived object: the identity of the source that it was made from.
inline constexpr char kMadeFrom[] = "made-from";

struct Derivation {
  std::string key;  // of the derived object
  // The identity of the source as it is now; empty when there is to be no derived object.
  std::function<absl::StatusOr<std::string>()> source;
  // Puts the derived object made from the source with that identity, with these options (conditions
  // and metadata are set; a content type may be added). It may answer PreconditionFailed or
  // NoSuchKey when the source has moved on.
  std::function<absl::Status(const std::string& identity, cloudlet::PutOptions options)> make;
};

// Returns OK once it has seen that the derived object is the one that belongs to the source.
absl::Status BringUpToDate(const cloudlet::Bucket& bucket, const Derivation& derivation);

// The same for an object derived from files/<path>, whose identity is its ETag.
struct FileDerivation {
  std::string path;
  std::string key;  // of the derived object
  // False: there is to be no derived object.
  std::function<bool(const cloudlet::ObjectInfo&)> is_wanted;
  std::function<absl::Status(cloudlet::ObjectReader&, const cloudlet::PutOptions&)> make;
};
absl::Status BringUpToDate(const cloudlet::Bucket& bucket, const FileDerivation& derivation);

// The first `limit` bytes of what the reader has, or all.
absl::StatusOr<std::string> ReadPrefix(cloudlet::ObjectReader& reader, size_t limit);

}  // namespace static_site

#endif  // EXAMPLES_STATIC_SITE_DERIVE_H_
