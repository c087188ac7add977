// Dates as the wire writes them: HTTP's in headers, ISO 8601's in XML.
//
// https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7
#ifndef CLOUDLET_HTTP_HTTP_DATE_H_
#define CLOUDLET_HTTP_HTTP_DATE_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace cloudlet::http {

// "Sun, 06 Nov 1994 08:49:37 GMT": a fraction of a second is cut off. Years outside of 0 to 9999
// are written as their nearest end.
std::string FormatHttpDate(absl::Time time);

// Any of RFC 9110's three forms: the one above, "Sunday, 06-Nov-94 08:49:37 GMT" (years from 70 on
// are of the last century) and "Sun Nov  6 08:49:37 1994". The day of the week is not held against
// the date. None for all else: a condition that has no date is to be left out.
std::optional<absl::Time> ParseHttpDate(std::string_view text);

// "1994-11-06T08:49:37.000Z": milliseconds, cut off.
std::string FormatIsoTime(absl::Time time);

// RFC 3339, any number of fractional digits, any zone.
std::optional<absl::Time> ParseIsoTime(std::string_view text);

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_HTTP_DATE_H_
