// Keys of the site's bucket: made here, and taken apart here.
#include "examples/static_site/layout.h"

namespace static_site {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

std::string Join(std::string_view prefix, std::string_view path, std::string_view suffix = {}) {
  std::string key;
  key.reserve(prefix.size() + path.size() + suffix.size());
  key.append(prefix).append(path).append(suffix);
  return key;
}

// Whether `key` is prefix + path + suffix; sets `path`.
bool Split(std::string_view key, std::string_view prefix, std::string_view suffix,
           std::string* path) {
  if (key.size() <= prefix.size() + suffix.size()) return false;
  if (key.substr(0, prefix.size()) != prefix) return false;
  if (key.substr(key.size() - suffix.size()) != suffix) return false;
  *path = key.substr(prefix.size(), key.size() - prefix.size() - suffix.size());
  return true;
}

std::string TwoHexDigits(unsigned byte) {
  return {kHexDigits[(byte >> 4) & 15], kHexDigits[byte & 15]};
}

}  // namespace

std::string FileKey(std::string_view path) { return Join(kFilesPrefix, path); }
std::string GzipKey(std::string_view path) { return Join(kGzipPrefix, path, ".gz"); }
std::string MetaKey(std::string_view path) { return Join(kMetaPrefix, path, ".json"); }
std::string WordsKey(std::string_view path) { return Join(WordsPrefix(ShardOf(path)), path); }
std::string WordsPrefix(std::string_view shard) { return Join(kWordsPrefix, shard, "/"); }
std::string IndexKey(std::string_view shard) { return Join(kIndexPrefix, shard, ".json"); }

std::string PathOfKey(std::string_view key) {
  std::string path;
  if (Split(key, kFilesPrefix, "", &path)) return path;
  if (Split(key, kGzipPrefix, ".gz", &path)) return path;
  if (Split(key, kMetaPrefix, ".json", &path)) return path;
  if (Split(key, kWordsPrefix, "", &path) && path.size() > 3 && path[2] == '/') {
    return path.substr(3);
  }
  return "";
}

std::string ShardOfWordsKey(std::string_view key) {
  std::string rest;
  if (!Split(key, kWordsPrefix, "", &rest) || rest.size() <= 3 || rest[2] != '/') return "";
  return rest.substr(0, 2);
}

std::string ShardOf(std::string_view path) {
  const uint64_t hash = StableHash(path);
  return TwoHexDigits(static_cast<unsigned>((hash ^ (hash >> 32)) & 255));
}

std::vector<std::string> AllShards() {
  std::vector<std::string> shards;
  for (unsigned i = 0; i < 256; ++i) shards.push_back(TwoHexDigits(i));
  return shards;
}

uint64_t StableHash(std::string_view bytes, uint64_t seed) {
  uint64_t hash = seed;
  for (const char c : bytes) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211u;
  }
  return hash;
}

}  // namespace static_site
