// What of a viewer's request counts: the cache key, and what the origin is told.
//
// One filter makes both. What the origin sees of a viewer is what is in the key, what the origin
// request policy adds, and the fields that the cache itself answers for (conditions, ranges). So
// two requests with equal keys can differ, for the origin, only in what that policy lets through.
//
// Pure.
#ifndef CLOUDLET_EDGE_CACHE_KEY_H_
#define CLOUDLET_EDGE_CACHE_KEY_H_

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cloudlet/edge.h"

namespace cloudlet::edge {

struct CacheKey {
  // The URL, a NUL, and the rest; no two different requests have the same.
  std::string key = {};
  size_t url_size = 0;

  // Path, and "?" with the query strings that are in the key: what invalidations name.
  std::string_view url() const { return std::string_view(key).substr(0, url_size); }
};

CacheKey CacheKeyOf(const HttpRequest& request, const Viewer& viewer, const CachePolicy& policy);
// The same into a key that there is already: where that was as long before, nothing is allocated.
void WriteCacheKey(const HttpRequest& request, const Viewer& viewer, const CachePolicy& policy,
                   CacheKey* out);

// Keeps apart what a behavior answers under a path that is another's, which a function has put in
// place of the viewer's.
void AppendBehavior(std::string_view path_pattern, CacheKey* out);

// All keys that a URL can have where the key holds no headers, no cookies and no behavior.
std::vector<std::string> PlainKeysOf(std::string_view url);

// The `url` of a key for a URL that names no viewer.
std::string CacheUrlOf(std::string_view path, const std::optional<std::string>& query,
                       const CachePolicy& policy);

// The prefix of all keys of `url`.
std::string KeyPrefixOf(std::string_view url);

// The request as the origin is to see it, and the core with it.
HttpRequest RequestForOrigin(const HttpRequest& request, const Viewer& viewer,
                             const CacheBehavior& behavior, const DistributionOrigin& origin,
                             CacheProfile profile);

// Whether it has this header.
bool SelectsHeader(const NameSelection& selection, std::string_view name);

// Names that a cache policy's or origin request policy's headers cannot list: they are for one
// connection, or the cache itself answers for them, or there is a field of the policy for them.
bool IsReservedHeader(std::string_view name);

// Whether the policy says by itself what the origin gets of this header: Accept-Encoding.
bool IsNormalised(std::string_view name, const CachePolicy& policy);

// The parameters of `query` that are selected, in their order; nullopt: there is none.
std::optional<std::string> SelectQuery(const std::optional<std::string>& query,
                                       std::initializer_list<const NameSelection*> selections);

// The cookies of all Cookie lines that are selected, "a=1; b=2", in their order; empty: none.
std::string SelectCookies(const HttpHeaders& headers,
                          std::initializer_list<const NameSelection*> selections);

// Whether all cookies that the origin gets are in the key.
bool KeyHasAllCookies(const CacheBehavior& behavior);

// What is left of Accept-Encoding: "br,gzip", "br", "gzip" or "". Weight 0 is a refusal.
std::string_view NormalisedAcceptEncoding(const HttpHeaders& headers, const CachePolicy& policy);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_CACHE_KEY_H_
