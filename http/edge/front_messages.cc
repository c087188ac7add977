// Targets, headers, lengths, bodies that are on their way.
#include "http/edge/front_messages.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "http/edge/response_reader.h"

namespace cloudlet::http {
namespace {

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

// Without the port that is the scheme's own.
std::string AuthorityOf(std::string_view text, bool tls) {
  std::string authority = Lower(text);
  const std::string_view port = tls ? ":443" : ":80";
  if (authority.size() > port.size() &&
      std::string_view(authority).substr(authority.size() - port.size()) == port) {
    authority.resize(authority.size() - port.size());
  }
  return authority;
}

// Takes "http://host" off a target; the host, or empty.
std::string_view TakeAuthority(std::string_view* target) {
  const size_t scheme = target->find("://");
  if (target->empty() || target->front() == '/' || scheme == std::string_view::npos) return "";
  const size_t begin = scheme + 3;
  const size_t end = std::min(target->find_first_of("/?", begin), target->size());
  const std::string_view authority = target->substr(begin, end - begin);
  target->remove_prefix(end);
  return authority;
}

// What Content-Length promises is what goes out: a body that is longer or shorter breaks off.
class StreamSource final : public BodySource {
 public:
  StreamSource(std::unique_ptr<HttpBody> body, std::optional<uint64_t> length)
      : body_(std::move(body)), left_(length) {}

  absl::StatusOr<absl::Cord> Next() override {
    absl::StatusOr<absl::Cord> piece = body_->Next();
    if (!piece.ok() || !left_.has_value()) return piece;
    const bool wrong = piece->empty() ? *left_ != 0 : piece->size() > *left_;
    if (wrong) return absl::DataLossError("a body of another length than was said");
    *left_ -= piece->size();
    return piece;
  }
  bool MayWait() const override { return true; }

 private:
  const std::unique_ptr<HttpBody> body_;
  std::optional<uint64_t> left_;
};

Headers Moved(HttpHeaders headers) {
  Headers out;
  for (const HttpHeader& header : headers) out.Add(header.name, header.value);
  return out;
}

}  // namespace

HttpRequest RequestOf(const RequestHead& head) {
  HttpRequest request;
  request.method = head.method;
  std::string_view target = head.target;
  std::string_view authority = TakeAuthority(&target);
  const bool absolute = !authority.empty();
  if (!absolute) authority = head.headers.Get("host");
  request.url.scheme = head.tls ? "https" : "http";
  request.url.authority = AuthorityOf(authority, head.tls);
  const size_t query = target.find('?');
  if (query != std::string_view::npos) {
    request.url.query = std::string(target.substr(query + 1));
  }
  request.url.path = std::string(target.substr(0, query));
  if (request.url.path.empty()) request.url.path = "/";  // of "http://host?query"
  for (const Header& header : head.headers) request.headers.Add(header.name, header.value);
  if (absolute) request.headers.Set("Host", authority);  // RFC 9112 section 3.2.2
  RemoveConnectionHeaders(&request.headers);
  request.headers.Remove("Expect");
  request.headers.Remove("Content-Length");
  return request;
}

Viewer ViewerOf(const RequestHead& head) {
  Viewer viewer;
  // As a socket for both families writes an address of the older one.
  static constexpr std::string_view kMapped = "::ffff:";
  std::string_view ip = head.remote_address;
  if (ip.substr(0, kMapped.size()) == kMapped && ip.find('.') != std::string_view::npos) {
    ip.remove_prefix(kMapped.size());
  }
  viewer.ip = std::string(ip);
  viewer.protocol_version = head.minor_version == 0 ? "HTTP/1.0" : "HTTP/1.1";
  return viewer;
}

Response AnswerOf(HttpStream stream, bool head) {
  Response response;
  response.relayed = true;
  response.status = stream.head.status;
  response.reason = std::move(stream.head.reason);
  HttpHeaders& headers = stream.head.headers;
  const std::optional<uint64_t> length = ContentLengthOf(headers);
  RemoveConnectionHeaders(&headers);
  headers.Remove("Content-Length");
  response.headers = Moved(std::move(headers));
  const bool bodiless = head || response.status == 204 || response.status == 304;
  if (bodiless || stream.body != nullptr) response.content_length = length;
  if (stream.body == nullptr) {
    response.body = std::move(stream.head.body);
  } else if (!bodiless) {
    response.body = std::make_unique<StreamSource>(std::move(stream.body), length);
  }
  return response;
}

Interim InterimOf(HttpResponse response) {
  RemoveConnectionHeaders(&response.headers);
  response.headers.Remove("Content-Length");
  return {response.status, std::move(response.reason), Moved(std::move(response.headers))};
}

}  // namespace cloudlet::http
