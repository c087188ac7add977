// Just enough of JSON to write it.
//
// Pure functions over values; any thread.
#ifndef EXAMPLES_STATIC_SITE_JSON_H_
#define EXAMPLES_STATIC_SITE_JSON_H_

#include <string>
#include <string_view>
#include <vector>

namespace static_site {

// Quoted and escaped. JSON knows only characters: a byte that is not part of valid UTF-8 becomes
// the character of the same number (\u0080 to \u00ff), so that a file name in Latin-1 still reads
// right.
std::string JsonString(std::string_view bytes);

// ["a","b"]
std::string JsonStrings(const std::vector<std::string>& strings);

}  // namespace static_site

#endif  // EXAMPLES_STATIC_SITE_JSON_H_
