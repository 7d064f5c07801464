"""``careweave schema``: the JSON Schema of the documents, drawn from the records themselves."""

import json
from enum import StrEnum
from typing import Annotated, Any

import typer
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from pathways import timing
from pathways.model import Pathway
from pathways.plan import Plan
from pathways.record import Record
from pathways.scenario import ScenarioDocument


class Kind(StrEnum):
    """The documents that have a schema."""

    SCENARIO = "scenario"
    PLAN = "plan"
    PATHWAY = "pathway"


_RECORDS: dict[Kind, type[Record]] = {
    Kind.SCENARIO: ScenarioDocument,
    Kind.PLAN: Plan,
    Kind.PATHWAY: Pathway,
}


class _AsWritten(GenerateJsonSchema):
    """Defaults as a document would write them: times of day are held as minutes."""

    def default_schema(self, schema: Any) -> JsonSchemaValue:
        drawn = super().default_schema(schema)
        if drawn.get("type") == "string" and isinstance(drawn.get("default"), int):
            drawn["default"] = timing.clock_text(drawn["default"])
        return drawn


def schema_of(kind: Kind) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a kind of document, by the keys that documents use.

    It says what a document may look like; what must hold between its parts, such as ids that
    exist, is said when the document is read.
    """
    drawn = _RECORDS[kind].model_json_schema(by_alias=True, schema_generator=_AsWritten)
    drawn["title"] = kind.value.capitalize()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **drawn}


def schema(kind: Annotated[Kind, typer.Argument(help="The kind of document.")]) -> None:
    """Print the JSON Schema of a scenario, a plan or a pathway.

    A pathway is one of the planning contract, as a scenario carries it. What a pathway of the
    library holds beyond that, the reference page of pathways tells.
    """
    typer.echo(json.dumps(schema_of(kind), indent=2, ensure_ascii=False))
