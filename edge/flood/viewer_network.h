// Who counts as one viewer.
#ifndef CLOUDLET_EDGE_FLOOD_VIEWER_NETWORK_H_
#define CLOUDLET_EDGE_FLOOD_VIEWER_NETWORK_H_

#include <string>
#include <string_view>

namespace cloudlet::edge {

// Equal for addresses that are one viewer's, and for no others: the bytes of an IPv4 address, also
// where it is written as IPv6, the first `ipv6_prefix` (0 to 128) bits of an IPv6 one. What is no
// address is itself. Pure; any bytes may come in.
std::string NetworkOf(std::string_view ip, int ipv6_prefix);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_FLOOD_VIEWER_NETWORK_H_
