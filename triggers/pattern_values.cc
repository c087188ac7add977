// Wildcards greedily with one step back, which is enough for "*" alone.
#include "triggers/pattern_values.h"

#include <arpa/inet.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "base/strings.h"

namespace cloudlet::triggers {
namespace {

struct Address {
  size_t bits = 0;  // 32 or 128
  std::array<uint8_t, 16> bytes = {};
};

std::optional<Address> AddressOf(std::string_view text) {
  const std::string terminated(text);
  Address address;
  if (inet_pton(AF_INET, terminated.c_str(), address.bytes.data()) == 1) {
    address.bits = 32;
  } else if (inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) {
    address.bits = 128;
  } else {
    return std::nullopt;
  }
  return address;
}

struct Range {
  Address address;
  size_t bits = 0;
};

std::optional<Range> RangeOf(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::optional<Address> address = AddressOf(text.substr(0, slash));
  uint32_t bits = 0;
  if (!address.has_value() || !absl::SimpleAtoi(base::V(text.substr(slash + 1)), &bits) ||
      bits > address->bits) {
    return std::nullopt;
  }
  return Range{*address, bits};
}

// A wildcard as its pieces: -1 for "*", else a byte.
std::optional<std::vector<int>> PiecesOf(std::string_view pattern) {
  constexpr int kAny = -1;
  std::vector<int> pieces;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '*') {
      if (!pieces.empty() && pieces.back() == kAny) return std::nullopt;
      pieces.push_back(kAny);
      continue;
    }
    if (pattern[i] == '\\') {
      ++i;
      if (i == pattern.size() || (pattern[i] != '*' && pattern[i] != '\\')) return std::nullopt;
    }
    pieces.push_back(static_cast<unsigned char>(pattern[i]));
  }
  return pieces;
}

}  // namespace

bool IsWildcard(std::string_view pattern) { return PiecesOf(pattern).has_value(); }

bool MatchesWildcard(std::string_view pattern, std::string_view text) {
  const std::vector<int> pieces = *PiecesOf(pattern);
  size_t piece = 0;
  size_t at = 0;
  std::optional<size_t> star;  // the last one met ...
  size_t from = 0;             // ... and where what it covers ends
  while (at < text.size()) {
    if (piece < pieces.size() && pieces[piece] == static_cast<unsigned char>(text[at])) {
      ++piece;
      ++at;
    } else if (piece < pieces.size() && pieces[piece] < 0) {
      star = piece++;
      from = at;
    } else if (star.has_value()) {
      piece = *star + 1;
      at = ++from;
    } else {
      return false;
    }
  }
  while (piece < pieces.size() && pieces[piece] < 0) ++piece;
  return piece == pieces.size();
}

bool IsCidr(std::string_view range) { return RangeOf(range).has_value(); }

bool InCidr(std::string_view range_text, std::string_view address_text) {
  const std::optional<Range> range = RangeOf(range_text);
  const std::optional<Address> address = AddressOf(address_text);
  if (!range.has_value() || !address.has_value() || range->address.bits != address->bits) {
    return false;
  }
  for (size_t bit = 0; bit < range->bits; ++bit) {
    const int mask = 0x80 >> (bit % 8);
    if (((range->address.bytes[bit / 8] ^ address->bytes[bit / 8]) & mask) != 0) return false;
  }
  return true;
}

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  return absl::EqualsIgnoreCase(base::V(a), base::V(b));
}

}  // namespace cloudlet::triggers
