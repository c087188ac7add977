// HTTP messages as the edge sees them: values, without a socket.
//
//   HttpRequest request = {.url = {.authority = "d111.example", .path = "/a.css"}};
//   request.headers.Add("Accept-Encoding", "gzip");
//
// Headers are a list, not a map: their order, doubles and letter case are what the sender wrote,
// because a cache has to tell "Age: 0" and "Age: 7200" on two lines from one line with both.
//
// Threads: plain data.
//
// https://www.rfc-editor.org/rfc/rfc9110
#ifndef CLOUDLET_API_EDGE_HTTP_H_
#define CLOUDLET_API_EDGE_HTTP_H_

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/time/time.h"

namespace cloudlet {

struct HttpHeader {
  std::string name = {};   // in any case, as it was sent
  std::string value = {};  // without the white space around it

  friend bool operator==(const HttpHeader& a, const HttpHeader& b) {
    return a.name == b.name && a.value == b.value;
  }
  friend bool operator!=(const HttpHeader& a, const HttpHeader& b) { return !(a == b); }
};

// Whether two names of headers, directives or the like are the same: ASCII, without case.
bool SameHttpName(std::string_view a, std::string_view b);

class HttpHeaders {
 public:
  HttpHeaders() = default;
  HttpHeaders(std::initializer_list<HttpHeader> headers) : list_(headers) {}

  // Behind all others, whether there is one of this name or not.
  void Add(std::string_view name, std::string_view value);
  // In the place of the first of this name, the only one then; behind all others if there is none.
  void Set(std::string_view name, std::string_view value);
  // All of this name; how many there were.
  size_t Remove(std::string_view name);

  // The value of the first of this name; null: there is none.
  const std::string* Find(std::string_view name) const;
  size_t Count(std::string_view name) const;
  // All values of this name, joined by ", " as RFC 9110 section 5.3 has it; nullopt: there is none.
  std::optional<std::string> Joined(std::string_view name) const;

  const std::vector<HttpHeader>& list() const { return list_; }
  auto begin() const { return list_.begin(); }
  auto end() const { return list_.end(); }
  size_t size() const { return list_.size(); }
  bool empty() const { return list_.empty(); }

  friend bool operator==(const HttpHeaders& a, const HttpHeaders& b) { return a.list_ == b.list_; }
  friend bool operator!=(const HttpHeaders& a, const HttpHeaders& b) { return !(a == b); }

 private:
  std::vector<HttpHeader> list_;
};

// The parts of an http or https URL, escapes as they were sent.
struct HttpUrl {
  std::string scheme = "https";  // lower case
  std::string authority = {};    // host, with ":port" where it is not the scheme's own; lower case
  std::string path = "/";        // begins with '/'
  // Behind the '?'; "" and absent are different URLs.
  std::optional<std::string> query = std::nullopt;

  friend bool operator==(const HttpUrl& a, const HttpUrl& b) {
    return a.scheme == b.scheme && a.authority == b.authority && a.path == b.path &&
           a.query == b.query;
  }
  friend bool operator!=(const HttpUrl& a, const HttpUrl& b) { return !(a == b); }
};

// "https://d111.example/a.css?v=1".
std::string ToString(const HttpUrl& url);

// The other way round, scheme and authority in lower case. nullopt: not of http or https, no
// authority, user information, or a fragment, which no request has.
std::optional<HttpUrl> ParseHttpUrl(std::string_view text);

struct HttpRequest {
  std::string method = "GET";  // as it was sent, any token: "M-SEARCH"; case matters
  HttpUrl url = {};
  HttpHeaders headers = {};
  absl::Cord body = {};
  absl::Time time = absl::UnixEpoch();  // when it came
};

struct HttpResponse {
  // 200 to 999 for an answer; 100 to 199 for what comes before one (103 Early Hints), which has no
  // body.
  int status = 200;
  std::string reason = {};  // "OK"; may be empty
  HttpHeaders headers = {};
  absl::Cord body = {};
};

}  // namespace cloudlet

#endif  // CLOUDLET_API_EDGE_HTTP_H_
