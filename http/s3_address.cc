// The host says what it can, the path the rest.
#include "http/s3_address.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "http/uri.h"

namespace cloudlet::http {
namespace {

using base::V;

std::string_view WithoutPort(std::string_view host) {
  const size_t colon = host.rfind(':');
  const size_t bracket = host.rfind(']');  // of an IPv6 address
  if (colon == std::string_view::npos) return host;
  if (bracket != std::string_view::npos && bracket > colon) return host;
  return host.substr(0, colon);
}

bool IsUnder(std::string_view host, std::string_view domain) {
  return host.size() > domain.size() + 1 && host[host.size() - domain.size() - 1] == '.' &&
         absl::EndsWithIgnoreCase(V(host), V(domain));
}

// What stands before the longest base domain that fits; empty: none does.
std::string_view BucketOfHost(std::string_view host, const std::vector<std::string>& domains) {
  size_t longest = 0;
  for (const std::string& domain : domains) {
    if (absl::EqualsIgnoreCase(V(host), domain)) return {};
    if (!domain.empty() && IsUnder(host, domain)) longest = std::max(longest, domain.size());
  }
  return longest == 0 ? std::string_view() : host.substr(0, host.size() - longest - 1);
}

}  // namespace

absl::StatusOr<S3Address> S3AddressOf(std::string_view host, std::string_view raw_path,
                                      const std::vector<std::string>& base_domains) {
  if (raw_path.empty() || raw_path[0] != '/') {
    return MakeError(ErrorCode::kInvalidUri, "the path does not begin with a slash");
  }
  std::string_view rest = raw_path.substr(1);
  S3Address address;
  const std::string_view named = BucketOfHost(WithoutPort(host), base_domains);
  address.virtual_host = !named.empty();
  if (address.virtual_host) {
    for (const char c : named) {
      address.bucket += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
  } else {
    const size_t slash = std::min(rest.find('/'), rest.size());
    CLOUDLET_ASSIGN_OR_RETURN(address.bucket, PercentDecode(rest.substr(0, slash)));
    rest.remove_prefix(std::min(slash + 1, rest.size()));
    if (address.bucket.empty() && raw_path.size() > 1) {
      return MakeError(ErrorCode::kInvalidBucketName);
    }
  }
  CLOUDLET_ASSIGN_OR_RETURN(address.key, PercentDecode(rest));
  return address;
}

std::string S3PathOf(std::string_view bucket, std::string_view key) {
  std::string path = "/";
  AppendPercentEncoded(bucket, path);
  if (key.empty()) return path;
  for (;;) {
    path += '/';
    const size_t slash = key.find('/');
    AppendPercentEncoded(key.substr(0, slash), path);
    if (slash == std::string_view::npos) return path;
    key.remove_prefix(slash + 1);
  }
}

}  // namespace cloudlet::http
