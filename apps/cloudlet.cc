// cloudlet: a store served over S3's and Lambda's REST APIs.
//
//   cloudlet serve --data /var/lib/cloudlet --port 9000

#include <signal.h>

#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "apps/serve_options.h"
#include "cloudlet/cloud.h"
#include "cloudlet/endpoint.h"

namespace cloudlet::apps {
namespace {

constexpr char kHelp[] =
    "usage: cloudlet serve ...     serve a store (cloudlet serve --help)\n"
    "       cloudlet --version\n";

std::string Now() {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", RealClock()->Now(), absl::UTCTimeZone());
}

// One write per line, so that lines of several threads do not mix.
void WriteLine(std::string line) {
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

// What a peer sent goes onto a line and into a terminal: control bytes are shown, not obeyed.
std::string Shown(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      absl::StrAppend(&out, "\\x", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
    } else {
      out += c;
    }
  }
  return out;
}

void LogRequest(const EndpointLogEntry& entry) {
  const EndpointRequest& request = entry.request;
  WriteLine(absl::StrCat(Now(), " ", request.remote_address, " ",
                         request.operation.empty() ? "-" : request.operation, " \"",
                         Shown(request.method), " ", Shown(request.target), "\" ", entry.status,
                         " in=", entry.bytes_in, " out=", entry.bytes_out,
                         " ms=", absl::ToDoubleMilliseconds(entry.time),
                         " principal=", request.principal.empty() ? "-" : request.principal,
                         " id=", request.request_id));
}

LogOptions LogToStderr() {
  LogOptions log;
  log.sink = [](const LogEntry& entry) {
    WriteLine(absl::StrCat(Now(), " ", LogLevelName(entry.level), " ", std::string(entry.component),
                           ": ", std::string(entry.message)));
  };
  return log;
}

absl::StatusOr<Cloud> OpenCloud(const ServeOptions& options) {
  if (options.data.empty()) {
    InMemoryOptions memory;
    memory.log = LogToStderr();
    memory.region = options.region;
    memory.key_policy = KeyPolicy::kUtf8;
    if (!options.owner.empty()) memory.owner = options.owner;
    return Cloud::InMemory(memory);
  }
  OpenOptions open;
  open.log = LogToStderr();
  open.region = options.region;
  open.key_policy = KeyPolicy::kUtf8;
  if (!options.owner.empty()) open.owner = options.owner;
  return Cloud::Open(options.data, open);
}

int Fail(const absl::Status& status) {
  std::cerr << "cloudlet: " << status.message() << "\n";
  return 1;
}

int Serve(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--help") {
      std::cout << kServeHelp;
      return 0;
    }
  }
  absl::StatusOr<ServeOptions> options = ParseServeOptions(arguments);
  if (!options.ok()) {
    std::cerr << "cloudlet: " << options.status().message()
              << "\n(cloudlet serve --help tells the options)\n";
    return 2;
  }
  if (!options->quiet) options->endpoint.access_log = LogRequest;

  // Before there are threads, so that all of them leave these to sigwait below.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  absl::StatusOr<Cloud> cloud = OpenCloud(*options);
  if (!cloud.ok()) return Fail(cloud.status());
  absl::StatusOr<S3Endpoint> endpoint = S3Endpoint::Start(*cloud, options->endpoint);
  if (!endpoint.ok()) return Fail(endpoint.status());
  std::cout << endpoint->url() << std::endl;

  int signal = 0;
  sigwait(&signals, &signal);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);  // a second one ends it at once
  const absl::Status stopped = endpoint->Stop(absl::Seconds(10));
  const absl::Status closed = cloud->Close();
  if (!stopped.ok()) WriteLine(absl::StrCat("cloudlet: ", std::string(stopped.message())));
  return closed.ok() ? 0 : Fail(closed);
}

int Main(const std::vector<std::string>& arguments) {
  const std::string command = arguments.empty() ? "" : arguments[0];
  if (command == "serve") return Serve({arguments.begin() + 1, arguments.end()});
  if (command == "--version") {
    std::cout << "cloudlet " << kVersion << "\n";
    return 0;
  }
  (command == "--help" ? std::cout : std::cerr) << kHelp;
  return command == "--help" ? 0 : 2;
}

}  // namespace
}  // namespace cloudlet::apps

int main(int argc, char** argv) { return cloudlet::apps::Main({argv + 1, argv + argc}); }
