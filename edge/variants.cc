// Selectors and their normal forms.
#include "edge/variants.h"

#include <algorithm>
#include <cstddef>
#include <tuple>

#include "edge/lists.h"

namespace cloudlet::edge {
namespace {

constexpr std::string_view kAcceptLanguage = "accept-language";

struct Language {
  int weight = 1000;  // in thousandths
  std::string range = {};
};

// RFC 9110 section 12.4.2: "0.5", "1", "1.000"; what is none weighs nothing.
int Weight(std::string_view text) {
  const std::string_view whole = text.substr(0, text.find('.'));
  std::string fraction(whole.size() < text.size() ? text.substr(whole.size() + 1) : "");
  if (fraction.size() > 3 || (whole != "0" && whole != "1")) return 0;
  fraction.resize(3, '0');
  const int64_t thousandths = Digits(fraction, 1000).value_or(0);
  return whole == "1" ? 1000 : static_cast<int>(thousandths);
}

// By weight, the highest first, then by name.
std::vector<Language> Languages(std::string_view value) {
  std::vector<Language> languages;
  for (const std::string_view element : Elements(value)) {
    const size_t semicolon = element.find(';');
    Language language;
    language.range = LowerCase(Trimmed(element.substr(0, semicolon)));
    if (semicolon != std::string_view::npos) {
      const std::string parameter = LowerCase(Trimmed(element.substr(semicolon + 1)));
      if (parameter.substr(0, 2) == "q=") language.weight = Weight(parameter.substr(2));
    }
    languages.push_back(std::move(language));
  }
  std::sort(languages.begin(), languages.end(), [](const Language& a, const Language& b) {
    return std::tie(b.weight, a.range) < std::tie(a.weight, b.range);
  });
  return languages;
}

// The language that weighs more than all others; "": there is none.
std::string Preferred(const std::vector<Language>& languages) {
  if (languages.empty() || languages[0].weight == 0 || languages[0].range == "*") return {};
  if (languages.size() > 1 && languages[1].weight == languages[0].weight) return {};
  return languages[0].range;
}

bool IsInPreferredLanguage(const StoredResponse& stored, const HttpHeaders& request) {
  const auto accepted = request.Joined(kAcceptLanguage);
  const auto content = ListOf(stored.response.headers, "Content-Language");
  if (!accepted || content.size() != 1) return false;
  const std::string preferred = Preferred(Languages(*accepted));
  return !preferred.empty() && LowerCase(content[0]) == preferred;
}

}  // namespace

bool VariesOnEverything(const HttpHeaders& response) {
  const auto names = ListOf(response, "Vary");
  return std::find(names.begin(), names.end(), "*") != names.end();
}

std::optional<std::string> NormalisedValue(const HttpHeaders& request, std::string_view name) {
  const auto joined = request.Joined(name);
  if (!joined) return std::nullopt;
  std::string out;
  const auto append = [&](std::string_view part) {
    if (!out.empty()) out += ',';
    out += part;
  };
  if (SameHttpName(name, kAcceptLanguage)) {
    for (const Language& language : Languages(*joined)) {
      append(language.range + ";q=" + std::to_string(language.weight));
    }
  } else {
    for (const std::string_view element : Elements(*joined)) append(element);
  }
  return out;
}

std::vector<Selector> SelectorsOf(const HttpHeaders& response, const HttpHeaders& request,
                                  const Policy& policy) {
  std::vector<Selector> selectors;
  if (policy.cloudfront()) return selectors;
  for (const std::string_view name : ListOf(response, "Vary")) {
    const bool known = std::any_of(selectors.begin(), selectors.end(),
                                   [&](const Selector& s) { return SameHttpName(s.name, name); });
    if (!known) selectors.push_back({LowerCase(name), NormalisedValue(request, name)});
  }
  return selectors;
}

bool Matches(const StoredResponse& stored, const HttpHeaders& request) {
  return std::all_of(
      stored.selectors.begin(), stored.selectors.end(), [&](const Selector& selector) {
        return NormalisedValue(request, selector.name) == selector.value ||
               (selector.name == kAcceptLanguage && IsInPreferredLanguage(stored, request));
      });
}

}  // namespace cloudlet::edge
