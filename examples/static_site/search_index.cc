// Rebuilds one shard from the words of its files. What a shard was made from is the list of those
// objects and their ETags, as one number: a shard that was made from the current list is left
// alone, so a burst of events costs one build.
#include "examples/static_site/search_index.h"

#include <cstdint>
#include <string_view>

#include "examples/static_site/derive.h"
#include "examples/static_site/json.h"
#include "examples/static_site/layout.h"

namespace static_site {
namespace {

using cloudlet::ListEntry;

absl::StatusOr<std::vector<ListEntry>> ListWords(const cloudlet::Bucket& bucket,
                                                 const std::string& shard) {
  std::vector<ListEntry> entries;
  for (const absl::StatusOr<ListEntry>& entry : bucket.List({.prefix = WordsPrefix(shard)})) {
    if (!entry.ok()) return entry.status();
    entries.push_back(*entry);
  }
  return entries;
}

// Empty for an empty list.
std::string IdentityOf(const std::vector<ListEntry>& entries) {
  if (entries.empty()) return "";
  uint64_t hash = StableHash("");
  for (const ListEntry& entry : entries) {
    hash = StableHash(entry.key, hash);
    hash = StableHash(std::string_view("\0", 1), hash);
    hash = StableHash(entry.etag, hash);
    hash = StableHash(std::string_view("\0", 1), hash);
  }
  return std::to_string(entries.size()) + "-" + std::to_string(hash);
}

std::vector<std::string> Lines(std::string_view text) {
  std::vector<std::string> lines;
  for (size_t end = 0; (end = text.find('\n')) != std::string_view::npos;) {
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return lines;
}

// The very objects that were listed: PreconditionFailed or NoSuchKey when one has changed.
absl::StatusOr<WordsByPath> ReadWords(const cloudlet::Bucket& bucket,
                                      const std::vector<ListEntry>& entries) {
  WordsByPath files;
  for (const ListEntry& entry : entries) {
    absl::StatusOr<cloudlet::GetResult> words = bucket.Get(entry.key, {.if_match = entry.etag});
    if (!words.ok()) return words.status();
    files[PathOfKey(entry.key)] = Lines(std::string(words->body));
  }
  return files;
}

}  // namespace

std::string ShardToJson(const WordsByPath& files) {
  std::vector<std::string> paths;
  std::map<std::string, std::string> numbers;  // of each word: "0,3,17"
  for (const auto& [path, words] : files) {
    const std::string number = std::to_string(paths.size());
    paths.push_back(path);
    for (const std::string& word : words) {
      std::string& list = numbers[word];
      if (!list.empty()) list.push_back(',');
      list += number;
    }
  }
  std::string json = "{\"files\":" + JsonStrings(paths) + ",\"words\":{";
  const char* separator = "";
  for (const auto& [word, list] : numbers) {
    json += separator + JsonString(word) + ":[" + list + "]";
    separator = ",";
  }
  json += "}}\n";
  return json;
}

absl::Status BuildShard(const cloudlet::Bucket& bucket, const std::string& shard) {
  const std::string key = IndexKey(shard);
  std::vector<ListEntry> entries;  // what the identity at hand stands for
  return BringUpToDate(
      bucket,
      Derivation{.key = key,
                 .source = [&]() -> absl::StatusOr<std::string> {
                   absl::StatusOr<std::vector<ListEntry>> listed = ListWords(bucket, shard);
                   if (!listed.ok()) return listed.status();
                   entries = *std::move(listed);
                   return IdentityOf(entries);
                 },
                 .make = [&](const std::string&, cloudlet::PutOptions options) -> absl::Status {
                   absl::StatusOr<WordsByPath> files = ReadWords(bucket, entries);
                   if (!files.ok()) return files.status();
                   options.content_type = "application/json";
                   return bucket.Put(key, ShardToJson(*files), options).status();
                 }});
}

}  // namespace static_site
