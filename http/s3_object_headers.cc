// Each answer's writer beside its reader.
#include "http/s3_object_headers.h"

#include <string>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "http/http_date.h"
#include "http/s3_metadata.h"
#include "http/s3_system_headers.h"
#include "http/s3_xml_fields.h"

namespace cloudlet::http {
namespace {

void AddIfAny(Headers* headers, std::string_view name, std::string_view value) {
  if (!value.empty()) headers->Add(name, value);
}

int CountOf(const Headers& headers, std::string_view name) {
  int count = 0;
  if (!absl::SimpleAtoi(base::V(headers.Get(name)), &count) || count < 0) return 0;
  return count;
}

uint64_t SizeOf(const Headers& headers) {
  if (const auto range = ParseContentRange(headers.Get("Content-Range")); range.has_value()) {
    return range->size;
  }
  uint64_t size = 0;
  if (!absl::SimpleAtoi(base::V(headers.Get("Content-Length")), &size)) return 0;
  return size;
}

}  // namespace

void EncodeObjectHeaders(const ObjectInfo& info, const ObjectHeadersOptions& options,
                         Headers* headers) {
  headers->Add("ETag", QuotedEtag(info.etag));
  headers->Add("Last-Modified", FormatHttpDate(info.last_modified));
  headers->Add("Accept-Ranges", "bytes");
  EncodeSystemHeaders(info, headers);
  AddIfAny(headers, "x-amz-website-redirect-location", info.website_redirect_location);
  AddIfAny(headers, "x-amz-version-id", info.version_id);
  EncodeMetadata(info.metadata, headers);
  if (info.tag_count > 0) headers->Add("x-amz-tagging-count", absl::StrCat(info.tag_count));
  if (options.part && info.parts_count > 0) {
    headers->Add("x-amz-mp-parts-count", absl::StrCat(info.parts_count));
  }
  if (options.checksum) EncodeChecksumHeaders(info.checksum, headers);
  if (options.content_range.has_value()) {
    headers->Add("Content-Range", FormatContentRange(*options.content_range));
  }
}

ObjectInfo DecodeObjectHeaders(const Headers& headers) {
  ObjectInfo info;
  info.size = SizeOf(headers);
  info.etag = UnquotedEtag(headers.Get("ETag"));
  if (const auto time = ParseHttpDate(headers.Get("Last-Modified")); time.has_value()) {
    info.last_modified = *time;
  }
  DecodeSystemHeaders(headers, &info);
  info.website_redirect_location = std::string(headers.Get("x-amz-website-redirect-location"));
  info.version_id = std::string(headers.Get("x-amz-version-id"));
  info.metadata = DecodeMetadata(headers);
  info.tag_count = CountOf(headers, "x-amz-tagging-count");
  info.parts_count = CountOf(headers, "x-amz-mp-parts-count");
  if (auto checksum = DecodeChecksumHeaders(headers); checksum.has_value()) {
    info.checksum = *std::move(checksum);
  }
  return info;
}

void EncodeNotModifiedHeaders(const ObjectInfo& info, Headers* headers) {
  headers->Add("ETag", QuotedEtag(info.etag));
  headers->Add("Last-Modified", FormatHttpDate(info.last_modified));
  AddIfAny(headers, "Cache-Control", info.cache_control);
  AddIfAny(headers, "Expires", info.expires);
  AddIfAny(headers, "x-amz-version-id", info.version_id);
}

void EncodeNewVersion(std::string_view version_id, Headers* headers) {
  if (version_id != "null") AddIfAny(headers, "x-amz-version-id", version_id);
}

void EncodePutHeaders(const PutResult& result, Headers* headers) {
  headers->Add("ETag", QuotedEtag(result.etag));
  EncodeNewVersion(result.version_id, headers);
  EncodeChecksumHeaders(result.checksum, headers);
}

PutResult DecodePutHeaders(const Headers& headers) {
  PutResult result;
  result.etag = UnquotedEtag(headers.Get("ETag"));
  result.version_id = std::string(headers.Get("x-amz-version-id"));
  result.checksum = DecodeChecksumHeaders(headers).value_or(Checksum());
  return result;
}

void EncodeUploadPartHeaders(const UploadPartResult& result, Headers* headers) {
  headers->Add("ETag", QuotedEtag(result.etag));
  // A part's checksum has no type.
  AddIfAny(headers, ChecksumHeader(result.checksum.algorithm), result.checksum.value);
}

UploadPartResult DecodeUploadPartHeaders(const Headers& headers) {
  UploadPartResult result;
  result.etag = UnquotedEtag(headers.Get("ETag"));
  result.checksum = DecodeChecksumHeaders(headers).value_or(Checksum());
  return result;
}

void EncodeDeleteHeaders(const DeleteResult& result, Headers* headers) {
  if (result.delete_marker) headers->Add("x-amz-delete-marker", "true");
  AddIfAny(headers, "x-amz-version-id", result.version_id);
}

DeleteResult DecodeDeleteHeaders(const Headers& headers) {
  DeleteResult result;
  result.delete_marker =
      absl::EqualsIgnoreCase(base::V(headers.Get("x-amz-delete-marker")), "true");
  result.version_id = std::string(headers.Get("x-amz-version-id"));
  return result;
}

void EncodeCopyHeaders(const CopyResult& result, Headers* headers) {
  EncodeNewVersion(result.version_id, headers);
  AddIfAny(headers, "x-amz-copy-source-version-id", result.copy_source_version_id);
}

void DecodeCopyHeaders(const Headers& headers, CopyResult* result) {
  result->version_id = std::string(headers.Get("x-amz-version-id"));
  result->copy_source_version_id = std::string(headers.Get("x-amz-copy-source-version-id"));
}

void EncodeChecksumHeaders(const Checksum& checksum, Headers* headers) {
  if (checksum.value.empty()) return;
  headers->Add(ChecksumHeader(checksum.algorithm), checksum.value);
  headers->Add("x-amz-checksum-type", ChecksumTypeName(checksum.type));
}

std::optional<Checksum> DecodeChecksumHeaders(const Headers& headers) {
  for (ChecksumAlgorithm algorithm : kChecksumAlgorithms) {
    const std::string* const value = headers.Find(ChecksumHeader(algorithm));
    if (value == nullptr) continue;
    const ChecksumType type =
        ChecksumTypeNamed(headers.Get("x-amz-checksum-type")).value_or(ChecksumType::kFullObject);
    return Checksum{algorithm, type, *value};
  }
  return std::nullopt;
}

}  // namespace cloudlet::http
