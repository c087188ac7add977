// Ranges by hand: digits, a dash, digits.
#include "edge/ranges.h"

#include <algorithm>
#include <cstddef>

#include "cloudlet/edge_http.h"
#include "edge/lists.h"

namespace cloudlet::edge {
namespace {

constexpr int64_t kMost = int64_t{1} << 62;

std::optional<uint64_t> Number(std::string_view text) {
  const auto number = Digits(text, kMost);
  if (!number) return std::nullopt;
  return static_cast<uint64_t>(*number);
}

std::optional<RangeSpec> ParseSpec(std::string_view text) {
  const size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view before = text.substr(0, dash);
  const std::string_view behind = text.substr(dash + 1);
  const RangeSpec spec = {Number(before), Number(behind)};
  if (before.empty() ? !spec.last : !spec.first) return std::nullopt;
  if (!behind.empty() && !spec.last) return std::nullopt;
  if (spec.first && spec.last && *spec.last < *spec.first) return std::nullopt;
  return spec;
}

}  // namespace

std::optional<std::vector<RangeSpec>> ParseRange(std::string_view value) {
  const size_t equals = value.find('=');
  if (equals == std::string_view::npos || !SameHttpName(value.substr(0, equals), "bytes")) {
    return std::nullopt;
  }
  std::vector<RangeSpec> specs;
  for (const std::string_view element : Elements(value.substr(equals + 1))) {
    const auto spec = ParseSpec(element);
    if (!spec) return std::nullopt;
    specs.push_back(*spec);
  }
  if (specs.empty()) return std::nullopt;
  return specs;
}

std::optional<ByteSpan> Resolve(const RangeSpec& spec, uint64_t size) {
  if (!spec.first) {
    const uint64_t length = std::min(*spec.last, size);
    if (length == 0) return std::nullopt;
    return ByteSpan{size - length, length};
  }
  if (*spec.first >= size) return std::nullopt;
  const uint64_t last = std::min(spec.last.value_or(size - 1), size - 1);
  return ByteSpan{*spec.first, last - *spec.first + 1};
}

std::optional<ContentRange> ParseContentRange(std::string_view value) {
  const size_t space = value.find(' ');
  const size_t slash = value.find('/');
  if (space == std::string_view::npos || slash == std::string_view::npos || slash < space) {
    return std::nullopt;
  }
  if (!SameHttpName(value.substr(0, space), "bytes")) return std::nullopt;
  const auto spec = ParseSpec(value.substr(space + 1, slash - space - 1));
  if (!spec || !spec->first || !spec->last) return std::nullopt;
  ContentRange range;
  range.span = {*spec->first, *spec->last - *spec->first + 1};
  if (value.substr(slash + 1) == "*") return range;
  range.size = Number(value.substr(slash + 1));
  if (!range.size || *range.size < range.span.end()) return std::nullopt;
  return range;
}

std::string ToString(const ContentRange& range) {
  return "bytes " + std::to_string(range.span.offset) + "-" + std::to_string(range.span.end() - 1) +
         "/" + (range.size ? std::to_string(*range.size) : "*");
}

}  // namespace cloudlet::edge
