// The links in a document. Not a parser of HTML: it looks for attributes inside tags, which is what
// a link index needs.
//
// Pure functions over values; any thread.
#ifndef EXAMPLES_STATIC_SITE_LINKS_H_
#define EXAMPLES_STATIC_SITE_LINKS_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace static_site {

inline constexpr size_t kMaxLinks = 1000;  // per document; what follows is left out

// The values of href and src, each once, in the order in which they first appear.
std::vector<std::string> LinksInHtml(std::string_view html);
// What begins with http:// or https://, likewise.
std::vector<std::string> UrlsInText(std::string_view text);

}  // namespace static_site

#endif  // EXAMPLES_STATIC_SITE_LINKS_H_
