// See raw_origin.h: a thread that accepts, and one for each connection.
#include "http/edge/raw_origin.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace cloudlet::http {
namespace {

RawAnswers StepsOf(const RawTexts& answers) {
  RawAnswers all;
  for (const std::string& answer : answers) all.push_back({{.send = answer}});
  return all;
}

// The next request out of `*in`, reading more into it; empty: the peer has gone.
std::string NextRequest(int socket, std::string* in) {
  for (;;) {
    // TLS's hello is answered, too, by who knows no TLS.
    if (!in->empty() && in->front() == '\x16') return std::exchange(*in, "");
    const size_t end = in->find("\r\n\r\n");
    if (end != std::string::npos) {
      const size_t length = in->find("Content-Length: ");
      const size_t body = length < end ? std::strtoul(in->c_str() + length + 16, nullptr, 10) : 0;
      if (in->size() >= end + 4 + body) {
        std::string request = in->substr(0, end + 4 + body);
        in->erase(0, request.size());
        return request;
      }
    }
    char buffer[16 << 10];
    const ssize_t got = recv(socket, buffer, sizeof(buffer), 0);
    if (got <= 0) return "";
    in->append(buffer, static_cast<size_t>(got));
  }
}

bool SendAll(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

}  // namespace

RawOrigin::RawOrigin(RawAnswers answers) : answers_(std::move(answers)) {
  listener_ = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      listen(listener_, 64) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::abort();
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { Accept(); });
}

RawOrigin::RawOrigin(const RawTexts& answers) : RawOrigin(StepsOf(answers)) {}

RawOrigin::~RawOrigin() {
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  close(listener_);
  std::vector<std::pair<int, std::thread>> serving;
  {
    base::MutexLock lock(&mu_);
    serving.swap(serving_);
  }
  for (auto& [socket, thread] : serving) {
    shutdown(socket, SHUT_RDWR);
    thread.join();
    close(socket);
  }
}

std::vector<std::string> RawOrigin::requests() const {
  base::MutexLock lock(&mu_);
  return requests_;
}

void RawOrigin::Accept() {
  for (;;) {
    const int socket = accept(listener_, nullptr, nullptr);
    if (socket < 0) return;
    ++connections_;
    base::MutexLock lock(&mu_);
    serving_.emplace_back(socket, [this, socket] { Serve(socket); });
  }
}

void RawOrigin::Serve(int socket) {
  std::string in;
  for (;;) {
    const std::string request = NextRequest(socket, &in);
    if (request.empty()) break;
    size_t number = 0;
    {
      base::MutexLock lock(&mu_);
      number = requests_.size();
      requests_.push_back(request);
    }
    if (answers_.empty() || !Answer(socket, answers_[std::min(number, answers_.size() - 1)])) break;
  }
  shutdown(socket, SHUT_RDWR);
}

bool RawOrigin::Answer(int socket, const std::vector<RawStep>& steps) {
  for (const RawStep& step : steps) {
    if (step.wait != nullptr) step.wait->Wait();
    do {
      if (!SendAll(socket, step.send)) return false;
    } while (step.forever);
    if (step.close) return false;
  }
  ++answered_;
  return true;
}

}  // namespace cloudlet::http
