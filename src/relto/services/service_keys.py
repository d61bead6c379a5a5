"""The keys of the key service and of the token issuer: made here, public halves in the store, private halves sealed.

Rules: a private half exists in the clear only in the memory of the process that loaded a `KeyRing` (the key service);
it never enters the database, a log or an error. New seals use the newest active key of an algorithm; retired keys go on
unwrapping. What went wrong with a share is never told: unknown key, failed unwrapping and failed binding are one error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.jwk import ECKey

from relto.adapters.sealed_keys import SecretsFolder
from relto.base.errors import MalformedInput, Misconfigured, NotAvailable, NotVerified
from relto.base.instants import Instant
from relto.ledger.leaves import LeafEvent
from relto.sealing.key_access import KeyAccess
from relto.sealing.keys import PrivateKey, generate_service_key, key_fingerprint, load_private_key, public_key_of
from relto.sealing.wrapping import unwrap_share
from relto.services.book import enter
from relto.services.house import House
from relto.store.models import ServiceKey

Purpose = Literal["wrapping", "token"]
TOKEN_ALGORITHM = "ES256"  # noqa: S105  an algorithm's name
FIRST_KEYS: tuple[tuple[Purpose, str], ...] = (
    ("wrapping", "rsa:2048"),
    ("wrapping", "ec:secp256r1"),
    ("token", TOKEN_ALGORITHM),
)
_USABLE = ("active", "retired")
_FAMILIES = {"rsa": "wrapped", "ec": "ec-wrapped", "mlkem": "mlkem-wrapped", "hpqt": "hybrid-wrapped"}


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
    house: House, secrets: SecretsFolder, *, wanted: Sequence[tuple[Purpose, str]] = FIRST_KEYS
) -> tuple[ServiceKeyView, ...]:
    """Make keys of these purposes and algorithms, for set-up and rotation by the operator's command.

    The private halves are sealed first: a key that the store names can always be loaded. Raises UnknownValue for an
    algorithm that is not in the platform's table.
    """
    now = house.now()
    views = tuple(_make(house, secrets, purpose, algorithm, now) for purpose, algorithm in wanted)

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


def _make(house: House, secrets: SecretsFolder, purpose: Purpose, algorithm: str, now: Instant) -> ServiceKeyView:
    if purpose == "token" and algorithm != TOKEN_ALGORITHM:
        raise MalformedInput("key.algorithm", field="algorithm", found=algorithm, expected=TOKEN_ALGORITHM)
    private_pem = generate_service_key("ec:secp256r1" if purpose == "token" else algorithm)
    public_pem = public_key_of(private_pem)
    name = algorithm.lower().replace(":", "-")
    kid = f"{house.nation.lower()}-{name}-{key_fingerprint(public_pem)[:12]}"
    secrets.seal(secret_name(kid), private_pem.encode("ascii"))
    return ServiceKeyView(kid, purpose, algorithm, public_pem, "active", now)


def secret_name(kid: str) -> str:
    """The name under which the private half of a key is sealed."""
    return f"service-key.{kid}"


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


def token_key_set() -> dict[str, Any]:
    """The JWK set (RFC 7517) that verifies this node's tokens, retired keys included."""
    members = []
    for key in service_keys(purpose="token", states=_USABLE):
        public = ECKey.import_key(key.public_pem, {"kid": key.kid, "use": "sig", "alg": TOKEN_ALGORITHM})
        members.append(public.as_dict(private=False))
    return {"keys": members}


class KeyRing:
    """The private halves, in the memory of the key service's process only."""

    def __init__(self, wrapping: Mapping[str, tuple[str, PrivateKey]], token_kid: str, token_key: ECKey) -> None:
        """Use `load`."""
        self._wrapping = dict(wrapping)
        self._token_kid = token_kid
        self._token_key = token_key
        # An unknown kid takes the time of a known one of the same family.
        self._stand_ins = {_family(algorithm): (algorithm, key) for algorithm, key in self._wrapping.values()}

    @classmethod
    def load(cls, secrets: SecretsFolder) -> KeyRing:
        """Unseal every usable key that the store names. Raises Misconfigured when a private half or all keys lack."""
        wrapping: dict[str, tuple[str, PrivateKey]] = {}
        for view in service_keys(purpose="wrapping", states=_USABLE):
            wrapping[view.kid] = (view.algorithm, _unseal(secrets, view))
        token_views = service_keys(purpose="token")
        if not token_views or not wrapping:
            raise Misconfigured("service_keys", field="service_keys", expected="a token key and wrapping keys")
        newest = token_views[0]
        private = _unseal(secrets, newest)
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise Misconfigured("token_key", field="service_keys", found=newest.kid, expected="a P-256 key")
        return cls(wrapping, newest.kid, ECKey.import_key(private, {"kid": newest.kid, "alg": TOKEN_ALGORITHM}))

    @property
    def token_key(self) -> tuple[str, ECKey]:
        """The kid and key that sign new tokens."""
        return self._token_kid, self._token_key

    def holds(self, kid: str) -> bool:
        """True when the private half of this wrapping key is here."""
        return kid in self._wrapping

    def unwrap(self, kid: str, key_access: KeyAccess, policy_text: str) -> bytes:
        """The 32-byte share of a key access object. Raises NotVerified("share") whatever is wrong."""
        known = self._wrapping.get(kid)
        holder = known or self._stand_ins.get(key_access.type)
        if holder is None:
            raise NotVerified("share")
        share = unwrap_share(key_access, holder[1], policy_text)
        if known is None or kid != key_access.kid:
            raise NotVerified("share")
        return share


def _family(algorithm: str) -> str:
    return _FAMILIES[algorithm.partition(":")[0]]


def _unseal(secrets: SecretsFolder, view: ServiceKeyView) -> PrivateKey:
    # The seal is authenticated and the public half is compared, so what opens is the key that was made here.
    try:
        pem = secrets.unseal(secret_name(view.kid)).decode("ascii")
    except (NotAvailable, NotVerified, UnicodeDecodeError) as error:
        raise Misconfigured("service_key", field="service_keys", found=view.kid, expected="its sealed half") from error
    key = load_private_key(pem, own=True)
    if public_key_of(key) != view.public_pem:
        raise Misconfigured("service_key", field="service_keys", found=view.kid, expected="the half of this public key")
    return key
