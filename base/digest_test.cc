// The vectors of RFC 1321 and of NIST for each kind, pieces against one shot, and moving a running
// digest.
#include "base/digest.h"

#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/strings.h"
#include "gtest/gtest.h"

namespace cloudlet::base {
namespace {

constexpr DigestKind kKinds[] = {DigestKind::kMd5, DigestKind::kSha1, DigestKind::kSha256,
                                 DigestKind::kSha512};

struct Vector {
  DigestKind kind;
  std::string bytes;
  std::string hex;
};

// MD5: RFC 1321, A.5. SHA: FIPS 180-2 appendices A to C, as in NIST's "Example Values" today, and,
// for no bytes at all, NIST's SHA test vectors for byte-oriented messages (SHAVS, Len = 0).
std::vector<Vector> PublishedVectors() {
  const std::string bits448 = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
  const std::string bits896 =
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
      "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";
  const std::string million(1000000, 'a');
  return {
      {DigestKind::kMd5, "", "d41d8cd98f00b204e9800998ecf8427e"},
      {DigestKind::kMd5, "abc", "900150983cd24fb0d6963f7d28e17f72"},
      {DigestKind::kMd5, "message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
      {DigestKind::kSha1, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
      {DigestKind::kSha1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
      {DigestKind::kSha1, bits448, "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
      {DigestKind::kSha1, million, "34aa973cd4c4daa4f61eeb2bdbad27316534016f"},
      {DigestKind::kSha256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {DigestKind::kSha256, "abc",
       "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {DigestKind::kSha256, bits448,
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {DigestKind::kSha256, million,
       "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
      {DigestKind::kSha512, "",
       "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
       "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"},
      {DigestKind::kSha512, "abc",
       "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
       "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
      {DigestKind::kSha512, bits896,
       "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
       "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909"},
      {DigestKind::kSha512, million,
       "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb"
       "de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b"},
  };
}

TEST(Digest, GivesThePublishedVectors) {
  for (const Vector& vector : PublishedVectors()) {
    SCOPED_TRACE(vector.hex);
    EXPECT_EQ(vector.hex.size(), 2 * DigestBytes(vector.kind));
    EXPECT_EQ(HexLower(DigestOf(vector.kind, vector.bytes)), vector.hex);
    Digest running(vector.kind);
    running.Update(vector.bytes);
    EXPECT_EQ(HexLower(running.Finish()), vector.hex);
  }
}

TEST(Digest, PiecesEqualOneShot) {
  constexpr uint64_t kSeed = 11;
  SCOPED_TRACE(kSeed);
  Random random(kSeed);
  for (int round = 0; round < 200; ++round) {
    const DigestKind kind = kKinds[random.Below(4)];
    std::string bytes(random.Below(3000), '\0');
    for (char& c : bytes) c = static_cast<char>(random.Below(256));
    Digest running(kind);
    for (std::string_view rest = bytes; !rest.empty();) {
      const std::string_view piece = rest.substr(0, random.Below(rest.size() + 1));
      running.Update(piece);
      rest.remove_prefix(piece.size());
    }
    ASSERT_EQ(running.Finish(), DigestOf(kind, bytes)) << round;
  }
}

TEST(Digest, MovesInTheMiddleAndTakesTheKindAlong) {
  Digest sha(DigestKind::kSha256);
  sha.Update("ab");
  Digest other(DigestKind::kMd5);
  other = std::move(sha);
  other.Update("c");
  EXPECT_EQ(HexLower(other.Finish()),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace cloudlet::base
