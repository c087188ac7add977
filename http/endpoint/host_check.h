// Which hosts a request may name: against web pages that reach a loopback server through a name of
// their own (DNS rebinding). Pure.
#ifndef CLOUDLET_HTTP_ENDPOINT_HOST_CHECK_H_
#define CLOUDLET_HTTP_ENDPOINT_HOST_CHECK_H_

#include <string>
#include <string_view>
#include <vector>

namespace cloudlet::http {

// `host` as the Host header has it, with or without a port. Addresses, "localhost" and names under
// it, `domains` and names under them, without case and with a dot at the end or none.
bool IsAllowedHost(std::string_view host, const std::vector<std::string>& domains);

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_ENDPOINT_HOST_CHECK_H_
