// Deletes: request and result come back; the bounds of a request.
#include "http/s3_documents_delete.h"

#include <string>
#include <string_view>

#include "cloudlet/error.h"
#include "gtest/gtest.h"

namespace cloudlet::http {
namespace {

TEST(S3DocumentsDeleteTest, RequestComesBack) {
  const DeleteDocument request = {
      .objects = {{"a<", "", ""}, {" b ", "v", ""}, {"c\x01", "", "\"e\""}}, .quiet = true};
  const absl::StatusOr<DeleteDocument> back = DecodeDelete(EncodeDelete(request));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->objects, request.objects);
  EXPECT_TRUE(back->quiet);
  const std::vector<DeleteItem> items = ItemsOf(*back);
  ASSERT_EQ(items.size(), 3u);
  EXPECT_EQ(items[1].key, " b ");
  EXPECT_EQ(items[1].version_id, "v");
  EXPECT_EQ(items[2].if_match, "\"e\"");
}

TEST(S3DocumentsDeleteTest, OneToAThousandObjectsOfTheLongestKeys) {
  DeleteDocument request;
  EXPECT_EQ(ErrorCodeOf(DecodeDelete(EncodeDelete(request)).status()), ErrorCode::kMalformedXml);
  for (size_t i = 0; i < kMaxDeletes; ++i) request.objects.push_back({std::string(1024, '"')});
  EXPECT_EQ(DecodeDelete(EncodeDelete(request))->objects, request.objects);
  request.objects.push_back({"one more"});
  EXPECT_EQ(ErrorCodeOf(DecodeDelete(EncodeDelete(request)).status()), ErrorCode::kMalformedXml);
}

TEST(S3DocumentsDeleteTest, WhatIsRefused) {
  const auto code = [](std::string_view inside) {
    return ErrorCodeOf(DecodeDelete("<Delete>" + std::string(inside) + "</Delete>").status());
  };
  EXPECT_EQ(code("<Object><Key>a</Key></Object>"), ErrorCode::kNone);
  EXPECT_EQ(code("<Object/>"), ErrorCode::kMalformedXml);
  EXPECT_EQ(code("<Object><Key>a</Key></Object><Other/>"), ErrorCode::kMalformedXml);
  EXPECT_EQ(code("<Object><Key>a</Key></Object><Quiet>1</Quiet>"), ErrorCode::kMalformedXml);
  EXPECT_EQ(code("<Object><Key>a</Key><X/></Object>"), ErrorCode::kMalformedXml);
  EXPECT_EQ(code("<Object><Key>a</Key><Size>1</Size></Object>"), ErrorCode::kNotImplemented);
  EXPECT_EQ(code("<Object><Key>a</Key><LastModifiedTime/></Object>"), ErrorCode::kNotImplemented);
  EXPECT_EQ(ErrorCodeOf(DecodeDelete("").status()), ErrorCode::kMalformedXml);
}

TEST(S3DocumentsDeleteTest, ResultComesBack) {
  DeleteManyResult result;
  result.deleted.push_back({.key = "a"});
  result.deleted.push_back({.key = "b", .version_id = "v", .result = {.version_id = "v"}});
  result.deleted.push_back({.key = "c", .result = {.version_id = "m", .delete_marker = true}});
  result.failures.push_back({"d", "w", MakeError(ErrorCode::kAccessDenied)});
  const absl::StatusOr<DeleteManyResult> back = DecodeDeleteResult(EncodeDeleteResult(result));
  ASSERT_TRUE(back.ok()) << back.status();
  ASSERT_EQ(back->deleted.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(back->deleted[i].key, result.deleted[i].key);
    EXPECT_EQ(back->deleted[i].version_id, result.deleted[i].version_id);
    EXPECT_EQ(back->deleted[i].result.version_id, result.deleted[i].result.version_id);
    EXPECT_EQ(back->deleted[i].result.delete_marker, result.deleted[i].result.delete_marker);
  }
  ASSERT_EQ(back->failures.size(), 1u);
  EXPECT_EQ(back->failures[0].key, "d");
  EXPECT_EQ(back->failures[0].version_id, "w");
  EXPECT_TRUE(IsAccessDenied(back->failures[0].status));
  for (std::string_view bad :
       {"<X/>", "<DeleteResult><Deleted/></DeleteResult>", "<DeleteResult><Error/></DeleteResult>",
        "<DeleteResult><Error><Key>a</Key></Error></DeleteResult>",
        // NOLINTNEXTLINE(bugprone-suspicious-missing-comma)
        "<DeleteResult><Deleted><Key>a</Key><DeleteMarker>x</DeleteMarker></Deleted>"
        "</DeleteResult>"}) {
    EXPECT_EQ(ErrorCodeOf(DecodeDeleteResult(bad).status()), ErrorCode::kMalformedXml) << bad;
  }
}

}  // namespace
}  // namespace cloudlet::http
