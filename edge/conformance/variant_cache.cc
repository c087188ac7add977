// Plan, send, absorb, apply.
#include "edge/conformance/variant_cache.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "edge/plan.h"

namespace cloudlet::edge {

VariantCache::VariantCache(std::optional<Policy> policy, TestOrigin* origin, const absl::Time* now)
    : caches_(policy.has_value()),
      policy_(std::move(policy).value_or(Policy())),
      origin_(origin),
      now_(now) {}

VariantCache::Served VariantCache::Serve(const HttpRequest& request) {
  if (!caches_) return PassThrough(request);
  const auto found = stored_.find(ToString(request.url));
  const Variants variants = found == stored_.end() ? Variants() : found->second;
  std::vector<const StoredResponse*> candidates;
  for (const auto& one : variants) candidates.push_back(one.get());

  Plan plan = MakePlan(request, candidates, *now_, policy_);
  const auto answer = [&](const Hit& hit) {
    return Served{AnswerHit(request, *variants[hit.stored], hit.answer, *now_, policy_), {}};
  };
  if (const auto* const hit = std::get_if<Hit>(&plan)) return answer(*hit);
  if (const auto* const stale = std::get_if<HitStale>(&plan)) {
    Served served = answer(stale->hit);
    if (stale->revalidation) Ask(request, *stale->revalidation, variants);
    return served;
  }
  if (auto* const synthesized = std::get_if<Synthesized>(&plan)) {
    return {std::move(synthesized->response), {}};
  }
  if (const auto* const fetch = std::get_if<Fetch>(&plan)) {
    return Ask(request, fetch->forward, variants);
  }
  return Ask(request, std::get<Revalidate>(plan).forward, variants);
}

VariantCache::Served VariantCache::PassThrough(const HttpRequest& request) {
  Served served;
  auto answer = origin_->Fetch(request, &served.interim);
  auto* const response = std::get_if<HttpResponse>(&answer);
  served.response = response != nullptr ? std::move(*response) : HttpResponse{.status = 502};
  return served;
}

VariantCache::Served VariantCache::Ask(const HttpRequest& request, const Forward& forward,
                                       const Variants& variants) {
  std::vector<const StoredResponse*> candidates;
  for (const auto& one : variants) candidates.push_back(one.get());
  const absl::Time sent = *now_;
  Served served;
  std::vector<HttpResponse> interim;
  auto answer = origin_->Fetch(forward.request, &interim);
  const Exchange exchange = {request, forward, candidates, sent, *now_};
  for (HttpResponse& one : interim) {
    served.interim.push_back(Absorb(exchange, std::move(one), policy_).response);
  }
  auto* const response = std::get_if<HttpResponse>(&answer);
  Absorbed absorbed = response != nullptr
                          ? Absorb(exchange, std::move(*response), policy_)
                          : AbsorbFailure(exchange, std::get<OriginError>(answer), policy_);
  Apply(request.url, variants, absorbed);
  if (absorbed.again) {
    Served again = Ask(request, *absorbed.again, variants);
    served.interim.insert(served.interim.end(), std::make_move_iterator(again.interim.begin()),
                          std::make_move_iterator(again.interim.end()));
    served.response = std::move(again.response);
  } else {
    served.response = std::move(absorbed.response);
  }
  return served;
}

void VariantCache::Apply(const HttpUrl& url, const Variants& planned_with,
                         const Absorbed& absorbed) {
  Variants& variants = stored_[ToString(url)];
  for (const size_t index : absorbed.drop) {
    variants.erase(std::remove(variants.begin(), variants.end(), planned_with[index]),
                   variants.end());
  }
  for (const HttpUrl& gone : absorbed.invalidate) stored_[ToString(gone)].clear();
  if (absorbed.store) {
    variants.push_back(std::make_shared<const StoredResponse>(*absorbed.store));
  }
}

size_t VariantCache::CountOf(const HttpUrl& url) const {
  const auto found = stored_.find(ToString(url));
  return found == stored_.end() ? 0 : found->second.size();
}

}  // namespace cloudlet::edge
