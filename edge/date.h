// HTTP dates as a cache reads them: RFC 9110 section 5.6.7.
//
// Apart from the reader of the wire (S3's conditions), which takes letters in the case in which the
// RFC writes them and counts years of two digits from 1970: a cache may be in front of any origin,
// so letter case is forgiven here, and a year of two digits is the one nearest to the moment of
// reading, as the RFC has it.
#ifndef CLOUDLET_EDGE_DATE_H_
#define CLOUDLET_EDGE_DATE_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace cloudlet::edge {

// One of the three forms, and nothing else: "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94
// 08:49:37 GMT" (a year that would be more than 50 years after `now` is of the century before) and
// "Sun Nov  6 08:49:37 1994". Letters in any case; the day of the week is not held against the
// date. A second 60 is the next second.
std::optional<absl::Time> ParseDate(std::string_view text, absl::Time now);

// The first of the three forms; a fraction of a second is cut off. Years outside of 0 to 9999 are
// written as their nearest end.
std::string FormatDate(absl::Time time);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_DATE_H_
