"""The limits within which a document is read, and the error that a document meets at them.

Every reader runs in a child process that has no more than this. A document beyond a limit is refused whole.
"""

from __future__ import annotations

from typing import Final

MAX_FILE_BYTES: Final = 192 * 1024**2
MAX_ADDRESS_SPACE: Final = 1536 * 1024**2
MAX_CPU_SECONDS: Final = 60
MAX_SECONDS: Final = 90
MAX_ANSWER_BYTES: Final = 128 * 1024**2
MAX_CHARACTERS: Final = 16 * 1024**2
MAX_PAGES: Final = 5_000
MAX_BLOCKS: Final = 200_000
MAX_ATTACHMENTS: Final = 50
MAX_MESSAGE_DEPTH: Final = 3
MAX_MEMBERS: Final = 4_096
MAX_MEMBER_BYTES: Final = 64 * 1024**2
MAX_UNPACKED_BYTES: Final = 256 * 1024**2
MAX_RATIO: Final = 200
RATIO_FLOOR: Final = 1024**2
MAX_XML_DEPTH: Final = 200
MAX_XML_ELEMENTS: Final = 3_000_000

# reason -> what was expected instead. The sentences are for people at the command line; the reason is the code.
EXPECTED: Final = {
    "empty": "a document with at least one byte",
    "form": "PDF, DOCX, PPTX, XLSX, ODT, text, CSV, HTML or EML",
    "legacy": "DOCX, PPTX or XLSX, not the binary form of before 2007",
    "encrypted": "a document without a password",
    "damaged": "a whole document that its own programme opens",
    "archive": f"at most {MAX_MEMBERS} members, {MAX_UNPACKED_BYTES} bytes unpacked, {MAX_RATIO} times the packed size",
    "nested": f"at most {MAX_XML_DEPTH} levels and {MAX_XML_ELEMENTS} elements",
    "doctype": "XML without DOCTYPE and entities",
    "size": f"at most {MAX_FILE_BYTES} bytes",
    "text": f"at most {MAX_CHARACTERS} characters, {MAX_PAGES} pages and {MAX_BLOCKS} paragraphs",
    "attachments": f"at most {MAX_ATTACHMENTS} attachments, {MAX_MESSAGE_DEPTH} messages deep",
    "time": f"a document that is read in {MAX_CPU_SECONDS} seconds",
    "memory": f"a document that is read in {MAX_ADDRESS_SPACE} bytes of memory",
    "crashed": "a document that its reader survives",
}
LARGE: Final = frozenset({"archive", "nested", "size", "text", "attachments", "time", "memory"})


class Unreadable(Exception):
    """The document cannot be read; `reason` is a key of EXPECTED."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)
