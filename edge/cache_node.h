// One cache of the edge: a POP, a regional cache or an origin shield. A request through it: look
// up, plan, fetch once for many, absorb, store.
//
// The shell around plan.h and absorb.h. What it does not have it asks the next node for, which asks
// the one behind it, and the last one asks the origin. No lock is held while an origin, a sink or a
// background runner of the user's is called.
//
// Thread-safe.
#ifndef CLOUDLET_EDGE_CACHE_NODE_H_
#define CLOUDLET_EDGE_CACHE_NODE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "base/mutex.h"
#include "cloudlet/edge.h"
#include "edge/absorb.h"
#include "edge/cached_set.h"
#include "edge/coherence.h"
#include "edge/flights.h"
#include "edge/plan.h"
#include "edge/route.h"
#include "edge/tag_purges.h"

namespace cloudlet::edge {

// What all nodes of a distribution share.
struct NodeContext {
  using Background = std::function<void(std::function<void()>)>;

  // `of_cloud` must outlive the last call.
  NodeContext(Cloud& of_cloud, const std::vector<OriginBucket>& watched, bool keys_are_plain,
              Background in_background)
      : cloud(of_cloud),
        coherence(of_cloud, watched),
        plain_keys(keys_are_plain),
        background(std::move(in_background)) {}

  Cloud& cloud;
  Coherence coherence;
  TagPurges purges;
  const bool plain_keys;  // those that PlainKeysOf knows are all
  const Background background;
};

struct NodeCounters {
  std::atomic<uint64_t> collapsed{0};
  std::atomic<uint64_t> origin_fetches{0};
  std::atomic<uint64_t> origin_failures{0};
};

enum class Served { kHit, kRefreshHit, kMiss };

struct Reply {
  HttpStream answer = {};
  Served how = Served::kMiss;
  // How many nodes behind this one were asked for it, the origin counted as one.
  size_t hops = 0;
  bool direct = false;  // the caches behind the POP were passed by
};

// A flight that lands, whatever happens to its leader.
class Lead {
 public:
  Lead(Flights* flights, std::shared_ptr<Flight> flight)
      : flights_(flights), flight_(std::move(flight)) {}
  Lead(const Lead&) = delete;
  Lead& operator=(const Lead&) = delete;
  ~Lead() { Land(std::nullopt); }

  const Flight& flight() const { return *flight_; }
  void Announce(FlightOutcome outcome) { flights_->Announce(flight_, std::move(outcome)); }
  void Land(std::optional<FlightOutcome> outcome) {
    if (!std::exchange(landed_, true)) flights_->Land(flight_, std::move(outcome));
  }

 private:
  Flights* const flights_;
  const std::shared_ptr<Flight> flight_;
  bool landed_ = false;
};

class CacheNode : public std::enable_shared_from_this<CacheNode> {
 public:
  CacheNode(std::shared_ptr<NodeContext> context, Tier tier, const CacheStoreOptions& options)
      : context_(std::move(context)), tier_(tier), store_(options) {}

  // Nodes that are asked for what this one does not have, the nearest first; none: the origin is.
  using Above = absl::Span<const std::shared_ptr<CacheNode>>;

  // `work.request.time` is set here. `whole`: the answer has its body.
  Reply Serve(Work work, Above above, bool whole, const InterimSink& interim);

  // The fresh answer to a GET that asks for nothing but the whole of it, where there is one for all
  // who have this key. Allocates nothing. null: Serve knows.
  std::shared_ptr<const StoredResponse> Peek(const Route& route, const CacheKey& key,
                                             const HttpRequest& request, absl::Time now);

  // What is stored under urls that begin with `url` (or for this URL alone), and what is being
  // fetched for them, but by `spared`, whose answer brings the invalidation. How many were stored.
  size_t Invalidate(std::string_view url, bool prefix, const Flight* spared = nullptr);
  void InvalidateAll() { store_.EraseAll(); }
  // The same at the first request after `due`. An empty url with `prefix` is everything.
  void InvalidateLater(absl::Time due, std::string url, bool prefix);

  // What InvalidateLater has put off until now. Before each Peek; Serve does so itself. May free
  // memory of the user's, whose code may ask for something else.
  void CarryOutDue(absl::Time now) {
    if (HasDue(now)) CarryOut(now);
  }
  bool HasDue(absl::Time now) const {
    return absl::ToUnixNanos(now) >= next_due_ns_.load(std::memory_order_seq_cst);
  }

  const NodeCounters& counters() const { return counters_; }
  StoreStats store_stats() const { return store_.Stats(); }

 private:
  using Set = std::shared_ptr<const Available>;
  struct Renewal;
  // A request that the origin has to be asked for, and what it was planned with.
  struct Asking {
    Work work;
    Forward forward;
    Set set;
    std::shared_ptr<Lead> lead;
    Above above;
    bool whole = true;
  };

  void CarryOut(absl::Time now);
  absl::Time Now() const { return context_->cloud.Now(); }
  Stamp StampOf(const Route& route, std::string_view path) const;
  ResponseStore::Ref StoredFor(const Work& work, const Stamp& stamp) const;
  Set Find(const Work& work, const Stamp& stamp) const;
  std::shared_ptr<Lead> Alone(const Work& work, const Stamp& stamp);
  // nullopt: plan again, as the one that it waited for gave up, or there is something new in the
  // store (once: `looked_twice`).
  std::optional<Reply> Fetch(Asking asking, const Stamp& stamp, const InterimSink& interim,
                             bool* looked_twice);
  // The answer out of what another request has fetched; nullopt: it is not for this one.
  std::optional<Reply> FromOutcome(const Asking& asking, const Stamp& stamp,
                                   FlightOutcome outcome) const;
  Reply FromFailure(const Asking& asking, OriginFailure failure) const;

  // --- cache_node_fetch.cc ---
  Reply Ask(Asking asking, const InterimSink& interim);
  Reply Stream(Asking asking, HttpStream answer, absl::Time sent, size_t hops);
  // The end of a body that was streamed; `absorbed` is what its head came to.
  void Arrive(const Asking& asking, Absorbed* absorbed, absl::StatusOr<absl::Cord> body);
  void RenewBehind(Asking asking, const Stamp& stamp);
  OriginStream CallAbove(const Asking& asking, const InterimSink& interim, size_t* hops);
  OriginStream CallOrigin(const Asking& asking, const InterimSink& interim);
  std::shared_ptr<const StoredResponse> Apply(const Asking& asking, Absorbed* absorbed);
  // Whether requests of this key are to wait for each other, after an answer of this status.
  void Judge(const Work& work, int status, const StoredResponse* stored);

  const std::shared_ptr<NodeContext> context_;
  const Tier tier_;
  ResponseStore store_;
  Flights flights_;
  NodeCounters counters_;
  std::atomic<uint64_t> walks_{0};  // invalidations that have begun

  struct Later {
    std::string url;
    bool prefix = false;
  };
  base::Mutex later_mu_;
  std::multimap<absl::Time, std::shared_ptr<const Later>> later_ ABSL_GUARDED_BY(later_mu_);
  std::atomic<int64_t> next_due_ns_{INT64_MAX};
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_CACHE_NODE_H_
