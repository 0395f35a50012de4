"""Each kind of content has the verdict that the table in docs/formats/verdicts.md names."""
import pytest
from conftest import missing_program
from made_by_programs import MADE


@pytest.mark.parametrize("name", MADE)
def test_verdict_and_reason(name, results):
    command, verdict, reason = MADE[name]
    if program := missing_program(command):
        pytest.skip(f"{program} is not installed")

    result = results[name]

    assert not isinstance(result, str), result
    assert (result["result"], result["reason"]) == (verdict, reason), result["message"]
    if reason:
        assert result["message"], "a verdict that is none needs a sentence for people"
