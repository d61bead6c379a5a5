"""HTML: one page; every block element is a paragraph. Nothing is fetched and nothing is run."""

from __future__ import annotations

from lxml import etree, html

from relto.adapters.documents.gathering import Allowance, PageDraft, document
from relto.adapters.documents.limits import MAX_XML_DEPTH, MAX_XML_ELEMENTS, Unreadable
from relto.adapters.documents.plain import decoded
from relto.labels.checking.document import DocumentText, UnreadKind, Where

_BLOCKS = frozenset(
    {
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    }
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "caption", "summary", "legend"})
_SILENT = frozenset({"head", "style", "template", "title", "meta", "link", "noscript"})
_NOT_READ: dict[str, UnreadKind] = {
    "img": "image",
    "picture": "image",
    "svg": "drawing",
    "math": "drawing",
    "canvas": "drawing",
    "video": "embedded",
    "audio": "embedded",
    "object": "embedded",
    "embed": "embedded",
    "applet": "embedded",
    "iframe": "script",
    "frame": "script",
    "script": "script",
    "input": "form",
    "textarea": "form",
    "select": "form",
}


class _Reader:
    """Walks the tree without recursion of ours: the parser bounds its depth."""

    def __init__(self, draft: PageDraft) -> None:
        self._draft = draft
        self._text: list[str] = []
        self._where: Where = "body"
        self._group = 0
        self._tables = 0
        self._is_kept = 0

    def flush(self) -> None:
        """End the paragraph."""
        text, self._text = "".join(self._text), []
        lines = text.split("\n") if self._is_kept else [" ".join(line.split()) for line in text.split("\v")]
        where = "cell" if self._group and self._where == "body" else self._where
        self._draft.add(where, lines, group=self._group if where == "cell" else 0)

    def walk(self, root: etree._Element) -> None:
        """Read everything below the root, in order."""
        silent = 0
        count = 0
        depth = 0
        for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
            name = element.tag if isinstance(element.tag, str) else ""
            if event == "start":
                count, depth = count + 1, depth + 1
                if count > MAX_XML_ELEMENTS or depth > MAX_XML_DEPTH:
                    raise Unreadable("nested")
                silent += self._enter(name, element, is_silent=bool(silent))
            elif event == "end":
                depth -= 1
                silent -= self._leave(name, is_silent=silent > 1)
            if event != "start" and not silent and element.tail and element is not root:
                self._say(element.tail)
        self.flush()

    def _enter(self, name: str, element: etree._Element, *, is_silent: bool) -> int:
        if name in _NOT_READ:
            self._draft.could_not_read(_NOT_READ[name])
        if name in _SILENT or name in _NOT_READ:
            return 1
        if is_silent:
            return 0
        if name in _BLOCKS:
            self.flush()
        if name == "table":
            self._tables += 1
            self._group = self._tables
        if name == "pre":
            self._is_kept += 1
        if name in _HEADINGS:
            self._where = "heading"
        if name == "br":
            self._text.append("\n" if self._is_kept else "\v")
        if element.text:
            self._say(element.text)
        return 0

    def _leave(self, name: str, *, is_silent: bool) -> int:
        if name in _SILENT or name in _NOT_READ:
            return 1
        if is_silent:
            return 0
        if name in _BLOCKS:
            self.flush()
        if name == "table":
            self._group = 0
        if name == "pre":
            self._is_kept -= 1
        if name in _HEADINGS:
            self._where = "body"
        return 0

    def _say(self, text: str) -> None:
        self._text.append(text if self._is_kept else text.replace("\v", " "))


def read_html(data: bytes, allowance: Allowance, part: str = "") -> DocumentText:
    """An HTML file. Raises Unreadable."""
    text, is_whole = decoded(data)
    draft = PageDraft(allowance, 1, part=part)
    if not is_whole:
        draft.could_not_read("charset")
    parser = html.HTMLParser(no_network=True, huge_tree=False, remove_comments=False, encoding="utf-8")
    try:
        root = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, ValueError, AssertionError) as error:
        raise Unreadable("damaged") from error
    if any("depth" in entry.message for entry in parser.error_log):
        raise Unreadable("nested")
    _Reader(draft).walk(root)
    return document("html", [draft])
