// Fetches under way: many requests of one key wait for one of them, and an invalidation reaches
// those that began before it.
//
//   Flights::Entered entered = flights.Enter(key, url, stamp, now);
//   if (entered.leads) { ...fetch...; flights.Publish(*entered.flight, [&] { ...store... });
//                        flights.Land(entered.flight, outcome); }
//                      or, with a body that is on its way: Announce first, Publish and Land at its
//                      end
//   else               { outcome = flights.Wait(*entered.flight); }
//
// Keys whose answers turned out to be for one viewer alone are remembered for a while: requests of
// them do not wait for each other (hit-for-pass).
//
// Thread-safe. Waits are in real time, as long as the leader takes.
#ifndef CLOUDLET_EDGE_FLIGHTS_H_
#define CLOUDLET_EDGE_FLIGHTS_H_

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "cloudlet/edge_origin.h"
#include "edge/coherence.h"
#include "edge/live_body.h"
#include "edge/stored.h"

namespace cloudlet::edge {

// What a fetch came to, for those who waited; neither: it was an answer for the leader alone.
struct FlightOutcome {
  std::shared_ptr<const StoredResponse> stored = nullptr;
  std::optional<OriginFailure> failure = {};
  // The body of `stored`, which has none then, while it is on its way.
  std::shared_ptr<LiveBody> live = nullptr;
  size_t hops = 0;  // Reply::hops, which who waited has waited for too
};

// Guarded by the table that made it, but for what is constant.
class Flight {
 public:
  Flight(std::string key, std::string url, Stamp stamp)
      : key_(std::move(key)), url_(std::move(url)), stamp_(std::move(stamp)) {}
  const Stamp& stamp() const { return stamp_; }

 private:
  friend class Flights;
  const std::string key_;  // empty: nobody waits for it
  const std::string url_;
  const Stamp stamp_;
  // Who must not wait for it; nobody once it is announced.
  std::thread::id leader_ = std::this_thread::get_id();
  bool doomed_ = false;  // an invalidation has come: what is fetched is for nobody who comes now
  bool known_ = false;   // there is an outcome, or the leader gave up
  std::optional<FlightOutcome> outcome_;  // nullopt: the leader gave up, somebody else is to lead
  // The outcome's, once announced. Weak: the body lives while it is read, and lands the flight.
  std::weak_ptr<LiveBody> live_;
  bool streams_ = false;
};

class Flights {
 public:
  struct Entered {
    std::shared_ptr<Flight> flight;
    bool leads = false;
  };

  // The flight of `key` that is under way with this stamp, or a new one that the caller leads, also
  // where the key is to be passed. nullopt: the caller itself leads it (an origin that asks the
  // distribution for what it is to answer).
  std::optional<Entered> Enter(std::string_view key, std::string_view url, const Stamp& stamp,
                               absl::Time now);
  // One that nobody waits for.
  std::shared_ptr<Flight> Alone(std::string_view url, const Stamp& stamp);

  // Waits until it is announced or lands. nullopt: without a result; enter again.
  std::optional<FlightOutcome> Wait(Flight& flight);

  // Calls `store` unless an invalidation has come since the flight began, in one step with that.
  // `store` must not call anything of the user's, nor this.
  template <typename Store>
  void Publish(const Flight& flight, const Store& store) {
    base::MutexLock lock(&mu_);
    if (!flight.doomed_) store();
  }
  // Gives `outcome` to all who wait or are still to come, until it lands.
  void Announce(const std::shared_ptr<Flight>& flight, FlightOutcome outcome);
  // Ends it and wakes who waits. Every flight of a leader must land, once.
  void Land(const std::shared_ptr<Flight>& flight, std::optional<FlightOutcome> outcome);

  // From the return on no flight of now whose url and NUL begin with `prefix` publishes anything,
  // but for `spared`.
  void Doom(std::string_view prefix, const Flight* spared = nullptr);

  // Whether requests of `key` are to wait for each other from now on.
  void Pass(std::string_view key, absl::Time until);
  void Collapse(std::string_view key);

 private:
  base::Mutex mu_;
  base::CondVar changed_;
  std::set<std::shared_ptr<Flight>> all_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, std::shared_ptr<Flight>, std::less<>> joinable_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, absl::Time, std::less<>> passed_ ABSL_GUARDED_BY(mu_);
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_FLIGHTS_H_
