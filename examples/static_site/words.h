// The function that derives words/<nn>/<path> from files/<path>: the words to find it by.
#ifndef EXAMPLES_STATIC_SITE_WORDS_H_
#define EXAMPLES_STATIC_SITE_WORDS_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "cloudlet/cloud.h"

namespace static_site {

inline constexpr size_t kMaxWordsPerFile = 300;
inline constexpr size_t kMinWordBytes = 3;
inline constexpr size_t kMaxWordBytes = 32;

// Makes words/<nn>/<path> the words of files/<path>, one per line in byte order, or removes it when
// there is no such file or it is no text. Looks at the first 256 KiB. May be called at any time,
// any number of times.
absl::Status CollectWords(const cloudlet::Bucket& bucket, const std::string& path);

enum class Markup { kNone, kHtml };  // of HTML only what stands between the tags counts

// The first kMaxWordsPerFile different words, in byte order. A word is a run of letters, digits and
// bytes beyond ASCII, in lower case (ASCII letters only), of kMinWordBytes to kMaxWordBytes.
std::vector<std::string> WordsOf(std::string_view text, Markup markup);

}  // namespace static_site

#endif  // EXAMPLES_STATIC_SITE_WORDS_H_
