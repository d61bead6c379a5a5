"""An agreement that names custodians, followed by a node under test from its second minute on."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from importlib import resources

from relto.base.canonical import Json
from relto.base.nations import Nation
from relto.rules.bundle import Bundle, reopen_bundle
from relto.rules.manifest import sign_bundle
from relto.rules.training import build_training_bundle
from relto.services import active_bundle
from relto.store.models import AgreementBundle
from tests.support.custodians import bundle_entry
from tests.support.houses import FACILITY, NATIONS, PROGRAMME, START, YEAR, Node, nationhood

LATER = START + timedelta(minutes=1)  # from when the second agreement, with custodians, is in force


@cache
def agreement_with_custodians(nations: tuple[Nation, ...] = NATIONS) -> bytes:
    """The second agreement: the first, and the custodians of these nations."""
    shipped = resources.files("relto.labels").joinpath("data")
    facilities: list[Json] = [{"code": code, "nation": nation} for nation, code in FACILITY.items()]
    parties = {nation: nationhood(nation).as_party() for nation in NATIONS}
    for nation in nations:
        parties[nation]["custodians"] = bundle_entry(nation)
    file = build_training_bundle(
        parties=parties,
        programmes=[{"code": PROGRAMME, "nations": [*NATIONS], "facilities": facilities}],
        schemes={nation: shipped.joinpath(f"{nation.lower()}.json").read_bytes() for nation in NATIONS},
        version=2,
        supersedes=1,
        effective_from=LATER,
        expires=START + YEAR,
    )
    for nation in NATIONS:
        file = sign_bundle(file, nationhood(nation).authority)
    return file


@cache
def opened_with_custodians(nations: tuple[Nation, ...] = NATIONS) -> Bundle:
    pinned = {one: nationhood(one).authority.public for one in NATIONS}
    return reopen_bundle(agreement_with_custodians(nations), authorities=pinned, node_kind="training")


def follow_custodians(node: Node, nations: tuple[Nation, ...] = NATIONS) -> None:
    """The second agreement comes into force."""
    bundle = opened_with_custodians(nations)
    AgreementBundle.objects.create(
        agreement=bundle.agreement,
        version=bundle.version,
        digest=bundle.digest,
        file=agreement_with_custodians(nations),
        effective_from=bundle.effective_from,
        expires=bundle.expires,
        activated_at=node.clock.now(),
    )
    active_bundle.keep(node.house, bundle)
    node.clock.forward(minutes=2)
