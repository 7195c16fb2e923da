"""Whether bodies and events are valid: by a published JSON Schema, and by the types of a vendor's own package."""

import json
from typing import Annotated, get_args, get_origin

from jsonschema import Draft202012Validator
from pydantic import BaseModel, TypeAdapter, ValidationError

from server import ROOT

# The number of valid and invalid bodies.
counted = {True: 0, False: 0}


class Schema:
    """The schemas of one document of Tests/Fixtures/openai."""

    def __init__(self, document):
        self.components = json.loads((ROOT / "Tests/Fixtures/openai" / document).read_text())["components"]
        self.validators = {}

    def faults(self, name, body):
        """The violations of the schema by a body; any JSON is valid for None."""
        if name is None:
            return []
        if name not in self.validators:
            self.validators[name] = Draft202012Validator(
                {"$ref": f"#/components/schemas/{name}", "components": self.components})
        return [
            f"not a {name}: {error.json_path}: {error.message[:200]}"
            for error in self.validators[name].iter_errors(body)]


class PackageType:
    """A type of a package whose members are checked strictly, and which has no others.

    `known` has the members that servers send though the package does not declare them, as (type, name).
    """

    def __init__(self, kind, known=frozenset()):
        self.adapter, self.known = TypeAdapter(kind), known
        self.name = getattr(kind, "__name__", str(kind))

    def faults(self, text):
        try:
            value = self.adapter.validate_json(text, strict=True)
        except ValidationError as error:
            return [f"not a {self.name}: {'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:8]]
        return [f"{self.name} has no {where}" for where in undeclared(value, self.known)]


def undeclared(value, known, path="$"):
    """The paths of the members that the types of a value do not declare."""
    if isinstance(value, BaseModel):
        for name in value.model_extra or {}:
            if (type(value).__name__, name) not in known:
                yield f"{path}.{name}"
        for name in value.model_fields_set:
            yield from undeclared(getattr(value, name, None), known, f"{path}.{name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from undeclared(item, known, f"{path}[{index}]")


def members_by_type(union):
    """The types of a union of events by the value of their `type`."""
    inner = get_args(union)[0] if get_origin(union) is Annotated else union
    return {get_args(kind.model_fields["type"].annotation)[0]: kind for kind in get_args(inner)}


def counting(faults):
    """The faults of one body, which is counted."""
    found = list(faults)
    counted[not found] += 1
    return found
