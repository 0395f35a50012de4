"""What the console answers is what api/openapi.yaml says: the statuses of each operation, and their documents.

`src/console/api_contract_test.cc` compares operations and parameters; here the answers of a running console are judged.
"""
import json
import pathlib

import jsonschema
import pytest
import yaml
from test_console_people import PASSWORD, Browser, admin, console  # noqa: F401 (fixtures)

pytestmark = pytest.mark.only_on("devcloud", reason="the console speaks to one queue, once is enough")
CONTRACT = yaml.safe_load((pathlib.Path(__file__).parents[2] / "api" / "openapi.yaml").read_text(encoding="utf-8"))


class Judged:
    """Asks as a browser does, and compares each answer with the contract."""

    def __init__(self, browser):
        self.browser, self.seen = browser, set()

    def ask(self, expected, method, path, body=None, query="", **arguments):
        status, text = self.browser.ask(method, path.format(**arguments) + query, body)
        assert status == expected, (method, path, status, text)
        answer = CONTRACT["paths"][path][method.lower()]["responses"][str(status)]
        if "$ref" in answer:
            answer = CONTRACT["components"]["responses"][answer["$ref"].rsplit("/", 1)[1]]
        self.seen.add((method.lower(), path))
        [(media, content)] = answer.get("content", {"": None}).items()
        if content is None:
            assert text == ""
            return None
        schema = content["schema"]
        if media == "application/jsonl":   # OpenAPI has no words for it: one record a line.
            text, schema = f"[{','.join(text.splitlines())}]", {"items": {"$ref": "#/components/schemas/AuditRecord"}}
        jsonschema.validate(json.loads(text), {**schema, "components": CONTRACT["components"]},
                            cls=jsonschema.Draft202012Validator)
        return json.loads(text)


def test_what_it_answers_about_people_is_the_contract(admin, console):  # noqa: F811
    me, nobody = Judged(admin), Judged(Browser(console))
    me.ask(200, "GET", "/api/v1/setup")
    nobody.ask(401, "POST", "/api/v1/setup", {"token": "x", "name": "eve", "password": PASSWORD})
    nobody.ask(400, "POST", "/api/v1/setup", {})
    me.ask(200, "GET", "/api/v1/session")
    nobody.ask(401, "GET", "/api/v1/session")
    nobody.ask(401, "POST", "/api/v1/session", {"name": "ada", "password": "x"})

    invitation = me.ask(201, "POST", "/api/v1/people", {"name": "bob", "role": "viewer"})["invitation"]
    me.ask(409, "POST", "/api/v1/people", {"name": "bob", "role": "viewer"})
    me.ask(200, "GET", "/api/v1/people")
    me.ask(200, "PATCH", "/api/v1/people/{name}", {"role": "operator"}, name="bob")
    me.ask(404, "PATCH", "/api/v1/people/{name}", {"role": "operator"}, name="eve")
    me.ask(409, "PATCH", "/api/v1/people/{name}", {"role": "viewer"}, name="ada")
    nobody.ask(200, "POST", "/api/v1/session/invitation", {"invitation": invitation, "password": PASSWORD})
    bob = Judged(Browser(console))
    assert bob.browser.sign_in("bob") == 200
    bob.ask(403, "GET", "/api/v1/people")
    me.ask(200, "POST", "/api/v1/people/{name}/reset", name="bob")
    me.ask(204, "DELETE", "/api/v1/people/{name}/codes", name="bob")
    me.ask(204, "DELETE", "/api/v1/people/{name}", name="bob")

    me.ask(200, "POST", "/api/v1/session/codes", {"password": PASSWORD})
    me.ask(400, "POST", "/api/v1/session/codes/confirm", {"code": "x"})
    me.ask(204, "POST", "/api/v1/session/codes/remove", {"password": PASSWORD})
    me.ask(201, "POST", "/api/v1/tokens", {"name": "ci", "role": "viewer"})
    me.ask(200, "GET", "/api/v1/tokens")
    me.ask(204, "DELETE", "/api/v1/tokens/{name}", name="ci")
    me.ask(200, "GET", "/api/v1/audit", query="?limit=3")
    me.ask(200, "GET", "/api/v1/audit/export")
    admin.csrf = me.ask(200, "PUT", "/api/v1/session/password", {"current": PASSWORD, "password": "another good one"})["csrf"]
    me.ask(204, "DELETE", "/api/v1/session")

    seen = me.seen | nobody.seen
    tags = {"session", "people", "tokens", "audit"}
    assert seen == {(method, path) for path, operations in CONTRACT["paths"].items()
                    for method, operation in operations.items() if tags & set(operation["tags"])}
