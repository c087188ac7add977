// Where a page of a listing begins: its continuation tokens, start_after and markers. Pure.
//
// A continuation token is base64 of: 'k' and the last key given, or 'p' and the last common prefix
// given; then the CRC32C of that as 4 little-endian bytes, so that a made-up token is refused and
// never skips anything silently.
#ifndef CLOUDLET_OBJSTORE_LIST_POSITION_H_
#define CLOUDLET_OBJSTORE_LIST_POSITION_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cloudlet/listing.h"

namespace cloudlet::objstore {

inline constexpr char kAtFirst = '\0';  // never in a token
inline constexpr char kAfterKey = 'k';
inline constexpr char kAfterPrefix = 'p';

struct ListPosition {
  char kind = kAtFirst;
  std::string text;
};

std::string EncodeListToken(const ListPosition& position);
// InvalidArgument: a marker beside a start_after or token; an encoding type that is none.
absl::Status CheckListOptions(const ListPageOptions& options);
// Where the page begins. InvalidArgument for a token that no listing has given.
absl::StatusOr<ListPosition> StartOfList(const ListPageOptions& options);

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_LIST_POSITION_H_
