"""Further versions of the training agreement of tests/support/houses.py: with other keys, limits, dates or files."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from importlib import resources
from typing import Any

from relto.base.canonical import Json, canonical_bytes, sha256_hex
from relto.base.nations import Nation
from relto.rules.builtin import package_data
from relto.rules.bundle import Bundle, open_bundle
from relto.rules.manifest import sign_bundle
from relto.rules.training import build_training_bundle
from relto.services import active_bundle
from relto.services.authority_trust import refuse_retired_signers, trust
from relto.signing.keys import StatementKey
from relto.store.models import AgreementBundle
from tests.support.houses import FACILITY, IND, NATIONS, PROGRAMME, START, USA, YEAR, Node, nationhood

Edit = Callable[[dict[str, Any]], object]


def authority(nation: Nation, number: int = 1) -> StatementKey:
    """The keys of a nation's authority, by number: 1 is the one that is pinned."""
    if number == 1:
        return nationhood(nation).authority
    seed = bytes([NATIONS.index(nation) + 1]) * 31
    return StatementKey.from_seeds(f"{nation}/authority", seed + bytes([number]), seed + bytes([100 + number]))


def limits(**durations: int) -> dict[str, Any]:
    """The training limits and these more, each in hours."""
    found: dict[str, Any] = json.loads(package_data("limits.json"))
    for code, hours in durations.items():
        found["limits"][code] = {
            "value": hours,
            "unit": "hour",
            "source": "a test",
            "citation": None,
            "evidence": "unverified",
            "confirmed": False,
        }
    return found


def draft(version: int, keys: Mapping[Nation, StatementKey] | None = None, **changes: Any) -> bytes:
    """An unsigned version of the agreement, whose parties name these keys of their authorities."""
    shipped = resources.files("relto.labels").joinpath("data")
    named = keys or {nation: authority(nation) for nation in NATIONS}
    facilities: list[Json] = [{"code": code, "nation": nation} for nation, code in FACILITY.items()]
    parts: dict[str, Any] = {
        "parties": {
            nation: {**nationhood(nation).as_party(), "authority_keys": [dict(named[nation].public.as_dict())]}
            for nation in NATIONS
        },
        "programmes": [{"code": PROGRAMME, "nations": [*NATIONS], "facilities": facilities}],
        "schemes": {nation: shipped.joinpath(f"{nation.lower()}.json").read_bytes() for nation in NATIONS},
        "supersedes": version - 1 or None,
        "effective_from": START - timedelta(days=1),
        "expires": START + YEAR,
    }
    return build_training_bundle(version=version, **{**parts, **changes})


def signed_by(file: bytes, *keys: StatementKey) -> bytes:
    """The file with these signatures added."""
    for key in keys:
        file = sign_bundle(file, key)
    return file


def version_of(version: int, *, usa: int = 1, ind: int = 1, **changes: Any) -> bytes:
    """A version named and signed by these keys of both authorities."""
    keys = {USA: authority(USA, usa), IND: authority(IND, ind)}
    return signed_by(draft(version, keys, **changes), *keys.values())


def edited(file: bytes, name: str, edit: Edit | str) -> bytes:
    """A draft with one of its files edited, or replaced by a text; its manifest names the new one."""
    members = json.loads(file)
    text = edit if isinstance(edit, str) else _edited(members["files"].get(name, "{}"), edit)
    members["files"][name] = text
    members["proposal"]["files"][name] = sha256_hex(text.encode("utf-8"))
    return canonical_bytes(members)


def _edited(text: str, edit: Edit) -> str:
    content = json.loads(text)
    edit(content)
    return canonical_bytes(content).decode("utf-8")


def restated(file: bytes, **members: Json) -> bytes:
    """A draft whose manifest says something else."""
    content = json.loads(file)
    content["proposal"] |= members
    return canonical_bytes(content)


def place(node: Node, file: bytes) -> Bundle:
    """Follow a bundle as `services.bundles.submit_bundle` does after every check but the proof, which takes seconds."""
    house, now = node.house, node.clock.now()
    known = trust(house)
    refuse_retired_signers(known, file, now)
    last = AgreementBundle.objects.order_by("-version").first()
    bundle = open_bundle(
        file,
        authorities=known.current(now),
        at=now,
        active_version=None if last is None else last.version,
        node_kind=house.kind,
        confirmations=known.confirmations(),
    )
    AgreementBundle.objects.create(
        agreement=bundle.agreement,
        version=bundle.version,
        digest=bundle.digest,
        file=file,
        effective_from=bundle.effective_from,
        expires=bundle.expires,
        activated_at=now,
    )
    active_bundle.keep(house, bundle)
    return bundle


def at(days: float) -> datetime:
    """An instant so many days after the story begins."""
    return START + timedelta(days=days)
