// See host_check.h.
#include "http/endpoint/host_check.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "base/strings.h"

namespace cloudlet::http {
namespace {

// "[::1]" or "127.0.0.1": what no name server can be asked for.
bool IsAddress(std::string_view host) {
  if (host.front() == '[') {
    return host.size() > 2 && host.back() == ']' &&
           host.find_first_not_of("0123456789abcdef:.", 1) == host.size() - 1;
  }
  return std::count(host.begin(), host.end(), '.') == 3 &&
         std::all_of(host.begin(), host.end(),
                     [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

bool IsOrIsUnder(std::string_view host, std::string_view domain) {
  if (host.size() < domain.size() || domain.empty()) return false;
  if (host.substr(host.size() - domain.size()) != domain) return false;
  return host.size() == domain.size() || host[host.size() - domain.size() - 1] == '.';
}

}  // namespace

bool IsAllowedHost(std::string_view host, const std::vector<std::string>& domains) {
  if (host.empty()) return false;
  if (host.front() != '[') {
    host = host.substr(0, host.rfind(':'));
  } else {
    const std::string_view port = host.substr(std::min(host.find(']'), host.size() - 1) + 1);
    if (!port.empty() && port.front() != ':') return false;
    host.remove_suffix(port.size());
  }
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);
  if (host.empty()) return false;
  const std::string lower = absl::AsciiStrToLower(base::V(host));
  if (IsAddress(lower) || IsOrIsUnder(lower, "localhost")) return true;
  return std::any_of(domains.begin(), domains.end(), [&lower](const std::string& domain) {
    return IsOrIsUnder(lower, absl::AsciiStrToLower(domain));
  });
}

}  // namespace cloudlet::http
