"""A whole node for unit tests: real store, real keys, real rules and its real key service, a clock that the test moves.

The agreement and the keys are made once for each process, because making them takes longer than most tests.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey

from relto.adapters.system import SystemEntropy
from relto.base.canonical import Json, sha256_hex
from relto.base.nations import Nation
from relto.ports.partners import PartnerLink
from relto.procedures.actors import Actor, Role
from relto.rules.bundle import Bundle, open_bundle
from relto.rules.manifest import sign_bundle
from relto.rules.training import build_training_bundle
from relto.sealing.keys import generate_service_key, load_private_key, public_key_of
from relto.services import active_bundle, assurances, organisation, programmes
from relto.services.actors import actor_of_person
from relto.services.house import House, NodeUrls
from relto.services.service_keys import KeyRing
from relto.services.share_release import OwnKeyService
from relto.signing.keys import StatementKey
from relto.store.committer import DirectCommitter
from relto.store.fields import use_field_key
from relto.store.models import AgreementBundle, Person, RoleGrant, ServiceKey
from tests.support.blobs_of_tests import blobs_in
from tests.support.proving import ProverHere

START = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
USA, IND = Nation("USA"), Nation("IND")
NATIONS = (IND, USA)
PROGRAMME, OTHER_PROGRAMME = "MONSOON-LARK", "GRANITE-FINCH"
FACILITY = {USA: "USA-F014", IND: "IND-F007"}
COMPANY = {USA: "USA-C014", IND: "IND-C007"}
YEAR = timedelta(days=365)
WRAPPING = "hpqt:secp384r1-mlkem1024"


@dataclass
class MovableClock:
    """Stands still until the test moves it."""

    moment: datetime = START

    def now(self) -> datetime:
        return self.moment

    def forward(self, **by: float) -> None:
        self.moment += timedelta(**by)


@dataclass(frozen=True)
class Nationhood:
    """What makes a nation's node itself: its keys and addresses."""

    nation: Nation
    authority: StatementKey
    node: StatementKey
    kid: str
    service_key: str
    urls: NodeUrls

    def as_party(self) -> dict[str, Json]:
        name = self.nation.lower()
        return {
            "authority_keys": [dict(self.authority.public.as_dict())],
            "node_keys": [dict(self.node.public.as_dict())],
            "link_ca_fingerprints": [sha256_hex(name.encode())],
            "link_url": f"https://{name}.localhost:8103",
            "kas_url": self.urls.key_service,
            "relay_url": self.urls.relay,
            "kas_keys": [{"kid": self.kid, "algorithm": WRAPPING, "pem": public_key_of(self.service_key)}],
            "log": {"origin": f"{name}.localhost/ledger", "vkeys": [f"{name}.localhost/ledger+01234567+AAAA"]},
            "witness_vkeys": [f"{name}.localhost/witness+01234567+AAAA"],
            "cosigner_vkeys": [f"{name}.localhost/cosigner+01234567+AAAA"],
        }


@cache
def nationhood(nation: Nation) -> Nationhood:
    name, seed = nation.lower(), bytes([len(nation) + NATIONS.index(nation)])

    def key(kind: str, number: int) -> StatementKey:
        return StatementKey.from_seeds(
            f"{nation}/{kind}", seed * 31 + bytes([number]), seed * 31 + bytes([100 + number])
        )

    return Nationhood(
        nation=nation,
        authority=key("authority", 1),
        node=key("node", 2),
        kid=f"{name}-1",
        service_key=generate_service_key(WRAPPING),
        urls=NodeUrls(*(f"http://{name}.localhost:{port}" for port in (8100, 8101, 8102))),
    )


@cache
def agreement(
    version: int = 1, signers: tuple[Nation, ...] = NATIONS, start: datetime = START - timedelta(days=1)
) -> bytes:
    """A training agreement of both nations, signed by `signers`; MONSOON-LARK lists one facility each."""
    return signed_by(drafted(version, start), signers)


def drafted(version: int = 1, start: datetime = START - timedelta(days=1), **changes: Any) -> bytes:
    """The same unsigned; `changes` as `build_training_bundle` takes them."""
    shipped = resources.files("relto.labels").joinpath("data")
    facilities: list[Json] = [{"code": code, "nation": nation} for nation, code in FACILITY.items()]
    return build_training_bundle(
        parties={nation: nationhood(nation).as_party() for nation in NATIONS},
        programmes=[{"code": PROGRAMME, "nations": [*NATIONS], "facilities": facilities}],
        schemes={nation: shipped.joinpath(f"{nation.lower()}.json").read_bytes() for nation in NATIONS},
        version=version,
        supersedes=version - 1 or None,
        effective_from=start,
        expires=START + YEAR,
        **changes,
    )


def signed_by(file: bytes, signers: tuple[Nation, ...] = NATIONS) -> bytes:
    """The draft with these authorities' signatures."""
    for nation in signers:
        file = sign_bundle(file, nationhood(nation).authority)
    return file


@dataclass
class Node:
    """One node under test, with its people by the role they play in the story."""

    house: House
    clock: MovableClock
    people: dict[str, str] = field(default_factory=dict)

    def actor(self, who: str) -> Actor:
        """The person as she stands now."""
        return actor_of_person(self.house, self.people[who])

    def add(self, who: str, *roles: Role, company: str | None = None, facility: str | None = None) -> Actor:
        """A person cleared to SECRET."""
        view = organisation.add_person(
            self.house,
            self.actor("registrar"),
            name=f"Name of {who}",
            company=company,
            facility=facility,
            clearance_level="SECRET",
            valid_from=START - YEAR,
            valid_until=START + YEAR,
            roles=roles,
        )
        self.people[who] = view.pseudonym
        return self.actor(who)


def make_house(folder: Path, nation: Nation, links: dict[Nation, PartnerLink] | None = None) -> Node:
    """An empty node: keys, blob store, key service; nobody works there yet."""
    use_field_key(bytes(32))
    own = nationhood(nation)
    clock = MovableClock()
    token = ECKey.generate_key("P-256")
    keyring = KeyRing({own.kid: (WRAPPING, load_private_key(own.service_key))}, "token-1", token)
    ServiceKey.objects.create(
        kid=own.kid,
        purpose="wrapping",
        algorithm=WRAPPING,
        public_pem=public_key_of(own.service_key),
        state="active",
        created_at=clock.now(),
    )
    key_service = OwnKeyService(keyring)
    house = House(
        nation=nation,
        kind="training",
        ledger_origin=f"{nation.lower()}.localhost/ledger",
        urls=own.urls,
        clock=clock,
        entropy=SystemEntropy(),
        blobs=blobs_in(folder / "blobs"),
        committer=DirectCommitter(),
        node_key=own.node,
        authorities={one: nationhood(one).authority.public for one in NATIONS},
        key_service=key_service,
        partners=links or {},
        prover=ProverHere(),
    )
    key_service.attend(house)
    return Node(house, clock)


def staffed_house(folder: Path, nation: Nation, links: dict[Nation, PartnerLink] | None = None) -> Node:
    """A node at work: agreement in force, one company with a facility, a programme, and people of every role."""
    node = make_house(folder, nation, links)
    house = node.house
    first = organisation.bootstrap(house, operator_name="First operator", registrar_name="First registrar")
    node.people |= {"operator": first.operator, "registrar": first.registrar}
    registrar = node.actor("registrar")
    for role in (Role.CO_CHAIR, Role.RELEASE_OFFICER, Role.INSPECTOR):
        view = organisation.add_person(house, registrar, name=f"Name of {role}", roles=[role])
        node.people[str(role)] = view.pseudonym
    follow(node)
    company, facility = COMPANY[nation], FACILITY[nation]
    add_company(node, company, facility)
    programmes.register_programme(house, registrar, code=PROGRAMME, title="A joint programme")
    node.add("engineer", Role.ENGINEER, company=company, facility=facility)
    node.add("colleague", Role.ENGINEER, company=company, facility=facility)
    node.add("security_officer", Role.SECURITY_OFFICER, company=company, facility=facility)
    for who in ("engineer", "security_officer"):
        programmes.assign_member(house, registrar, programme=PROGRAMME, person=node.people[who], reason="works on it")
    return node


@cache
def opened() -> Bundle:
    """The agreement, checked once: its generated cases take longer than most tests."""
    pinned = {one: nationhood(one).authority.public for one in NATIONS}
    return open_bundle(agreement(), authorities=pinned, at=START, active_version=None, node_kind="training")


def follow(node: Node) -> None:
    """The agreement in force, as `services.bundles.submit_bundle` leaves it."""
    bundle = opened()
    AgreementBundle.objects.create(
        agreement=bundle.agreement,
        version=bundle.version,
        digest=bundle.digest,
        file=agreement(),
        effective_from=bundle.effective_from,
        expires=bundle.expires,
        activated_at=node.clock.now(),
    )
    active_bundle.keep(node.house, bundle)


def add_company(node: Node, company: str, facility: str, safeguarding_level: str = "SECRET") -> None:
    """A company with one facility cleared to SECRET."""
    registrar = node.actor("registrar")
    organisation.register_company(node.house, registrar, code=company, title="A company", kind="private")
    organisation.register_facility(
        node.house,
        registrar,
        code=facility,
        company=company,
        level="SECRET",
        safeguarding_level=safeguarding_level,
        valid_from=START - YEAR,
        valid_until=START + YEAR,
    )


def vouch(node: Node, recipient: Nation, *people: str) -> None:
    """The registrar gives assurances on the facility and on these people."""
    give = {"recipient": recipient, "valid_until": START + YEAR / 2}
    registrar, house = node.actor("registrar"), node.house
    facility = FACILITY[house.nation]
    assurances.give_assurance(house, registrar, subject_kind="facility", subject=facility, **give)  # type: ignore[arg-type]
    for who in people:
        assurances.give_assurance(house, registrar, subject_kind="person", subject=node.people[who], **give)  # type: ignore[arg-type]


def set_role(node: Node, who: str, role: Role) -> None:
    """A role given past the registrar, for what-if tests."""
    RoleGrant.objects.create(person=Person.objects.get(id=node.people[who]), role=role, granted_at=node.clock.now())
