// See edge_front_options.h.
#include "apps/edge_front_options.h"

#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace cloudlet::apps {

const char kEdgeFrontHelp[] =
    R"(usage: edge_front --listen HOST:PORT --origin HOST:PORT [options]

A cache in front of a web server, over HTTP/1.1, until SIGTERM or SIGINT.

  --listen HOST:PORT     an IP address ("[::1]:8080"); port 0 takes a free one
  --origin HOST:PORT     the server that is asked, by name or address
  --origin-tls           it is asked over https
  --origin-ca FILE       PEM; certificates that it may be signed by, in place of the machine's
  --profile NAME         rfc9111 (default): a shared cache as RFC 9111 has it;
                         cloudfront: CloudFront's rules and default TTLs
  --lenient-partials     (rfc9111) believe origins that send less of a part than they say
  --cache-bytes N        of stored answers (default 268435456); 0 stores nothing
  --response-timeout N   seconds for the origin's answer, 1 to 120 (default 30)
  --max-body-bytes N     of a request (default 20971520); above: 413
  --max-connections N    (default 1024)
  --max-requests N       that wait for the origin at the same time (default 256)
  --threads N            that read and write (default: two for each core, at least 4)
  --tls-certificate FILE PEM; with both only TLS is spoken
  --tls-key FILE

The first line on stdout is "listening on http://HOST:PORT", once requests are answered. All methods
and headers go to the origin, Host as the viewer sent it. Host and query strings are part of the
cache key, in the profile cloudfront cookies and Authorization, too. SIGTERM and SIGINT let answers
under way end, 10 seconds at most; a second one ends it at once.
)";

namespace {

using Apply = std::function<absl::Status(const std::string& name, const std::string& value)>;

absl::Status Wrong(const std::string& option, const std::string& why) {
  return absl::InvalidArgumentError(absl::StrCat(option, ": ", why));
}

struct Option {
  bool has_value = true;
  Apply apply;
};

template <typename Number>
Option ANumber(uint64_t min, uint64_t max, Number* out) {
  return {true, [=](const std::string& name, const std::string& text) {
            uint64_t value = 0;
            if (!absl::SimpleAtoi(text, &value) || value < min || value > max) {
              return Wrong(name,
                           absl::StrCat("\"", text, "\" is no number from ", min, " to ", max));
            }
            *out = static_cast<Number>(value);
            return absl::OkStatus();
          }};
}

Option AFlag(bool* out) {
  return {false, [=](const std::string&, const std::string&) {
            *out = true;
            return absl::OkStatus();
          }};
}

Option AFile(std::string* out) {
  return {true, [=](const std::string& name, const std::string& path) {
            std::ifstream in(path, std::ios::binary);
            *out =
                std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
            if (out->empty()) return Wrong(name, absl::StrCat("cannot read \"", path, "\""));
            return absl::OkStatus();
          }};
}

// "host:80", "[::1]:80".
Option AHostAndPort(uint64_t min_port, std::string* host, uint16_t* port) {
  return {true, [=](const std::string& name, const std::string& text) {
            const size_t colon = text.rfind(':');
            uint64_t number = 0;
            if (colon == std::string::npos || colon == 0 ||
                !absl::SimpleAtoi(text.substr(colon + 1), &number) || number < min_port ||
                number > 65'535) {
              return Wrong(name,
                           absl::StrCat("\"", text, "\" is not HOST:PORT, as 127.0.0.1:8080"));
            }
            *host = text.substr(0, colon);
            if (host->front() == '[' && host->back() == ']') {
              *host = host->substr(1, host->size() - 2);
            } else if (host->find(':') != std::string::npos) {
              return Wrong(name, "an IPv6 address goes into brackets, as [::1]:8080");
            }
            *port = static_cast<uint16_t>(number);
            return absl::OkStatus();
          }};
}

Option AProfile(CacheProfile* out) {
  return {true, [=](const std::string& name, const std::string& text) {
            if (text != "rfc9111" && text != "cloudfront") {
              return Wrong(name, absl::StrCat("\"", text, "\" is not rfc9111 or cloudfront"));
            }
            *out = text == "rfc9111" ? CacheProfile::kRfc9111 : CacheProfile::kCloudFront;
            return absl::OkStatus();
          }};
}

Option Seconds(int64_t min, int64_t max, absl::Duration* out) {
  return {true, [=](const std::string& name, const std::string& text) {
            int64_t seconds = 0;
            const absl::Status status =
                ANumber(static_cast<uint64_t>(min), static_cast<uint64_t>(max), &seconds)
                    .apply(name, text);
            if (status.ok()) *out = absl::Seconds(seconds);
            return status;
          }};
}

std::map<std::string, Option> OptionsInto(EdgeFrontArguments* out) {
  constexpr uint64_t kMost = uint64_t{1} << 50;
  EdgeFrontOptions& front = out->front;
  return {
      {"--listen", AHostAndPort(0, &front.address, &front.port)},
      {"--origin", AHostAndPort(1, &out->origin.host, &out->origin.port)},
      {"--origin-tls", AFlag(&out->origin.tls)},
      {"--origin-ca",
       {true,
        [out](const auto&, const auto& path) {
          out->origin.ca_file = path;
          return absl::OkStatus();
        }}},
      {"--profile", AProfile(&out->profile)},
      {"--lenient-partials", AFlag(&out->lenient_partials)},
      {"--cache-bytes", ANumber(0, kMost, &out->cache_bytes)},
      {"--response-timeout", Seconds(1, 120, &out->response_timeout)},
      {"--max-body-bytes", ANumber(0, kMost, &front.max_body_bytes)},
      {"--max-connections", ANumber(1, 100'000, &front.max_connections)},
      {"--max-requests", ANumber(1, 10'000, &front.max_requests)},
      {"--threads", ANumber(1, 1'024, &front.threads)},
      {"--tls-certificate", AFile(&front.tls_certificate_chain)},
      {"--tls-key", AFile(&front.tls_private_key)},
  };
}

absl::Status CheckTogether(const EdgeFrontArguments& arguments, bool listens) {
  if (!listens) return Wrong("--listen", "say where, as --listen 127.0.0.1:8080");
  if (arguments.origin.host.empty()) {
    return Wrong("--origin", "say who is asked, as --origin 127.0.0.1:8000");
  }
  if (arguments.lenient_partials && arguments.profile != CacheProfile::kRfc9111) {
    return Wrong("--lenient-partials", "it is for --profile rfc9111");
  }
  if (!arguments.origin.ca_file.empty() && !arguments.origin.tls) {
    return Wrong("--origin-ca", "give --origin-tls, too");
  }
  if (arguments.front.tls_certificate_chain.empty() != arguments.front.tls_private_key.empty()) {
    return Wrong("--tls-certificate", "give both it and --tls-key, or none");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<EdgeFrontArguments> ParseEdgeFrontArguments(
    const std::vector<std::string>& arguments) {
  EdgeFrontArguments out;
  bool listens = false;
  const std::map<std::string, Option> options = OptionsInto(&out);
  for (size_t i = 0; i < arguments.size(); ++i) {
    const size_t equals = arguments[i].find('=');
    const std::string name = arguments[i].substr(0, equals);
    const auto found = options.find(name);
    if (found == options.end()) {
      return Wrong(name, "there is no such option (--help tells which there are)");
    }
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
    listens = listens || name == "--listen";
  }
  if (absl::Status status = CheckTogether(out, listens); !status.ok()) return status;
  return out;
}

DistributionOptions DistributionFor(const EdgeFrontArguments& arguments,
                                    std::shared_ptr<Origin> origin) {
  DistributionOptions options;
  options.origins = {{.id = "origin",
                      .origin = std::move(origin),
                      .response_timeout = arguments.response_timeout}};
  options.profile = arguments.profile;
  options.lenient_partials = arguments.lenient_partials;
  options.cache_bytes = arguments.cache_bytes;
  options.domain_name = "edge_front";
  CacheBehavior& behavior = options.default_behavior;
  behavior.origin_id = "origin";
  behavior.allowed_methods = AllowedMethods::kAny;
  behavior.cache.query_strings = {.which = Selection::kAll};
  behavior.origin_request.cookies = {.which = Selection::kAll};
  behavior.origin_request.headers = {.which = Selection::kAll};
  if (arguments.profile == CacheProfile::kCloudFront) {
    // Vary does not select there: what an answer may be encoded by has to be in the key.
    behavior.cache.accept_gzip = true;
    behavior.cache.accept_brotli = true;
    behavior.cache.cookies = {.which = Selection::kAll};
    behavior.cache.headers = {.which = Selection::kListed, .names = {"Authorization", "Host"}};
  }
  return options;
}

}  // namespace cloudlet::apps
