"""Mail messages: the subject, the body, and each attachment by its own reader, bounded in number and depth."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable, Iterator
from email.message import EmailMessage

from relto.adapters.documents.gathering import Allowance, PageDraft
from relto.adapters.documents.html import read_html
from relto.adapters.documents.limits import MAX_MESSAGE_DEPTH, Unreadable
from relto.adapters.documents.plain import paragraphs
from relto.labels.checking.document import DocumentText, Page, UnreadKind

Read = Callable[[bytes, str, Allowance, str, int], DocumentText]
_CAUSES: dict[str, UnreadKind] = {"encrypted": "encrypted"}


def read_message(data: bytes, allowance: Allowance, part: str, depth: int, read: Read) -> DocumentText:
    """An EML file; `read` reads an attachment. Raises Unreadable for the message itself.

    An attachment that cannot be read is listed on the message's page as not read.
    """
    if depth >= MAX_MESSAGE_DEPTH:
        raise Unreadable("attachments")
    try:
        message = email.message_from_bytes(data, policy=email.policy.default)
    except (ValueError, LookupError, RecursionError, AttributeError, IndexError) as error:
        raise Unreadable("damaged") from error
    if not isinstance(message, EmailMessage) or not message.keys():
        raise Unreadable("damaged")
    draft = PageDraft(allowance, 1, part=part)
    attached: list[Page] = []
    try:
        draft.add("subject", [str(message.get("subject", ""))])
        found = message.get_body(("plain", "html"))
        body = found if isinstance(found, EmailMessage) else None
        if body is not None:
            _add_body(draft, body, part)
        for one in _attachments(message, body):
            name = f"{part}/attachment {allowance.attachment()}".lstrip("/")

            def deeper(inner: bytes, suffix: str, name: str = name) -> DocumentText:
                return read(inner, suffix, allowance, name, depth + 1)

            attached += _attachment(draft, one, deeper)
    except (ValueError, LookupError, RecursionError, AttributeError, TypeError) as error:
        raise Unreadable("damaged") from error
    return DocumentText("message", (draft.page(), *attached), ())


def _attachments(message: EmailMessage, body: EmailMessage | None) -> Iterator[EmailMessage]:
    """Everything but the body and its other forms."""
    if not message.is_multipart():
        if message is not body:
            yield message
        return
    for part in message.iter_parts():
        if not isinstance(part, EmailMessage) or part is body:
            continue
        kind = part.get_content_type()
        if kind.startswith("multipart/"):
            yield from _attachments(part, body)
        elif kind in {"text/plain", "text/html"} and message.get_content_type() == "multipart/alternative":
            continue
        else:
            yield part


def _add_body(draft: PageDraft, body: EmailMessage, part: str) -> None:
    raw = body.get_payload(decode=True)
    data = raw if isinstance(raw, bytes) else b""
    charset = body.get_content_charset("utf-8")
    try:
        text = data.decode(charset)
    except (LookupError, UnicodeDecodeError):
        text = data.decode("latin-1")
        draft.could_not_read("charset")
    if body.get_content_type() == "text/html":
        page = read_html(text.encode("utf-8", "replace"), Allowance(), part).pages[0]
        for block in page.blocks:
            draft.add(block.where, block.lines, group=block.group)
        for one in page.unread:
            draft.could_not_read(one.kind, one.count)
        return
    for lines in paragraphs(text.replace("\r\n", "\n")):
        draft.add("body", lines)


def _attachment(draft: PageDraft, one: EmailMessage, read: Callable[[bytes, str], DocumentText]) -> list[Page]:
    name = one.get_filename() or ""
    suffix = "." + name.rpartition(".")[2].lower() if "." in name else _suffix(one)
    kind = one.get_content_type()
    if kind in {"application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"}:
        draft.could_not_read("encrypted")
        return []
    if kind.startswith("image/"):
        draft.could_not_read("image")
        return []
    if kind == "message/rfc822":
        inner = one.get_payload(0) if one.is_multipart() else None
        data = inner.as_bytes() if isinstance(inner, EmailMessage) else b""
        suffix = ".eml"
    else:
        raw = one.get_payload(decode=True)
        data = raw if isinstance(raw, bytes) else b""
    try:
        text = read(data, suffix)
    except Unreadable as problem:
        if problem.reason in {"text", "attachments"}:
            raise
        draft.could_not_read(_CAUSES.get(problem.reason, "attachment"))
        return []
    pages = list(text.pages)
    if text.unread and pages:
        first = pages[0]
        pages[0] = Page(first.number, first.blocks, (*first.unread, *text.unread), first.name, first.part)
    return pages


def _suffix(part: EmailMessage) -> str:
    return {"text/plain": ".txt", "text/html": ".html", "text/csv": ".csv"}.get(part.get_content_type(), "")
