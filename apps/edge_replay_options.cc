// See edge_replay_options.h.
#include "apps/edge_replay_options.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"

namespace cloudlet::apps {

const char kEdgeReplayHelp[] =
    R"(usage: edge_replay (--trace FILE | --seed N) [options]

Plays a trace of requests through the points of presence of a CDN and prints what each cache hit, what
came to the origin, how long viewers waited (modelled) and what it would cost at list prices.

  --trace FILE         lines of time,viewer,object,bytes[,ttl[,cacheable]], named so by the first one
                       (cloudlet/edge_trace.h)
  --seed N             make one: Zipf's law, lognormal sizes, viewers by population and time of day
  --requests N         of that (default 1000000)
  --objects N          of that (default 100000)
  --zipf X             of that: how uneven popularity is, 0 to 3 (default 0.9)

  --pops A,B,...       IATA codes (default IAD,FRA,NRT,GRU,BOM,LHR,LAX,SIN,SYD,JFK); or N, the first N
                       of these
  --price-class C      All, 200 or 100 (default All)
  --pop-bytes SIZE     of each point of presence (default 256M)
  --regional-bytes S   of each regional cache (default 0: there are none)
  --shield CODE        Origin Shield there, next to the origin at best (default none)
  --shield-bytes SIZE  (default 1G)
  --policy P           s3-fifo, lru, sieve or w-tinylfu (default s3-fifo)
  --ttl TIME           of what the trace gives none: 60s, 5m, 24h (default 24h)
  --origin LAT/LON     in degrees (default 38.94/-77.46, N. Virginia)
  --jitter-seed N      of latencies and new connections (default 1)

SIZE is a number of bytes, or of K, M, G, T: powers of 1,024. --pops (as numbers), --pop-bytes, --shield,
--policy and --ttl take several values with commas between them: each combination is one line.
)";

namespace {

using Texts = std::vector<std::string>;

absl::Status Wrong(const std::string& option, const std::string& why) {
  return absl::InvalidArgumentError(absl::StrCat(option, ": ", why));
}

absl::Status Wrong(const std::string& option, const std::string& value, const std::string& why) {
  return Wrong(option, absl::StrCat("\"", value, "\" ", why));
}

const Texts& DefaultPops() {
  static const Texts* const pops =
      new Texts{"IAD", "FRA", "NRT", "GRU", "BOM", "LHR", "LAX", "SIN", "SYD", "JFK"};
  return *pops;
}

std::optional<uint64_t> ToSize(std::string text) {
  const std::string units = "KMGT";
  int shift = 0;
  if (!text.empty()) {
    const size_t unit = units.find(text.back());
    if (unit != std::string::npos) {
      shift = 10 * (static_cast<int>(unit) + 1);
      text.pop_back();
    }
  }
  uint64_t value = 0;
  if (!absl::SimpleAtoi(text, &value) || value > (uint64_t{1} << 50) >> shift) return std::nullopt;
  return value << shift;
}

std::optional<EvictionPolicy> ToPolicy(const std::string& text) {
  const std::map<std::string, EvictionPolicy> policies = {{"s3-fifo", EvictionPolicy::kS3Fifo},
                                                          {"lru", EvictionPolicy::kLru},
                                                          {"sieve", EvictionPolicy::kSieve},
                                                          {"w-tinylfu", EvictionPolicy::kWTinyLfu}};
  const auto found = policies.find(text);
  return found == policies.end() ? std::nullopt : std::optional(found->second);
}

std::optional<absl::Duration> ToDuration(const std::string& text) {
  absl::Duration duration;
  if (!absl::ParseDuration(text, &duration) || duration < absl::ZeroDuration()) return std::nullopt;
  return duration;
}

std::optional<GeoPoint> ToPoint(const std::string& text) {
  const Texts parts = absl::StrSplit(text, '/');
  GeoPoint point;
  if (parts.size() != 2 || !absl::SimpleAtod(parts[0], &point.latitude) ||
      !absl::SimpleAtod(parts[1], &point.longitude)) {
    return std::nullopt;
  }
  return point;
}

bool IsNumber(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](unsigned char c) { return std::isdigit(c) != 0; });
}

using Apply = std::function<absl::Status(const std::string& name, const std::string& value)>;

template <typename Number>
Apply Into(Number* out, uint64_t most) {
  return [out, most](const std::string& name, const std::string& value) {
    uint64_t number = 0;
    if (!absl::SimpleAtoi(value, &number) || number > most) {
      return Wrong(name, value, absl::StrCat("is no whole number from 0 to ", most));
    }
    *out = static_cast<Number>(number);
    return absl::OkStatus();
  };
}

// One value, or several for the grid.
template <typename T, typename Convert>
Apply IntoAxis(T* one, std::vector<T>* several, Convert convert, const char* remedy) {
  return [=](const std::string& name, const std::string& value) {
    several->clear();
    for (const std::string& part : Texts(absl::StrSplit(value, ','))) {
      const std::optional<T> converted = convert(part);
      if (!converted) return Wrong(name, part, remedy);
      several->push_back(*converted);
    }
    *one = several->front();
    if (several->size() == 1) several->clear();
    return absl::OkStatus();
  };
}

template <typename T, typename Convert>
Apply IntoOne(T* out, Convert convert, const char* remedy) {
  return [=](const std::string& name, const std::string& value) {
    const std::optional<T> converted = convert(value);
    if (!converted) return Wrong(name, value, remedy);
    *out = *converted;
    return absl::OkStatus();
  };
}

absl::Status SetPops(const std::string& name, const std::string& value, EdgeReplayCommand* out) {
  const Texts parts = absl::StrSplit(value, ',');
  if (!std::all_of(parts.begin(), parts.end(), IsNumber)) {
    out->replay.pops = parts;
    return absl::OkStatus();
  }
  for (const std::string& part : parts) {
    size_t count = 0;
    if (!absl::SimpleAtoi(part, &count) || count < 1 || count > DefaultPops().size()) {
      return Wrong(name, part,
                   absl::StrCat("is no number from 1 to ", DefaultPops().size(),
                                "; name more of them by their codes"));
    }
    out->grid.pop_counts.push_back(count);
  }
  if (parts.size() == 1) {
    out->replay.pops.resize(out->grid.pop_counts.front());
    out->grid.pop_counts.clear();
  }
  return absl::OkStatus();
}

constexpr char kSizeRemedy[] = "is no size up to 2^50 bytes, as 65536, 64K or 256M";

std::map<std::string, Apply> OptionsInto(EdgeReplayCommand* out) {
  EdgeReplayOptions& replay = out->replay;
  EdgeReplayGrid& grid = out->grid;
  const auto any_text = [](const std::string& text) { return std::optional(text); };
  const auto price_class = [](const std::string& text) -> std::optional<PriceClass> {
    if (text == "All") return PriceClass::kAll;
    if (text == "200") return PriceClass::k200;
    return text == "100" ? std::optional(PriceClass::k100) : std::nullopt;
  };
  const auto number = [](const std::string& text) -> std::optional<double> {
    double value = 0;
    return absl::SimpleAtod(text, &value) ? std::optional(value) : std::nullopt;
  };
  const auto not_empty = [](const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
  };
  constexpr uint64_t kAny = UINT64_MAX;
  return {
      {"--trace", IntoOne(&out->trace_file, not_empty, "is no file name")},
      {"--seed", Into(&out->made.seed, kAny)},
      {"--requests", Into(&out->made.requests, 100'000'000)},
      {"--objects", Into(&out->made.objects, 10'000'000)},
      {"--zipf", IntoOne(&out->made.zipf, number, "is no number")},
      {"--pops", [out](const std::string& name,
                       const std::string& value) { return SetPops(name, value, out); }},
      {"--price-class", IntoOne(&replay.price_class, price_class, "is none of All, 200 and 100")},
      {"--pop-bytes", IntoAxis(&replay.pop_bytes, &grid.pop_bytes, ToSize, kSizeRemedy)},
      {"--regional-bytes", IntoOne(&replay.regional_bytes, ToSize, kSizeRemedy)},
      {"--shield", IntoAxis(&replay.shield, &grid.shields, any_text, "")},
      {"--shield-bytes", IntoOne(&replay.shield_bytes, ToSize, kSizeRemedy)},
      {"--policy", IntoAxis(&replay.policy, &grid.policies, ToPolicy,
                            "is none of s3-fifo, lru, sieve and w-tinylfu")},
      {"--ttl", IntoAxis(&replay.default_ttl, &grid.default_ttls, ToDuration,
                         "is no time, as 60s, 5m or 24h")},
      {"--origin", IntoOne(&replay.origin, ToPoint, "is not LATITUDE/LONGITUDE, as 52.52/13.4")},
      {"--jitter-seed", Into(&replay.latency.jitter_seed, kAny)},
  };
}

absl::Status CheckTogether(const std::set<std::string>& given) {
  const bool from_file = given.count("--trace") > 0;
  if (from_file == (given.count("--seed") > 0)) {
    return absl::InvalidArgumentError("give one of --trace FILE and --seed N");
  }
  for (const char* const of_made : {"--requests", "--objects", "--zipf"}) {
    if (from_file && given.count(of_made) > 0) {
      return Wrong(of_made, "it is for a trace that is made; give --seed N in place of --trace");
    }
  }
  if (given.count("--shield-bytes") > 0 && given.count("--shield") == 0) {
    return Wrong("--shield-bytes", "there is no shield; give --shield CODE");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<EdgeReplayCommand> ParseEdgeReplayCommand(
    const std::vector<std::string>& arguments) {
  EdgeReplayCommand out;
  out.replay.pops = DefaultPops();
  out.replay.prices = SampleEdgePrices();
  const std::map<std::string, Apply> options = OptionsInto(&out);
  std::set<std::string> given;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const size_t equals = arguments[i].find('=');
    const std::string name = arguments[i].substr(0, equals);
    const auto found = options.find(name);
    if (found == options.end()) return Wrong(name, "there is no such option");
    if (!given.insert(name).second) return Wrong(name, "it is there twice; give it once");
    if (equals == std::string::npos && i + 1 == arguments.size()) {
      return Wrong(name, "its value is missing");
    }
    const std::string value =
        equals != std::string::npos ? arguments[i].substr(equals + 1) : arguments[++i];
    if (absl::Status status = found->second(name, value); !status.ok()) return status;
  }
  if (absl::Status status = CheckTogether(given); !status.ok()) return status;
  const EdgeReplayGrid& grid = out.grid;
  out.is_grid = grid.pop_counts.size() + grid.pop_bytes.size() + grid.shields.size() +
                    grid.policies.size() + grid.default_ttls.size() >
                0;
  return out;
}

}  // namespace cloudlet::apps
