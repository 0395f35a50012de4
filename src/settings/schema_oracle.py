#!/usr/bin/python3
"""An independent judge of the settings' JSON Schema: schema_oracle.py SCHEMA FILE..

Prints one line a file: "accepted NAME" or "refused NAME". TOML is read by Python's own tomllib. Exit 77: there is no
python3-jsonschema here.
"""
import json
import pathlib
import sys
import tomllib

try:
    import jsonschema
except ImportError:
    print("python3-jsonschema is not installed")
    sys.exit(77)


def document(path):
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        return json.loads(text)
    # JSON has no times: they are the texts that they are written as.
    return json.loads(json.dumps(tomllib.loads(text), default=lambda time: time.isoformat()))


def main():
    schema = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    judge = jsonschema.Draft202012Validator(schema)
    for path in map(pathlib.Path, sys.argv[2:]):
        print("accepted" if judge.is_valid(document(path)) else "refused", path.name)


if __name__ == "__main__":
    main()
