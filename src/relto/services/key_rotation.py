"""Retiring and destroying wrapping keys: the operator's verbs, each with its entry; making is `create_service_keys`.

Rules: a key is active, then retired, then destroyed. A retired key wraps nothing new and goes on unwrapping; a
destroyed one is gone, and so is everything that only it unwraps. Retiring is refused while the agreement in force needs
the key, which is when it names no other active key of this nation as strong: until a bundle names the new key,
releases are wrapped for the old one. An operator who must stop that at once says so, and releases then wait for the
next bundle.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from relto.adapters.sealed_keys import SecretsFolder
from relto.base.canonical import Json
from relto.base.errors import Conflict, NotAvailable, ReltoError
from relto.ledger.leaves import LeafEvent
from relto.ports.key_store import KeyStore
from relto.sealing.manifest import parse_manifest
from relto.sealing.strength import is_at_least
from relto.services import active_bundle
from relto.services.book import enter
from relto.services.house import House
from relto.services.service_keys import ServiceKeyView, place_of, secret_name, service_keys
from relto.store.models import Manifest, ServiceKey


@dataclass(frozen=True, slots=True)
class KeyUse:
    """One wrapping key as its operator sees it.

    `place`: file, token, or absent when its sealed half is gone; `in_agreement`: the bundle in force names it;
    `manifests`: how many registered manifests have a share wrapped for it; of an RSA key also those that name no key,
    for which each RSA key is tried.
    """

    key: ServiceKeyView
    place: str
    in_agreement: bool
    manifests: int


def keys_in_use(house: House, secrets: SecretsFolder) -> list[KeyUse]:
    """Every wrapping key that is not destroyed, newest first."""
    named = _named_in_agreement(house)
    counts = _manifests_by_kid()
    return [
        KeyUse(view, _place(secrets, view.kid), view.kid in named, _needing(counts, view.kid, view.algorithm))
        for view in service_keys(purpose="wrapping", states=("active", "retired"))
    ]


def retire_key(house: House, kid: str, *, at_once: bool = False) -> None:
    """Let a key wrap nothing new. Raises NotAvailable("key"), Conflict("key_state", "key_needed").

    `at_once`: although the agreement in force needs it, or it is the last active one of its algorithm.
    """

    def step() -> None:
        row = _locked(kid, "active")
        if not at_once:
            _require_successor(house, row)
        row.state = "retired"
        row.save(update_fields=["state"])
        _enter(house, LeafEvent.KEY_RETIRED, row, {"at_once": at_once})

    house.commit(step)


def destroy_key(
    house: House, secrets: SecretsFolder, kid: str, *, key_store: KeyStore | None = None, lose: bool = False
) -> None:
    """Destroy a retired key for good. Raises NotAvailable("key"), Conflict("key_state", "key_in_use").

    `lose`: although registered manifests have shares wrapped for it, which nobody can open any more. The entry is
    durable before the private half goes; a destruction that was interrupted is finished by asking again.
    """
    row = ServiceKey.objects.filter(kid=kid, purpose="wrapping").first()
    if row is None:
        raise NotAvailable("key", field="kid")
    place, reference = ("absent", "")
    if secret_name(kid) in secrets.names():
        place, reference = place_of(secrets, kid)
    if place == "token" and key_store is None:
        raise Conflict("key_store", field="key_store", found=kid, expected="the token that holds this key")

    def step() -> None:
        current = _locked(kid, "retired", "destroyed")
        lost = _needing(_manifests_by_kid(), kid, current.algorithm)
        if lost and not lose:
            raise Conflict("key_in_use", field="kid", found=lost, expected="no registered manifest wrapped for it")
        if current.state == "retired":
            current.state = "destroyed"
            current.save(update_fields=["state"])
            _enter(house, LeafEvent.KEY_DESTROYED, current, {"manifests": lost})

    house.commit(step)
    if key_store is not None and reference:
        key_store.destroy(reference)
    secrets.destroy(secret_name(kid))


def _locked(kid: str, *states: str) -> ServiceKey:
    row = ServiceKey.objects.select_for_update().filter(kid=kid, purpose="wrapping").first()
    if row is None:
        raise NotAvailable("key", field="kid")
    if row.state not in states:
        raise Conflict("key_state", field="kid", found=row.state, expected=" or ".join(states))
    return row


def _require_successor(house: House, row: ServiceKey) -> None:
    others = {view.kid: view.algorithm for view in service_keys(purpose="wrapping") if view.kid != row.kid}
    if row.algorithm not in others.values():
        raise Conflict("key_needed", field="kid", found=row.algorithm, expected="another active key of this algorithm")
    named = _named_in_agreement(house)
    if row.kid in named and not any(
        kid in named and is_at_least(algorithm, row.algorithm) for kid, algorithm in others.items()
    ):
        raise Conflict(
            "key_needed",
            field="kid",
            found=row.kid,
            expected="a bundle in force that names another active key as strong",
        )


def _named_in_agreement(house: House) -> set[str]:
    """The kids of this nation that the bundle in force names; none without an agreement."""
    try:
        party = active_bundle.active(house).parties.get(house.nation)
    except Conflict:
        return set()
    return {key.kid for key in party.kas_keys} if party is not None else set()


def _manifests_by_kid() -> dict[str, int]:
    counts: dict[str, int] = {}
    for content in Manifest.objects.filter(withdrawn_at=None).values_list("content", flat=True).iterator():
        try:
            kids = {share.kid for share in parse_manifest(bytes(content)).key_access}
        except ReltoError:
            continue
        for kid in kids:
            counts[kid] = counts.get(kid, 0) + 1
    return counts


def _needing(counts: Mapping[str, int], kid: str, algorithm: str) -> int:
    """How many manifests may need this key. A share without a kid does not say which RSA key it needs."""
    return counts.get(kid, 0) + (counts.get("", 0) if algorithm.startswith("rsa:") else 0)


def _place(secrets: SecretsFolder, kid: str) -> str:
    try:
        return place_of(secrets, kid)[0]
    except ReltoError:
        return "absent"


def _enter(house: House, event: LeafEvent, row: ServiceKey, details: dict[str, Json]) -> None:
    said: dict[str, Json] = {"purpose": row.purpose, "algorithm": row.algorithm, **details}
    enter(house, event, actor=house.nation, subject=row.kid, details=said, at=house.now())
