"""Debian's boto3: a round of buckets, objects, parts, lists, copies, posts and versions."""

import io
import os
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

s3 = boto3.client(
    "s3",
    endpoint_url=os.environ["AWS_ENDPOINT_URL"],
    config=Config(signature_version="s3v4", s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
)
bucket = "boto3-%d" % os.getpid()


def code_of(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


s3.create_bucket(Bucket=bucket)
assert bucket in [b["Name"] for b in s3.list_buckets()["Buckets"]]
s3.put_object(Bucket=bucket, Key="k", Body=b"hello", Metadata={"color": "red"}, ContentType="text/x")
head = s3.head_object(Bucket=bucket, Key="k")
assert head["Metadata"] == {"color": "red"} and head["ContentType"] == "text/x", head
assert s3.get_object(Bucket=bucket, Key="k", Range="bytes=1-3")["Body"].read() == b"ell"
assert code_of(s3.get_object, Bucket=bucket, Key="none") == "NoSuchKey"
assert code_of(s3.get_object, Bucket=bucket, Key="k", IfMatch='"no"') == "PreconditionFailed"
assert code_of(s3.get_object, Bucket="no-such-bucket-here", Key="k") == "NoSuchBucket"

upload = s3.create_multipart_upload(Bucket=bucket, Key="parts")["UploadId"]
parts = []
for number, body in enumerate([b"a" * (5 << 20), b"b" * 100], 1):
    answer = s3.upload_part(Bucket=bucket, Key="parts", UploadId=upload, PartNumber=number, Body=body)
    parts.append({"PartNumber": number, "ETag": answer["ETag"]})
s3.complete_multipart_upload(
    Bucket=bucket, Key="parts", UploadId=upload, MultipartUpload={"Parts": parts}
)
part = s3.get_object(Bucket=bucket, Key="parts", PartNumber=2)
assert part["Body"].read() == b"b" * 100 and part["PartsCount"] == 2

s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "k"})
assert s3.get_object(Bucket=bucket, Key="copy")["Metadata"] == {"color": "red"}
for i in range(25):
    s3.put_object(Bucket=bucket, Key="list/%02d" % i, Body=b"")
pages = s3.get_paginator("list_objects_v2").paginate(
    Bucket=bucket, Prefix="list/", PaginationConfig={"PageSize": 10}
)
assert [o["Key"] for p in pages for o in p["Contents"]] == ["list/%02d" % i for i in range(25)]
top = s3.list_objects_v2(Bucket=bucket, Delimiter="/")
assert [p["Prefix"] for p in top["CommonPrefixes"]] == ["list/"]

url = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "presigned"})
request = urllib.request.Request(url, data=b"by url", method="PUT")
assert urllib.request.urlopen(request).status == 200
assert s3.get_object(Bucket=bucket, Key="presigned")["Body"].read() == b"by url"

post = s3.generate_presigned_post(bucket, "posted")
boundary = "limit"
form = io.BytesIO()
for name, value in list(post["fields"].items()) + [("file", "by form")]:
    form.write(
        ('--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (boundary, name, value)).encode()
    )
form.write(("--%s--\r\n" % boundary).encode())
request = urllib.request.Request(
    post["url"], data=form.getvalue(), headers={"Content-Type": "multipart/form-data; boundary=" + boundary}
)
assert urllib.request.urlopen(request).status == 204
assert s3.get_object(Bucket=bucket, Key="posted")["Body"].read() == b"by form"

s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
s3.put_object(Bucket=bucket, Key="k", Body=b"newer")
s3.delete_object(Bucket=bucket, Key="k")
assert code_of(s3.get_object, Bucket=bucket, Key="k") == "NoSuchKey"

assert code_of(s3.delete_bucket, Bucket=bucket) == "BucketNotEmpty"
versions = s3.list_object_versions(Bucket=bucket)
items = [
    {"Key": v["Key"], "VersionId": v["VersionId"]}
    for v in versions["Versions"] + versions["DeleteMarkers"]
]
assert len(s3.delete_objects(Bucket=bucket, Delete={"Objects": items})["Deleted"]) == len(items)
s3.delete_bucket(Bucket=bucket)
print("boto3: ok")
