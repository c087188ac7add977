// Two requests and the answers to them, with any headers, through plan and absorb: whatever comes
// in, what comes out keeps its promises.
//
// The input is lines: the status of both answers, then headers; ">" before one of the requests'.
#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "edge/absorb.h"
#include "edge/fuzz/fuzz.h"
#include "edge/lists.h"
#include "edge/plan.h"

namespace cloudlet::edge {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'893'456'000);

struct Input {
  HttpRequest request = {.url = {.authority = "d.example", .path = "/a"}};
  HttpResponse response = {};
};

Input Read(std::string_view text) {
  Input input;
  bool first = true;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (first) {
      const auto status = Digits(line, 999);
      input.response.status = static_cast<int>(std::max<int64_t>(status.value_or(200), 100));
      first = false;
      continue;
    }
    const bool of_request = !line.empty() && line[0] == '>';
    if (of_request) line.remove_prefix(1);
    const size_t colon = std::min(line.find(':'), line.size());
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = Trimmed(line.substr(std::min(colon + 1, line.size())));
    if (of_request && name == "METHOD") {
      input.request.method = std::string(value);
    } else {
      (of_request ? input.request.headers : input.response.headers).Add(name, value);
    }
  }
  input.response.body = absl::Cord("0123456789");
  return input;
}

void CheckAbsorbed(const Absorbed& absorbed, const Input& input, size_t candidates) {
  for (const size_t index : absorbed.drop) Require(index < candidates);
  if (absorbed.again) {
    Require(!absorbed.store && absorbed.again->nominated.empty() && !absorbed.again->fill);
    return;
  }
  Require(absorbed.response.status >= 100 && absorbed.response.status <= 999);
  if (!absorbed.store) return;
  const StoredResponse& stored = *absorbed.store;
  Require(stored.response.status >= 200 && stored.response.status != 206 &&
          stored.response.status != 304);
  Require(stored.response.headers.Find("Connection") == nullptr);
  Require(stored.response.headers.Find("Date") != nullptr);
  Require(!stored.part || stored.part->span.length == stored.response.body.size());
  Require(stored.facts.lifetime >= absl::ZeroDuration());
  Require(input.request.method != "HEAD" || candidates > 0);
}

// What is in the store after the exchange.
using Store = std::vector<std::shared_ptr<const StoredResponse>>;

void RunExchange(const Input& input, absl::Time now, const Policy& policy, Store* store) {
  std::vector<const StoredResponse*> candidates;
  for (const auto& one : *store) candidates.push_back(one.get());
  const Plan plan = MakePlan(input.request, candidates, now, policy);
  Forward forward;
  if (const auto* const hit = std::get_if<Hit>(&plan)) {
    const HttpResponse answer =
        AnswerHit(input.request, *candidates[hit->stored], hit->answer, now, policy);
    Require(answer.headers.Count("Age") == 1 && answer.headers.Find("Cache-Status") != nullptr);
    return;
  }
  if (std::holds_alternative<Synthesized>(plan)) return;
  if (const auto* const fetch = std::get_if<Fetch>(&plan)) forward = fetch->forward;
  if (const auto* const ask = std::get_if<Revalidate>(&plan)) forward = ask->forward;
  if (const auto* const stale = std::get_if<HitStale>(&plan)) {
    if (!stale->revalidation) return;
    forward = *stale->revalidation;
  }
  const Exchange exchange = {input.request, forward, candidates, now, now + absl::Milliseconds(1)};
  CheckAbsorbed(AbsorbFailure(exchange, OriginError::kTimeout, policy), input, candidates.size());
  const Absorbed absorbed = Absorb(exchange, input.response, policy);
  CheckAbsorbed(absorbed, input, candidates.size());
  Store left;
  for (size_t i = 0; i < store->size(); ++i) {
    const auto& drop = absorbed.drop;
    if (std::find(drop.begin(), drop.end(), i) == drop.end()) left.push_back((*store)[i]);
  }
  if (absorbed.store) left.push_back(std::make_shared<const StoredResponse>(*absorbed.store));
  *store = std::move(left);
}

}  // namespace

const std::vector<std::string>& FuzzSeeds() {
  static const std::vector<std::string> singles = {
      "200\nCache-Control: max-age=60\nETag: \"a\"\nVary: Foo\n>Foo: 1\n>If-None-Match: \"a\"",
      "304\nETag: \"a\"\nCache-Control: max-age=1, stale-while-revalidate=5\nAge: 3\n>Foo: 2",
      "206\nContent-Range: bytes 0-9/20\nETag: \"a\"\nCache-Control: max-age=60\n>Range: bytes=0-9",
      "206\nContent-Range: bytes 10-19/20\nETag: \"a\"\nCache-Control: max-age=60",
      "416\nContent-Range: bytes */20\n>Range: bytes=99-\n>If-Range: \"a\"",
      "503\nExpires: Thu, 18 Aug 2050 02:01:18 GMT\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT",
      "200\nCDN-Cache-Control: max-age=5, private=\"x\"\nx: 1\n>Cache-Control: max-stale=9",
      "201\n>METHOD: POST\nLocation: /b\nContent-Location: /a\nCache-Control: s-maxage=1",
      "200\n>METHOD: HEAD\nContent-Length: 10\nETag: W/\"a\"\nCache-Control: public",
      "200\n>Authorization: x\n>Cache-Control: no-cache\nCache-Control: public"};
  // Each behind each.
  static const std::vector<std::string> seeds = [] {
    std::vector<std::string> pairs;
    for (const std::string& one : singles) {
      for (const std::string& other : singles) pairs.push_back(one + "\n\n" + other);
    }
    return pairs;
  }();
  return seeds;
}

}  // namespace cloudlet::edge

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cloudlet::edge;  // NOLINT(google-build-using-namespace): here alone
  const std::string_view text = TextOf(data, size);
  const size_t middle = std::min(text.find("\n\n"), text.size());
  const Input inputs[] = {Read(text.substr(0, middle)),
                          Read(text.substr(std::min(middle + 2, text.size())))};
  Policy lenient;
  lenient.lenient_partials = true;
  Policy cloudfront;
  cloudfront.semantics = Semantics::kCloudFront;
  cloudfront.min_ttl = absl::Seconds(size % 2);
  for (const Policy& policy : {Policy(), lenient, cloudfront}) {
    Store store;
    absl::Time now = kNow;
    for (int round = 0; round < 2; ++round) {
      for (const Input& input : inputs) {
        RunExchange(input, now, policy, &store);
        now += absl::Seconds(30);
      }
    }
  }
  return 0;
}
