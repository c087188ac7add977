// Which headers of a message go on, are stored, are replaced: RFC 9110 section 7.6.1, RFC 9111
// sections 3.1 and 3.2.
#ifndef CLOUDLET_EDGE_HEADER_RULES_H_
#define CLOUDLET_EDGE_HEADER_RULES_H_

#include "absl/time/time.h"
#include "cloudlet/edge_http.h"
#include "edge/directives.h"

namespace cloudlet::edge {

// Takes away what is for one connection: Connection, what it lists, Keep-Alive, TE,
// Transfer-Encoding, Upgrade, Proxy-Connection and the other fields of proxies.
void RemoveConnectionFields(HttpHeaders* headers);

// What of a response (already without fields of the connection) is not to be stored: the fields
// that no-cache="..." and private="..." name.
void RemoveExcludedFields(const Directives& directives, HttpHeaders* headers);

// A response without a Date gets the time at which it came: RFC 9110 section 6.6.1.
void EnsureDate(absl::Time response_time, HttpHeaders* headers);

// The stored headers after a 304 (or the answer to a HEAD) with `fresh`: each of its fields, all
// its lines, in place of the stored ones. Content-Length, and what the stored bytes depend on
// (Content-Encoding, Content-Range), stay; an Age or Date that is not sent again goes.
HttpHeaders Updated(const HttpHeaders& stored, const HttpHeaders& fresh);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_HEADER_RULES_H_
