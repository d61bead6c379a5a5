"""The weakest wrapping that the agreement allows at a level, held up against the shares of a manifest.

Rules: what is registered at home and what crosses the border have minimums of their own, by level. A share that is
wrapped more weakly refuses the whole manifest, naming level, found and minimum. What a share is wrapped with is read
from the public key that its kid names, never from what the manifest claims; its form must be that algorithm's. Where
the agreement has no minimum for a level, no rule is loaded and nothing is demanded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from relto.base.errors import MalformedInput, Refused, ReltoError
from relto.labels.label import Label
from relto.rules.bundle import Bundle
from relto.rules.facts import LevelCode
from relto.rules.limits import REGISTERED, RELEASED
from relto.sealing.encoding import read_any_base64
from relto.sealing.key_access import KeyAccess
from relto.sealing.keys import key_algorithm
from relto.sealing.manifest import Manifest
from relto.sealing.strength import STRENGTHS, is_at_least, strength_of, type_of
from relto.services.service_keys import USABLE, service_keys
from relto.services.share_places import SharePlace


def check_registered(bundle: Bundle, label: Label, manifest: Manifest) -> None:
    """The shares of a container that the own key service holds alone. Raises Refused("wrapping"), MalformedInput."""
    own = {view.kid: view.algorithm for view in service_keys(purpose="wrapping", states=USABLE)}
    _require(bundle, label, REGISTERED, [_algorithm(share, own) for share in manifest.key_access])


def check_released(bundle: Bundle, label: Label, manifest: Manifest, places: Iterable[SharePlace]) -> None:
    """The shares of a manifest that crosses the border. Raises Refused("wrapping"), MalformedInput."""
    named = {key.kid: key_algorithm(key.pem) for place in places for key in place.keys}
    _require(bundle, label, RELEASED, [_algorithm(share, named) for share in manifest.key_access])


def require_keys(bundle: Bundle, label: Label, places: Iterable[SharePlace]) -> None:
    """The agreement names a key for each share with which a release at this level can be wrapped.

    Asked before a release is decided, so that nobody decides what cannot be sent. Raises Refused("wrapping").
    """
    _require(bundle, label, RELEASED, [place.key().algorithm for place in places])


def _require(bundle: Bundle, label: Label, code: str, algorithms: Iterable[str]) -> None:
    level = LevelCode(label.level.policy_oid, label.level.name)
    minimum = bundle.limits.minimum_wrapping(code, level)
    if minimum is None:
        return
    for algorithm in algorithms:
        if not is_at_least(algorithm, minimum):
            raise Refused("wrapping", field=level.name, found=algorithm, expected=f"{minimum}, or stronger")


def _algorithm(share: KeyAccess, keys: Mapping[str, str]) -> str:
    """The algorithm of the key that a share names; of one without kid, the RSA key of the share's size."""
    try:
        size = len(read_any_base64(share.wrapped_key, field="keyAccess.wrappedKey"))
    except ReltoError as error:
        raise MalformedInput("release.share_form", field="keyAccess.wrappedKey", expected="base64") from error
    sized = (name for name in keys.values() if name.startswith("rsa:") and STRENGTHS[name].size == size)
    found = keys.get(share.kid) or (next(sized, None) if not share.kid else None)
    if found is None:
        raise MalformedInput("release.share_key", field="keyAccess.kid", expected="a key that is known")
    if share.type != type_of(found) or size != strength_of(found).size:
        raise MalformedInput("release.share_form", field="keyAccess", expected=f"a share wrapped with {found}")
    return found
