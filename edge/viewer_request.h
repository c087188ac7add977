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

std::string_view ReasonOf(int status);  // "Forbidden"; empty for what is not listed

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_VIEWER_REQUEST_H_
