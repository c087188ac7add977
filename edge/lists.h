// Lists in header values: RFC 9110 section 5.6.1, commas outside of quoted strings.
//
// Pure; any bytes may come in, and every view lies within what came.
#ifndef CLOUDLET_EDGE_LISTS_H_
#define CLOUDLET_EDGE_LISTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cloudlet/edge_http.h"

namespace cloudlet::edge {

// Without spaces and tabs at the ends.
std::string_view Trimmed(std::string_view text);

// Takes the next element off `*rest` ("a, b" -> "a"), trimmed; nullopt at the end. Elements may be
// empty.
std::optional<std::string_view> NextElement(std::string_view* rest);

// All elements of one value that are not empty.
std::vector<std::string_view> Elements(std::string_view value);

// All elements of all lines of this name that are not empty. The views lie within `headers`.
std::vector<std::string_view> ListOf(const HttpHeaders& headers, std::string_view name);

// RFC 9110 section 5.6.2: one or more characters of "!#$%&'*+-.^_`|~", digits and letters.
bool IsToken(std::string_view text);

// What stands between the quotes, with its backslashes undone; nullopt unless `text` is one quoted
// string.
std::optional<std::string> Unquoted(std::string_view text);

std::string LowerCase(std::string_view text);

// Decimal digits alone, at least one; above `cap` it is `cap`.
std::optional<int64_t> Digits(std::string_view text, int64_t cap);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_LISTS_H_
