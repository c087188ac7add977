// Preconditions that a cache evaluates, and those that it makes: RFC 9110 section 13, RFC 9111
// section 4.3.
#ifndef CLOUDLET_EDGE_CONDITIONS_H_
#define CLOUDLET_EDGE_CONDITIONS_H_

#include <vector>

#include "cloudlet/edge_http.h"
#include "edge/stored.h"

namespace cloudlet::edge {

// If-Match and If-Unmodified-Since are for the origin alone.
bool HasOriginConditions(const HttpHeaders& request);

// Whether the client has this response already: If-None-Match (which wins), else If-Modified-Since
// against Last-Modified or, without one, against Date. Conditions are for responses of 2xx alone.
bool NotModified(const HttpRequest& request, const StoredResponse& stored);

// Whether Range counts: there is no If-Range, or it is this response's strong validator.
bool RangeCounts(const HttpHeaders& request, const StoredResponse& stored);

// Whether the origin can be asked if this response is still good.
bool HasValidator(const StoredResponse& stored);

// Puts in place of the client's conditions those that ask whether one of `stored` is still good:
// If-None-Match with all their tags, If-Modified-Since where there is but one of them.
void SetConditions(const std::vector<const StoredResponse*>& stored, HttpHeaders* request);

// Takes If-None-Match, If-Modified-Since and If-Range away.
void RemoveConditions(HttpHeaders* request);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_CONDITIONS_H_
