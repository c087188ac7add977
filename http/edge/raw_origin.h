// A server that sends the bytes it is told, right or wrong: for tests of who asks it.
//
//   RawOrigin origin(RawTexts{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"});
//   Ask(origin.port());
//   EXPECT_EQ(origin.requests()[0], "GET / HTTP/1.1\r\n...");
#ifndef CLOUDLET_HTTP_EDGE_RAW_ORIGIN_H_
#define CLOUDLET_HTTP_EDGE_RAW_ORIGIN_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "base/notification.h"

namespace cloudlet::http {

// What is done with one request, step by step.
struct RawStep {
  std::string send = {};
  base::Notification* wait = nullptr;  // before it is sent
  bool close = false;                  // the connection, behind it
  // Sends it again and again until the peer goes away.
  bool forever = false;
};

using RawAnswers = std::vector<std::vector<RawStep>>;
using RawTexts = std::vector<std::string>;

class RawOrigin {
 public:
  // One list of steps for each request, in order; the last for all that come after. Without any the
  // connection is closed at once.
  explicit RawOrigin(RawAnswers answers);
  // One text for each.
  explicit RawOrigin(const RawTexts& answers);
  ~RawOrigin();  // waits for connections to end
  RawOrigin(const RawOrigin&) = delete;
  RawOrigin& operator=(const RawOrigin&) = delete;

  uint16_t port() const { return port_; }
  // Heads and bodies of Content-Length, as they came.
  std::vector<std::string> requests() const;
  int connections() const { return connections_; }
  // Answers that have been sent whole.
  int answered() const { return answered_; }

 private:
  void Accept();
  void Serve(int socket);
  // False: the connection is to end.
  bool Answer(int socket, const std::vector<RawStep>& steps);

  const RawAnswers answers_;
  int listener_ = -1;
  uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::atomic<int> answered_{0};
  std::thread acceptor_;
  mutable base::Mutex mu_;
  std::vector<std::string> requests_ ABSL_GUARDED_BY(mu_);
  std::vector<std::pair<int, std::thread>> serving_ ABSL_GUARDED_BY(mu_);
};

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_EDGE_RAW_ORIGIN_H_
