"""A training agreement between two nations, with people and an item, for the stories of this folder."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any

from relto.base.canonical import Json
from relto.base.instants import Period
from relto.base.nations import Nation
from relto.labels.audience import Only
from relto.rules.bundle import Bundle, open_bundle
from relto.rules.facts import (
    AuthorisationFacts,
    ConsentFacts,
    DecisionFacts,
    FacilityFacts,
    ItemFacts,
    LevelCode,
    ListingFacts,
    PersonFacts,
    ReleaseFacts,
)
from relto.rules.manifest import sign_bundle
from relto.rules.training import build_training_bundle
from relto.signing.keys import StatementKey, StatementPublicKey

USA, IND, FRA = Nation("USA"), Nation("IND"), Nation("FRA")
POLICY = {USA: "2.999.840.1", IND: "2.999.356.1"}
NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
DAY = timedelta(days=1)
THIS_MONTH = Period(NOW - 10 * DAY, NOW + 20 * DAY)
PROGRAMME = "MONSOON-LARK"
ITEM = "itm_aaaaaaaaaaaaaaaaaaaaaaaa"
FACILITY = {USA: "USA-F001", IND: "IND-F001"}
FRENCH_FACILITY = "FRA-F001"


@cache
def authority(nation: str) -> StatementKey:
    """The statement key of a nation's authority, the same in every run."""
    return StatementKey.from_seeds(
        f"authority.{nation.lower()}", nation.encode() * 10 + b"AU", nation.encode() * 10 + b"BU"
    )


def authorities() -> dict[Nation, StatementPublicKey]:
    """The pinned keys of both authorities."""
    return {nation: authority(nation).public for nation in (USA, IND)}


def schemes() -> dict[Nation, bytes]:
    """The classification policies that ship with the labels room."""
    data = resources.files("relto.labels").joinpath("data")
    return {nation: data.joinpath(f"{nation.lower()}.json").read_bytes() for nation in (USA, IND)}


def party(nation: Nation) -> dict[str, Json]:
    """One party's entry in parties.json."""
    host = f"https://{nation.lower()}.localhost"
    return {
        "authority_keys": [dict[str, Json](authority(nation).public.as_dict())],
        "node_keys": [dict[str, Json](authority(nation).public.as_dict())],
        "link_ca_fingerprints": ["0" * 64],
        "kas_url": f"{host}/kas",
        "relay_url": f"{host}/relay",
        "kas_keys": [{"kid": "r1", "algorithm": "rsa:2048", "pem": "-----BEGIN PUBLIC KEY-----"}],
        "log": {"origin": f"{nation.lower()}.localhost/ledger", "vkeys": [f"{nation.lower()}+00000000+AQ=="]},
        "witness_vkeys": [f"witness.{nation.lower()}+00000000+AQ=="],
        "cosigner_vkeys": [f"{nation.lower()}.localhost/cosigner+00000000+AQ=="],
    }


def unsigned(version: int = 1, supersedes: int | None = None, **changes: Any) -> bytes:
    """An unsigned training bundle."""
    parts: dict[str, Any] = {
        "parties": {nation: party(nation) for nation in (USA, IND)},
        "programmes": [
            {
                "code": PROGRAMME,
                "nations": ["IND", "USA"],
                "facilities": [{"code": FACILITY[nation], "nation": nation} for nation in (USA, IND)],
            }
        ],
        "schemes": schemes(),
        "effective_from": NOW - 30 * DAY,
        "expires": NOW + 300 * DAY,
    }
    return build_training_bundle(version=version, supersedes=supersedes, **{**parts, **changes})


def signed(data: bytes) -> bytes:
    """The bundle with both authorities' signatures."""
    return sign_bundle(sign_bundle(data, authority(USA)), authority(IND))


@cache
def bundle() -> Bundle:
    """The opened training bundle."""
    return open_bundle(signed(unsigned()), authorities=authorities(), at=NOW, active_version=None, node_kind="training")


def level(nation: Nation, name: str) -> LevelCode:
    """A level of a nation's policy."""
    return LevelCode(POLICY.get(nation, "2.999.250.1"), name)


def case(action: str, origin: Nation = USA, recipient: Nation = IND) -> DecisionFacts:
    """All gates hold: `origin` owns a SECRET item of the programme, an engineer of `recipient` needs it.

    Of a retransfer: `recipient` holds it, and a facility of France is to have it.
    """
    if action == "retransfer":
        return onward_case(origin, recipient)
    item = ItemFacts(
        item=ITEM,
        owners=frozenset({origin}),
        level=level(origin, "SECRET"),
        audience=Only(frozenset({USA, IND})),
        caveats=frozenset({"example/CAVEAT"}),
        programme=PROGRAMME,
        export_controlled=True,
        physical=True,
        registered=True,
    )
    facility = FacilityFacts(
        code=FACILITY[recipient],
        nation=recipient,
        level=level(recipient, "SECRET"),
        safeguarding=level(recipient, "SECRET"),
        valid=THIS_MONTH,
        status_at=NOW - timedelta(hours=3),
        suspended=False,
    )
    engineer = PersonFacts(
        pseudonym="psn_engineer",
        nation=recipient,
        facility=facility.code,
        level=level(recipient, "SECRET"),
        caveats=item.caveats,
        valid=THIS_MONTH,
        status_at=NOW - timedelta(hours=3),
        programmes=frozenset({PROGRAMME}),
        suspended=False,
    )
    state = {"release": "proposed", "accept": "released", "open": "accepted", "supply_share": "released"}[action]
    return DecisionFacts(
        node=recipient if action in ("accept", "open") else origin,
        item=item,
        facility=facility,
        people=(engineer,),
        releaser=origin,
        channel="link",
        authorisations=(
            AuthorisationFacts("disclosure", "DA-1", recipient, None, PROGRAMME, THIS_MONTH),
            AuthorisationFacts("export", "EA-1", recipient, ITEM, None, THIS_MONTH),
        ),
        listings=(ListingFacts(engineer.pseudonym, ITEM, "rsn_1", THIS_MONTH),),
        release=ReleaseFacts("rel_1", ITEM, recipient, facility.code, "live", state, THIS_MONTH),  # type: ignore[arg-type]
    )


def onward_case(origin: Nation = USA, holder: Nation = IND) -> DecisionFacts:
    """All gates hold: `holder` passes on to France what `origin` marked for France too, and consents to."""
    facts, code = case("open", origin, holder), FRENCH_FACILITY
    return replace(
        facts,
        item=replace(facts.item, audience=Only(frozenset({USA, IND, FRA}))),
        facility=FacilityFacts(code, FRA, None, None, None, None, suspended=False),
        people=(),
        releaser=holder,
        channel=None,
        authorisations=(
            AuthorisationFacts("disclosure", "DA-2", FRA, None, PROGRAMME, THIS_MONTH),
            AuthorisationFacts("export", "EA-2", FRA, ITEM, None, THIS_MONTH),
        ),
        consents=(ConsentFacts("TPR-1", origin, ITEM, FRA, code, THIS_MONTH),),
    )


def home_case(nation: Nation = USA) -> DecisionFacts:
    """An engineer opens her own nation's item at home: no release, no partner."""
    facts = case("open", nation, nation)
    return DecisionFacts(nation, facts.item, facts.facility, facts.people, nation, listings=facts.listings)
