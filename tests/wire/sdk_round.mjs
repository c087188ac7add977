// AWS's SDK for JavaScript, version 3: what newer SDKs send by default, checksums in trailers of
// chunked bodies among it; conditions; Lambda's invoke.
import assert from "node:assert";
import { Readable } from "node:stream";

import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import * as s3 from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

const region = process.env.AWS_DEFAULT_REGION;
const endpoint = process.env.AWS_ENDPOINT_URL;
const client = new s3.S3Client({ region, endpoint, forcePathStyle: true, maxAttempts: 1 });
const send = (name, input) => client.send(new s3[`${name}Command`](input));
const failure = async (name, input) => {
  try {
    await send(name, input);
  } catch (error) {
    return error.name;
  }
  return undefined;
};

const Bucket = `sdk-js-${process.pid}`;
await send("CreateBucket", { Bucket });
for (const ChecksumAlgorithm of ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]) {
  const Key = `sum/${ChecksumAlgorithm}`;
  const put = await send("PutObject", { Bucket, Key, Body: "hello", ChecksumAlgorithm });
  const get = await send("GetObject", { Bucket, Key, ChecksumMode: "ENABLED" });
  assert.equal(await get.Body.transformToString(), "hello");
  assert.equal(get[`Checksum${ChecksumAlgorithm}`], put[`Checksum${ChecksumAlgorithm}`]);
}
await send("PutObject", {
  Bucket, Key: "stream", ContentLength: 300000, Body: Readable.from([Buffer.alloc(100000, 1), Buffer.alloc(200000, 2)]),
});
const streamed = await (await send("GetObject", { Bucket, Key: "stream" })).Body.transformToByteArray();
assert.equal(streamed.length, 300000);
assert.equal(streamed[99999] + streamed[100000], 3);
const stored = await send("HeadObject", { Bucket, Key: "stream" });
assert.equal(stored.ContentEncoding, undefined, "aws-chunked is no coding of the object");

assert.equal(await failure("PutObject", { Bucket, Key: "stream", Body: "x", IfNoneMatch: "*" }), "PreconditionFailed");
await send("PutObject", { Bucket, Key: "stream", Body: "x", IfMatch: stored.ETag });
assert.equal(await failure("PutObject", { Bucket, Key: "none", Body: "x", IfMatch: "\"a\"" }), "NoSuchKey");

const body = Buffer.alloc(12 << 20, 7);
await new Upload({ client, params: { Bucket, Key: "parts", Body: body }, partSize: 5 << 20 }).done();
const attributes = await send("GetObjectAttributes", {
  Bucket, Key: "parts", ObjectAttributes: ["ETag", "ObjectSize", "ObjectParts", "Checksum"],
});
assert.equal(attributes.ObjectSize, body.length);
assert.equal(attributes.ObjectParts.TotalPartsCount, 3);
await send("CopyObject", { Bucket, Key: "copy of ä", CopySource: `${Bucket}/parts` });

const list = await send("ListObjectsV2", { Bucket, Prefix: "sum/", MaxKeys: 3 });
assert.equal(list.KeyCount, 3);
assert.ok(list.IsTruncated);

const url = await getSignedUrl(client, new s3.GetObjectCommand({ Bucket, Key: "sum/SHA1" }), { expiresIn: 60 });
assert.equal(await (await fetch(url)).text(), "hello");

await send("PutBucketVersioning", { Bucket, VersioningConfiguration: { Status: "Enabled" } });
const versioned = await send("PutObject", { Bucket, Key: "stream", Body: "newest" });
assert.ok(versioned.VersionId);
const gone = await send("DeleteObject", { Bucket, Key: "stream" });
assert.ok(gone.DeleteMarker);
for (;;) {
  const page = await send("ListObjectVersions", { Bucket, MaxKeys: 5 });
  const Objects = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].map(({ Key, VersionId }) => ({ Key, VersionId }));
  if (Objects.length === 0) break;
  const deleted = await send("DeleteObjects", { Bucket, Delete: { Objects } });
  assert.equal(deleted.Errors, undefined);
}
await send("DeleteBucket", { Bucket });

if (process.env.CLOUDLET_ECHO_FUNCTION) {
  const lambda = new LambdaClient({ region, endpoint, maxAttempts: 1 });
  const FunctionName = process.env.CLOUDLET_ECHO_FUNCTION;
  const answer = await lambda.send(new InvokeCommand({ FunctionName, Payload: '{"b":2}', LogType: "Tail" }));
  assert.equal(answer.StatusCode, 200);
  assert.equal(Buffer.from(answer.Payload).toString(), '{"b":2}');
  assert.match(Buffer.from(answer.LogResult, "base64").toString(), /^START RequestId/);
  const queued = await lambda.send(new InvokeCommand({ FunctionName, InvocationType: "Event", Payload: "{}" }));
  assert.equal(queued.StatusCode, 202);
}
console.log("aws-sdk-js: ok");
