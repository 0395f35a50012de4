"""The newest JavaScript SDK, by tests that are written with it."""
import re


def test_the_sdk_of_javascript(node, client):
    folder, program = node
    printed = client(program, "--test", "--test-reporter=tap", "sdk.test.mjs", cwd=folder)
    counts = {name: int(count) for name, count in re.findall(r"^# (\w+) (\d+)$", printed, re.MULTILINE)}
    assert counts["pass"] == counts["tests"] > 1, printed
