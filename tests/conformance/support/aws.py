"""Clients, requests below the clients, and small helpers that many tests share."""
import base64
import contextlib
import dataclasses
import datetime
import functools
import hashlib
import http.client
import json
import time
import urllib.parse

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.handlers
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

ACCESS_KEY = "cordon"
SECRET_KEY = "cordon-dev-secret"
REGION = "us-east-1"
OTHER_REGION = "eu-west-1"
MIB = 1024 * 1024


class Cloud:
    """boto3 clients of one endpoint. They try once: a retry would hide what the server answered."""

    def __init__(self, endpoint, access_key=ACCESS_KEY, secret_key=SECRET_KEY, token=None, expect_continue=True):
        self.endpoint = endpoint
        self._expect_continue = expect_continue
        self._keys = dict(aws_access_key_id=access_key, aws_secret_access_key=secret_key, aws_session_token=token)
        self.client = functools.lru_cache(self._client)

    def _client(self, service, region=REGION, **options):
        config = Config(signature_version="s3v4" if service == "s3" else None,
                        s3={"addressing_style": "path"}, retries={"total_max_attempts": 1, "mode": "standard"},
                        connect_timeout=5, read_timeout=30, max_pool_connections=4, **options)
        session = boto3.session.Session(**self._keys, region_name=region)
        client = session.client(service, endpoint_url=self.endpoint, config=config)
        if service == "s3" and not self._expect_continue:
            client.meta.events.unregister("before-call.s3", botocore.handlers.add_expect_header)
        return client


@dataclasses.dataclass(frozen=True)
class Answer:
    """What came back from a request that was made without boto3."""
    status: int
    headers: dict
    body: bytes

    @property
    def code(self):
        """The code in an S3 error document, or None."""
        text = self.body.decode("utf-8", "replace")
        return text.partition("<Code>")[2].partition("</Code>")[0] or None


def send(endpoint, method, target, headers, body=b""):
    """Sends exactly this request target; a URL library would tidy up dots and escapes."""
    url = urllib.parse.urlsplit(endpoint)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        names = {name.lower() for name in headers}
        for name, value in headers.items():
            connection.putheader(name, value)
        if "host" not in names:
            connection.putheader("Host", url.netloc)
        if "content-length" not in names and (body or method in ("PUT", "POST")):
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body or None)
        reply = connection.getresponse()
        return Answer(reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read())
    finally:
        connection.close()


def sign(endpoint, method, target, headers=None, body=b"", *, service="s3", region=REGION, when=None,
         access_key=ACCESS_KEY, secret_key=SECRET_KEY):
    """Headers that sign this request, as botocore computes them, at a time of the caller's choice."""
    kind = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
    signer = kind(botocore.credentials.Credentials(access_key, secret_key), service, region)
    request = botocore.awsrequest.AWSRequest(method=method, url=endpoint + target, headers=headers or {}, data=body)
    if service == "s3":
        request.headers["X-Amz-Content-SHA256"] = hashlib.sha256(body).hexdigest()
    with signing_time(when):
        signer.add_auth(request)
    return dict(request.headers.items())


@contextlib.contextmanager
def signing_time(when):
    """botocore has no parameter for the time of a signature."""
    if when is None:
        yield
        return

    class Clock(datetime.datetime):
        @classmethod
        def utcnow(cls):
            return when

    class Module:
        datetime = Clock

    original = botocore.auth.datetime
    botocore.auth.datetime = Module
    try:
        yield
    finally:
        botocore.auth.datetime = original


def ago(**duration):
    return datetime.datetime.utcnow() - datetime.timedelta(**duration)


@contextlib.contextmanager
def headers(client, operation, values):
    """Adds headers which this boto3 has no parameter for, before the request is signed."""
    name = f"before-call.s3.{operation}"

    def add(params, **_):
        params["headers"].update(values)

    client.meta.events.register(name, add)
    try:
        yield
    finally:
        client.meta.events.unregister(name, add)


@contextlib.contextmanager
def refused(*codes, status=None):
    """Expects AWS's error code, and status where it matters."""
    with pytest.raises(ClientError) as caught:
        yield caught
    response = caught.value.response
    assert response.get("Error", {}).get("Code") in codes, response.get("Error", response)
    if status is not None:
        assert response["ResponseMetadata"]["HTTPStatusCode"] == status


@contextlib.contextmanager
def ignoring_absence():
    """For clean-up only: what should go is gone already."""
    try:
        yield
    except ClientError:
        pass


def remove_bucket(client, name):
    """Empties and deletes a bucket as far as the server lets us; clean-up must not hide a test's result."""
    with ignoring_absence():
        client.delete_bucket_policy(Bucket=name)
    with ignoring_absence():
        for page in client.get_paginator("list_object_versions").paginate(Bucket=name):
            for entry in page.get("Versions", []) + page.get("DeleteMarkers", []):
                with ignoring_absence():
                    client.delete_object(Bucket=name, Key=entry["Key"], VersionId=entry["VersionId"])
        for upload in client.list_multipart_uploads(Bucket=name).get("Uploads", []):
            client.abort_multipart_upload(Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"])
        client.delete_bucket(Bucket=name)


def etag(body):
    return f'"{hashlib.md5(body).hexdigest()}"'


def md5_base64(body):
    return base64.b64encode(hashlib.md5(body).digest()).decode()


def eventually(question, seconds=10.0, pause=0.1):
    """Asks until the answer is truthy; AWS promises most of these things only in the end."""
    deadline = time.monotonic() + seconds
    while True:
        answer = question()
        if answer or time.monotonic() > deadline:
            return answer
        time.sleep(pause)


@dataclasses.dataclass(frozen=True)
class Queue:
    """A queue as tests use it."""
    client: object
    url: str
    arn: str

    def send(self, body, **options):
        return self.client.send_message(QueueUrl=self.url, MessageBody=body, **options)

    def receive(self, wait=0, count=10, **options):
        return self.client.receive_message(QueueUrl=self.url, WaitTimeSeconds=wait, MaxNumberOfMessages=count,
                                           AttributeNames=["All"], MessageAttributeNames=["All"],
                                           **options).get("Messages", [])

    def delete(self, message):
        self.client.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])

    def attribute(self, name):
        return self.client.get_queue_attributes(QueueUrl=self.url, AttributeNames=[name])["Attributes"][name]

    def take(self, count, seconds=15.0, more=False):
        """Receives and deletes `count` messages; unless `more`, checks that no further one follows."""
        taken, deadline = [], time.monotonic() + seconds
        while len(taken) < count and time.monotonic() < deadline:
            for message in self.receive(wait=1):
                self.delete(message)
                taken.append(message)
        if len(taken) == count and not more:
            surplus = self.receive(wait=0)
            taken += surplus
        assert len(taken) == count, [message["Body"] for message in taken]
        return taken

    def take_json(self, count, **options):
        return [json.loads(message["Body"]) for message in self.take(count, **options)]

    def allow(self, service, **condition):
        """Lets an AWS service send to this queue, as the documentation of each integration asks."""
        self.client.set_queue_attributes(QueueUrl=self.url, Attributes={
            "Policy": policy(self.arn, "sqs:SendMessage", service, **condition)})
        return self


def policy(resource, action, service, **condition):
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": action, "Resource": resource}
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
