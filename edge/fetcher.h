// A request through the cache: look up, plan, fetch once for many, absorb, store.
//
// The shell around plan.h and absorb.h. No lock is held while an origin, a sink or a background
// runner of the user's is called.
#ifndef CLOUDLET_EDGE_FETCHER_H_
#define CLOUDLET_EDGE_FETCHER_H_

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cloudlet/edge.h"
#include "edge/absorb.h"
#include "edge/cache_key.h"
#include "edge/coherence.h"
#include "edge/flights.h"
#include "edge/plan.h"
#include "edge/policy.h"
#include "edge/response_cache.h"

namespace cloudlet::edge {

// A behavior with all that it names.
struct Route {
  CacheBehavior behavior = {};
  DistributionOrigin origin = {};
  std::vector<OriginBucket> buckets = {};
  Policy policy = {};
  std::map<int, absl::Duration> error_ttls = {};  // where they are not the policy's

  bool caches() const { return behavior.cache.max_ttl > absl::ZeroDuration(); }
  Policy PolicyFor(int status) const;
};

// One request, as the origin is to see it.
struct Work {
  std::shared_ptr<const Route> route;
  CacheKey key;
  HttpRequest request;
};

struct Counters {
  std::atomic<uint64_t> collapsed{0};
  std::atomic<uint64_t> origin_fetches{0};
  std::atomic<uint64_t> origin_failures{0};
};

enum class Served { kHit, kRefreshHit, kMiss };

struct Reply {
  HttpResponse response = {};
  Served how = Served::kMiss;
};

class Fetcher : public std::enable_shared_from_this<Fetcher> {
 public:
  using Background = std::function<void(std::function<void()>)>;

  // `cloud` must outlive the last call.
  Fetcher(Cloud& cloud, const std::vector<OriginBucket>& watched,
          std::unique_ptr<ResponseCache> cache, Background background);

  // `work.request.time` is set here.
  Reply Serve(Work work, const InterimSink& interim);

  // What is stored under urls that begin with `url` (all of it, or up to its end), and what is
  // being fetched for them.
  size_t Invalidate(const std::string& url, bool prefix);
  void InvalidateAll();

  const Counters& counters() const { return counters_; }
  ResponseCache::Size size() const { return cache_->size(); }
  absl::Time Now() const { return cloud_.Now(); }

 private:
  using Set = std::shared_ptr<const CachedSet>;
  class Lead;
  struct Renewal;

  Set Find(const Work& work, const Stamp& stamp);
  Reply Fetch(const Work& work, const Forward& forward, const Set& set, const Stamp& stamp,
              const InterimSink& interim, bool* again);
  // The answer out of what another request has fetched; nullopt: it is not for this one.
  std::optional<Reply> FromOutcome(const Work& work, const Forward& forward, const Set& set,
                                   const FlightOutcome& outcome);
  Reply Ask(const Work& work, Forward forward, const Set& set, Lead* lead,
            const InterimSink& interim);
  void RenewBehind(const Work& work, const Forward& forward, const Set& set, const Stamp& stamp);
  OriginResult CallOrigin(const Work& work, const HttpRequest& request, const InterimSink& interim);
  std::shared_ptr<const StoredResponse> Apply(const Work& work, const Flight& flight,
                                              const Set& set, Absorbed* absorbed);
  // Whether requests of this key are to wait for each other, after an answer of this status.
  void Judge(const Work& work, int status, const StoredResponse* stored);

  Cloud& cloud_;
  Coherence coherence_;
  const std::unique_ptr<ResponseCache> cache_;
  Flights flights_;
  const Background background_;
  Counters counters_;
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_FETCHER_H_
