// See raw_client.h.
#include "http/raw_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace cloudlet::http {

RawClient::RawClient(uint16_t port) {
  socket_ = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval timeout = {10, 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
  if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    close(socket_);
    socket_ = -1;
  }
}

RawClient::~RawClient() {
  if (socket_ >= 0) close(socket_);
}

bool RawClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

bool RawClient::Fill() {
  char buffer[64 << 10];
  const ssize_t got = recv(socket_, buffer, sizeof(buffer), 0);
  if (got <= 0) return false;
  in_.append(buffer, static_cast<size_t>(got));
  return true;
}

std::string RawClient::Read(size_t bytes) {
  while (in_.size() < bytes && Fill()) {
  }
  std::string out = in_.substr(0, bytes);
  in_.erase(0, out.size());
  return out;
}

RawResponse RawClient::ReceiveHead() {
  RawResponse response;
  size_t end = 0;
  while ((end = in_.find("\r\n\r\n")) == std::string::npos) {
    if (!Fill()) return response;
  }
  const std::string text = in_.substr(0, end + 2);
  in_.erase(0, end + 4);
  response.status = text.size() > 12 ? std::atoi(text.c_str() + 9) : 0;
  for (size_t at = text.find("\r\n") + 2; at < text.size();) {
    const size_t line_end = text.find("\r\n", at);
    const size_t colon = text.find(": ", at);
    if (colon < line_end) {
      response.headers.Add(text.substr(at, colon - at),
                           text.substr(colon + 2, line_end - colon - 2));
    }
    at = line_end + 2;
  }
  return response;
}

RawResponse RawClient::Receive(bool head) {
  RawResponse response = ReceiveHead();
  const int status = response.status;
  if (status == 0) return response;
  const auto take = [this](size_t size, std::string* out) {
    while (in_.size() < size) {
      if (!Fill()) return false;
    }
    out->append(in_, 0, size);
    in_.erase(0, size);
    return true;
  };
  const bool bodiless = head || status < 200 || status == 204 || status == 304;
  if (!bodiless && response.headers.Get("transfer-encoding") == "chunked") {
    for (;;) {
      while (in_.find("\r\n") == std::string::npos) {
        if (!Fill()) return RawResponse();
      }
      const size_t size = std::strtoul(in_.c_str(), nullptr, 16);
      in_.erase(0, in_.find("\r\n") + 2);
      std::string piece;
      if (!take(size + 2, &piece)) return RawResponse();
      response.body.append(piece, 0, size);
      if (size == 0) break;
    }
  } else if (!bodiless) {
    const std::string* length = response.headers.Find("content-length");
    if (length != nullptr) {
      if (!take(std::stoull(*length), &response.body)) return RawResponse();
    } else {
      while (Fill()) {
      }
      response.body.swap(in_);
    }
  }
  return response;
}

bool RawClient::Closed() {
  while (Fill()) {
  }
  // A time-out is EAGAIN; the end is 0, a reset is another error.
  char byte = 0;
  return recv(socket_, &byte, 1, MSG_DONTWAIT) == 0 || errno == ECONNRESET;
}

void RawClient::ShutdownSend() { shutdown(socket_, SHUT_WR); }

}  // namespace cloudlet::http
