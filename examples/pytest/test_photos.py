import botocore.exceptions
import pytest


def archive(s3, key, body):
    """What is tested: keeps a photo, unless one of this name is there."""
    try:
        s3.head_object(Bucket="photos", Key=key)
    except botocore.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "404":
            raise
        s3.put_object(Bucket="photos", Key=key, Body=body, ContentType="image/jpeg")


def test_the_first_photo_stays(s3):
    s3.create_bucket(Bucket="photos")
    archive(s3, "cat.jpg", b"first")
    archive(s3, "cat.jpg", b"second")
    got = s3.get_object(Bucket="photos", Key="cat.jpg")
    assert got["Body"].read() == b"first"
    assert got["ContentType"] == "image/jpeg"


def test_every_test_has_a_store_of_its_own(s3):
    assert s3.list_buckets()["Buckets"] == []
    with pytest.raises(s3.exceptions.NoSuchBucket):
        s3.list_objects_v2(Bucket="photos")


def test_a_range_of_a_copy(s3):
    s3.create_bucket(Bucket="photos")
    s3.put_object(Bucket="photos", Key="cat.jpg", Body=b"0123456789")
    s3.copy_object(Bucket="photos", Key="copy.jpg", CopySource="photos/cat.jpg")
    got = s3.get_object(Bucket="photos", Key="copy.jpg", Range="bytes=2-4")
    assert got["Body"].read() == b"234"
