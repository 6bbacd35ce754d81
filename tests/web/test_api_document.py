"""Is the OpenAPI document one, does it tell all, and does nothing that it allows or forbids break us? (W5, W6, W9)"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema_rs
import pytest
import schemathesis
from api_asking import Program, quick, token_of
from hypothesis import HealthCheck, given, settings
from openapi_spec_validator import OpenAPIV31SpecValidator, validate
from schemathesis import GenerationMode, checks
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks as by_document

from factories import make_alert, make_match, make_notice, make_profile, make_subscriber
from web import app
from web.api.examples import EXAMPLES
from web.security import HEADERS, LARGEST_BODY

CHECKS = [
    checks.not_a_server_error,
    by_document.status_code_conformance,
    by_document.content_type_conformance,
    by_document.response_headers_conformance,
    by_document.response_schema_conformance,
]
OPERATIONS = {
    ("GET", "/feedback"): None,
    ("GET", "/matches"): "list_matches",
    ("GET", "/notices"): "list_notices",
    ("GET", "/notices/{notice_id}"): "show_notice",
    ("GET", "/profiles"): "list_profiles",
    ("GET", "/profiles/{profile_id}"): "show_profile",
    ("GET", "/thresholds"): "list_thresholds",
    ("POST", "/feedback"): "give_feedback",
    ("POST", "/profiles"): "make_profile",
    ("PUT", "/profiles/{profile_id}"): "change_profile",
    ("DELETE", "/profiles/{profile_id}"): "delete_profile",
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return served_document()


def served_document() -> dict[str, Any]:
    with quick() as client:
        reply = client.get("/api/v1/openapi.json")
    found: dict[str, Any] = reply.json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            yield method.upper(), path, told


def test_the_document_is_openapi_3_1_and_lists_every_operation(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    validate(document, cls=OpenAPIV31SpecValidator)
    assert document["servers"] == [{"url": "/api/v1"}]
    listed = {(method, path): told["operationId"] for method, path, told in operations(document)}
    assert listed == {key: name for key, name in OPERATIONS.items() if name}
    hidden = [one for one in app.API[0].app.routes if not getattr(one, "include_in_schema", True)]  # type: ignore[attr-defined]
    assert [(one.path, one.methods) for one in hidden] == [("/openapi.json", {"GET", "HEAD"})]


def test_everything_is_described(document: dict[str, Any]) -> None:
    silent = [told["operationId"] for _, _, told in operations(document) if len(told.get("description", "")) < 10]
    for _, path, told in operations(document):
        silent += [f"{path} {one['name']}" for one in told.get("parameters", ()) if not one.get("description")]
        assert told["security"] == [{"token": []}]
    for name, schema in document["components"]["schemas"].items():
        silent += [name] if not schema.get("description") and "enum" not in schema and name != "JsonValue" else []
        for field, form in schema.get("properties", {}).items():
            plain = form.get("items", {}).get("$ref") or form.get("$ref")  # what it refers to is described
            silent += [f"{name}.{field}"] if not form.get("description") and not plain and field not in PLAIN else []
    assert silent == []


# Their names say all: our own number, and what others of the same name tell elsewhere.
PLAIN = {"id", "url", "source", "source_id", "stage"}


def test_the_examples_hold(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    shown = 0
    for name, schema in schemas.items():
        whole = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        for example in schema.get("examples", ()):
            jsonschema_rs.validate(whole, example)
            assert set(example) <= set(schema["properties"])
            shown += 1
    assert shown == len(EXAMPLES)


def guarded(reply: httpx.Response) -> bool:
    return all(reply.headers.get_list(name) == [value] for name, value in HEADERS.items())


def test_every_door_asks_for_a_token_and_every_answer_is_guarded(client: httpx.Client) -> None:
    for (method, path), name in OPERATIONS.items():
        reply = client.request(method, f"/api/v1{path.replace('{', '').replace('}', '')}".replace("profile_id", "1"))
        assert (reply.status_code, reply.headers["content-type"]) == (401 if name else 405, "application/problem+json")
        assert guarded(reply)
    unknown = [client.get(f"/api/v1{path}") for path in ("/docs", "/redoc", "/nothing", "/notices/", "")]
    assert [one.status_code for one in unknown] == [404] * 5
    assert all(one.headers["content-type"] == "application/problem+json" and guarded(one) for one in unknown)


@pytest.mark.parametrize("told_length", [True, False])
def test_a_body_over_the_limit_is_refused_in_words(client: httpx.Client, told_length: bool) -> None:
    program = Program(client, token_of(make_subscriber()))
    body = b" " * (LARGEST_BODY + 1)
    reply = program.ask(
        "POST", "/feedback", content=body if told_length else iter([body[:1000], body[1000:]]),
        headers={"content-type": "application/json"},
    )  # fmt: skip
    assert (reply.status_code, reply.json()["detail"]) == (413, "A body of 64 kB is the most that is taken.")


def test_what_no_json_parser_likes_is_refused(client: httpx.Client) -> None:
    program = Program(client, token_of(make_subscriber()))
    for body in (
        b"[" * 60_000,
        b"\xff",
        b'{"alert_id": 1' + b"0" * 6000 + b"}",
        b'{"\\ud800": 1}',
        b"NaN",
        b"",
        b"nul",
    ):
        reply = program.ask("POST", "/feedback", content=body, headers={"content-type": "application/json"})
        assert reply.status_code in {400, 422}, (body[:20], reply.text)
        assert reply.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("examples", [3, pytest.param(150, marks=pytest.mark.prove)])
def test_nothing_that_the_document_allows_or_forbids_breaks_us(client: httpx.Client, examples: int) -> None:
    subscriber = make_subscriber()
    version, kept, spent = make_notice(), make_profile(subscriber), make_profile(subscriber)
    make_match(version, kept)
    make_alert(subscriber, version)
    schema = schemathesis.openapi.from_dict(client.get("/api/v1/openapi.json").json())
    stand = {"notice_id": version.notice_id, "profile_id": spent.id}
    headers = {"Authorization": f"Bearer {token_of(subscriber)}"}
    answered: Counter[int] = Counter()

    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        rows = {one.name: stand[one.name] for one in operation.path_parameters}
        for mode, path in ((GenerationMode.POSITIVE, rows or None), (GenerationMode.NEGATIVE, None)):
            # What stands, so that more than 404 is met.
            cases = operation.as_strategy(generation_mode=mode, path_parameters=path)

            @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
            @given(case=cases)
            def ask(case: schemathesis.Case[Any]) -> None:
                reply = case.call(base_url=f"{client.base_url}/api/v1", headers=headers)
                # What is no HTTP at all uvicorn refuses before we see it, in its own words.
                if reply.content != b"Invalid HTTP request received.":
                    case.validate_response(reply, checks=CHECKS)
                answered[reply.status_code] += 1

            ask()
    print(f"{answered.total()} requests: {dict(sorted(answered.items()))}")
    assert max(answered) < 500
    assert {200, 201, 204, 404, 422} <= set(answered)
