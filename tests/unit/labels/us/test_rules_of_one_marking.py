"""Each rule on one marking has a text that breaks it alone, and its neighbour that keeps it."""

from __future__ import annotations

import pytest

from relto.base.errors import MalformedInput
from relto.labels.us.checks import validate
from relto.labels.us.faults import RULES
from relto.labels.us.profiles import PROFILES
from relto.labels.us.reading import parse_banner, parse_portion
from relto.labels.us.tokens import MarkLevel
from relto.labels.us.values import (
    Cui,
    Foreign,
    Joint,
    Marking,
    MarkingParts,
    Nuclear,
    OpenFgi,
    Programme,
    SciControl,
    UnitedStates,
)
from relto.labels.us.writing import render_banner
from tests.unit.labels.us.us_support import codes_of

# code: (refused, accepted, profile); a text in parentheses is a portion.
EXAMPLES = {
    "empty": ("", "SECRET", "dod"),
    "too_long": ("SECRET//ACCM-" + "A" * 9000, "SECRET//ACCM-AAA", "dod"),
    "parentheses": ("(S", "(S)", "dod"),
    "characters": ("Secret", "SECRET", "dod"),
    "spacing": ("SECRET // NOFORN", "SECRET//NOFORN", "dod"),
    "separator": ("SECRET////NOFORN", "SECRET//NOFORN", "dod"),
    "trailing_slash": ("SECRET//LIMDIS/", "SECRET//LIMDIS", "dod-strict"),
    "level_unknown": ("VERY SECRET//NOFORN", "TOP SECRET//NOFORN", "dod"),
    "level_twice": ("SECRET//TOP SECRET", "TOP SECRET", "dod"),
    "short_level": ("U//FOUO", "UNCLASSIFIED//FOUO", "dod-strict"),
    "wrong_form": ("(S//NOFORN)", "(S//NF)", "dod"),
    "owner_unknown": ("//GERMANY SECRET", "//DEU SECRET", "dod"),
    "usa_as_foreign": ("//USA SECRET", "SECRET", "dod"),
    "nato_portion": ("(//NATO S)", "(//NS)", "dod"),
    "joint_alone": ("//JOINT SECRET USA", "//JOINT SECRET IND USA", "dod"),
    "joint_order": ("//JOINT SECRET USA IND", "//JOINT SECRET IND USA", "dod"),
    "field_order": ("SECRET//NOFORN//TK", "SECRET//TK//NOFORN", "dod"),
    "field_twice": ("SECRET//NOFORN//ORCON", "SECRET//ORCON/NOFORN", "dod"),
    "control_twice": ("SECRET//NOFORN/NOFORN", "SECRET//NOFORN", "dod"),
    "control_order": ("SECRET//NOFORN/ORCON", "SECRET//ORCON/NOFORN", "dod-strict"),
    "declassification_data": ("SECRET//NOFORN//20151231", "SECRET//NOFORN", "dod"),
    "control_unknown": ("SECRET//NOFORN/NEVERMIND", "SECRET//NOFORN/PROPIN", "dod"),
    "nuclear_unreadable": ("SECRET//RD-SIGMA", "SECRET//RD-SIGMA 14", "dod"),
    "fgi_unreadable": ("SECRET//FGI GERMANY", "SECRET//FGI DEU", "dod"),
    "code_unreadable": ("SECRET//REL TO USA, INDIA", "SECRET//REL TO USA, IND", "dod"),
    "code_twice": ("SECRET//REL TO USA, IND, IND", "SECRET//REL TO USA, IND", "dod"),
    "code_unknown": ("SECRET//REL TO USA, INX", "SECRET//REL TO USA, IND", "dod"),
    "group_unknown": ("SECRET//REL TO USA, ABCD", "SECRET//REL TO USA, NATO", "dod-strict"),
    "comma_missing": ("SECRET//REL TO USA CAN", "SECRET//REL TO USA, CAN", "dod-strict"),
    "release_list_missing": ("SECRET//REL TO", "SECRET//REL TO USA, IND", "dod"),
    "unreadable": ("SECRET//SAR-BP-", "SECRET//SAR-BP", "dod"),
    "cui_elements": ("CUI//PRVCY//NOFORN//FEDCON", "CUI//PRVCY//NOFORN/FEDCON", "dod"),
    "cui_classified": ("SECRET//CUI", "SECRET", "dod"),
    "cosmic": ("//COSMIC SECRET", "//COSMIC TOP SECRET", "dod"),
    "nato_top": ("//NATO SECRET//BALK", "//COSMIC TOP SECRET//BALK", "dod"),
    "nato_owner": ("//DEU SECRET//ATOMAL", "//NATO SECRET//ATOMAL", "dod"),
    "nato_noforn": ("//NATO SECRET//NOFORN", "//NATO SECRET", "dod"),
    "joint_restricted": ("//JOINT RESTRICTED IND USA", "//JOINT RESTRICTED GBR IND", "dod"),
    "us_restricted": ("RESTRICTED", "//IND RESTRICTED", "dod"),
    "fgi_owner_alone": ("//JOINT SECRET FGI USA", "//FGI SECRET", "dod"),
    "relido_foreign": ("//IND SECRET//RELIDO", "//JOINT SECRET IND USA//RELIDO", "dod"),
    "compartments_unclassified": ("UNCLASSIFIED//SAR-BP", "UNCLASSIFIED//HVSACO", "dod"),
    "sci_level_c": ("//IND RESTRICTED//SI//REL TO USA, IND", "CONFIDENTIAL//SI//REL TO USA, IND", "dod"),
    "sci_level_s": ("CONFIDENTIAL//TK//ORCON", "SECRET//TK//ORCON", "dod"),
    "sci_noforn": ("SECRET//HCS//ORCON", "SECRET//HCS//ORCON/NOFORN", "dod"),
    "sci_release": ("SECRET//TK", "SECRET//TK//REL TO USA, FVEY", "dod"),
    "gamma_level": ("SECRET//SI-G//ORCON", "TOP SECRET//SI-G//ORCON", "dod"),
    "gamma_orcon": ("TOP SECRET//SI-G//NOFORN", "TOP SECRET//SI-G//ORCON/NOFORN", "dod"),
    "gamma_level_word": ("SECRET//SI-GAMMA//ORCON", "TOP SECRET//SI-GAMMA//ORCON", "dod-strict"),
    "gamma_orcon_word": ("TOP SECRET//SI-GAMMA//NOFORN", "TOP SECRET//SI-GAMMA//ORCON/NOFORN", "dod-strict"),
    "sci_unknown": ("SECRET//MADE-UP//NOFORN", "SECRET//TK-UP//NOFORN", "dod-strict"),
    "sap_many": ("SECRET//SAR-A/B/D/E/F", "SECRET//SAR-A/B/D/E", "dod"),
    "waived_sap": ("SECRET//WAIVED", "SECRET//SAR-BP//WAIVED", "dod"),
    "rd_level": ("UNCLASSIFIED//RD", "CONFIDENTIAL//RD", "dod"),
    "frd_level": ("UNCLASSIFIED//FRD-SIGMA 14", "CONFIDENTIAL//FRD-SIGMA 14", "dod"),
    "tfni_level": ("UNCLASSIFIED//TFNI", "CONFIDENTIAL//TFNI", "dod"),
    "cnwdi_rd": ("SECRET//FRD-N", "SECRET//RD-N", "dod"),
    "cnwdi_level": ("CONFIDENTIAL//RD-N", "SECRET//RD-N", "dod-strict"),
    "sigma_range": ("SECRET//RD-SIGMA 0", "SECRET//RD-SIGMA 99", "dod"),
    "sigma_known": ("SECRET//RD-SIGMA 2", "SECRET//RD-SIGMA 14 15", "dod-strict"),
    "sigma_kind": ("SECRET//TFNI-SIGMA 14", "SECRET//FRD-SIGMA 14", "dod"),
    "ucni_level": ("SECRET//DOD UCNI", "UNCLASSIFIED//DOD UCNI", "dod"),
    "fgi_us_only": ("//DEU SECRET//FGI CAN", "SECRET//FGI CAN", "dod"),
    "fgi_level": ("UNCLASSIFIED//FGI CAN", "CONFIDENTIAL//FGI CAN", "dod"),
    "fgi_order": ("SECRET//FGI NATO IND", "SECRET//FGI IND NATO", "dod"),
    "fgi_usa": ("SECRET//FGI IND USA", "SECRET//FGI IND", "dod"),
    "orcon_level": ("UNCLASSIFIED//ORCON", "CONFIDENTIAL//ORCON", "dod"),
    "imcon_level": ("CONFIDENTIAL//NOFORN/IMCON", "SECRET//NOFORN/IMCON", "dod"),
    "imcon_release": ("SECRET//IMCON", "SECRET//IMCON/REL TO USA, IND", "dod"),
    "noforn_level": ("UNCLASSIFIED//NOFORN", "CONFIDENTIAL//NOFORN", "dod"),
    "noforn_relido": ("SECRET//NOFORN/RELIDO", "SECRET//RELIDO", "dod"),
    "rel_noforn": ("(S//NF/REL TO USA, IND)", "(S//REL TO USA, IND)", "dod"),
    "propin_restricted": ("//IND RESTRICTED//PROPIN", "//IND CONFIDENTIAL//PROPIN", "dod"),
    "relido_level": ("UNCLASSIFIED//RELIDO", "CONFIDENTIAL//RELIDO", "dod"),
    "rsen_level": ("CONFIDENTIAL//RSEN", "SECRET//RSEN", "dod"),
    "fouo_level": ("CONFIDENTIAL//FOUO", "UNCLASSIFIED//FOUO", "dod"),
    "cui_control": ("SECRET//FEDCON", "CUI//FEDCON", "dod"),
    "relido_fgi": ("SECRET//FGI IND//RELIDO", "SECRET//RELIDO", "dod-strict"),
    "display_fgi": ("SECRET//FGI IND//DISPLAY ONLY AFG", "SECRET//DISPLAY ONLY AFG", "dod-strict"),
    "rel_level": ("UNCLASSIFIED//REL TO USA, IND", "CONFIDENTIAL//REL TO USA, IND", "dod"),
    "release_order": ("SECRET//REL TO IND, USA", "SECRET//REL TO USA, IND", "dod"),
    "rel_usa_alone": ("SECRET//REL TO USA", "SECRET//REL TO USA, FVEY", "dod"),
    "rel_usa_missing": ("SECRET//REL TO GBR, IND", "SECRET//REL TO USA, GBR, IND", "dod-strict"),
    "display_level": ("UNCLASSIFIED//DISPLAY ONLY AFG", "CONFIDENTIAL//DISPLAY ONLY AFG", "dod"),
    "display_excludes": ("SECRET//NOFORN/DISPLAY ONLY AFG", "SECRET//REL TO USA, IND/DISPLAY ONLY AFG", "dod"),
    "display_order": ("SECRET//DISPLAY ONLY NZL, AFG", "SECRET//DISPLAY ONLY AFG, NZL", "dod"),
    "display_usa": ("SECRET//DISPLAY ONLY AFG, USA", "SECRET//DISPLAY ONLY AFG", "dod-strict"),
    "eyes_excludes": ("SECRET//NOFORN/USA/GBR EYES ONLY", "SECRET//USA/GBR EYES ONLY", "dod"),
    "eyes_level": ("UNCLASSIFIED//USA/GBR EYES ONLY", "CONFIDENTIAL//USA/GBR EYES ONLY", "dod"),
    "exdis_rel": ("SECRET//REL TO USA, IND//EXDIS", "SECRET//NOFORN//EXDIS", "dod"),
    "exdis_nodis": ("SECRET//NOFORN//EXDIS/NODIS", "SECRET//NOFORN//NODIS", "dod"),
    "nodis_rel": ("SECRET//REL TO USA, IND//NODIS", "SECRET//NOFORN//NODIS", "dod"),
    "exdis_noforn": ("SECRET//EXDIS", "SECRET//NOFORN//EXDIS", "dod-strict"),
    "nodis_noforn": ("SECRET//NODIS", "SECRET//NOFORN//NODIS", "dod-strict"),
    "les_twice": ("SECRET//LES/LES NOFORN", "SECRET//LES NOFORN", "dod"),
    "sbu_twice": ("UNCLASSIFIED//SBU/SBU NOFORN", "UNCLASSIFIED//SBU NOFORN", "dod"),
    "sbu_level": ("SECRET//SBU NOFORN", "UNCLASSIFIED//SBU NOFORN", "dod-strict"),
}
# Broken together with another rule, or only by a value and never by a text.
BY_VALUE = {"rel_as_banner_place", "cui_other", "accm_ambiguous", "rel_noforn_banner", "rel_one_code"}
LEGACY = {"legacy_fouo", "legacy_eyes"}


def codes(text: str, profile: str) -> list[str]:
    parse = parse_portion if text.startswith("(") else parse_banner
    return codes_of(parse, text, PROFILES[profile])


@pytest.mark.parametrize("code", sorted(EXAMPLES))
def test_a_rule_refuses_what_breaks_it_and_accepts_its_neighbour(code: str) -> None:
    refused, accepted, profile = EXAMPLES[code]
    assert codes(refused, profile) == [code]
    assert codes(accepted, profile) == []


def test_every_rule_on_one_marking_has_its_example() -> None:
    named = {code for code, rule in RULES.items() if rule.group in {"reading", "marking"}}
    assert named == set(EXAMPLES) | BY_VALUE | LEGACY


@pytest.mark.parametrize("code", sorted(code for code, rule in RULES.items() if rule.reading == "strict"))
def test_the_default_reads_wider_where_the_sources_disagree(code: str) -> None:
    if code in EXAMPLES:
        assert codes(EXAMPLES[code][0], "dod") == []


def test_the_lenient_reading_takes_ucni_beside_a_classified_level() -> None:
    assert codes("SECRET//DOD UCNI", "dod-lenient") == []


def test_rules_that_only_a_value_can_break() -> None:
    us = UnitedStates()
    secret = MarkLevel.S
    parts = MarkingParts(us, secret, rel_as_banner=True)
    assert [fault.code for fault in validate(parts, "banner")] == ["rel_as_banner_place"]
    assert validate(parts, "portion") == ()
    cui = MarkingParts(us, MarkLevel.U, cui=Cui(("PRVCY",)), accm=("LEMONADE",))
    assert [fault.code for fault in validate(cui, "banner")] == ["cui_other"]
    measure = MarkingParts(us, secret, accm=("LIMITED PARTY",))
    assert [fault.code for fault in validate(measure, "banner", PROFILES["ism"])] == ["accm_ambiguous"]
    assert validate(measure, "banner") == ()
    both = MarkingParts(us, secret, dissem=frozenset({"NOFORN"}), rel_to=("USA", "IND"))
    assert [fault.code for fault in validate(both, "banner")] == ["rel_noforn", "rel_noforn_banner"]
    alone = MarkingParts(us, secret, rel_to=("IND",))
    assert [fault.code for fault in validate(alone, "banner", PROFILES["dod-strict"])] == ["rel_usa_missing"]


@pytest.mark.parametrize("text", ["U//FOUO", "SECRET//USA/CAN/GBR EYES ONLY"])
def test_legacy_marks_are_read_and_never_written(text: str) -> None:
    marking = parse_banner(text)
    assert set(codes_of(render_banner, marking)) <= LEGACY
    assert codes_of(render_banner, marking)


def test_restricted_is_no_level_that_a_us_marking_can_hold() -> None:
    for owner in (UnitedStates(), Joint(("IND", "USA"))):
        with pytest.raises(MalformedInput):
            Marking(owner, MarkLevel.R)
    assert Marking(Foreign("IND"), MarkLevel.R).is_classified


@pytest.mark.parametrize(
    ("text", "owner"),
    [
        ("(UK-C)", "GBR"),
        ("(//GBR C)", "GBR"),
        ("(GBR-C)", "GBR"),
        ("(IN-C)", "IND"),
        ("(//FGI C)", "FGI"),
        ("(FGI-C)", "FGI"),
        ("(//NC)", "NATO"),
    ],
)
def test_foreign_portions_are_read_in_each_source_form(text: str, owner: str) -> None:
    assert parse_portion(text) == Marking(Foreign(owner), MarkLevel.C)


def test_parts_are_equal_whatever_their_order() -> None:
    one = Marking(
        UnitedStates(),
        MarkLevel.S,
        sci=(SciControl("TK"), SciControl("SI")),
        programmes=(Programme("GB"), Programme("BP")),
        nuclear=(Nuclear("RD", sigmas=(14,)), Nuclear("RD", cnwdi=True)),
        fgi=OpenFgi(("NATO", "IND")),
        rel_to=("IND", "USA"),
    )
    other = Marking(
        UnitedStates(),
        MarkLevel.S,
        sci=(SciControl("SI"), SciControl("TK"), SciControl("TK")),
        programmes=(Programme("BP"), Programme("GB")),
        nuclear=(Nuclear("RD", cnwdi=True, sigmas=(14,)),),
        fgi=OpenFgi(("IND", "NATO", "IND")),
        rel_to=("USA", "IND"),
    )
    assert one == other
    assert render_banner(one) == "SECRET//SI/TK//SAR-BP/GB//RD-N-SIGMA 14//FGI IND NATO//REL TO USA, IND"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SECRET//SAR-BP/WAIVED", "unreadable"),
        ("SECRET//SAR-BP/NOFORN", "unreadable"),
        ("CUI//SECRET", "unreadable"),
        ("SECRET//REL", "release_list_missing"),
        ("(S//EYES)", "release_list_missing"),
        ("SECRET//NOFRON", "sci_release"),
        ("SECRET//NF-ABC//NOFORN", "unreadable"),
    ],
)
def test_no_word_is_read_as_something_weaker(text: str, code: str) -> None:
    assert codes(text, "dod") == [code]
