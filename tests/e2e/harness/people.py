"""Users of the stand-in who live by policies of their own, as an administrator would make them at AWS."""
import json
import uuid

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError


def allow(actions, resources, **more):
    return {"Effect": "Allow", "Action": actions, "Resource": resources} | more


class Person:
    """A user, or a role with a session of it, with one policy."""

    def __init__(self, system, role=False, policy=None):
        self.system, self.role = system, role
        self.iam, self.name = system.client("iam"), "p-" + uuid.uuid4().hex[:12]
        if role:
            trust = {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Principal": {"AWS": system.account}, "Action": "sts:AssumeRole"}]}
            self.arn = self.iam.create_role(RoleName=self.name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        else:
            self.arn = self.iam.create_user(UserName=self.name)["User"]["Arn"]
        if policy is not None:
            self.may(policy)
        if role:
            keys = system.client("sts").assume_role(RoleArn=self.arn, RoleSessionName="session")["Credentials"]
        else:
            keys = self.iam.create_access_key(UserName=self.name)["AccessKey"]
        self.keys = {"AWS_ACCESS_KEY_ID": keys["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"]}
        if role:
            self.keys["AWS_SESSION_TOKEN"] = keys["SessionToken"]

    def may(self, policy):
        """Replaces the policy: a document, or a list of statements."""
        if isinstance(policy, list):
            policy = {"Version": "2012-10-17", "Statement": policy}
        named = {"RoleName": self.name} if self.role else {"UserName": self.name}
        put = self.iam.put_role_policy if self.role else self.iam.put_user_policy
        put(PolicyName="all", PolicyDocument=json.dumps(policy), **named)
        return self

    def client(self, service):
        session = boto3.session.Session(aws_access_key_id=self.keys["AWS_ACCESS_KEY_ID"], region_name=self.system.region,
                                        aws_secret_access_key=self.keys["AWS_SECRET_ACCESS_KEY"],
                                        aws_session_token=self.keys.get("AWS_SESSION_TOKEN"))
        config = Config(signature_version="s3v4" if service == "s3" else None, s3={"addressing_style": "path"},
                        retries={"total_max_attempts": 1})
        return session.client(service, endpoint_url=self.system.endpoint, config=config)


def is_denied(call):
    """Whether the call is refused for want of a right; any other failure is raised."""
    try:
        call()
    except ClientError as problem:
        if problem.response["ResponseMetadata"]["HTTPStatusCode"] == 403:
            return True
        raise
    return False
