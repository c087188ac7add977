// Reads the beginning of a file and writes one line of JSON about it.
#include "examples/static_site/describe.h"

#include "examples/static_site/content_type.h"
#include "examples/static_site/derive.h"
#include "examples/static_site/json.h"
#include "examples/static_site/layout.h"
#include "examples/static_site/links.h"

namespace static_site {
namespace {

constexpr size_t kReadBytes = 1 << 20;

std::string ToJson(const std::string& path, const cloudlet::ObjectInfo& file,
                   const std::vector<std::string>& links) {
  std::string json = "{\"path\":" + JsonString(path);
  json += ",\"size\":" + std::to_string(file.size);
  json += ",\"etag\":" + JsonString(file.etag);
  json += ",\"content_type\":" + JsonString(file.content_type);
  json += ",\"links\":" + JsonStrings(links);
  json += "}\n";
  return json;
}

absl::StatusOr<std::vector<std::string>> ReadLinks(cloudlet::ObjectReader& reader) {
  const std::string& type = reader.info().content_type;
  if (!IsText(type) && !IsHtml(type)) return std::vector<std::string>();
  absl::StatusOr<std::string> text = ReadPrefix(reader, kReadBytes);
  if (!text.ok()) return text.status();
  return IsHtml(type) ? LinksInHtml(*text) : UrlsInText(*text);
}

}  // namespace

absl::Status Describe(const cloudlet::Bucket& bucket, const std::string& path) {
  const std::string key = MetaKey(path);
  return BringUpToDate(
      bucket,
      FileDerivation{
          .path = path,
          .key = key,
          .is_wanted = [](const cloudlet::ObjectInfo&) { return true; },
          .make =
              [&](cloudlet::ObjectReader& reader, cloudlet::PutOptions options) {
                absl::StatusOr<std::vector<std::string>> links = ReadLinks(reader);
                if (!links.ok()) return links.status();
                options.content_type = "application/json";
                return bucket.Put(key, ToJson(path, reader.info(), *links), options).status();
              }});
}

}  // namespace static_site
