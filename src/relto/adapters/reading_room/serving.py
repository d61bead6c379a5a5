"""What a room's process does with each frame: open the container, draw a page, say its words. Errors leave as codes."""

from __future__ import annotations

import base64
from typing import Any, BinaryIO

from relto.adapters.documents.limits import Unreadable
from relto.adapters.reading_room.documents import ShownDocument, shown_document
from relto.adapters.reading_room.drawing import marked
from relto.adapters.reading_room.plaintext import Plaintext
from relto.adapters.reading_room.wire import BrokenWireError, read_frame, write_frame
from relto.base.errors import MalformedInput, NotVerified, ReltoError
from relto.sealing.archive_reading import Archive
from relto.sealing.opening import open_container
from relto.sealing.wrapping import SessionKey

_LONGEST_MARK = 400


class Desk:
    """One document at most, one frame after the other."""

    def __init__(self, source: BinaryIO, out: BinaryIO, key: SessionKey) -> None:
        """`source`, `out`: the keeper's frames and the answers."""
        self._source, self._out, self._key = source, out, key
        self._shown: ShownDocument | None = None

    def greet(self) -> None:
        """Tell the public session key."""
        write_frame(self._out, {"session_key": self._key.public_pem})

    def answer(self, head: dict[str, Any], body: bytes) -> None:
        """Answer one frame; what is wrong with a document is an answer too. Raises BrokenWireError."""
        try:
            told, made = self._done(head, body)
        except Unreadable as problem:
            told, made = MalformedInput(f"document.{problem.reason}", field="document").as_dict(), b""
        except ReltoError as problem:
            told, made = problem.as_dict(), b""
        except MemoryError:
            told, made = MalformedInput("document.memory", field="document").as_dict(), b""
        except BrokenWireError:
            raise
        except Exception:  # noqa: BLE001  whatever a hostile document does to a parser, its text stays here
            told, made = MalformedInput("document.crashed", field="document").as_dict(), b""
        write_frame(self._out, told, made)

    def _done(self, head: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        wanted = head.get("do")
        if wanted == "open" and self._shown is None:
            return self._opened(head, body), b""
        if self._shown is None or wanted not in {"page", "words"}:
            raise MalformedInput("reading_room", field="do", expected="open first, then page or words")
        number = head.get("number")
        if not isinstance(number, int) or not 1 <= number <= len(self._shown):
            raise MalformedInput("page", field="page", expected=f"1 to {len(self._shown)}")
        if wanted == "words":
            return {}, self._shown.words(number - 1).encode("utf-8", "replace")
        banner, reader = (str(head.get(name, ""))[:_LONGEST_MARK] for name in ("banner", "reader"))
        return {}, marked(self._shown.picture(number - 1), banner, reader)

    def _opened(self, head: dict[str, Any], manifest: bytes) -> dict[str, Any]:
        shares = {
            int(position): self._key.unwrap(base64.b64decode(one["wrapped"], validate=True), one["session_public_key"])
            for position, one in head["shares"].items()
        }
        size = int(head["payload_size"])
        opened = open_container(Archive(manifest, 0, size, 0), self._read_at, shares)
        if opened.payload.size == 0:
            raise Unreadable("empty")
        self._shown = shown_document(Plaintext(opened.payload), str(head.get("suffix", "")))
        return {"pages": len(self._shown), "form": self._shown.form}

    def _read_at(self, offset: int, size: int) -> bytes:
        write_frame(self._out, {"need": [offset, size]})
        head, body = read_frame(self._source)
        if "bytes" not in head:
            raise NotVerified("segment", field="payload", expected="the sealed payload")
        return body
