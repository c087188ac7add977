// The meter.
#include <string>

#include "cloudlet/cloud.h"
#include "cloudlet/meter.h"

namespace cloudlet {

std::string InvocationReport::StartLine() const { return ""; }
std::string InvocationReport::EndLine() const { return ""; }
std::string InvocationReport::ReportLine() const { return ""; }

Meter Cloud::meter() const { return {}; }

ObserverToken Cloud::ObserveInvocations(InvocationObserver /*observer*/) { return nullptr; }

}  // namespace cloudlet
