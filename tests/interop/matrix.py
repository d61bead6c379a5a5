"""The matrix of stock clients: what every cell came to in this run, and the page that is made of it.

A cell is a test. Whoever runs all of them gets the page written again; a run that lacks a cell leaves it as it is.
The page holds no time and no name of a machine, so the same outcomes give the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "interop-matrix.md"
CLIENTS = {
    "go": "Go SDK",
    "java": "Java SDK",
    "otdf-python": "otdf-python",
}
WAYS = {"seal": "seals", "open": "opens"}
CASES = {
    "one_nation": "one nation: an item of her own",
    "two_nations": "two nations: REL TO USA, IND, released by USA to IND",
    "three_segments": "three segments",
    "empty": "0 bytes",
    "large": "64 MiB",
    "denied": "a colleague outside the programme",
    "withdrawn": "after the release was withdrawn",
    "policy": "tampered: policy",
    "binding": "tampered: policy binding",
    "segment": "tampered: segment",
    "manifest": "tampered: root signature in the manifest",
    "assertion": "tampered: assertion",
    "audience": "token or container for another node",
    "dpop": "DPoP: token bound to the client's key",
}
REQUIRED = frozenset(
    {
        *((client, way, case) for client in ("go", "java") for way in WAYS for case in ("one_nation", "two_nations")),
        *((client, "open", "denied") for client in CLIENTS),
        ("otdf-python", "seal", "one_nation"),
        ("otdf-python", "open", "one_nation"),
        ("otdf-python", "open", "two_nations"),
    }
)
Cell = tuple[str, str, str]
ALL_CELLS: tuple[Cell, ...] = tuple((client, way, case) for case in CASES for client in CLIENTS for way in WAYS)


@dataclass
class Result:
    """What a cell came to. `outcome`: passed, failed or not applicable; `words`: what was seen, or why not."""

    outcome: str
    words: str = ""


class Matrix:
    """The results of a run."""

    def __init__(self) -> None:
        """Nothing has run."""
        self.results: dict[Cell, Result] = {}

    @property
    def missing(self) -> list[Cell]:
        """The cells that did not run."""
        return [cell for cell in ALL_CELLS if cell not in self.results]

    def page(self, versions: dict[str, str]) -> str:
        """The page, as Markdown."""
        lines = [*_HEAD, "", "| client | version | by |", "|---|---|---|"]
        lines += [f"| {CLIENTS[client]} | {versions[client]} | {_BY[client]} |" for client in CLIENTS]
        for way, verb in WAYS.items():
            lines += ["", f"## The client {verb}", "", _WAY[way], ""]
            lines += ["| case | " + " | ".join(CLIENTS.values()) + " |", "|---" * (len(CLIENTS) + 1) + "|"]
            for case, title in CASES.items():
                cells = [self._words((client, way, case)) for client in CLIENTS]
                lines.append(f"| {title} | " + " | ".join(cells) + " |")
        return "\n".join([*lines, "", *_FOOT, ""])

    def _words(self, cell: Cell) -> str:
        result = self.results[cell]
        mark = {"passed": "yes", "failed": "**FAILED**", "not applicable": "n/a"}[result.outcome]
        star = "\\*" if cell in REQUIRED else ""
        return f"{mark}{star}: {result.words}" if result.words else f"{mark}{star}"


_HEAD = [
    "# Stock clients and running nodes: the matrix",
    "",
    "Written by `make interop`, from what each cell came to; not edited by hand. How to run it:",
    "[Check relto with other people's software](../how-to/verify-with-other-software.md). What the rest of that run",
    "judges: [Other people's software](interop.md).",
    "",
    'Two training nodes run, each person uses the client at her own node. "yes" says that what must happen happened:',
    "the same bytes, or the refusal that is named, in the client's own words, with no stack trace (otdf-python has",
    "one after the words of every failure) and with no file left.",
    "\\* marks what a release of relto requires; a failure there, as in any cell, fails the run.",
]
_BY = {
    "go": "a command over `github.com/opentdf/platform/sdk` (Go module); HTTP, Connect protocol, DPoP",
    "java": "a command over `io.opentdf.platform:sdk` (Maven); gRPC, through a front that hands calls on as Connect",
    "otdf-python": "its own command line (PyPI); HTTP, Connect protocol with gzip",
}
_WAY = {
    "seal": "What it sealed is handed in at the node and then opened, released or refused with relto's own client.",
    "open": "What relto sealed is opened by the client; for the Java SDK what it sealed itself, see below.",
}
_FOOT = [
    "## What the versions mean",
    "",
    "- **Go.** The platform's command `otdfctl` could not be had as a Go module where this page was made; the command",
    "  here is a small one over the same SDK, with no check switched off. The SDK asks for each token with a proof of",
    "  its own key (DPoP), so every cell of it is one with a bound token.",
    "- **Java.** 0.7.3 is the newest SDK that Maven offered where this page was made. It is older than version 4.3.0",
    "  of the format: it writes and reads the legacy form only, and does not carry the `ephemeralPublicKey` of a share",
    "  that is `ec-wrapped`. So what relto's own client sealed is not for it, and the column shows containers of the",
    "  legacy form that it sealed itself, registered and released by relto. It speaks gRPC over HTTP/2, which a node",
    "  does not: the suite's front translates. Every call carries a proof of its key; the proof names a path alone,",
    "  which a node takes from such clients.",
    "- **otdf-python** never combines shares, and verifies neither the root signature nor assertions.",
]
