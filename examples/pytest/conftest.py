"""A fixture that serves an empty S3 on a free port for one test.

The program is the one that CLOUDLET names, or `cloudlet` on the PATH.
"""

import os
import shutil
import subprocess

import boto3
import botocore.config
import pytest


class Cloudlet:
    """A `cloudlet serve` in memory: `url`, and clients that use it."""

    def __init__(self):
        self.key, self.secret = "AKIDPYTEST", "pytest-secret"
        environment = dict(os.environ, AWS_ACCESS_KEY_ID=self.key, AWS_SECRET_ACCESS_KEY=self.secret)
        program = os.environ.get("CLOUDLET", "cloudlet")
        if shutil.which(program) is None:
            raise RuntimeError(f"{program} is no program: set CLOUDLET to where it is")
        self.process = subprocess.Popen(
            [program, "serve", "--in-memory", "--port", "0", "--quiet"],
            env=environment, stdout=subprocess.PIPE, text=True)
        # The address is printed once requests are answered.
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            raise RuntimeError(f"{program} serve ended with {self.process.wait()}")

    def client(self, service="s3"):
        return boto3.client(
            service, endpoint_url=self.url, region_name="us-east-1",
            aws_access_key_id=self.key, aws_secret_access_key=self.secret,
            # Else boto3 presigns URLs the old way, which is refused.
            config=botocore.config.Config(signature_version="s3v4"))

    def stop(self):
        self.process.kill()  # nothing of it is to stay
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture
def cloudlet():
    server = Cloudlet()
    yield server
    server.stop()


@pytest.fixture
def s3(cloudlet):
    return cloudlet.client("s3")
