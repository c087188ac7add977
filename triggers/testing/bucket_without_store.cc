// A Bucket that can be made and carried about but not used: the tests of triggers/ look at the
// caller that a context gives its buckets, and have no store behind them. Only for binaries that do
// not link cloud/.
#include <memory>
#include <string>
#include <utility>

#include "cloudlet/bucket.h"

namespace cloudlet {

Bucket::Bucket(std::shared_ptr<internal::Gateway> gateway, std::string name, Caller caller)
    : gateway_(std::move(gateway)), name_(std::move(name)), caller_(std::move(caller)) {}

}  // namespace cloudlet
