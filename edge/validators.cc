// Entity tags, read strictly: what is not one has no validator.
#include "edge/validators.h"

#include <algorithm>

namespace cloudlet::edge {

std::optional<EntityTag> ParseEntityTag(std::string_view text) {
  EntityTag tag;
  tag.weak = text.substr(0, 2) == "W/";
  if (tag.weak) text.remove_prefix(2);
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::nullopt;
  tag.opaque = text.substr(1, text.size() - 2);
  const bool good = std::all_of(tag.opaque.begin(), tag.opaque.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > ' ' && byte != '"' && byte != 0x7F;
  });
  if (!good) return std::nullopt;
  return tag;
}

std::string ToString(const EntityTag& tag) {
  return (tag.weak ? "W/\"" : "\"") + tag.opaque + "\"";
}

bool WeaklyEqual(const EntityTag& a, const EntityTag& b) { return a.opaque == b.opaque; }

bool StronglyEqual(const EntityTag& a, const EntityTag& b) {
  return !a.weak && !b.weak && a.opaque == b.opaque;
}

}  // namespace cloudlet::edge
