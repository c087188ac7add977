// XML as S3 speaks it: a strict reader, and a writer.
//
//   absl::StatusOr<XmlDocument> document = XmlDocument::Parse(body, "Tagging");
//   for (XmlElement tag : document->root().Child("TagSet").children()) Use(tag.ChildText("Key"));
//
//   XmlWriter xml("Tagging");
//   xml.Open("TagSet").Open("Tag").Text("Key", key).Text("Value", value).Close().Close();
//   return std::move(xml).Finish();
//
// What is read is UTF-8, without a document type, at most kXmlDepth deep, with one root of the name
// that was asked for; all else is MalformedXML. Elements are known by their local names, whatever
// their namespaces, as S3 has it. Unlike XML 1.0 a character may be any but NUL where it is written
// as a reference (&#x1;), since keys are made of such.
#ifndef CLOUDLET_HTTP_XML_H_
#define CLOUDLET_HTTP_XML_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace pugi {
struct xml_node_struct;
class xml_document;
}  // namespace pugi

namespace cloudlet::http {

inline constexpr char kS3Namespace[] = "http://s3.amazonaws.com/doc/2006-03-01/";

// Bytes of a document at most; the large size is for 1,000 deletes of keys of 1,024 bytes, all of
// them escaped, and for 10,000 parts with their checksums.
inline constexpr size_t kXmlBytes = size_t{1} << 20;
inline constexpr size_t kLargeXmlBytes = size_t{8} << 20;
inline constexpr int kXmlDepth = 16;
inline constexpr size_t kXmlElements = 200'000;

// An element of a document, or none, of which everything is empty. Valid as long as the document.
class XmlElement {
 public:
  class Iterator;
  class Children;

  explicit XmlElement(pugi::xml_node_struct* node = nullptr) : node_(node) {}

  bool exists() const { return node_ != nullptr; }
  std::string_view name() const;  // local: "Tag" of "s3:Tag"
  std::string text() const;       // of this element, not of those in it
  // By its local name; empty: it is not there.
  std::string_view Attribute(std::string_view name) const;
  // The first of this name, or none.
  XmlElement Child(std::string_view name) const;
  // Its text; none where it is not there.
  std::optional<std::string> ChildText(std::string_view name) const;
  Children children() const;  // elements, in their order

 private:
  pugi::xml_node_struct* node_;
};

class XmlElement::Iterator {
 public:
  explicit Iterator(pugi::xml_node_struct* node) : node_(node) {}
  XmlElement operator*() const { return XmlElement(node_); }
  Iterator& operator++();
  friend bool operator!=(const Iterator& a, const Iterator& b) { return a.node_ != b.node_; }

 private:
  pugi::xml_node_struct* node_;
};

class XmlElement::Children {
 public:
  explicit Children(pugi::xml_node_struct* first) : first_(first) {}
  Iterator begin() const { return Iterator(first_); }
  Iterator end() const { return Iterator(nullptr); }

 private:
  pugi::xml_node_struct* first_;
};

class XmlDocument {
 public:
  // MalformedXML, also for a text above `max_bytes` and a root of another name (an empty one: any).
  static absl::StatusOr<XmlDocument> Parse(std::string_view text, std::string_view root,
                                           size_t max_bytes = kXmlBytes);
  XmlDocument(XmlDocument&&) noexcept;
  XmlDocument& operator=(XmlDocument&&) noexcept;
  ~XmlDocument();

  XmlElement root() const;

 private:
  XmlDocument();
  std::unique_ptr<pugi::xml_document> document_;
};

// Writes a document front to back. Text is escaped as S3 does it: markup and quotes by name,
// control characters and what XML cannot hold as &#x1;. Bytes that are no UTF-8 become U+FFFD (S3
// has no such keys; a list with encoding-type=url shows them as they are).
class XmlWriter {
 public:
  // With the declaration and the root; an empty namespace is left out.
  explicit XmlWriter(std::string_view root, std::string_view name_space = kS3Namespace);

  XmlWriter& Open(std::string_view name);
  // `attributes` as they are to be written: `xmlns:xsi="..." xsi:type="Group"`.
  XmlWriter& OpenWith(std::string_view name, std::string_view attributes);
  XmlWriter& Close();  // the innermost open element
  XmlWriter& Text(std::string_view name, std::string_view text);
  // The same, but nothing for an empty text.
  XmlWriter& TextIfAny(std::string_view name, std::string_view text);
  XmlWriter& Number(std::string_view name, uint64_t number);
  XmlWriter& Bool(std::string_view name, bool value);
  XmlWriter& Empty(std::string_view name);  // <name/>
  // Closes what is open.
  std::string Finish() &&;

 private:
  std::string out_;
  std::vector<std::string> open_;
};

// Appends `text` escaped, as XmlWriter does.
void AppendXmlEscaped(std::string* out, std::string_view text);

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_XML_H_
