// What is more than a field.
#include "http/s3_system_headers.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/strings.h"

namespace cloudlet::http {

std::string WithoutAwsChunked(std::string_view content_encoding) {
  if (!absl::StrContains(absl::AsciiStrToLower(base::V(content_encoding)), "aws-chunked")) {
    return std::string(content_encoding);
  }
  std::string kept;
  for (absl::string_view piece : absl::StrSplit(base::V(content_encoding), ',')) {
    piece = absl::StripAsciiWhitespace(piece);
    if (piece.empty() || absl::EqualsIgnoreCase(piece, "aws-chunked")) continue;
    absl::StrAppend(&kept, kept.empty() ? "" : ",", piece);
  }
  return kept;
}

std::string* ResponseField(std::string_view parameter, ResponseHeaders* response) {
  std::string* const fields[] = {&response->content_type,        &response->cache_control,
                                 &response->content_disposition, &response->content_encoding,
                                 &response->content_language,    &response->expires};
  for (size_t i = 0; i < std::size(kResponseParameters); ++i) {
    if (parameter == kResponseParameters[i]) return fields[i];
  }
  return nullptr;
}

}  // namespace cloudlet::http
