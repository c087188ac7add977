// The reader stands on pugixml, behind a look of our own (xml_scan.h); the writer on nothing.
#include "http/xml.h"

#include <cstddef>
#include <cstring>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "http/utf8.h"
#include "http/xml_scan.h"

namespace cloudlet::http {
namespace {

using base::V;

absl::Status Malformed(std::string_view why) {
  return MakeError(ErrorCode::kMalformedXml, absl::StrCat("the XML of the request: ", V(why)));
}

std::string_view LocalName(const char* name) {
  const char* const colon = std::strchr(name, ':');
  return colon == nullptr ? name : colon + 1;
}

pugi::xml_node_struct* ElementFrom(pugi::xml_node node) {
  while (node && node.type() != pugi::node_element) node = node.next_sibling();
  return node.internal_object();
}

}  // namespace

std::string_view XmlElement::name() const { return LocalName(pugi::xml_node(node_).name()); }

std::string XmlElement::text() const {
  std::string text;
  for (const pugi::xml_node child : pugi::xml_node(node_).children()) {
    if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) {
      text += child.value();
    }
  }
  return text;
}

std::string_view XmlElement::Attribute(std::string_view name) const {
  for (const pugi::xml_attribute attribute : pugi::xml_node(node_).attributes()) {
    if (LocalName(attribute.name()) == name) return attribute.value();
  }
  return {};
}

XmlElement XmlElement::Child(std::string_view name) const {
  for (const XmlElement child : children()) {
    if (child.name() == name) return child;
  }
  return XmlElement();
}

std::optional<std::string> XmlElement::ChildText(std::string_view name) const {
  const XmlElement child = Child(name);
  if (!child.exists()) return std::nullopt;
  return child.text();
}

XmlElement::Children XmlElement::children() const {
  return Children(ElementFrom(pugi::xml_node(node_).first_child()));
}

XmlElement::Iterator& XmlElement::Iterator::operator++() {
  node_ = ElementFrom(pugi::xml_node(node_).next_sibling());
  return *this;
}

XmlDocument::XmlDocument() : document_(std::make_unique<pugi::xml_document>()) {}
XmlDocument::XmlDocument(XmlDocument&&) noexcept = default;
XmlDocument& XmlDocument::operator=(XmlDocument&&) noexcept = default;
XmlDocument::~XmlDocument() = default;

absl::StatusOr<XmlDocument> XmlDocument::Parse(std::string_view text, std::string_view root,
                                               size_t max_bytes) {
  if (text.size() > max_bytes) {
    return Malformed(absl::StrCat("it has ", text.size(), " bytes, more than ", max_bytes));
  }
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  if (const std::string_view wrong = WrongInXml(text); !wrong.empty()) return Malformed(wrong);
  XmlDocument document;
  const pugi::xml_parse_result result = document.document_->load_buffer(
      text.data(), text.size(), pugi::parse_default | pugi::parse_ws_pcdata_single,
      pugi::encoding_utf8);
  if (!result) return Malformed(result.description());
  const XmlElement element = document.root();
  if (!root.empty() && element.name() != root) {
    return Malformed(absl::StrCat("the root is ", V(base::Quoted(element.name())), ", not ",
                                  V(base::Quoted(root))));
  }
  return document;
}

XmlElement XmlDocument::root() const { return XmlElement(ElementFrom(document_->first_child())); }

void AppendXmlEscaped(std::string* out, std::string_view text) {
  while (!text.empty()) {
    const char32_t c = TakeUtf8(&text).value_or(U'\uFFFD');
    if (c == '&') {
      *out += "&amp;";
    } else if (c == '<') {
      *out += "&lt;";
    } else if (c == '>') {
      *out += "&gt;";
    } else if (c == '"') {
      *out += "&quot;";
    } else if (c == 0) {
      AppendUtf8(out, U'\uFFFD');  // no reference can name it
    } else if (c < 0x20 || c == 0xFFFE || c == 0xFFFF) {
      absl::StrAppend(out, "&#x", absl::Hex(static_cast<uint32_t>(c)), ";");
    } else {
      AppendUtf8(out, c);
    }
  }
}

XmlWriter::XmlWriter(std::string_view root, std::string_view name_space) {
  out_ = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  if (name_space.empty()) {
    Open(root);
  } else {
    OpenWith(root, "xmlns=\"" + std::string(name_space) + "\"");
  }
}

XmlWriter& XmlWriter::Open(std::string_view name) {
  absl::StrAppend(&out_, "<", V(name), ">");
  open_.emplace_back(name);
  return *this;
}

XmlWriter& XmlWriter::OpenWith(std::string_view name, std::string_view attributes) {
  absl::StrAppend(&out_, "<", V(name), " ", V(attributes), ">");
  open_.emplace_back(name);
  return *this;
}

XmlWriter& XmlWriter::Close() {
  absl::StrAppend(&out_, "</", open_.back(), ">");
  open_.pop_back();
  return *this;
}

XmlWriter& XmlWriter::Text(std::string_view name, std::string_view text) {
  absl::StrAppend(&out_, "<", V(name), ">");
  AppendXmlEscaped(&out_, text);
  absl::StrAppend(&out_, "</", V(name), ">");
  return *this;
}

XmlWriter& XmlWriter::TextIfAny(std::string_view name, std::string_view text) {
  return text.empty() ? *this : Text(name, text);
}

XmlWriter& XmlWriter::Number(std::string_view name, uint64_t number) {
  absl::StrAppend(&out_, "<", V(name), ">", number, "</", V(name), ">");
  return *this;
}

XmlWriter& XmlWriter::Bool(std::string_view name, bool value) {
  absl::StrAppend(&out_, "<", V(name), ">", value ? "true" : "false", "</", V(name), ">");
  return *this;
}

XmlWriter& XmlWriter::Empty(std::string_view name) {
  absl::StrAppend(&out_, "<", V(name), "/>");
  return *this;
}

std::string XmlWriter::Finish() && {
  while (!open_.empty()) Close();
  return std::move(out_);
}

}  // namespace cloudlet::http
