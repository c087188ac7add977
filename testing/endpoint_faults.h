// Faults that a client asks for with a header, over the wire: how a program in another language
// tests its retries against an endpoint of a test.
//
//   EndpointOptions options;
//   options.hook = testing::FaultsByHeader();
//   ...
//   curl -H 'x-cloudlet-fault: SlowDown' http://127.0.0.1:41234/photos/cat.jpg
//
//   x-cloudlet-fault: SlowDown      that error of S3, any of ErrorCode's names; nothing is done
//   x-cloudlet-fault: drop-answer   it is done, and the connection is closed without an answer
//
// Anything else is InvalidArgument. A request without the header is as ever. Off unless a test puts
// it there; no endpoint has it by itself.
//
// The faults of a FakeCloud (FakeCloud::Inject) strike what clients of an endpoint over it do
// without any hook.
//
// Target //:testing_endpoint. Threads: what is returned may be called from any.
#ifndef CLOUDLET_TESTING_ENDPOINT_FAULTS_H_
#define CLOUDLET_TESTING_ENDPOINT_FAULTS_H_

#include <functional>
#include <optional>

#include "cloudlet/endpoint.h"

namespace cloudlet::testing {

std::function<std::optional<InjectedFault>(const EndpointRequest&)> FaultsByHeader();

}  // namespace cloudlet::testing

#endif  // CLOUDLET_TESTING_ENDPOINT_FAULTS_H_
