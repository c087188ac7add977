#!/usr/bin/python3
"""The endpoint beside its peers: requests per second, start, processor time, memory, crowds.

    compare.py --cloudlet PATH [--constant PATH] [--s3rver PATH] [--large-gib N] [--seconds N] [--only PART]

Every figure is taken on this machine in one run, the servers in turn, three rounds, the median
shown. Requests are presigned URLs: each server verifies a signature for each. Load is wrk's, with
16 connections on one thread. Servers write to a folder on disk without syncing it (the endpoint's
default; s3rver has no other way), or keep objects in memory where the line says so.
"""

import argparse
import contextlib
import os
import re
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

import boto3
import botocore.config

HERE = os.path.dirname(os.path.abspath(__file__))
KEY, SECRET = "S3RVER", "S3RVER"  # what s3rver knows
KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30


class Server:
    """A program that serves at `url` until it is stopped."""

    def __init__(self, name, command, folder, port=None, env=None):
        self.name = name
        self.folder = folder
        began = time.monotonic()
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env=dict(os.environ, **(env or {})))
        if port is None:
            self.url = self.process.stdout.readline().strip()
            port = urllib.parse.urlsplit(self.url).port
        else:
            self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self.start_seconds = self.first_answer(began)
        threading.Thread(target=lambda: self.process.stdout.read(), daemon=True).start()

    def first_answer(self, began):
        while time.monotonic() - began < 30:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1) as peer:
                    peer.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                    if peer.recv(12).startswith(b"HTTP/1.1"):
                        return time.monotonic() - began
            except OSError:
                time.sleep(0.001)
        raise RuntimeError(f"{self.name} does not answer")

    def client(self):
        return boto3.client(
            "s3", endpoint_url=self.url, region_name="us-east-1", aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            config=botocore.config.Config(signature_version="s3v4",
                                          s3={"addressing_style": "path"}))

    def cpu_seconds(self):
        fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident(self, what="VmRSS"):
        status = open(f"/proc/{self.process.pid}/status").read()
        return int(re.search(what + r":\s+(\d+)", status).group(1)) * KIB

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def serving(kind, options, memory=False):
    folder = tempfile.mkdtemp(prefix="wire-")
    if kind == "cloudlet":
        place = ["--in-memory"] if memory else ["--data", os.path.join(folder, "store")]
        server = Server(kind, [options.cloudlet, "serve", "--quiet", "--port", "0",
                               "--identity", f"{KEY}:{SECRET}"] + place, folder)
    elif kind == "s3rver":
        port = free_port()
        server = Server(kind, [options.s3rver, "-d", folder, "-p", str(port), "-a", "127.0.0.1",
                               "-s"], folder, port)
    else:
        server = Server(kind, [options.constant], folder)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def targets(server, operation, keys):
    client = server.client()
    with tempfile.NamedTemporaryFile("w", delete=False) as out:
        for key in keys:
            url = client.generate_presigned_url(operation, {"Bucket": "bench", "Key": key},
                                                ExpiresIn=3600)
            parts = urllib.parse.urlsplit(url)
            out.write(f"{parts.path}?{parts.query}\n")
    return out.name


def wrk(server, list_file, method, size, seconds, connections=16):
    cpu = server.cpu_seconds()
    out = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", os.path.join(HERE, "cycle.lua"),
         server.url],
        env=dict(os.environ, TARGETS=list_file, METHOD=method, SIZE=str(size)),
        capture_output=True, text=True, check=True).stdout
    found = re.search(r"requests=(\d+) seconds=([\d.]+) p50_us=(\d+) p99_us=(\d+) bad=(\d+)", out)
    requests, took, p50, p99, bad = (float(value) for value in found.groups())
    return {"rate": requests / took, "p50_ms": p50 / 1000, "p99_ms": p99 / 1000, "bad": int(bad),
            "cpu_us": (server.cpu_seconds() - cpu) / max(requests, 1) * 1e6}


def load(server, what, size, options):
    keys = [f"key-{i}" for i in range(200 if size <= MIB // 4 else 20)]
    client = server.client()
    if what == "GET":
        for key in keys:
            client.put_object(Bucket="bench", Key=key, Body=b"x" * size)
    operation = "get_object" if what == "GET" else "put_object"
    list_file = targets(server, operation, keys)
    wrk(server, list_file, what, size if what == "PUT" else 0, 1)
    result = wrk(server, list_file, what, size if what == "PUT" else 0, options.seconds)
    os.unlink(list_file)
    return result


def median(results, name):
    return statistics.median(result[name] for result in results)


def throughput(options):
    peers = ["cloudlet"] + (["s3rver"] if options.s3rver else [])
    print("requests per second, 16 connections, objects in a folder, not synced (median of 3)")
    for what, size in (("PUT", KIB), ("GET", KIB), ("GET", MIB)):
        results = {peer: [] for peer in peers}
        for _ in range(3):
            for peer in peers:
                with serving(peer, options) as server:
                    server.client().create_bucket(Bucket="bench")
                    results[peer].append(load(server, what, size, options))
        line = f"  {what} {size >> 10} KiB:"
        for peer in peers:
            line += (f"  {peer} {median(results[peer], 'rate'):.0f}/s"
                     f" (p50 {median(results[peer], 'p50_ms'):.2f} ms,"
                     f" p99 {median(results[peer], 'p99_ms'):.2f} ms,"
                     f" cpu {median(results[peer], 'cpu_us'):.0f} us,"
                     f" bad {sum(r['bad'] for r in results[peer])})")
        if len(peers) == 2:
            ratio = median(results["cloudlet"], "rate") / median(results["s3rver"], "rate")
            line += f"  ratio {ratio:.2f}"
        print(line, flush=True)


def start(options):
    seconds = []
    for _ in range(9):
        with serving("cloudlet", options, memory=True) as server:
            seconds.append(server.start_seconds)
    print(f"start to the first answer, in memory: {statistics.median(seconds) * 1000:.1f} ms"
          f" (median of 9, the slowest {max(seconds) * 1000:.1f})", flush=True)


def processor(options):
    if not options.constant:
        return
    ours, theirs = [], []
    for _ in range(3):
        with serving("cloudlet", options, memory=True) as server:
            server.client().create_bucket(Bucket="bench")
            # Anybody may read it: an answer without a signature to verify.
            server.client().put_object(Bucket="bench", Key="key", Body=b"x" * KIB,
                                       ACL="public-read")
            with tempfile.NamedTemporaryFile("w") as plain:
                plain.write("/bench/key\n")
                plain.flush()
                wrk(server, plain.name, "GET", 0, 1)
                unsigned = wrk(server, plain.name, "GET", 0, options.seconds)
            signed = load(server, "GET", KIB, options)
            ours.append({"unsigned": unsigned["cpu_us"], "signed": signed["cpu_us"]})
        with serving("constant", options) as server, tempfile.NamedTemporaryFile("w") as plain:
            plain.write("/bench/key\n")
            plain.flush()
            wrk(server, plain.name, "GET", 0, 1)
            theirs.append(wrk(server, plain.name, "GET", 0, options.seconds)["cpu_us"])
    constant = statistics.median(theirs)
    print("processor time per GET of 1 KiB, in memory (median of 3):"
          f" Beast's constant {constant:.1f} us,"
          f" unsigned {median(ours, 'unsigned'):.1f} us"
          f" (ratio {median(ours, 'unsigned') / constant:.2f}),"
          f" presigned {median(ours, 'signed'):.1f} us"
          f" (ratio {median(ours, 'signed') / constant:.2f})", flush=True)


def large(options):
    if not options.large_gib:
        return
    size = int(options.large_gib * GIB)
    with serving("cloudlet", options) as server:
        client = server.client()
        client.create_bucket(Bucket="bench")
        put = client.generate_presigned_url("put_object", {"Bucket": "bench", "Key": "large"})
        get = client.generate_presigned_url("get_object", {"Bucket": "bench", "Key": "large"})
        client.put_object(Bucket="bench", Key="warm", Body=b"x" * (16 * MIB))
        client.get_object(Bucket="bench", Key="warm")["Body"].read()
        before = server.resident()
        with tempfile.NamedTemporaryFile() as body:
            body.truncate(size)
            began = time.monotonic()
            subprocess.run(["curl", "-fsS", "-T", body.name, put], check=True)
            put_seconds = time.monotonic() - began
        after_put = server.resident("VmHWM")
        began = time.monotonic()
        got = subprocess.run(["curl", "-fsS", "-o", "/dev/null", "-w", "%{size_download}", get],
                             check=True, capture_output=True, text=True).stdout
        get_seconds = time.monotonic() - began
        after_get = server.resident("VmHWM")
        if int(got) != size:
            sys.exit(f"{got} of {size} bytes came back")
        print(f"{options.large_gib} GiB: PUT {size / MIB / put_seconds:.0f} MiB/s,"
              f" GET {size / MIB / get_seconds:.0f} MiB/s; resident {before / MIB:.0f} MiB before,"
              f" at most {(after_put - before) / MIB:.0f} MiB more in the PUT,"
              f" {(after_get - before) / MIB:.0f} MiB more behind the GET", flush=True)


def crowd(options):
    """Healthy clients while 2,000 connections press upon a cap of 256."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit[1], limit[1]))
    with serving("cloudlet", options, memory=True) as server:
        client = server.client()
        client.create_bucket(Bucket="bench")
        client.put_object(Bucket="bench", Key="key", Body=b"x" * KIB)
        list_file = targets(server, "get_object", ["key"])
        target = open(list_file).read().strip()
        os.unlink(list_file)
        request = f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode()
        healthy = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(8)]
        stop = threading.Event()
        counts = {"good": 0, "bad": 0}
        lock = threading.Lock()

        def ask(peer):
            good = bad = 0
            peer.settimeout(10)
            while not stop.is_set():
                try:
                    peer.sendall(request)
                    got = b""
                    while not got.endswith(b"x" * KIB):
                        piece = peer.recv(65536)
                        if not piece:
                            raise OSError("closed")
                        got += piece
                    good += 1
                except OSError:
                    bad += 1
                    break
            with lock:
                counts["good"] += good
                counts["bad"] += bad

        threads = [threading.Thread(target=ask, args=(peer,)) for peer in healthy]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        shed = held = 0
        others = []
        for _ in range(2000):
            peer = socket.create_connection(("127.0.0.1", server.port), timeout=10)
            peer.sendall(b"GET /bench/key HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            others.append(peer)
        retry_after = 0
        for peer in others:
            peer.settimeout(10)
            try:
                answer = peer.recv(4096)
            except OSError:
                answer = b""
            if answer.startswith(b"HTTP/1.1 503"):
                shed += 1
                retry_after += b"\r\nRetry-After: " in answer
            elif answer:
                held += 1
        time.sleep(1)
        stop.set()
        for thread in threads:
            thread.join()
        for peer in others:
            peer.close()
        time.sleep(0.5)
        after = client.get_object(Bucket="bench", Key="key")["Body"].read() == b"x" * KIB
        total = counts["good"] + counts["bad"]
        print(f"2,000 connections beside 8 healthy ones, cap 256: {held} answered, {shed} told 503"
              f" ({retry_after} with Retry-After), {2000 - held - shed} closed; healthy {counts['good']} of {total}"
              f" ({100 * counts['good'] / max(total, 1):.2f} %); answers afterwards: {after}",
              flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cloudlet", required=True)
    parser.add_argument("--constant")
    parser.add_argument("--s3rver")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--large-gib", type=float, default=0)
    parser.add_argument("--only", choices=("start", "throughput", "processor", "crowd", "large"))
    options = parser.parse_args()
    os.environ.pop("AWS_CA_BUNDLE", None)
    for part in (start, throughput, processor, crowd, large):
        if options.only in (None, part.__name__):
            part(options)


if __name__ == "__main__":
    main()
