"""The agreement bundle that this node follows now: the effective one of the highest version, verified when read.

An expired bundle is still the active one: it stops cross-border actions by its own gate, and national work goes on
under it. Opened bundles are kept in memory by their digest, which covers every byte that the authorities signed, and
opened anew when an authority stated something: what it confirmed counts from then on.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any

from relto.base.canonical import read_object
from relto.base.errors import Conflict, NotAvailable, ReltoError
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.labels.policy import ClassificationPolicy
from relto.labels.policy_data import load_policy
from relto.rules.bundle import Bundle, reopen_bundle
from relto.rules.confirmations import Confirmations
from relto.rules.gates import GateList
from relto.rules.overlays import combined, open_overlay
from relto.services.authority_trust import signers_of_bundle, trust
from relto.services.house import House
from relto.store.models import AgreementBundle, Facility, NationalOverlay
from relto.store.queries.governing import Governing, governing, newest_statement

_KEPT = 8


@dataclass(frozen=True, slots=True)
class _Kept:
    """An opened bundle, and the newest statement of an authority that it was opened under."""

    statements: int
    bundle: Bundle


_opened: dict[tuple[str, tuple[str, ...], str], _Kept] = {}
_overlaid: dict[tuple[object, ...], tuple[Bundle, Bundle]] = {}


def active(house: House, at: Instant | None = None) -> Bundle:
    """The bundle in force at `at` (or now). Raises Conflict("no_agreement") when none ever became effective."""
    return opened(house, governing(at or house.now()))


def active_or_none(house: House, at: Instant) -> Bundle | None:
    """As `active`; None when none ever became effective."""
    ruling = governing(at)
    return None if ruling.bundle is None else opened(house, ruling)


def opened(house: House, ruling: Governing) -> Bundle:
    """The bundle that governs. Raises as `active`."""
    if ruling.bundle is None:
        raise Conflict("no_agreement", field="bundle", expected="an agreement bundle signed by both authorities")
    known = _opened.get(_key(house, ruling.digest))
    if known is not None and known.statements == ruling.statements:
        return with_overlay(house, known.bundle, ruling.overlay)
    return with_overlay(house, _open(house, AgreementBundle.objects.get(id=ruling.bundle)), ruling.overlay)


def with_overlay(house: House, bundle: Bundle, overlay: str) -> Bundle:
    """The bundle with the nation's own overlay of this digest on it, as it was proved; without one when empty.

    Raises NotAvailable("overlay"), and whatever keeps the two from being put together: then nothing is decided.
    """
    if not overlay:
        return bundle
    place = (*_key(house, bundle.digest), overlay)
    known = _overlaid.get(place)
    if known is not None and known[0] is bundle:
        return known[1]
    row = NationalOverlay.objects.filter(digest=overlay).first()
    if row is None:
        raise NotAvailable("overlay")
    file = bytes(row.file)
    signer = trust(house).signers_of(read_object(file, field="overlay"))[house.nation]
    found = combined(bundle, open_overlay(file, signer, house.nation))
    while len(_overlaid) >= _KEPT:
        _overlaid.pop(next(iter(_overlaid)))
    _overlaid[place] = (bundle, found)
    return found


def for_words(house: House, version: int | None) -> Bundle:
    """The bundle of this version with the rules that overlays added to it: to tell what a rule says, never to decide.

    A rule of an overlay names that overlay's version in its id, so each rule has one text. Raises NotAvailable.
    """
    bundle = bundle_of_version(house, version)
    known = {gate.rule: gate for gate in bundle.gates.gates}
    for digest in NationalOverlay.objects.values_list("digest", flat=True).order_by("version"):
        with suppress(ReltoError):
            found = with_overlay(house, bundle, digest)
            known |= {gate.rule: gate for gate in found.gates.gates if gate.rule not in known}
    return replace(bundle, gates=GateList(tuple(known.values()), bundle.gates.conditions))


def active_row(at: Instant) -> AgreementBundle | None:
    """The stored bundle in force at `at`."""
    return AgreementBundle.objects.filter(effective_from__lte=at).order_by("-version").first()


def active_version(at: Instant) -> int | None:
    """The version of the bundle in force at `at`, without its file."""
    return governing(at).version


def bundle_of_decision(house: House, decision: Mapping[str, Any], at: Instant | None = None) -> Bundle:
    """The bundle that a recorded decision cites, with the overlay that it cites. Raises NotAvailable.

    `decision`: as `Decision.as_dict` wrote it; `at`: as for `bundle_of_version`.
    """
    bundle = bundle_of_version(house, decision["bundle_version"], at)
    return with_overlay(house, bundle, overlay_of_decision(decision))


def overlay_of_decision(decision: Mapping[str, Any]) -> str:
    """The digest of the overlay that a recorded decision cites, "" for none."""
    overlay = decision.get("overlay")
    return "" if overlay is None else str(overlay["digest"])


def bundle_of_version(house: House, version: int | None, at: Instant | None = None) -> Bundle:
    """The bundle of this version as both authorities signed it, without any overlay. Raises NotAvailable.

    `at`: with what the authorities had confirmed by then, so that a replay tells what was known on the day.
    """
    row = AgreementBundle.objects.filter(version=version).first() if version is not None else None
    if row is None:
        raise NotAvailable("bundle")
    bundle = _open(house, row)
    known = trust(house) if at is not None else None
    if known is None or not known.confirmed:
        return bundle
    then = known.confirmations(until=at)
    return bundle if then == bundle.confirmations else replace(bundle, confirmations=then)


def keep(house: House, bundle: Bundle) -> None:
    """Remember a bundle that was just opened under what the authorities have stated so far."""
    key = _key(house, bundle.digest)
    while len(_opened) >= _KEPT and key not in _opened:
        _opened.pop(next(iter(_opened)))
    _opened[key] = _Kept(newest_statement(), bundle)


def _open(house: House, row: AgreementBundle) -> Bundle:
    found = _opened.get(_key(house, row.digest))
    if found is not None and found.statements == newest_statement():
        return found.bundle
    known = trust(house)
    file = bytes(row.file)
    # Rules that were confirmed once keep a live node at work; those whose key is distrusted since say so by `standing`.
    ever = Confirmations(one for _, one in known.confirmed)
    bundle = reopen_bundle(file, authorities=signers_of_bundle(known, file), node_kind=house.kind, confirmations=ever)
    bundle = replace(bundle, confirmations=known.confirmations())
    keep(house, bundle)
    return bundle


def _key(house: House, digest: str) -> tuple[str, tuple[str, ...], str]:
    return digest, tuple(sorted(key.key_id for key in house.authorities.values())), house.kind


def own_policy(house: House) -> ClassificationPolicy:
    """This nation's classification policy: the active bundle's, or before there is any the one shipped with relto."""
    row = active_row(house.now())
    if row is not None:
        return _open(house, row).policies.by_nation(house.nation)
    shipped = resources.files("relto.labels").joinpath("data", f"{house.nation.lower()}.json")
    if not shipped.is_file():
        raise Conflict("no_agreement", field="bundle", expected="an agreement bundle that carries this nation's policy")
    return load_policy(shipped.read_bytes())


def company_programmes(house: House, company: str | None) -> frozenset[str]:
    """The programmes whose agreed list of cleared facilities names a facility of this own company (MIS-22)."""
    return frozenset(code for code, _ in _company_lists(house, company))


def partner_facilities(house: House, company: str | None) -> frozenset[str]:
    """The partners' facilities on the agreed lists that also name a facility of this own company."""
    return frozenset(
        code for _, one in _company_lists(house, company) for code, nation in one.items() if nation != house.nation
    )


def _company_lists(house: House, company: str | None) -> list[tuple[str, Mapping[str, Nation]]]:
    row = active_row(house.now()) if company else None
    if row is None:
        return []
    own = set(Facility.objects.filter(company_id=company).values_list("code", flat=True))
    return [
        (programme.code, programme.facilities)
        for programme in _open(house, row).programmes.values()
        if any(code in own and nation == house.nation for code, nation in programme.facilities.items())
    ]
