// The endpoint with a certificate: what is said over TLS, and what becomes of those who do not.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "http/endpoint/endpoint_testing.h"
#include "http/self_signed.h"

namespace cloudlet::http {
namespace {

// Trusts exactly `certificate`.
class TlsClient {
 public:
  TlsClient(uint16_t port, const std::string& certificate)
      : context_(SSL_CTX_new(TLS_client_method())) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
        BIO_new_mem_buf(certificate.data(), static_cast<int>(certificate.size())), &BIO_free);
    X509* const trusted = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context_), trusted);
    X509_free(trusted);
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
    socket_ = socket(AF_INET, SOCK_STREAM, 0);
    const timeval timeout = {10, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, socket_);
    SSL_set1_host(ssl_, "localhost");
    connected_ = SSL_connect(ssl_) == 1;
  }
  ~TlsClient() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
    close(socket_);
  }
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  bool connected() const { return connected_; }
  bool Send(std::string_view bytes) {
    return SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) ==
           static_cast<int>(bytes.size());
  }
  // All that comes until the peer ends it.
  std::string Rest() {
    std::string all;
    char buffer[16 << 10];
    for (int got = 0; (got = SSL_read(ssl_, buffer, sizeof(buffer))) > 0;) {
      all.append(buffer, static_cast<size_t>(got));
    }
    return all;
  }

 private:
  SSL_CTX* const context_;
  int socket_ = -1;
  SSL* ssl_ = nullptr;
  bool connected_ = false;
};

class EndpointTlsTest : public EndpointTest {
 protected:
  void SetUp() override {
    EndpointOptions options;
    options.tls_certificate_chain = pem_.certificate;
    options.tls_private_key = pem_.key;
    Start(options);
  }
  // Everything of the answer, as it came.
  std::string Exchange(Ask ask) {
    ask.headers.Add("Connection", "close");
    TlsClient client(endpoint_->port(), pem_.certificate);
    EXPECT_TRUE(client.connected());
    EXPECT_TRUE(client.Send(Bytes(Signed(ask), ask.body)));
    return client.Rest();
  }

  const Pem pem_ = SelfSigned();
};

TEST_F(EndpointTlsTest, ObjectsGoInAndOut) {
  EXPECT_THAT(endpoint_->url(), testing::StartsWith("https://127.0.0.1:"));
  EXPECT_THAT(Exchange({.method = "PUT", .target = "/photos"}),
              testing::StartsWith("HTTP/1.1 200 "));
  std::string body;
  for (int i = 0; body.size() < (3u << 20); ++i) absl::StrAppend(&body, i, ",");
  EXPECT_THAT(Exchange({.method = "PUT", .target = "/photos/k", .body = body}),
              testing::StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(cloud_.bucket("photos").Get("k").value().body, body);
  const std::string got = Exchange({.target = "/photos/k"});
  EXPECT_THAT(got, testing::StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(got, testing::EndsWith("\r\n\r\n" + body));
}

TEST_F(EndpointTlsTest, WhoDoesNotSpeakTlsGetsNothing) {
  RawClient plain(endpoint_->port());
  EXPECT_TRUE(plain.Send("GET /-/health HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  EXPECT_EQ(plain.Receive().status, 0);
  TlsClient stranger(endpoint_->port(), SelfSigned().certificate);
  EXPECT_FALSE(stranger.connected());
  EXPECT_THAT(Exchange({.target = "/-/health", .key = ""}), testing::EndsWith("ok\n"));
}

TEST_F(EndpointTlsTest, WhatIsNoCertificateDoesNotStart) {
  EndpointOptions options;
  const auto started = [&](const std::string& certificate, const std::string& key) {
    options.tls_certificate_chain = certificate;
    options.tls_private_key = key;
    return S3Endpoint::Start(cloud_, options).status();
  };
  EXPECT_EQ(started("x", pem_.key).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(started(pem_.certificate, "x").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(started(pem_.certificate, "").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(started("", pem_.key).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(started(pem_.certificate, SelfSigned().key).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace cloudlet::http
