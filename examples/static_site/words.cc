// Cuts a text into words and keeps them as a small object beside it.
#include "examples/static_site/words.h"

#include <set>

#include "examples/static_site/content_type.h"
#include "examples/static_site/derive.h"
#include "examples/static_site/layout.h"

namespace static_site {
namespace {

constexpr size_t kReadBytes = 256 << 10;

// The lower-case form of a byte that belongs to a word, else 0.
char WordByte(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
  const bool belongs =
      (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
  return belongs ? c : '\0';
}

}  // namespace

std::vector<std::string> WordsOf(std::string_view text, Markup markup) {
  std::set<std::string> words;
  std::string word;
  bool in_tag = false;
  for (size_t i = 0; i <= text.size() && words.size() < kMaxWordsPerFile; ++i) {
    const char c = i < text.size() ? text[i] : ' ';
    if (markup == Markup::kHtml && (c == '<' || c == '>')) in_tag = c == '<';
    const char byte = in_tag ? '\0' : WordByte(c);
    if (byte != '\0') {
      word.push_back(byte);
      continue;
    }
    if (word.size() >= kMinWordBytes && word.size() <= kMaxWordBytes) words.insert(word);
    word.clear();
  }
  return std::vector<std::string>(words.begin(), words.end());
}

absl::Status CollectWords(const cloudlet::Bucket& bucket, const std::string& path) {
  const std::string key = WordsKey(path);
  return BringUpToDate(
      bucket,
      FileDerivation{
          .path = path,
          .key = key,
          .is_wanted = [](const cloudlet::ObjectInfo& file) { return IsText(file.content_type); },
          .make =
              [&](cloudlet::ObjectReader& reader, cloudlet::PutOptions options) {
                absl::StatusOr<std::string> text = ReadPrefix(reader, kReadBytes);
                if (!text.ok()) return text.status();
                const Markup markup =
                    IsHtml(reader.info().content_type) ? Markup::kHtml : Markup::kNone;
                std::string lines;
                for (const std::string& word : WordsOf(*text, markup)) lines += word + "\n";
                options.content_type = "text/plain";
                return bucket.Put(key, lines, options).status();
              }});
}

}  // namespace static_site
