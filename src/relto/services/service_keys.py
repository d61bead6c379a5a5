"""The keys of the key service and of the token issuer: made here, public halves in the store, private halves sealed.

Rules: a private half exists in the clear only in the memory of the process that loaded a `KeyRing` (the key service),
or not at all, when a token holds it; it never enters the database, a log or an error. New seals use the newest active
key of an algorithm; retired keys go on unwrapping, destroyed ones do not. What was made, retired or destroyed
meanwhile is known to a running key service within two seconds. What went wrong with a share is never told: unknown
key, failed unwrapping and failed binding are one error. An object without a kid, as clients write that were given
none, is tried with every RSA key.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.jwk import ECKey

from relto.adapters.sealed_keys import SecretsFolder
from relto.base.errors import MalformedInput, Misconfigured, NotAvailable, NotVerified, ReltoError
from relto.base.instants import Instant
from relto.ledger.leaves import LeafEvent
from relto.ports.key_store import KeyStore
from relto.sealing.key_access import KeyAccess
from relto.sealing.keys import generate_service_key, key_fingerprint, load_private_key, public_key_of
from relto.sealing.outside_keys import HolderKey
from relto.sealing.strength import strongest, type_of
from relto.sealing.wrapping import unwrap_share
from relto.services.book import enter
from relto.services.house import House
from relto.store.models import ServiceKey

Purpose = Literal["wrapping", "token"]
Place = Literal["file", "token"]
TOKEN_ALGORITHM = "ES256"  # noqa: S105  an algorithm's name
FIRST_KEYS: tuple[tuple[Purpose, str], ...] = (
    ("wrapping", "rsa:2048"),
    ("wrapping", "ec:secp256r1"),
    ("wrapping", "hpqt:secp384r1-mlkem1024"),
    ("token", TOKEN_ALGORITHM),
)
USABLE = ("active", "retired")
_IN_TOKEN = b"pkcs11:"
_LOOK_SECONDS = 2.0
_LOOK_FOR_UNKNOWN_SECONDS = 0.2
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ServiceKeyView:
    """The public half of a key: its identifier, what it is for, its algorithm, PEM (SPKI), state and age."""

    kid: str
    purpose: str
    algorithm: str
    public_pem: str
    state: str
    created_at: Instant


def create_service_keys(
    house: House,
    secrets: SecretsFolder,
    *,
    wanted: Sequence[tuple[Purpose, str]] = FIRST_KEYS,
    key_store: KeyStore | None = None,
) -> tuple[ServiceKeyView, ...]:
    """Make keys of these purposes and algorithms, for set-up and rotation by the operator's command.

    `key_store`: the token that holds the private halves it can hold; the others, and all without it, are sealed files.
    The private halves are kept first: a key that the store names can always be loaded. Raises UnknownValue for an
    algorithm that is not in the platform's table, Unreachable when the token does not answer.
    """
    now = house.now()
    views = tuple(_make(house, secrets, purpose, algorithm, now, key_store) for purpose, algorithm in wanted)

    def step() -> tuple[ServiceKeyView, ...]:
        for view in views:
            ServiceKey.objects.create(
                kid=view.kid,
                purpose=view.purpose,
                algorithm=view.algorithm,
                public_pem=view.public_pem,
                state=view.state,
                created_at=view.created_at,
            )
            enter(
                house,
                LeafEvent.KEY_CREATED,
                actor=house.nation,
                subject=view.kid,
                details={"purpose": view.purpose, "algorithm": view.algorithm},
                links={"public_key": key_fingerprint(view.public_pem)},
                at=now,
            )
        return views

    return house.commit(step)


def _make(  # noqa: PLR0917  what one key is made of
    house: House,
    secrets: SecretsFolder,
    purpose: Purpose,
    algorithm: str,
    now: Instant,
    key_store: KeyStore | None,
) -> ServiceKeyView:
    if purpose == "token" and algorithm != TOKEN_ALGORITHM:
        raise MalformedInput("key.algorithm", field="algorithm", found=algorithm, expected=TOKEN_ALGORITHM)

    def kid_of(public_pem: str) -> str:
        return f"{house.nation.lower()}-{algorithm.lower().replace(':', '-')}-{key_fingerprint(public_pem)[:12]}"

    if purpose == "wrapping" and key_store is not None and key_store.can_hold(algorithm):
        made = key_store.generate(algorithm, kid_of)
        secrets.seal(secret_name(made.kid), made.reference.encode("ascii"))
        return ServiceKeyView(made.kid, purpose, algorithm, made.public_pem, "active", now)
    private_pem = generate_service_key("ec:secp256r1" if purpose == "token" else algorithm)
    public_pem = public_key_of(private_pem)
    kid = kid_of(public_pem)
    secrets.seal(secret_name(kid), private_pem.encode("ascii"))
    return ServiceKeyView(kid, purpose, algorithm, public_pem, "active", now)


def secret_name(kid: str) -> str:
    """The name under which the private half of a key is sealed."""
    return f"service-key.{kid}"


def place_of(secrets: SecretsFolder, kid: str) -> tuple[Place, str]:
    """Where the private half of a key lives, and its reference when that is a token. Raises NotAvailable, NotVerified.

    The reference is sealed like a key, so nobody can put another one in its place.
    """
    kept = secrets.unseal(secret_name(kid))
    return ("token", kept.decode("ascii")) if kept.startswith(_IN_TOKEN) else ("file", "")


def service_keys(*, purpose: Purpose, states: Iterable[str] = ("active",)) -> tuple[ServiceKeyView, ...]:
    """Public halves, newest first. They are public: no scope applies."""
    rows = ServiceKey.objects.filter(purpose=purpose, state__in=list(states)).order_by("-created_at", "kid")
    return tuple(
        ServiceKeyView(row.kid, row.purpose, row.algorithm, row.public_pem, row.state, row.created_at) for row in rows
    )


def current_wrapping_key(algorithm: str) -> ServiceKeyView:
    """The newest active wrapping key of an algorithm. Raises NotAvailable("algorithm")."""
    for key in service_keys(purpose="wrapping"):
        if key.algorithm == algorithm:
            return key
    raise NotAvailable("algorithm", field="algorithm", expected="an algorithm that this key service has a key for")


def strongest_wrapping_key() -> ServiceKeyView:
    """The newest active key of the strongest algorithm that there is one of. Raises NotAvailable("algorithm")."""
    return current_wrapping_key(strongest(key.algorithm for key in service_keys(purpose="wrapping")))


def token_key_set() -> dict[str, Any]:
    """The JWK set (RFC 7517) that verifies this node's tokens, retired keys included."""
    members = []
    for key in service_keys(purpose="token", states=USABLE):
        public = ECKey.import_key(key.public_pem, {"kid": key.kid, "use": "sig", "alg": TOKEN_ALGORITHM})
        members.append(public.as_dict(private=False))
    return {"keys": members}


@dataclass(frozen=True, slots=True, repr=False)
class _Held:
    """What a ring holds at one moment; `known`: the rows it was loaded from."""

    wrapping: Mapping[str, tuple[str, HolderKey]]
    token_kid: str
    token_key: ECKey
    known: tuple[tuple[str, str], ...] = ()

    def stand_in(self, wrapping_type: str) -> HolderKey | None:
        """A key of the same family: an unknown kid takes the time of a known one."""
        return next((key for name, key in self.wrapping.values() if type_of(name) == wrapping_type), None)

    def rsa_keys(self) -> list[HolderKey]:
        return [key for name, key in self.wrapping.values() if name.startswith("rsa:")]


class KeyRing:
    """The private halves, in the memory of the key service's process only (or the way to them in a token)."""

    def __init__(
        self,
        wrapping: Mapping[str, tuple[str, HolderKey]],
        token_kid: str,
        token_key: ECKey,
        *,
        again: Callable[[_Held | None], _Held] | None = None,
    ) -> None:
        """Use `load`. `again` gives what is held now, for a ring that follows the store."""
        self._held = _Held(dict(wrapping), token_kid, token_key)
        self._again = again
        self._looked = time.monotonic()
        self._looking = threading.Lock()

    @classmethod
    def load(cls, secrets: SecretsFolder, key_store: KeyStore | None = None) -> KeyRing:
        """Unseal every usable key that the store names, and follow what is made, retired or destroyed from now on.

        Raises Misconfigured when a private half or all keys lack, or a key is in a token and no token is set.
        """

        def again(before: _Held | None) -> _Held:
            return _load(secrets, key_store, before)

        held = again(None)
        ring = cls(held.wrapping, held.token_kid, held.token_key, again=again)
        ring._held = held
        return ring

    @property
    def token_key(self) -> tuple[str, ECKey]:
        """The kid and key that sign new tokens."""
        held = self._now(_LOOK_SECONDS)
        return held.token_kid, held.token_key

    def holds(self, kid: str) -> bool:
        """True when the private half of this wrapping key is here."""
        return self._known(kid) is not None

    def unwrap(self, kid: str, key_access: KeyAccess, policy_text: str) -> bytes:
        """The 32-byte share of a key access object. Raises NotVerified("share") whatever is wrong with it.

        Raises Unreachable when the key is in a token that does not answer.
        """
        if not kid and key_access.type == "wrapped":
            return _unwrap_without_kid(self._now(_LOOK_SECONDS).rsa_keys(), key_access, policy_text)
        known = self._known(kid)
        holder = known or self._held.stand_in(key_access.type)
        if holder is None:
            raise NotVerified("share")
        share = unwrap_share(key_access, holder, policy_text)
        if known is None or kid != key_access.kid:
            raise NotVerified("share")
        return share

    def _known(self, kid: str) -> HolderKey | None:
        found = self._now(_LOOK_SECONDS).wrapping.get(kid)
        if found is None:
            # Perhaps it was made just now: a client may be quicker than two seconds.
            found = self._now(_LOOK_FOR_UNKNOWN_SECONDS).wrapping.get(kid)
        return found[1] if found is not None else None

    def _now(self, after: float) -> _Held:
        """What is held, looked up again when that was done longer ago than `after` seconds; by one thread at a time."""
        due = self._again is not None and time.monotonic() - self._looked > after
        if due and self._looking.acquire(blocking=False):
            try:
                self._held = self._again(self._held) if self._again is not None else self._held
            except ReltoError as error:
                _LOG.warning("service_keys.not_read again: %s %s", error.full_code, error.found)
            finally:
                self._looked = time.monotonic()
                self._looking.release()
        return self._held


def _unwrap_without_kid(keys: Sequence[HolderKey], key_access: KeyAccess, policy_text: str) -> bytes:
    """Every RSA key is tried, whichever holds, so that time does not tell which. Raises NotVerified("share")."""
    shares = []
    for key in keys:
        try:
            shares.append(unwrap_share(key_access, key, policy_text))
        except NotVerified:
            continue
    if key_access.kid or not shares:
        raise NotVerified("share")
    return shares[0]


def _load(secrets: SecretsFolder, key_store: KeyStore | None, before: _Held | None) -> _Held:
    """What the store names now; what was held before is taken over, so nothing is unsealed twice."""
    wrapping_views = service_keys(purpose="wrapping", states=USABLE)
    token_views = service_keys(purpose="token")
    known = tuple((view.kid, view.state) for view in (*wrapping_views, *token_views))
    if before is not None and before.known == known:
        return before
    if not token_views or not wrapping_views:
        raise Misconfigured("service_keys", field="service_keys", expected="a token key and wrapping keys")
    held = dict(before.wrapping) if before is not None else {}
    wrapping = {
        view.kid: held.get(view.kid) or (view.algorithm, _holder(secrets, view, key_store)) for view in wrapping_views
    }
    newest = token_views[0]
    private = _holder(secrets, newest, None)
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise Misconfigured("token_key", field="service_keys", found=newest.kid, expected="a P-256 key")
    token_key = ECKey.import_key(private, {"kid": newest.kid, "alg": TOKEN_ALGORITHM})
    return _Held(wrapping, newest.kid, token_key, known)


def _holder(secrets: SecretsFolder, view: ServiceKeyView, key_store: KeyStore | None) -> HolderKey:
    # The seal is authenticated and the public half is compared, so what opens is the key that was made here.
    try:
        kept = secrets.unseal(secret_name(view.kid)).decode("ascii")
    except (NotAvailable, NotVerified, UnicodeDecodeError) as error:
        raise Misconfigured("service_key", field="service_keys", found=view.kid, expected="its sealed half") from error
    if kept.startswith(_IN_TOKEN.decode("ascii")):
        if key_store is None:
            raise Misconfigured(
                "key_store", field="key_store", found=view.kid, expected="the token that holds this key"
            )
        return key_store.key(kept, view.algorithm, view.public_pem)
    key = load_private_key(kept, own=True)
    if public_key_of(key) != view.public_pem:
        raise Misconfigured("service_key", field="service_keys", found=view.kid, expected="the half of this public key")
    return key
