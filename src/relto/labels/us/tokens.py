"""The words of US markings: levels, controls, their titles, banner abbreviations and portion marks.

Sources: DoDM 5200.01-V2 Enclosure 4 (banner and portion words), IC ISM.XML V10 (tokens and their order). The order of
`DISSEM` and `OTHER` is the order of DoDM banners; `ISM_ORDER` is that of the ISM token lists. A word is `legacy` when
it may be read in old documents and must not be written into new ones. Text that people wrote is compared exactly:
markings are capital letters.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Literal

Place = Literal["banner", "portion"]


class MarkLevel(IntEnum):
    """The words that markings know, ordered by protection. R exists for foreign and joint markings only."""

    U = 0
    R = 1
    C = 2
    S = 3
    TS = 4

    @property
    def word(self) -> str:
        """The full word of the banner."""
        return LEVEL_WORDS[self]


LEVEL_WORDS: Final = {
    MarkLevel.TS: "TOP SECRET",
    MarkLevel.S: "SECRET",
    MarkLevel.C: "CONFIDENTIAL",
    MarkLevel.R: "RESTRICTED",
    MarkLevel.U: "UNCLASSIFIED",
}
LEVELS_BY_WORD: Final = {word: level for level, word in LEVEL_WORDS.items()}
NATO_PORTIONS: Final = {
    "CTS": MarkLevel.TS,
    "NS": MarkLevel.S,
    "NC": MarkLevel.C,
    "NR": MarkLevel.R,
    "NU": MarkLevel.U,
}
NATO_CONTROLS: Final = ("ATOMAL", "BALK", "BOHEMIA")


@dataclass(frozen=True, slots=True)
class Control:
    """One control: `name` in our data, its long `title`, its `banner` abbreviation and its `portion` mark."""

    name: str
    title: str
    banner: str
    portion: str
    legacy: bool = False


DISSEM: Final = (
    Control("WAIVED", "WAIVED", "WAIVED", "WAIVED"),
    Control("RSEN", "RISK SENSITIVE", "RSEN", "RS"),
    Control("FOUO", "FOR OFFICIAL USE ONLY", "FOUO", "FOUO", legacy=True),
    Control("ORCON", "ORIGINATOR CONTROLLED", "ORCON", "OC"),
    Control("NOFORN", "NOT RELEASABLE TO FOREIGN NATIONALS", "NOFORN", "NF"),
    Control("PROPIN", "CAUTION-PROPRIETARY INFORMATION INVOLVED", "PROPIN", "PR"),
    Control("IMCON", "CONTROLLED IMAGERY", "IMCON", "IMC"),
    Control("RELIDO", "RELEASABLE BY INFORMATION DISCLOSURE OFFICIAL", "RELIDO", "RELIDO"),
    Control("DEA_SENSITIVE", "DRUG ENFORCEMENT ADMINISTRATION SENSITIVE", "DEA SENSITIVE", "DSEN"),
    Control("FISA", "FOREIGN INTELLIGENCE SURVEILLANCE ACT", "FISA", "FISA"),
    Control("FED_ONLY", "FEDERAL EMPLOYEES ONLY", "FED ONLY", "FED ONLY"),
    Control("FEDCON", "FEDERAL EMPLOYEES AND CONTRACTORS ONLY", "FEDCON", "FEDCON"),
    Control("DL_ONLY", "DISSEMINATION LIST CONTROLLED", "DL ONLY", "DL ONLY"),
)
OTHER: Final = (
    Control("LIMDIS", "LIMITED DISTRIBUTION", "LIMDIS", "DS"),
    Control("EXDIS", "EXCLUSIVE DISTRIBUTION", "EXDIS", "XD"),
    Control("NODIS", "NO DISTRIBUTION", "NODIS", "ND"),
    Control("SBU", "SENSITIVE BUT UNCLASSIFIED", "SBU", "SBU"),
    Control("SBU_NOFORN", "SENSITIVE BUT UNCLASSIFIED NOFORN", "SBU NOFORN", "SBU-NF"),
    Control("LES", "LAW ENFORCEMENT SENSITIVE", "LES", "LES"),
    Control("LES_NOFORN", "LAW ENFORCEMENT SENSITIVE NOFORN", "LES NOFORN", "LES-NF"),
    Control("SSI", "SENSITIVE SECURITY INFORMATION", "SSI", "SSI"),
    Control("NNPI", "NAVAL NUCLEAR PROPULSION INFORMATION", "NNPI", "NNPI"),
)
DISSEM_BY_NAME: Final = {control.name: control for control in DISSEM}
OTHER_BY_NAME: Final = {control.name: control for control in OTHER}
CUI_CONTROLS: Final = frozenset({"FED_ONLY", "FEDCON", "DL_ONLY", "NOFORN"})
CUI_ALONE: Final = CUI_CONTROLS - {"NOFORN"}

# Where a list of codes stands among the controls, as a pseudo-control.
REL_TO, DISPLAY_ONLY, EYES = "REL TO", "DISPLAY ONLY", "EYES ONLY"
REL_TO_TITLE: Final = "AUTHORIZED FOR RELEASE TO"
DOD_ORDER: Final = (
    "WAIVED", "RSEN", "FOUO", "ORCON", "NOFORN", "PROPIN", "IMCON", "RELIDO", REL_TO, DISPLAY_ONLY, EYES,
    "DEA_SENSITIVE", "FISA", "FED_ONLY", "FEDCON", "DL_ONLY",
)  # fmt: skip
ISM_ORDER: Final = (
    "WAIVED", "RSEN", "FOUO", "ORCON", "IMCON", "NOFORN", "PROPIN", REL_TO, "RELIDO", EYES, "DEA_SENSITIVE", "FISA",
    DISPLAY_ONLY, "FED_ONLY", "FEDCON", "DL_ONLY",
)  # fmt: skip

# Compartment controls by every way of writing them; the first is the register's own short name.
SCI_NAMES: Final = {
    "HCS": "HCS",
    "KDK": "KDK",
    "KLONDIKE": "KDK",
    "SI": "SI",
    "COMINT": "SI",
    "TK": "TK",
}
SAP_PREFIXES: Final = ("SPECIAL ACCESS REQUIRED-", "SAR-")
HVSACO: Final = "HVSACO"
HVSACO_TITLE: Final = "HANDLE VIA SPECIAL ACCESS CHANNELS ONLY"
MULTIPLE: Final = "MULTIPLE PROGRAMS"
NUCLEAR_TITLES: Final = {
    "RD": "RESTRICTED DATA",
    "FRD": "FORMERLY RESTRICTED DATA",
    "TFNI": "TRANSCLASSIFIED FOREIGN NUCLEAR INFORMATION",
}
UCNI_TITLES: Final = {
    "DOD": "DOD UNCLASSIFIED CONTROLLED NUCLEAR INFORMATION",
    "DOE": "DOE UNCLASSIFIED CONTROLLED NUCLEAR INFORMATION",
}
UCNI_BANNERS: Final = {"DOD": "DOD UCNI", "DOE": "DOE UCNI"}
UCNI_PORTIONS: Final = {"DOD": "DCNI", "DOE": "UCNI"}

_WHOLE_TERMS = (
    *(term for control in (*DISSEM, *OTHER) for term in (control.title, control.banner, control.portion)),
    *(
        *NUCLEAR_TITLES.values(),
        *NUCLEAR_TITLES,
        *UCNI_TITLES.values(),
        *UCNI_BANNERS.values(),
        *UCNI_PORTIONS.values(),
    ),
    *(REL_TO, REL_TO_TITLE, DISPLAY_ONLY, HVSACO, HVSACO_TITLE, MULTIPLE, "FGI", "CUI", "CONTROLLED", "ACCM", "SAR"),
    *(*LEVELS_BY_WORD, *(level.name for level in MarkLevel), *NATO_CONTROLS, *NATO_PORTIONS, "COSMIC", "NATO", "JOINT"),
    *SCI_NAMES,
)
# No programme, measure or compartment control may begin like a control: the text could be read in two ways.
RESERVED_FIRST_WORDS: Final = frozenset(term.replace("-", " ").split(" ", maxsplit=1)[0] for term in _WHOLE_TERMS)
