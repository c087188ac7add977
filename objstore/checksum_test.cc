// Checksums against the values that their authors and S3 itself published, streams against one
// shot, joined parts against the whole, and what is refused of a claim.
//
// Sources, by the name used below:
//   aws-checksums  awslabs/aws-checksums, tests/xxhash_test.c and tests/crc64_test.c: the code that
//                  AWS's SDKs compute with
//   botocore       boto/botocore, tests/functional/test_httpchecksum.py: headers as they are sent
//   xxHash         Cyan4973/xxHash, cli/xsum_sanity_check.c, seed 0
//   s3-tests       ceph/s3-tests, test_multipart_use_cksum_helper_*
//   AWS            recorded from Amazon S3 in September 2026: floci-io/floci#3083 and #3093; and
//   the
//                  tutorial "Check the integrity of data in Amazon S3 with additional checksums"
#include "objstore/checksum.h"

#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "gtest/gtest.h"

namespace cloudlet::objstore {
namespace {

using enum ChecksumAlgorithm;
using enum ChecksumType;

constexpr uint64_t kSeed = 20260401;

std::string Name(ChecksumAlgorithm algorithm) {
  return std::string(ChecksumAlgorithmName(algorithm));
}

std::string RandomBytes(size_t size, base::Random* random) {
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random->Below(256));
  return bytes;
}

std::string Base64Of(ChecksumAlgorithm algorithm, std::string_view bytes) {
  return base::Base64Encode(DigestOf(algorithm, bytes));
}

std::string StreamedHex(ChecksumAlgorithm algorithm, std::string_view bytes) {
  ChecksumStream stream(algorithm);
  stream.Append(bytes);
  return base::HexUpper(stream.Finish());
}

struct Vector {
  ChecksumAlgorithm algorithm;
  std::string bytes;
  std::string expected;
};

// botocore; MD5, which the SDK leaves to its caller, from md5sum.
TEST(Checksum, GivesTheHeadersThatTheSdkSends) {
  const Vector vectors[] = {
      {kCrc32, "Hello world", "i9aeUg=="},
      {kCrc32c, "Hello world", "crUfeA=="},
      {kCrc64nvme, "Hello world", "OOJZ0D8xKts="},
      {kSha1, "Hello world", "e1AsOh9IyGCa4hLN+2Od7jlnP14="},
      {kSha256, "Hello world", "ZOyIygCyaOW6GjVnihtTFtIS9PNmskdyMlNKiuyjfzw="},
      {kSha512, "Hello world",
       "t/eDuu2Cl/DbkXRiGE/08I5pwtXl95qUJgD5cl9Yzh8pwYE5v4CwbA//K900c4RS7PQMSIwip+PYDN9vnBwNRw=="},
      {kMd5, "Hello world", "PiWWCnnbxptnTNTsZ6csYg=="},
      {kXxhash64, "Hello world", "xQCwyRKzdtg="},
      {kXxhash3, "Hello world", "tqy52Eo4/3Q="},
      {kXxhash128, "Hello world", "c1H4mBL5c4K5HQWzHgTdfw=="},
  };
  for (const Vector& vector : vectors) {
    SCOPED_TRACE(Name(vector.algorithm));
    EXPECT_EQ(Base64Of(vector.algorithm, vector.bytes), vector.expected);
    EXPECT_EQ(base::HexUpper(DigestOf(vector.algorithm, vector.bytes)),
              StreamedHex(vector.algorithm, vector.bytes));
    EXPECT_EQ(DigestOf(vector.algorithm, vector.bytes).size(), ChecksumBytes(vector.algorithm));
  }
}

// The vectors of the SHA family and MD5 are in base/digest_test.cc, more of the CRCs in
// base/crc_test.cc.
TEST(Checksum, GivesThePublishedCheckValues) {
  std::string rising;
  for (char c = 0; c < 32; ++c) rising.push_back(c);
  const std::string letters = "abcdefghijklmnopqrstuvwxyz";
  const Vector vectors[] = {
      {kCrc32, "123456789", "CBF43926"},
      {kCrc32c, "123456789", "E3069283"},
      {kCrc32c, rising, "46DD794E"},  // RFC 3720, B.4
      // aws-checksums.
      {kCrc64nvme, "123456789", "AE8B14860A799888"},
      {kCrc64nvme, std::string(32, '\0'), "CF3473434D4ECF3B"},
      {kCrc64nvme, rising, "B9D9D4A8492CBD7F"},
      {kXxhash64, letters, "CFE1F278FA89835C"},
      {kXxhash3, letters, "810F9CA067FBB90C"},
      // FIPS 180-2, RFC 1321.
      {kSha1, "abc", "A9993E364706816ABA3E25717850C26C9CD0D89D"},
      {kMd5, "abc", "900150983CD24FB0D6963F7D28E17F72"},
  };
  for (const Vector& vector : vectors) {
    SCOPED_TRACE(Name(vector.algorithm) + " " + vector.expected);
    EXPECT_EQ(base::HexUpper(DigestOf(vector.algorithm, vector.bytes)), vector.expected);
    EXPECT_EQ(StreamedHex(vector.algorithm, vector.bytes), vector.expected);
  }
}

// xxHash's test input: the top bytes of a geometric series.
std::string XxhashInput(size_t size) {
  std::string bytes;
  uint64_t term = 2654435761u;
  while (bytes.size() < size) {
    bytes.push_back(static_cast<char>(term >> 56));
    term *= 11400714785074694797u;
  }
  return bytes;
}

// One length per branch of the algorithms.
TEST(Checksum, XxhashGivesItsAuthorsSanityValues) {
  struct Row {
    ChecksumAlgorithm algorithm;
    size_t size;
    const char* expected;
  };
  const Row rows[] = {
      {kXxhash64, 0, "EF46DB3751D8E999"},
      {kXxhash64, 1, "E934A84ADB052768"},
      {kXxhash64, 4, "9136A0DCA57457EE"},
      {kXxhash64, 14, "8282DCC4994E35C8"},
      {kXxhash64, 222, "B641AE8CB691C174"},
      {kXxhash3, 0, "2D06800538D394C2"},
      {kXxhash3, 1, "C44BDFF4074EECDB"},
      {kXxhash3, 6, "27B56A84CD2D7325"},
      {kXxhash3, 12, "A713DAF0DFBB77E7"},
      {kXxhash3, 24, "A3FE70BF9D3510EB"},
      {kXxhash3, 48, "397DA259ECBA1F11"},
      {kXxhash3, 80, "BCDEFBBB2C47C90A"},
      {kXxhash3, 195, "CD94217EE362EC3A"},
      {kXxhash3, 403, "CDEB804D65C6DEA4"},
      {kXxhash3, 2048, "DD59E2C3A5F038E0"},
      {kXxhash3, 2367, "CB37AEB9E5D361ED"},
      {kXxhash128, 0, "99AA06D3014798D86001C324468D497F"},
      {kXxhash128, 1, "A6CD5E9392000F6AC44BDFF4074EECDB"},
      {kXxhash128, 12, "6E3EFD8FC7802B18061A192713F69AD9"},
      {kXxhash128, 48, "A002AC4E5478227EF942219AED80F67B"},
      {kXxhash128, 222, "337E09641B948717F1AEBD597CEC6B3A"},
      {kXxhash128, 2367, "E89C0F6FF369B427CB37AEB9E5D361ED"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(Name(row.algorithm) + " " + std::to_string(row.size));
    const std::string bytes = XxhashInput(row.size);
    EXPECT_EQ(base::HexUpper(DigestOf(row.algorithm, bytes)), row.expected);
    EXPECT_EQ(StreamedHex(row.algorithm, bytes), row.expected);
  }
}

// --- Streams ---

TEST(ChecksumStream, RandomPiecesEqualOneShot) {
  SCOPED_TRACE(kSeed);
  base::Random random(kSeed);
  for (int round = 0; round < 300; ++round) {
    const ChecksumAlgorithm algorithm = kChecksumAlgorithms[random.Below(10)];
    const std::string bytes = RandomBytes(random.Below(4000), &random);
    ChecksumStream stream(algorithm);
    for (std::string_view rest = bytes; !rest.empty();) {
      const std::string_view piece = rest.substr(0, random.Below(rest.size() + 1));
      stream.Append(piece);
      rest.remove_prefix(piece.size());
    }
    ASSERT_EQ(stream.Finish(), DigestOf(algorithm, bytes)) << round << " " << Name(algorithm);
  }
}

TEST(ChecksumStream, OfNothingEqualsOneShotOfNothing) {
  for (const ChecksumAlgorithm algorithm : kChecksumAlgorithms) {
    SCOPED_TRACE(Name(algorithm));
    EXPECT_EQ(ChecksumStream(algorithm).Finish(), DigestOf(algorithm, ""));
    ChecksumStream appended(algorithm);
    appended.Append(std::string_view());
    EXPECT_EQ(appended.Finish(), DigestOf(algorithm, {}));
  }
}

TEST(ChecksumStream, MovesInTheMiddle) {
  for (const ChecksumAlgorithm algorithm : kChecksumAlgorithms) {
    ChecksumStream first(algorithm);
    first.Append("12345");
    ChecksumStream second(kCrc32);
    second = std::move(first);
    second.Append("6789");
    EXPECT_EQ(second.algorithm(), algorithm);
    EXPECT_EQ(second.Finish(), DigestOf(algorithm, "123456789")) << Name(algorithm);
  }
}

TEST(ChecksumStreams, AnySetInOnePassEqualsEachAlone) {
  SCOPED_TRACE(kSeed);
  base::Random random(kSeed);
  for (int round = 0; round < 60; ++round) {
    ChecksumAlgorithms wanted;
    for (const ChecksumAlgorithm algorithm : kChecksumAlgorithms) {
      if (random.Chance(0.4)) wanted.Add(algorithm);
    }
    const std::string bytes = RandomBytes(random.Below(20000), &random);
    ChecksumStreams streams(wanted);
    for (std::string_view rest = bytes; !rest.empty();) {
      const std::string_view piece = rest.substr(0, random.Below(rest.size() + 1));
      streams.Append(piece);
      rest.remove_prefix(piece.size());
    }
    const Digests digests = streams.Finish();
    for (const ChecksumAlgorithm algorithm : kChecksumAlgorithms) {
      const auto digest = digests.Find(algorithm);
      ASSERT_EQ(digest.has_value(), wanted.Has(algorithm)) << round << " " << Name(algorithm);
      if (digest.has_value()) {
        ASSERT_EQ(*digest, DigestOf(algorithm, bytes)) << round << " " << Name(algorithm);
      }
    }
  }
}

TEST(ChecksumAlgorithms, KeepsEachOnceAndKnowsItsEmptiness) {
  ChecksumAlgorithms set;
  EXPECT_TRUE(set.empty());
  EXPECT_FALSE(set.Has(kCrc32));
  set = {kMd5, kXxhash128, kMd5};
  EXPECT_FALSE(set.empty());
  for (const ChecksumAlgorithm algorithm : kChecksumAlgorithms) {
    EXPECT_EQ(set.Has(algorithm), algorithm == kMd5 || algorithm == kXxhash128);
  }
}

// --- Claims ---

ErrorCode CodeOf(const absl::Status& status) { return ErrorCodeOf(status); }

std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

TEST(ParseChecksum, TakesWhatShownGives) {
  SCOPED_TRACE(kSeed);
  base::Random random(kSeed);
  for (const ChecksumAlgorithm algorithm : kChecksumAlgorithms) {
    for (const ChecksumType type : {kFullObject, kComposite}) {
      const uint32_t parts =
          type == kComposite ? static_cast<uint32_t>(1 + random.Below(10000)) : 0;
      const StoredChecksum stored{algorithm, type, parts,
                                  RandomBytes(ChecksumBytes(algorithm), &random)};
      const auto parsed = ParseChecksum(stored.Shown());
      ASSERT_TRUE(parsed.ok()) << parsed.status();
      EXPECT_EQ(*parsed, stored) << Name(algorithm);
      EXPECT_EQ(parsed->Shown(), stored.Shown());
    }
  }
}

TEST(ParseChecksum, CompositeMayLeaveOutTheNumberOfParts) {
  const auto parsed = ParseChecksum({kCrc32, kComposite, "R/nORQ=="});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->parts, 0u);
  EXPECT_EQ(parsed->digest.size(), 4u);
}

TEST(ParseChecksum, RefusesWrongLengthAndAlphabet) {
  const Checksum bad[] = {
      {kCrc32, kFullObject, ""},
      {kCrc32, kFullObject, "i9aeUg="},       // padding short
      {kCrc32, kFullObject, "i9aeUg"},        // none
      {kCrc32, kFullObject, "i9aeUg==="},     // too much
      {kCrc32, kFullObject, "i9aeUh=="},      // bits beyond the last byte
      {kCrc32, kFullObject, " i9aeUg=="},     // white space
      {kCrc32, kFullObject, "i9aeUg==\n"},    // likewise
      {kCrc32, kFullObject, "i9-eUg=="},      // the alphabet of URLs
      {kCrc32, kFullObject, "i9!eUg=="},      // none
      {kCrc32, kFullObject, "i9aeUpY="},      // 5 bytes
      {kCrc32, kFullObject, "i9ae"},          // 3 bytes
      {kCrc32, kFullObject, "8bd69e52"},      // hexadecimal
      {kCrc32, kFullObject, "OOJZ0D8xKts="},  // a CRC64
      {kCrc32, kFullObject, "i9aeUg==-1"},    // composite, called full
      {kCrc32, kComposite, "R/nORQ==-"},      // no number
      {kCrc32, kComposite, "R/nORQ==-0"},     // no parts
      {kCrc32, kComposite, "R/nORQ==-02"},    // another spelling
      {kCrc32, kComposite, "R/nORQ==-+2"},    //
      {kCrc32, kComposite, "R/nORQ==--2"},    //
      {kCrc32, kComposite, "R/nORQ==-2-2"},   //
      {kCrc32, kComposite, "R/nORQ==-2 "},    //
      {kCrc32, kComposite, "-2"},             //
      {kCrc32, kComposite, "R/nORQ==-4294967296"},
      {kSha512, kFullObject, "ZOyIygCyaOW6GjVnihtTFtIS9PNmskdyMlNKiuyjfzw="},
      {kXxhash3, kFullObject, "c1H4mBL5c4K5HQWzHgTdfw=="},
  };
  for (const Checksum& claimed : bad) {
    const absl::Status status = ParseChecksum(claimed).status();
    EXPECT_EQ(CodeOf(status), ErrorCode::kInvalidRequest) << claimed.value << ": " << status;
    const std::string wording =
        "value for " + std::string(ChecksumHeader(claimed.algorithm)) + " header is invalid";
    EXPECT_NE(MessageOf(status).find(wording), std::string::npos) << status;
  }
}

TEST(ParseChecksum, RefusesWhatIsNoAlgorithmOrType) {
  const auto algorithm = static_cast<ChecksumAlgorithm>(11);
  EXPECT_EQ(CodeOf(ParseChecksum({algorithm, kFullObject, "AAAA"}).status()),
            ErrorCode::kInvalidRequest);
  EXPECT_EQ(CodeOf(ParseChecksum({kCrc32, static_cast<ChecksumType>(0), "i9aeUg=="}).status()),
            ErrorCode::kInvalidRequest);
}

StoredChecksum Parsed(const Checksum& checksum) { return ParseChecksum(checksum).value(); }

TEST(CheckChecksum, OtherDigestIsBadDigestAndShowsBoth) {
  const StoredChecksum computed = Parsed({kCrc32, kFullObject, "i9aeUg=="});
  EXPECT_TRUE(CheckChecksum(computed, computed).ok());
  const absl::Status status = CheckChecksum(Parsed({kCrc32, kFullObject, "i9aeUw=="}), computed);
  EXPECT_EQ(CodeOf(status), ErrorCode::kBadDigest);
  EXPECT_NE(MessageOf(status).find("the CRC32 you specified did not match the calculated checksum"),
            std::string::npos)
      << status;
  EXPECT_NE(MessageOf(status).find("i9aeUw=="), std::string::npos) << status;
  EXPECT_NE(MessageOf(status).find("i9aeUg=="), std::string::npos) << status;
}

TEST(CheckChecksum, NumberOfPartsCountsWhereItIsTold) {
  const StoredChecksum computed = Parsed({kCrc32, kComposite, "R/nORQ==-2"});
  EXPECT_TRUE(CheckChecksum(Parsed({kCrc32, kComposite, "R/nORQ==-2"}), computed).ok());
  EXPECT_TRUE(CheckChecksum(Parsed({kCrc32, kComposite, "R/nORQ=="}), computed).ok());
  EXPECT_EQ(CodeOf(CheckChecksum(Parsed({kCrc32, kComposite, "R/nORQ==-3"}), computed)),
            ErrorCode::kBadDigest);
}

TEST(CheckChecksum, OtherTypeIsBadDigestAndOtherAlgorithmInvalidRequest) {
  const StoredChecksum computed = Parsed({kCrc32, kComposite, "R/nORQ==-2"});
  const absl::Status type = CheckChecksum(Parsed({kCrc32, kFullObject, "R/nORQ=="}), computed);
  EXPECT_EQ(CodeOf(type), ErrorCode::kBadDigest);
  EXPECT_NE(MessageOf(type).find("COMPOSITE"), std::string::npos) << type;
  EXPECT_NE(MessageOf(type).find("FULL_OBJECT"), std::string::npos) << type;
  const absl::Status algorithm =
      CheckChecksum(Parsed({kCrc32c, kComposite, "R/nORQ==-2"}), computed);
  EXPECT_EQ(CodeOf(algorithm), ErrorCode::kInvalidRequest);
  EXPECT_NE(
      MessageOf(algorithm).find("expected checksum type: crc32, actual checksum type: crc32c"),
      std::string::npos)
      << algorithm;
}

// --- Multipart ---

TEST(CheckChecksumType, OnlyTheCrcsAreJoinedAndCrc64IsNeverComposite) {
  for (const ChecksumAlgorithm algorithm : kChecksumAlgorithms) {
    SCOPED_TRACE(Name(algorithm));
    const bool crc = algorithm == kCrc32 || algorithm == kCrc32c || algorithm == kCrc64nvme;
    EXPECT_EQ(CheckChecksumType(algorithm, kFullObject).ok(), crc);
    EXPECT_EQ(CheckChecksumType(algorithm, kComposite).ok(), algorithm != kCrc64nvme);
    EXPECT_TRUE(CheckChecksumType(algorithm, DefaultChecksumType(algorithm)).ok());
    EXPECT_EQ(DefaultChecksumType(algorithm), algorithm == kCrc64nvme ? kFullObject : kComposite);
  }
}

TEST(CheckChecksumType, RefusalHasTheCodeAndWordingOfS3) {
  const absl::Status full = CheckChecksumType(kSha256, kFullObject);
  EXPECT_EQ(CodeOf(full), ErrorCode::kInvalidRequest);
  EXPECT_NE(MessageOf(full).find(
                "FULL_OBJECT checksum type cannot be used with the sha256 checksum algorithm"),
            std::string::npos)
      << full;
  EXPECT_EQ(CodeOf(CheckChecksumType(kCrc64nvme, kComposite)), ErrorCode::kInvalidRequest);
  EXPECT_EQ(CodeOf(CheckChecksumType(static_cast<ChecksumAlgorithm>(0), kComposite)),
            ErrorCode::kInvalidRequest);
  EXPECT_EQ(CodeOf(CheckChecksumType(kCrc32, static_cast<ChecksumType>(3))),
            ErrorCode::kInvalidRequest);
}

struct Upload {
  ChecksumAlgorithm algorithm;
  ChecksumType type;
  std::vector<std::string> parts;  // base64
  std::string whole;
};

Checksum WholeOf(const Upload& upload, uint64_t part_size) {
  std::vector<std::string> digests;
  for (const std::string& part : upload.parts) digests.push_back(*base::Base64Decode(part));
  std::vector<DigestedPart> parts;
  for (const std::string& digest : digests) parts.push_back({digest, part_size});
  const auto whole = ChecksumOfParts(upload.algorithm, upload.type, parts);
  EXPECT_TRUE(whole.ok()) << whole.status();
  return whole.ok() ? whole->Shown() : Checksum();
}

// AWS.
TEST(ChecksumOfParts, CompositeEqualsWhatS3Answered) {
  const Upload uploads[] = {
      {kSha256,
       kComposite,
       {"lcKa6Boe7a167tUCN5C4OaFygGSYD8MBnBARTrdL+1w=",
        "gHjhbUT4oo2tSCtSZJdlKi+jeNXJT+VImqdPXsXvkOc=",
        "4l9PQ3zOPZ0oGFvknFX+J4zZwE4WMzO+l3r8XrbWOeM="},
       "rVWtNbadtsaKXJAcgWPWjifHzJaXde/iV4jaJAOdivc=-3"},
      {kSha256,
       kComposite,
       {"QLl8R4i4+SaJlrl8ZIcutc5TbZtwt2NwB8lTXkd3GH0=",
        "xCdgs1K5Bm4jWETYw/CmGYr+m6O2DcGfpckx5NVokvE=",
        "f5wsfsa5bB+yXuwzqG1Bst91uYneqGD3CCidpb54mAo="},
       "aI8EoktCdotjU8Bq46DrPCxQCGuGcPIhJ51noWs6hvk=-3"},
      {kSha256,
       kComposite,
       {"n7gWa0Gp88JMie9iljKcv731WbPhWtFVibhxsVB8FAw="},
       "D0xEU2q/FgypQljU/eaDWTSRcnDG3KQGOtevJWcmMRY=-1"},
      {kSha1,
       kComposite,
       {"1/0x5kkt8+9IA/j+B6LiWtFTdrY=", "H2o2aM+t5OzS5CuqgWtQ90pWCpo="},
       "CBB1y8xhBCot1HoCMQCx18NR2tU=-2"},
      {kCrc32, kComposite, {"W0QpDQ==", "anCi7Q=="}, "R/nORQ==-2"},
      {kCrc32c, kComposite, {"wMKxiw==", "myWdrQ=="}, "ROC8NA==-2"},
  };
  for (const Upload& upload : uploads) {
    SCOPED_TRACE(upload.whole);
    const Checksum whole = WholeOf(upload, 0);
    EXPECT_EQ(whole, (Checksum{upload.algorithm, kComposite, upload.whole}));
  }
}

// s3-tests: three parts of 5 MiB, of the letters A, B and C.
TEST(ChecksumOfParts, EqualsTheConformanceSuite) {
  const Upload uploads[] = {
      {kCrc32, kFullObject, {"JRTCyQ==", "QoZTGg==", "YAgjqw=="}, "WgDhBQ=="},
      {kCrc32c, kFullObject, {"MDaLrw==", "TH4EZg==", "Z7mBIQ=="}, "xU+Krw=="},
      {kCrc64nvme, kFullObject, {"L/E4WYn8v98=", "xW1l19VobYM=", "cK5MnNaWrW4="}, "i+6LR0y3eFo="},
      {kSha1,
       kComposite,
       {"iIaTCGbm+vdVjNqIMF2S0T7ibMk=", "LS/TJ32bAVKEwRu+sE3X7awh/lk=",
        "6DDwovUaHwrKNXDMzOGbuvj9kxI="},
       "sizjvY4eud3MrcHdZM3cQ/ol39o=-3"},
      {kSha256,
       kComposite,
       {"275VF5loJr1YYawit0XSHREhkFXYkkPKGuoK0x9VKxI=",
        "mrHwOfjTL5Zwfj74F05HOQGLdUb7E5szdCbxgUSq6NM=",
        "Vw7oB/nKQ5xWb3hNgbyfkvDiivl+U+/Dft48nfJfDow="},
       "uWBwpe1dxI4Vw8Gf0X9ynOdw/SS6VBzfWm9giiv1sf4=-3"},
  };
  constexpr size_t kPartBytes = 5 << 20;
  for (const Upload& upload : uploads) {
    SCOPED_TRACE(upload.whole);
    EXPECT_EQ(WholeOf(upload, kPartBytes).value, upload.whole);
    for (size_t i = 0; i < 3; ++i) {
      const std::string part(kPartBytes, static_cast<char>('A' + i));
      EXPECT_EQ(Base64Of(upload.algorithm, part), upload.parts[i]);
    }
  }
}

// Random cuts, empty parts among them.
TEST(ChecksumOfParts, FullObjectEqualsOneShotOverTheWhole) {
  SCOPED_TRACE(kSeed);
  base::Random random(kSeed);
  for (int round = 0; round < 200; ++round) {
    const ChecksumAlgorithm algorithm =
        std::vector<ChecksumAlgorithm>{kCrc32, kCrc32c, kCrc64nvme}[random.Below(3)];
    std::string bytes;
    std::vector<std::string> digests;
    std::vector<DigestedPart> parts(1 + random.Below(8));
    digests.reserve(parts.size());
    for (DigestedPart& part : parts) {
      const size_t size = random.Chance(0.25) ? 0 : random.Below(3000);
      const std::string piece = RandomBytes(size, &random);
      digests.push_back(DigestOf(algorithm, piece));
      part = {digests.back(), size};
      bytes += piece;
    }
    const auto whole = ChecksumOfParts(algorithm, kFullObject, parts);
    ASSERT_TRUE(whole.ok()) << whole.status();
    ASSERT_EQ(*whole, (StoredChecksum{algorithm, kFullObject, 0, DigestOf(algorithm, bytes)}))
        << round << " " << Name(algorithm);
  }
}

TEST(ChecksumOfParts, CompositeIsTheDigestOfTheDigestsInOrder) {
  for (const ChecksumAlgorithm algorithm : kChecksumAlgorithms) {
    if (algorithm == kCrc64nvme) continue;
    SCOPED_TRACE(Name(algorithm));
    const std::string first = DigestOf(algorithm, "first");
    const std::string empty = DigestOf(algorithm, "");
    const DigestedPart parts[] = {{first, 5}, {empty, 0}, {first, 5}};
    const auto whole = ChecksumOfParts(algorithm, kComposite, parts);
    ASSERT_TRUE(whole.ok()) << whole.status();
    EXPECT_EQ(whole->digest, DigestOf(algorithm, first + empty + first));
    EXPECT_EQ(whole->parts, 3u);
    const DigestedPart swapped[] = {{empty, 0}, {first, 5}, {first, 5}};
    EXPECT_NE(ChecksumOfParts(algorithm, kComposite, swapped)->digest, whole->digest);
  }
}

TEST(ChecksumOfParts, RefusesWhatItCannotJoin) {
  const std::string sha = DigestOf(kSha256, "x");
  const DigestedPart one[] = {{sha, 1}};
  EXPECT_EQ(CodeOf(ChecksumOfParts(kSha256, kFullObject, one).status()),
            ErrorCode::kInvalidRequest);
  const std::string crc = DigestOf(kCrc32, "x");
  const DigestedPart mixed[] = {{crc, 1}, {sha, 1}};
  for (const ChecksumType type : {kFullObject, kComposite}) {
    const absl::Status status = ChecksumOfParts(kCrc32, type, mixed).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    EXPECT_NE(MessageOf(status).find("part 2 of 2 has 32 bytes, expected 4"), std::string::npos)
        << status;
  }
}

}  // namespace
}  // namespace cloudlet::objstore
