// An answer out of a stored response: whole, in part, 304 or 416.
#ifndef CLOUDLET_EDGE_ANSWER_H_
#define CLOUDLET_EDGE_ANSWER_H_

#include <optional>

#include "absl/time/time.h"
#include "cloudlet/edge_http.h"
#include "edge/ranges.h"
#include "edge/stored.h"

namespace cloudlet::edge {

enum class AnswerKind {
  kWhole,
  kPart,           // 206 with `part`
  kNotModified,    // 304
  kUnsatisfiable,  // 416
  kMissing,        // what is asked for is not among the stored bytes
};

struct Answer {
  AnswerKind kind = AnswerKind::kWhole;
  ByteSpan part = {};  // of the representation
};

// What the request's conditions and range make of `stored`. Several ranges are answered by the
// whole, as a server may (RFC 9110 section 14.2).
Answer DecideAnswer(const HttpRequest& request, const StoredResponse& stored);

// The response for `answer` (not kMissing), without a body to HEAD. `age`: of a response that is
// given out without asking the origin; nullopt: it has just been fetched or found good.
HttpResponse Render(const HttpRequest& request, const StoredResponse& stored, const Answer& answer,
                    std::optional<absl::Duration> age);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_ANSWER_H_
