// Both syntaxes end in the same table of directives.
#include "edge/directives.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "edge/lists.h"
#include "edge/structured_field.h"

namespace cloudlet::edge {
namespace {

struct DurationDirective {
  std::string_view name;
  std::optional<absl::Duration> Directives::*field;
  bool lifetime;  // what is no number is zero; else it is as if the directive were not there
};

constexpr DurationDirective kDurations[] = {
    {"max-age", &Directives::max_age, true},
    {"s-maxage", &Directives::s_maxage, true},
    {"stale-while-revalidate", &Directives::stale_while_revalidate, false},
    {"stale-if-error", &Directives::stale_if_error, false},
};

struct FlagDirective {
  std::string_view name;
  bool Directives::*field;
  bool may_name_fields;
};

constexpr FlagDirective kFlags[] = {
    {"no-store", &Directives::no_store, false},
    {"no-cache", &Directives::no_cache, true},
    {"private", &Directives::private_only, true},
    {"public", &Directives::is_public, false},
    {"must-revalidate", &Directives::must_revalidate, false},
    {"proxy-revalidate", &Directives::proxy_revalidate, false},
    {"must-understand", &Directives::must_understand, false},
    {"immutable", &Directives::immutable, false},
};

std::optional<absl::Duration> Seconds(std::string_view text) {
  const auto seconds = Digits(text, kMaxDeltaSeconds);
  if (!seconds) return std::nullopt;
  return absl::Seconds(*seconds);
}

// "no-cache" and "private" with names exclude the fields named; a list without any name is as good
// as none.
void SetFlag(const FlagDirective& flag, std::string_view names, Directives* out) {
  const std::vector<std::string_view> fields =
      flag.may_name_fields ? Elements(names) : std::vector<std::string_view>();
  if (fields.empty()) out->*flag.field = true;
  for (const std::string_view field : fields) out->excluded_fields.push_back(LowerCase(field));
}

// "name" or "name=value"; the value without its quotes.
struct Directive {
  std::string_view name;
  std::optional<std::string> value;
};

Directive Split(std::string_view element) {
  const size_t equals = element.find('=');
  if (equals == std::string_view::npos) return {element, std::nullopt};
  const std::string_view value = element.substr(equals + 1);
  std::optional<std::string> unquoted = Unquoted(value);
  return {element.substr(0, equals), unquoted ? std::move(*unquoted) : std::string(value)};
}

void Apply(const Directive& directive, Directives* out) {
  for (const DurationDirective& known : kDurations) {
    if (!SameHttpName(directive.name, known.name)) continue;
    std::optional<absl::Duration>& field = out->*known.field;
    if (field) return;
    field = Seconds(directive.value.value_or(""));
    if (!field && known.lifetime) field = absl::ZeroDuration();
    return;
  }
  for (const FlagDirective& known : kFlags) {
    if (SameHttpName(directive.name, known.name)) {
      return SetFlag(known, directive.value.value_or(""), out);
    }
  }
}

// False: the value is of the wrong type.
bool ApplyMember(const SfMember& member, Directives* out) {
  const SfValue& value = member.value;
  for (const DurationDirective& known : kDurations) {
    if (member.key != known.name) continue;
    if (value.type != SfValue::Type::kInteger) return false;
    const int64_t seconds = std::clamp<int64_t>(value.integer, 0, kMaxDeltaSeconds);
    out->*known.field = absl::Seconds(seconds);
    return true;
  }
  for (const FlagDirective& known : kFlags) {
    if (member.key != known.name) continue;
    const bool names = known.may_name_fields && value.type == SfValue::Type::kString;
    if (value.type != SfValue::Type::kBoolean && !names) return false;
    if (names || value.boolean) SetFlag(known, names ? value.text : "", out);
    return true;
  }
  return true;
}

}  // namespace

Directives ParseCacheControl(const HttpHeaders& headers) {
  Directives out;
  for (const std::string_view element : ListOf(headers, "Cache-Control")) {
    Apply(Split(element), &out);
  }
  return out;
}

std::optional<Directives> ParseTargeted(const HttpHeaders& headers, std::string_view name) {
  const auto field = headers.Joined(name);
  if (!field) return std::nullopt;
  const auto members = ParseSfDictionary(*field);
  if (!members || members->empty()) return std::nullopt;
  Directives out;
  for (const SfMember& member : *members) {
    if (!ApplyMember(member, &out)) return std::nullopt;
  }
  return out;
}

RequestDirectives ParseRequestDirectives(const HttpHeaders& headers) {
  RequestDirectives out;
  const auto first = [](std::optional<absl::Duration> value, std::optional<absl::Duration>* field) {
    if (!*field) *field = value;
  };
  for (const std::string_view element : ListOf(headers, "Cache-Control")) {
    const Directive directive = Split(element);
    const auto seconds = Seconds(directive.value.value_or(""));
    if (SameHttpName(directive.name, "max-age")) {
      first(seconds.value_or(absl::ZeroDuration()), &out.max_age);
    } else if (SameHttpName(directive.name, "min-fresh")) {
      first(seconds, &out.min_fresh);
    } else if (SameHttpName(directive.name, "max-stale")) {
      first(directive.value ? seconds : absl::InfiniteDuration(), &out.max_stale);
    }
    out.no_cache |= SameHttpName(directive.name, "no-cache");
    out.no_store |= SameHttpName(directive.name, "no-store");
    out.only_if_cached |= SameHttpName(directive.name, "only-if-cached");
  }
  if (headers.Find("Cache-Control") == nullptr) {
    for (const std::string_view element : ListOf(headers, "Pragma")) {
      out.no_cache |= SameHttpName(element, "no-cache");
    }
  }
  return out;
}

}  // namespace cloudlet::edge
