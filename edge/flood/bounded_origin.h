// An origin that is asked by so many at once, and no more.
//
// What finds no place is answered in its stead: 503 with Retry-After and Cache-Control: no-store,
// marked (result_type.h), so that it is never stored and is no failure of the origin.
#ifndef CLOUDLET_EDGE_FLOOD_BOUNDED_ORIGIN_H_
#define CLOUDLET_EDGE_FLOOD_BOUNDED_ORIGIN_H_

#include <functional>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "cloudlet/edge.h"
#include "cloudlet/edge_origin.h"
#include "edge/flood/fetch_places.h"

namespace cloudlet::edge {

// Thread-safe. Half of the time until the deadline may be spent waiting. A place is taken until the
// answer is whole, or nobody wants what is left of it. Who holds a place on this thread (an origin
// that asks a distribution) does not wait for another one.
class BoundedOrigin final : public Origin {
 public:
  BoundedOrigin(std::shared_ptr<Origin> origin, std::shared_ptr<FetchPlaces> places,
                std::function<absl::Time()> now);

  OriginResult Fetch(const HttpRequest& request, absl::Time deadline,
                     const InterimSink& interim) override;
  OriginStream Open(const HttpRequest& request, absl::Time deadline,
                    const InterimSink& interim) override;
  std::vector<OriginBucket> buckets() const override { return origin_->buckets(); }

 private:
  class Place;

  absl::Time LongestWait(absl::Time deadline) const;
  HttpResponse Shed(const HttpRequest& request) const;

  const std::shared_ptr<Origin> origin_;
  const std::shared_ptr<FetchPlaces> places_;
  const std::function<absl::Time()> now_;
};

// The places of each origin, in their order; null for one that is not bounded.
std::vector<std::shared_ptr<FetchPlaces>> PlacesOf(const std::vector<DistributionOrigin>& origins,
                                                   const std::function<absl::Time()>& now);

// `options` with its origins bounded by `places`.
DistributionOptions Bounded(DistributionOptions options,
                            const std::vector<std::shared_ptr<FetchPlaces>>& places,
                            const std::function<absl::Time()>& now);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_FLOOD_BOUNDED_ORIGIN_H_
