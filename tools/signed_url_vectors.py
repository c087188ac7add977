#!/usr/bin/env python3
"""Signed URLs by signers that are not ours: what edge/signed_url_vectors_test.cc plays.

  tools/signed_url_vectors.py KEY.pem COUNT SEED [JS_FOLDER] > vectors.tsv
  bazel test //edge:signed_url_vectors_test --test_env=CLOUDLET_SIGNED_URL_VECTORS=$PWD/vectors.tsv

Signers: botocore's CloudFrontSigner with the pure Python package rsa (SHA-1); and, where JS_FOLDER
has @aws-sdk/cloudfront-signer in its node_modules, that one (SHA-1 and SHA-256). KEY.pem is
kTestPrivateKey of edge/signed_url_testing.h as PKCS#1: openssl rsa -traditional -in K -out KEY.pem.

A line: signer, hash, URL, resource of the policy (empty: the URL), expires, starts (empty: none),
range of addresses (empty: none), signed URL; between tabs.
"""

import datetime
import json
import random
import string
import subprocess
import sys

import rsa
from botocore.signers import CloudFrontSigner

KEY_ID = "K1"
JS = """
const { getSignedUrl } = require('@aws-sdk/cloudfront-signer');
const fs = require('fs');
const { key, rows } = JSON.parse(fs.readFileSync(0, 'utf8'));
const at = (s) => (s === '' ? undefined : new Date(s * 1000).toISOString());
process.stdout.write(JSON.stringify(rows.map((r) => getSignedUrl({
  url: r.url, keyPairId: 'K1', privateKey: key, algorithm: r.hash,
  dateLessThan: at(r.expires), dateGreaterThan: at(r.starts), ipAddress: r.ip || undefined }))));
"""


def random_row(rng):
    def word(extra=""):
        letters = string.ascii_letters + string.digits + "-_.!~" + extra
        return "".join(rng.choice(letters) for _ in range(rng.randint(1, 12)))

    path = "/".join(word() + rng.choice(["", "%20", "%C3%A9"]) for _ in range(rng.randint(1, 5)))
    query = "&".join(word() + "=" + word() for _ in range(rng.randint(0, 3)))
    host = f"d{rng.randint(1, 9999)}.example"
    url = f"{rng.choice(['http', 'https'])}://{host}/{path}" + ("?" + query if query else "")
    expires = rng.randint(1_000_000_000, 4_000_000_000)
    custom = rng.random() < 0.7
    return {
        "url": url,
        "resource": "",
        "expires": expires,
        "starts": rng.randint(0, expires - 10) if custom and rng.random() < 0.6 else "",
        "ip": f"192.0.{rng.randint(0, 255)}.{rng.randint(0, 255)}/{rng.randint(0, 32)}"
        if custom and rng.random() < 0.6 else "",
    }


def with_wildcards(rng, row):
    """The same with a resource that covers the URL."""
    base, question, query = row["url"].partition("?")
    resource = rng.choice([
        base[: rng.randint(len("https://d1.example/"), len(base))] + "*",
        "*",
        "http*://*/*",
        base[:-1] + "?" + ("\\?" + query if question else ""),
        base + ("\\?*" if question else ""),
    ])
    return {**row, "resource": resource}


def by_botocore(key, row):
    def at(seconds):
        return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)

    signer = CloudFrontSigner(KEY_ID, lambda message: rsa.sign(message, key, "SHA-1"))
    if not row["resource"] and row["starts"] == "" and not row["ip"]:
        return signer.generate_presigned_url(row["url"], date_less_than=at(row["expires"]))
    policy = signer.build_policy(
        row["resource"] or row["url"], at(row["expires"]),
        date_greater_than=at(row["starts"]) if row["starts"] != "" else None,
        ip_address=row["ip"] or None)
    return signer.generate_presigned_url(row["url"], policy=policy)


def by_js(folder, pem, rows):
    done = subprocess.run(["node", "-e", JS], input=json.dumps({"key": pem, "rows": rows}),
                          cwd=folder, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def main():
    pem = open(sys.argv[1], encoding="ascii").read()
    key = rsa.PrivateKey.load_pkcs1(pem.encode())
    rng = random.Random(int(sys.argv[3]))
    rows = [random_row(rng) for _ in range(int(sys.argv[2]))]
    lines = []
    for row in rows:
        one = with_wildcards(rng, row) if rng.random() < 0.5 else row
        lines.append(("botocore", "SHA1", one, by_botocore(key, one)))
    if len(sys.argv) > 4:
        for algorithm in ("SHA1", "SHA256"):
            signed = by_js(sys.argv[4], pem, [{**row, "hash": algorithm} for row in rows])
            lines += [("js", algorithm, row, url) for row, url in zip(rows, signed)]
    for signer, algorithm, row, url in lines:
        print("\t".join([signer, algorithm, row["url"], row["resource"], str(row["expires"]),
                         str(row["starts"]), row["ip"], url]))


main()
