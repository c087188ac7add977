// What several of S3's documents have in common: owners, ETags, checksums, numbers, dates.
//
// Whoever reads a request's document says first which elements it may have (OnlyChildren), as what
// is not understood must not be ignored; answers are read leniently, since services add to them.
#ifndef CLOUDLET_HTTP_S3_XML_FIELDS_H_
#define CLOUDLET_HTTP_S3_XML_FIELDS_H_

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cloudlet/checksum.h"
#include "cloudlet/listing.h"
#include "http/xml.h"

namespace cloudlet::http {

// S3 dropped display names in 2025; who sets none has none written.
struct Owner {
  std::string id = {};  // canonical user id
  std::string display_name = {};

  friend bool operator==(const Owner& a, const Owner& b) {
    return a.id == b.id && a.display_name == b.display_name;
  }
};

void WriteOwner(XmlWriter* xml, std::string_view element, const Owner& owner);
Owner ReadOwner(const XmlElement& parent, std::string_view element);

// "abc" with its quotes, and without; an ETag of a request comes quoted or not.
std::string QuotedEtag(std::string_view etag);
std::string UnquotedEtag(std::string_view etag);
void WriteEtag(XmlWriter* xml, std::string_view etag);

// <ChecksumCRC32>value</ChecksumCRC32>; nothing for an empty value.
void WriteChecksum(XmlWriter* xml, const Checksum& checksum);
// The same, and <ChecksumType>.
void WriteChecksumAndType(XmlWriter* xml, const Checksum& checksum);
// The one that an element has, none where it has none; InvalidRequest for more than one. Its type
// is what ChecksumType says, else kComposite for a value that tells a number of parts.
absl::StatusOr<std::optional<Checksum>> ReadChecksum(const XmlElement& parent);
// Whether `name` is ChecksumCRC32 or the like.
bool IsChecksumElement(std::string_view name);

// Digits only; MalformedXML else, and for numbers above `max`.
absl::StatusOr<uint64_t> ReadNumber(const XmlElement& parent, std::string_view name, uint64_t max);
absl::StatusOr<uint64_t> ReadNumberOr(const XmlElement& parent, std::string_view name, uint64_t max,
                                      uint64_t absent);
// "true" or "false" in any case; false where it is not there.
absl::StatusOr<bool> ReadBool(const XmlElement& parent, std::string_view name);
absl::StatusOr<absl::Time> ReadTime(const XmlElement& parent, std::string_view name);
// MalformedXML where it is not there.
absl::StatusOr<std::string> ReadText(const XmlElement& parent, std::string_view name);
std::string TextOr(const XmlElement& parent, std::string_view name, std::string_view absent = "");

// MalformedXML where `element` has another element than these, or one of them has elements in it
// and is not in `parents`.
absl::Status OnlyChildren(const XmlElement& element, std::initializer_list<std::string_view> leaves,
                          std::initializer_list<std::string_view> parents = {});

// Texts of a listing, which encoding-type=url writes percent-encoded.
std::string EncodeListed(std::string_view text, EncodingType encoding);
// MalformedXML for a text that is not so encoded.
absl::StatusOr<std::string> DecodeListed(std::string_view text, EncodingType encoding);
// What <EncodingType> says.
EncodingType ReadEncodingType(const XmlElement& root);

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_S3_XML_FIELDS_H_
