// A cache of one process around the core, for tests: a map of stored responses by URL, an origin
// that is called, and a time that the caller moves. No sockets, no threads, no limit of size.
#ifndef CLOUDLET_EDGE_CONFORMANCE_VARIANT_CACHE_H_
#define CLOUDLET_EDGE_CONFORMANCE_VARIANT_CACHE_H_

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "cloudlet/edge_http.h"
#include "edge/absorb.h"
#include "edge/policy.h"
#include "edge/stored.h"

namespace cloudlet::edge {

class TestOrigin {
 public:
  virtual ~TestOrigin() = default;
  // What comes before the answer goes to `interim`, in order. May move the time.
  virtual std::variant<HttpResponse, OriginError> Fetch(const HttpRequest& request,
                                                        std::vector<HttpResponse>* interim) = 0;
};

class VariantCache {
 public:
  // `origin` and `now` must outlive the cache. Without a policy there is no cache: all goes
  // through.
  VariantCache(std::optional<Policy> policy, TestOrigin* origin, const absl::Time* now);

  struct Served {
    HttpResponse response = {};
    std::vector<HttpResponse> interim = {};
  };
  // What goes on behind the client's back (stale-while-revalidate) is done when this returns.
  Served Serve(const HttpRequest& request);

  // How many responses are stored for `url`.
  size_t CountOf(const HttpUrl& url) const;

 private:
  using Variants = std::vector<std::shared_ptr<const StoredResponse>>;

  Served PassThrough(const HttpRequest& request);
  Served Ask(const HttpRequest& request, const Forward& forward, const Variants& variants);
  void Apply(const HttpUrl& url, const Variants& planned_with, const Absorbed& absorbed);

  const bool caches_;
  const Policy policy_;
  TestOrigin* const origin_;
  const absl::Time* const now_;
  std::map<std::string, Variants> stored_;
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_CONFORMANCE_VARIANT_CACHE_H_
