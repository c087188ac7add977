// What kind of file this is: by the extension of its name, else by its first bytes.
//
// Pure functions over values; any thread.
#ifndef EXAMPLES_STATIC_SITE_CONTENT_TYPE_H_
#define EXAMPLES_STATIC_SITE_CONTENT_TYPE_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace static_site {

inline constexpr size_t kSniffBytes = 4096;

// `first_bytes`: the whole file or its beginning, of which kSniffBytes are looked at. Always an
// answer, at worst application/octet-stream. A text is "; charset=utf-8" when those bytes are
// UTF-8.
std::string ContentTypeOf(std::string_view path, std::string_view first_bytes);

// Text, or one of the formats that are text inside (JSON, XML, SVG, JavaScript).
bool IsCompressible(std::string_view content_type);
// What people read and search.
bool IsText(std::string_view content_type);
bool IsHtml(std::string_view content_type);

}  // namespace static_site

#endif  // EXAMPLES_STATIC_SITE_CONTENT_TYPE_H_
