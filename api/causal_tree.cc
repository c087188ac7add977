// The tree of what a change led to, printed: see CausalTree in event.h.
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/types/span.h"
#include "cloudlet/event.h"

namespace cloudlet {
namespace {

std::string LineOf(const Event& event, size_t depth) {
  std::string line(2 * depth, ' ');
  line += std::to_string(event.sequence);
  line += ' ';
  line += EventTypeName(event.type);
  line += ' ';
  line += absl::Utf8SafeCEscape(event.bucket + "/" + event.key);
  line += '\n';
  return line;
}

}  // namespace

std::string CausalTree(absl::Span<const Event> events, uint64_t root) {
  const Event* first = nullptr;
  std::multimap<uint64_t, const Event*> children;  // by parent, in the order of `events`
  for (const Event& event : events) {
    if (event.sequence == root) first = &event;
    if (event.causation.parent != 0 && event.causation.parent < event.sequence) {
      children.emplace(event.causation.parent, &event);
    }
  }
  std::string tree;
  std::vector<std::pair<const Event*, size_t>> open;  // the next one last
  if (first != nullptr) open.emplace_back(first, 0);
  while (!open.empty()) {
    const auto [event, depth] = open.back();
    open.pop_back();
    tree += LineOf(*event, depth);
    const auto [begin, end] = children.equal_range(event->sequence);
    for (auto child = end; child != begin;) {
      --child;
      open.emplace_back(child->second, depth + 1);
    }
  }
  return tree;
}

}  // namespace cloudlet
