// What the clients of this folder talk to: a Cloud in memory with a function "echo", served until
// SIGTERM. Prints the URL. Its identity is that of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.

#include <signal.h>

#include <cstdlib>
#include <iostream>
#include <string>

#include "cloudlet/cloud.h"
#include "cloudlet/endpoint.h"

int main() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  cloudlet::Cloud cloud = cloudlet::Cloud::InMemory({.key_policy = cloudlet::KeyPolicy::kUtf8});
  const absl::Status registered =
      cloud.RegisterFunction("echo", [](std::string_view payload, cloudlet::FunctionContext&) {
        return absl::StatusOr<std::string>(std::string(payload));
      });
  cloudlet::EndpointOptions options;
  const char* const key = std::getenv("AWS_ACCESS_KEY_ID");
  const char* const secret = std::getenv("AWS_SECRET_ACCESS_KEY");
  if (!registered.ok() || key == nullptr || secret == nullptr) {
    std::cerr << "wire_server: " << registered
              << "; it needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY\n";
    return 2;
  }
  options.identities = {{.access_key_id = key, .secret_access_key = secret}};
  absl::StatusOr<cloudlet::S3Endpoint> endpoint = cloudlet::S3Endpoint::Start(cloud, options);
  if (!endpoint.ok()) {
    std::cerr << "wire_server: " << endpoint.status() << "\n";
    return 1;
  }
  std::cout << endpoint->url() << std::endl;
  int signal = 0;
  sigwait(&signals, &signal);
  return endpoint->Stop().ok() ? 0 : 1;
}
