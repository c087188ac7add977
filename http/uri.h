// Request targets: percent-coding as SigV4 wants it, paths and query strings.
//
//   absl::StatusOr<RequestTarget> target = ParseRequestTarget("/photos/a%20b.jpg?versionId=3&acl");
//   target->path      // "/photos/a b.jpg"
//   target->raw_path  // "/photos/a%20b.jpg"
//   target->query     // {"versionId", "3", true}, {"acl", "", false}
//
// Decoding is strict: what is no escape, NUL, or not UTF-8 is InvalidURI. Nothing is normalised:
// "//", "." and ".." are parts of keys.
//
// Threads: free functions over values; any thread.
#ifndef CLOUDLET_HTTP_URI_H_
#define CLOUDLET_HTTP_URI_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace cloudlet::http {

// Every byte but RFC 3986's unreserved ones (A-Z a-z 0-9 - . _ ~) as %XX, in upper case.
std::string PercentEncode(std::string_view bytes);
// The same to the end of `out`.
void AppendPercentEncoded(std::string_view bytes, std::string& out);

// What a '+' stands for: itself in a path, a space in a query string, as S3 reads them.
enum class Plus { kPlus, kSpace };
// The bytes behind `text`; InvalidURI as said above.
absl::StatusOr<std::string> PercentDecode(std::string_view text, Plus plus = Plus::kPlus);

struct QueryParam {
  std::string name = {};    // decoded
  std::string value = {};   // decoded; empty where there is none
  bool had_equals = false;  // "acl=" and not "acl"

  friend bool operator==(const QueryParam& a, const QueryParam& b) {
    return a.name == b.name && a.value == b.value && a.had_equals == b.had_equals;
  }
};

// In the order in which they were sent, doubles included; empty pieces ("&&") are left out.
absl::StatusOr<std::vector<QueryParam>> ParseQuery(std::string_view query);

struct RequestTarget {
  std::string authority = {};  // of an absolute form: "host:80"; else empty
  std::string raw_path = {};   // as sent; begins with '/', or is "*"
  std::string path = {};       // decoded
  std::vector<QueryParam> query = {};

  // The first parameter of this name, in this case; null: there is none.
  const QueryParam* Find(std::string_view name) const;
};

// Origin form ("/bucket/key?acl"), absolute form ("http://host/bucket/key"; the path may be left
// out) or "*". Anything else, or a fragment, is InvalidURI.
absl::StatusOr<RequestTarget> ParseRequestTarget(std::string_view target);

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_URI_H_
