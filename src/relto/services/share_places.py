"""Which shares a manifest has that crosses the border: whose key service holds each, and where its readers ask for it.

Rules (design.md 2): live, two shares under two split ids: one at the readers' own key service, the other nation's
behind the readers' own relay. Transferred, one share, at the readers' own key service. No share has alternatives, each
is wrapped for a key that the agreement names, and both addresses are of the readers' own node.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from relto.base.errors import Conflict, MalformedInput
from relto.base.nations import Nation
from relto.rules.bundle import Bundle
from relto.rules.parties import Party, ServiceKey
from relto.sealing.manifest import Manifest
from relto.sealing.strength import strongest
from relto.services.item_view import TRANSFERRED


@dataclass(frozen=True, slots=True)
class SharePlace:
    """One share: the nation whose key service holds it, the origin its readers ask, the keys it may be wrapped for."""

    nation: Nation
    url: str
    keys: tuple[ServiceKey, ...]

    def key(self, held: Collection[str] | None = None) -> ServiceKey:
        """The key to wrap for: the strongest, of equals the first; `held`: only one of these. Raises Conflict."""
        usable = [key for key in self.keys if held is None or key.kid in held]
        best = strongest(key.algorithm for key in usable)
        chosen = next((key for key in usable if key.algorithm == best), None)
        if chosen is None:
            raise Conflict(
                "service_key", field="kas_keys", found=self.nation, expected="a service key in the agreement"
            )
        return chosen


def share_places(bundle: Bundle, *, readers: Nation, other: Nation, mode: str) -> tuple[SharePlace, ...]:
    """The shares of a manifest that serves the people of `readers`; the first is their own key service's.

    Raises Conflict("no_party") when the agreement does not name both nations.
    """
    own, partner = _party(bundle, readers), _party(bundle, other)
    at_home = SharePlace(readers, own.kas_url, own.kas_keys)
    if mode == TRANSFERRED:
        return (at_home,)
    return (at_home, SharePlace(other, own.relay_url, partner.kas_keys))


def check_shares(manifest: Manifest, places: tuple[SharePlace, ...]) -> None:
    """The manifest has exactly these shares. Raises MalformedInput("release.shares" or "release.share_key")."""
    expected = {place.url.rstrip("/"): {key.kid for key in place.keys} for place in places}
    urls = [share.url.rstrip("/") for share in manifest.key_access]
    split_ids = {share.sid for share in manifest.key_access}
    if sorted(urls) != sorted(expected) or len(split_ids) != len(urls):
        raise MalformedInput(
            "release.shares",
            field="keyAccess",
            expected="two shares: the own key service's and, by the own relay, the other nation's"
            if len(places) > 1
            else "one share, the own key service's",
        )
    for share, url in zip(manifest.key_access, urls, strict=True):
        if share.kid not in expected[url]:
            raise MalformedInput("release.share_key", field="keyAccess.kid", expected="a service key of the agreement")


def _party(bundle: Bundle, nation: Nation) -> Party:
    found = bundle.parties.get(nation)
    if found is None:
        raise Conflict("no_party", field="nation", found=nation, expected="a party of the agreement in force")
    return found
