// Two header fields, and the numbers that stand for what they name.
#include "edge/tags.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "edge/lists.h"
#include "edge/structured_field.h"

namespace cloudlet::edge {
namespace {

constexpr size_t kMostTags = 1'024;

std::vector<std::string> GroupsIn(const HttpHeaders& headers, std::string_view name) {
  const std::optional<std::string> value = headers.Joined(name);
  if (!value) return {};
  return ParseSfStringList(*value).value_or(std::vector<std::string>());
}

}  // namespace

uint64_t TagOf(std::string_view name) { return std::hash<std::string_view>()(name); }

// No name of a tag is empty.
uint64_t OverflowTag() { return TagOf(""); }

uint64_t GroupTagOf(std::string_view authority, std::string_view name) {
  std::string both(authority);
  both.append(1, '\0').append(name);
  return TagOf(both);
}

std::vector<uint64_t> TagsOf(std::string_view authority, const HttpHeaders& response) {
  std::vector<uint64_t> tags;
  const auto add = [&](uint64_t tag) {
    if (tags.size() == kMostTags) tag = OverflowTag();
    if (tags.size() <= kMostTags) tags.push_back(tag);
  };
  for (const HttpHeader& header : response) {
    if (!SameHttpName(header.name, "Surrogate-Key")) continue;
    std::string_view rest = Trimmed(header.value);
    while (!rest.empty()) {
      const size_t end = std::min(rest.find_first_of(" \t"), rest.size());
      add(TagOf(rest.substr(0, end)));
      rest = Trimmed(rest.substr(end));
    }
  }
  for (const std::string& group : GroupsIn(response, "Cache-Groups")) {
    add(TagOf(group));
    add(GroupTagOf(authority, group));
  }
  std::sort(tags.begin(), tags.end());
  tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
  return tags;
}

std::vector<uint64_t> InvalidatedGroups(std::string_view authority, const HttpHeaders& response) {
  std::vector<uint64_t> tags;
  for (const std::string& group : GroupsIn(response, "Cache-Group-Invalidation")) {
    tags.push_back(GroupTagOf(authority, group));
  }
  return tags;
}

}  // namespace cloudlet::edge
