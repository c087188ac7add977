// The tags of a response, by which many of them can be purged at once.
//
// Surrogate-Key names them between spaces, as Fastly and Varnish have it; Cache-Groups as a list of
// strings, for the origin that sends it alone (RFC 9875).
//
// Pure.
#ifndef CLOUDLET_EDGE_TAGS_H_
#define CLOUDLET_EDGE_TAGS_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "cloudlet/edge_http.h"

namespace cloudlet::edge {

// A tag is kept as 64 bits of it: two that share them are purged together.
uint64_t TagOf(std::string_view name);
// What a group of Cache-Groups is besides, so that only its own origin can purge it.
uint64_t GroupTagOf(std::string_view authority, std::string_view name);

// Of responses with more tags than are kept. Every purge is one of it, too.
uint64_t OverflowTag();

// All tags of a response from `authority`, each once, ascending. At most 1,024: in place of the
// rest OverflowTag().
std::vector<uint64_t> TagsOf(std::string_view authority, const HttpHeaders& response);

// What the answer to an unsafe request wants purged: Cache-Group-Invalidation, RFC 9875 section 3.
std::vector<uint64_t> InvalidatedGroups(std::string_view authority, const HttpHeaders& response);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_TAGS_H_
