// The bytes of a response, and the next set.
#include "edge/store/variant_set.h"

#include <algorithm>
#include <utility>

namespace cloudlet::edge {
namespace {

uint64_t BytesOf(const StoredResponse& stored) {
  uint64_t bytes =
      sizeof(StoredResponse) + stored.response.reason.size() + stored.response.body.size();
  for (const HttpHeader& header : stored.response.headers) {
    bytes += sizeof(header) + header.name.size() + header.value.size();
  }
  bytes += stored.tags.size() * sizeof(uint64_t);
  for (const Selector& selector : stored.selectors) {
    bytes += sizeof(selector) + selector.name.size() + selector.value.value_or("").size();
  }
  return bytes;
}

}  // namespace

void VariantSet::Append(Variant variant) {
  candidates_.push_back(variant.stored.get());
  bytes_ += variant.bytes + sizeof(Variant) + sizeof(void*);
  variants_.push_back(std::move(variant));
}

VariantSet VariantSet::With(Candidates drop, std::shared_ptr<const StoredResponse> add) const {
  std::vector<Variant> kept;
  for (const Variant& one : variants_) {
    if (std::find(drop.begin(), drop.end(), one.stored.get()) == drop.end()) kept.push_back(one);
  }
  if (add != nullptr) {
    const uint64_t bytes = BytesOf(*add);
    kept.push_back({std::move(add), bytes});
  }
  VariantSet set;
  const size_t first = kept.size() > kMost ? kept.size() - kMost : 0;
  for (size_t i = first; i < kept.size(); ++i) set.Append(std::move(kept[i]));
  return set;
}

}  // namespace cloudlet::edge
