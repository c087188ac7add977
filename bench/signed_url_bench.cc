// Question: what does it cost to let in a viewer with a signed URL, beside the signature alone?
//
//   cloudlet: the whole check that a distribution makes: the credential out of the URL, the key's
//   verdict, the policy read and held against URL, address and time.
//   baseline: OpenSSL's verification of the same signature over a digest that is there already.
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "benchmark/benchmark.h"
#include "edge/signed_url.h"
#include "edge/signed_url_testing.h"
#include "edge/signing_key.h"

namespace cloudlet::bench {
namespace {

using edge::Credential;

void Check(bool ok, std::string_view what) {
  if (ok) return;
  std::fprintf(stderr, "signed_url_bench: %.*s\n", static_cast<int>(what.size()), what.data());
  std::exit(1);
}

struct Keys {
  const char* private_pem;
  const char* public_pem;
};
constexpr Keys kRsa = {edge::kTestPrivateKey, edge::kTestPublicKey};
constexpr Keys kEcdsa = {edge::kTestEcPrivateKey, edge::kTestEcPublicKey};

const absl::Time kNow = absl::FromUnixSeconds(1'893'456'000);
constexpr std::string_view kAddress = "192.0.2.7";

HttpRequest SignedRequest(const Keys& keys) {
  const UrlPolicy policy = {.resource = "https://d111.example/films/*",
                            .expires = kNow + absl::Hours(1),
                            .starts = kNow - absl::Hours(1),
                            .ip_range = "192.0.2.0/24"};
  const auto signer = UrlSigner::Create("K1", keys.private_pem, UrlHashAlgorithm::kSha256);
  Check(signer.ok(), "no signer");
  const auto url = signer->SignUrl("https://d111.example/films/a.mp4", policy);
  Check(url.ok(), "not signed");
  HttpRequest request = {.url = {.authority = "d111.example", .path = "/films/a.mp4"}};
  request.url.query = url->substr(url->find('?') + 1);
  return request;
}

void WholeCheck(benchmark::State& state, const Keys& keys) {
  const HttpRequest request = SignedRequest(keys);
  const auto key = internal::VerifyingKey::Parse(keys.public_pem);
  for (auto _ : state) {
    const auto credential = edge::CredentialOf(request);
    const bool good =
        credential && key->Verify(credential->policy, credential->signature, credential->hash);
    Check(good, "not verified");
    const auto policy = edge::ParsePolicy(credential->policy);
    Check(
        policy.ok() &&
            edge::WhyRefused(*policy, edge::SignedResourceOf(request.url), kAddress, kNow).empty(),
        "refused");
  }
}

void SignatureAlone(benchmark::State& state, const Keys& keys) {
  const auto credential = edge::CredentialOf(SignedRequest(keys));
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest = {};
  unsigned int size = 0;
  EVP_Digest(credential->policy.data(), credential->policy.size(), digest.data(), &size,
             EVP_sha256(), nullptr);
  BIO* const bio = BIO_new_mem_buf(keys.public_pem, -1);
  EVP_PKEY* const key = PEM_read_bio_PUBKEY(bio, nullptr, nullptr, nullptr);
  EVP_PKEY_CTX* const context = EVP_PKEY_CTX_new(key, nullptr);
  Check(EVP_PKEY_verify_init(context) == 1 &&
            EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1,
        "no context");
  const auto* const signature =
      reinterpret_cast<const unsigned char*>(credential->signature.data());
  for (auto _ : state) {
    Check(
        EVP_PKEY_verify(context, signature, credential->signature.size(), digest.data(), size) == 1,
        "not verified");
  }
  EVP_PKEY_CTX_free(context);
  EVP_PKEY_free(key);
  BIO_free(bio);
}

BENCHMARK_CAPTURE(WholeCheck, rsa2048, kRsa)->Name("cloudlet/signed_url/rsa2048");
BENCHMARK_CAPTURE(SignatureAlone, rsa2048, kRsa)->Name("baseline/signed_url/rsa2048@openssl");
BENCHMARK_CAPTURE(WholeCheck, ecdsa_p256, kEcdsa)->Name("cloudlet/signed_url/ecdsa_p256");
BENCHMARK_CAPTURE(SignatureAlone, ecdsa_p256, kEcdsa)
    ->Name("baseline/signed_url/ecdsa_p256@openssl");

}  // namespace
}  // namespace cloudlet::bench

BENCHMARK_MAIN();
