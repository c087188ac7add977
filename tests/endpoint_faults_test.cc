// The test kit's faults over HTTP: those of a FakeCloud strike what clients of an endpoint over it
// do; those that a header asks for, only with the hook.
#include "cloudlet/testing/endpoint_faults.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "cloudlet/testing.h"
#include "cloudlet/testing/gtest.h"
#include "gtest/gtest.h"
#include "http/endpoint/endpoint_testing.h"

namespace cloudlet::http {
namespace {

using cloudlet::testing::FakeCloud;
using cloudlet::testing::FaultOp;
using cloudlet::testing::FaultsByHeader;

class EndpointFaultsTest : public EndpointTest {
 protected:
  void StartWithHook() {
    EndpointOptions options;
    options.hook = FaultsByHeader();
    Start(options);
    ASSERT_TRUE(cloud_.CreateBucket("photos").ok());
  }
  std::string Body(const std::string& key) {
    const auto got = cloud_.bucket("photos").Get(key);
    return got.ok() ? std::string(got->body) : "none";
  }
};

TEST_F(EndpointFaultsTest, AHeaderAsksForAnError) {
  StartWithHook();
  RawResponse response = Put("/photos/k", "x", {{"x-cloudlet-fault", "SlowDown"}});
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(CodeOf(response), "SlowDown");
  EXPECT_EQ(Body("k"), "none");
  EXPECT_EQ(CodeOf(Get("/photos/k", {{"x-cloudlet-fault", "InternalError"}})), "InternalError");
  EXPECT_EQ(CodeOf(Get("/photos/k", {{"x-cloudlet-fault", "slow"}})), "InvalidArgument");
  EXPECT_EQ(Put("/photos/k", "x").status, 200);
  EXPECT_EQ(Body("k"), "x");
}

TEST_F(EndpointFaultsTest, AHeaderAsksForALostAnswer) {
  StartWithHook();
  EXPECT_EQ(Put("/photos/k", "x", {{"x-cloudlet-fault", "drop-answer"}}).status, 0);
  EXPECT_EQ(Body("k"), "x");
}

TEST_F(EndpointFaultsTest, WithoutTheHookTheHeaderIsNothing) {
  Start();
  ASSERT_TRUE(cloud_.CreateBucket("photos").ok());
  EXPECT_EQ(Put("/photos/k", "x", {{"x-cloudlet-fault", "SlowDown"}}).status, 200);
  EXPECT_EQ(Body("k"), "x");
}

// One request of an endpoint over a FakeCloud is a few calls of it, on a thread of the endpoint.
TEST(FakeCloudOverHttpTest, FaultsOfTheKitReachClients) {
  FakeCloud fake;
  ASSERT_TRUE(fake.cloud().CreateBucket("photos").ok());
  auto endpoint = S3Endpoint::Start(fake.cloud(), {.threads = 1});
  ASSERT_TRUE(endpoint.ok()) << endpoint.status();
  const auto put = [&] {
    RequestHead head;
    head.method = "PUT";
    head.target = "/photos/k";
    head.headers.Add("Host", absl::StrCat("127.0.0.1:", endpoint->port()));
    const Identity& who = endpoint->identity();
    const Signer signer({who.access_key_id, Secret(who.secret_access_key)}, endpoint->region());
    EXPECT_TRUE(signer.SignHeaders(head, Sha256Hex("x"), fake.cloud().Now()).ok());
    std::string text = "PUT /photos/k HTTP/1.1\r\nContent-Length: 1\r\n";
    for (const Header& header : head.headers) {
      absl::StrAppend(&text, header.name, ": ", header.value, "\r\n");
    }
    RawClient client(endpoint->port());
    EXPECT_TRUE(client.Send(text + "\r\nx"));
    return client.Receive().status;
  };
  auto slow = fake.Inject({.ops = {FaultOp::kPut}, .times = 2, .error = ErrorCode::kSlowDown});
  EXPECT_EQ(put(), 503);
  EXPECT_EQ(put(), 503);
  EXPECT_EQ(put(), 200);
  EXPECT_EQ(slow.fired(), 2u);
}

}  // namespace
}  // namespace cloudlet::http
