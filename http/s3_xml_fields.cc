// Each piece of a document with its writer beside its reader.
#include "http/s3_xml_fields.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "http/http_date.h"

namespace cloudlet::http {
namespace {

using base::V;

absl::Status Malformed(std::string_view element, std::string_view why) {
  return MakeError(ErrorCode::kMalformedXml, absl::StrCat("element ", V(element), ": ", V(why)));
}

std::string ChecksumElement(ChecksumAlgorithm algorithm) {
  return absl::StrCat("Checksum", V(ChecksumAlgorithmName(algorithm)));
}

std::optional<ChecksumAlgorithm> AlgorithmOfElement(std::string_view name) {
  if (name.substr(0, 8) != "Checksum") return std::nullopt;
  return ChecksumAlgorithmNamed(name.substr(8));
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The inverse of UrlEncodeKey, and of S3's own form, in which '+' is a space. Unlike uri.h's it
// gives any bytes, as keys may be.
std::optional<std::string> UrlDecodeKey(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = HexDigit(text[i + 1]);
    const int low = HexDigit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

bool IsOneOf(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

void WriteOwner(XmlWriter* xml, std::string_view element, const Owner& owner) {
  xml->Open(element).Text("ID", owner.id).TextIfAny("DisplayName", owner.display_name).Close();
}

Owner ReadOwner(const XmlElement& parent, std::string_view element) {
  const XmlElement owner = parent.Child(element);
  return {TextOr(owner, "ID"), TextOr(owner, "DisplayName")};
}

std::string QuotedEtag(std::string_view etag) { return absl::StrCat("\"", V(etag), "\""); }

std::string UnquotedEtag(std::string_view etag) {
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') {
    etag = etag.substr(1, etag.size() - 2);
  }
  return std::string(etag);
}

void WriteEtag(XmlWriter* xml, std::string_view etag) { xml->Text("ETag", QuotedEtag(etag)); }

void WriteChecksum(XmlWriter* xml, const Checksum& checksum) {
  xml->TextIfAny(ChecksumElement(checksum.algorithm), checksum.value);
}

void WriteChecksumAndType(XmlWriter* xml, const Checksum& checksum) {
  if (checksum.value.empty()) return;
  WriteChecksum(xml, checksum);
  xml->Text("ChecksumType", ChecksumTypeName(checksum.type));
}

absl::StatusOr<std::optional<Checksum>> ReadChecksum(const XmlElement& parent) {
  std::optional<Checksum> checksum;
  for (const XmlElement child : parent.children()) {
    const std::optional<ChecksumAlgorithm> algorithm = AlgorithmOfElement(child.name());
    if (!algorithm.has_value()) continue;
    if (checksum.has_value()) {
      return MakeError(ErrorCode::kInvalidRequest, "more than one checksum is given");
    }
    checksum = Checksum{*algorithm, ChecksumType::kFullObject, child.text()};
  }
  if (!checksum.has_value()) return checksum;
  const std::optional<std::string> type = parent.ChildText("ChecksumType");
  if (type.has_value()) {
    const std::optional<ChecksumType> named = ChecksumTypeNamed(*type);
    if (!named.has_value()) return Malformed("ChecksumType", "there is no such type");
    checksum->type = *named;
  } else if (checksum->value.find('-') != std::string::npos) {
    checksum->type = ChecksumType::kComposite;
  }
  return checksum;
}

bool IsChecksumElement(std::string_view name) { return AlgorithmOfElement(name).has_value(); }

absl::StatusOr<uint64_t> ReadNumber(const XmlElement& parent, std::string_view name, uint64_t max) {
  CLOUDLET_ASSIGN_OR_RETURN(const std::string text, ReadText(parent, name));
  uint64_t number = 0;
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  if (!digits || !absl::SimpleAtoi(text, &number) || number > max) {
    return Malformed(name, absl::StrCat(V(base::Quoted(text)), " is no number of 0 to ", max));
  }
  return number;
}

absl::StatusOr<uint64_t> ReadNumberOr(const XmlElement& parent, std::string_view name, uint64_t max,
                                      uint64_t absent) {
  if (!parent.Child(name).exists()) return absent;
  return ReadNumber(parent, name, max);
}

absl::StatusOr<bool> ReadBool(const XmlElement& parent, std::string_view name) {
  const XmlElement child = parent.Child(name);
  if (!child.exists()) return false;
  const std::string text = child.text();
  if (absl::EqualsIgnoreCase(text, "true")) return true;
  if (absl::EqualsIgnoreCase(text, "false")) return false;
  return Malformed(name, "neither true nor false");
}

absl::StatusOr<absl::Time> ReadTime(const XmlElement& parent, std::string_view name) {
  CLOUDLET_ASSIGN_OR_RETURN(const std::string text, ReadText(parent, name));
  const std::optional<absl::Time> time = ParseIsoTime(text);
  if (!time.has_value()) return Malformed(name, "it is no date");
  return *time;
}

absl::StatusOr<std::string> ReadText(const XmlElement& parent, std::string_view name) {
  const XmlElement child = parent.Child(name);
  if (!child.exists()) return Malformed(name, "it is missing");
  return child.text();
}

std::string TextOr(const XmlElement& parent, std::string_view name, std::string_view absent) {
  return parent.ChildText(name).value_or(std::string(absent));
}

absl::Status OnlyChildren(const XmlElement& element, std::initializer_list<std::string_view> leaves,
                          std::initializer_list<std::string_view> parents) {
  for (const XmlElement child : element.children()) {
    const std::string_view name = child.name();
    if (IsOneOf(name, parents)) continue;
    if (!IsOneOf(name, leaves)) {
      return Malformed(element.name(), absl::StrCat("it has no ", V(base::Quoted(name))));
    }
    for (const XmlElement inner : child.children()) {
      return Malformed(name, absl::StrCat("it has no ", V(base::Quoted(inner.name()))));
    }
  }
  return absl::OkStatus();
}

std::string EncodeListed(std::string_view text, EncodingType encoding) {
  return encoding == EncodingType::kUrl ? UrlEncodeKey(text) : std::string(text);
}

absl::StatusOr<std::string> DecodeListed(std::string_view text, EncodingType encoding) {
  if (encoding == EncodingType::kNone) return std::string(text);
  std::optional<std::string> decoded = UrlDecodeKey(text);
  if (!decoded.has_value()) return Malformed(text, "it is not percent-encoded");
  return *std::move(decoded);
}

EncodingType ReadEncodingType(const XmlElement& root) {
  return TextOr(root, "EncodingType") == "url" ? EncodingType::kUrl : EncodingType::kNone;
}

}  // namespace cloudlet::http
