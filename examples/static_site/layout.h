// What the site's bucket looks like: which key holds what.
//
//   files/<path>        the file itself, put by the publisher; all else is derived by functions:
//   gz/<path>.gz        the file compressed, where its type is worth it  (compress.h)
//   meta/<path>.json    size, content type and the links found in it     (describe.h)
//   words/<nn>/<path>   the words of a text, one per line                (words.h)
//   index/<nn>.json     the search index over words/<nn>/                (search_index.h)
//
// <nn> is the shard of a path: two hex digits. <path> is relative to the published directory, with
// '/' between its parts.
#ifndef EXAMPLES_STATIC_SITE_LAYOUT_H_
#define EXAMPLES_STATIC_SITE_LAYOUT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace static_site {

inline constexpr char kBucket[] = "site";
inline constexpr char kDeadLetterBucket[] = "site-dead-letters";

inline constexpr char kFilesPrefix[] = "files/";
inline constexpr char kGzipPrefix[] = "gz/";
inline constexpr char kMetaPrefix[] = "meta/";
inline constexpr char kWordsPrefix[] = "words/";
inline constexpr char kIndexPrefix[] = "index/";

// A key has at most 1,024 bytes, and the longest key made from a path is meta/<path>.json.
inline constexpr size_t kMaxPathBytes = 1024 - 10;

std::string FileKey(std::string_view path);
std::string GzipKey(std::string_view path);
std::string MetaKey(std::string_view path);
std::string WordsKey(std::string_view path);
std::string WordsPrefix(std::string_view shard);  // words/<nn>/
std::string IndexKey(std::string_view shard);

// The path that a key under files/, gz/, meta/ or words/ was made from; empty for any other key.
std::string PathOfKey(std::string_view key);
// The shard that a key under words/ belongs to; empty for any other key.
std::string ShardOfWordsKey(std::string_view key);

// "00" to "ff": 256 shards. Each holds all words of 1/256 of the files, so that a changed file
// concerns one shard only; a search looks at all of them.
std::string ShardOf(std::string_view path);
std::vector<std::string> AllShards();

// FNV-1a, 64 bits: the same on every machine and in every run, which std::hash does not promise.
uint64_t StableHash(std::string_view bytes, uint64_t seed = 14695981039346656037u);

}  // namespace static_site

#endif  // EXAMPLES_STATIC_SITE_LAYOUT_H_
