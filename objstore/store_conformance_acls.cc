// What holds of owners and canned ACLs: who may do what, and what others learn of what is not
// there.
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "objstore/store_conformance.h"

namespace cloudlet::objstore {
namespace {

Caller As(std::string principal) {
  Caller caller;
  caller.principal = std::move(principal);
  return caller;
}

PutOptions WithAcl(CannedAcl acl) {
  PutOptions options;
  options.acl = acl;
  return options;
}

absl::StatusOr<SetObjectAclResult> SetAcl(ObjectStore& store, std::string_view key, CannedAcl acl,
                                          const SetObjectAclOptions& options = {},
                                          const Caller& caller = {}) {
  Mutation mutation(SetObjectAclMutation{"bkt", key, acl, &options});
  MutateRequest request;
  request.mutations = absl::MakeSpan(&mutation, 1);
  request.caller = caller;
  auto verdicts = store.Mutate(request);
  if (!verdicts[0].ok()) return verdicts[0].status();
  return std::get<SetObjectAclResult>(*std::move(verdicts[0]));
}

// "<owner> <ACL>", or the code of the error.
std::string AclOf(ObjectStore& store, std::string_view key, std::string_view version_id = {},
                  const Caller& caller = {}) {
  GetOptions options;
  options.version_id = version_id;
  const auto answer = store.Read({"bkt", key, &options, ReadPart::kAcl, caller});
  if (!answer.ok()) return CodeOf(answer.status());
  return answer->acl.owner + " " + std::string(CannedAclName(answer->acl.acl));
}

std::string BucketCode(ObjectStore& store, CannedAcl acl, const Caller& caller = {}) {
  return CodeOf(store.SetBucketAcl({"bkt", caller}, acl));
}

const std::string& Owner() {
  static const auto* const owner = new std::string(TestEnvironment().owner);
  return *owner;
}

TEST_P(StoreConformance, Acls_OfObjects_LetOthersRead) {
  const struct {
    CannedAcl acl;
    const char* anonymous;
    const char* alice;
  } rows[] = {
      {CannedAcl::kPrivate, "AccessDenied", "AccessDenied"},
      {CannedAcl::kPublicRead, "OK", "OK"},
      {CannedAcl::kPublicReadWrite, "OK", "OK"},
      {CannedAcl::kAuthenticatedRead, "AccessDenied", "OK"},
      {CannedAcl::kBucketOwnerFullControl, "AccessDenied", "AccessDenied"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(CannedAclName(row.acl));
    ASSERT_EQ(PutCode("k", "v", WithAcl(row.acl)), "OK");
    for (const auto& [caller, code] :
         {std::pair<Caller, std::string>(Caller::Anonymous(), row.anonymous),
          std::pair<Caller, std::string>(As("alice"), row.alice)}) {
      EXPECT_EQ(CodeOf(Get(store(), "bkt", "k", {}, caller)), code);
      EXPECT_EQ(CodeOf(HeadOf(store(), "bkt", "k", {}, caller)), code);
      AttributesOptions attributes;
      attributes.etag = true;
      EXPECT_EQ(CodeOf(store().GetAttributes({"bkt", "k", &attributes, caller}).status()), code);
      // Conditions come after it.
      EXPECT_EQ(CodeOf(Get(store(), "bkt", "k", {.if_match = "other"}, caller)),
                code == "OK" ? "PreconditionFailed" : code);
      // The rest is the owner's.
      EXPECT_EQ(CodeOf(Put(store(), "bkt", "k", "2", {}, caller)), "AccessDenied");
      EXPECT_EQ(CodeOf(Delete(store(), "bkt", "k", {}, caller)), "AccessDenied");
      EXPECT_EQ(CodeOf(SetTags(store(), "bkt", "k", {}, {}, caller)), "AccessDenied");
      EXPECT_EQ(AclOf(store(), "k", {}, caller), "AccessDenied");
      EXPECT_EQ(CodeOf(SetAcl(store(), "k", CannedAcl::kPublicRead, {}, caller)), "AccessDenied");
      EXPECT_EQ(CodeOf(store().List("bkt", {}, caller)), "AccessDenied");
      const GetOptions plain;
      EXPECT_EQ(CodeOf(store().Read({"bkt", "k", &plain, ReadPart::kTags, caller}).status()),
                "AccessDenied");
    }
  }
}

TEST_P(StoreConformance, Acls_OfBuckets_LetOthersListAndWrite) {
  const struct {
    CannedAcl acl;
    const char* list_anonymous;
    const char* list_alice;
    const char* write;
  } rows[] = {
      {CannedAcl::kPrivate, "AccessDenied", "AccessDenied", "AccessDenied"},
      {CannedAcl::kPublicRead, "OK", "OK", "AccessDenied"},
      {CannedAcl::kAuthenticatedRead, "AccessDenied", "OK", "AccessDenied"},
      {CannedAcl::kPublicReadWrite, "OK", "OK", "OK"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(CannedAclName(row.acl));
    ASSERT_EQ(PutCode("k", "v"), "OK");
    ASSERT_EQ(BucketCode(store(), row.acl), "OK");
    for (const auto& [caller, code] :
         {std::pair<Caller, std::string>(Caller::Anonymous(), row.list_anonymous),
          std::pair<Caller, std::string>(As("alice"), row.list_alice)}) {
      EXPECT_EQ(CodeOf(store().List("bkt", {}, caller)), code);
      EXPECT_EQ(CodeOf(store().ListVersions("bkt", {}, caller)), code);
      EXPECT_EQ(CodeOf(store().ListMultipartUploads("bkt", {}, caller)), code);
      EXPECT_EQ(CodeOf(store().HeadBucket({"bkt", caller, Permission::kList})), code);
      EXPECT_EQ(CodeOf(store().HeadBucket({"bkt", caller})), "AccessDenied");
      // Who may list learns what is not there, and still reads nothing that is.
      EXPECT_EQ(CodeOf(Get(store(), "bkt", "k", {}, caller)), "AccessDenied");
      EXPECT_EQ(CodeOf(Get(store(), "bkt", "absent", {}, caller)),
                code == "OK" ? "NoSuchKey" : code);
      EXPECT_EQ(CodeOf(Put(store(), "bkt", "new", "v", {}, caller)), row.write);
      EXPECT_EQ(CodeOf(store().Stage({"bkt", "new", &PlainPut(), caller})), row.write);
      EXPECT_EQ(CodeOf(Append(store(), "bkt", "new", "v", {}, caller)), row.write);
      EXPECT_EQ(CodeOf(Delete(store(), "bkt", "new", {}, caller)), row.write);
      EXPECT_EQ(CodeOf(SetTags(store(), "bkt", "k", {}, {}, caller)), "AccessDenied");
      EXPECT_EQ(BucketCode(store(), CannedAcl::kPublicReadWrite, caller), "AccessDenied");
      EXPECT_EQ(CodeOf(store().SetVersioning({"bkt", caller}, Versioning::kEnabled)),
                "AccessDenied");
      EXPECT_EQ(CodeOf(store().BucketTags("bkt", caller)), "AccessDenied");
      EXPECT_EQ(CodeOf(store().DeleteBucket("bkt", caller)), "AccessDenied");
    }
  }
  EXPECT_EQ(BucketCode(store(), static_cast<CannedAcl>(99)), "InvalidArgument");
  EXPECT_EQ(store().HeadBucket({"bkt"})->options.acl, CannedAcl::kPublicReadWrite);
}

TEST_P(StoreConformance, Acls_WhatOthersPut_IsTheBucketOwners) {
  ASSERT_EQ(BucketCode(store(), CannedAcl::kPublicReadWrite), "OK");
  ASSERT_TRUE(Put(store(), "bkt", "k", "hers", {}, As("alice")).ok());
  EXPECT_EQ(Body("k"), "hers");
  EXPECT_EQ(AclOf(store(), "k"), Owner() + " private");
  EXPECT_EQ(CodeOf(Get(store(), "bkt", "k", {}, As("alice"))), "AccessDenied");
}

TEST_P(StoreConformance, Acls_OfAnObjectAreChanged_AndTheRestStays) {
  ASSERT_EQ(PutCode("k", "v"), "OK");
  const ObjectInfo before = HeadOf(store(), "bkt", "k")->info;
  EXPECT_EQ(AclOf(store(), "k"), Owner() + " private");
  clock().Advance(absl::Seconds(5));
  const auto changed = SetAcl(store(), "k", CannedAcl::kPublicRead);
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_GT(changed->sequence, before.sequence);
  EXPECT_EQ(AclOf(store(), "k"), Owner() + " public-read");
  const auto same = SetAcl(store(), "k", CannedAcl::kPublicRead);
  ASSERT_TRUE(same.ok()) << same.status();
  EXPECT_EQ(same->sequence, 0u);
  const ObjectInfo after = HeadOf(store(), "bkt", "k")->info;
  EXPECT_EQ(after.sequence, before.sequence);
  EXPECT_EQ(after.last_modified, before.last_modified);
  EXPECT_EQ(after.etag, before.etag);
  EXPECT_EQ(Body("k"), "v");
  // Another put has its own.
  ASSERT_EQ(PutCode("k", "w"), "OK");
  EXPECT_EQ(AclOf(store(), "k"), Owner() + " private");
}

TEST_P(StoreConformance, Acls_ThatAreNone_AreInvalidArgument) {
  ASSERT_EQ(PutCode("k", "v"), "OK");
  for (const CannedAcl acl : {CannedAcl::kLogDeliveryWrite, static_cast<CannedAcl>(99)}) {
    EXPECT_EQ(PutCode("new", "v", WithAcl(acl)), "InvalidArgument");
    const PutOptions options = WithAcl(acl);
    EXPECT_EQ(CodeOf(store().Stage({"bkt", "new", &options})), "InvalidArgument");
    EXPECT_EQ(CodeOf(store().CreateMultipartUpload({"bkt", "new", &options})), "InvalidArgument");
    EXPECT_EQ(CodeOf(SetAcl(store(), "k", acl)), "InvalidArgument");
  }
  BucketOptions bucket;
  bucket.acl = static_cast<CannedAcl>(99);
  EXPECT_EQ(CodeOf(store().CreateBucket("new", bucket, {})), "InvalidArgument");
  EXPECT_EQ(CodeOf(SetAcl(store(), "absent", CannedAcl::kPublicRead)), "NoSuchKey");
  EXPECT_EQ(AclOf(store(), "absent"), "NoSuchKey");
  EXPECT_EQ(Listed(), (std::vector<std::string>{"k"}));
}

TEST_P(StoreConformance, Acls_AreNeverCopied) {
  ASSERT_EQ(PutCode("k", "v", WithAcl(CannedAcl::kPublicRead)), "OK");
  CopySource source;
  source.key = "k";
  ASSERT_TRUE(Copy(store(), source, "bkt", "plain").ok());
  EXPECT_EQ(AclOf(store(), "plain"), Owner() + " private");
  CopyOptions options;
  options.acl = CannedAcl::kAuthenticatedRead;
  ASSERT_TRUE(Copy(store(), source, "bkt", "shown", options).ok());
  EXPECT_EQ(AclOf(store(), "shown"), Owner() + " authenticated-read");
  options.acl = CannedAcl::kLogDeliveryWrite;
  EXPECT_EQ(CodeOf(Copy(store(), source, "bkt", "bad", options)), "InvalidArgument");
}

TEST_P(StoreConformance, Acls_OfACopy_AskToReadTheSourceAndToWriteTheTarget) {
  const Caller alice = As("alice");
  ASSERT_TRUE(store().CreateBucket("hers", {}, alice).ok());
  ASSERT_EQ(PutCode("private", "v"), "OK");
  ASSERT_EQ(PutCode("public", "v", WithAcl(CannedAcl::kPublicRead)), "OK");
  const auto code = [&](std::string_view key, std::string_view target, CopySource source = {},
                        const CopyOptions& options = {}) {
    source.bucket = "bkt";
    source.key = key;
    return CodeOf(Copy(store(), source, target, "copy", options, alice));
  };
  EXPECT_EQ(code("public", "hers"), "OK");
  EXPECT_EQ(code("private", "hers"), "AccessDenied");
  CopySource conditional;
  conditional.if_match = "other";
  EXPECT_EQ(code("private", "hers", conditional), "AccessDenied");
  EXPECT_EQ(code("absent", "hers"), "AccessDenied");
  EXPECT_EQ(code("public", "bkt"), "AccessDenied");
  ASSERT_EQ(BucketCode(store(), CannedAcl::kPublicReadWrite), "OK");
  EXPECT_EQ(code("public", "bkt"), "OK");
  EXPECT_EQ(code("absent", "hers"), "NoSuchKey");
  // Tags are the owner's alone to read.
  ASSERT_TRUE(SetTags(store(), "bkt", "public", {{"a", "1"}}).ok());
  EXPECT_EQ(code("public", "hers"), "AccessDenied");
  CopyOptions without;
  without.tagging_directive = TaggingDirective::kReplace;
  EXPECT_EQ(code("public", "hers", {}, without), "OK");
}

TEST_P(StoreConformance, Owners_BucketsOfTwoPrincipals) {
  const Caller alice = As("alice");
  BucketOptions options;
  options.region = "eu-central-1";
  options.acl = CannedAcl::kPublicRead;
  ASSERT_TRUE(store().CreateBucket("hers", options, alice).ok());
  const auto info = store().HeadBucket({"hers", alice});
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->owner, "alice");
  EXPECT_EQ(info->options.region, "eu-central-1");
  EXPECT_EQ(info->options.acl, CannedAcl::kPublicRead);
  EXPECT_EQ(store().HeadBucket({"bkt"})->owner, Owner());
  EXPECT_EQ(store().HeadBucket({"bkt"})->options.region, "us-east-1");
  EXPECT_EQ(CodeOf(store().CreateBucket("hers", {}, {})), "BucketAlreadyExists");
  EXPECT_EQ(CodeOf(store().CreateBucket("hers", {}, alice)), "BucketAlreadyOwnedByYou");
  EXPECT_EQ(CodeOf(store().DeleteBucket("hers", {})), "AccessDenied");
  EXPECT_EQ(CodeOf(store().DeleteBucket("hers", alice)), "OK");
  for (const char* region : {"EU", "a b", "x/y"}) {
    options.region = region;
    EXPECT_EQ(CodeOf(store().CreateBucket("hers", options, alice)), "InvalidLocationConstraint");
  }
}

TEST_P(StoreVersions, Acls_AreOfOneVersion) {
  Set(Versioning::kEnabled);
  const std::string first = PutVersion("k", "1");
  const std::string second = PutVersion("k", "2");
  SetObjectAclOptions options;
  options.version_id = first;
  const auto changed = SetAcl(store(), "k", CannedAcl::kPublicRead, options);
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(changed->version_id, first);
  EXPECT_EQ(AclOf(store(), "k", first), Owner() + " public-read");
  EXPECT_EQ(AclOf(store(), "k", second), Owner() + " private");
  GetOptions get;
  get.version_id = first;
  EXPECT_EQ(CodeOf(Get(store(), "bkt", "k", get, Caller::Anonymous())), "OK");
  EXPECT_EQ(CodeOf(Get(store(), "bkt", "k", {}, Caller::Anonymous())), "AccessDenied");
  // Markers and versions that are not there tell nothing to who may not list.
  const std::string marker = PutMarker("k");
  EXPECT_EQ(AclOf(store(), "k"), "MethodNotAllowed");
  EXPECT_EQ(AclOf(store(), "k", marker), "MethodNotAllowed");
  for (const std::string& version : {marker, std::string("0123456789abcdef")}) {
    get.version_id = version;
    EXPECT_EQ(CodeOf(Get(store(), "bkt", "k", get, Caller::Anonymous())), "AccessDenied");
  }
  // The end of a version is the owner's, a marker over it is a write.
  ASSERT_EQ(BucketCode(store(), CannedAcl::kPublicReadWrite), "OK");
  DeleteOptions removal;
  removal.version_id = first;
  EXPECT_EQ(CodeOf(Delete(store(), "bkt", "k", removal, As("alice"))), "AccessDenied");
  EXPECT_EQ(CodeOf(Delete(store(), "bkt", "k", {}, As("alice"))), "OK");
}

TEST_P(StoreUploads, Acls_ComeWithTheCreate_AndUploadsHaveInitiators) {
  const std::string owners = Create("k", WithAcl(CannedAcl::kPublicRead));
  const auto parts = UploadAll("k", owners, {"part"});
  ASSERT_EQ(CompleteCode("k", owners, parts), "OK");
  EXPECT_EQ(AclOf(store(), "k"), Owner() + " public-read");

  const std::string open = Create("k");
  const PutOptions plain;
  const Caller alice = As("alice");
  const Caller bob = As("bob");
  EXPECT_EQ(CodeOf(store().CreateMultipartUpload({"bkt", "k", &plain, alice})), "AccessDenied");
  ASSERT_EQ(BucketCode(store(), CannedAcl::kPublicReadWrite), "OK");
  const auto hers = store().CreateMultipartUpload({"bkt", "k", &plain, alice});
  ASSERT_TRUE(hers.ok()) << hers.status();
  const UploadPartOptions options;
  EXPECT_TRUE(store().UploadPart({{"bkt", "k", *hers, alice}, 1, &options}, absl::Cord("p")).ok());
  EXPECT_EQ(CodeOf(store().ListParts({"bkt", "k", *hers, alice}, {})), "OK");
  EXPECT_EQ(CodeOf(store().ListParts({"bkt", "k", *hers, bob}, {})), "AccessDenied");
  EXPECT_EQ(CodeOf(store().AbortMultipartUpload({"bkt", "k", *hers, bob})), "AccessDenied");
  EXPECT_EQ(CodeOf(store().AbortMultipartUpload({"bkt", "k", open, alice})), "AccessDenied");
  EXPECT_EQ(CodeOf(store().AbortMultipartUpload({"bkt", "k", *hers, alice})), "OK");
  EXPECT_EQ(CodeOf(store().AbortMultipartUpload({"bkt", "k", open})), "OK");
}

}  // namespace
}  // namespace cloudlet::objstore
