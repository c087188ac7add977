// The command line of `cloudlet serve`.
#include "apps/serve_options.h"

#include <stdlib.h>

#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cloudlet::apps {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string WriteFile(const std::string& name, const std::string& text) {
  const std::string path = testing::TempDir() + "/" + name;
  std::ofstream(path) << text;
  return path;
}

TEST(ServeOptionsTest, ValuesFollowBehindEqualsOrAsTheNextArgument) {
  const auto options = ParseServeOptions({"--data=/tmp/x", "--port", "0", "--identity",
                                          "AK:se/cr+et==:id:A Name:a@b.c", "--domain=s3.test",
                                          "--sync", "--no-anonymous", "--quiet"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->data, "/tmp/x");
  EXPECT_EQ(options->endpoint.port, 0);
  ASSERT_EQ(options->endpoint.identities.size(), 1u);
  const Identity& identity = options->endpoint.identities[0];
  EXPECT_EQ(identity.access_key_id, "AK");
  EXPECT_EQ(identity.secret_access_key, "se/cr+et==");
  EXPECT_EQ(identity.canonical_id, "id");
  EXPECT_EQ(identity.display_name, "A Name");
  EXPECT_EQ(identity.email, "a@b.c");
  EXPECT_EQ(options->endpoint.domains, std::vector<std::string>{"s3.test"});
  EXPECT_EQ(options->endpoint.durability, Durability::kSync);
  EXPECT_FALSE(options->endpoint.allow_anonymous);
  EXPECT_TRUE(options->quiet);
}

TEST(ServeOptionsTest, IdentitiesComeFromAFileToo) {
  const std::string file = WriteFile("ids", "# who may\nA:1\n\n  B:2:other  \n");
  const auto options = ParseServeOptions({"--in-memory", "--identities", file});
  ASSERT_TRUE(options.ok()) << options.status();
  ASSERT_EQ(options->endpoint.identities.size(), 2u);
  EXPECT_EQ(options->endpoint.identities[1].canonical_id, "other");
}

TEST(ServeOptionsTest, OrFromTheEnvironment) {
  setenv("AWS_ACCESS_KEY_ID", "ENVKEY", 1);
  setenv("AWS_SECRET_ACCESS_KEY", "envsecret", 1);
  const auto options = ParseServeOptions({"--in-memory"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->endpoint.identities[0].access_key_id, "ENVKEY");
  unsetenv("AWS_ACCESS_KEY_ID");
  EXPECT_THAT(ParseServeOptions({"--in-memory"}).status().message(), HasSubstr("--identity"));
  unsetenv("AWS_SECRET_ACCESS_KEY");
}

TEST(ServeOptionsTest, WhatIsWrongIsNamedAndNoSecretIsShown) {
  const std::string file = WriteFile("bad", "A:1\nonlykey\n");
  const struct {
    std::vector<std::string> arguments;
    const char* names;
  } cases[] = {
      {{"--identity=A:1"}, "--data DIR and --in-memory"},
      {{"--in-memory", "--data=x", "--identity=A:1"}, "--data DIR and --in-memory"},
      {{"--in-memory", "--port=65536"}, "--port"},
      {{"--in-memory", "--port=-1"}, "--port"},
      {{"--in-memory", "--port"}, "--port"},
      {{"--in-memory=yes"}, "--in-memory"},
      {{"--nonsense"}, "--nonsense"},
      {{"serve"}, "serve"},
      {{"--in-memory", "--identity=topsecret"}, "--identity"},
      {{"--in-memory", "--identity=A:topsecret:i:n:e:x"}, "--identity"},
      {{"--in-memory", "--identity=:topsecret"}, "--identity"},
      {{"--in-memory", "--identities=/no/such"}, "/no/such"},
      {{"--in-memory", "--identities=" + file}, "line 2"},
      {{"--in-memory", "--tls-key=/no/such"}, "--tls-key"},
  };
  for (const auto& one : cases) {
    const auto options = ParseServeOptions(one.arguments);
    ASSERT_FALSE(options.ok()) << one.names;
    EXPECT_EQ(options.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(options.status().message(), HasSubstr(one.names));
    EXPECT_THAT(options.status().message(), Not(HasSubstr("topsecret")));
    EXPECT_THAT(options.status().message(), Not(HasSubstr("onlykey")));
  }
}

}  // namespace
}  // namespace cloudlet::apps
