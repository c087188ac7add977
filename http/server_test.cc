// The server over real sockets: framing, limits, deadlines, stops.
#include "http/server.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "base/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "http/raw_client.h"

namespace cloudlet::http {
namespace {

// Gives `pieces` times 64 KiB, then ends, or fails.
class Pieces : public BodySource {
 public:
  Pieces(int pieces, bool fail) : left_(pieces), fail_(fail) {}
  absl::StatusOr<absl::Cord> Next() override {
    if (left_-- > 0) return absl::Cord(std::string(64 << 10, 'p'));
    if (fail_) return absl::DataLossError("bad bytes");
    return absl::Cord();
  }

 private:
  int left_;
  bool fail_;
};

// Answers with what came, or as the path says.
class Echo : public Handler {
 public:
  Begun Begin(RequestHead head) override {
    Response response;
    response.headers.Add("x-target", head.target);
    if (head.target == "/refuse") {
      response.status = 403;
      response.body = absl::Cord("no");
      return response;
    }
    if (head.target == "/drop") {
      response.drop = true;
      return response;
    }
    response.note = std::make_shared<const std::string>("note of " + head.target);
    if (head.target == "/split") response.headers.Add("x-bad", "a\r\nx-evil: 1");
    if (head.target == "/pieces" || head.target == "/broken" || head.target == "/broken-at-once") {
      const int count = head.target == "/broken-at-once" ? 0 : 20;
      response.body = std::make_unique<Pieces>(count, head.target != "/pieces");
      if (head.headers.Find("x-sized") != nullptr) response.content_length = 20 * (64 << 10);
      return response;
    }
    return std::make_unique<Taking>(this, std::move(head), std::move(response));
  }
  void Done(const Served& served) override {
    base::MutexLock lock(&mu_);
    served_.push_back(served);
  }
  Response Refuse(int status, std::string_view detail) override {
    Response response = Handler::Refuse(status, detail);
    response.headers.Add("x-refused", "1");
    return response;
  }
  std::vector<Served> served() {
    base::MutexLock lock(&mu_);
    return served_;
  }

  std::atomic<int> abandoned{0};
  std::atomic<int> waiting{0};
  base::Notification go_on;

 private:
  class Taking : public Exchange {
   public:
    Taking(Echo* echo, RequestHead head, Response response)
        : echo_(echo), head_(std::move(head)), response_(std::move(response)) {}
    ~Taking() override {
      if (!finished_) ++echo_->abandoned;
    }
    std::optional<Response> Take(std::string_view bytes) override {
      body_.append(bytes.data(), bytes.size());
      if (head_.target == "/enough") {
        finished_ = true;
        response_.status = 400;
        return std::move(response_);
      }
      return std::nullopt;
    }
    Response Finish(const Headers& trailers) override {
      finished_ = true;
      if (MayWait()) {
        ++echo_->waiting;
        echo_->go_on.Wait();
      }
      for (const Header& trailer : trailers)
        response_.headers.Add("x-trailer-" + trailer.name, trailer.value);
      response_.body = absl::Cord(body_);
      return std::move(response_);
    }
    bool MayWait() const override { return head_.target == "/wait"; }

   private:
    Echo* echo_;
    RequestHead head_;
    Response response_;
    std::string body_;
    bool finished_ = false;
  };

  base::Mutex mu_;
  std::vector<Served> served_;
};

class ServerTest : public testing::Test {
 protected:
  void Start(ServerOptions options = {}) {
    auto server = Server::Start(options, &echo_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  static std::string Get(std::string_view path, std::string_view more = "") {
    return absl::StrCat("GET ", std::string(path), " HTTP/1.1\r\nHost: h\r\n", std::string(more),
                        "\r\n");
  }
  static std::string Put(std::string_view path, std::string_view body) {
    return absl::StrCat("PUT ", std::string(path),
                        " HTTP/1.1\r\nHost: h\r\nContent-Length: ", body.size(), "\r\n\r\n",
                        std::string(body));
  }

  Echo echo_;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, RequestsFollowEachOtherOnOneConnection) {
  Start();
  RawClient client(server_->port());
  for (int i = 0; i < 3; ++i) {
    client.Send(Put("/k", "hello"));
    const RawResponse response = client.Receive();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "hello");
    EXPECT_EQ(response.headers.Get("x-target"), "/k");
    EXPECT_EQ(response.headers.Get("server"), "cloudlet");
    EXPECT_EQ(response.headers.Get("date").size(), 29u);
  }
  EXPECT_EQ(server_->stats().accepted, 1u);
  EXPECT_EQ(server_->stats().requests, 3u);
}

TEST_F(ServerTest, PipelinedRequestsAreAnsweredInOrder) {
  Start();
  RawClient client(server_->port());
  std::string all;
  for (int i = 0; i < 200; ++i) all += Get(absl::StrCat("/", i));
  client.Send(all);
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(client.Receive().headers.Get("x-target"), absl::StrCat("/", i));
  }
}

TEST_F(ServerTest, AHeadHasALengthAndNoBody) {
  Start();
  RawClient client(server_->port());
  client.Send("HEAD /pieces HTTP/1.1\r\nHost: h\r\nx-sized: 1\r\n\r\n" + Get("/next"));
  const RawResponse response = client.Receive(true);
  EXPECT_EQ(response.headers.Get("content-length"), absl::StrCat(20 * (64 << 10)));
  EXPECT_EQ(client.Receive().headers.Get("x-target"), "/next");
}

TEST_F(ServerTest, AHundredContinueComesOnlyWhenTheBodyIsWanted) {
  Start();
  RawClient client(server_->port());
  client.Send("PUT /k HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.Receive().status, 100);
  client.Send("hello");
  EXPECT_EQ(client.Receive().body, "hello");
  client.Send(
      "PUT /refuse HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  const RawResponse refused = client.Receive();
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.headers.Get("connection"), "close") << "it cannot know whether a body comes";
  EXPECT_TRUE(client.Closed());
}

TEST_F(ServerTest, AChunkedBodyAndItsTrailers) {
  Start();
  RawClient client(server_->port());
  client.Send("PUT /k HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  client.Send("5\r\nhello\r\n1\r\n!\r\n0\r\nsum: 7\r\n\r\n");
  const RawResponse response = client.Receive();
  EXPECT_EQ(response.body, "hello!");
  EXPECT_EQ(response.headers.Get("x-trailer-sum"), "7");
}

TEST_F(ServerTest, AnAnswerBeforeTheBodyLeavesASmallOneBehind) {
  Start();
  RawClient client(server_->port());
  client.Send(Put("/refuse", std::string(100'000, 'x')) + Get("/next"));
  EXPECT_EQ(client.Receive().status, 403);
  EXPECT_EQ(client.Receive().headers.Get("x-target"), "/next");
  client.Send(Put("/enough", std::string(200'000, 'x')) + Get("/next"));
  EXPECT_EQ(client.Receive().status, 400);
  EXPECT_EQ(client.Receive().headers.Get("x-target"), "/next");
}

TEST_F(ServerTest, AnAnswerBeforeALargeBodyEndsTheConnectionAndStillArrives) {
  Start();
  RawClient client(server_->port());
  client.Send("PUT /refuse HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
  client.Send(std::string(1'000'000, 'x'));
  const RawResponse response = client.Receive();
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(response.headers.Get("connection"), "close");
}

TEST_F(ServerTest, PiecesOfKnownAndOfUnknownLength) {
  Start();
  RawClient client(server_->port());
  client.Send(Get("/pieces", "x-sized: 1\r\n"));
  RawResponse response = client.Receive();
  EXPECT_EQ(response.body.size(), 20u * (64 << 10));
  EXPECT_EQ(response.headers.Find("transfer-encoding"), nullptr);
  client.Send(Get("/pieces"));
  response = client.Receive();
  EXPECT_EQ(response.body.size(), 20u * (64 << 10));
  EXPECT_EQ(response.headers.Get("transfer-encoding"), "chunked");
  RawClient old(server_->port());
  old.Send("GET /pieces HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.Receive().body.size(), 20u * (64 << 10)) << "until the connection ends";
}

TEST_F(ServerTest, ABodyThatBreaksIsCutAndOneThatNeverBeganIsAnError) {
  Start();
  RawClient client(server_->port());
  client.Send(Get("/broken"));
  EXPECT_EQ(client.Receive().status, 0) << "the last chunk never comes";
  RawClient other(server_->port());
  other.Send(Get("/broken-at-once"));
  EXPECT_EQ(other.Receive().status, 500);
}

TEST_F(ServerTest, NoHeaderIsSplitInTwo) {
  Start();
  RawClient client(server_->port());
  client.Send(Get("/split"));
  const RawResponse response = client.Receive();
  EXPECT_EQ(response.headers.Find("x-evil"), nullptr);
  EXPECT_EQ(response.headers.Find("x-bad"), nullptr);
}

TEST_F(ServerTest, WhatIsNoRequestIsRefusedAndTheConnectionEnds) {
  Start();
  RawClient client(server_->port());
  client.Send("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + Get("/next"));
  const RawResponse response = client.Receive();
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.headers.Get("x-refused"), "1");
  EXPECT_TRUE(client.Closed());
  EXPECT_EQ(server_->stats().refused, 1u);
}

TEST_F(ServerTest, APeerThatGoesAwayLeavesNothing) {
  Start();
  {
    RawClient client(server_->port());
    client.Send("PUT /k HTTP/1.1\r\nHost: h\r\nContent-Length: 500\r\n\r\nhello");
    while (server_->stats().requests == 0) std::this_thread::yield();
  }
  while (echo_.abandoned == 0) std::this_thread::yield();
  while (server_->stats().connections != 0) std::this_thread::yield();
  ASSERT_EQ(echo_.served().size(), 1u);
  EXPECT_EQ(echo_.served()[0].status, 0);
}

TEST_F(ServerTest, AnAnswerThatIsToBeLostIsLost) {
  Start();
  RawClient client(server_->port());
  client.Send(Get("/drop"));
  EXPECT_EQ(client.Receive().status, 0);
  EXPECT_TRUE(client.Closed());
}

TEST_F(ServerTest, WhatWasServedIsTold) {
  Start();
  RawClient client(server_->port());
  client.Send(Put("/k", "hello"));
  client.Receive();
  server_->Stop(absl::Seconds(5));
  ASSERT_EQ(echo_.served().size(), 1u);
  const Served served = echo_.served()[0];
  EXPECT_EQ(served.method, "PUT");
  EXPECT_EQ(served.target, "/k");
  EXPECT_EQ(served.remote_address, "127.0.0.1");
  EXPECT_EQ(served.status, 200);
  EXPECT_EQ(served.bytes_in, 5u);
  EXPECT_EQ(served.bytes_out, 5u);
  EXPECT_EQ(*std::static_pointer_cast<const std::string>(served.note), "note of /k");
}

TEST_F(ServerTest, PeersThatAreTooSlowAreToldSo) {
  Start({.head_timeout = absl::Milliseconds(200),
         .idle_timeout = absl::Milliseconds(200),
         .transfer_grace = absl::Milliseconds(200)});
  RawClient head(server_->port());
  head.Send("GET / HT");
  RawClient body(server_->port());
  body.Send("PUT /k HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe");
  RawClient idle(server_->port());
  EXPECT_EQ(head.Receive().status, 408);
  EXPECT_TRUE(head.Closed());
  EXPECT_EQ(body.Receive().status, 408);
  EXPECT_EQ(idle.Receive().status, 0);
  EXPECT_TRUE(idle.Closed());
  EXPECT_EQ(server_->stats().timeouts, 2u);
  EXPECT_EQ(echo_.abandoned, 1);
}

TEST_F(ServerTest, APeerThatDoesNotTakeItsAnswerIsCut) {
  Start({.transfer_grace = absl::Milliseconds(200), .min_bytes_per_second = 100 << 20});
  RawClient client(server_->port());
  std::string many;
  for (int i = 0; i < 50; ++i) many += Get("/pieces");
  client.Send(many);
  while (server_->stats().timeouts == 0) std::this_thread::yield();
  while (server_->stats().connections != 0) std::this_thread::yield();
}

TEST_F(ServerTest, OneTooManyIsShedAndTheOthersGoOn) {
  Start({.max_connections = 3});
  std::vector<std::unique_ptr<RawClient>> held;
  for (int i = 0; i < 3; ++i) {
    held.push_back(std::make_unique<RawClient>(server_->port()));
    held.back()->Send(Get("/"));
    EXPECT_EQ(held.back()->Receive().status, 200);
  }
  RawClient shed(server_->port());
  EXPECT_EQ(shed.Receive().status, 503);
  EXPECT_TRUE(shed.Closed());
  held[1]->Send(Get("/"));
  EXPECT_EQ(held[1]->Receive().status, 200);
  EXPECT_EQ(server_->stats().shed, 1u);
  held.pop_back();
  while (server_->stats().connections == 3) std::this_thread::yield();
  RawClient next(server_->port());
  next.Send(Get("/"));
  EXPECT_EQ(next.Receive().status, 200);
}

TEST_F(ServerTest, WhatWaitsHoldsNobodyElseUp) {
  Start({.threads = 1, .max_waiting = 2});
  std::vector<std::unique_ptr<RawClient>> waiting;
  for (int i = 0; i < 2; ++i) {
    waiting.push_back(std::make_unique<RawClient>(server_->port()));
    waiting.back()->Send(Put("/wait", "w"));
  }
  while (echo_.waiting < 2) std::this_thread::yield();
  RawClient client(server_->port());
  client.Send(Get("/"));
  EXPECT_EQ(client.Receive().status, 200);
  client.Send(Put("/wait", "w"));
  EXPECT_EQ(client.Receive().status, 503) << "two wait already";
  echo_.go_on.Notify();
  EXPECT_EQ(waiting[0]->Receive().body, "w");
  EXPECT_EQ(waiting[1]->Receive().body, "w");
}

TEST_F(ServerTest, StopLetsAnswersEndAndClosesIdleOnes) {
  Start();
  RawClient idle(server_->port());
  idle.Send(Get("/"));
  idle.Receive();
  RawClient busy(server_->port());
  busy.Send(Put("/wait", "w"));
  while (echo_.waiting == 0) std::this_thread::yield();
  std::thread stop([this] { EXPECT_TRUE(server_->Stop(absl::Seconds(10))); });
  EXPECT_TRUE(idle.Closed());
  echo_.go_on.Notify();
  const RawResponse response = busy.Receive();
  EXPECT_EQ(response.body, "w");
  EXPECT_EQ(response.headers.Get("connection"), "close");
  stop.join();
  EXPECT_FALSE(RawClient(server_->port()).connected());
}

TEST_F(ServerTest, StopCutsWhatDoesNotEnd) {
  Start();
  RawClient client(server_->port());
  client.Send("PUT /k HTTP/1.1\r\nHost: h\r\nContent-Length: 500\r\n\r\nhello");
  while (server_->stats().requests == 0) std::this_thread::yield();
  EXPECT_FALSE(server_->Stop(absl::Milliseconds(50)));
  EXPECT_TRUE(client.Closed());
}

TEST_F(ServerTest, ManyClientsAtOnce) {
  Start();
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 20; ++i) {
        RawClient client(server_->port());
        for (int j = 0; j < 10; ++j) {
          const std::string body = absl::StrCat(t, "-", i, "-", j);
          client.Send(Put("/k", body));
          ASSERT_EQ(client.Receive().body, body);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(server_->stats().requests, 1600u);
}

TEST(ServerStartTest, WhatCannotListenSaysWhy) {
  Echo echo;
  EXPECT_EQ(Server::Start({.address = "localhost"}, &echo).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Server::Start({.tls_certificate_chain = "no"}, &echo).status().code(),
            absl::StatusCode::kInvalidArgument);
  auto first = Server::Start({}, &echo);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(Server::Start({.port = (*first)->port()}, &echo).status().code(),
            absl::StatusCode::kAlreadyExists);
}

}  // namespace
}  // namespace cloudlet::http
