// Header lists and URLs of the edge's messages.
#include "cloudlet/edge_http.h"

#include <algorithm>
#include <utility>

namespace cloudlet {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

bool SameHttpName(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

void HttpHeaders::Add(std::string_view name, std::string_view value) {
  list_.push_back({std::string(name), std::string(value)});
}

void HttpHeaders::Set(std::string_view name, std::string_view value) {
  const auto first = std::find_if(list_.begin(), list_.end(), [&](const HttpHeader& header) {
    return SameHttpName(header.name, name);
  });
  if (first == list_.end()) return Add(name, value);
  *first = {std::string(name), std::string(value)};
  list_.erase(
      std::remove_if(first + 1, list_.end(),
                     [&](const HttpHeader& header) { return SameHttpName(header.name, name); }),
      list_.end());
}

size_t HttpHeaders::Remove(std::string_view name) {
  const size_t before = list_.size();
  list_.erase(
      std::remove_if(list_.begin(), list_.end(),
                     [&](const HttpHeader& header) { return SameHttpName(header.name, name); }),
      list_.end());
  return before - list_.size();
}

const std::string* HttpHeaders::Find(std::string_view name) const {
  for (const HttpHeader& header : list_) {
    if (SameHttpName(header.name, name)) return &header.value;
  }
  return nullptr;
}

size_t HttpHeaders::Count(std::string_view name) const {
  return static_cast<size_t>(
      std::count_if(list_.begin(), list_.end(),
                    [&](const HttpHeader& header) { return SameHttpName(header.name, name); }));
}

std::optional<std::string> HttpHeaders::Joined(std::string_view name) const {
  std::optional<std::string> joined;
  for (const HttpHeader& header : list_) {
    if (!SameHttpName(header.name, name)) continue;
    joined = joined ? std::move(*joined) + ", " + header.value : header.value;
  }
  return joined;
}

std::string ToString(const HttpUrl& url) {
  std::string text = url.scheme + "://" + url.authority + url.path;
  if (url.query) text += "?" + *url.query;
  return text;
}

std::optional<HttpUrl> ParseHttpUrl(std::string_view text) {
  const size_t colon = text.find("://");
  if (colon == std::string_view::npos || text.find('#') != std::string_view::npos) {
    return std::nullopt;
  }
  HttpUrl url;
  url.scheme.clear();
  for (const char c : text.substr(0, colon)) url.scheme += Lower(c);
  if (url.scheme != "http" && url.scheme != "https") return std::nullopt;
  std::string_view rest = text.substr(colon + 3);
  const size_t end = std::min(rest.find_first_of("/?"), rest.size());
  for (const char c : rest.substr(0, end)) url.authority += Lower(c);
  if (url.authority.empty() || url.authority.find('@') != std::string::npos) return std::nullopt;
  rest.remove_prefix(end);
  const size_t query = rest.find('?');
  if (query != std::string_view::npos) url.query = std::string(rest.substr(query + 1));
  const std::string_view path = rest.substr(0, query);
  url.path = std::string(path.empty() ? std::string_view("/") : path);
  return url;
}

}  // namespace cloudlet
