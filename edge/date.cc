// HTTP dates, by hand, as the names of days and months must not follow the locale.
#include "edge/date.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "base/strings.h"
#include "cloudlet/edge_http.h"

namespace cloudlet::edge {
namespace {

constexpr std::string_view kDays[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                      "Friday", "Saturday", "Sunday"};
constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// Takes what a date is made of off its front; the first thing that is missing makes it bad.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool Literal(std::string_view text) {
    good_ = good_ && SameHttpName(rest_.substr(0, text.size()), text);
    if (good_) rest_.remove_prefix(text.size());
    return good_;
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
    for (size_t i = 0; i < std::size(kMonths); ++i) {
      if (!SameHttpName(rest_.substr(0, 3), kMonths[i])) continue;
      rest_.remove_prefix(3);
      return static_cast<int>(i) + 1;
    }
    good_ = false;
    return 0;
  }
  // The name of a day, whole or its first three letters; which of both. Whole wins.
  enum class Day { kWhole, kShort };
  Day DayName() {
    for (const std::string_view day : kDays) {
      if (!SameHttpName(rest_.substr(0, day.size()), day)) continue;
      rest_.remove_prefix(day.size());
      return Day::kWhole;
    }
    const std::string_view first = rest_.substr(0, 3);
    good_ = std::any_of(std::begin(kDays), std::end(kDays), [&](std::string_view day) {
      return SameHttpName(first, day.substr(0, 3));
    });
    rest_.remove_prefix(first.size());
    return Day::kShort;
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
  bool short_year = false;  // `year` has the last two digits alone
};

void ReadClock(Reader* in, Fields* fields) {
  fields->hour = in->Digits(2);
  in->Literal(":");
  fields->minute = in->Digits(2);
  in->Literal(":");
  fields->second = in->Digits(2);
}

// Behind the name of the day: ", 06 Nov 1994 08:49:37 GMT" or ", 06-Nov-94 08:49:37 GMT".
void ReadCommaForm(Reader* in, std::string_view separator, Fields* fields) {
  in->Literal(", ");
  fields->day = in->Digits(2);
  in->Literal(separator);
  fields->month = in->Month();
  in->Literal(separator);
  fields->year = in->Digits(fields->short_year ? 2 : 4);
  in->Literal(" ");
  ReadClock(in, fields);
  in->Literal(" GMT");
}

// Behind the name of the day: " Nov  6 08:49:37 1994".
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

// nullopt: there is no such day or time of day.
std::optional<absl::Time> TimeOf(const Fields& fields, int year) {
  const absl::CivilDay day(year, fields.month, fields.day);
  if (day.month() != fields.month || day.day() != fields.day) return std::nullopt;
  if (fields.hour > 23 || fields.minute > 59 || fields.second > 60) return std::nullopt;
  return absl::FromCivil(
      absl::CivilSecond(year, fields.month, fields.day, fields.hour, fields.minute, fields.second),
      absl::UTCTimeZone());
}

}  // namespace

std::optional<absl::Time> ParseDate(std::string_view text, absl::Time now) {
  Reader in(text);
  Fields fields;
  fields.short_year = in.DayName() == Reader::Day::kWhole;
  if (fields.short_year) {
    ReadCommaForm(&in, "-", &fields);
  } else if (in.front() == ',') {
    ReadCommaForm(&in, " ", &fields);
  } else {
    ReadAsctimeForm(&in, &fields);
  }
  if (!in.good_to_the_end()) return std::nullopt;
  if (!fields.short_year) return TimeOf(fields, fields.year);
  const absl::CivilSecond civil = absl::ToCivilSecond(now, absl::UTCTimeZone());
  const auto this_year = static_cast<int>(std::clamp<absl::civil_year_t>(civil.year(), 0, 9999));
  int year = this_year - this_year % 100 + fields.year;
  // The latest year of these digits that is not more than 50 years ahead.
  if (year <= this_year - 50) year += 100;
  const std::optional<absl::Time> time = TimeOf(fields, year);
  const absl::Time limit =
      absl::FromCivil(absl::CivilSecond(this_year + 50, civil.month(), civil.day(), civil.hour(),
                                        civil.minute(), civil.second()),
                      absl::UTCTimeZone());
  return time && *time > limit ? TimeOf(fields, year - 100) : time;
}

std::string FormatDate(absl::Time time) {
  const absl::CivilSecond civil =
      std::clamp(absl::ToCivilSecond(time, absl::UTCTimeZone()), absl::CivilSecond(0, 1, 1),
                 absl::CivilSecond(9999, 12, 31, 23, 59, 59));
  const auto day = static_cast<size_t>(absl::GetWeekday(civil));
  const auto two = [](int value) { return absl::Dec(value, absl::kZeroPad2); };
  return absl::StrCat(base::V(kDays[day].substr(0, 3)), ", ", two(civil.day()), " ",
                      base::V(kMonths[civil.month() - 1]), " ",
                      absl::Dec(civil.year(), absl::kZeroPad4), " ", two(civil.hour()), ":",
                      two(civil.minute()), ":", two(civil.second()), " GMT");
}

}  // namespace cloudlet::edge
