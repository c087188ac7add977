// See list_position.h.
#include "objstore/list_position.h"

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/crc.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "objstore/list_rules.h"

namespace cloudlet::objstore {
namespace {

absl::StatusOr<ListPosition> DecodeToken(std::string_view token) {
  const absl::Status bad = MakeError(ErrorCode::kInvalidArgument,
                                     "the continuation token is not one that a listing has given");
  const std::optional<std::string> bytes = base::Base64Decode(token);
  if (!bytes.has_value() || bytes->size() < 5) return bad;
  const std::string_view body = std::string_view(*bytes).substr(0, bytes->size() - 4);
  uint32_t crc = 0;
  base::ByteReader(std::string_view(*bytes).substr(body.size())).ReadU32(&crc);
  if (crc != base::Crc32c(body) || (body[0] != kAfterKey && body[0] != kAfterPrefix)) return bad;
  return ListPosition{body[0], std::string(body.substr(1))};
}

}  // namespace

std::string EncodeListToken(const ListPosition& position) {
  std::string token(1, position.kind);
  token += position.text;
  base::AppendU32(&token, base::Crc32c(token));
  return base::Base64Encode(token);
}

absl::Status CheckListOptions(const ListPageOptions& options) {
  if (!options.marker.empty() &&
      (!options.start_after.empty() || !options.continuation_token.empty())) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "a marker is given beside a start_after or a continuation token");
  }
  return CheckEncodingType(options.encoding_type);
}

// (No optional: GCC 12 sees uninitialized use in one at -O2.)
absl::StatusOr<ListPosition> StartOfList(const ListPageOptions& options) {
  ListPosition start;
  if (!options.continuation_token.empty()) {
    CLOUDLET_ASSIGN_OR_RETURN(start, DecodeToken(options.continuation_token));
  } else if (!options.start_after.empty()) {
    start = ListPosition{kAfterKey, options.start_after};
  } else if (!options.marker.empty()) {
    const std::string_view common =
        CommonPrefixOf(options.marker, options.prefix, options.delimiter);
    start = common.empty() ? ListPosition{kAfterKey, options.marker}
                           : ListPosition{kAfterPrefix, std::string(common)};
  }
  if (start.text < options.prefix) start = ListPosition{};
  return start;
}

}  // namespace cloudlet::objstore
