"""`NodeClient`: what a person may do at her own nation's node, as one typed object.

Answers are the API's JSON objects (docs/reference/api.md). Every call raises relto's own errors: Refused with a
reference, NotAvailable, Conflict, MalformedInput naming the field, NotAuthenticated, Unreachable.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from relto.base.errors import MalformedInput
from relto.client.connection import Connection
from relto.client.ledger import unpack_export
from relto.client.opening import OpenedDocument, open_container_file
from relto.client.opening import Progress as OpeningProgress
from relto.client.sealing import Progress, SealingOrder, ServiceKey, sealed_container

Answer = dict[str, Any]
_WRAPPING = "ec:secp256r1"


@contextmanager
def _writing(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise MalformedInput(
            "no_write", field="output", found=target.name, expected="a place that can be written"
        ) from error


def _part(text: str) -> str:
    return quote(text, safe="")


class NodeClient:
    """A person's own node, reached with her client credential."""

    def __init__(self, portal_url: str, client_id: str, client_secret: str) -> None:
        """`portal_url`: the own node's origin; the credential was issued by the own registrar."""
        self.connection = Connection(portal_url, client_id, client_secret)

    def __enter__(self) -> Self:
        """The client itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close its connection."""
        self.connection.close()

    def close(self) -> None:
        """Close its connection."""
        self.connection.close()

    # What the node is, who I am.

    def node(self) -> Answer:
        """What the node says of itself, without a credential."""
        return self.connection.node()

    def me(self) -> Answer:
        """Who I am here: pseudonym, company, facility, roles, programmes."""
        return self._get("/me")

    # The registrar's work.

    def register_company(self, code: str, title: str, kind: str) -> Answer:
        """Register a company of the own nation; kind: government, dpsu or private."""
        return self._post("/companies", code=code, title=title, kind=kind)

    def register_facility(self, facility: Mapping[str, Any]) -> Answer:
        """Register a facility: code, company, level, safeguarding_level, valid_from, valid_until."""
        return self._post("/facilities", **facility)

    def add_person(self, person: Mapping[str, Any]) -> Answer:
        """Add a person: name, company, facility, clearance_level, caveats, valid_from, valid_until, roles."""
        return self._post("/people", **person)

    def issue_credential(self, person: str, days: int) -> Answer:
        """A client credential for a person; its secret is shown this once."""
        return self._post(f"/people/{_part(person)}/credentials", days=days)

    def credentials(self, person: str) -> list[Answer]:
        """A person's client credentials, without their secrets."""
        return self._list(f"/people/{_part(person)}/credentials")

    def revoke_credential(self, person: str, client_id: str) -> Answer:
        """Revoke a credential; tokens issued under it are refused at once."""
        path = f"/people/{_part(person)}/credentials/{_part(client_id)}"
        return dict(self.connection.call("DELETE", path))

    def people(self) -> list[Answer]:
        """The people I may see: all of the nation for a registrar, the own company's for a security officer."""
        return self._list("/people")

    def facilities(self) -> list[Answer]:
        """The facilities I may see."""
        return self._list("/facilities")

    def companies(self) -> list[Answer]:
        """The companies I may see."""
        return self._list("/companies")

    def open_account(self, person: str) -> Answer:
        """A first password for the portal, shown this once; a new one ends the sessions of an account that exists."""
        return self._post(f"/people/{_part(person)}/account")

    def sign_in_link(self, person: str) -> Answer:
        """A single-use link that signs a person in to the portal (training nodes only)."""
        return self._post(f"/people/{_part(person)}/sign-in-links")

    def register_programme(self, code: str, title: str) -> Answer:
        """Register a joint programme under the code that both nations use."""
        return self._post("/programmes", code=code, title=title)

    def assign_member(self, programme: str, person: str, reason: str) -> Answer:
        """Assign a person to a programme, with the reason for her need-to-know."""
        return self._post(f"/programmes/{_part(programme)}/members", person=person, reason=reason)

    def give_assurance(self, subject_kind: str, subject: str, recipient: str, valid_until: str) -> Answer:
        """Give the partner authority a signed assurance about an own facility or person."""
        return self._post(
            "/assurances", subject_kind=subject_kind, subject=subject, recipient=recipient, valid_until=valid_until
        )

    def assurances(self) -> list[Answer]:
        """Assurances given and received that I may see."""
        return self._list("/assurances")

    def record_authorisation(self, authorisation: Mapping[str, Any]) -> Answer:
        """Record a disclosure or export authorisation.

        Kind, reference, nation, programme or item, valid_from, valid_until.
        """
        return self._post("/authorisations", **authorisation)

    # The agreement.

    def submit_bundle(self, file: bytes) -> Answer:
        """Submit a signed agreement bundle; the node checks and activates it."""
        answer = self.connection.call_bytes("POST", "/bundles", file)
        return dict(answer)

    def active_bundle(self) -> Answer:
        """The bundle in effect: version, digest, dates, gates, how many rules are unconfirmed."""
        return self._get("/bundles/active")

    # Items.

    def seal(self, path: Path, announcement: Mapping[str, Any], progress: Progress | None = None) -> Answer:
        """Seal a file on this machine and register the container at the node.

        `announcement`: title, file_name, media_type, programme, label, export_controlled. Raises MalformedInput
        when the file cannot be read.
        """
        try:
            source = path.open("rb")
        except OSError as error:
            raise MalformedInput("no_file", field="document", found=path.name, expected="a readable file") from error
        with source:
            announced = self._post("/items", **announcement)
            order = SealingOrder(
                str(announced["policy"]),
                str(announced["label_xml"]),
                str(announcement["media_type"]),
                self.service_key(),
            )
            container = sealed_container(source, order, progress)
            place = f"/items/{_part(str(announced['id']))}/container"
            return dict(self.connection.call_bytes("PUT", place, container))

    def service_key(self) -> ServiceKey:
        """The own key service's public wrapping key."""
        url = str(self.node()["key_service_url"])
        answer = self.connection.read(
            self.connection.send("POST", f"{url}/kas.AccessService/PublicKey", json={"algorithm": _WRAPPING})
        )
        return ServiceKey(url, str(answer["kid"]), str(answer["publicKey"]))

    def items(self) -> list[Answer]:
        """The items I may see."""
        return self._list("/items")

    def item(self, item: str) -> Answer:
        """One item."""
        return self._get(f"/items/{_part(item)}")

    def may_open(self, item: str) -> Answer:
        """The gates of an opening as they stand now, without opening."""
        return self._get(f"/items/{_part(item)}/may-open")

    def download_container(self, item: str, target: Path) -> Path:
        """The item's sealed container, streamed to a file."""
        with _writing(target), target.open("wb") as out:
            for chunk in self.connection.stream(f"/items/{_part(item)}/container"):
                out.write(chunk)
        return target

    def open_item(self, item: str, target: Path, progress: OpeningProgress | None = None) -> OpenedDocument:
        """Open an item on this machine: fetch the container, ask the services, verify all, write the document."""
        with _writing(target), tempfile.TemporaryDirectory(prefix=".relto-", dir=target.parent) as folder:
            container = self.download_container(item, Path(folder) / "container.tdf")
            return open_container_file(self.connection, container, target, progress)

    # Releases and arrivals.

    def request_release(
        self, item: str, nation: str, facility: str, readers: Sequence[tuple[str, str]], purpose: str
    ) -> Answer:
        """Ask the own authority to release an item: readers as (pseudonym, reason)."""
        named = [{"pseudonym": pseudonym, "reason": reason} for pseudonym, reason in readers]
        return self._post(
            f"/items/{_part(item)}/release-requests", nation=nation, facility=facility, readers=named, purpose=purpose
        )

    def cases(self) -> list[Answer]:
        """Release cases I may see."""
        return self._list("/cases")

    def case(self, case: str) -> Answer:
        """One case with its gates as they stand now."""
        return self._get(f"/cases/{_part(case)}")

    def decide_case(self, case: str, outcome: str, reason: str, accepts: Sequence[str] = ()) -> Answer:
        """Release or refuse; `accepts` names each gate that needs acceptance (training nodes only)."""
        return self._post(f"/cases/{_part(case)}/decision", outcome=outcome, reason=reason, accepts=list(accepts))

    def arrivals(self) -> list[Answer]:
        """Arrivals I may see."""
        return self._list("/arrivals")

    def arrival(self, arrival: str) -> Answer:
        """One arrival with its gates."""
        return self._get(f"/arrivals/{_part(arrival)}")

    def decide_arrival(self, arrival: str, outcome: str, reason: str, accepts: Sequence[str] = ()) -> Answer:
        """Accept or refuse what arrived."""
        return self._post(f"/arrivals/{_part(arrival)}/decision", outcome=outcome, reason=reason, accepts=list(accepts))

    # Records.

    def register(self) -> list[Answer]:
        """Lines of the control register that I may see."""
        return self._list("/register")

    def refusal(self, reference: str) -> Answer:
        """The reasons of a refusal, as far as I may know them."""
        return self._get(f"/refusals/{_part(reference)}")

    def replay_decision(self, reference: str) -> Answer:
        """A decision made once more from its own facts and bundle: whether the answer is the same (inspector)."""
        return self._get(f"/decisions/{_part(reference)}/replay")

    def ledger(self) -> Answer:
        """The ledger's size, newest checkpoint, what is witnessed and agreed."""
        return self._get("/ledger")

    def entry(self, entry: str) -> Answer:
        """Where a ledger entry stands: origin, index once sequenced, state."""
        return self._get(f"/ledger/entries/{_part(entry)}")

    def export_ledger(self, target: Path) -> Path:
        """Write the ledger's export (checkpoint, tile/, witness/) into a new folder."""
        unpack_export(self._export(), target)
        return target

    def _export(self) -> Iterator[bytes]:
        return self.connection.stream("/ledger/export")

    def _get(self, path: str) -> Answer:
        return dict(self.connection.call("GET", path))

    def _list(self, path: str) -> list[Answer]:
        return [dict(entry) for entry in self.connection.call("GET", path)]

    def _post(self, path: str, **body: Any) -> Answer:
        return dict(self.connection.call("POST", path, body))
