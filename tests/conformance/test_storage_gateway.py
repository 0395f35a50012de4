"""Storage Gateway: the file shares that upload events come from."""
import json

import pytest

from support.aws import refused

ROLE = "arn:aws:iam::111122223333:role/gateway"


@pytest.fixture
def gateway(account):
    return f"arn:aws:storagegateway:us-east-1:{account}:gateway/sgw-12A3456B"


@pytest.fixture
def share(gateways, gateway, unique):
    def make(kind="NFS", **more):
        create = getattr(gateways, f"create_{kind.lower()}_file_share")
        arn = create(ClientToken=unique("token"), GatewayARN=gateway, Role=ROLE,
                     LocationARN="arn:aws:s3:::uploads/scans/", **more)["FileShareARN"]
        made.append(arn)
        return arn
    made = []
    yield make
    for arn in made:
        gateways.delete_file_share(FileShareARN=arn)


def nfs(gateways, arn):
    return gateways.describe_nfs_file_shares(FileShareARNList=[arn])["NFSFileShareInfoList"][0]


def test_a_share_tells_its_bucket_and_prefix(gateways, share):
    arn = share(FileShareName="scans")

    found = nfs(gateways, arn)

    assert (found["LocationARN"], found["FileShareName"]) == ("arn:aws:s3:::uploads/scans/", "scans")
    assert (found["FileShareARN"], found["FileShareStatus"]) == (arn, "AVAILABLE")
    assert found["NotificationPolicy"] == "{}"


def test_the_list_says_which_protocol_a_share_speaks(gateways, gateway, share):
    arns = {share("NFS"): "NFS", share("SMB"): "SMB"}

    found = gateways.list_file_shares(GatewayARN=gateway)["FileShareInfoList"]

    assert arns.items() <= {s["FileShareARN"]: s["FileShareType"] for s in found}.items()


def test_a_long_list_has_pages(gateways, share):
    arns = {share() for _ in range(5)}

    pages = list(gateways.get_paginator("list_file_shares").paginate(PaginationConfig={"PageSize": 2}))

    assert len(pages) >= 3
    assert arns <= {s["FileShareARN"] for page in pages for s in page["FileShareInfoList"]}


def test_upload_notifications_are_switched_on_and_off(gateways, share):
    arn = share()
    policy = '{"Upload": {"SettlingTimeInSeconds": 60}}'

    gateways.update_nfs_file_share(FileShareARN=arn, NotificationPolicy=policy)
    assert nfs(gateways, arn)["NotificationPolicy"] == policy

    gateways.update_nfs_file_share(FileShareARN=arn, NotificationPolicy="{}")
    assert nfs(gateways, arn)["NotificationPolicy"] == "{}"


@pytest.mark.parametrize("policy", ['{"Upload": {}}', '{"Upload": {"SettlingTimeInSeconds": 5}}', "{ no"])
def test_a_policy_that_is_none_is_refused(gateways, share, policy):
    with refused("InvalidGatewayRequestException", status=400):
        gateways.update_nfs_file_share(FileShareARN=share(), NotificationPolicy=policy)


def test_a_share_is_asked_in_its_own_protocol(gateways, share):
    arn = share("SMB")

    assert gateways.describe_smb_file_shares(FileShareARNList=[arn])["SMBFileShareInfoList"]
    with refused("InvalidGatewayRequestException", status=400):
        nfs(gateways, arn)
    with refused("InvalidGatewayRequestException", status=400):
        gateways.update_nfs_file_share(FileShareARN=arn, NotificationPolicy="{}")


def test_a_token_makes_one_share(gateways, gateway, share, unique):
    token = unique("token")
    make = dict(ClientToken=token, GatewayARN=gateway, Role=ROLE, LocationARN="arn:aws:s3:::uploads")

    first = gateways.create_nfs_file_share(**make)["FileShareARN"]
    again = gateways.create_nfs_file_share(**make)["FileShareARN"]
    gateways.delete_file_share(FileShareARN=first)

    assert first == again


def test_a_cache_is_refreshed(gateways, share):
    arn = share()

    done = gateways.refresh_cache(FileShareARN=arn, FolderList=["/a"], Recursive=False)

    assert done["FileShareARN"] == arn and done["NotificationId"]


@pytest.mark.parametrize("ask, kind, detail", [
    ("refresh_cache", "Storage Gateway Refresh Cache Event", "refresh-complete"),
    ("notify_when_uploaded", "Storage Gateway File Upload Event", "upload-complete"),
])
def test_what_was_asked_for_is_announced(gateways, gateway, events, share, queue, unique, ask, kind, detail):
    arn, rule = share(), unique("rule")
    queue.allow("events.amazonaws.com")
    events.put_rule(Name=rule, EventPattern=json.dumps(
        {"source": ["aws.storagegateway"], "detail-type": [kind], "resources": [arn]}))
    events.put_targets(Rule=rule, Targets=[{"Id": "q", "Arn": queue.arn}])

    asked = getattr(gateways, ask)(FileShareARN=arn)

    event, = queue.take_json(1)
    events.remove_targets(Rule=rule, Ids=["q"])
    events.delete_rule(Name=rule)
    assert (event["source"], event["detail-type"], event["detail"]["event-type"]) == ("aws.storagegateway", kind, detail)
    assert event["resources"][:2] == [arn, gateway]
    assert event["detail"]["notification-id"] == asked["NotificationId"]


def test_what_is_deleted_is_unknown(gateways, gateway, unique):
    arn = gateways.create_nfs_file_share(ClientToken=unique("token"), GatewayARN=gateway, Role=ROLE,
                                         LocationARN="arn:aws:s3:::uploads")["FileShareARN"]
    gateways.delete_file_share(FileShareARN=arn)

    for ask in (lambda: nfs(gateways, arn), lambda: gateways.refresh_cache(FileShareARN=arn),
                lambda: gateways.delete_file_share(FileShareARN=arn)):
        with refused("InvalidGatewayRequestException", status=400):
            ask()
