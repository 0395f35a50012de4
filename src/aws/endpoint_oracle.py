"""The host names of AWS's services as botocore knows them: "service region partition fips dualstack host" lines.

usage: endpoint_oracle.py        exits with 77 when botocore is not installed
"""

import itertools
import sys

try:
    import botocore
    import botocore.loaders
    import botocore.session
    from botocore.endpoint_provider import EndpointProvider
    from botocore.exceptions import EndpointProviderError
except ImportError:
    print("SKIP: python3-botocore is not installed")
    sys.exit(77)

SERVICES = ["s3", "sqs", "sns", "logs", "events", "sts", "storagegateway"]
# Older rules do not know that EventBridge's FIPS endpoints with IPv6 are plain ones in GovCloud, too.
KNOWS_EVENTS_OF_GOVCLOUD = tuple(map(int, botocore.__version__.split(".")[:2])) >= (1, 40)


def is_outdated(service, region, fips, dual):
    return (service == "events" and fips and dual and region.startswith("us-gov-")
            and not KNOWS_EVENTS_OF_GOVCLOUD)


def main():
    loader = botocore.session.get_session().get_component("data_loader")
    partitions = loader.load_data("partitions")
    regions = {region: one["id"] for one in partitions["partitions"] for region in one["regions"]
               if not region.endswith("-global")}
    for service in SERVICES:
        rules = loader.load_service_model(service, "endpoint-rule-set-1")
        provider = EndpointProvider(rules, partitions)
        for region, fips, dual in itertools.product(regions, [False, True], [False, True]):
            if is_outdated(service, region, fips, dual):
                continue
            parameters = {"Region": region, "UseFIPS": fips, "UseDualStack": dual}
            if service in ("s3", "sts"):
                parameters["UseGlobalEndpoint"] = False
            if service == "s3":
                parameters.update(Accelerate=False, ForcePathStyle=True)
            try:
                url = provider.resolve_endpoint(**parameters).url
            except EndpointProviderError:
                continue  # Has none in this combination.
            print(service, region, regions[region], int(fips), int(dual), url.removeprefix("https://"))


if __name__ == "__main__":
    main()
