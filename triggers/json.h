// Whether a payload may stand in a JSON document as it is.
//
// Pure; any thread.
#ifndef CLOUDLET_TRIGGERS_JSON_H_
#define CLOUDLET_TRIGGERS_JSON_H_

#include <string_view>

namespace cloudlet::triggers {

// One JSON value (RFC 8259) with white space around it, nested at most 1,000 deep, in UTF-8.
bool IsJson(std::string_view text);

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_JSON_H_
