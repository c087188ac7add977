// The caches of a distribution and how they stand behind each other: POPs, regional caches,
// shields.
//
// Thread-safe.
#ifndef CLOUDLET_EDGE_NETWORK_H_
#define CLOUDLET_EDGE_NETWORK_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "base/random.h"
#include "cloudlet/edge.h"
#include "edge/cache_node.h"

namespace cloudlet::edge {

// What viewers were answered at a POP.
struct ViewerCounters {
  std::atomic<uint64_t> requests{0};
  std::atomic<uint64_t> hits{0};
  std::atomic<uint64_t> refresh_hits{0};
  std::atomic<uint64_t> misses{0};
  std::atomic<uint64_t> errors{0};
  std::atomic<uint64_t> bytes_out{0};
};

// The nodes between a POP and an origin, the nearest to the POP first.
struct Chain {
  std::vector<std::shared_ptr<CacheNode>> nodes = {};
  std::vector<GeoPoint> points = {};
  bool shielded = false;  // the last one is the origin's shield
};

struct Place {
  std::string code = {};
  GeoPoint point = {};
  Tier tier = Tier::kEdge;
  std::shared_ptr<CacheNode> node;
  std::map<std::string, Chain, std::less<>> chains = {};  // of a POP, by the origin's id
  ViewerCounters viewers = {};

  // Empty: it asks the origin itself.
  const Chain& ChainTo(const Route& route) const;
};

class Network {
 public:
  // Of options that have been checked. `cloud` must outlive the last call.
  Network(Cloud& cloud, const DistributionOptions& options);

  Place& PopFor(const Viewer& viewer) const;

  // In all caches; the farthest from viewers first, so that none gets again what another still has.
  // How many were stored. Both empty and `prefix`: everything.
  uint64_t Invalidate(const std::string& url, bool prefix);
  // The same later, at each place at its own time up to `delay` after `now`.
  void InvalidateLater(const std::string& url, bool prefix, absl::Time now, absl::Duration delay);
  TagPurges& purges() { return context_->purges; }

  DistributionStats stats() const;
  std::vector<PopStats> pop_stats() const;

 private:
  Place* Add(const std::string& code, Tier tier, const CacheStoreOptions& store);
  Place* NearestRegional(const GeoPoint& point) const;

  const std::shared_ptr<NodeContext> context_;
  base::IdSource delays_;
  std::vector<std::unique_ptr<Place>> pops_;    // constant, at least one
  std::vector<std::unique_ptr<Place>> behind_;  // regional caches, then shields
  std::vector<EdgeLocation> locations_;         // of the POPs, in their order
  std::optional<EdgeRouter> router_;  // over `locations_`; none: there is nothing to choose
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_NETWORK_H_
