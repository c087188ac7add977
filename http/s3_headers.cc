// One function per request. Header names as in S3's service model.
#include "http/s3_headers.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "http/http_date.h"
#include "http/http_range.h"
#include "http/s3_errors.h"
#include "http/s3_metadata.h"
#include "http/s3_system_headers.h"

namespace cloudlet::http {
namespace {

using base::V;

absl::Status InvalidRequest(std::string_view why) {
  return MakeError(ErrorCode::kInvalidRequest, why);
}

std::string Text(const Headers& headers, std::string_view name) {
  return std::string(headers.Get(name));
}

std::optional<absl::Time> Date(const Headers& headers, std::string_view name) {
  return ParseHttpDate(headers.Get(name));
}

std::string ParamOr(const std::vector<QueryParam>& query, std::string_view name) {
  for (const QueryParam& param : query) {
    if (param.name == name) return param.value;
  }
  return {};
}

// The storage classes that S3 has; only the first is here.
absl::Status CheckStorageClass(const Headers& headers) {
  const std::string* const value = headers.Find("x-amz-storage-class");
  if (value == nullptr || *value == "STANDARD") return absl::OkStatus();
  for (std::string_view known :
       {"REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER",
        "DEEP_ARCHIVE", "OUTPOSTS", "GLACIER_IR", "SNOW", "EXPRESS_ONEZONE", "FSX_OPENZFS",
        "FSX_ONTAP", "AWS_BACKUP_WARM", "AWS_BACKUP_LOW_COST_WARM"}) {
    if (*value == known) {
      return WithErrorField(
          MakeError(ErrorCode::kNotImplemented,
                    absl::StrCat("storage class ", *value, " is not implemented")),
          "Header", "x-amz-storage-class");
    }
  }
  return WithErrorField(MakeError(ErrorCode::kInvalidStorageClass), "StorageClassRequested",
                        *value);
}

struct UnsupportedHeader {
  std::string_view name;
  bool prefix;               // all names that begin so
  std::string_view allowed;  // a value that asks for nothing
};

constexpr UnsupportedHeader kUnsupported[] = {
    {"x-amz-server-side-encryption", true, ""},
    {"x-amz-copy-source-server-side-encryption", true, ""},
    {"x-amz-object-lock-", true, ""},
    {"x-amz-bucket-object-lock-enabled", false, "false"},
    {"x-amz-bucket-object-lock-token", false, ""},
    {"x-amz-grant-", true, ""},
    {"x-amz-mfa", false, ""},
    {"x-amz-object-ownership", false, ""},
    {"x-amz-bucket-namespace", false, "global"},
    {"x-amz-if-match-last-modified-time", false, ""},
    {"x-amz-if-match-size", false, ""},
    {"x-amz-if-match-initiated-time", false, ""},
    {"x-amz-skip-destination-validation", false, "false"},
    {"x-amz-transition-default-minimum-object-size", false, ""},
};

bool Matches(const UnsupportedHeader& row, const Header& header) {
  if (row.prefix) return absl::StartsWithIgnoreCase(header.name, V(row.name));
  return SameName(header.name, row.name);
}

}  // namespace

absl::Status CheckSupportedHeaders(const Headers& headers) {
  for (const Header& header : headers) {
    for (const UnsupportedHeader& row : kUnsupported) {
      if (!Matches(row, header)) continue;
      if (!row.allowed.empty() && absl::EqualsIgnoreCase(header.value, V(row.allowed))) continue;
      return WithErrorField(
          MakeError(ErrorCode::kNotImplemented,
                    absl::StrCat("the header ", header.name, " asks for what is not implemented")),
          "Header", header.name);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<PutOptions> DecodePutOptions(const Headers& headers) {
  CLOUDLET_RETURN_IF_ERROR(CheckStorageClass(headers));
  PutOptions options;
  DecodeSystemHeaders(headers, &options);
  options.website_redirect_location = Text(headers, "x-amz-website-redirect-location");
  options.metadata = DecodeMetadata(headers);
  options.if_match = Text(headers, "If-Match");
  options.if_none_match = Text(headers, "If-None-Match");
  CLOUDLET_ASSIGN_OR_RETURN(const BodyChecksums checksums, DecodeBodyChecksums(headers));
  options.content_md5 = checksums.content_md5;
  options.checksum = checksums.checksum;
  options.checksum_algorithm = checksums.trailer;
  CLOUDLET_ASSIGN_OR_RETURN(options.tags, DecodeTaggingHeader(headers.Get("x-amz-tagging")));
  return options;
}

void EncodePutOptions(const PutOptions& options, Headers* headers) {
  const auto add = [headers](std::string_view name, std::string_view value) {
    if (!value.empty()) headers->Add(name, value);
  };
  EncodeSystemHeaders(options, headers);
  add("x-amz-website-redirect-location", options.website_redirect_location);
  EncodeMetadata(options.metadata, headers);
  add("If-Match", options.if_match);
  add("If-None-Match", options.if_none_match);
  EncodeBodyChecksums({options.content_md5, options.checksum, options.checksum_algorithm}, headers);
  add("x-amz-tagging", EncodeTaggingHeader(options.tags));
}

absl::StatusOr<PutOptions> DecodeCreateUploadOptions(const Headers& headers) {
  CLOUDLET_RETURN_IF_ERROR(CheckStorageClass(headers));
  PutOptions options;
  DecodeSystemHeaders(headers, &options);
  options.website_redirect_location = Text(headers, "x-amz-website-redirect-location");
  options.metadata = DecodeMetadata(headers);
  CLOUDLET_ASSIGN_OR_RETURN(options.tags, DecodeTaggingHeader(headers.Get("x-amz-tagging")));
  if (const std::string* const value = headers.Find("x-amz-checksum-algorithm"); value != nullptr) {
    options.checksum_algorithm = ChecksumAlgorithmNamed(*value);
    if (!options.checksum_algorithm.has_value()) {
      return InvalidRequest("Checksum algorithm provided is unsupported.");
    }
  }
  if (const std::string* const value = headers.Find("x-amz-checksum-type"); value != nullptr) {
    options.checksum_type = ChecksumTypeNamed(*value);
    if (!options.checksum_type.has_value()) {
      return InvalidRequest("Value for x-amz-checksum-type header is invalid.");
    }
  }
  return options;
}

absl::StatusOr<std::optional<uint64_t>> DecodeWriteOffset(const Headers& headers) {
  const std::string* const value = headers.Find("x-amz-write-offset-bytes");
  if (value == nullptr) return std::optional<uint64_t>();
  CLOUDLET_ASSIGN_OR_RETURN(const uint64_t offset,
                            DecodeNumber("x-amz-write-offset-bytes", *value, UINT64_MAX));
  return std::optional(offset);
}

absl::StatusOr<AppendOptions> DecodeAppendOptions(const Headers& headers) {
  AppendOptions options;
  CLOUDLET_ASSIGN_OR_RETURN(options.write_offset, DecodeWriteOffset(headers));
  options.if_match = Text(headers, "If-Match");
  CLOUDLET_ASSIGN_OR_RETURN(const BodyChecksums checksums, DecodeBodyChecksums(headers));
  options.content_md5 = checksums.content_md5;
  options.checksum = checksums.checksum;
  return options;
}

absl::StatusOr<UploadPartOptions> DecodeUploadPartOptions(const Headers& headers) {
  UploadPartOptions options;
  CLOUDLET_ASSIGN_OR_RETURN(const BodyChecksums checksums, DecodeBodyChecksums(headers));
  options.content_md5 = checksums.content_md5;
  options.checksum = checksums.checksum;
  return options;
}

absl::StatusOr<CompleteOptions> DecodeCompleteOptions(const Headers& headers) {
  CompleteOptions options;
  options.if_match = Text(headers, "If-Match");
  options.if_none_match = Text(headers, "If-None-Match");
  if (const std::string* const size = headers.Find("x-amz-mp-object-size"); size != nullptr) {
    CLOUDLET_ASSIGN_OR_RETURN(options.mp_object_size,
                              DecodeNumber("x-amz-mp-object-size", *size, UINT64_MAX));
  }
  CLOUDLET_ASSIGN_OR_RETURN(const BodyChecksums checksums, DecodeBodyChecksums(headers));
  options.checksum = checksums.checksum;
  const std::string* const type = headers.Find("x-amz-checksum-type");
  if (type != nullptr && !ChecksumTypeNamed(*type).has_value()) {
    return InvalidRequest("Value for x-amz-checksum-type header is invalid.");
  }
  if (options.checksum.has_value()) {
    const bool counted = options.checksum->value.find('-') != std::string::npos;
    const ChecksumType told = counted ? ChecksumType::kComposite : ChecksumType::kFullObject;
    options.checksum->type = type == nullptr ? told : *ChecksumTypeNamed(*type);
  }
  return options;
}

absl::StatusOr<GetOptions> DecodeGetOptions(const Headers& headers,
                                            const std::vector<QueryParam>& query) {
  GetOptions options;
  options.range = ParseRange(headers.Get("Range"));
  options.if_match = Text(headers, "If-Match");
  options.if_none_match = Text(headers, "If-None-Match");
  options.if_modified_since = Date(headers, "If-Modified-Since");
  options.if_unmodified_since = Date(headers, "If-Unmodified-Since");
  options.version_id = ParamOr(query, "versionId");
  ResponseHeaders response;
  bool overrides = false;
  for (const QueryParam& param : query) {
    if (param.name == "partNumber") {
      CLOUDLET_ASSIGN_OR_RETURN(const uint64_t number,
                                DecodeNumber("partNumber", param.value, INT32_MAX));
      options.part_number = static_cast<int>(number);
    }
    std::string* const field = ResponseField(param.name, &response);
    if (field != nullptr) *field = param.value;
    overrides = overrides || field != nullptr;
  }
  if (overrides) options.response = std::move(response);
  return options;
}

std::string EncodeGetOptions(const GetOptions& options, Headers* headers) {
  const auto add = [headers](std::string_view name, std::string_view value) {
    if (!value.empty()) headers->Add(name, value);
  };
  if (options.range.has_value()) add("Range", FormatRange(*options.range));
  add("If-Match", options.if_match);
  add("If-None-Match", options.if_none_match);
  if (options.if_modified_since.has_value()) {
    add("If-Modified-Since", FormatHttpDate(*options.if_modified_since));
  }
  if (options.if_unmodified_since.has_value()) {
    add("If-Unmodified-Since", FormatHttpDate(*options.if_unmodified_since));
  }
  std::string query;
  const auto param = [&query](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    absl::StrAppend(&query, query.empty() ? "" : "&", V(name), "=", PercentEncode(value));
  };
  param("versionId", options.version_id);
  if (options.part_number.has_value()) param("partNumber", absl::StrCat(*options.part_number));
  if (options.response.has_value()) {
    ResponseHeaders response = *options.response;
    for (std::string_view name : kResponseParameters) param(name, *ResponseField(name, &response));
  }
  return query;
}

bool WantsChecksum(const Headers& headers) {
  return absl::EqualsIgnoreCase(V(headers.Get("x-amz-checksum-mode")), "ENABLED");
}

absl::StatusOr<DeleteOptions> DecodeDeleteOptions(const Headers& headers,
                                                  const std::vector<QueryParam>& query) {
  DeleteOptions options;
  options.if_match = Text(headers, "If-Match");
  options.version_id = ParamOr(query, "versionId");
  return options;
}

absl::StatusOr<AttributesOptions> DecodeAttributesOptions(const Headers& headers,
                                                          const std::vector<QueryParam>& query) {
  AttributesOptions options;
  options.version_id = ParamOr(query, "versionId");
  for (const Header& header : headers) {
    if (!SameName(header.name, "x-amz-object-attributes")) continue;
    for (absl::string_view piece : absl::StrSplit(header.value, ',')) {
      const std::string_view name = base::S(absl::StripAsciiWhitespace(piece));
      bool* const field = name == "ETag"           ? &options.etag
                          : name == "Checksum"     ? &options.checksum
                          : name == "ObjectSize"   ? &options.object_size
                          : name == "StorageClass" ? &options.storage_class
                          : name == "ObjectParts"  ? &options.object_parts
                                                   : nullptr;
      if (field == nullptr) {
        return InvalidArgumentError("x-amz-object-attributes", name, "Invalid attribute name");
      }
      *field = true;
    }
  }
  if (const std::string* const parts = headers.Find("x-amz-max-parts"); parts != nullptr) {
    CLOUDLET_ASSIGN_OR_RETURN(options.max_parts,
                              DecodeNumber("x-amz-max-parts", *parts, INT32_MAX));
  }
  if (const std::string* const marker = headers.Find("x-amz-part-number-marker");
      marker != nullptr) {
    CLOUDLET_ASSIGN_OR_RETURN(const uint64_t number,
                              DecodeNumber("x-amz-part-number-marker", *marker, INT32_MAX));
    options.part_number_marker = static_cast<int>(number);
  }
  return options;
}

absl::StatusOr<TagSet> DecodeTaggingHeader(std::string_view text) {
  const auto invalid = [text] {
    return InvalidArgumentError("x-amz-tagging", text,
                                "The header 'x-amz-tagging' shall be encoded as UTF-8 then "
                                "URLEncoded URL query parameters without tag name duplicates.");
  };
  const absl::StatusOr<std::vector<QueryParam>> params = ParseQuery(text);
  if (!params.ok()) return invalid();
  TagSet tags;
  std::set<std::string_view> seen;
  for (const QueryParam& param : *params) {
    if (!seen.insert(param.name).second) return invalid();
    tags.push_back({param.name, param.value});
  }
  return tags;
}

std::string EncodeTaggingHeader(const TagSet& tags) {
  std::string text;
  for (const Tag& tag : tags) {
    absl::StrAppend(&text, text.empty() ? "" : "&", PercentEncode(tag.key), "=",
                    PercentEncode(tag.value));
  }
  return text;
}

absl::StatusOr<uint64_t> DecodeNumber(std::string_view name, std::string_view text, uint64_t max) {
  uint64_t number = 0;
  const bool digits =
      !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  if (digits && absl::SimpleAtoi(V(text), &number) && number <= max) return number;
  return InvalidArgumentError(
      name, text, absl::StrCat("Provided ", V(name), " is not an integer of 0 to ", max));
}

}  // namespace cloudlet::http
