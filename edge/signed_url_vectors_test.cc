// Signed URLs by botocore and AWS's signer in JavaScript: verified here, and signed again to the
// same bytes. tools/signed_url_vectors.py made the committed ones, of 1,000 random policies; with
// CLOUDLET_SIGNED_URL_VECTORS another file of its making is played.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "edge/signed_url.h"
#include "edge/signed_url_testing.h"
#include "edge/signing_key.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

using internal::SigningKey;
using internal::VerifyingKey;

constexpr size_t kColumns = 8;

struct Vector {
  std::string signer;
  UrlHashAlgorithm hash = UrlHashAlgorithm::kSha1;
  std::string url;
  UrlPolicy policy;
  bool canned = false;
  std::string signed_url;
};

absl::Time TimeOf(const std::string& text) {
  int64_t seconds = 0;
  EXPECT_TRUE(absl::SimpleAtoi(text, &seconds)) << text;
  return absl::FromUnixSeconds(seconds);
}

Vector VectorOf(const std::vector<std::string>& columns) {
  Vector out;
  out.signer = columns[0];
  if (columns[1] == "SHA256") out.hash = UrlHashAlgorithm::kSha256;
  out.url = columns[2];
  out.policy.resource = columns[3].empty() ? out.url : columns[3];
  out.policy.expires = TimeOf(columns[4]);
  if (!columns[5].empty()) out.policy.starts = TimeOf(columns[5]);
  out.policy.ip_range = columns[6];
  out.canned = columns[3].empty() && columns[5].empty() && columns[6].empty();
  out.signed_url = columns[7];
  return out;
}

std::vector<Vector> Vectors() {
  const char* const given = std::getenv("CLOUDLET_SIGNED_URL_VECTORS");
  std::ifstream file(given != nullptr ? given : "edge/testdata/signed_url_vectors.tsv");
  std::vector<Vector> out;
  for (std::string line; std::getline(file, line);) {
    const std::vector<std::string> columns = absl::StrSplit(line, '\t');
    EXPECT_EQ(columns.size(), kColumns) << line;
    if (columns.size() == kColumns) out.push_back(VectorOf(columns));
  }
  return out;
}

HttpRequest Asking(const std::string& url) {
  HttpRequest request;
  const size_t scheme = url.find("://");
  const size_t path = url.find('/', scheme + 3);
  const size_t query = url.find('?');
  request.url.scheme = url.substr(0, scheme);
  request.url.authority = url.substr(scheme + 3, path - scheme - 3);
  request.url.path = url.substr(path, query - path);
  if (query != std::string::npos) request.url.query = url.substr(query + 1);
  return request;
}

// The URL with its parameters in alphabetical order: signers differ in theirs.
std::vector<std::string> Sorted(const std::string& url) {
  std::vector<std::string> parts = absl::StrSplit(url, absl::ByAnyChar("?&"));
  std::sort(parts.begin() + 1, parts.end());
  return parts;
}

TEST(SignedUrlVectorsTest, TheirsAreAcceptedHere) {
  const std::vector<Vector> vectors = Vectors();
  ASSERT_GE(vectors.size(), 10u);
  const auto key = VerifyingKey::Parse(kTestPublicKey);
  for (const Vector& v : vectors) {
    SCOPED_TRACE(v.signed_url);
    const HttpRequest request = Asking(v.signed_url);
    const auto credential = CredentialOf(request);
    ASSERT_TRUE(credential.has_value());
    EXPECT_EQ(credential->key_pair_id, "K1");
    EXPECT_EQ(credential->hash, v.hash);
    EXPECT_TRUE(key->Verify(credential->policy, credential->signature, credential->hash));
    const auto policy = ParsePolicy(credential->policy);
    ASSERT_TRUE(policy.ok()) << policy.status();
    EXPECT_EQ(policy->resource, v.policy.resource);
    EXPECT_EQ(policy->expires, v.policy.expires);
    EXPECT_EQ(policy->starts, v.policy.starts);
    EXPECT_EQ(policy->ip_range, v.policy.ip_range);
    const std::string ip = v.policy.ip_range.substr(0, v.policy.ip_range.find('/'));
    const absl::Time last = v.policy.expires - absl::Seconds(1);
    EXPECT_EQ(SignedResourceOf(request.url), v.url);
    EXPECT_EQ(WhyRefused(*policy, v.url, ip, last), "");
    EXPECT_EQ(WhyRefused(*policy, v.url, ip, v.policy.expires), "expired");
  }
}

TEST(SignedUrlVectorsTest, OursAreTheSameBytes) {
  const auto key = SigningKey::Parse(kTestPrivateKey);
  size_t whole = 0;
  for (const Vector& v : Vectors()) {
    SCOPED_TRACE(v.signed_url);
    const auto credential = CredentialOf(Asking(v.signed_url));
    ASSERT_TRUE(credential.has_value());
    EXPECT_EQ(key->Sign(credential->policy, v.hash), credential->signature);
    // botocore writes the two optional conditions in the other order.
    if (v.signer == "botocore" && v.policy.starts && !v.policy.ip_range.empty()) continue;
    const UrlSigner signer = *UrlSigner::Create("K1", kTestPrivateKey, v.hash);
    const auto ours =
        v.canned ? signer.SignUrl(v.url, v.policy.expires) : signer.SignUrl(v.url, v.policy);
    ASSERT_TRUE(ours.ok()) << ours.status();
    EXPECT_EQ(Sorted(*ours), Sorted(v.signed_url));
    ++whole;
  }
  RecordProperty("whole_urls_compared", std::to_string(whole));
  EXPECT_GT(whole, 0u);
}

}  // namespace
}  // namespace cloudlet::edge
