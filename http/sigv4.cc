// Signature Version 4: canonical forms, keys and codes.
#include "http/sigv4.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "base/digest.h"
#include "base/fatal.h"
#include "base/strings.h"

namespace cloudlet::http {
namespace {

using base::V;

int LowerHexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// Appends `value` without white space around it and with runs of spaces inside it folded into one.
void AppendFolded(std::string_view value, std::string& out) {
  bool space = false;
  const size_t begin = out.size();
  for (const char c : value) {
    if (c == ' ' || c == '\t') {
      space = true;
      continue;
    }
    if (space && out.size() > begin) out.push_back(' ');
    space = false;
    out.push_back(c);
  }
}

// A field of a cache's key; the length keeps fields apart.
void AppendField(std::string_view field, std::string& out) {
  absl::StrAppend(&out, field.size(), ":");
  out.append(field);
}

}  // namespace

Secret& Secret::operator=(const Secret& other) {
  if (this != &other) {
    OPENSSL_cleanse(bytes_.data(), bytes_.size());
    bytes_ = other.bytes_;
  }
  return *this;
}

Secret::~Secret() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

Mac Hmac(std::string_view key, std::string_view text) {
  Mac mac;
  unsigned int bytes = 0;
  // A null key would mean the last one's.
  const char* const at = key.empty() ? "" : key.data();
  if (HMAC(EVP_sha256(), at, static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(),
           &bytes) == nullptr ||
      bytes != mac.size()) {
    base::Fatal("cloudlet: OpenSSL cannot compute an HMAC");
  }
  return mac;
}

std::string HexOf(const Mac& mac) {
  return base::HexLower({reinterpret_cast<const char*>(mac.data()), mac.size()});
}

std::optional<Mac> MacOf(std::string_view hex) {
  Mac mac;
  if (hex.size() != 2 * mac.size()) return std::nullopt;
  for (size_t i = 0; i < mac.size(); ++i) {
    const int high = LowerHexDigit(hex[2 * i]);
    const int low = LowerHexDigit(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    mac[i] = static_cast<uint8_t>(high * 16 + low);
  }
  return mac;
}

bool SameMac(const Mac& a, const Mac& b) {
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string Sha256Hex(std::string_view text) {
  Mac digest;
  base::DigestOf(base::DigestKind::kSha256, text, digest.data());
  return HexOf(digest);
}

std::string Scope::ToString() const {
  return absl::StrCat(date, "/", region, "/", service, "/aws4_request");
}

std::string AmzTime(absl::Time time) {
  return absl::FormatTime("%Y%m%dT%H%M%SZ", time, absl::UTCTimeZone());
}

std::optional<absl::Time> ParseAmzTime(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  const auto number = [text](size_t begin, size_t digits) {
    int value = 0;
    for (size_t i = begin; i < begin + digits; ++i) {
      if (text[i] < '0' || text[i] > '9') return -1;
      value = value * 10 + (text[i] - '0');
    }
    return value;
  };
  const int year = number(0, 4);
  const int month = number(4, 2);
  const int day = number(6, 2);
  const int hour = number(9, 2);
  const int minute = number(11, 2);
  const int second = number(13, 2);
  const absl::CivilSecond civil(year, month, day, hour, minute, second);
  // A field out of its range has been carried into the next.
  if (year < 1 || civil.year() != year || civil.month() != month || civil.day() != day ||
      civil.hour() != hour || civil.minute() != minute || civil.second() != second) {
    return std::nullopt;
  }
  return absl::FromCivil(civil, absl::UTCTimeZone());
}

std::string CanonicalPath(std::string_view raw_path) {
  std::string out;
  out.reserve(raw_path.size());
  while (!raw_path.empty()) {
    const char c = raw_path[0];
    size_t taken = 1;
    if (c == '/') {
      out.push_back(c);
    } else if (c == '%') {
      // A parsed target has only escapes; elsewhere what is none stands for itself.
      const auto digit = [&](size_t i) {
        return i < raw_path.size() ? LowerHexDigit(absl::ascii_tolower(raw_path[i])) : -1;
      };
      const int high = digit(1);
      const int low = digit(2);
      const char byte = high < 0 || low < 0 ? '%' : static_cast<char>(high * 16 + low);
      if (high >= 0 && low >= 0) taken = 3;
      AppendPercentEncoded({&byte, 1}, out);
    } else {
      AppendPercentEncoded({&c, 1}, out);
    }
    raw_path.remove_prefix(taken);
  }
  return out;
}

std::string CanonicalPathTwice(std::string_view raw_path) {
  std::string out;
  out.reserve(raw_path.size());
  for (const char c : raw_path) {
    if (c == '/') {
      out.push_back(c);
    } else {
      AppendPercentEncoded({&c, 1}, out);
    }
  }
  return out;
}

std::string CanonicalQuery(const std::vector<QueryParam>& query, std::string_view leave_out) {
  std::vector<std::pair<std::string, std::string>> encoded;
  encoded.reserve(query.size());
  for (const QueryParam& param : query) {
    if (!leave_out.empty() && param.name == leave_out) continue;
    encoded.emplace_back(PercentEncode(param.name), PercentEncode(param.value));
  }
  std::sort(encoded.begin(), encoded.end());
  std::string out;
  for (const auto& [name, value] : encoded) {
    if (!out.empty()) out.push_back('&');
    absl::StrAppend(&out, name, "=", value);
  }
  return out;
}

std::string CanonicalRequest(std::string_view method, const RequestTarget& target,
                             const Headers& headers, const std::vector<std::string>& signed_headers,
                             std::string_view payload_hash, std::string_view service) {
  // Sorted once, so that many headers cost no more than they must; stable, for doubles.
  std::vector<std::pair<std::string, std::string_view>> sent;
  for (const Header& header : headers) {
    sent.emplace_back(absl::AsciiStrToLower(header.name), header.value);
  }
  std::stable_sort(sent.begin(), sent.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });

  std::string out = absl::StrCat(
      V(method), "\n",
      service == "s3" ? CanonicalPath(target.raw_path) : CanonicalPathTwice(target.raw_path), "\n",
      CanonicalQuery(target.query, "X-Amz-Signature"), "\n");
  for (const std::string& name : signed_headers) {
    absl::StrAppend(&out, name, ":");
    auto at = std::lower_bound(
        sent.begin(), sent.end(), name,
        [](const auto& header, const auto& wanted) { return header.first < wanted; });
    for (bool first = true; at != sent.end() && at->first == name; ++at, first = false) {
      if (!first) out.push_back(',');
      AppendFolded(at->second, out);
    }
    out.push_back('\n');
  }
  out.push_back('\n');
  for (const std::string& name : signed_headers) {
    absl::StrAppend(&out, &name == signed_headers.data() ? "" : ";", name);
  }
  absl::StrAppend(&out, "\n", V(payload_hash));
  return out;
}

std::string StringToSign(std::string_view amz_time, const Scope& scope,
                         std::string_view canonical_request) {
  return absl::StrCat(V(kSigV4Algorithm), "\n", V(amz_time), "\n", scope.ToString(), "\n",
                      Sha256Hex(canonical_request));
}

Mac SigningKey(const Secret& secret, const Scope& scope) {
  std::string first = absl::StrCat("AWS4", V(secret.Reveal()));
  const Mac date = Hmac(first, scope.date);
  OPENSSL_cleanse(first.data(), first.size());
  return Hmac(Hmac(Hmac(date, scope.region), scope.service), "aws4_request");
}

Mac SigningKeys::Get(std::string_view key_id, const Secret& secret, const Scope& scope) {
  std::string name;
  AppendField(key_id, name);
  AppendField(scope.date, name);
  AppendField(scope.region, name);
  AppendField(scope.service, name);
  name.append(base::DigestOf(base::DigestKind::kSha256, secret.Reveal()));
  {
    base::MutexLock lock(&mu_);
    if (const auto it = young_.find(name); it != young_.end()) return it->second;
    if (const auto it = old_.find(name); it != old_.end()) {
      const Mac key = it->second;
      if (young_.size() + 1 < half_) young_.emplace(name, key);
      return key;
    }
  }
  const Mac key = SigningKey(secret, scope);
  base::MutexLock lock(&mu_);
  if (young_.size() + 1 >= half_) {
    old_ = std::move(young_);
    young_.clear();
  }
  young_.emplace(std::move(name), key);
  return key;
}

size_t SigningKeys::size() const {
  base::MutexLock lock(&mu_);
  return young_.size() + old_.size();
}

}  // namespace cloudlet::http
