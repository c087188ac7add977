// A source is parsed before it is decoded, so that an encoded '?' or '/' stays a part of the key.
#include "http/s3_copy_headers.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "http/http_date.h"
#include "http/http_range.h"
#include "http/s3_address.h"
#include "http/s3_errors.h"
#include "http/s3_headers.h"
#include "http/s3_metadata.h"
#include "http/s3_system_headers.h"
#include "http/uri.h"

namespace cloudlet::http {
namespace {

using base::V;

absl::Status BadSource(std::string_view header) {
  return InvalidArgumentError("x-amz-copy-source", header,
                              "Copy Source must mention the source bucket and key: "
                              "sourcebucket/sourcekey");
}

// kCopy or kReplace of the directive's type by the name that S3 gives the second.
template <typename Directive>
absl::StatusOr<Directive> DecodeDirective(const Headers& headers, std::string_view name,
                                          std::string_view other, Directive copy,
                                          Directive replace) {
  const std::string* const value = headers.Find(name);
  if (value == nullptr || absl::EqualsIgnoreCase(*value, "COPY")) return copy;
  if (absl::EqualsIgnoreCase(*value, V(other))) return replace;
  return InvalidArgumentError(name, *value, "Unknown directive");
}

void AddIfAny(Headers* headers, std::string_view name, std::string_view value) {
  if (!value.empty()) headers->Add(name, value);
}

void AddDate(Headers* headers, std::string_view name, const std::optional<absl::Time>& time) {
  if (time.has_value()) headers->Add(name, FormatHttpDate(*time));
}

}  // namespace

absl::StatusOr<CopySource> ParseCopySource(std::string_view header) {
  std::string_view rest = header;
  if (!rest.empty() && rest[0] == '/') rest.remove_prefix(1);
  const size_t question = std::min(rest.find('?'), rest.size());
  const std::string_view path = rest.substr(0, question);
  const std::string_view query = rest.substr(std::min(question + 1, rest.size()));
  CopySource source;
  if (question < rest.size()) {
    constexpr std::string_view kVersion = "versionId=";
    if (query.substr(0, kVersion.size()) != kVersion) return BadSource(header);
    const absl::StatusOr<std::string> version = PercentDecode(query.substr(kVersion.size()));
    if (!version.ok()) return BadSource(header);
    if (version->empty()) {
      return InvalidArgumentError("versionId", "", "Version id cannot be the empty string");
    }
    source.version_id = *version;
  }
  // The slash between bucket and key may be encoded: SDKs do so.
  const size_t plain = path.find('/');
  const size_t encoded = std::min(path.find("%2F"), path.find("%2f"));
  const size_t slash = std::min(plain, encoded);
  if (slash == std::string_view::npos) return BadSource(header);
  const absl::StatusOr<std::string> bucket = PercentDecode(path.substr(0, slash));
  const absl::StatusOr<std::string> key =
      PercentDecode(path.substr(slash + (plain < encoded ? 1 : 3)));
  if (!bucket.ok() || !key.ok() || bucket->empty() || key->empty()) return BadSource(header);
  source.bucket = *bucket;
  source.key = *key;
  return source;
}

std::string FormatCopySource(const CopySource& source) {
  std::string text = S3PathOf(source.bucket, source.key);
  if (!source.version_id.empty()) {
    absl::StrAppend(&text, "?versionId=", PercentEncode(source.version_id));
  }
  return text;
}

absl::StatusOr<CopySource> DecodeCopySource(const Headers& headers) {
  CLOUDLET_ASSIGN_OR_RETURN(CopySource source, ParseCopySource(headers.Get("x-amz-copy-source")));
  source.if_match = std::string(headers.Get("x-amz-copy-source-if-match"));
  source.if_none_match = std::string(headers.Get("x-amz-copy-source-if-none-match"));
  source.if_modified_since = ParseHttpDate(headers.Get("x-amz-copy-source-if-modified-since"));
  source.if_unmodified_since = ParseHttpDate(headers.Get("x-amz-copy-source-if-unmodified-since"));
  return source;
}

void EncodeCopySource(const CopySource& source, Headers* headers) {
  headers->Add("x-amz-copy-source", FormatCopySource(source));
  AddIfAny(headers, "x-amz-copy-source-if-match", source.if_match);
  AddIfAny(headers, "x-amz-copy-source-if-none-match", source.if_none_match);
  AddDate(headers, "x-amz-copy-source-if-modified-since", source.if_modified_since);
  AddDate(headers, "x-amz-copy-source-if-unmodified-since", source.if_unmodified_since);
}

absl::StatusOr<CopyOptions> DecodeCopyOptions(const Headers& headers) {
  CopyOptions options;
  CLOUDLET_ASSIGN_OR_RETURN(options.metadata_directive,
                            DecodeDirective(headers, "x-amz-metadata-directive", "REPLACE",
                                            MetadataDirective::kCopy, MetadataDirective::kReplace));
  CLOUDLET_ASSIGN_OR_RETURN(options.tagging_directive,
                            DecodeDirective(headers, "x-amz-tagging-directive", "REPLACE",
                                            TaggingDirective::kCopy, TaggingDirective::kReplace));
  CLOUDLET_ASSIGN_OR_RETURN(
      options.annotation_directive,
      DecodeDirective(headers, "x-amz-object-annotation-directive", "EXCLUDE",
                      AnnotationDirective::kCopy, AnnotationDirective::kExclude));
  if (headers.Find("x-amz-checksum-algorithm") != nullptr) {
    return WithErrorField(
        MakeError(ErrorCode::kNotImplemented, "a copy keeps the checksum of its source"), "Header",
        "x-amz-checksum-algorithm");
  }
  // Checks the storage class too. What only a put has (checksums of a body) is not there.
  CLOUDLET_ASSIGN_OR_RETURN(PutOptions put, DecodeCreateUploadOptions(headers));
  // Headers that come along with a copy are ignored by S3 unless they replace the source's.
  if (options.metadata_directive == MetadataDirective::kReplace) {
    DecodeSystemHeaders(headers, &options);
    options.metadata = std::move(put.metadata);
  }
  if (options.tagging_directive == TaggingDirective::kReplace) options.tags = std::move(put.tags);
  options.website_redirect_location = std::move(put.website_redirect_location);
  options.if_match = std::string(headers.Get("If-Match"));
  options.if_none_match = std::string(headers.Get("If-None-Match"));
  return options;
}

void EncodeCopyOptions(const CopyOptions& options, Headers* headers) {
  if (options.metadata_directive == MetadataDirective::kReplace) {
    headers->Add("x-amz-metadata-directive", "REPLACE");
    EncodeSystemHeaders(options, headers);
    EncodeMetadata(options.metadata, headers);
  }
  if (options.tagging_directive == TaggingDirective::kReplace) {
    headers->Add("x-amz-tagging-directive", "REPLACE");
    AddIfAny(headers, "x-amz-tagging", EncodeTaggingHeader(options.tags));
  }
  if (options.annotation_directive == AnnotationDirective::kExclude) {
    headers->Add("x-amz-object-annotation-directive", "EXCLUDE");
  }
  AddIfAny(headers, "x-amz-website-redirect-location", options.website_redirect_location);
  AddIfAny(headers, "If-Match", options.if_match);
  AddIfAny(headers, "If-None-Match", options.if_none_match);
}

absl::StatusOr<UploadPartCopyOptions> DecodeUploadPartCopyOptions(const Headers& headers) {
  UploadPartCopyOptions options;
  const std::string* const range = headers.Find("x-amz-copy-source-range");
  if (range == nullptr) return options;
  CLOUDLET_ASSIGN_OR_RETURN(options.range, ParseCopySourceRange(*range));
  return options;
}

absl::StatusOr<std::string> DecodeRenameSource(const Headers& headers, std::string_view bucket) {
  const std::string_view header = headers.Get("x-amz-rename-source");
  absl::StatusOr<std::string> path = PercentDecode(header);
  if (!path.ok() || path->empty()) {
    return InvalidArgumentError("x-amz-rename-source", header, "Rename Source must name a key");
  }
  for (const std::string& start :
       {absl::StrCat("/", V(bucket), "/"), absl::StrCat(V(bucket), "/")}) {
    if (absl::StartsWith(*path, start) && path->size() > start.size()) {
      return path->substr(start.size());
    }
  }
  return path;
}

RenameOptions DecodeRenameOptions(const Headers& headers) {
  RenameOptions options;
  options.if_match = std::string(headers.Get("If-Match"));
  options.if_none_match = std::string(headers.Get("If-None-Match"));
  options.if_modified_since = ParseHttpDate(headers.Get("If-Modified-Since"));
  options.if_unmodified_since = ParseHttpDate(headers.Get("If-Unmodified-Since"));
  options.source_if_match = std::string(headers.Get("x-amz-rename-source-if-match"));
  options.source_if_none_match = std::string(headers.Get("x-amz-rename-source-if-none-match"));
  options.source_if_modified_since =
      ParseHttpDate(headers.Get("x-amz-rename-source-if-modified-since"));
  options.source_if_unmodified_since =
      ParseHttpDate(headers.Get("x-amz-rename-source-if-unmodified-since"));
  return options;
}

}  // namespace cloudlet::http
