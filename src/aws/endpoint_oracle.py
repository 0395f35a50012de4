"""The host names of AWS's services as botocore knows them: "service region fips dualstack host" lines.

usage: endpoint_oracle.py        exits with 77 when botocore is not installed
"""

import itertools
import sys

try:
    import botocore.loaders
    import botocore.session
    from botocore.endpoint_provider import EndpointProvider
    from botocore.exceptions import EndpointProviderError
except ImportError:
    print("SKIP: python3-botocore is not installed")
    sys.exit(77)

SERVICES = ["s3", "sqs", "sns", "logs", "events", "sts", "storagegateway"]
REGIONS = ["us-east-1", "us-west-2", "eu-west-1", "ap-southeast-3", "ca-central-1", "cn-north-1",
           "cn-northwest-1", "us-gov-west-1", "us-gov-east-1"]


def main():
    loader = botocore.session.get_session().get_component("data_loader")
    partitions = loader.load_data("partitions")
    for service in SERVICES:
        rules = loader.load_service_model(service, "endpoint-rule-set-1")
        provider = EndpointProvider(rules, partitions)
        for region, fips, dual in itertools.product(REGIONS, [False, True], [False, True]):
            parameters = {"Region": region, "UseFIPS": fips, "UseDualStack": dual}
            if service in ("s3", "sts"):
                parameters["UseGlobalEndpoint"] = False
            if service == "s3":
                parameters.update(Accelerate=False, ForcePathStyle=True)
            try:
                url = provider.resolve_endpoint(**parameters).url
            except EndpointProviderError:
                continue  # Has none in this combination.
            print(service, region, int(fips), int(dual), url.removeprefix("https://"))


if __name__ == "__main__":
    main()
