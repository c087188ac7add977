// By hand, as the names of days and months must not follow the locale.
#include "http/http_date.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "base/strings.h"

namespace cloudlet::http {
namespace {

constexpr std::string_view kDays[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                      "Friday", "Saturday", "Sunday"};
constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

absl::CivilSecond CivilOf(absl::Time time) {
  const absl::CivilSecond civil = absl::ToCivilSecond(time, absl::UTCTimeZone());
  return std::clamp(civil, absl::CivilSecond(0, 1, 1), absl::CivilSecond(9999, 12, 31, 23, 59, 59));
}

// Takes what a date is made of off its front; the first thing that is missing makes it bad.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  void Literal(std::string_view text) {
    good_ = good_ && rest_.substr(0, text.size()) == text;
    if (good_) rest_.remove_prefix(text.size());
  }
  int Digits(size_t count) {
    int value = 0;
    for (size_t i = 0; i < count; ++i) {
      good_ = good_ && !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9';
      if (!good_) return 0;
      value = value * 10 + (rest_[0] - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }
  int Month() {
    const auto* const found = std::find(std::begin(kMonths), std::end(kMonths), rest_.substr(0, 3));
    good_ = good_ && found != std::end(kMonths);
    if (!good_) return 0;
    rest_.remove_prefix(3);
    return static_cast<int>(found - kMonths) + 1;
  }
  // "Sunday" or, where there is no such, "Sun".
  bool LongDay() {
    for (std::string_view day : kDays) {
      if (rest_.substr(0, day.size()) != day) continue;
      rest_.remove_prefix(day.size());
      return true;
    }
    const std::string_view first = rest_.substr(0, 3);
    good_ = good_ && std::any_of(std::begin(kDays), std::end(kDays),
                                 [&](std::string_view day) { return first == day.substr(0, 3); });
    rest_.remove_prefix(first.size());
    return false;
  }
  char front() const { return rest_.empty() ? '\0' : rest_[0]; }
  bool good_to_the_end() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

struct Fields {
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
};

void ReadClock(Reader* in, Fields* fields) {
  fields->hour = in->Digits(2);
  in->Literal(":");
  fields->minute = in->Digits(2);
  in->Literal(":");
  fields->second = in->Digits(2);
}

// "Sun, 06 Nov 1994 08:49:37 GMT" or "Sunday, 06-Nov-94 08:49:37 GMT", behind the name of the day.
void ReadCommaForm(Reader* in, std::string_view separator, bool long_year, Fields* fields) {
  in->Literal(", ");
  fields->day = in->Digits(2);
  in->Literal(separator);
  fields->month = in->Month();
  in->Literal(separator);
  fields->year = in->Digits(long_year ? 4 : 2);
  if (!long_year) fields->year += fields->year < 70 ? 2000 : 1900;
  in->Literal(" ");
  ReadClock(in, fields);
  in->Literal(" GMT");
}

void ReadAsctimeForm(Reader* in, Fields* fields) {
  in->Literal(" ");
  fields->month = in->Month();
  in->Literal(" ");
  const bool one_digit = in->front() == ' ';
  if (one_digit) in->Literal(" ");
  fields->day = in->Digits(one_digit ? 1 : 2);
  in->Literal(" ");
  ReadClock(in, fields);
  in->Literal(" ");
  fields->year = in->Digits(4);
}

}  // namespace

std::string FormatHttpDate(absl::Time time) {
  const absl::CivilSecond civil = CivilOf(time);
  const auto day = static_cast<size_t>(absl::GetWeekday(civil));
  const auto two = [](int value) { return absl::Dec(value, absl::kZeroPad2); };
  return absl::StrCat(base::V(kDays[day].substr(0, 3)), ", ", two(civil.day()), " ",
                      base::V(kMonths[civil.month() - 1]), " ",
                      absl::Dec(civil.year(), absl::kZeroPad4), " ", two(civil.hour()), ":",
                      two(civil.minute()), ":", two(civil.second()), " GMT");
}

std::optional<absl::Time> ParseHttpDate(std::string_view text) {
  Reader in(text);
  Fields fields;
  if (in.LongDay()) {
    ReadCommaForm(&in, "-", /*long_year=*/false, &fields);
  } else if (in.front() == ',') {
    ReadCommaForm(&in, " ", /*long_year=*/true, &fields);
  } else {
    ReadAsctimeForm(&in, &fields);
  }
  if (!in.good_to_the_end()) return std::nullopt;
  if (fields.hour > 23 || fields.minute > 59 || fields.second > 60) return std::nullopt;
  const absl::CivilDay day(fields.year, fields.month, fields.day);
  if (day.month() != fields.month || day.day() != fields.day) return std::nullopt;
  const absl::CivilSecond civil(fields.year, fields.month, fields.day, fields.hour, fields.minute,
                                fields.second);
  return absl::FromCivil(civil, absl::UTCTimeZone());
}

std::string FormatIsoTime(absl::Time time) {
  const absl::CivilSecond civil = CivilOf(time);
  const absl::Time second = absl::FromCivil(civil, absl::UTCTimeZone());
  const int64_t millis = std::clamp<int64_t>(absl::ToInt64Milliseconds(time - second), 0, 999);
  const auto two = [](int value) { return absl::Dec(value, absl::kZeroPad2); };
  return absl::StrCat(absl::Dec(civil.year(), absl::kZeroPad4), "-", two(civil.month()), "-",
                      two(civil.day()), "T", two(civil.hour()), ":", two(civil.minute()), ":",
                      two(civil.second()), ".", absl::Dec(millis, absl::kZeroPad3), "Z");
}

std::optional<absl::Time> ParseIsoTime(std::string_view text) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, base::V(text), &time, &error)) return std::nullopt;
  // Abseil takes words for the ends of time too.
  if (time == absl::InfiniteFuture() || time == absl::InfinitePast()) return std::nullopt;
  return time;
}

}  // namespace cloudlet::http
