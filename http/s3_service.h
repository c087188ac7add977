// S3 as a Handler: from a head to the operation that answers it.
//
// In this order, so that nothing is told to who may not know it: the target's form, bucket and key,
// the operation, the caller, whether the operation is there, the hook, and then the operation,
// whose authorisation is the store's.
//
// Threads: safe from any.
#ifndef CLOUDLET_HTTP_S3_SERVICE_H_
#define CLOUDLET_HTTP_S3_SERVICE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cloudlet/endpoint.h"
#include "http/authenticate.h"
#include "http/message.h"
#include "http/s3_call.h"

namespace cloudlet::http {

struct S3ServiceOptions {
  std::vector<std::string> domains = {};  // under which buckets are subdomains
  bool allow_anonymous = true;
  std::function<std::optional<InjectedFault>(const EndpointRequest&)> hook = nullptr;
};

class S3Service {
 public:
  // `cloud` must outlive the service.
  S3Service(Cloud* cloud, KeyLookup keys, S3Context context, S3ServiceOptions options);

  Begun Begin(RequestHead head, std::shared_ptr<EndpointRequest> request);
  // The answer to what never became a request.
  Response Refuse(int status, std::string_view detail, const std::string& request_id) const;

 private:
  absl::StatusOr<Begun> Route(const S3CallPtr& call);

  const S3Context context_;
  const S3ServiceOptions options_;
  const Authenticator authenticator_;
};

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_S3_SERVICE_H_
