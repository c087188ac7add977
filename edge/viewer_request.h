// Whether a viewer's request is let in, before anything is asked for it.
//
// Pure; any bytes may come in.
#ifndef CLOUDLET_EDGE_VIEWER_REQUEST_H_
#define CLOUDLET_EDGE_VIEWER_REQUEST_H_

#include <string>
#include <string_view>
#include <vector>

#include "cloudlet/edge.h"

namespace cloudlet::edge {

// 400 for what is no request (a path without '/', white space or controls in the URL, headers that
// HTTP cannot carry), 414 for a URL above 8,192 bytes, 0 for a good one.
int WhyMalformed(const HttpRequest& request);

// An unknown country is never restricted.
bool IsRestricted(GeoRestriction restriction, const std::vector<std::string>& countries,
                  std::string_view country);

bool IsAllowed(AllowedMethods allowed, std::string_view method);

// The Host header, or the URL's authority where there is none.
std::string HostOf(const HttpRequest& request);

// Whether `host`, with or without a port, is the distribution's name or one of its aliases (all
// are, where it has none).
bool IsServedHost(std::string_view host, std::string_view domain_name,
                  const std::vector<std::string>& aliases);

// "www.example.com", "*.example.com": labels of letters, digits, '-' and '_', at least two without
// the '*'.
bool IsDomainName(std::string_view name);

// What a request over another protocol than it may use is answered with: 301, 307 or 403. 0: it
// may.
int ProtocolRefusal(ViewerProtocolPolicy policy, const HttpRequest& request, const Viewer& viewer);

// The same URL with https, for a redirect.
std::string HttpsLocation(const HttpRequest& request);

// HTTP/0.9 and 1.0; what is not known is newer.
bool IsOldProtocol(const Viewer& viewer);

std::string_view ReasonOf(int status);  // "Forbidden"; empty for what is not listed

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_VIEWER_REQUEST_H_
