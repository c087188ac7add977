// A client that sends the bytes it is told, right or wrong, and gives back what comes: for tests.
//
//   RawClient client(port);
//   client.Send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
//   RawResponse response = client.Receive();
#ifndef CLOUDLET_HTTP_RAW_CLIENT_H_
#define CLOUDLET_HTTP_RAW_CLIENT_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "http/message.h"

namespace cloudlet::http {

struct RawResponse {
  int status = 0;  // 0: the connection ended, or nothing came for 10 s
  Headers headers = {};
  std::string body = {};  // decoded
};

class RawClient {
 public:
  explicit RawClient(uint16_t port);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return socket_ >= 0; }
  // False when the peer has closed.
  bool Send(std::string_view bytes);
  // The next answer, "100 Continue" included. `head`: it answers a HEAD, so it has no body.
  RawResponse Receive(bool head = false);
  // Its head alone, as soon as that is there; what follows is to be taken with Read.
  RawResponse ReceiveHead();
  // So many bytes as they come, without decoding; fewer: the connection ended, or nothing came for
  // 10 s.
  std::string Read(size_t bytes);
  // Whether the peer has closed, or does within 10 s; what it sends before is thrown away.
  bool Closed();
  void ShutdownSend();

 private:
  bool Fill();

  int socket_ = -1;
  std::string in_;
};

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_RAW_CLIENT_H_
