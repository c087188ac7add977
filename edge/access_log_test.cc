// Rows as CloudFront writes them.
#include "edge/access_log.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

// The first line of the guide's example file.
TEST(EdgeLogTest, WritesTheGuidesExample) {
  EdgeLogRow row;
  row.time = absl::FromUnixSeconds(1'575'493'351);
  row.edge_location = "LAX1";
  row.sc_bytes = 392;
  row.c_ip = "192.0.2.100";
  row.cs_method = "GET";
  row.cs_host = "d111111abcdef8.cloudfront.net";
  row.cs_uri_stem = "/index.html";
  row.sc_status = 200;
  row.cs_user_agent =
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
      "Chrome/78.0.3904.108 Safari/537.36";
  row.result_type = row.response_result_type = EdgeResultType::kHit;
  row.request_id = "SOX4xwn4XV6Q4rgb7XiVGOHms_BGlTAC4KyHmureZmBNrjGdRLiNIQ==";
  row.host_header = "d111111abcdef8.cloudfront.net";
  row.cs_protocol = "https";
  row.cs_bytes = 23;
  row.time_taken = row.time_to_first_byte = absl::Milliseconds(1);
  row.ssl_protocol = "TLSv1.2";
  row.ssl_cipher = "ECDHE-RSA-AES128-GCM-SHA256";
  row.cs_protocol_version = "HTTP/2.0";
  row.c_port = 11040;
  row.detailed_result_type = "Hit";
  row.sc_content_type = "text/html";
  row.sc_content_len = 78;
  EXPECT_EQ(
      ToLine(row),
      "2019-12-04\t21:02:31\tLAX1\t392\t192.0.2.100\tGET\td111111abcdef8.cloudfront.net\t/"
      "index.html\t200\t-\tMozilla/5.0%20(Windows%20NT%2010.0;%20Win64;%20x64)%20AppleWebKit/"
      "537.36%20(KHTML,%20like%20Gecko)%20Chrome/78.0.3904.108%20Safari/"
      "537.36\t-\t-\tHit\tSOX4xwn4XV6Q4rgb7XiVGOHms_BGlTAC4KyHmureZmBNrjGdRLiNIQ==\t"
      "d111111abcdef8.cloudfront.net\thttps\t23\t0.001\t-\tTLSv1.2\tECDHE-RSA-AES128-GCM-SHA256\t"
      "Hit\tHTTP/2.0\t-\t-\t11040\t0.001\tHit\ttext/html\t78\t-\t-\n");
}

TEST(EdgeLogTest, HasTheFieldsThatItsHeaderNames) {
  const std::string header = EdgeLogHeader();
  EXPECT_EQ(header.substr(0, 28), "#Version: 1.0\n#Fields: date ");
  EXPECT_EQ(header.back(), '\n');
  const std::string fields = header.substr(header.find("date"));
  EXPECT_EQ(std::count(fields.begin(), fields.end(), ' '), 32);
  const std::string line = ToLine(EdgeLogRow());
  EXPECT_EQ(std::count(line.begin(), line.end(), '\t'), 32);
  EXPECT_EQ(line.substr(0, 38), "1970-01-01\t00:00:00\t-\t0\t-\t-\t-\t-\t000\t-\t");
}

TEST(EdgeLogTest, NothingOfAViewersBreaksALine) {
  EdgeLogRow row;
  row.cs_uri_stem = "/a%20b";
  row.cs_user_agent = "a\tb\nc \"<>#{}|\\^~[]`'\x7F\xC3";
  row.time_taken = -absl::Seconds(1);
  row.time_to_first_byte = absl::Milliseconds(1'234) + absl::Microseconds(600);
  row.sc_range_start = 0;
  row.sc_range_end = 9;
  const std::string line = ToLine(row);
  EXPECT_EQ(std::count(line.begin(), line.end(), '\t'), 32);
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  EXPECT_NE(line.find("\t/a%2520b\t"), std::string::npos);
  EXPECT_NE(line.find("\ta%09b%0Ac%20%22%3C%3E%23%7B%7D%7C%5C%5E%7E%5B%5D%60%27%7F%C3\t"),
            std::string::npos);
  EXPECT_NE(line.find("\t0.000\t"), std::string::npos);
  EXPECT_NE(line.find("\t1.235\t"), std::string::npos);
  EXPECT_EQ(line.substr(line.size() - 7), "\t-\t0\t9\n");
}

TEST(AccessLogTest, TakesARowFromRequestAndAnswer) {
  const HttpRequest request = {
      .url = {.scheme = "http", .authority = "www.example.com", .path = "/a", .query = "v=1"},
      .headers = {{"User-Agent", "u"},
                  {"Referer", "r"},
                  {"Cookie", "s=1"},
                  {"X-Forwarded-For", "192.0.2.9"}},
      .body = absl::Cord("1234")};
  HttpResponse response = {.status = 206, .reason = "Partial Content"};
  response.headers = {
      {"Content-Type", "text/css"}, {"Content-Length", "3"}, {"Content-Range", "bytes 4-6/10"}};
  response.body = absl::Cord("abc");
  Fate fate;
  fate.received = absl::FromUnixSeconds(100);
  fate.first_byte = fate.received + absl::Milliseconds(20);
  fate.last_byte = fate.received + absl::Seconds(3);
  fate.result = EdgeResultType::kHit;
  fate.request_id = "id";
  fate.edge_location = "FRA56-P4";
  DistributionOptions options;
  EdgeLogRow row = LogRowOf(fate, options, request, {.ip = "192.0.2.1", .port = 99}, response);
  EXPECT_EQ(row.time, fate.last_byte);
  EXPECT_EQ(row.time_taken, absl::Seconds(3));
  EXPECT_EQ(row.time_to_first_byte, absl::Milliseconds(20));
  EXPECT_EQ(row.cs_host, options.domain_name);
  EXPECT_EQ(row.host_header, "www.example.com");
  EXPECT_EQ(row.cs_uri_stem + "?" + row.cs_uri_query, "/a?v=1");
  EXPECT_EQ(row.cs_protocol, "http");
  EXPECT_EQ(row.cs_cookie, "");
  EXPECT_EQ(row.x_forwarded_for, "192.0.2.9");
  EXPECT_EQ(row.detailed_result_type, "Hit");
  EXPECT_EQ(row.sc_content_len, 3u);
  EXPECT_EQ(row.sc_range_start, 4u);
  EXPECT_EQ(row.sc_range_end, 6u);
  const std::string sent =
      "GET /a?v=1 HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: u\r\nReferer: r\r\n"
      "Cookie: s=1\r\nX-Forwarded-For: 192.0.2.9\r\n\r\n1234";
  EXPECT_EQ(row.cs_bytes, sent.size());
  const std::string got =
      "HTTP/1.1 206 Partial Content\r\nContent-Type: text/css\r\nContent-Length: 3\r\n"
      "Content-Range: bytes 4-6/10\r\n\r\nabc";
  EXPECT_EQ(row.sc_bytes, got.size());
  options.log_cookies = true;
  fate.detail = "ClientGeoBlocked";
  row = LogRowOf(fate, options, request, {}, response);
  EXPECT_EQ(row.cs_cookie, "s=1");
  EXPECT_EQ(row.detailed_result_type, "ClientGeoBlocked");
}

TEST(AccessLogTest, ABodyThatComesLaterEndsItsRow) {
  EdgeLogRow row;
  row.time = absl::FromUnixSeconds(101);
  row.time_taken = absl::Seconds(1);
  row.sc_bytes = 100;
  row.result_type = row.response_result_type = EdgeResultType::kMiss;
  row.detailed_result_type = "Miss";
  EndRow(5, "", absl::FromUnixSeconds(103), &row);
  EXPECT_EQ(row.time, absl::FromUnixSeconds(103));
  EXPECT_EQ(row.time_taken, absl::Seconds(3));
  EXPECT_EQ(row.sc_bytes, 105u);
  EXPECT_EQ(row.detailed_result_type, "Miss");
  EndRow(0, "ClientCommError", absl::FromUnixSeconds(104), &row);
  EXPECT_EQ(row.result_type, EdgeResultType::kError);
  EXPECT_EQ(row.response_result_type, EdgeResultType::kMiss);
  EXPECT_EQ(row.detailed_result_type, "ClientCommError");
}

TEST(AccessLogTest, ResultsByWhatTheCacheDid) {
  EXPECT_EQ(ResultTypeOf(CacheUse::kHit, 200), EdgeResultType::kHit);
  EXPECT_EQ(ResultTypeOf(CacheUse::kRefresh, 304), EdgeResultType::kRefreshHit);
  EXPECT_EQ(ResultTypeOf(CacheUse::kMiss, 302), EdgeResultType::kMiss);
  EXPECT_EQ(ResultTypeOf(CacheUse::kHit, 404), EdgeResultType::kError);
}

}  // namespace
}  // namespace cloudlet::edge
