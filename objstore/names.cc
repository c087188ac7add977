// Which bucket names, keys and headers are taken: see names.h.
#include "objstore/names.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"

namespace cloudlet::objstore {
namespace {

using base::V;

bool IsLowerOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// Four groups of digits: S3 refuses whatever is shaped like an IPv4 address.
bool LooksLikeAddress(std::string_view name) {
  int dots = 0;
  for (const char c : name) {
    if (c == '.') {
      ++dots;
    } else if (c < '0' || c > '9') {
      return false;
    }
  }
  return dots == 3;
}

const char* BrokenBucketRule(std::string_view name) {
  if (name.size() < 3 || name.size() > 63) return "a name has 3 to 63 characters";
  for (const char c : name) {
    if (!IsLowerOrDigit(c) && c != '-' && c != '.') {
      return "a name has only lower-case letters, digits, dots and hyphens";
    }
  }
  if (!IsLowerOrDigit(name.front()) || !IsLowerOrDigit(name.back())) {
    return "a name begins and ends with a letter or digit";
  }
  if (name.find("..") != std::string_view::npos) return "a name has no two adjacent dots";
  if (LooksLikeAddress(name)) return "a name is not shaped like an IP address";
  for (const char* prefix : {"xn--", "sthree-", "amzn-s3-demo-"}) {
    if (absl::StartsWith(V(name), prefix)) return "the prefix is reserved";
  }
  for (const char* suffix : {"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"}) {
    if (absl::EndsWith(V(name), suffix)) return "the suffix is reserved";
  }
  return nullptr;
}

bool IsTokenChar(char c) {
  if (absl::ascii_isalnum(static_cast<unsigned char>(c))) return true;
  return std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool BreaksALine(char c) { return c == '\r' || c == '\n' || c == '\0'; }

absl::Status CheckValue(std::string_view header, std::string_view value) {
  if (std::none_of(value.begin(), value.end(), BreaksALine)) return absl::OkStatus();
  return MakeError(ErrorCode::kInvalidArgument,
                   absl::StrCat(V(header), " has a CR, LF or NUL in its value"));
}

absl::Status CheckMetadata(const UserMetadata& metadata, const Limits& limits,
                           UserMetadata* stored) {
  size_t bytes = 0;
  for (const auto& [name, value] : metadata) {
    bool token = !name.empty();
    for (const char c : name) token = token && IsTokenChar(c);
    if (!token) {
      return MakeError(
          ErrorCode::kInvalidArgument,
          absl::StrCat("metadata name ", V(base::Quoted(name)), " is not an HTTP token"));
    }
    if (std::any_of(value.begin(), value.end(), BreaksALine)) {
      return CheckValue(absl::StrCat("metadata ", name), value);
    }
    bytes += name.size() + value.size();
    if (!stored->emplace(absl::AsciiStrToLower(name), value).second) {
      return MakeError(ErrorCode::kInvalidArgument,
                       absl::StrCat("metadata name ", name, " is given twice"));
    }
  }
  if (bytes > limits.max_user_metadata_bytes) {
    return MakeError(ErrorCode::kMetadataTooLarge,
                     absl::StrCat("user metadata of ", bytes, " bytes, the limit is ",
                                  limits.max_user_metadata_bytes));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckBucketName(std::string_view name) {
  const char* broken = BrokenBucketRule(name);
  return broken == nullptr ? absl::OkStatus() : MakeError(ErrorCode::kInvalidBucketName, broken);
}

absl::Status CheckKey(std::string_view key, const Limits& limits, KeyPolicy policy) {
  if (key.empty()) return MakeError(ErrorCode::kInvalidArgument, "the key is empty");
  if (key.size() > limits.max_key_bytes) {
    return MakeError(
        ErrorCode::kKeyTooLong,
        absl::StrCat("the key has ", key.size(), " bytes, the limit is ", limits.max_key_bytes));
  }
  if (policy == KeyPolicy::kUtf8 && !IsUtf8(key)) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "the key is not UTF-8 (KeyPolicy::kBytes takes any bytes)");
  }
  return absl::OkStatus();
}

absl::Status CheckHeaders(const PutOptions& options, const Limits& limits, ObjectInfo* stored) {
  const std::pair<const char*, const std::string*> headers[] = {
      {"Content-Type", &options.content_type},
      {"Cache-Control", &options.cache_control},
      {"Content-Disposition", &options.content_disposition},
      {"Content-Encoding", &options.content_encoding},
      {"Content-Language", &options.content_language},
      {"Expires", &options.expires},
      {"x-amz-website-redirect-location", &options.website_redirect_location},
  };
  size_t bytes = 0;
  for (const auto& [name, value] : headers) {
    CLOUDLET_RETURN_IF_ERROR(CheckValue(name, *value));
    bytes += value->size();
  }
  if (bytes > limits.max_system_metadata_bytes) {
    return MakeError(ErrorCode::kMetadataTooLarge,
                     absl::StrCat("system headers of ", bytes, " bytes, the limit is ",
                                  limits.max_system_metadata_bytes));
  }
  CLOUDLET_RETURN_IF_ERROR(CheckMetadata(options.metadata, limits, &stored->metadata));
  stored->content_type = options.content_type;
  stored->cache_control = options.cache_control;
  stored->content_disposition = options.content_disposition;
  stored->content_encoding = options.content_encoding;
  stored->content_language = options.content_language;
  stored->expires = options.expires;
  stored->website_redirect_location = options.website_redirect_location;
  return absl::OkStatus();
}

absl::Status CheckResponseHeaders(const ResponseHeaders& response, const Caller& caller) {
  const std::pair<const char*, const std::string*> headers[] = {
      {"response-content-type", &response.content_type},
      {"response-cache-control", &response.cache_control},
      {"response-content-disposition", &response.content_disposition},
      {"response-content-encoding", &response.content_encoding},
      {"response-content-language", &response.content_language},
      {"response-expires", &response.expires},
  };
  for (const auto& [name, value] : headers) {
    if (value->empty()) continue;
    if (caller.principal == kAnonymousPrincipal) {
      return MakeError(ErrorCode::kInvalidRequest,
                       "Request specific response headers cannot be used for anonymous requests.");
    }
    CLOUDLET_RETURN_IF_ERROR(CheckValue(name, *value));
  }
  return absl::OkStatus();
}

void SetResponseHeaders(const ResponseHeaders& response, ObjectInfo* info) {
  const std::pair<const std::string*, std::string*> headers[] = {
      {&response.content_type, &info->content_type},
      {&response.cache_control, &info->cache_control},
      {&response.content_disposition, &info->content_disposition},
      {&response.content_encoding, &info->content_encoding},
      {&response.content_language, &info->content_language},
      {&response.expires, &info->expires},
  };
  for (const auto& [wanted, shown] : headers) {
    if (!wanted->empty()) *shown = *wanted;
  }
}

absl::Status CheckDurability(Durability durability) {
  if (durability == Durability::kBuffered || durability == Durability::kSync) {
    return absl::OkStatus();
  }
  return MakeError(ErrorCode::kInvalidArgument,
                   absl::StrCat("durability has no value ", static_cast<int>(durability)));
}

std::optional<char32_t> ConsumeCodePoint(std::string_view* bytes) {
  const auto lead = static_cast<unsigned char>(bytes->front());
  if (lead < 0x80) {
    bytes->remove_prefix(1);
    return lead;
  }
  const int more = lead >= 0xC2 && lead < 0xE0   ? 1
                   : lead >= 0xE0 && lead < 0xF0 ? 2
                   : lead >= 0xF0 && lead < 0xF5 ? 3
                                                 : 0;
  if (more == 0 || bytes->size() <= static_cast<size_t>(more)) return std::nullopt;
  char32_t code = lead & (0x3F >> more);
  for (int k = 1; k <= more; ++k) {
    const auto c = static_cast<unsigned char>((*bytes)[static_cast<size_t>(k)]);
    if ((c & 0xC0) != 0x80) return std::nullopt;
    code = (code << 6) | (c & 0x3F);
  }
  const bool overlong = (more == 2 && code < 0x800) || (more == 3 && code < 0x10000);
  if (overlong || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return std::nullopt;
  bytes->remove_prefix(static_cast<size_t>(more) + 1);
  return code;
}

bool IsUtf8(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!ConsumeCodePoint(&bytes).has_value()) return false;
  }
  return true;
}

}  // namespace cloudlet::objstore
