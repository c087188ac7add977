// edge_front: a cache in front of a web server.
//
//   edge_front --listen 127.0.0.1:8080 --origin 127.0.0.1:8000

#include "cloudlet/edge_front.h"

#include <signal.h>

#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "apps/edge_front_options.h"
#include "cloudlet/cloud.h"
#include "cloudlet/edge.h"
#include "cloudlet/http_origin.h"

namespace cloudlet::apps {
namespace {

int Fail(const absl::Status& status, int code) {
  std::cerr << "edge_front: " << status.message() << "\n";
  return code;
}

int Main(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--help") {
      std::cout << kEdgeFrontHelp;
      return 0;
    }
  }
  const absl::StatusOr<EdgeFrontArguments> options = ParseEdgeFrontArguments(arguments);
  if (!options.ok()) return Fail(options.status(), 2);

  // Before there are threads, so that all of them leave these to sigwait below.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  Cloud cloud = Cloud::InMemory({});  // for its clock: nothing is stored in it
  absl::StatusOr<std::shared_ptr<Origin>> origin = MakeHttpOrigin(options->origin);
  if (!origin.ok()) return Fail(origin.status(), 2);
  const absl::StatusOr<Distribution> distribution =
      Distribution::Create(cloud, DistributionFor(*options, *std::move(origin)));
  if (!distribution.ok()) return Fail(distribution.status(), 2);
  absl::StatusOr<EdgeFront> front = EdgeFront::Start(*distribution, options->front);
  if (!front.ok()) return Fail(front.status(), 1);
  std::cout << "listening on " << front->url() << std::endl;

  int signal = 0;
  sigwait(&signals, &signal);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);  // a second one ends it at once
  const absl::Status stopped = front->Stop(absl::Seconds(10));
  if (!stopped.ok()) return Fail(stopped, 1);
  return 0;
}

}  // namespace
}  // namespace cloudlet::apps

int main(int argc, char** argv) { return cloudlet::apps::Main({argv + 1, argv + argc}); }
