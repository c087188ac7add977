// An origin, asked so that whatever it does comes back as an answer or a named failure.
#ifndef CLOUDLET_EDGE_ORIGINS_H_
#define CLOUDLET_EDGE_ORIGINS_H_

#include <memory>
#include <string_view>

#include "absl/time/time.h"
#include "cloudlet/edge_origin.h"

namespace cloudlet::edge {

// Calls `origin`. What it throws, and an answer that is none (a status outside of 200 to 999, names
// or values of headers that HTTP cannot carry, a body of another length than Content-Length says),
// is kCutShort. A body to HEAD is dropped; interim responses that are none are left out.
OriginResult FetchFenced(Origin& origin, const HttpRequest& request, absl::Time deadline,
                         const InterimSink& interim);

// The same with a body that may be on its way. Of such a body what it throws, and another length
// than Content-Length says, is an error at its end. `keep` is held as long as the body is.
OriginStream OpenFenced(Origin& origin, const HttpRequest& request, absl::Time deadline,
                        const InterimSink& interim, std::shared_ptr<const void> keep);

// Reads what is left of a body; a body that breaks off is kCutShort.
OriginResult Whole(OriginStream stream);

// Whether it can stand in a message: a token, and no CR, LF or NUL in the value.
bool IsSoundHeader(const HttpHeader& header);

// The statuses that an origin group can fail over at.
bool IsFailoverStatus(int status);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_ORIGINS_H_
