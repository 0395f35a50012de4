"""Sizes from one byte to beyond a gigabyte, clean and with the infection in the last bytes."""
import hashlib

import pytest
from boto3.s3.transfer import TransferConfig

from harness import samples

MB = 1000 * 1000
TRANSFER = TransferConfig(multipart_threshold=64 * MB, multipart_chunksize=64 * MB, max_concurrency=4)


@pytest.mark.parametrize("size", [1, MB, 100 * MB], ids=["1B", "1MB", "100MB"])
@pytest.mark.parametrize("infected", [False, True], ids=["clean", "infected"])
def test_sizes(system, bucket, agent, tmp_path, size, infected):
    if infected and size == 1:
        pytest.skip("one byte holds no sample")
    check(system, bucket, samples.sparse_file(tmp_path / "body", size, samples.eicar() if infected else b""), infected)


@pytest.mark.only_on("devcloud", reason="holds uploads in memory several times over")
@pytest.mark.parametrize("infected", [False, True], ids=["clean", "infected"])
def test_one_and_a_half_gigabytes(system, bucket, agent, tmp_path, infected):
    check(system, bucket, samples.sparse_file(tmp_path / "body", 1500 * MB, samples.eicar() if infected else b""), infected)


def check(system, bucket, path, infected):
    system.s3.upload_file(str(path), bucket, "big.bin", Config=TRANSFER)
    size = path.stat().st_size

    if infected:
        assert system.await_quarantine(bucket, "big.bin", seconds=300)["scan-result"] == "Infected"
        head = system.head(system.quarantine, f"{bucket}/big.bin")
    else:
        assert system.await_verdict(bucket, "big.bin", seconds=300)["scan-result"] == "Clean"
        head = system.head(bucket, "big.bin")
    result = system.await_results(bucket, "big.bin")[0]

    assert head["ContentLength"] == result["size"] == size
    assert result["sha256"] == digest(path)


def digest(path):
    value = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            value.update(block)
    return value.hexdigest()
