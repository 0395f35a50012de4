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


@pytest.mark.only_on("devcloud", reason="holds uploads in memory several times over")
def test_above_two_gibibytes_through_a_spool_of_one(system):
    """Above the engine's ceiling and larger than the spool: fetched, hashed and scanned in windows."""
    bucket, part = system.protected_bucket(), bytes(256 << 20)
    system.start_agent("--spool-bytes", 1 << 30, "--on-infected", "keep")   # moving so much is test_routes' matter
    system.put(bucket, "part", part)
    upload = {"Bucket": bucket, "Key": "huge.bin"}
    upload["UploadId"] = system.s3.create_multipart_upload(**upload)["UploadId"]
    parts = [{"PartNumber": number, "ETag": system.s3.upload_part_copy(
        **upload, PartNumber=number, CopySource={"Bucket": bucket, "Key": "part"})["CopyPartResult"]["ETag"]}
        for number in range(1, 10)]
    parts.append({"PartNumber": 10, "ETag": system.s3.upload_part(**upload, PartNumber=10, Body=samples.eicar())["ETag"]})

    system.s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    expected = hashlib.sha256()
    for _ in range(9):
        expected.update(part)
    expected.update(samples.eicar())

    assert system.await_verdict(bucket, "huge.bin", seconds=120)["scan-result"] == "Infected"
    result = system.await_results(bucket, "huge.bin")[0]
    assert result["size"] == (9 << 28) + 68
    assert result["sha256"] == expected.hexdigest()


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
