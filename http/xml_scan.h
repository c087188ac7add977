// What is wrong with an XML text before a tree is made of it.
//
// pugixml is lenient where S3 is not, and makes a tree of whatever it is given. This pass, one look
// at each byte, bounds the tree (depth, elements) and refuses what pugixml would let through: bytes
// that are no UTF-8 or NUL, document types, references that mean nothing, text and further
// elements beside the root.
#ifndef CLOUDLET_HTTP_XML_SCAN_H_
#define CLOUDLET_HTTP_XML_SCAN_H_

#include <string_view>

namespace cloudlet::http {

// Empty: nothing. Else words for a message.
std::string_view WrongInXml(std::string_view text);

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_XML_SCAN_H_
