// S3Endpoint: a Cloud for S3 and Lambda clients of any language, over HTTP.
//
//   absl::StatusOr<S3Endpoint> endpoint = S3Endpoint::Start(cloud);
//   RunChild({"aws", "s3", "cp", "cat.jpg", "s3://photos/"}, endpoint->EnvVars());
//
// What is served is S3's REST API and Lambda's, signed requests included, on loopback unless told
// otherwise: docs/wire.md lists the operations, and what is answered with NotImplemented.
// In-process use never needs it. Target //:endpoint.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/Welcome.html and
// https://docs.aws.amazon.com/lambda/latest/api/welcome.html
#ifndef CLOUDLET_API_ENDPOINT_H_
#define CLOUDLET_API_ENDPOINT_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cloudlet/cloud.h"

namespace cloudlet {

namespace internal {
class EndpointImpl;
}  // namespace internal

// Somebody who may sign requests.
struct Identity {
  std::string access_key_id = {};  // 3 to 128 of A-Z a-z 0-9 _
  std::string secret_access_key = {};
  // The principal of its requests: Caller::principal. Empty: the owner of the store.
  std::string canonical_id = {};
  std::string display_name = {};  // shown beside the id in answers
  std::string email = {};         // kept for grants by e-mail, which are not there yet
};

// A request as a hook and a log line see it.
struct EndpointRequest {
  std::string operation = {};  // "PutObject"; "Invoke"; empty: none was recognised
  std::string method = {};
  std::string target = {};  // as it was sent, but for what a signature in the query says
  std::string bucket = {};
  std::string key = {};
  std::string principal = {};   // who signed; "anonymous"
  std::string request_id = {};  // x-amz-request-id
  std::string remote_address = {};
  // The x-cloudlet-fault header: nothing by itself, a hook may say what it means
  // (cloudlet/testing/endpoint_faults.h has one for tests).
  std::string fault = {};
};

// What a hook wants to happen in place of the answer, or before it.
struct InjectedFault {
  absl::Status error = {};  // not OK: it is the answer, and nothing is carried out
  // The request is carried out, and its answer lost: the connection is closed without one.
  bool drop_answer = false;
};

struct EndpointLogEntry {
  EndpointRequest request = {};
  int status = 0;          // of HTTP; 0: the client went away
  uint64_t bytes_in = 0;   // of the body, as it came
  uint64_t bytes_out = 0;  // of the body
  absl::Duration time = absl::ZeroDuration();
};

struct EndpointOptions {
  std::string address = "127.0.0.1";  // an IP address; "0.0.0.0" is every interface
  uint16_t port = 0;                  // 0: one that is free
  // Who may sign. Empty: one identity, the owner, with a key and a secret made for this endpoint:
  // see S3Endpoint::identity.
  std::vector<Identity> identities = {};
  // Unsigned requests are made as "anonymous", who may do what public ACLs allow. False: they are
  // AccessDenied, whatever the ACLs say.
  bool allow_anonymous = true;
  // Names under which buckets are subdomains ("photos.s3.test"), and which Host may be. Loopback
  // addresses, "localhost" and names under it, and `address` are always right; any other Host is
  // refused, so that no web page can reach the endpoint through a name of its own.
  std::vector<std::string> domains = {};
  Durability durability = Durability::kBuffered;  // of what clients write

  int threads = 0;               // that serve; 0: two for each core, at least 4
  size_t max_connections = 256;  // above: 503 SlowDown
  // Invocations and copies of parts that clients wait for; above: 503.
  size_t max_invocations = 64;
  absl::Duration idle_timeout = absl::Seconds(60);

  // PEM; both or none. With them only TLS is spoken.
  std::string tls_certificate_chain = {};
  std::string tls_private_key = {};

  // Called for each recognised request before it is carried out, from any thread, several at once:
  // how faults are injected over the wire. Null: nothing is.
  std::function<std::optional<InjectedFault>(const EndpointRequest&)> hook = nullptr;
  // Called when a request has been answered; likewise. Secrets and signatures are never in it.
  std::function<void(const EndpointLogEntry&)> access_log = nullptr;
};

struct EndpointStats {
  uint64_t connections = 0;  // now
  uint64_t accepted = 0;     // connections since the start
  uint64_t shed = 0;         // of these, refused for being too many
  uint64_t requests = 0;
  uint64_t errors = 0;    // answers of 400 and above
  uint64_t timeouts = 0;  // clients that were too slow
};

// A server that runs while this value lives. Movable. Threads: any, but for moving and destroying.
class S3Endpoint {
 public:
  // Requests are answered when it returns. The Cloud must stay where it is (not be moved) and live
  // longer than the endpoint; once it is closed, answers are 503. Errors: INVALID_ARGUMENT
  // (address, identities, certificate), ALREADY_EXISTS (the port is taken), PERMISSION_DENIED,
  // UNAVAILABLE.
  static absl::StatusOr<S3Endpoint> Start(Cloud& cloud, const EndpointOptions& options = {});
  S3Endpoint(S3Endpoint&&) noexcept;
  S3Endpoint& operator=(S3Endpoint&&) noexcept;
  ~S3Endpoint();  // as Stop()

  std::string url() const;  // "http://127.0.0.1:41234"
  uint16_t port() const;
  const Identity& identity() const;  // the first
  const std::string& region() const;
  // What the AWS SDKs and tools of a child process read: AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID,
  // AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_DEFAULT_REGION.
  std::vector<std::pair<std::string, std::string>> EnvVars() const;
  // Sets endpoint and region of a configuration of the AWS SDK for C++, or of anything with these
  // members. Credentials are the SDK's own argument; path-style addressing is to be chosen there.
  template <typename ClientConfiguration>
  void Configure(ClientConfiguration* configuration) const {
    configuration->endpointOverride = url();
    configuration->region = region();
  }
  EndpointStats stats() const;
  // Lets answers under way end until `grace` is over; then cuts them (DEADLINE_EXCEEDED).
  absl::Status Stop(absl::Duration grace = absl::Seconds(5));

 private:
  explicit S3Endpoint(std::unique_ptr<internal::EndpointImpl> impl);
  std::unique_ptr<internal::EndpointImpl> impl_;
};

}  // namespace cloudlet

#endif  // CLOUDLET_API_ENDPOINT_H_
