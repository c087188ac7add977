// What `cloudlet serve` is told on its command line.
//
// Threads: pure functions over values, but for reading the files that are named.
#ifndef CLOUDLET_APPS_SERVE_OPTIONS_H_
#define CLOUDLET_APPS_SERVE_OPTIONS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cloudlet/cloud.h"
#include "cloudlet/endpoint.h"

namespace cloudlet::apps {

struct ServeOptions {
  std::string data = {};   // a directory; empty: in memory
  std::string owner = {};  // canonical id; empty: the library's own
  std::string region = "us-east-1";
  bool quiet = false;  // no line per request
  EndpointOptions endpoint = {};
};

// The text of `cloudlet serve --help`.
extern const char kServeHelp[];

// `arguments` behind "serve"; an option's value follows it behind "=" or as the next argument.
// Without --identity and --identities the identity is that of AWS_ACCESS_KEY_ID and
// AWS_SECRET_ACCESS_KEY in the environment. INVALID_ARGUMENT names the option; secrets are never
// part of a message.
absl::StatusOr<ServeOptions> ParseServeOptions(const std::vector<std::string>& arguments);

// ACCESS:SECRET, and behind further colons CANONICAL_ID, DISPLAY_NAME and EMAIL, each of which may
// be missing or empty.
absl::StatusOr<Identity> ParseIdentity(const std::string& text);

}  // namespace cloudlet::apps

#endif  // CLOUDLET_APPS_SERVE_OPTIONS_H_
