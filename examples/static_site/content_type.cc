// The table of extensions, and the signatures of the formats that a documentation tree is made of.
#include "examples/static_site/content_type.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "examples/static_site/utf8.h"

namespace static_site {
namespace {

struct Row {
  std::string_view match;
  std::string_view type;
};

constexpr Row kByExtension[] = {
    {"c", "text/x-c"},
    {"cc", "text/x-c++"},
    {"cpp", "text/x-c++"},
    {"css", "text/css"},
    {"csv", "text/csv"},
    {"gif", "image/gif"},
    {"gz", "application/gzip"},
    {"h", "text/x-c"},
    {"hpp", "text/x-c++"},
    {"htm", "text/html"},
    {"html", "text/html"},
    {"ico", "image/x-icon"},
    {"java", "text/x-java"},
    {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg"},
    {"js", "text/javascript"},
    {"json", "application/json"},
    {"md", "text/markdown"},
    {"pdf", "application/pdf"},
    {"png", "image/png"},
    {"py", "text/x-python"},
    {"rst", "text/x-rst"},
    {"sh", "text/x-shellscript"},
    {"svg", "image/svg+xml"},
    {"tar", "application/x-tar"},
    {"txt", "text/plain"},
    {"webp", "image/webp"},
    {"woff", "font/woff"},
    {"woff2", "font/woff2"},
    {"xhtml", "application/xhtml+xml"},
    {"xml", "application/xml"},
    {"yaml", "application/yaml"},
    {"yml", "application/yaml"},
    {"zip", "application/zip"},
};

constexpr Row kBySignature[] = {
    {"\x1f\x8b", "application/gzip"},
    {"\x89PNG", "image/png"},
    {"\xff\xd8\xff", "image/jpeg"},
    {"%PDF-", "application/pdf"},
    {"<?xml", "application/xml"},
    {"<!doctype html", "text/html"},
    {"<html", "text/html"},
    {"#!", "text/x-shellscript"},
    {"PK\x03\x04", "application/zip"},
    {"GIF8", "image/gif"},
};

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return Lower(c); });
  return lower;
}

bool BeginsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

bool EndsWith(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
}

std::string_view ByExtension(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return {};
  const std::string extension = Lower(name.substr(dot + 1));
  for (const Row& row : kByExtension) {
    if (extension == row.match) return row.type;
  }
  return {};
}

std::string_view BySignature(std::string_view bytes) {
  const std::string begin = Lower(bytes.substr(0, 16));
  for (const Row& row : kBySignature) {
    if (BeginsWith(bytes, row.match) || BeginsWith(begin, row.match)) return row.type;
  }
  return {};
}

// `may_be_cut`: the last character may go on behind the end.
bool IsUtf8(std::string_view bytes, bool may_be_cut) {
  while (!bytes.empty()) {
    const size_t length = Utf8Length(bytes);
    if (length == 0) return may_be_cut && bytes.size() < 4;
    bytes.remove_prefix(length);
  }
  return true;
}

}  // namespace

std::string ContentTypeOf(std::string_view path, std::string_view first_bytes) {
  const bool may_be_cut = first_bytes.size() >= kSniffBytes;
  first_bytes = first_bytes.substr(0, kSniffBytes);
  const bool binary = first_bytes.find('\0') != std::string_view::npos;
  std::string_view type = ByExtension(path);
  if (type.empty()) type = BySignature(first_bytes);
  if (type.empty()) type = binary ? "application/octet-stream" : "text/plain";
  if (!BeginsWith(type, "text/")) return std::string(type);
  if (binary) return "application/octet-stream";
  return std::string(type) + (IsUtf8(first_bytes, may_be_cut) ? "; charset=utf-8" : "");
}

bool IsCompressible(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  constexpr std::array<std::string_view, 4> kTextInside = {"application/json", "application/xml",
                                                           "application/yaml", "application/x-tar"};
  return IsText(type) || EndsWith(type, "+xml") ||
         std::find(kTextInside.begin(), kTextInside.end(), type) != kTextInside.end();
}

bool IsText(std::string_view content_type) { return BeginsWith(content_type, "text/"); }

bool IsHtml(std::string_view content_type) {
  return BeginsWith(content_type, "text/html") || BeginsWith(content_type, "application/xhtml");
}

}  // namespace static_site
