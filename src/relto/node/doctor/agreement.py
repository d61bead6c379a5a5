"""The agreement bundle as the node would follow it now: whole, confirmed, in its time, with keys that are here."""

from __future__ import annotations

from collections.abc import Iterator

from relto.adapters.key_service_http import KeyServiceHttp
from relto.adapters.system import SystemEntropy
from relto.base.errors import Refused, ReltoError
from relto.base.instants import Instant, instant_text
from relto.base.nations import Nation
from relto.node.doctor.case import SOON, Case, kept_blobs
from relto.node.doctor.troubles import Trouble
from relto.node.keys import INNER_SECRET, node_statement_key
from relto.node.party import pinned_partners, read_party
from relto.rules.bundle import Bundle
from relto.rules.limits import REGISTERED, RELEASED
from relto.sealing.strength import is_at_least, strongest
from relto.services.house import House, NodeUrls
from relto.signing.keys import StatementPublicKey
from relto.store.committer import DirectCommitter


class _Stopped:
    """The present instant, asked once."""

    def __init__(self, now: Instant) -> None:
        self._now = now

    def now(self) -> Instant:
        return self._now


def look_at_agreement(case: Case) -> Iterator[Trouble]:
    """The bundle in force, opened and verified as the node does it."""
    from relto.services import active_bundle  # noqa: PLC0415  tables need a started Django
    from relto.store.queries.governing import governing  # noqa: PLC0415  likewise

    house, now = _house(case), case.now()
    if house is None:  # another look says why
        return
    ruling = governing(now)
    if ruling.bundle is None:
        if house.kind == "live":
            yield Trouble("no_agreement", "bundle", "an agreement bundle signed by both authorities", "none")
        return
    thing = f"bundle {ruling.version}"
    try:
        bundle = active_bundle.opened(house, ruling)
    except Refused as error:
        code = "bundle_unconfirmed" if error.reason == "bundle.unconfirmed" else "bundle_unreadable"
        yield Trouble(code, thing, error.expected or "a bundle that this node accepts", error.found or error.full_code)
        return
    except ReltoError as error:
        expected = error.expected or "a bundle that verifies under the pinned authorities"
        yield Trouble("bundle_unreadable", thing, expected, error.full_code)
        return
    case.bundle = bundle
    if now >= bundle.expires:
        yield Trouble("bundle_expired", thing, f"in force at {instant_text(now)}", instant_text(bundle.expires))
    elif bundle.expires - now < SOON:
        yield Trouble("bundle_ends_soon", thing, "30 days or more ahead", f"ends {instant_text(bundle.expires)}")
    yield from _keys(bundle, house.nation)


def _keys(bundle: Bundle, nation: Nation) -> Iterator[Trouble]:
    """Keys of this node that are strong enough for each level, and of which the partner knows by the bundle."""
    from relto.services.service_keys import service_keys  # noqa: PLC0415  tables need a started Django

    own = {view.kid: view.algorithm for view in service_keys(purpose="wrapping")}
    party = bundle.parties.get(nation)
    named = {key.kid for key in party.kas_keys} if party is not None else set()
    shared = {kid: algorithm for kid, algorithm in own.items() if kid in named}
    if own and not shared:
        yield Trouble(
            "bundle_key_unknown", f"bundle {bundle.version}", "a key that is active here", f"{len(named)} others"
        )
        return
    for code, keys in ((REGISTERED, own), (RELEASED, shared)):
        for minimum in sorted(set(_minimums(bundle, code))):
            if keys and not any(is_at_least(algorithm, minimum) for algorithm in keys.values()):
                yield Trouble("wrapping_unavailable", code, minimum, strongest(keys.values()))


def _minimums(bundle: Bundle, code: str) -> Iterator[str]:
    from relto.rules.limits import LevelWrapping  # noqa: PLC0415  with the function that needs it

    value = bundle.limits.limit(code).value if code in bundle.limits else ()
    for one in value if isinstance(value, tuple) else ():
        if isinstance(one, LevelWrapping):
            yield one.wrapping


def _house(case: Case) -> House | None:
    """As much of the node as opening a bundle takes; None when its keys or records could not be read."""
    settings, secrets, blobs = case.settings, case.secrets, kept_blobs(case)
    if settings is None or secrets is None or blobs is None:
        return None
    authorities: dict[Nation, StatementPublicKey] = {}
    try:
        own = read_party(case.folder.party_file.read_bytes())
        authorities = {own.nation: own.authority, **{one.nation: one.authority for one in pinned_partners(case.folder)}}
    except (OSError, ReltoError):
        return None
    return House(
        nation=settings.nation,
        kind=settings.kind,
        ledger_origin=settings.ledger_origin,
        urls=NodeUrls(settings.urls.portal, settings.urls.key_service, settings.urls.relay),
        clock=_Stopped(case.now()),
        entropy=SystemEntropy(),
        blobs=blobs,
        committer=DirectCommitter(),
        node_key=node_statement_key(secrets, settings),
        authorities=authorities,
        key_service=KeyServiceHttp("http://127.0.0.1:1", secrets.unseal(INNER_SECRET).hex()),
        partners={},
    )
