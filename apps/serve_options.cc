// See serve_options.h.
#include "apps/serve_options.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace cloudlet::apps {

const char kServeHelp[] =
    R"(usage: cloudlet serve (--data DIR | --in-memory) [options]

Serves S3's and Lambda's REST APIs over one store until SIGTERM or SIGINT.

  --data DIR            the store's directory, created where there is none
  --in-memory           a store that ends with the process
  --address IP          to listen on (default 127.0.0.1; 0.0.0.0 is every interface)
  --port N              0 takes a free one (default 9000)
  --identity A:S:I:N:E  who may sign: access key, secret, canonical id, display name, email; the last
                        three may be left out (without an id: the owner of the store). May be
                        repeated. Other users of the machine can read command lines: see --identities
                        (an access key has 3 to 128 of A-Z a-z 0-9 _)
  --identities FILE     the same, one on each line; a line that begins with # is a comment
  --no-anonymous        refuse unsigned requests, whatever the ACLs say
  --domain NAME         a host name by which clients reach it, other than localhost and addresses:
                        any other Host is refused. Buckets are also its subdomains. May be repeated
  --region NAME         (default us-east-1)
  --owner ID            canonical id of the owner of the store (default cloudlet)
  --sync                every write survives the machine before it is answered
  --max-connections N   (default 256)
  --threads N           that serve (default: two for each core, at least 4)
  --tls-certificate F   PEM files; with both only TLS is spoken
  --tls-key F
  --quiet               no line per request on stderr

Without --identity and --identities the identity is that of AWS_ACCESS_KEY_ID and
AWS_SECRET_ACCESS_KEY. The first line on stdout is the URL, once requests are answered.
Also served, to everybody: /-/health and /-/metrics (Prometheus; names of buckets are in it).
SIGTERM and SIGINT let requests under way end, 10 seconds at most; a second one ends it at once.
Functions, queues and topics are a C++ host's to make (S3Endpoint::Start); here there are none.
)";

namespace {

using Values = std::vector<std::string>;

absl::Status Wrong(const std::string& option, const std::string& why) {
  return absl::InvalidArgumentError(absl::StrCat(option, ": ", why));
}

absl::StatusOr<std::string> ReadFile(const std::string& option, const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return Wrong(option, absl::StrCat("cannot read \"", path, "\""));
  if (std::filesystem::is_directory(path)) {
    return Wrong(option, absl::StrCat("\"", path, "\" is a directory"));
  }
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

template <typename Number>
absl::Status ToNumber(const std::string& option, const std::string& text, uint64_t min,
                      uint64_t max, Number* out) {
  uint64_t value = 0;
  if (!absl::SimpleAtoi(text, &value) || value < min || value > max) {
    return Wrong(option, absl::StrCat("\"", text, "\" is no number from ", min, " to ", max));
  }
  *out = static_cast<Number>(value);
  return absl::OkStatus();
}

absl::Status AddIdentities(const std::string& text, std::vector<Identity>* out) {
  int number = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    const std::string one(absl::StripAsciiWhitespace(line));
    if (one.empty() || one.front() == '#') continue;
    absl::StatusOr<Identity> identity = ParseIdentity(one);
    if (!identity.ok()) {
      return Wrong("--identities",
                   absl::StrCat("line ", number, ": ", identity.status().message()));
    }
    out->push_back(*std::move(identity));
  }
  return absl::OkStatus();
}

// What each option does with its value; those without one get "".
struct Option {
  bool has_value = true;
  std::function<absl::Status(const std::string& name, const std::string& value)> apply;
};

std::map<std::string, Option> OptionsInto(ServeOptions* out, bool* in_memory) {
  EndpointOptions& endpoint = out->endpoint;
  const auto text = [](std::string* into) {
    return Option{true, [into](const std::string& name, const std::string& value) {
                    if (value.empty()) return Wrong(name, "it is empty");
                    *into = value;
                    return absl::OkStatus();
                  }};
  };
  const auto file = [](std::string* into) {
    return Option{true, [into](const std::string& name, const std::string& value) -> absl::Status {
                    absl::StatusOr<std::string> read = ReadFile(name, value);
                    if (!read.ok()) return read.status();
                    if (read->empty()) return Wrong(name, "the file is empty");
                    *into = *std::move(read);
                    return absl::OkStatus();
                  }};
  };
  const auto flag = [](std::function<void()> set) {
    return Option{false, [set](const std::string&, const std::string&) {
                    set();
                    return absl::OkStatus();
                  }};
  };
  return {
      {"--data", text(&out->data)},
      {"--in-memory", flag([in_memory] { *in_memory = true; })},
      {"--address", text(&endpoint.address)},
      {"--port",
       {true,
        [&endpoint](const auto& name, const auto& value) {
          return ToNumber(name, value, 0, 65535, &endpoint.port);
        }}},
      {"--identity",
       {true,
        [&endpoint](const auto& name, const auto& value) -> absl::Status {
          absl::StatusOr<Identity> identity = ParseIdentity(value);
          if (!identity.ok()) {
            return Wrong(name, std::string(identity.status().message()));
          }
          endpoint.identities.push_back(*std::move(identity));
          return absl::OkStatus();
        }}},
      {"--identities",
       {true,
        [&endpoint](const auto& name, const auto& value) -> absl::Status {
          absl::StatusOr<std::string> read = ReadFile(name, value);
          if (!read.ok()) return read.status();
          return AddIdentities(*read, &endpoint.identities);
        }}},
      {"--no-anonymous", flag([&endpoint] { endpoint.allow_anonymous = false; })},
      {"--domain",
       {true,
        [&endpoint](const auto&, const auto& value) {
          endpoint.domains.push_back(value);
          return absl::OkStatus();
        }}},
      {"--region", text(&out->region)},
      {"--owner", text(&out->owner)},
      {"--sync", flag([&endpoint] { endpoint.durability = Durability::kSync; })},
      {"--max-connections",
       {true,
        [&endpoint](const auto& name, const auto& value) {
          return ToNumber(name, value, 1, 100'000, &endpoint.max_connections);
        }}},
      {"--threads",
       {true,
        [&endpoint](const auto& name, const auto& value) {
          return ToNumber(name, value, 1, 1'024, &endpoint.threads);
        }}},
      {"--tls-certificate", file(&endpoint.tls_certificate_chain)},
      {"--tls-key", file(&endpoint.tls_private_key)},
      {"--quiet", flag([out] { out->quiet = true; })},
  };
}

}  // namespace

absl::StatusOr<Identity> ParseIdentity(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, ':');
  if (parts.size() < 2 || parts.size() > 5 || parts[0].empty() || parts[1].empty()) {
    return absl::InvalidArgumentError(
        "an identity is ACCESS:SECRET[:CANONICAL_ID[:DISPLAY_NAME[:EMAIL]]]");
  }
  Identity identity;
  identity.access_key_id = parts[0];
  identity.secret_access_key = parts[1];
  if (parts.size() > 2) identity.canonical_id = parts[2];
  if (parts.size() > 3) identity.display_name = parts[3];
  if (parts.size() > 4) identity.email = parts[4];
  return identity;
}

absl::StatusOr<ServeOptions> ParseServeOptions(const std::vector<std::string>& arguments) {
  ServeOptions out;
  out.endpoint.port = 9000;
  bool in_memory = false;
  const std::map<std::string, Option> options = OptionsInto(&out, &in_memory);
  for (size_t i = 0; i < arguments.size(); ++i) {
    const size_t equals = arguments[i].find('=');
    const std::string name = arguments[i].substr(0, equals);
    const auto found = options.find(name);
    if (found == options.end()) return Wrong(name, "there is no such option");
    std::string value;
    if (!found->second.has_value) {
      if (equals != std::string::npos) return Wrong(name, "it takes no value");
    } else if (equals != std::string::npos) {
      value = arguments[i].substr(equals + 1);
    } else if (++i < arguments.size()) {
      value = arguments[i];
    } else {
      return Wrong(name, "its value is missing");
    }
    if (absl::Status status = found->second.apply(name, value); !status.ok()) return status;
  }
  if (in_memory == !out.data.empty()) {
    return absl::InvalidArgumentError("give one of --data DIR and --in-memory");
  }
  if (in_memory && out.endpoint.durability == Durability::kSync) {
    return Wrong("--sync", "a store in memory has nothing to sync");
  }
  if (out.endpoint.tls_certificate_chain.empty() != out.endpoint.tls_private_key.empty()) {
    return absl::InvalidArgumentError("give both --tls-certificate and --tls-key, or none");
  }
  if (out.endpoint.identities.empty()) {
    const char* const key = std::getenv("AWS_ACCESS_KEY_ID");
    const char* const secret = std::getenv("AWS_SECRET_ACCESS_KEY");
    if (key == nullptr || secret == nullptr || *key == '\0' || *secret == '\0') {
      return absl::InvalidArgumentError(
          "nobody could sign a request: give --identity or --identities, or set AWS_ACCESS_KEY_ID "
          "and AWS_SECRET_ACCESS_KEY");
    }
    Identity identity;
    identity.access_key_id = key;
    identity.secret_access_key = secret;
    out.endpoint.identities.push_back(std::move(identity));
  }
  return out;
}

}  // namespace cloudlet::apps
