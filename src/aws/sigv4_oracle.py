"""Hostile requests, each with the signature that botocore gives it: one JSON object per line.

usage: sigv4_oracle.py CASES SEED        exits with 77 when botocore is not installed
"""

import json
import random
import sys
from datetime import datetime, timedelta
from hashlib import sha256
from unittest import mock
from urllib.parse import quote

try:
    import botocore
    from botocore import auth
    from botocore.awsrequest import AWSRequest
    from botocore.compat import HTTPHeaders
    from botocore.credentials import Credentials
except ImportError:
    print("SKIP: python3-botocore is not installed")
    sys.exit(77)

SEGMENTS = ["", "", ".", "..", "a", "a b", "+", "%", "%41", "%2F", "~", "ü", "日本", "😀", "f(1)", "*",
            "'q'", "x\ty", "&", "=", "?", "#", ";", ":", "@", ",", "[", "-._", "\\", "\"", "<", "|", "A" * 90]
NAMES = ["tagging", "versionId", "a", "a-b", "a.b", "A", "prefix", "list-type", "X", "%", "ü", "a b", "p+q",
         "😀", "*", "partNumber", "~", "_", "a/b"]
VALUES = ["", "", "1", "a b", "a+b", "%20", "ü", "/", "=", "&x=y", "日本/😀", "~", "*", "A" * 40, "-", "2"]
HEADERS = ["x-amz-meta-a", "X-Amz-Meta-A", "x-amz-meta", "x-amz-meta-a-b", "Content-Type", "If-Match",
           "Range", "x-amz-tagging", "X-Amz-Target", "Content-MD5", "User-Agent", "Expect",
           "x-amzn-trace-id", "x-amz-copy-source", "Accept"]
HEADER_VALUES = ["v", " v ", "a  b", "  a \t b  c ", "\"etag\"", "\"a  b\"", "bytes=0-5", "a,b", ", ", "1=2&3=4",
                 "text/plain; charset=utf-8", "a:b", "ü", ""]
HOSTS = ["bucket.s3.eu-west-1.amazonaws.com", "localhost:4566", "127.0.0.1:80", "[::1]:9000",
         "sqs.us-east-1.amazonaws.com", "example.test:443", "example.test:8443"]


def pick(rng, items, low, high):
    return [rng.choice(items) for _ in range(rng.randint(low, high))]


def make_case(rng):
    pairs = []
    for name in pick(rng, NAMES, 0, 6):
        pairs.append([name, rng.choice(VALUES)])
    return {
        "form": rng.choice(["s3", "general"]),
        "method": rng.choice(["GET", "PUT", "POST", "DELETE", "HEAD"]),
        "scheme": rng.choice(["http", "https"]),
        "netloc": rng.choice(HOSTS),
        "rawPath": "/" + "/".join(pick(rng, SEGMENTS, 0, 6)),
        "query": pairs,
        "headers": [[name, rng.choice(HEADER_VALUES)] for name in pick(rng, HEADERS, 0, 6)],
        "body": rng.choice(["", "{}", "x" * 300, "zwölf"]),
        "region": rng.choice(["eu-west-1", "us-east-1", "us-gov-west-1"]),
        "accessKeyId": "AKID" + str(rng.randint(0, 10**9)),
        "secret": rng.choice(["s/e+c=r", "k" * 40]),
        "token": rng.choice(["", "", "T0k/en+==" * 3]),
        "time": (datetime(2026, 11, 22, 15, 50, 33)
                 + timedelta(seconds=rng.randint(0, 10**8))).strftime("%Y%m%dT%H%M%SZ"),
    }


def expect(case):
    """Fills in host, path, canonical request, signature and Authorization as botocore computes them."""
    case["path"] = quote(case["rawPath"], safe="/-._~")
    query = "&".join(f"{quote(n, safe='-_.~')}={quote(v, safe='-_.~')}" for n, v in case["query"])
    url = f"{case['scheme']}://{case['netloc']}{case['path']}"
    request = AWSRequest(method=case["method"], url=url + ("?" + query if query else ""),
                         data=case["body"].encode())
    headers = HTTPHeaders()
    for name, value in case["headers"]:
        headers.add_header(name, value)
    request.headers = headers
    request.context["timestamp"] = case["time"]
    kinds = {"s3": auth.S3SigV4Auth, "general": auth.SigV4Auth}
    service = "s3" if case["form"] == "s3" else "sqs"
    credentials = Credentials(case["accessKeyId"], case["secret"], case["token"] or None)
    signer = kinds[case["form"]](credentials, service, case["region"])
    now = datetime.strptime(case["time"], "%Y%m%dT%H%M%SZ")
    seen = []
    compute = signer.canonical_request
    signer.canonical_request = lambda r: seen.append(compute(r)) or seen[-1]
    with mock.patch.object(auth, "datetime") as fake:
        fake.datetime.utcnow.return_value = now
        fake.datetime.strptime = datetime.strptime
        signer.add_auth(request)
    case["host"] = auth._host_from_url(url)
    case["payloadHash"] = sha256(case["body"].encode()).hexdigest()
    case["canonical"] = seen[0]
    case["authorization"] = request.headers["Authorization"]
    return case


def main():
    rng = random.Random(int(sys.argv[2]))
    for _ in range(int(sys.argv[1])):
        print(json.dumps(expect(make_case(rng))))


if __name__ == "__main__":
    main()
