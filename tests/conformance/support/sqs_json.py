"""SQS over the JSON protocol, which is what current SDKs and Cordon speak.

The boto3 of Debian 12 is older than that protocol and uses the query protocol, so the requests are made by
hand here; only the signature is botocore's.
"""
import dataclasses
import json

from support import aws


@dataclasses.dataclass(frozen=True)
class JsonSqs:
    endpoint: str
    region: str = aws.REGION

    def raw(self, action, payload, **signing):
        body = json.dumps(payload).encode()
        headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AmazonSQS.{action}"}
        signed = aws.sign(self.endpoint, "POST", "/", headers, body, service="sqs", region=self.region, **signing)
        return aws.send(self.endpoint, "POST", "/", signed, body)

    def __call__(self, action, **payload):
        answer = self.raw(action, payload)
        assert answer.status == 200, (answer.status, answer.body[:500])
        return json.loads(answer.body) if answer.body else {}

    def refused(self, action, **payload):
        """The short name of the error, its query-protocol name from the header, and the status."""
        answer = self.raw(action, payload)
        assert answer.status >= 400, answer
        name = json.loads(answer.body)["__type"].rpartition("#")[2]
        return name, answer.headers.get("x-amzn-query-error", "").partition(";")[0], answer.status
