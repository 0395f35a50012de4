"""What api/openapi.yaml says of an answer of the console."""
import functools
import pathlib
import re

import jsonschema
import yaml

FILE = pathlib.Path(__file__).resolve().parents[3] / "api" / "openapi.yaml"


@functools.cache
def contract():
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))


def operation_of(method, path):
    """The operation of a path without its query; the one with the fewest variables wins."""
    def fits(template):
        return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path)
    found = sorted((template.count("{"), template) for template in contract()["paths"] if fits(template))
    assert found, f"{path} is not in the contract"
    return contract()["paths"][found[0][1]][method.lower()]


def check(method, path, status, document):
    """Whether this status is one of the operation's, and its document as the contract says."""
    answers = operation_of(method, path)["responses"]
    assert str(status) in answers, f"{method} {path}: {status} is not in the contract"
    answer = answers[str(status)]
    if "$ref" in answer:
        answer = contract()["components"]["responses"][answer["$ref"].rsplit("/", 1)[1]]
    for media in answer.get("content", {}).values():
        schema = {"components": contract()["components"]} | media["schema"]
        jsonschema.Draft202012Validator(schema).validate(document)
