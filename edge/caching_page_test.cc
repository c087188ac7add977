// Plays docs/caching.md: each row's request at its second, against what the row says of the answer.
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cloudlet/edge.h"
#include "cloudlet/testing.h"
#include "edge/date.h"
#include "edge/distribution_testing.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

struct PageRow {
  std::string text = {};  // as it stands in the page
  int second = 0;
  HttpRequest request = {};
  std::string rest = {};  // status and headers, as the page has them
};

// "GET /page, `Range: bytes=0-1`".
HttpRequest RequestOf(const std::string& cell) {
  const size_t space = cell.find(' ');
  const size_t comma = cell.find(',');
  HttpRequest request = Getting(cell.substr(space + 1, comma - space - 1));
  request.method = cell.substr(0, space);
  if (comma == std::string::npos) return request;
  const size_t begin = cell.find('`') + 1;
  const std::string header = cell.substr(begin, cell.rfind('`') - begin);
  const size_t colon = header.find(": ");
  request.headers.Add(header.substr(0, colon), header.substr(colon + 2));
  return request;
}

// Of the table behind this heading.
std::vector<PageRow> RowsBehind(std::string_view heading) {
  std::ifstream page("docs/caching.md");
  std::vector<PageRow> rows;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line.rfind("## ", 0) == 0) inside = line == heading;
    if (!inside || line.rfind("| ", 0) != 0 || line.rfind("| second", 0) == 0) continue;
    PageRow row = {.text = line};
    const size_t first = line.find(" | ");
    const size_t second = line.find(" | ", first + 1);
    row.second = std::atoi(line.substr(2, first - 2).c_str());
    row.request = RequestOf(line.substr(first + 3, second - first - 3));
    row.rest = line.substr(second);
    rows.push_back(std::move(row));
  }
  return rows;
}

class CachingPageTest : public ::testing::Test {
 protected:
  OriginResult Answer(const HttpRequest& request) {
    const std::string& path = request.url.path;
    const HttpHeader tag = {"ETag", "\"1\""};
    const bool known = request.headers.Joined("If-None-Match") == "\"1\"";
    const auto having = [&](HttpHeaders headers) {
      const bool same = known && headers.Find("ETag") != nullptr;
      return Answering(same ? 304 : 200, same ? "" : "body", std::move(headers));
    };
    if (request.method == "POST") return having({});
    if (path == "/page") return having({{"Cache-Control", "max-age=60"}, tag});
    if (path == "/checked") return having({{"Cache-Control", "no-cache"}, tag});
    if (path == "/mine") return having({{"Cache-Control", "private"}});
    if (path == "/secret") return having({{"Cache-Control", "no-store"}});
    if (path == "/dated") {
      return having({{"Last-Modified", FormatDate(begin_ - absl::Hours(240))}});
    }
    if (path == "/languages") {
      return having({{"Cache-Control", "max-age=60"}, {"Vary", "Accept-Language"}});
    }
    if (path == "/renewed") {
      return having({{"Cache-Control", "max-age=10, stale-while-revalidate=60"}});
    }
    if (path == "/fragile" && !std::exchange(broken_, true)) {
      return having({{"Cache-Control", "max-age=10, stale-if-error=60"}});
    }
    if (path == "/fragile" || path == "/gone") return OriginFailure::kConnect;
    return path == "/missing" ? Answering(404, "") : having({});
  }

  void Play(std::string_view heading, const DistributionOptions& options) {
    const Distribution cdn = Distribution::Create(fake_.cloud(), options).value();
    const std::vector<PageRow> rows = RowsBehind(heading);
    EXPECT_GT(rows.size(), 15u);
    for (const PageRow& row : rows) {
      fake_.clock().Advance(begin_ + absl::Seconds(row.second) - fake_.cloud().Now());
      const HttpResponse answer = cdn.Handle(row.request);
      std::ostringstream got;
      got << " | " << answer.status << " | " << HeaderOf(answer, "Cache-Status") << " | "
          << HeaderOf(answer, "X-Cache") << " |";
      EXPECT_EQ(got.str(), row.rest) << row.text;
    }
  }

  DistributionOptions Options() {
    return Over([this](const HttpRequest& request) { return Answer(request); });
  }

  testing::FakeCloud fake_;
  const absl::Time begin_ = fake_.cloud().Now();
  bool broken_ = false;
};

TEST_F(CachingPageTest, AsCloudFront) { Play("## As CloudFront", Options()); }

TEST_F(CachingPageTest, AsRfc9111) {
  DistributionOptions options = Options();
  options.profile = CacheProfile::kRfc9111;
  options.default_behavior.allowed_methods = AllowedMethods::kAll;
  options.default_behavior.origin_request.headers = {Selection::kAll, {}};
  Play("## As RFC 9111", options);
}

}  // namespace
}  // namespace cloudlet::edge
