// EdgeFront: the server, and each request's way through the distribution.
#include "cloudlet/edge_front.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "http/edge/front_messages.h"
#include "http/message.h"
#include "http/server.h"

namespace cloudlet {
namespace internal {

// One request: its body first, then whatever the distribution answers.
class EdgeExchange final : public http::Exchange {
 public:
  EdgeExchange(const Distribution& distribution, const http::RequestHead& head,
               const EdgeFrontOptions& options)
      : distribution_(distribution),
        request_(http::RequestOf(head)),
        viewer_(http::ViewerOf(head)),
        max_body_(options.max_body_bytes) {
    if (options.viewer != nullptr) options.viewer(request_, &viewer_);
  }

  // The answer, where it is stored.
  std::optional<http::Response> Hit() {
    std::optional<HttpResponse> hit = distribution_.HandleHit(request_, viewer_);
    if (!hit.has_value()) return std::nullopt;
    return http::AnswerOf({*std::move(hit), nullptr}, false);
  }

  std::optional<http::Response> Take(std::string_view bytes) override {
    if (bytes.size() > max_body_ - request_.body.size()) return TooLarge(max_body_);
    request_.body.Append(base::V(bytes));
    return std::nullopt;
  }
  http::Response Finish(const http::Headers& trailers) override {
    return FinishWaiting(trailers, nullptr);
  }
  http::Response FinishWaiting(const http::Headers& trailers,
                               const http::InterimSink& interim) override {
    (void)trailers;  // end here: RFC 9110 section 6.5.1 lets them
    const InterimSink pass = [&interim](const HttpResponse& response) {
      if (interim != nullptr && response.status > 101) interim(http::InterimOf(response));
    };
    return http::AnswerOf(distribution_.HandleStreaming(request_, viewer_, pass),
                          request_.method == "HEAD");
  }
  bool MayWait() const override { return true; }

  static http::Response TooLarge(size_t max_body) {
    http::Response response;
    response.status = 413;
    response.headers.Add("Content-Type", "text/plain");
    response.body = absl::Cord(absl::StrCat("a body is at most ", max_body, " bytes\n"));
    return response;
  }

 private:
  const Distribution distribution_;
  HttpRequest request_;
  Viewer viewer_;
  const size_t max_body_;
};

class EdgeFrontImpl : public http::Handler {
 public:
  EdgeFrontImpl(const Distribution& distribution, EdgeFrontOptions options)
      : distribution_(distribution), options_(std::move(options)) {}
  ~EdgeFrontImpl() override { server_ = nullptr; }

  absl::Status Start() {
    CLOUDLET_RETURN_IF_ERROR(Check());
    http::ServerOptions server;
    server.address = options_.address;
    server.port = options_.port;
    server.threads = options_.threads;
    server.max_connections = options_.max_connections;
    server.max_waiting = options_.max_requests;
    server.idle_timeout = options_.idle_timeout;
    server.limits.max_request_line = kMaxRequestLine;
    server.limits.max_head = kMaxHead;
    server.tls_certificate_chain = options_.tls_certificate_chain;
    server.tls_private_key = options_.tls_private_key;
    server.server_header = "";  // the origin's, or none
    CLOUDLET_ASSIGN_OR_RETURN(server_, http::Server::Start(server, this));
    return absl::OkStatus();
  }

  absl::Status Stop(absl::Duration grace) {
    if (server_->Stop(grace)) return absl::OkStatus();
    return absl::DeadlineExceededError("stop edge front: answers under way were cut");
  }

  http::Begun Begin(http::RequestHead head) override {
    if (head.content_length.value_or(0) > options_.max_body_bytes) {
      return EdgeExchange::TooLarge(options_.max_body_bytes);
    }
    auto exchange = std::make_unique<EdgeExchange>(distribution_, head, options_);
    // What waits for nobody is answered by the thread that reads.
    if (!head.has_body()) {
      if (std::optional<http::Response> hit = exchange->Hit()) return *std::move(hit);
    }
    return exchange;
  }

  std::string url() const {
    const bool tls = !options_.tls_certificate_chain.empty();
    std::string host = options_.address;
    if (host == "0.0.0.0") host = "127.0.0.1";
    if (host == "::") host = "::1";
    if (host.find(':') != std::string::npos) host = absl::StrCat("[", host, "]");
    return absl::StrCat(tls ? "https://" : "http://", host, ":", port());
  }
  uint16_t port() const { return server_->port(); }
  EdgeFrontStats stats() const {
    const http::ServerStats server = server_->stats();
    EdgeFrontStats stats;
    stats.connections = server.connections;
    stats.accepted = server.accepted;
    stats.shed = server.shed;
    stats.requests = server.requests;
    stats.refused = server.refused;
    stats.timeouts = server.timeouts;
    return stats;
  }

 private:
  // A little above CloudFront's own (8,192 for a URL, 20,480 for all), which the distribution's
  // answers are for.
  static constexpr size_t kMaxRequestLine = 10 << 10;
  static constexpr size_t kMaxHead = 24 << 10;

  absl::Status Check() const {
    const auto refuse = [](std::string_view field) {
      return absl::InvalidArgumentError(
          absl::StrCat("start edge front: ", base::V(field), ": it is at least 1"));
    };
    if (options_.max_connections == 0) return refuse("max_connections");
    if (options_.max_requests == 0) return refuse("max_requests");
    return absl::OkStatus();
  }

  const Distribution distribution_;
  const EdgeFrontOptions options_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace internal

absl::StatusOr<EdgeFront> EdgeFront::Start(const Distribution& distribution,
                                           const EdgeFrontOptions& options) {
  auto impl = std::make_unique<internal::EdgeFrontImpl>(distribution, options);
  CLOUDLET_RETURN_IF_ERROR(impl->Start());
  return EdgeFront(std::move(impl));
}

EdgeFront::EdgeFront(std::unique_ptr<internal::EdgeFrontImpl> impl) : impl_(std::move(impl)) {}
EdgeFront::EdgeFront(EdgeFront&&) noexcept = default;
EdgeFront& EdgeFront::operator=(EdgeFront&&) noexcept = default;
EdgeFront::~EdgeFront() = default;

std::string EdgeFront::url() const { return impl_->url(); }
uint16_t EdgeFront::port() const { return impl_->port(); }
EdgeFrontStats EdgeFront::stats() const { return impl_->stats(); }
absl::Status EdgeFront::Stop(absl::Duration grace) { return impl_->Stop(grace); }

}  // namespace cloudlet
