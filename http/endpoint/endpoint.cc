// S3Endpoint: the server, and the services behind it.

#include "cloudlet/endpoint.h"

#include <openssl/rand.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/fatal.h"
#include "base/random.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "http/authenticate.h"
#include "http/endpoint/host_check.h"
#include "http/endpoint/metrics_text.h"
#include "http/lambda_service.h"
#include "http/message.h"
#include "http/s3_service.h"
#include "http/server.h"

namespace cloudlet {
namespace internal {
namespace {

using http::Begun;
using http::RequestHead;
using http::Response;

absl::Status CheckIdentity(const Identity& identity) {
  const std::string& id = identity.access_key_id;
  const bool plain = std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
  });
  if (id.size() < 3 || id.size() > 128 || !plain) {
    return absl::InvalidArgumentError(absl::StrCat("identities: the access key ",
                                                   base::V(base::Quoted(id)),
                                                   " is not 3 to 128 of A-Z a-z 0-9 _"));
  }
  if (identity.secret_access_key.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("identities: ", id, " has no secret"));
  }
  if (identity.canonical_id == kAnonymousPrincipal) {
    return absl::InvalidArgumentError(absl::StrCat("identities: ", id, " would be nobody"));
  }
  return absl::OkStatus();
}

// From the operating system's entropy, through OpenSSL. REQUIRES: 256 is a multiple of the
// alphabet.
std::string SecretText(std::string_view alphabet, size_t size) {
  std::string text(size, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(text.data()), static_cast<int>(size)) != 1) {
    base::Fatal("no entropy for a secret");
  }
  for (char& c : text) c = alphabet[static_cast<unsigned char>(c) % alphabet.size()];
  return text;
}

Identity MadeIdentity() {
  static constexpr std::string_view kUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  static constexpr std::string_view kAll =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  Identity identity;
  identity.access_key_id = "AKIA" + SecretText(kUpper, 16);
  identity.secret_access_key = SecretText(kAll, 40);
  return identity;
}

// What a log line shows of a target: not what signs it.
std::string WithoutSignature(const std::string& target) {
  const size_t query = target.find('?');
  if (query == std::string::npos) return target;
  std::string out = target.substr(0, query);
  char separator = '?';
  for (const absl::string_view part : absl::StrSplit(target.substr(query + 1), '&')) {
    const bool secret = absl::StartsWithIgnoreCase(part, "X-Amz-Signature") ||
                        absl::StartsWithIgnoreCase(part, "X-Amz-Credential") ||
                        absl::StartsWithIgnoreCase(part, "X-Amz-Security-Token") ||
                        absl::StartsWithIgnoreCase(part, "Signature");
    if (secret) {
      absl::StrAppend(&out, std::string(1, separator), part.substr(0, part.find('=')), "=...");
    } else {
      absl::StrAppend(&out, std::string(1, separator), part);
    }
    separator = '&';
  }
  return out;
}

}  // namespace

class EndpointImpl : public http::Handler {
 public:
  EndpointImpl(Cloud* cloud, EndpointOptions options);
  ~EndpointImpl() override { server_ = nullptr; }

  absl::Status Start();
  absl::Status Stop(absl::Duration grace);

  Begun Begin(RequestHead head) override;
  Response Refuse(int status, std::string_view detail) override;
  void Done(const http::Served& served) override;

  std::string url() const;
  uint16_t port() const { return server_->port(); }
  const Identity& identity() const { return options_.identities.front(); }
  const std::string& region() const { return region_; }
  EndpointStats stats() const;

 private:
  std::optional<http::AccessKey> Find(std::string_view key_id) const;
  http::Owner OwnerOf(std::string_view canonical_id) const;
  Begun Own(const RequestHead& head);

  Cloud* const cloud_;
  EndpointOptions options_;
  const std::string region_;
  std::map<std::string, http::AccessKey, std::less<>> keys_;
  std::map<std::string, std::string, std::less<>> names_;  // by canonical id
  base::IdSource ids_;
  std::atomic<uint64_t> errors_{0};
  std::unique_ptr<http::S3Service> s3_;
  std::unique_ptr<http::LambdaService> lambda_;
  std::unique_ptr<http::Server> server_;
};

EndpointImpl::EndpointImpl(Cloud* cloud, EndpointOptions options)
    : cloud_(cloud),
      options_(std::move(options)),
      region_(cloud->region()),
      ids_(base::RandomSeed()) {}

absl::Status EndpointImpl::Start() {
  if (options_.identities.empty()) options_.identities.push_back(MadeIdentity());
  for (const Identity& identity : options_.identities) {
    CLOUDLET_RETURN_IF_ERROR(CheckIdentity(identity));
    http::AccessKey key;
    key.secret = http::Secret(identity.secret_access_key);
    key.identity.canonical_id =
        identity.canonical_id.empty() ? cloud_->owner() : identity.canonical_id;
    key.identity.display_name = identity.display_name;
    key.identity.email = identity.email;
    names_.emplace(key.identity.canonical_id, identity.display_name);
    if (!keys_.emplace(identity.access_key_id, std::move(key)).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("identities: the access key ", identity.access_key_id, " is there twice"));
    }
  }
  std::vector<std::string> domains = options_.domains;
  domains.push_back("localhost");
  const http::KeyLookup lookup = [this](std::string_view key_id) { return Find(key_id); };

  http::S3Context context;
  context.cloud = cloud_;
  context.durability = options_.durability;
  context.host_id = base::Base64Encode(SecretText("0123456789abcdef", 48));
  context.owner_of = [this](std::string_view id) { return OwnerOf(id); };
  s3_ = std::make_unique<http::S3Service>(
      cloud_, lookup, std::move(context),
      http::S3ServiceOptions{domains, options_.allow_anonymous, options_.hook});
  lambda_ = std::make_unique<http::LambdaService>(cloud_, lookup,
                                                  http::LambdaServiceOptions{options_.hook});

  http::ServerOptions server;
  server.address = options_.address;
  server.port = options_.port;
  server.threads = options_.threads;
  server.max_connections = options_.max_connections;
  server.max_waiting = options_.max_invocations;
  server.idle_timeout = options_.idle_timeout;
  server.tls_certificate_chain = options_.tls_certificate_chain;
  server.tls_private_key = options_.tls_private_key;
  CLOUDLET_ASSIGN_OR_RETURN(server_, http::Server::Start(server, this));
  return absl::OkStatus();
}

absl::Status EndpointImpl::Stop(absl::Duration grace) {
  if (server_->Stop(grace)) return absl::OkStatus();
  return absl::DeadlineExceededError("stop endpoint: answers under way were cut");
}

std::optional<http::AccessKey> EndpointImpl::Find(std::string_view key_id) const {
  const auto found = keys_.find(key_id);
  if (found == keys_.end()) return std::nullopt;
  return found->second;
}

http::Owner EndpointImpl::OwnerOf(std::string_view canonical_id) const {
  http::Owner owner;
  owner.id = std::string(canonical_id);
  const auto found = names_.find(canonical_id);
  if (found != names_.end()) owner.display_name = found->second;
  return owner;
}

Begun EndpointImpl::Begin(RequestHead head) {
  auto request = std::make_shared<EndpointRequest>();
  request->method = head.method;
  request->target = WithoutSignature(head.target);
  request->remote_address = head.remote_address;
  request->request_id = ids_.NextRequestId();
  request->fault = std::string(head.headers.Get("x-cloudlet-fault"));
  const std::string_view host = head.headers.Get("host");
  if (!http::IsAllowedHost(host, options_.domains)) {
    Response response = s3_->Refuse(
        403,
        absl::StrCat("this endpoint has not the name ", base::V(base::Quoted(host)),
                     " (EndpointOptions::domains and cloudlet serve --domain give it names)"),
        request->request_id);
    response.note = request;
    return response;
  }
  if (absl::StartsWith(head.target, "/-/")) return Own(head);
  if (http::IsForLambda(head)) return lambda_->Begin(std::move(head), std::move(request));
  return s3_->Begin(std::move(head), std::move(request));
}

// What is the endpoint's own: no bucket is called "-".
Begun EndpointImpl::Own(const RequestHead& head) {
  Response response;
  response.headers.Add("Cache-Control", "no-store");
  if (head.method != "GET" && head.method != "HEAD") {
    response.status = 405;
    response.headers.Add("Allow", "GET, HEAD");
  } else if (head.target == "/-/health") {
    const absl::Status health = cloud_->health();
    response.status = health.ok() ? 200 : 503;
    response.headers.Add("Content-Type", "text/plain");
    response.body = absl::Cord(health.ok() ? "ok\n" : "the store takes no writes\n");
  } else if (head.target == "/-/metrics") {
    response.headers.Add("Content-Type", http::kMetricsType);
    response.body = absl::Cord(http::MetricsText(cloud_->stats(), cloud_->meter(), stats()));
  } else {
    response.status = 404;
  }
  return response;
}

Response EndpointImpl::Refuse(int status, std::string_view detail) {
  return s3_->Refuse(status, detail, ids_.NextRequestId());
}

void EndpointImpl::Done(const http::Served& served) {
  if (served.status >= 400) errors_.fetch_add(1, std::memory_order_relaxed);
  if (options_.access_log == nullptr) return;
  EndpointLogEntry entry;
  if (served.note != nullptr) {
    entry.request = *std::static_pointer_cast<const EndpointRequest>(served.note);
  } else {
    entry.request.method = served.method;
    entry.request.target = WithoutSignature(served.target);
    entry.request.remote_address = served.remote_address;
  }
  entry.status = served.status;
  entry.bytes_in = served.bytes_in;
  entry.bytes_out = served.bytes_out;
  entry.time = served.time;
  options_.access_log(entry);
}

std::string EndpointImpl::url() const {
  const bool tls = !options_.tls_certificate_chain.empty();
  std::string host = options_.address;
  if (host == "0.0.0.0") host = "127.0.0.1";
  if (host == "::") host = "::1";
  if (host.find(':') != std::string::npos) host = absl::StrCat("[", host, "]");
  return absl::StrCat(tls ? "https://" : "http://", host, ":", port());
}

EndpointStats EndpointImpl::stats() const {
  const http::ServerStats server = server_->stats();
  EndpointStats stats;
  stats.connections = server.connections;
  stats.accepted = server.accepted;
  stats.shed = server.shed;
  stats.requests = server.requests;
  stats.errors = errors_.load(std::memory_order_relaxed);
  stats.timeouts = server.timeouts;
  return stats;
}

}  // namespace internal

absl::StatusOr<S3Endpoint> S3Endpoint::Start(Cloud& cloud, const EndpointOptions& options) {
  auto impl = std::make_unique<internal::EndpointImpl>(&cloud, options);
  CLOUDLET_RETURN_IF_ERROR(impl->Start());
  return S3Endpoint(std::move(impl));
}

S3Endpoint::S3Endpoint(std::unique_ptr<internal::EndpointImpl> impl) : impl_(std::move(impl)) {}
S3Endpoint::S3Endpoint(S3Endpoint&&) noexcept = default;
S3Endpoint& S3Endpoint::operator=(S3Endpoint&&) noexcept = default;
S3Endpoint::~S3Endpoint() = default;

std::string S3Endpoint::url() const { return impl_->url(); }
uint16_t S3Endpoint::port() const { return impl_->port(); }
const Identity& S3Endpoint::identity() const { return impl_->identity(); }
const std::string& S3Endpoint::region() const { return impl_->region(); }
EndpointStats S3Endpoint::stats() const { return impl_->stats(); }
absl::Status S3Endpoint::Stop(absl::Duration grace) { return impl_->Stop(grace); }

std::vector<std::pair<std::string, std::string>> S3Endpoint::EnvVars() const {
  return {{"AWS_ENDPOINT_URL", url()},
          {"AWS_ACCESS_KEY_ID", identity().access_key_id},
          {"AWS_SECRET_ACCESS_KEY", identity().secret_access_key},
          {"AWS_REGION", region()},
          {"AWS_DEFAULT_REGION", region()}};
}

}  // namespace cloudlet
