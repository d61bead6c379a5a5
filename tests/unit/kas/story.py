"""An engineer of the programme with an own item, and another that a partner nation released to her."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import timedelta

from joserfc import jwt
from joserfc.jwk import ECKey

from relto.base.canonical import sha256_hex
from relto.base.errors import Unreachable
from relto.base.nations import Nation
from relto.labels.audience import Only
from relto.labels.label import Label, label_as_dict
from relto.ports.partners import LinkAnswer
from relto.procedures.actors import Actor, Role
from relto.sealing.key_access import KeyAccess
from relto.sealing.manifest import build_manifest
from relto.sealing.policy import build_policy, read_policy
from relto.sealing.registration import manifest_fingerprint
from relto.sealing.rewrap import build_rewrap_request
from relto.sealing.shares import split
from relto.sealing.wrapping import SessionKey, unwrap_share, wrap_for_session, wrap_share
from relto.services import active_bundle
from relto.services.actors import actor_of_person
from relto.services.opening_message import OpeningAnswer, OpeningRequest, read_request, write_answer
from relto.services.service_keys import current_wrapping_key
from relto.store.models import (
    Arrival,
    Assurance,
    Company,
    Facility,
    Item,
    Membership,
    Person,
    Programme,
    ReleaseReader,
    RoleGrant,
)
from relto.store.models import Manifest as RegisteredManifest
from tests.unit.services_kas.agreement import IND, INDIAN_KEY, PROGRAMME, node_key
from tests.unit.services_kas.node import ATTRIBUTES, START, USA, Node, Sealed, register, seal

YEAR = timedelta(days=365)
_SIGNER = ECKey.generate_key("P-256")


@dataclass
class Partner:
    """The Indian node as it looks from the link: it checks what it is asked, and answers as the test tells it."""

    node: Node
    policy: str = ""
    share: KeyAccess | None = None
    refusal: str = ""
    reachable: bool = True
    asked: list[OpeningRequest] = field(default_factory=list)

    def request_share(self, envelope: bytes) -> LinkAnswer:
        if not self.reachable:
            raise Unreachable("link")
        own = self.node.house.node_key.public
        request = read_request(envelope, sender=USA, recipient=IND, trusted=[own])
        self.asked.append(request)
        answer = OpeningAnswer(b"", None, self.refusal)
        if not self.refusal:
            assert self.share is not None
            share = unwrap_share(self.share, INDIAN_KEY, self.policy)
            wrapped = wrap_for_session(share, request.session_key)
            answer = OpeningAnswer(wrapped.wrapped, wrapped.session_public_key_pem, "")
        key = node_key("IND")
        return LinkAnswer(200, write_answer(answer, request_sha256=sha256_hex(envelope), key=key))


def people(node: Node) -> None:
    """A cleared company, its facility, and the programme."""
    company = Company.objects.create(code="USA-C001", title="Contractor", kind="private")
    Facility.objects.create(
        code="USA-F001",
        company=company,
        level="SECRET",
        safeguarding_level="SECRET",
        valid_from=START - YEAR,
        valid_until=START + YEAR,
    )
    Programme.objects.create(code=PROGRAMME, title="Monsoon Lark", started_at=START - YEAR)
    for subject_kind, subject in (("facility", "USA-F001"),):
        vouch(node, subject_kind, subject)


def vouch(node: Node, subject_kind: str, subject: str) -> None:
    """The own authority's assurance, given to the partner."""
    Assurance.objects.create(
        id=node.house.new_id("asr"),
        direction="given",
        issuer="USA",
        recipient="IND",
        subject_kind=subject_kind,
        subject=subject,
        facility="USA-F001",
        level="SECRET",
        safeguarding_level="SECRET",
        valid_from=START - YEAR,
        valid_until=START + YEAR,
        status="valid",
        status_at=START,
        statement=b"",
    )


def engineer(node: Node, *, member: bool = True) -> Actor:
    """A cleared engineer, a member of the programme or not."""
    person = Person.objects.create(
        id=node.house.new_id("prs"),
        name="Jordan Reyes",
        company_id="USA-C001",
        facility_id="USA-F001",
        clearance_level="SECRET",
        valid_from=START - YEAR,
        valid_until=START + YEAR,
    )
    RoleGrant.objects.create(person=person, role=Role.ENGINEER.value, granted_at=START)
    vouch(node, "person", person.id)
    if member:
        Membership.objects.create(programme_id=PROGRAMME, person=person, reason="guidance work", since=START - YEAR)
    return actor_of_person(node.house, person.id)


def label(node: Node, owner: Nation) -> dict[str, object]:
    """SECRET, REL TO USA, IND of this owner."""
    policy = active_bundle.active(node.house).policies.by_nation(owner)
    return dict(
        label_as_dict(
            Label(
                policy=policy.identity,
                owner=(owner,),
                level=policy.level("SECRET"),
                release=Only(frozenset({USA, IND})),
                caveats=frozenset(),
                created=START,
                originator_id=f"urn:relto:{owner.lower()}:c001",
                review_by=START + YEAR,
            )
        )
    )


def own_item(node: Node, *, algorithm: str = "ec:secp256r1") -> tuple[Item, Sealed]:
    """A registered item of the own company."""
    sealed = seal(node, algorithm=algorithm)
    item = register(node, sealed)
    Item.objects.filter(id=item.id).update(company_id="USA-C001", programme=PROGRAMME, label=label(node, USA))
    return item, sealed


def received_item(node: Node, partner: Partner, reader: Actor) -> tuple[Item, Sealed]:
    """An Indian item, released to the facility and accepted: one share at home, one at the partner's."""
    original = seal(node)
    policy = build_policy(str(uuid.uuid4()), ATTRIBUTES)
    own = current_wrapping_key("ec:secp256r1")
    shares = split(original.key, 2, node.house.entropy.random_bytes)
    keys = (
        (own.public_pem, own.kid, node.house.urls.key_service, "USA"),
        (active_bundle.active(node.house).parties[IND].kas_keys[0].pem, "ind-ec-1", node.house.urls.relay, "IND"),
    )
    key_access = [
        wrap_share(
            share,
            public_key_pem=pem,
            kid=kid,
            url=url,
            sid=sid,
            policy_text=policy,
            random=node.house.entropy.random_bytes,
        )
        for share, (pem, kid, url, sid) in zip(shares, keys, strict=True)
    ]
    partner.policy, partner.share = policy, key_access[1]
    sealed = Sealed(original.key, build_manifest(policy, key_access, original.manifest.integrity))
    item = register(node, sealed, kind="received")
    Item.objects.filter(id=item.id).update(
        originator="IND", held_as="received", state="held", programme=PROGRAMME, label=label(node, IND)
    )
    arrival = Arrival.objects.create(
        id=node.house.new_id("arr"),
        release="rel_" + "a" * 24,
        number="REL-2026-0001",
        sender="IND",
        item=item,
        manifest=RegisteredManifest.objects.get(item=item),
        facility="USA-F001",
        purpose="joint programme",
        mode="live",
        message="msg_" + "a" * 24,
        state="accepted",
        arrived_at=START,
        decided_at=START,
    )
    ReleaseReader.objects.create(arrival=arrival, pseudonym=reader.person, reason="guidance work")
    assert manifest_fingerprint(sealed.manifest).uuid == read_policy(policy).uuid
    return item, sealed


def request_body(node: Node, key_access: dict[int, KeyAccess], policy: str, session: SessionKey) -> dict[str, str]:
    """A rewrap request as the clients send it."""
    return signed(node, dict(build_rewrap_request(key_access, policy, session.public_pem)))


def signed(node: Node, unsigned: dict[str, object]) -> dict[str, str]:
    """An unsigned request inside a request token."""
    now = int(node.clock.now().timestamp())
    claims = {"requestBody": json.dumps(unsigned), "iat": now - 5, "exp": now + 60}
    return {"signedRequestToken": jwt.encode({"alg": "ES256"}, claims, _SIGNER)}
