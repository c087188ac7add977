// The functions of a behavior at the viewer's side of a distribution.
//
// Thread-safe.
#ifndef CLOUDLET_EDGE_FUNCTIONS_VIEWER_FUNCTIONS_H_
#define CLOUDLET_EDGE_FUNCTIONS_VIEWER_FUNCTIONS_H_

#include <memory>
#include <optional>
#include <vector>

#include "cloudlet/edge_functions.h"
#include "cloudlet/edge_http.h"
#include "edge/functions/function_runner.h"

namespace cloudlet::edge {

// The association at `type`; nullopt: there is none.
std::optional<EdgeFunctionAssociation> AssociationAt(
    const std::vector<EdgeFunctionAssociation>& functions, EdgeEventType type);

class ViewerFunctions {
 public:
  ViewerFunctions(const std::vector<EdgeFunctionAssociation>& functions,
                  std::shared_ptr<FunctionRunner> runner);

  bool empty() const { return !request_ && !response_; }

  // nullopt: go on with what `*request` is now. Else the answer, with its result type as the mark.
  std::optional<HttpResponse> OnRequest(const EventOrigin& origin, HttpRequest* request) const;

  // Changes an answer below 400 that no function has generated. True where the body that it had is
  // not wanted any more.
  bool OnResponse(const EventOrigin& origin, const HttpRequest& request,
                  HttpResponse* response) const;

 private:
  const std::optional<EdgeFunctionAssociation> request_;
  const std::optional<EdgeFunctionAssociation> response_;
  const std::shared_ptr<FunctionRunner> runner_;
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_FUNCTIONS_VIEWER_FUNCTIONS_H_
