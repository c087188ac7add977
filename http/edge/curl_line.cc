// A transfer of libcurl, driven by hand: its callbacks only note what came, and Drive looks at it.
#include "http/edge/curl_line.h"

#include <curl/curl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/real_deadline.h"
#include "base/strings.h"
#include "http/edge/response_reader.h"

namespace cloudlet::http {
namespace {

using base::V;

constexpr long kBuffer = 64 << 10;  // bytes that one read takes at most; libcurl wants a long
// A body of a method that has none is sent as it is: these say "Content-Length: 0" without one.
constexpr std::string_view kWithBody[] = {"POST", "PUT", "PATCH"};
// RFC 9110 section 9.2.2.
constexpr std::string_view kIdempotent[] = {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"};

template <typename List>
bool IsOneOf(std::string_view text, const List& list) {
  return std::find(std::begin(list), std::end(list), text) != std::end(list);
}

std::string OriginUrl(const HttpOriginOptions& options) {
  const bool ipv6 = options.host.find(':') != std::string::npos;
  std::string url = absl::StrCat(options.tls ? "https://" : "http://", ipv6 ? "[" : "",
                                 options.host, ipv6 ? "]" : "");
  if (options.port != 0) absl::StrAppend(&url, ":", options.port);
  return url + "/";
}

bool IsTarget(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte != 0x7F;
  });
}

bool CanBeSent(const HttpRequest& request) {
  return IsToken(request.method) && !request.url.path.empty() && request.url.path[0] == '/' &&
         IsTarget(request.url.path) && IsTarget(request.url.query.value_or("")) &&
         std::all_of(request.headers.begin(), request.headers.end(), IsSound);
}

HttpHeaders HeadersToSend(const HttpRequest& request) {
  HttpHeaders headers = request.headers;
  RemoveConnectionHeaders(&headers);
  headers.Remove("Expect");
  headers.Remove("Content-Length");
  if (headers.Find("Host") == nullptr && !request.url.authority.empty()) {
    headers.Add("Host", request.url.authority);
  }
  return headers;
}

// The time until which a connection that is kept counts is libcurl's own; what else is on it is
// asked of the socket: neither an end nor bytes that nobody asked for may be waiting there.
bool IsQuiet(curl_socket_t socket) {
  char byte = 0;
  const ssize_t got = recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace

class CurlLine::Impl {
 public:
  explicit Impl(const HttpOriginOptions& options)
      : options_(options),
        url_(OriginUrl(options)),
        multi_(curl_multi_init()),
        easy_(curl_easy_init()),
        reader_(options.max_head_bytes) {
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, 1L);
  }
  ~Impl() {
    Leave();
    curl_easy_cleanup(easy_);
    curl_multi_cleanup(multi_);
    curl_slist_free_all(headers_);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  std::variant<HttpResponse, OriginFailure> Begin(const HttpRequest& request, absl::Duration limit,
                                                  const InterimSink& interim);
  absl::StatusOr<absl::Cord> Next(absl::Duration limit);
  bool complete() const { return done_ && result_ == CURLE_OK && head_; }

 private:
  void Prepare(const HttpRequest& request);
  void SetMethod(const HttpRequest& request);
  void SetHeaders(const HttpRequest& request);
  void SetTransport();
  void SetCallbacks();
  void Perform();
  void Wait(absl::Duration limit);
  void Leave();
  OriginFailure FailureOf() const;

  bool OnLine(std::string_view line);
  bool OnBytes(std::string_view bytes);
  size_t OnWanted(char* into, size_t size);
  bool OnConnected();

  const HttpOriginOptions& options_;
  const std::string url_;
  CURLM* const multi_;
  CURL* const easy_;
  curl_slist* headers_ = nullptr;
  curl_socket_t socket_ = CURL_SOCKET_BAD;  // of the connection that is kept

  // Of the request under way.
  bool entered_ = false;  // the transfer is the multi handle's
  std::string method_;
  absl::Cord sent_body_;  // as a whole
  absl::Cord unsent_;
  int attempts_ = 0;  // connections over which it was sent, or may have been
  bool is_head_ = false;

  // Of its answer.
  ResponseReader reader_;
  std::deque<HttpResponse> interim_;
  bool head_ = false;  // is there, in reader_
  absl::Cord body_;    // came, and was not given yet
  uint64_t body_bytes_ = 0;
  bool done_ = false;
  CURLcode result_ = CURLE_OK;
};

void CurlLine::Impl::Prepare(const HttpRequest& request) {
  Leave();
  method_ = request.method;
  sent_body_ = request.method == "HEAD" ? absl::Cord() : request.body;
  unsent_ = sent_body_;
  attempts_ = 0;
  reader_ = ResponseReader(options_.max_head_bytes);
  interim_.clear();
  head_ = false;
  body_.Clear();
  body_bytes_ = 0;
  done_ = false;
  result_ = CURLE_OK;

  curl_easy_reset(easy_);
  curl_easy_setopt(easy_, CURLOPT_URL, url_.c_str());
  std::string target = request.url.path;
  if (request.url.query.has_value()) target += "?" + *request.url.query;
  curl_easy_setopt(easy_, CURLOPT_REQUEST_TARGET, target.c_str());
  SetMethod(request);
  SetHeaders(request);
  SetTransport();
  SetCallbacks();
}

void CurlLine::Impl::SetMethod(const HttpRequest& request) {
  is_head_ = method_ == "HEAD";
  if (is_head_) {
    curl_easy_setopt(easy_, CURLOPT_NOBODY, 1L);
  } else if (!request.body.empty() || IsOneOf(method_, kWithBody)) {
    curl_easy_setopt(easy_, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy_, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(sent_body_.size()));
    curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, method_.c_str());
  } else {
    curl_easy_setopt(easy_, CURLOPT_HTTPGET, 1L);
    if (method_ != "GET") curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, method_.c_str());
  }
}

void CurlLine::Impl::SetHeaders(const HttpRequest& request) {
  curl_slist_free_all(std::exchange(headers_, nullptr));
  const auto append = [this](const std::string& line) {
    headers_ = curl_slist_append(headers_, line.c_str());
  };
  const HttpHeaders headers = HeadersToSend(request);
  for (const HttpHeader& header : headers) {
    // libcurl's way to say "this header, without a value".
    append(header.value.empty() ? header.name + ";" : header.name + ": " + header.value);
  }
  // And "not even your own".
  append("Expect:");
  if (headers.Find("Accept") == nullptr) append("Accept:");
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers_);
}

void CurlLine::Impl::SetTransport() {
  curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy_, CURLOPT_HTTP_CONTENT_DECODING, 0L);
  curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy_, CURLOPT_PROXY, "");
  curl_easy_setopt(easy_, CURLOPT_BUFFERSIZE, kBuffer);
  curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(absl::ToInt64Milliseconds(options_.connection_timeout)));
  curl_easy_setopt(
      easy_, CURLOPT_MAXAGE_CONN,
      static_cast<long>(std::max<int64_t>(1, absl::ToInt64Seconds(options_.keep_alive_timeout))));
  const bool quiet = socket_ != CURL_SOCKET_BAD && IsQuiet(socket_);
  if (!quiet || !IsOneOf(method_, kIdempotent)) {
    curl_easy_setopt(easy_, CURLOPT_FRESH_CONNECT, 1L);
  }
  socket_ = CURL_SOCKET_BAD;
  if (options_.max_idle_connections == 0) curl_easy_setopt(easy_, CURLOPT_FORBID_REUSE, 1L);
  if (!options_.tls) return;
  curl_easy_setopt(easy_, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYPEER, options_.verify_certificate ? 1L : 0L);
  curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYHOST, options_.verify_certificate ? 2L : 0L);
  if (!options_.ca_file.empty()) {
    curl_easy_setopt(easy_, CURLOPT_CAINFO, options_.ca_file.c_str());
    curl_easy_setopt(easy_, CURLOPT_CAPATH, nullptr);
  }
}

// Lambdas without captures, as libcurl takes pointers to functions.
void CurlLine::Impl::SetCallbacks() {
  const curl_write_callback line = [](char* data, size_t one, size_t size, void* self) -> size_t {
    return static_cast<Impl*>(self)->OnLine({data, one * size}) ? one * size : 0;
  };
  const curl_write_callback bytes = [](char* data, size_t one, size_t size, void* self) -> size_t {
    return static_cast<Impl*>(self)->OnBytes({data, one * size}) ? one * size : 0;
  };
  const curl_read_callback wanted = [](char* into, size_t one, size_t size, void* self) -> size_t {
    return static_cast<Impl*>(self)->OnWanted(into, one * size);
  };
  const curl_seek_callback seek = [](void* self, curl_off_t offset, int from) -> int {
    auto* const impl = static_cast<Impl*>(self);
    if (from != SEEK_SET || offset < 0 || static_cast<uint64_t>(offset) > impl->sent_body_.size()) {
      return CURL_SEEKFUNC_FAIL;
    }
    impl->unsent_ = impl->sent_body_;
    impl->unsent_.RemovePrefix(static_cast<size_t>(offset));
    return CURL_SEEKFUNC_OK;
  };
  const curl_prereq_callback connected = [](void* self, char*, char*, int, int) -> int {
    return static_cast<Impl*>(self)->OnConnected() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
  };
  curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, line);
  curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, bytes);
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy_, CURLOPT_READFUNCTION, wanted);
  curl_easy_setopt(easy_, CURLOPT_READDATA, this);
  curl_easy_setopt(easy_, CURLOPT_SEEKFUNCTION, seek);
  curl_easy_setopt(easy_, CURLOPT_SEEKDATA, this);
  curl_easy_setopt(easy_, CURLOPT_PREREQFUNCTION, connected);
  curl_easy_setopt(easy_, CURLOPT_PREREQDATA, this);
}

bool CurlLine::Impl::OnLine(std::string_view line) {
  if (head_) return true;  // a trailer, which is passed on to nobody
  switch (reader_.Take(line)) {
    case ResponseReader::Event::kMore:
      return true;
    case ResponseReader::Event::kInterim:
      if (reader_.response().status != 100) interim_.push_back(std::move(reader_.response()));
      return true;
    case ResponseReader::Event::kHead:
      head_ = true;
      return is_head_ ||
             ContentLengthOf(reader_.response().headers).value_or(0) <= options_.max_body_bytes;
    case ResponseReader::Event::kBad:
      return false;
  }
  return false;
}

bool CurlLine::Impl::OnBytes(std::string_view bytes) {
  body_bytes_ += bytes.size();
  if (body_bytes_ > options_.max_body_bytes) return false;
  body_.Append(V(bytes));
  return true;
}

size_t CurlLine::Impl::OnWanted(char* into, size_t size) {
  size_t given = 0;
  while (given < size && !unsent_.empty()) {
    const absl::string_view chunk = *unsent_.chunk_begin();
    const size_t taken = std::min(size - given, chunk.size());
    std::copy_n(chunk.data(), taken, into + given);
    unsent_.RemovePrefix(taken);
    given += taken;
  }
  return given;
}

// Called before the request is sent over a connection, and again where libcurl means to send it
// over another one since the first has broken.
bool CurlLine::Impl::OnConnected() {
  ++attempts_;
  return attempts_ == 1 || (attempts_ == 2 && IsOneOf(method_, kIdempotent));
}

void CurlLine::Impl::Perform() {
  int running = 0;
  if (curl_multi_perform(multi_, &running) != CURLM_OK) {
    done_ = true;
    result_ = CURLE_FAILED_INIT;
    return;
  }
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    done_ = true;
    result_ = message->data.result;
  }
  if (!done_) return;
  if (complete()) curl_easy_getinfo(easy_, CURLINFO_ACTIVESOCKET, &socket_);
  Leave();
}

void CurlLine::Impl::Wait(absl::Duration limit) {
  const absl::Duration step = std::min(limit, absl::Seconds(1));
  curl_multi_poll(multi_, nullptr, 0,
                  static_cast<int>(absl::ToInt64Milliseconds(step + absl::Microseconds(999))),
                  nullptr);
}

// Cuts the connection, unless the transfer is done.
void CurlLine::Impl::Leave() {
  if (!std::exchange(entered_, false)) return;
  curl_multi_remove_handle(multi_, easy_);
}

OriginFailure CurlLine::Impl::FailureOf() const {
  return attempts_ == 0 ? OriginFailure::kConnect : OriginFailure::kCutShort;
}

std::variant<HttpResponse, OriginFailure> CurlLine::Impl::Begin(const HttpRequest& request,
                                                                absl::Duration limit,
                                                                const InterimSink& interim) {
  if (!CanBeSent(request)) return OriginFailure::kCutShort;
  if (limit <= absl::ZeroDuration()) return OriginFailure::kTimeout;
  Prepare(request);
  if (curl_multi_add_handle(multi_, easy_) != CURLM_OK) return OriginFailure::kConnect;
  entered_ = true;
  const base::RealDeadline deadline(limit);
  for (;;) {
    Perform();
    while (!interim_.empty()) {
      const HttpResponse one = std::move(interim_.front());
      interim_.pop_front();
      if (interim != nullptr) interim(one);
    }
    if (done_ && result_ != CURLE_OK) return FailureOf();
    if (head_) return std::move(reader_.response());
    if (done_) return OriginFailure::kCutShort;
    if (deadline.passed()) {
      Leave();
      return OriginFailure::kTimeout;
    }
    Wait(deadline.left());
  }
}

absl::StatusOr<absl::Cord> CurlLine::Impl::Next(absl::Duration limit) {
  const base::RealDeadline deadline(limit);
  while (body_.empty() && !done_) {
    Perform();
    if (!body_.empty() || done_) break;
    if (deadline.passed()) {
      Leave();
      done_ = true;
      result_ = CURLE_OPERATION_TIMEDOUT;
      break;
    }
    Wait(deadline.left());
  }
  if (!body_.empty()) return std::exchange(body_, absl::Cord());
  if (result_ == CURLE_OK) return absl::Cord();
  if (result_ == CURLE_OPERATION_TIMEDOUT) {
    return absl::DeadlineExceededError("read answer of origin: no bytes came in time");
  }
  return absl::DataLossError(absl::StrCat("read answer of origin: ", curl_easy_strerror(result_)));
}

CurlLine::CurlLine(const HttpOriginOptions& options) : impl_(std::make_unique<Impl>(options)) {}
CurlLine::~CurlLine() = default;

std::variant<HttpResponse, OriginFailure> CurlLine::Begin(const HttpRequest& request,
                                                          absl::Duration limit,
                                                          const InterimSink& interim) {
  return impl_->Begin(request, limit, interim);
}
absl::StatusOr<absl::Cord> CurlLine::Next(absl::Duration limit) { return impl_->Next(limit); }
bool CurlLine::complete() const { return impl_->complete(); }

bool MakeCurlReady() {
  static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return ready;
}

}  // namespace cloudlet::http
