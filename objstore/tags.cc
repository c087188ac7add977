// See tags.h.
#include "objstore/tags.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "objstore/names.h"
#include "objstore/unicode.h"

namespace cloudlet::objstore {
namespace {

using base::V;

constexpr std::string_view kReservedPrefix = "aws:";

bool IsAllowed(char32_t c) {
  constexpr std::string_view kSigns = "_.:/=+-@";
  if (c < 0x80 && kSigns.find(static_cast<char>(c)) != std::string_view::npos) return true;
  return IsLetterNumberOrSeparator(c);
}

// Null: nothing is wrong with the text, of which `*units` is the length in UTF-16.
const char* BrokenTextRule(std::string_view text, size_t* units) {
  *units = 0;
  while (!text.empty()) {
    const std::optional<char32_t> c = ConsumeCodePoint(&text);
    if (!c.has_value()) return "it is not UTF-8";
    if (!IsAllowed(*c)) {
      return "it has a character that is no Unicode letter, number or separator and none of "
             "_ . : / = + - @";
    }
    *units += *c > 0xFFFF ? 2 : 1;
  }
  return nullptr;
}

absl::Status CheckTag(const Tag& tag) {
  size_t units = 0;
  if (const char* broken = BrokenTextRule(tag.key, &units); broken != nullptr) {
    return MakeError(ErrorCode::kInvalidTag,
                     absl::StrCat("The TagKey you have provided is invalid: ",
                                  V(base::Quoted(tag.key)), ": ", broken));
  }
  if (units == 0 || units > kMaxTagKeyUnits) {
    return MakeError(ErrorCode::kInvalidTag,
                     absl::StrCat("The TagKey you have provided is invalid: it has ", units,
                                  " characters, not 1 to ", kMaxTagKeyUnits));
  }
  if (absl::StartsWithIgnoreCase(V(tag.key), V(kReservedPrefix))) {
    return MakeError(
        ErrorCode::kInvalidTag,
        absl::StrCat("Your TagKey cannot be prefixed with aws: it is ", V(base::Quoted(tag.key))));
  }
  const char* broken = BrokenTextRule(tag.value, &units);
  if (broken == nullptr && units <= kMaxTagValueUnits) return absl::OkStatus();
  const std::string why =
      broken != nullptr
          ? std::string(broken)
          : absl::StrCat("it has ", units, " characters, the limit is ", kMaxTagValueUnits);
  return MakeError(ErrorCode::kInvalidTag,
                   absl::StrCat("The TagValue you have provided is invalid: that of ",
                                V(base::Quoted(tag.key)), ": ", why));
}

}  // namespace

absl::Status CheckTags(const TagSet& tags, size_t max_tags, TagSet* stored) {
  if (tags.empty()) {
    stored->clear();
    return absl::OkStatus();
  }
  if (tags.size() > max_tags) {
    return MakeError(ErrorCode::kInvalidTag,
                     absl::StrCat(tags.size(), " tags, the limit is ", max_tags));
  }
  for (const Tag& tag : tags) CLOUDLET_RETURN_IF_ERROR(CheckTag(tag));
  TagSet sorted = tags;
  std::sort(sorted.begin(), sorted.end(), [](const Tag& a, const Tag& b) { return a.key < b.key; });
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end(),
                                        [](const Tag& a, const Tag& b) { return a.key == b.key; });
  if (twice != sorted.end()) {
    return MakeError(ErrorCode::kInvalidTag,
                     absl::StrCat("Cannot provide multiple Tags with the same key: ",
                                  V(base::Quoted(twice->key))));
  }
  *stored = std::move(sorted);
  return absl::OkStatus();
}

}  // namespace cloudlet::objstore
