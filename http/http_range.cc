// By hand: digits are digits, and nothing may stand around them.
#include "http/http_range.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "http/s3_errors.h"

namespace cloudlet::http {
namespace {

// The number that `text` is, at most the largest; none where it is none.
std::optional<uint64_t> Saturated(std::string_view text) {
  if (text.empty()) return std::nullopt;
  uint64_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<uint64_t>(c - '0');
    number = number > (UINT64_MAX - digit) / 10 ? UINT64_MAX : number * 10 + digit;
  }
  return number;
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::optional<ByteRange> ParseRange(std::string_view header) {
  constexpr std::string_view kUnit = "bytes=";
  if (!absl::StartsWithIgnoreCase(base::V(header), base::V(kUnit))) return std::nullopt;
  const std::string_view spec = Trimmed(header.substr(kUnit.size()));
  const size_t dash = spec.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::optional<uint64_t> first = Saturated(spec.substr(0, dash));
  const std::optional<uint64_t> last = Saturated(spec.substr(dash + 1));
  if (!first.has_value() && dash > 0) return std::nullopt;
  if (!last.has_value() && dash + 1 < spec.size()) return std::nullopt;
  if (!first.has_value() && !last.has_value()) return std::nullopt;
  if (first.has_value() && last.has_value() && *last < *first) return std::nullopt;
  return ByteRange{first, last};
}

std::string FormatRange(const ByteRange& range) {
  std::string text = "bytes=";
  if (range.first.has_value()) absl::StrAppend(&text, *range.first);
  text += '-';
  if (range.last.has_value()) absl::StrAppend(&text, *range.last);
  return text;
}

absl::StatusOr<ByteRange> ParseCopySourceRange(std::string_view header) {
  const std::optional<ByteRange> range = ParseRange(header);
  if (!range.has_value() || !range->first.has_value() || !range->last.has_value()) {
    return InvalidArgumentError("x-amz-copy-source-range", header,
                                "The x-amz-copy-source-range value must be of the form "
                                "bytes=first-last, the offsets of the first and the last byte");
  }
  return *range;
}

std::string FormatContentRange(const ContentRange& range) {
  return absl::StrCat("bytes ", range.offset, "-", range.offset + range.length - 1, "/",
                      range.size);
}

std::optional<ContentRange> ParseContentRange(std::string_view header) {
  constexpr std::string_view kUnit = "bytes ";
  if (!absl::StartsWithIgnoreCase(base::V(header), base::V(kUnit))) return std::nullopt;
  const std::string_view spec = header.substr(kUnit.size());
  const size_t slash = spec.find('/');
  const size_t dash = spec.substr(0, slash).find('-');
  if (slash == std::string_view::npos || dash == std::string_view::npos) return std::nullopt;
  const std::optional<uint64_t> first = Saturated(spec.substr(0, dash));
  const std::optional<uint64_t> last = Saturated(spec.substr(dash + 1, slash - dash - 1));
  const std::optional<uint64_t> size = Saturated(spec.substr(slash + 1));
  if (!first.has_value() || !last.has_value() || !size.has_value()) return std::nullopt;
  if (*last < *first || *size <= *last) return std::nullopt;
  return ContentRange{*first, *last - *first + 1, *size};
}

}  // namespace cloudlet::http
