// What is fuzzed: one function per kind of outside bytes.
//
// Each takes any bytes and must end without a crash, a sanitizer's report or a failed check of its
// own: what a decoder takes, its encoder writes so that it is taken again.
#ifndef CLOUDLET_HTTP_FUZZ_ENTRIES_H_
#define CLOUDLET_HTTP_FUZZ_ENTRIES_H_

#include <string_view>

namespace cloudlet::http::fuzz {

void FuzzXml(std::string_view bytes);      // all documents
void FuzzHeaders(std::string_view bytes);  // lines "Name: value", as request and as answer
void FuzzValues(std::string_view bytes);   // ranges, dates, copy sources, tags, encoded words
void FuzzRoute(std::string_view bytes);    // host, path and query, a line each

}  // namespace cloudlet::http::fuzz

#endif  // CLOUDLET_HTTP_FUZZ_ENTRIES_H_
