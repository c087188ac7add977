// The body of a request as its client meant it: what is around it taken off, and what was signed of
// it verified, before anything counts.
//
// Threads: one thread at a time.
#ifndef CLOUDLET_HTTP_REQUEST_BODY_H_
#define CLOUDLET_HTTP_REQUEST_BODY_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "http/authenticate.h"
#include "http/message.h"

namespace cloudlet::http {

// What is done with a body. Destroyed before Finish, it leaves nothing.
class BodyTaker {
 public:
  virtual ~BodyTaker() = default;
  // The next bytes. An error is the answer.
  virtual absl::Status Take(std::string_view bytes) = 0;
  // All of them came, and they are what was signed. `trailers`: those of aws-chunked.
  virtual Response Finish(const Headers& trailers) = 0;
  virtual bool MayWait() const { return false; }
};

// The answer to an error.
using Refusal = std::function<Response(const absl::Status&)>;

// Takes a body as `who`'s signature says that it comes. Errors: what the headers say of aws-chunked
// cannot be.
absl::StatusOr<std::unique_ptr<Exchange>> TakeBody(const RequestHead& head,
                                                   const VerifiedPrincipal& who,
                                                   std::unique_ptr<BodyTaker> taker,
                                                   Refusal refuse);

// A body of at most `max_bytes`, all of it at once. Above: MaxMessageLengthExceeded.
std::unique_ptr<BodyTaker> TakeWhole(
    size_t max_bytes, std::function<Response(std::string body, const Headers& trailers)> finish,
    bool may_wait = false);

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_REQUEST_BODY_H_
