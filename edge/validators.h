// Entity tags: RFC 9110 section 8.8.3.
#ifndef CLOUDLET_EDGE_VALIDATORS_H_
#define CLOUDLET_EDGE_VALIDATORS_H_

#include <optional>
#include <string>
#include <string_view>

namespace cloudlet::edge {

struct EntityTag {
  bool weak = false;
  std::string opaque = {};  // between the quotes

  friend bool operator==(const EntityTag&, const EntityTag&) = default;
};

// One tag, `"abc"` or `W/"abc"`, with nothing around it.
std::optional<EntityTag> ParseEntityTag(std::string_view text);

// `W/"abc"`.
std::string ToString(const EntityTag& tag);

// Weak comparison: the same opaque text.
bool WeaklyEqual(const EntityTag& a, const EntityTag& b);
// Strong comparison: and neither is weak.
bool StronglyEqual(const EntityTag& a, const EntityTag& b);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_VALIDATORS_H_
