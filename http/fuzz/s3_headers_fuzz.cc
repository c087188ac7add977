// Headers of requests and answers, a line each; and the same bytes as a range, a date, a copy
// source, tags and encoded words.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/fuzz/fuzz.h"
#include "http/http_date.h"
#include "http/http_range.h"
#include "http/message.h"
#include "http/s3_copy_headers.h"
#include "http/s3_headers.h"
#include "http/s3_metadata.h"
#include "http/s3_object_headers.h"

namespace cloudlet::http {
namespace {

// The front of `rest` up to a line break, which goes too.
std::string_view TakeLine(std::string_view* rest) {
  const size_t end = rest->find('\n');
  const std::string_view line = rest->substr(0, end);
  rest->remove_prefix(end == std::string_view::npos ? rest->size() : end + 1);
  return line;
}

Headers HeadersOf(std::string_view bytes) {
  Headers headers;
  while (!bytes.empty()) {
    const std::string_view line = TakeLine(&bytes);
    const size_t colon = line.find(": ");
    if (colon != std::string_view::npos) headers.Add(line.substr(0, colon), line.substr(colon + 2));
  }
  return headers;
}

void FuzzHeaders(std::string_view bytes) {
  const Headers headers = HeadersOf(bytes);
  (void)CheckSupportedHeaders(headers);
  (void)DecodePutOptions(headers);
  (void)DecodeCreateUploadOptions(headers);
  (void)DecodeAppendOptions(headers);
  (void)DecodeUploadPartOptions(headers);
  (void)DecodeCompleteOptions(headers);
  (void)DecodeGetOptions(headers, {});
  (void)DecodeDeleteOptions(headers, {});
  (void)DecodeAttributesOptions(headers, {});
  (void)DecodeCopySource(headers);
  (void)DecodeCopyOptions(headers);
  (void)DecodeUploadPartCopyOptions(headers);
  (void)DecodeRenameSource(headers, "b");
  (void)DecodeRenameOptions(headers);
  (void)DecodeObjectHeaders(headers);
  (void)DecodePutHeaders(headers);
  (void)DecodeDeleteHeaders(headers);
}

void FuzzValues(std::string_view text) {
  if (const auto range = ParseRange(text); range.has_value()) {
    Require(ParseRange(FormatRange(*range)).has_value());
  }
  if (const auto range = ParseContentRange(text); range.has_value()) {
    Require(ParseContentRange(FormatContentRange(*range)).has_value());
  }
  (void)ParseCopySourceRange(text);
  if (const auto time = ParseHttpDate(text); time.has_value()) (void)FormatHttpDate(*time);
  if (const auto time = ParseIsoTime(text); time.has_value()) (void)FormatIsoTime(*time);
  if (const auto source = ParseCopySource(text); source.ok()) {
    const auto again = ParseCopySource(FormatCopySource(*source));
    Require(again.ok() && again->key == source->key && again->version_id == source->version_id);
  }
  if (const auto tags = DecodeTaggingHeader(text); tags.ok()) {
    Require(*DecodeTaggingHeader(EncodeTaggingHeader(*tags)) == *tags);
  }
  // No header has these.
  if (text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) return;
  const std::string decoded = DecodeHeaderText(text);
  const std::string encoded = EncodeHeaderText(decoded);
  if (encoded != decoded) Require(DecodeHeaderText(encoded) == decoded);
}

}  // namespace

const std::vector<std::string>& FuzzSeeds() {
  static const std::vector<std::string>& seeds = *new std::vector<std::string>{
      // NOLINTNEXTLINE(bugprone-suspicious-missing-comma)
      "x-amz-copy-source: /b/k%20?versionId=v\nx-amz-meta-a: =?UTF-8?Q?=C3=A4?=\n"
      "x-amz-checksum-crc32: AAAA\nx-amz-tagging: a=b&c=d\nRange: bytes=1-2\n",
      "bytes=1-2",
      "bytes 1-2/3",
      "Sun, 06 Nov 1994 08:49:37 GMT",
      "2020-01-01T00:00:00.000Z",
      "b/k%2Fl?versionId=v",
      "a=b&c=%C3%A4",
      "=?UTF-8?B?w6Q=?= =?utf-8?q?b?=",
  };
  return seeds;
}

}  // namespace cloudlet::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  cloudlet::http::FuzzHeaders(cloudlet::http::TextOf(data, size));
  cloudlet::http::FuzzValues(cloudlet::http::TextOf(data, size));
  return 0;
}
