// The server in front of what waits for another server: interim responses, pieces that are waited
// for, heads as the other server made them.
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/notification.h"
#include "gtest/gtest.h"
#include "http/raw_client.h"
#include "http/server.h"

namespace cloudlet::http {
namespace {

// Two pieces; before each it waits until the test says so.
class SlowPieces : public BodySource {
 public:
  SlowPieces(base::Notification* first, base::Notification* second)
      : first_(first), second_(second) {}
  absl::StatusOr<absl::Cord> Next() override {
    if (++calls_ == 3) return absl::Cord();
    (calls_ == 1 ? first_ : second_)->Wait();
    return absl::Cord(calls_ == 1 ? "one" : "two");
  }
  bool MayWait() const override { return true; }

 private:
  base::Notification* const first_;
  base::Notification* const second_;
  int calls_ = 0;
};

class BrokenPieces : public BodySource {
 public:
  absl::StatusOr<absl::Cord> Next() override {
    if (++calls_ == 2) return absl::DataLossError("cut");
    return absl::Cord("one");
  }
  bool MayWait() const override { return true; }

 private:
  int calls_ = 0;
};

class Relay : public Handler {
 public:
  Begun Begin(RequestHead head) override {
    Response response;
    if (head.target == "/hints") return std::make_unique<Hints>();
    if (head.target == "/slow") response.body = std::make_unique<SlowPieces>(&first, &second);
    if (head.target == "/broken") {
      response.body = std::make_unique<BrokenPieces>();
      response.content_length = 6;
    }
    if (head.target == "/dated") {
      response.status = 299;
      response.reason = "Mine";
      response.headers.Add("date", "Thu, 01 Jan 1970 00:00:00 GMT");
      response.headers.Add("SERVER", "other");
    }
    if (head.target == "/304") {
      response.status = 304;
      response.content_length = 7;
    }
    response.relayed = head.headers.Find("x-relayed") != nullptr;
    if (head.headers.Find("x-length") != nullptr) response.content_length = 7;
    return response;
  }

  base::Notification first;
  base::Notification second;

 private:
  class Hints : public Exchange {
   public:
    std::optional<Response> Take(std::string_view) override { return std::nullopt; }
    Response Finish(const Headers&) override { return {}; }
    Response FinishWaiting(const Headers&, const InterimSink& interim) override {
      Interim hints;
      hints.headers.Add("Link", "</a.css>; rel=preload");
      interim(hints);
      interim({.status = 199, .reason = "Odd"});
      Response response;
      response.body = absl::Cord("done");
      return response;
    }
    bool MayWait() const override { return true; }
  };
};

class RelayTest : public testing::Test {
 protected:
  RelayTest() {
    auto server = Server::Start({.threads = 1, .max_waiting = 2}, &relay_);
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    client_ = std::make_unique<RawClient>(server_->port());
  }
  RawResponse Ask(const std::string& method, const std::string& path, const std::string& more) {
    client_->Send(absl::StrCat(method, " ", path, " HTTP/1.1\r\nHost: h\r\n", more, "\r\n"));
    return client_->Receive(method == "HEAD");
  }

  Relay relay_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<RawClient> client_;
};

TEST_F(RelayTest, InterimResponsesComeBeforeTheAnswerInOrder) {
  const RawResponse hints = Ask("GET", "/hints", "");
  EXPECT_EQ(hints.status, 103);
  EXPECT_EQ(hints.headers.Get("link"), "</a.css>; rel=preload");
  EXPECT_EQ(hints.headers.Find("content-length"), nullptr);
  EXPECT_EQ(client_->Receive().status, 199);
  EXPECT_EQ(client_->Receive().body, "done");
  EXPECT_EQ(Ask("GET", "/next", "").status, 200) << "the connection goes on";
}

TEST_F(RelayTest, APeerOfHttp10GetsNoInterimResponses) {
  client_->Send("GET /hints HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client_->Receive().status, 200);
}

TEST_F(RelayTest, PiecesThatAreWaitedForHoldNobodyUpAndTheHeadGoesBeforeThem) {
  client_->Send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(client_->ReceiveHead().status, 200);
  // The only thread that serves is free, though no piece has come.
  RawClient other(server_->port());
  other.Send("GET /next HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(other.Receive().status, 200);
  relay_.first.Notify();
  EXPECT_EQ(client_->Read(8), "3\r\none\r\n");
  relay_.second.Notify();
  EXPECT_EQ(client_->Read(13), "3\r\ntwo\r\n0\r\n\r\n");
}

TEST_F(RelayTest, MoreBodiesThanMayWaitTakeTurns) {
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 6; ++i) {
    clients.push_back(std::make_unique<RawClient>(server_->port()));
    clients.back()->Send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
  }
  relay_.first.Notify();
  relay_.second.Notify();
  for (auto& client : clients) EXPECT_EQ(client->Receive().body, "onetwo");
}

TEST_F(RelayTest, ABodyThatBreaksIsCut) {
  EXPECT_EQ(Ask("GET", "/broken", "").status, 0);
  EXPECT_TRUE(client_->Closed());
}

TEST_F(RelayTest, StopCutsABodyThatIsWaitedFor) {
  client_->Send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
  while (server_->stats().requests == 0) std::this_thread::yield();
  relay_.first.Notify();
  std::thread stop([this] { server_->Stop(absl::Milliseconds(50)); });
  EXPECT_EQ(client_->Receive().status, 0);
  EXPECT_TRUE(client_->Closed());
  relay_.second.Notify();
  stop.join();
}

TEST_F(RelayTest, AnAnswersOwnDateServerAndReasonStay) {
  client_->Send("GET /dated HTTP/1.1\r\nHost: h\r\n\r\n");
  const RawResponse response = client_->Receive();
  EXPECT_EQ(response.status, 299);
  EXPECT_EQ(response.headers.Count("date"), 1u);
  EXPECT_EQ(response.headers.Get("date"), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(response.headers.Count("server"), 1u);
  EXPECT_EQ(response.headers.Get("server"), "other");
}

TEST_F(RelayTest, WhatIsSaidOfALengthWithoutABody) {
  const auto length = [&](const std::string& method, const std::string& path,
                          const std::string& more) {
    const RawResponse response = Ask(method, path, more);
    EXPECT_EQ(response.headers.Find("transfer-encoding"), nullptr);
    return std::string(response.headers.Get("content-length"));
  };
  EXPECT_EQ(length("GET", "/304", ""), "7");
  EXPECT_EQ(length("HEAD", "/", ""), "0");
  EXPECT_EQ(length("HEAD", "/", "x-relayed: 1\r\n"), "");
  EXPECT_EQ(length("HEAD", "/", "x-relayed: 1\r\nx-length: 1\r\n"), "7");
  EXPECT_EQ(length("GET", "/", "x-relayed: 1\r\n"), "0");
}

}  // namespace
}  // namespace cloudlet::http
