"""Each kind of content has the verdict that the table in docs/formats/verdicts.md names."""
import pytest
from conftest import NOT_INSTALLED
from made_by_programs import MADE


@pytest.mark.parametrize("name", MADE)
def test_verdict_and_reason(name, results):
    _, verdict, reason = MADE[name]
    result = results[name]
    if isinstance(result, str) and result.startswith(NOT_INSTALLED):
        pytest.skip(result)

    assert not isinstance(result, str), result
    assert (result["result"], result["reason"]) == (verdict, reason), result["message"]
    if reason:
        assert result["message"], "a verdict that is none needs a sentence for people"
