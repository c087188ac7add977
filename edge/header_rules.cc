// Lists of header names, and what is done with them.
#include "edge/header_rules.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "edge/date.h"
#include "edge/lists.h"

namespace cloudlet::edge {
namespace {

constexpr std::string_view kConnectionFields[] = {
    "Connection",       "Keep-Alive", "Proxy-Authenticate",  "Proxy-Authentication-Info",
    "Proxy-Connection", "TE",         "Proxy-Authorization", "Transfer-Encoding",
    "Upgrade"};

constexpr std::string_view kKept[] = {"Content-Length", "Content-Encoding", "Content-Range"};

template <typename Names>
bool IsOneOf(std::string_view name, const Names& names) {
  return std::any_of(std::begin(names), std::end(names),
                     [&](std::string_view one) { return SameHttpName(name, one); });
}

}  // namespace

void RemoveConnectionFields(HttpHeaders* headers) {
  std::vector<std::string> listed;
  for (const std::string_view name : ListOf(*headers, "Connection")) listed.emplace_back(name);
  for (const std::string& name : listed) headers->Remove(name);
  for (const std::string_view name : kConnectionFields) headers->Remove(name);
}

void RemoveExcludedFields(const Directives& directives, HttpHeaders* headers) {
  for (const std::string& name : directives.excluded_fields) headers->Remove(name);
}

void EnsureDate(absl::Time response_time, HttpHeaders* headers) {
  if (headers->Find("Date") == nullptr) headers->Add("Date", FormatDate(response_time));
}

HttpHeaders Updated(const HttpHeaders& stored, const HttpHeaders& fresh) {
  HttpHeaders out = stored;
  out.Remove("Age");
  out.Remove("Date");
  for (const HttpHeader& header : fresh) {
    if (!IsOneOf(header.name, kKept)) out.Remove(header.name);
  }
  for (const HttpHeader& header : fresh) {
    if (!IsOneOf(header.name, kKept)) out.Add(header.name, header.value);
  }
  return out;
}

}  // namespace cloudlet::edge
