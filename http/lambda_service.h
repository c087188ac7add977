// Lambda's REST API as a Handler's part: invocations and what is known of functions.
//
// A request is Lambda's, and not S3's, when it is signed for that service; paths alone could be
// those of a bucket.
// https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html
//
// Threads: safe from any.
#ifndef CLOUDLET_HTTP_LAMBDA_SERVICE_H_
#define CLOUDLET_HTTP_LAMBDA_SERVICE_H_

#include <functional>
#include <memory>
#include <optional>

#include "cloudlet/cloud.h"
#include "cloudlet/endpoint.h"
#include "http/authenticate.h"
#include "http/message.h"

namespace cloudlet::http {

// Whether what the request claims to be signed for is Lambda.
bool IsForLambda(const RequestHead& head);

struct LambdaServiceOptions {
  std::function<std::optional<InjectedFault>(const EndpointRequest&)> hook = nullptr;
};

class LambdaService {
 public:
  // `cloud` must outlive the service. Only the owner of the store may use functions.
  LambdaService(Cloud* cloud, KeyLookup keys, LambdaServiceOptions options);

  Begun Begin(RequestHead head, std::shared_ptr<EndpointRequest> request);

 private:
  Cloud* const cloud_;
  const LambdaServiceOptions options_;
  const Authenticator authenticator_;
};

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_LAMBDA_SERVICE_H_
