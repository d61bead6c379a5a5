"""The forms that requests take: strict, bounded, closed. What a text means is checked by the service that takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from relto.base.canonical import Json
from relto.base.errors import UnknownValue
from relto.base.nations import Nation, read_nation

Code = Annotated[str, Field(min_length=1, max_length=64)]
Level = Annotated[str, Field(max_length=64)]
NationCode = Annotated[str, Field(min_length=3, max_length=3, examples=["IND"])]
Id = Annotated[str, Field(min_length=1, max_length=32)]
Text = Annotated[str, Field(min_length=1, max_length=500)]
Reason = Annotated[str, Field(min_length=1, max_length=2000)]
Moment = Annotated[
    str, Field(max_length=32, examples=["2026-11-22T14:15:00Z"], json_schema_extra={"format": "date-time"})
]
# Of a path or a query: an OpenAPI parameter has examples of another form than a member of a body.
AskedMoment = Annotated[str, Field(max_length=32, json_schema_extra={"format": "date-time"})]
AskedNation = Annotated[str, Field(min_length=3, max_length=3)]
BundleNumber = Annotated[int, Field(ge=0, le=2**31 - 1, description="A version of the agreement bundle.")]
Counts = Annotated[dict[Level, int], Field(max_length=128)]
Names = Annotated[list[Level], Field(max_length=32)]
NationCodes = Annotated[list[NationCode], Field(min_length=1, max_length=32)]


class Form(BaseModel):
    """A request body: no member that is not named, no value of another type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class CheckForm(Form):
    """What the sealer states of the check of the document's markings; the node has only her word for it.

    The record as `relto seal` makes it: codes and counts, no text of the document. With faults a reason is due.
    """

    outcome: Literal["clean", "faults", "not_fully_read", "not_checked"]
    why: Level = Field("", description="Of what was not checked: the code of the reason.")
    checker: int = Field(0, ge=0, description="Version of the checker; 0 when none ran.")
    faults: Counts = Field(default_factory=dict, description="How often each fault was found, by its code.")
    not_read: Counts = Field(default_factory=dict, description="How often each kind of thing was not read.")
    findings_sha256: Level = Field("", description="SHA-256 of the canonical findings, in hexadecimal.")
    reason: Annotated[str, Field(max_length=2000)] = Field("", description="Why it is sealed despite faults.")


class LabelForm(Form):
    """What protection an item needs: nothing of it is guessed, so level and audience must be given."""

    nation: NationCode | None = Field(None, description="The own nation; its policy says what the level means.")
    level: Level = Field(description="Name of a level in the own nation's policy.")
    audience: Literal["everyone"] | NationCodes = Field(description="Everyone, or exactly these nations.")
    caveats: Names = Field(default_factory=list)
    owners: NationCodes | None = Field(
        None, description="The two nations that own a joint item, the own one included; left out: the own one alone."
    )

    def stated(self, own: Nation) -> Mapping[str, Json]:
        """The label as services take it. Raises UnknownValue for another nation's policy."""
        if self.nation is not None and read_nation(self.nation, field="label.nation") != own:
            raise UnknownValue("label.policy", field="label.nation", found=self.nation, expected=own)
        audience: Json = self.audience if isinstance(self.audience, str) else [*self.audience]
        joint: Mapping[str, Json] = {} if self.owners is None else {"owners": [*self.owners]}
        return {"level": self.level, "audience": audience, "caveats": [*self.caveats], **joint}
