// User metadata between the API and x-amz-meta-* headers.
//
// Header values are ASCII; others travel as RFC 2047's encoded words, which S3 decodes before it
// stores them and encodes when it returns them. Bytes beyond ASCII that come unencoded are taken as
// UTF-8 where they are that, else as ISO 8859-1. (S3 takes all of them for the latter.)
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html#UserMetadata
#ifndef CLOUDLET_HTTP_S3_METADATA_H_
#define CLOUDLET_HTTP_S3_METADATA_H_

#include <string>
#include <string_view>

#include "cloudlet/object.h"
#include "http/message.h"

namespace cloudlet::http {

// Names in lower case; values of the same name are joined with commas.
UserMetadata DecodeMetadata(const Headers& headers);
void EncodeMetadata(const UserMetadata& metadata, Headers* headers);

// "=?UTF-8?B?...?=" where the text has bytes beyond ASCII, else as it is.
std::string EncodeHeaderText(std::string_view text);
// Words in UTF-8, US-ASCII or ISO-8859-1, by B or Q; those in other charsets stay as they are.
std::string DecodeHeaderText(std::string_view text);

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_S3_METADATA_H_
