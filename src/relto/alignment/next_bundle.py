"""The next bundle, as it follows from an agreed change: the same bytes on both nodes, unsigned.

Promises: the draft is made from the bundle file that the change names and from the change alone, so whoever holds both
makes the same bytes; the policies follow from the gates as in any draft (`relto.rules.training`); it takes the next
version number, supersedes the one that it changes, and keeps its parties; a draft that would be refused is not made,
and the first fault is named. Who confirmed, proved or signed anything is not judged here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from relto.alignment.bundle_changes import Change, changed_members, changes_between
from relto.alignment.proposals import Proposal
from relto.base.canonical import Json, canonical_bytes, read_object, sha256_hex
from relto.base.errors import Conflict, MalformedInput
from relto.base.instants import Instant, instant_text
from relto.rules.bundle import OPTIONAL, POLICIES
from relto.rules.gates import policy_text, read_gates
from relto.rules.linting import lint
from relto.rules.loosenings import LOOSENINGS
from relto.rules.manifest import read_proposed, unsigned_file
from relto.rules.shapes import read_shape

ENGINE: Final = "manifest.json"
"""A member that no bundle file has: under it a change names the engine that the rules are written for."""
_GATES: Final = "gates.json"
_OF_THE_STATEMENT: Final = frozenset({"type", "version", "files"})


def draft_of(base: bytes, proposal: Proposal) -> bytes:
    """The unsigned bundle that follows from `base`, the file of the bundle that the proposal changes.

    Raises Conflict("proposal.text_only") for a joint text alone, Conflict("proposal.change" or "proposal.test") naming
    the operation, Conflict("proposal.lint") naming the first fault of the draft, with its code as `found`.
    """
    if proposal.effective_from is None or proposal.expires is None:
        raise Conflict("proposal.text_only", field="change", expected="a proposal that changes the agreement")
    body, files = read_proposed(base)
    members = changed_members({**_carried_on(files, proposal), ENGINE: _engine_member(body)}, proposal.change)
    engine = read_object(members.pop(ENGINE, "{}"), field=ENGINE)
    if set(engine) != {"engine"}:
        raise Conflict("proposal.member", field=ENGINE, expected="the engine alone")
    _require_members(files, members)
    if members[_GATES] != files[_GATES]:
        members[POLICIES] = policy_text(read_gates(read_shape(members[_GATES], "gates", field=_GATES)))
    draft = unsigned_file(members, _proposal(body, engine, proposal.effective_from, proposal.expires))
    _require_clean(draft)
    return draft


def changes_of(base: bytes, draft: bytes) -> tuple[Change, ...]:
    """The change by which `draft`, made with the usual tools, follows from `base`; what is derived is left out.

    Raises Conflict("proposal.draft") for a draft between other parties; MalformedInput or NotVerified as
    `rules.manifest.read_proposed`.
    """
    (before, old), (after, new) = read_proposed(base), read_proposed(draft)
    for name in ("agreement", "parties"):
        if before[name] != after[name]:
            raise Conflict("proposal.draft", field=f"manifest.{name}", expected="those of the bundle that it changes")
    engines = {**old, ENGINE: _engine_member(before)}, {**new, ENGINE: _engine_member(after)}
    return changes_between(*({name: one for name, one in side.items() if name != POLICIES} for side in engines))


def unsigned_digest(file: bytes) -> str:
    """The digest that the draft of a bundle file has, signed or not: by which a bundle in force is known again."""
    body, files = read_proposed(file)
    stated = {name: value for name, value in body.items() if name not in _OF_THE_STATEMENT}
    return sha256_hex(unsigned_file(files, stated))


def _carried_on(files: Mapping[str, str], proposal: Proposal) -> dict[str, str]:
    """What the next bundle begins with: all of the base but its consents, unless the change speaks of them.

    A consent is given to what its own bundle changed; carried on, it would name nothing that this draft changes.
    """
    speaks = any(one.member == LOOSENINGS for one in proposal.change)
    return {name: text for name, text in files.items() if speaks or name != LOOSENINGS}


def _engine_member(body: Mapping[str, Json]) -> str:
    return canonical_bytes({"engine": body["engine"]}).decode("utf-8")


def _require_members(files: Mapping[str, str], members: Mapping[str, str]) -> None:
    strange = (files.keys() ^ members.keys()) - OPTIONAL
    if strange:
        expected = "the members of the bundle; only groups and loosenings come and go"
        raise Conflict("proposal.member", field=min(strange), expected=expected)


def _proposal(
    body: Mapping[str, Json], engine: Mapping[str, Json], effective_from: Instant, expires: Instant
) -> dict[str, Json]:
    version = body["bundle_version"]
    if not isinstance(version, int):
        raise MalformedInput("bundle.schema", field="manifest.bundle_version", expected="a whole number")
    stated = {name: value for name, value in body.items() if name not in _OF_THE_STATEMENT}
    return {
        **stated,
        **engine,
        "bundle_version": version + 1,
        "supersedes": version,
        "effective_from": instant_text(effective_from),
        "expires": instant_text(expires),
    }


def _require_clean(draft: bytes) -> None:
    fault = next((one for one in lint(draft) if one.severity == "error"), None)
    if fault is not None:
        place = "/".join(part for part in (fault.file, fault.place) if part)
        raise Conflict("proposal.lint", field=place, found=fault.code, expected=fault.expected)
