"""An upload is sealed while it streams in: plaintext is never on disk and never whole in memory (promise 1).

The handler seals each piece under a fresh key and appends only ciphertext to a blob. The key lives in this request.
What the page does not take over is removed when the request ends; a blob left by a crash is ciphertext without a key.
Only people who may seal, on the page where they seal, can make the node take in a file at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import IO, Any, Final

from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload

from relto.base.errors import ReltoError, TooLarge
from relto.ports.surroundings import BlobStore, BlobWriter, StoredBlob
from relto.procedures.actors import Role
from relto.sealing.payload import PayloadSealer, SealedPayload
from relto.sealing.payload_reading import PayloadReader
from relto.services.actors import actor_of_person
from relto.services.rule_proofs import READERS
from relto.store.queries.alignment_templates import USERS
from relto.store.queries.weighing import WEIGHERS
from relto.store.scopes import act_for
from relto.web.surroundings import house

LARGEST_DOCUMENT = 32 * 1024**3
_CHUNK = 1024 * 1024
_KEY_BYTES = 32
_SEALING_PAGE = "seal"
_BUNDLE_PAGES: Final[Mapping[str, tuple[Role, ...]]] = {
    "rules": (Role.CO_CHAIR,),
    "rule_proof": READERS,
    "rule_impact": WEIGHERS,
    "alignment_exchange": (Role.CO_CHAIR,),
    "proposal_new": (Role.CO_CHAIR,),
    "proposal_version": (Role.CO_CHAIR,),
    "proposal_rehearsed": (Role.CO_CHAIR,),
    "template_list": (Role.CO_CHAIR,),
    "template": (Role.CO_CHAIR,),
    "template_check": USERS,
}
"""The pages that take a bundle, a draft, a rehearsal's report or an open document under a joint template, and who may
hand one in there."""
LARGEST_BUNDLE = 16 * 1024 * 1024


class SealedUpload(UploadedFile):  # type: ignore[type-arg]
    """A document of which only ciphertext and, in memory, its key are here."""

    def __init__(
        self,
        blobs: BlobStore,
        blob: StoredBlob,
        sealed: SealedPayload,
        *,
        payload_key: bytes,
        name: str,
        media_type: str,
    ) -> None:
        super().__init__(file=None, name=name, content_type=media_type, size=sealed.plaintext_size)
        self.payload_key = payload_key
        self.sealed = sealed
        self._blobs = blobs
        self._blob = blob

    @property
    def media_type(self) -> str:
        """What the browser said it is."""
        return str(self.content_type or "application/octet-stream")

    def ciphertext(self) -> Any:
        """The sealed payload in chunks."""
        return self._blobs.read_range(self._blob.name, 0, self._blob.size)

    def plaintext(self) -> Iterator[bytes]:
        """The document once more, one segment at a time: decrypted in memory from the encrypted blob."""
        return PayloadReader(self._encrypted, self.sealed.integrity, self.payload_key).chunks()

    def _encrypted(self, offset: int, size: int) -> bytes:
        return b"".join(self._blobs.read_range(self._blob.name, offset, size))

    def close(self) -> None:
        """Remove the ciphertext: by then the container is registered, or nothing of it is wanted."""
        self.payload_key = b""
        self._blobs.remove(self._blob.name)


class SealingUploadHandler(FileUploadHandler):
    """Django's upload handler that seals documents, and keeps an office's bundle or draft, no secret, in memory."""

    chunk_size = _CHUNK

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self._writer: BlobWriter | None = None
        self._sealer: PayloadSealer | None = None
        self._payload_key = b""
        self._blobs: BlobStore | None = None
        self._bundle: BytesIO | None = None

    def handle_raw_input(
        self,
        input_data: IO[bytes],
        META: dict[str, str],  # noqa: N803  Django's name
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        """Refuse at once what says that it is too large."""
        del input_data, META, boundary, encoding
        if content_length > (LARGEST_BUNDLE if self._page() in _BUNDLE_PAGES else LARGEST_DOCUMENT):
            raise StopUpload(connection_reset=True)

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin to seal, or let a file pass by that nobody here may send."""
        super().new_file(*args, **kwargs)
        page = self._page()
        if page in _BUNDLE_PAGES and self._holds(*_BUNDLE_PAGES[page]):
            self._bundle = BytesIO()
            return
        if page != _SEALING_PAGE or not self._holds(Role.ENGINEER, Role.SECURITY_OFFICER):
            raise SkipFile
        node = house()
        self._blobs = node.blobs
        self._payload_key = node.entropy.random_bytes(_KEY_BYTES)
        self._writer = node.blobs.create()
        random = node.entropy.random_bytes
        self._sealer = PayloadSealer(self._writer, self._payload_key, random=random)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Seal a piece; nothing is handed on to another handler."""
        if self._bundle is not None:
            if start + len(raw_data) > LARGEST_BUNDLE:
                raise StopUpload(connection_reset=True)
            self._bundle.write(raw_data)
            return
        if self._sealer is None:
            raise SkipFile
        if start + len(raw_data) > LARGEST_DOCUMENT:
            self.upload_interrupted()
            raise TooLarge("document", field="document", expected=f"at most {LARGEST_DOCUMENT} bytes")
        self._sealer.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile | None:  # type: ignore[type-arg]
        """The sealed document, or the bundle."""
        del file_size
        if self._bundle is not None:
            return SimpleUploadedFile("bundle", self._bundle.getvalue())
        if self._sealer is None or self._writer is None or self._blobs is None:
            return None
        sealed = self._sealer.finish()
        blob = self._writer.finish()
        upload = SealedUpload(
            self._blobs,
            blob,
            sealed,
            payload_key=self._payload_key,
            name=str(self.file_name or ""),
            media_type=str(self.content_type or "application/octet-stream"),
        )
        self._forget()
        return upload

    def upload_interrupted(self) -> None:
        """Remove what was written."""
        if self._writer is not None:
            self._writer.abandon()
        self._forget()

    def _forget(self) -> None:
        self._writer, self._sealer, self._payload_key = None, None, b""

    def _page(self) -> str:
        return str(getattr(getattr(self.request, "resolver_match", None), "url_name", ""))

    def _holds(self, *roles: Role) -> bool:
        user = getattr(self.request, "user", None)
        if user is None or not user.is_authenticated:
            return False
        try:
            actor = actor_of_person(house(), user.person_id)
            act_for(actor)
        except ReltoError:
            return False
        return not actor.roles.isdisjoint(roles)
