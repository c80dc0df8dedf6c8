"""The schema as a page to read: ours, since Swagger UI and Redoc need styles that the policy refuses."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

METHODS = ("get", "post", "put", "patch", "delete")
Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter or a field of a body. `depth` counts what it stands in."""

    name: str
    kind: str
    is_required: bool
    text: str
    depth: int = 0
    place: str = ""  # path, query or header


@dataclass(frozen=True, slots=True)
class Answer:
    status: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    name: str
    method: str
    path: str
    text: str
    needs_token: bool
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    answers: tuple[Answer, ...]


@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    return render(request, "shop/api_reference.html", {"groups": groups(), "errors": error_fields()})


@cache
def groups() -> dict[str, list[Operation]]:
    """Operations by the first part of their path, in the order of the paths."""
    found: dict[str, list[Operation]] = defaultdict(list)
    for path, methods in document()["paths"].items():
        for method in METHODS:
            if method in methods:
                found[path.removeprefix("/api/v1/").split("/")[0]].append(
                    operation(path, method, methods[method])
                )
    return dict(found)


@cache
def error_fields() -> tuple[Field, ...]:
    return tuple(fields_of({"$ref": "#/components/schemas/Error"}))


@cache
def document() -> Schema:
    generated: Schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return generated


def operation(path: str, method: str, told: Schema) -> Operation:
    return Operation(
        name=told["operationId"],
        method=method.upper(),
        path=path,
        text=told.get("description", ""),
        needs_token={} not in told.get("security", ()),
        parameters=tuple(
            Field(
                row["name"], kind_of(row["schema"]), row.get("required", False),
                row.get("description", "") or row["schema"].get("description", ""), place=row["in"],
            )
            for row in told.get("parameters", ())
        ),
        body=tuple(fields_of(content_of(told.get("requestBody", {})))),
        answers=tuple(
            Answer(status, tuple(fields_of(content_of(answer))))
            for status, answer in told["responses"].items()
            if status != "default"
        ),
    )  # fmt: skip


def content_of(told: Schema) -> Schema:
    schema: Schema = told.get("content", {}).get("application/json", {}).get("schema", {})
    return schema


def fields_of(schema: Schema, depth: int = 0) -> Iterator[Field]:
    """The fields of an object or of a list's rows, each followed by what stands in it."""
    whole = resolved(schema)
    if whole.get("type") == "array":
        yield from fields_of(whole["items"], depth)
    for name, inner in whole.get("properties", {}).items():
        is_required = name in whole.get("required", ()) and not resolved(inner).get("nullable")
        text = inner.get("description", "") or resolved(inner).get("description", "")
        yield Field(name, kind_of(inner), is_required, text, depth)
        yield from fields_of(inner, depth + 1)


def kind_of(schema: Schema) -> str:
    """`string`, `integer or null`, `list of object`, or the values that there are."""
    whole = resolved(schema)
    if values := whole.get("enum"):
        kind = " | ".join(str(value) for value in values)
    elif whole.get("type") == "array":
        kind = f"list of {kind_of(whole['items'])}"
    else:
        kind = whole.get("format") or whole.get("type", "object")
    return f"{kind} or null" if whole.get("nullable") else kind


def resolved(schema: Schema) -> Schema:
    """What a reference leads to, with what stands beside it."""
    inner = schema.get("allOf", [schema])[0] if "allOf" in schema else schema
    if "$ref" in inner:
        named = document()["components"]["schemas"][inner["$ref"].rsplit("/", 1)[1]]
        return {**named, **{key: value for key, value in schema.items() if key not in ("$ref", "allOf")}}
    return schema
