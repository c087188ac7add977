// One lock over all flights; nothing is fetched, and nothing of the user's called, under it.
#include "edge/flights.h"

#include <utility>

namespace cloudlet::edge {
namespace {

// Of keys to be passed; above, all are forgotten.
constexpr size_t kMaxPassed = 16'384;

}  // namespace

std::optional<Flights::Entered> Flights::Enter(std::string_view key, std::string_view url,
                                               const Stamp& stamp, absl::Time now) {
  base::MutexLock lock(&mu_);
  const auto passed = passed_.find(key);
  const bool pass = passed != passed_.end() && now < passed->second;
  if (passed != passed_.end() && !pass) passed_.erase(passed);
  if (!pass) {
    const auto found = joinable_.find(key);
    if (found != joinable_.end() && found->second->stamp_ == stamp) {
      if (found->second->leader_ == std::this_thread::get_id()) return std::nullopt;
      return Entered{found->second, false};
    }
  }
  auto flight =
      std::make_shared<Flight>(pass ? std::string() : std::string(key), std::string(url), stamp);
  all_.insert(flight);
  if (!pass) joinable_[std::string(key)] = flight;
  return Entered{std::move(flight), true};
}

std::shared_ptr<Flight> Flights::Alone(std::string_view url, const Stamp& stamp) {
  auto flight = std::make_shared<Flight>(std::string(), std::string(url), stamp);
  base::MutexLock lock(&mu_);
  all_.insert(flight);
  return flight;
}

std::optional<FlightOutcome> Flights::Wait(Flight& flight) {
  base::MutexLock lock(&mu_);
  while (!flight.known_) changed_.Wait(&mu_);
  if (!flight.streams_) return flight.outcome_;
  FlightOutcome outcome = *flight.outcome_;
  outcome.live = flight.live_.lock();
  if (outcome.live != nullptr) return outcome;
  // Its last reader has just given it up.
  const auto found = joinable_.find(flight.key_);
  if (found != joinable_.end() && found->second.get() == &flight) joinable_.erase(found);
  return std::nullopt;
}

void Flights::Announce(const std::shared_ptr<Flight>& flight, FlightOutcome outcome) {
  base::MutexLock lock(&mu_);
  flight->live_ = outcome.live;
  flight->streams_ = true;
  outcome.live = nullptr;
  flight->outcome_ = std::move(outcome);
  flight->known_ = true;
  flight->leader_ = std::thread::id();
  changed_.SignalAll();
}

void Flights::Land(const std::shared_ptr<Flight>& flight, std::optional<FlightOutcome> outcome) {
  std::optional<FlightOutcome> before;  // freed without the lock
  base::MutexLock lock(&mu_);
  before = std::exchange(flight->outcome_, std::move(outcome));
  flight->streams_ = false;
  flight->known_ = true;
  all_.erase(flight);
  const auto found = joinable_.find(flight->key_);
  if (found != joinable_.end() && found->second == flight) joinable_.erase(found);
  changed_.SignalAll();
}

void Flights::Doom(std::string_view prefix, const Flight* spared) {
  base::MutexLock lock(&mu_);
  for (const auto& flight : all_) {
    if (flight.get() == spared) continue;
    if ((flight->url_ + '\0').compare(0, prefix.size(), prefix) != 0) continue;
    flight->doomed_ = true;
    const auto found = joinable_.find(flight->key_);
    if (found != joinable_.end() && found->second == flight) joinable_.erase(found);
  }
}

void Flights::Pass(std::string_view key, absl::Time until) {
  base::MutexLock lock(&mu_);
  if (passed_.size() >= kMaxPassed) passed_.clear();
  passed_[std::string(key)] = until;
}

void Flights::Collapse(std::string_view key) {
  base::MutexLock lock(&mu_);
  const auto found = passed_.find(key);
  if (found != passed_.end()) passed_.erase(found);
}

}  // namespace cloudlet::edge
