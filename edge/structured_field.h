// Dictionaries and lists of structured fields, as CDN-Cache-Control and Cache-Groups are: RFC 8941
// section 4.2.
//
// A strict reader: one byte that the RFC does not allow, and there is nothing. What is inside of
// parameters and inner lists is checked and then let go, as no directive has a use for it.
#ifndef CLOUDLET_EDGE_STRUCTURED_FIELD_H_
#define CLOUDLET_EDGE_STRUCTURED_FIELD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cloudlet::edge {

struct SfValue {
  enum class Type { kInteger, kDecimal, kString, kToken, kBytes, kBoolean, kInnerList };
  Type type = Type::kBoolean;
  int64_t integer = 0;    // of kInteger; 15 digits at most
  bool boolean = true;    // of kBoolean
  std::string text = {};  // of kString, unescaped, and kToken
};

struct SfMember {
  std::string key = {};
  SfValue value = {};
};

// In the order of the field; of several with one key the last, in the place of the first, as the
// RFC has it. nullopt: this is no dictionary. An empty field is an empty one.
std::optional<std::vector<SfMember>> ParseSfDictionary(std::string_view text);

// The strings of a list, as Cache-Groups is one: RFC 8941 section 4.2.1. Other members, and
// parameters, are left out. nullopt: this is no list.
std::optional<std::vector<std::string>> ParseSfStringList(std::string_view text);

// RFC 8941 section 3.3.3: "a \"b\"" with its quotes; bytes outside of printable ASCII become '?'.
std::string SfString(std::string_view text);

// Whether `text` can be written as a token of structured fields.
bool IsSfToken(std::string_view text);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_STRUCTURED_FIELD_H_
