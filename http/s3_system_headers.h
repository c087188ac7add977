// The headers that S3 keeps with an object and gives back: Content-Type and its companions.
//
// One list for all that have these fields: PutOptions, CopyOptions, ObjectInfo.
#ifndef CLOUDLET_HTTP_S3_SYSTEM_HEADERS_H_
#define CLOUDLET_HTTP_S3_SYSTEM_HEADERS_H_

#include <string>
#include <string_view>

#include "cloudlet/object.h"
#include "http/message.h"

namespace cloudlet::http {

// Calls `use(header, field)` for each.
template <typename Object, typename Use>
void ForEachSystemHeader(Object& object, const Use& use) {
  use("Content-Type", object.content_type);
  use("Cache-Control", object.cache_control);
  use("Content-Disposition", object.content_disposition);
  use("Content-Encoding", object.content_encoding);
  use("Content-Language", object.content_language);
  use("Expires", object.expires);
}

// A Content-Encoding without "aws-chunked", which says how the body travels and is not kept.
std::string WithoutAwsChunked(std::string_view content_encoding);

template <typename Options>
void DecodeSystemHeaders(const Headers& headers, Options* options) {
  ForEachSystemHeader(*options, [&headers](std::string_view name, std::string& field) {
    field = std::string(headers.Get(name));
  });
  options->content_encoding = WithoutAwsChunked(options->content_encoding);
}

template <typename Options>
void EncodeSystemHeaders(const Options& options, Headers* headers) {
  ForEachSystemHeader(options, [headers](std::string_view name, const std::string& field) {
    if (!field.empty()) headers->Add(name, field);
  });
}

// The parameters that say in place of an object's own headers what the answer says.
inline constexpr std::string_view kResponseParameters[] = {
    "response-content-type",     "response-cache-control",    "response-content-disposition",
    "response-content-encoding", "response-content-language", "response-expires"};
// The field that such a parameter sets; null for another.
std::string* ResponseField(std::string_view parameter, ResponseHeaders* response);

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_S3_SYSTEM_HEADERS_H_
