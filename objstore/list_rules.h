// What all listings share: how keys are rolled up, and how they are written. Pure.
#ifndef CLOUDLET_OBJSTORE_LIST_RULES_H_
#define CLOUDLET_OBJSTORE_LIST_RULES_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cloudlet/error.h"
#include "cloudlet/listing.h"

namespace cloudlet::objstore {

// The common prefix that a key is rolled up into, a view into it; empty when it is not. What it
// gives for a marker that does not begin with `prefix` lies on the same side of all keys that do.
inline std::string_view CommonPrefixOf(std::string_view key, std::string_view prefix,
                                       std::string_view delimiter) {
  if (delimiter.empty() || key.size() < prefix.size()) return {};
  const size_t found = key.find(delimiter, prefix.size());
  return found == std::string_view::npos ? std::string_view()
                                         : key.substr(0, found + delimiter.size());
}

// InvalidArgument for what is none of EncodingType's values.
inline absl::Status CheckEncodingType(EncodingType type) {
  if (type == EncodingType::kNone || type == EncodingType::kUrl) return absl::OkStatus();
  return MakeError(ErrorCode::kInvalidArgument,
                   absl::StrCat("encoding type has no value ", static_cast<int>(type)));
}

// Writes the keys of a page as `type` says.
template <typename Entry>
void EncodeKeys(EncodingType type, std::vector<Entry>* entries, std::string* next_marker) {
  if (type == EncodingType::kNone) return;
  for (Entry& entry : *entries) entry.key = UrlEncodeKey(entry.key);
  *next_marker = UrlEncodeKey(*next_marker);
}

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_LIST_RULES_H_
