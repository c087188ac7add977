// Written by hand, in the order of the fields that S3 has, so that equal events give equal bytes.
#include "triggers/event_json.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/bytes.h"
#include "base/random.h"
#include "base/strings.h"
#include "cloudlet/event.h"

namespace cloudlet::triggers {
namespace {

constexpr std::string_view kEtagOfNoBytes = "d41d8cd98f00b204e9800998ecf8427e";

// The bytes that `text` begins with and that are one character in UTF-8; 0 when there is none.
size_t Utf8Length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  if (lead == 0xE0 && byte(1) < 0xA0) return 0;   // overlong
  if (lead == 0xED && byte(1) >= 0xA0) return 0;  // surrogates
  if (lead == 0xF0 && byte(1) < 0x90) return 0;   // overlong
  if (lead == 0xF4 && byte(1) >= 0x90) return 0;  // above U+10FFFF
  return length;
}

void AppendField(std::string* out, std::string_view name, std::string_view value) {
  absl::StrAppend(out, "\"", base::V(name), "\":");
  AppendJsonString(out, value);
}

// S3's second id of a request says nothing in here; it is a fixed hash of the first, 32 characters
// long.
std::string ExtendedRequestId(std::string_view request_id) {
  uint64_t hash = request_id.size();
  for (const char c : request_id) hash = base::Mix64(hash ^ static_cast<unsigned char>(c));
  std::string bytes;
  for (uint64_t i = 1; i <= 3; ++i) base::AppendU64(&bytes, base::Mix64(hash + i));
  return base::Base64Encode(bytes);
}

bool IsCreated(EventType type) { return EventTypeCovers(EventType::kObjectCreated, type); }
bool IsTagging(EventType type) { return EventTypeCovers(EventType::kObjectTagging, type); }

void AppendObject(std::string* out, const Event& event) {
  absl::StrAppend(out, "\"object\":{");
  AppendField(out, "key", EncodeEventKey(event.key));
  if (IsCreated(event.type) || EventTypeCovers(EventType::kObjectAnnotation, event.type)) {
    absl::StrAppend(out, ",\"size\":", event.size, ",");
    AppendField(out, "eTag", event.etag);
  } else if (IsTagging(event.type)) {
    absl::StrAppend(out, ",");
    AppendField(out, "eTag", event.etag);
  } else if (event.type == EventType::kObjectRemovedDeleteMarkerCreated) {
    absl::StrAppend(out, ",");
    AppendField(out, "eTag", kEtagOfNoBytes);
  }
  if (!event.version_id.empty() && event.version_id != "null") {
    absl::StrAppend(out, ",");
    AppendField(out, "versionId", event.version_id);
  }
  if (!IsTagging(event.type)) {  // S3 gives these none
    absl::StrAppend(out, ",");
    AppendField(out, "sequencer", event.sequencer());
  }
  absl::StrAppend(out, "}");
}

}  // namespace

std::string EventJson(const Event& event, std::string_view region, std::string_view owner) {
  std::string out = "{\"Records\":[{";
  AppendField(&out, "eventVersion", "2.5");
  absl::StrAppend(&out, ",");
  AppendField(&out, "eventSource", "aws:s3");
  absl::StrAppend(&out, ",");
  AppendField(&out, "awsRegion", region);
  absl::StrAppend(&out, ",");
  AppendField(&out, "eventTime", JsonTime(event.time));
  absl::StrAppend(&out, ",");
  AppendField(&out, "eventName", EventTypeName(event.type));
  absl::StrAppend(&out, ",\"userIdentity\":{");
  AppendField(&out, "principalId", event.principal.empty() ? owner : event.principal);
  absl::StrAppend(&out, "},\"requestParameters\":{");
  AppendField(&out, "sourceIPAddress", event.source_address);
  absl::StrAppend(&out, "},\"responseElements\":{");
  AppendField(&out, "x-amz-request-id", event.request_id);
  absl::StrAppend(&out, ",");
  AppendField(&out, "x-amz-id-2", ExtendedRequestId(event.request_id));
  absl::StrAppend(&out, "},\"s3\":{");
  AppendField(&out, "s3SchemaVersion", "1.0");
  absl::StrAppend(&out, ",");
  AppendField(&out, "configurationId", event.trigger_id);
  absl::StrAppend(&out, ",\"bucket\":{");
  AppendField(&out, "name", event.bucket);
  absl::StrAppend(&out, ",\"ownerIdentity\":{");
  AppendField(&out, "principalId", owner);
  absl::StrAppend(&out, "},");
  AppendField(&out, "arn", absl::StrCat("arn:aws:s3:::", event.bucket));
  absl::StrAppend(&out, "},");
  AppendObject(&out, event);
  absl::StrAppend(&out, "}}]}");
  return out;
}

std::string EncodeEventKey(std::string_view key) {
  constexpr std::string_view kKept = "-_.*/";
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(key.size());
  for (const char c : key) {
    const bool alphanumeric =
        (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (alphanumeric || kKept.find(c) != std::string_view::npos) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  return out;
}

void AppendJsonString(std::string* out, std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  *out += '"';
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    const char c = text.front();
    const auto byte = static_cast<unsigned char>(c);
    if (length == 0) {
      *out += "\xEF\xBF\xBD";
    } else if (c == '"' || c == '\\') {
      *out += '\\';
      *out += c;
    } else if (c == '\n') {
      *out += "\\n";
    } else if (byte < 0x20) {
      *out += "\\u00";
      *out += kDigits[byte >> 4];
      *out += kDigits[byte & 15];
    } else {
      out->append(text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  *out += '"';
}

std::string JsonTime(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

}  // namespace cloudlet::triggers
