// Paths: which behavior one belongs to, what an invalidation names, which object it is.
#ifndef CLOUDLET_EDGE_PATH_PATTERN_H_
#define CLOUDLET_EDGE_PATH_PATTERN_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace cloudlet::edge {

// '*' in `pattern` is any characters, also none and '/', '?' is exactly one; all others are
// themselves. Takes at most pattern x text steps.
bool MatchesWildcards(std::string_view pattern, std::string_view text);

// Whether a behavior with this pattern has `path`. A '/' that is missing at its beginning is meant.
bool MatchesPathPattern(std::string_view pattern, std::string_view path);

// INVALID_ARGUMENT unless `path` is one that can be invalidated: Distribution::Invalidate.
absl::Status CheckInvalidationPath(std::string_view path);

// `text` with its escapes undone; nullopt: one is malformed.
std::optional<std::string> Unescaped(std::string_view text);

// The key of the object that a request for `path` is for; nullopt: an escape is malformed.
std::optional<std::string> ObjectKeyOf(std::string_view origin_path, std::string_view path);
// The same into a string that there is already; false: malformed.
bool ReadObjectKey(std::string_view origin_path, std::string_view path, std::string* key);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_PATH_PATTERN_H_
