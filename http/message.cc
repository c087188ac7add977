// See message.h.
#include "http/message.h"

#include <algorithm>

namespace cloudlet::http {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

bool SameName(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return Lower(x) == Lower(y); });
}

void Headers::Add(std::string_view name, std::string_view value) {
  list_.push_back({std::string(name), std::string(value)});
}

const std::string* Headers::Find(std::string_view name) const {
  for (const Header& header : list_) {
    if (SameName(header.name, name)) return &header.value;
  }
  return nullptr;
}

std::string_view Headers::Get(std::string_view name) const {
  const std::string* value = Find(name);
  return value == nullptr ? std::string_view() : std::string_view(*value);
}

size_t Headers::Count(std::string_view name) const {
  return static_cast<size_t>(std::count_if(
      list_.begin(), list_.end(), [name](const Header& h) { return SameName(h.name, name); }));
}

Response Handler::Refuse(int status, std::string_view detail) {
  Response response;
  response.status = status;
  response.headers.Add("Content-Type", "text/plain");
  response.body = absl::Cord(std::string(detail) + "\n");
  return response;
}

}  // namespace cloudlet::http
