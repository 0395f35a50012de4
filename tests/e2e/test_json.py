"""`--json`: one document per line, each with its schema, and nothing else on standard output."""
import re

from harness import samples


def test_each_line_says_its_schema(system, bucket):
    system.send_event("no json")
    agent = system.start_agent()
    system.put(bucket, "bad", samples.eicar())
    system.await_quarantine(bucket, "bad")
    agent.terminate()
    settings = system.folder / "settings.toml"
    settings.write_text("schema = 1\n", encoding="utf-8")
    seen = set()
    for command in (["bucket", "protect", bucket], ["bucket", "status", bucket], ["bucket", "list"], ["bucket", "regions"],
                    ["doctor", "--no-engine"], ["settings", "validate", settings], ["settings", "apply", settings],
                    ["settings", "get"], ["dead", "list"], ["sweep", "--grace", "0s", "--bucket", bucket],
                    ["sweep", "status", "--bucket", bucket], ["quarantine", "list"], ["iam", "agent", "--bucket", bucket],
                    ["verdict", f"s3://{bucket}/bad"], ["signatures", "brake"],
                    ["bucket", "watch", "--tag", f"none={system.deployment}", "--once"], ["dead", "drop", "--all"],
                    ["bucket", "unprotect", bucket]):
        done = system.run(*command, "--json")
        for line in done.json_lines():
            assert re.fullmatch(r"cordon\.[a-z-]+/[1-9]", line["schema"]), (command, line)
            seen.add(line["schema"])
    assert {"cordon.provision-report/1", "cordon.region/1", "cordon.finding/1", "cordon.dead-letter/1", "cordon.quarantine/1",
            "cordon.sweep-report/1", "cordon.iam-policy/1"} <= seen
