// Which names and payloads of annotations are taken: see annotation_rules.h.
#include "objstore/annotation_rules.h"

#include <cstdint>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "objstore/names.h"
#include "objstore/unicode.h"

namespace cloudlet::objstore {
namespace {

using base::V;

// The first code point of what is UTF-8 and not empty; takes it off.
uint32_t TakeCodePoint(std::string_view* text) {
  const auto lead = static_cast<unsigned char>(text->front());
  const size_t more = lead < 0x80 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
  uint32_t code = more == 0 ? lead : lead & (0x3FU >> more);
  for (size_t i = 1; i <= more; ++i) {
    code = (code << 6) | (static_cast<unsigned char>((*text)[i]) & 0x3FU);
  }
  text->remove_prefix(more + 1);
  return code;
}

bool IsOfNames(uint32_t code) {
  return IsLetter(code) || (code >= '0' && code <= '9') || code == '_' || code == '.' ||
         code == '-';
}

bool HasOnlyWhatNamesHave(std::string_view text) {
  if (!IsUtf8(text)) return false;
  while (!text.empty()) {
    if (!IsOfNames(TakeCodePoint(&text))) return false;
  }
  return true;
}

const char* BrokenNameRule(std::string_view name) {
  if (name.empty()) return "a name is not empty";
  if (!HasOnlyWhatNamesHave(name)) {
    return "a name is UTF-8 and has only letters, digits, underscores, dots and hyphens";
  }
  for (const char* prefix : {"aws", "s3"}) {
    if (absl::StartsWithIgnoreCase(V(name), prefix)) return "the prefix is reserved";
  }
  return nullptr;
}

}  // namespace

absl::Status CheckAnnotationName(std::string_view name) {
  if (name.size() > kMaxAnnotationNameBytes) {
    return MakeError(ErrorCode::kAnnotationNameTooLong,
                     absl::StrCat("the annotation's name has ", name.size(),
                                  " bytes, the limit is ", kMaxAnnotationNameBytes));
  }
  const char* broken = BrokenNameRule(name);
  if (broken == nullptr) return absl::OkStatus();
  return MakeError(ErrorCode::kInvalidAnnotationName,
                   absl::StrCat(broken, " (", V(base::Quoted(name)), ")"));
}

absl::Status CheckAnnotationPrefix(std::string_view prefix) {
  if (prefix.size() <= kMaxAnnotationNameBytes && HasOnlyWhatNamesHave(prefix)) {
    return absl::OkStatus();
  }
  return MakeError(ErrorCode::kInvalidPrefix, "no annotation's name begins so");
}

absl::Status CheckAnnotationSize(size_t bytes, const Limits& limits) {
  if (bytes == 0) return MakeError(ErrorCode::kInvalidRequest, "the annotation's payload is empty");
  if (bytes <= limits.max_annotation_bytes) return absl::OkStatus();
  return MakeError(ErrorCode::kEntityTooLarge,
                   absl::StrCat("the annotation's payload has ", bytes, " bytes, the limit is ",
                                limits.max_annotation_bytes));
}

absl::Status CheckAnnotationText(std::string_view payload) {
  if (IsUtf8(payload)) return absl::OkStatus();
  return MakeError(ErrorCode::kUnsupportedMediaType,
                   "the annotation's payload is not UTF-8 (write binary data as base64)");
}

}  // namespace cloudlet::objstore
