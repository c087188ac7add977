// See request_parser.h.
#include "http/request_parser.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "boost/asio/buffer.hpp"
#include "boost/beast/http/basic_parser.hpp"
#include "boost/beast/http/error.hpp"

namespace cloudlet::http {
namespace {

namespace beast = boost::beast;
using beast::error_code;

constexpr std::string_view kLineEnd = "\r\n";

BadRequest Bad(std::string detail, int status = 400) { return {status, std::move(detail)}; }

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string_view Trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

// A line of printable bytes, tabs and what is above ASCII.
bool IsPlain(std::string_view line) {
  return std::all_of(line.begin(), line.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
  });
}

// The authority of "http://host:80/path"; nullopt: another form of target.
std::optional<std::string_view> AuthorityOf(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (target.size() > scheme.size() && SameName(target.substr(0, scheme.size()), scheme)) {
      target.remove_prefix(scheme.size());
      return target.substr(0, target.find_first_of("/?"));
    }
  }
  return std::nullopt;
}

struct RequestLine {
  std::string_view target;
  bool http10 = false;
};

std::optional<BadRequest> CheckRequestLine(std::string_view line, const RequestLimits& limits,
                                           RequestLine* out) {
  if (line.size() > limits.max_request_line) return Bad("the request line is too long", 414);
  // Also what is above ASCII: a target is a URI.
  if (!std::all_of(line.begin(), line.end(), [](char c) { return c >= 0x20 && c != 0x7F; })) {
    return Bad("the request line has bytes that no URI has");
  }
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return Bad("no request line");
  out->target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    if (version.substr(0, 5) == "HTTP/") return Bad("the version of HTTP is not 1.0 or 1.1", 505);
    return Bad("no request line");
  }
  out->http10 = version == "HTTP/1.0";
  const std::string_view target = out->target;
  if (target.find(' ') != std::string_view::npos) return Bad("a space in the target");
  if (target.empty() || (target.front() != '/' && target != "*" && !AuthorityOf(target))) {
    return Bad("the target is no path");
  }
  if (target.find('#') != std::string_view::npos) return Bad("a fragment in the target");
  return std::nullopt;
}

// What framing depends on, as far as it has been seen.
struct Framing {
  int hosts = 0;
  int lengths = 0;
  int codings = 0;
  std::string_view host;
};

std::optional<BadRequest> CheckHeader(std::string_view line, Framing* seen) {
  if (line.front() == ' ' || line.front() == '\t') return Bad("a folded header");
  if (!IsPlain(line)) return Bad("a control character in a header");
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return Bad("a header without a name");
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = Trimmed(line.substr(colon + 1));
  if (SameName(name, "host")) {
    if (++seen->hosts > 1) return Bad("two Host headers");
    seen->host = value;
  } else if (SameName(name, "content-length")) {
    if (++seen->lengths > 1) return Bad("two Content-Length headers");
    if (value.empty() || value.size() > 19 || !std::all_of(value.begin(), value.end(), IsDigit)) {
      return Bad("Content-Length is no number of bytes");
    }
  } else if (SameName(name, "transfer-encoding")) {
    if (++seen->codings > 1) return Bad("two Transfer-Encoding headers");
    if (!SameName(value, "chunked")) return Bad("a transfer coding other than chunked", 501);
  }
  return std::nullopt;
}

std::optional<BadRequest> CheckFraming(const Framing& seen, const RequestLine& line) {
  if (seen.codings > 0 && seen.lengths > 0) {
    return Bad("both Content-Length and Transfer-Encoding");
  }
  if (seen.codings > 0 && line.http10) return Bad("Transfer-Encoding in HTTP/1.0");
  if (seen.hosts == 0 && !line.http10) return Bad("no Host header");
  const std::optional<std::string_view> authority = AuthorityOf(line.target);
  if (authority.has_value() && seen.hosts > 0 && !SameName(*authority, seen.host)) {
    return Bad("the target names another host than Host");
  }
  return std::nullopt;
}

}  // namespace

std::optional<BadRequest> CheckHead(std::string_view head, const RequestLimits& limits) {
  RequestLine request_line;
  Framing seen;
  size_t headers = 0;
  for (bool first = true;; first = false) {
    const size_t end = head.find(kLineEnd);
    if (end == std::string_view::npos) return Bad("the head does not end");
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(end + kLineEnd.size());
    if (first) {
      if (auto bad = CheckRequestLine(line, limits, &request_line)) return bad;
      continue;
    }
    if (line.empty()) break;
    if (++headers > limits.max_headers) return Bad("too many headers", 431);
    if (auto bad = CheckHeader(line, &seen)) return bad;
  }
  return CheckFraming(seen, request_line);
}

// Gets told by Beast what it reads.
class RequestParser::Impl : public beast::http::basic_parser<true> {
 public:
  explicit Impl(size_t max_extension) : max_extension_(max_extension) {
    header_limit(std::numeric_limits<uint32_t>::max());  // the bytes are counted before
    body_limit(std::numeric_limits<uint64_t>::max());    // "none" refuses every Content-Length
  }

  bool head_given = false;
  bool empty_line_passed = false;
  bool body_started = false;
  bool done_given = false;
  RequestHead head;
  Headers trailers;
  std::string_view body;

 private:
  using string_view = beast::string_view;
  static std::string_view View(string_view s) { return {s.data(), s.size()}; }

  void on_request_impl(beast::http::verb, string_view method, string_view target, int version,
                       error_code&) override {
    head.method.assign(method.data(), method.size());
    head.target.assign(target.data(), target.size());
    head.minor_version = version % 10;
  }
  void on_field_impl(beast::http::field, string_view name, string_view value,
                     error_code&) override {
    (body_started ? trailers : head.headers).Add(View(name), View(value));
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<uint64_t>&, error_code&) override {
    body_started = true;
  }
  size_t on_body_impl(string_view bytes, error_code&) override {
    body = View(bytes);
    return bytes.size();
  }
  void on_chunk_header_impl(uint64_t, string_view extensions, error_code& error) override {
    // Beast reads a quoted value across the line's end; for others the line ends there.
    const bool control = std::any_of(extensions.begin(), extensions.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 && c != '\t';
    });
    if (control || extensions.size() > max_extension_) {
      error = beast::http::error::bad_chunk_extension;
    }
  }
  size_t on_chunk_body_impl(uint64_t, string_view bytes, error_code&) override {
    body = View(bytes);
    return bytes.size();
  }
  void on_finish_impl(error_code&) override {}
  void on_response_impl(int, string_view, int, error_code&) override {}

  size_t max_extension_;
};

RequestParser::RequestParser(const RequestLimits& limits)
    : limits_(limits), impl_(std::make_unique<Impl>(limits.max_chunk_extension)) {}
RequestParser::RequestParser(RequestParser&&) noexcept = default;
RequestParser& RequestParser::operator=(RequestParser&&) noexcept = default;
RequestParser::~RequestParser() = default;

void RequestParser::Reset() { impl_ = std::make_unique<Impl>(limits_.max_chunk_extension); }

const Headers& RequestParser::trailers() const { return impl_->trailers; }

RequestHead RequestParser::TakeHead() { return std::move(impl_->head); }

namespace {

// RFC 9110's tchar.
bool IsMethodChar(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         kMarks.find(c) != std::string_view::npos;
}

}  // namespace

RequestParser::Step RequestParser::Next(std::string_view bytes) {
  Impl& impl = *impl_;
  Step step;
  const auto bad = [&step](BadRequest what) {
    step.event = Event::kBad;
    step.bad = std::move(what);
    return step;
  };
  if (!impl.head_given) {
    // One empty line before a request is to be passed over: RFC 9112 section 2.2.
    if (!impl.empty_line_passed && bytes == "\r") return step;
    if (!impl.empty_line_passed && bytes.substr(0, kLineEnd.size()) == kLineEnd) {
      impl.empty_line_passed = true;
      step.consumed = kLineEnd.size();
      bytes.remove_prefix(kLineEnd.size());
    }
    const size_t end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos ? bytes.size() > limits_.max_head
                                      : end + 4 > limits_.max_head) {
      const bool line = bytes.substr(0, limits_.max_head).find(kLineEnd) == std::string_view::npos;
      return bad(line ? Bad("the request line is too long", 414)
                      : Bad("the headers are too long", 431));
    }
    if (end == std::string_view::npos) {
      // What can never become a request is told at once, not when the peer stops.
      if (!bytes.empty() && !IsMethodChar(bytes.front())) {
        return bad(Bad("no request line"));
      }
      return step;
    }
    const std::string_view head = bytes.substr(0, end + 4);
    if (auto what = CheckHead(head, limits_)) return bad(*std::move(what));
    error_code error;
    const size_t used = impl.put(boost::asio::buffer(head.data(), head.size()), error);
    if (error || used != head.size()) {
      return bad(Bad(error ? error.message() : "the head is malformed"));
    }
    impl.head.content_length = std::nullopt;
    if (const std::string* length = impl.head.headers.Find("content-length")) {
      impl.head.content_length = std::stoull(*length);
    }
    impl.head.chunked = impl.chunked();
    impl.head.keep_alive = impl.keep_alive();
    impl.head.expects_continue =
        impl.head.minor_version > 0 && SameName(impl.head.headers.Get("expect"), "100-continue");
    impl.head_given = true;
    step.event = Event::kHead;
    step.consumed += used;
    return step;
  }
  while (!impl.is_done()) {
    // A chunked message has at least so many bytes left until its last ("0", and two line ends);
    // with fewer Beast may stop at an assertion.
    if (bytes.empty() || (impl.chunked() && bytes.size() < 5)) return step;
    impl.body = {};
    error_code error;
    const size_t used = impl.put(boost::asio::buffer(bytes.data(), bytes.size()), error);
    step.consumed += used;
    bytes.remove_prefix(used);
    if (error == beast::http::error::need_more) {
      // Of a chunk's line, or of the trailers: data are taken as they come.
      if (bytes.size() > limits_.max_trailers + limits_.max_chunk_extension) {
        return bad(Bad("a chunk's line or the trailers are too long", 431));
      }
      return step;
    }
    if (error) return bad(Bad(error.message()));
    if (!impl.body.empty()) {
      step.event = Event::kBody;
      step.body = impl.body;
      return step;
    }
  }
  step.event = Event::kDone;
  return step;
}

}  // namespace cloudlet::http
