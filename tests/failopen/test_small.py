"""One named case for each way in which scanners call bytes clean that they did not look at."""
import pytest
import small_cases


@pytest.mark.parametrize("name", small_cases.CASES)
def test_verdict_and_reason(name, scan, sample):
    make, verdict, reason = small_cases.CASES[name]
    content = make()
    sample.write_bytes(content)

    result = scan(sample)

    assert (result["result"], result["reason"]) == (verdict, reason), result["message"]
    assert result["size"] == len(content)
    if reason:
        assert result["message"], "a verdict that is none needs a sentence for people"
