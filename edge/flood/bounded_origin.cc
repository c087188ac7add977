// Whole answers give their place back on return, streams with their body.
#include "edge/flood/bounded_origin.h"

#include <string>
#include <utility>
#include <variant>

#include "absl/strings/cord.h"
#include "edge/date.h"
#include "edge/result_type.h"

namespace cloudlet::edge {
namespace {

// How many places, of any origin, this thread is in the middle of using.
thread_local int using_places = 0;

class Using {
 public:
  Using() { ++using_places; }
  ~Using() { --using_places; }
  Using(const Using&) = delete;
  Using& operator=(const Using&) = delete;
};

}  // namespace

class BoundedOrigin::Place {
 public:
  // Null: there was none.
  static std::unique_ptr<Place> Take(std::shared_ptr<FetchPlaces> places, absl::Time until) {
    const bool taken = using_places > 0 ? places->TakeAtOnce() : places->Take(until);
    return taken ? std::unique_ptr<Place>(new Place(std::move(places))) : nullptr;
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() { places_->Return(); }

  // A body that has its place until it goes.
  static std::unique_ptr<HttpBody> Hold(std::unique_ptr<Place> place,
                                        std::unique_ptr<HttpBody> body);

 private:
  class Body;
  explicit Place(std::shared_ptr<FetchPlaces> places) : places_(std::move(places)) {}

  const std::shared_ptr<FetchPlaces> places_;
};

class BoundedOrigin::Place::Body final : public HttpBody {
 public:
  Body(std::unique_ptr<Place> place, std::unique_ptr<HttpBody> body)
      : place_(std::move(place)), body_(std::move(body)) {}

  absl::StatusOr<absl::Cord> Next() override {
    const Using here;
    absl::StatusOr<absl::Cord> next = body_->Next();
    if (!next.ok() || next->empty()) place_.reset();
    return next;
  }

 private:
  std::unique_ptr<Place> place_;  // goes after the body
  const std::unique_ptr<HttpBody> body_;
};

std::unique_ptr<HttpBody> BoundedOrigin::Place::Hold(std::unique_ptr<Place> place,
                                                     std::unique_ptr<HttpBody> body) {
  return std::make_unique<Body>(std::move(place), std::move(body));
}

BoundedOrigin::BoundedOrigin(std::shared_ptr<Origin> origin, std::shared_ptr<FetchPlaces> places,
                             std::function<absl::Time()> now)
    : origin_(std::move(origin)), places_(std::move(places)), now_(std::move(now)) {}

// The other half is the origin's: one that is asked at the last moment only seems to be slow.
absl::Time BoundedOrigin::LongestWait(absl::Time deadline) const {
  const absl::Time now = now_();
  return now + (deadline - now) / 2;
}

HttpResponse BoundedOrigin::Shed(const HttpRequest& request) const {
  const std::string body = "503 Service Unavailable: the origin has no place free\n";
  HttpResponse response;
  response.status = 503;
  response.reason = "Service Unavailable";
  response.headers = {{"Date", FormatDate(now_())},
                      {"Content-Type", "text/plain"},
                      {"Content-Length", std::to_string(body.size())},
                      {"Cache-Control", "no-store"},
                      {"Retry-After", "1"},
                      {kResultTypeHeader, kCapacityExceeded}};
  if (request.method != "HEAD") response.body = absl::Cord(body);
  return response;
}

OriginResult BoundedOrigin::Fetch(const HttpRequest& request, absl::Time deadline,
                                  const InterimSink& interim) {
  const std::unique_ptr<Place> place = Place::Take(places_, LongestWait(deadline));
  if (place == nullptr) return Shed(request);
  const Using here;
  return origin_->Fetch(request, deadline, interim);
}

OriginStream BoundedOrigin::Open(const HttpRequest& request, absl::Time deadline,
                                 const InterimSink& interim) {
  std::unique_ptr<Place> place = Place::Take(places_, LongestWait(deadline));
  if (place == nullptr) return HttpStream{Shed(request), nullptr};
  const Using here;
  OriginStream result = origin_->Open(request, deadline, interim);
  auto* const stream = std::get_if<HttpStream>(&result);
  if (stream != nullptr && stream->body != nullptr) {
    stream->body = Place::Hold(std::move(place), std::move(stream->body));
  }
  return result;
}

std::vector<std::shared_ptr<FetchPlaces>> PlacesOf(const std::vector<DistributionOrigin>& origins,
                                                   const std::function<absl::Time()>& now) {
  std::vector<std::shared_ptr<FetchPlaces>> places;
  for (const DistributionOrigin& origin : origins) {
    places.push_back(
        origin.max_concurrent_fetches == 0
            ? nullptr
            : std::make_shared<FetchPlaces>(origin.max_concurrent_fetches, origin.max_queued, now));
  }
  return places;
}

DistributionOptions Bounded(DistributionOptions options,
                            const std::vector<std::shared_ptr<FetchPlaces>>& places,
                            const std::function<absl::Time()>& now) {
  for (size_t i = 0; i < places.size(); ++i) {
    std::shared_ptr<Origin>& origin = options.origins[i].origin;
    if (places[i] == nullptr) continue;
    origin = std::make_shared<BoundedOrigin>(std::move(origin), places[i], now);
  }
  return options;
}

}  // namespace cloudlet::edge
