// UrlSigner: a policy's text, its signature, and both behind a URL or in cookies.
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/signed_url.h"
#include "edge/invalidation.h"
#include "edge/signed_url.h"
#include "edge/signing_key.h"

namespace cloudlet {
namespace {

using base::Quoted;
using base::V;

absl::Status Refuse(std::string_view url, std::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("sign ", Quoted(url), ": ", V(why)));
}

// Characters that JSON would have to escape: what is signed is the text as it stands.
bool NeedsEscape(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x21 || byte > 0x7E || c == '"') return true;
  }
  return false;
}

absl::Status CheckTime(std::string_view url, absl::Time time) {
  const int64_t seconds = absl::ToUnixSeconds(time);
  if (seconds < 0 || seconds > 253'402'300'799)
    return Refuse(url, "a time outside of 1970 to 9999");
  return absl::OkStatus();
}

// The text that is signed, and how it is sent: "Expires=N" or "Policy=...".
struct Signable {
  std::string text;
  std::string name;
  std::string value;
};

absl::StatusOr<Signable> Canned(std::string_view url, absl::Time expires) {
  if (NeedsEscape(url) || url.find('\\') != std::string_view::npos) {
    return Refuse(url, "it has characters to be percent-encoded");
  }
  CLOUDLET_RETURN_IF_ERROR(CheckTime(url, expires));
  const int64_t seconds = absl::ToUnixSeconds(expires);
  return Signable{edge::CannedPolicyText(url, seconds), "Expires", std::to_string(seconds)};
}

absl::StatusOr<Signable> Custom(const UrlPolicy& policy) {
  if (NeedsEscape(policy.resource)) {
    return Refuse(policy.resource, "it has characters to be percent-encoded");
  }
  CLOUDLET_RETURN_IF_ERROR(CheckTime(policy.resource, policy.expires));
  if (policy.starts) CLOUDLET_RETURN_IF_ERROR(CheckTime(policy.resource, *policy.starts));
  if (!policy.ip_range.empty() && !edge::InRange("0.0.0.0", policy.ip_range)) {
    return Refuse(policy.resource, "the address range is no IPv4 range");
  }
  UrlPolicy escaped = policy;
  escaped.resource.clear();
  for (const char c : policy.resource) {
    if (c == '\\') escaped.resource += c;
    escaped.resource += c;
  }
  const std::string text = edge::CustomPolicyText(escaped);
  return Signable{text, "Policy", edge::UrlBase64Encode(text)};
}

absl::Status CheckUrl(std::string_view url) {
  const std::optional<HttpUrl> parsed = edge::ResolveUrl(HttpUrl{}, url);
  if (!parsed || parsed->authority.empty() || url.find('#') != std::string_view::npos ||
      url.substr(0, 4) != "http") {
    return Refuse(url, "it is no http or https URL without a fragment");
  }
  HttpRequest request;
  request.url = *parsed;
  if (edge::WithoutCredential(request).url != *parsed) {
    return Refuse(url, "it has parameters of a signature already");
  }
  return absl::OkStatus();
}

}  // namespace

UrlSigner::UrlSigner(std::string key_pair_id, std::shared_ptr<const internal::SigningKey> key,
                     UrlHashAlgorithm hash)
    : key_pair_id_(std::move(key_pair_id)), key_(std::move(key)), hash_(hash) {}

absl::StatusOr<UrlSigner> UrlSigner::Create(std::string_view key_pair_id,
                                            std::string_view private_key_pem,
                                            UrlHashAlgorithm hash) {
  if (key_pair_id.empty() || NeedsEscape(key_pair_id) ||
      key_pair_id.find_first_of("&;=") != std::string_view::npos) {
    return absl::InvalidArgumentError("url signer: the key pair id is empty or cannot be sent");
  }
  auto key = internal::SigningKey::Parse(private_key_pem);
  if (key == nullptr) {
    return absl::InvalidArgumentError(
        "url signer: not an unencrypted RSA or P-256 private key in PEM");
  }
  return UrlSigner(std::string(key_pair_id), std::move(key), hash);
}

namespace {

// Name and value of all that is sent with a signature, without a prefix.
absl::StatusOr<std::vector<SignedCookie>> Signed(const absl::StatusOr<Signable>& signable,
                                                 const internal::SigningKey& key,
                                                 const std::string& key_pair_id,
                                                 UrlHashAlgorithm hash) {
  if (!signable.ok()) return signable.status();
  const std::optional<std::string> signature = key.Sign(signable->text, hash);
  if (!signature) return absl::InvalidArgumentError("url signer: the key is too short to sign");
  std::vector<SignedCookie> out = {{signable->name, signable->value},
                                   {"Signature", edge::UrlBase64Encode(*signature)},
                                   {"Key-Pair-Id", key_pair_id}};
  if (hash == UrlHashAlgorithm::kSha256) out.push_back({"Hash-Algorithm", "SHA256"});
  return out;
}

std::string Behind(std::string_view url, const std::vector<SignedCookie>& parameters) {
  std::string out(url);
  char separator = url.find('?') == std::string_view::npos ? '?' : '&';
  for (const SignedCookie& one : parameters) {
    absl::StrAppend(&out, std::string(1, separator), one.name, "=", one.value);
    separator = '&';
  }
  return out;
}

std::vector<SignedCookie> AsCookies(std::vector<SignedCookie> parameters) {
  for (SignedCookie& one : parameters) one.name.insert(0, "CloudFront-");
  return parameters;
}

}  // namespace

absl::StatusOr<std::string> UrlSigner::SignUrl(std::string_view url, absl::Time expires) const {
  CLOUDLET_RETURN_IF_ERROR(CheckUrl(url));
  CLOUDLET_ASSIGN_OR_RETURN(const auto parameters,
                            Signed(Canned(url, expires), *key_, key_pair_id_, hash_));
  return Behind(url, parameters);
}

absl::StatusOr<std::string> UrlSigner::SignUrl(std::string_view url,
                                               const UrlPolicy& policy) const {
  CLOUDLET_RETURN_IF_ERROR(CheckUrl(url));
  UrlPolicy whole = policy;
  if (whole.resource.empty()) {
    // The '?' of a query is meant as such, not as a wildcard.
    whole.resource = std::string(url);
    const size_t query = whole.resource.find('?');
    if (query != std::string::npos) whole.resource.insert(query, "\\");
  }
  CLOUDLET_ASSIGN_OR_RETURN(const auto parameters,
                            Signed(Custom(whole), *key_, key_pair_id_, hash_));
  return Behind(url, parameters);
}

absl::StatusOr<std::vector<SignedCookie>> UrlSigner::SignCookies(std::string_view url,
                                                                 absl::Time expires) const {
  CLOUDLET_RETURN_IF_ERROR(CheckUrl(url));
  CLOUDLET_ASSIGN_OR_RETURN(auto parameters,
                            Signed(Canned(url, expires), *key_, key_pair_id_, hash_));
  return AsCookies(std::move(parameters));
}

absl::StatusOr<std::vector<SignedCookie>> UrlSigner::SignCookies(const UrlPolicy& policy) const {
  if (policy.resource.empty()) return Refuse("", "a policy for cookies names its resource");
  CLOUDLET_ASSIGN_OR_RETURN(auto parameters, Signed(Custom(policy), *key_, key_pair_id_, hash_));
  return AsCookies(std::move(parameters));
}

}  // namespace cloudlet
