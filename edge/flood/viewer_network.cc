// The first character of a result tells the kinds apart.
#include "edge/flood/viewer_network.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstddef>

namespace cloudlet::edge {

std::string NetworkOf(std::string_view ip, int ipv6_prefix) {
  const std::string text(ip);
  // A NUL would end the text for the parser.
  if (text.find('\0') != std::string::npos) return "?" + text;
  unsigned char v4[4];
  if (inet_pton(AF_INET, text.c_str(), v4) == 1) {
    return std::string("4").append(reinterpret_cast<const char*>(v4), sizeof v4);
  }
  unsigned char v6[16];
  if (inet_pton(AF_INET6, text.c_str(), v6) != 1) return "?" + text;
  std::string bytes(reinterpret_cast<const char*>(v6), sizeof v6);
  static constexpr std::string_view kMapped("\0\0\0\0\0\0\0\0\0\0\xFF\xFF", 12);
  if (bytes.compare(0, kMapped.size(), kMapped) == 0) return "4" + bytes.substr(kMapped.size());
  for (size_t i = 0; i < bytes.size(); ++i) {
    const int kept = ipv6_prefix - static_cast<int>(8 * i);  // bits of this byte
    if (kept >= 8) continue;
    const unsigned mask = kept <= 0 ? 0 : 0xFFu << (8 - kept);
    bytes[i] = static_cast<char>(static_cast<unsigned char>(bytes[i]) & mask);
  }
  return "6" + bytes;
}

}  // namespace cloudlet::edge
