"""What a policy allows, and how it is shown."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from relto.base.errors import MalformedInput, UnknownValue
from relto.labels.nato.nato_policy import is_nato, text_faults
from relto.labels.nato.policy_label import Category, ConfidentialityInformation
from relto.labels.nato.policy_marking import marking
from relto.labels.nato.spif import Spif
from relto.labels.nato.spif_reading import read_spif
from relto.labels.nato.validity import faults_of
from tests.unit.labels.nato.nato_support import EXERCISE, NOW, OID, category, exercise, handling, info, release

_NOTES = f"{OID}.3"


def _codes(information: ConfidentialityInformation, spif: Spif | None = None, *, is_new: bool = False) -> set[str]:
    return {fault.code for fault in faults_of(information, spif or exercise(), NOW, is_new=is_new)}


@pytest.mark.parametrize(
    ("information", "codes"),
    [
        (info("CLOSED", release("IND")), set()),
        (info("OPEN"), set()),
        (info("CLOSED"), {"level.required_category"}),
        (info("closed", release("IND")), {"level.unknown"}),
        (info("OPEN", release("DEU")), {"value.unknown"}),
        (info("OPEN", release("ind")), {"value.unknown"}),
        (info("OPEN", category("RESTRICTIVE", "Release", "IND", oid=f"{OID}.2")), {"value.unknown"}),
        (info("OPEN", category("PERMISSIVE", "Realise", "IND", oid=f"{OID}.2")), {"tag_set.unknown"}),
        (info("OPEN", category("PERMISSIVE", "Release", "IND", oid=f"{OID}.4")), {"tag_set.unknown"}),
        (info("OPEN", category("PERMISSIVE", "Community", "IND", oid=f"{OID}.9")), {"tag_set.unknown"}),
        (info("OPEN", handling("ALPHA")), {"value.excluded_class"}),
        (info("CLOSED", handling("ALPHA"), release("IND")), set()),
        (info("OPEN", handling("BRAVO"), release("GBR")), {"value.excluded_category"}),
        (info("OPEN", handling("BRAVO"), release("IND")), set()),
        (info("OPEN", handling("CHARLIE")), {"value.required_class"}),
        (info("SEALED", handling("CHARLIE")), set()),
        (info("OPEN", handling("ECHO")), {"value.not_before"}),
        (info("OPEN", release("FRA")), {"value.required_category"}),
        (info("OPEN", release("FRA", "IND")), set()),
        (info("OPEN", release("FRA", "IND", "USA")), {"value.required_category"}),
        (info("SEALED", handling("BRAVO", "CHARLIE", "DELTA")), {"selection.too_many"}),
        (info("OPEN", category("INFORMATIVE", "Notes", "STAFF", "MEDICAL", oid=_NOTES)), {"selection.too_many"}),
    ],
)
def test_a_label_is_valid_exactly_when_its_policy_allows_all_of_it(
    information: ConfidentialityInformation, codes: set[str]
) -> None:
    assert _codes(information) == codes


def test_the_policy_must_be_this_one_by_name_and_identifier() -> None:
    assert _codes(ConfidentialityInformation("OTHER", "OPEN")) == {"policy.name"}
    assert _codes(ConfidentialityInformation("EXERCISE", "OPEN", (), "2.999.8")) == {"policy.oid"}
    assert _codes(ConfidentialityInformation("exercise", "OPEN")) == set()


def test_obsolete_levels_and_values_are_readable_and_not_writable() -> None:
    old = info("SEALED", handling("DELTA"))

    assert _codes(old) == set()
    assert _codes(old, is_new=True) == {"level.obsolete", "value.obsolete"}


def test_a_value_after_its_last_day_is_not_valid() -> None:
    late = datetime(2029, 1, 1, tzinfo=UTC)

    assert {fault.code for fault in faults_of(info("OPEN", handling("ECHO")), exercise(), late)} == {"value.not_after"}
    assert faults_of(info("OPEN", handling("ECHO")), exercise(), datetime(2027, 6, 1, tzinfo=UTC)) == ()


def test_a_policy_file_outside_its_own_dates_makes_nothing_valid() -> None:
    spif = read_spif(EXERCISE.replace("creationDate", 'notAfter="2026-01-01T00:00:00Z" creationDate').encode())

    assert _codes(info("OPEN"), spif) == {"policy.not_after"}


def test_a_minimum_of_one_makes_a_tag_mandatory() -> None:
    spif = read_spif(EXERCISE.replace('maxSelection="2"', 'minSelection="1"').encode())

    assert _codes(info("OPEN"), spif) == {"selection.too_few"}
    assert _codes(info("OPEN", handling("BRAVO")), spif) == set()


def test_privacy_marks_are_those_that_the_policy_lists() -> None:
    marks = '<spif:privacyMark name="CLEAR"/><spif:privacyMark name="OLD" obsolete="true"/>'
    listed = f"<spif:privacyMarks>{marks}</spif:privacyMarks></spif:SPIF>"
    spif = read_spif(EXERCISE.replace("</spif:SPIF>", listed).encode())

    def marked(mark: str) -> ConfidentialityInformation:
        return ConfidentialityInformation("EXERCISE", "OPEN", privacy_mark=mark)

    assert _codes(marked("ANY")) == set()
    assert _codes(marked("ANY"), spif) == {"privacy_mark.unknown"}
    assert _codes(marked("OLD"), spif) == set()
    assert _codes(marked("OLD"), spif, is_new=True) == {"privacy_mark.obsolete"}
    assert marking(marked("CLEAR"), spif) == "EXERCISE OPEN CLEAR"


def test_the_marking_takes_the_phrase_of_its_place_and_language() -> None:
    label = info("CLOSED", release("USA", "IND"))

    assert marking(label, exercise()) == "EXERCISE SHUT REL TO IND, USA"
    assert marking(label, exercise(), place="pageBottom") == "EXERCISE SHUT REL TO IND, USA"
    assert marking(label, exercise(), place="portionMarking") == "EXERCISE C REL TO IND, USA"
    assert marking(label, exercise(), place="waterMark") == "EXERCISE CLOSED REL TO IND, USA"
    assert marking(label, exercise(), "fr-CA") == "EXERCISE FERME REL TO IND, USA"
    assert marking(label, exercise(), "FR") == "EXERCISE FERME REL TO IND, USA"
    assert marking(label, exercise(), "hi") == "EXERCISE SHUT REL TO IND, USA"


def test_values_stand_in_the_order_of_the_policy_whoever_wrote_them() -> None:
    one = info("CLOSED", release("GBR", "USA", "IND"), handling("ALPHA"))

    assert marking(one, exercise()) == "EXERCISE SHUT ALPHA REL TO IND, USA, GBR"


def test_two_values_of_a_tag_without_separator_are_parted_by_a_stroke() -> None:
    assert marking(info("CLOSED", handling("ALPHA", "BRAVO"), release("IND")), exercise()).startswith(
        "EXERCISE SHUT ALPHA/BRAVO REL"
    )


def _with_codes(old: str, *codes: str, phrase: str | None = None) -> Spif:
    """The exercise policy with one more markingData inside the element that `old` opens."""
    text = "".join(f"<spif:code>{code}</spif:code>" for code in codes)
    attribute = "" if phrase is None else f' phrase="{phrase}"'
    data = f"<spif:markingData{attribute}>{text}</spif:markingData>"
    return read_spif(EXERCISE.replace(f"{old}/>", f"{old}>{data}</{old[1:].split(' ', maxsplit=1)[0]}>", 1).encode())


_USA = '<spif:tagCategory name="USA" lacv="2"'
_OPEN = '<spif:securityClassification name="OPEN" lacv="1" hierarchy="1"'
_POLICY = f'<spif:securityPolicyId name="EXERCISE" id="{OID}"'


@pytest.mark.parametrize(
    ("spif", "expected"),
    [
        (_with_codes(_USA, "noNameDisplay"), "EXERCISE OPEN REL TO IND"),
        (_with_codes(_USA, "noNameDisplay", phrase="US"), "EXERCISE OPEN REL TO IND, US"),
        (_with_codes(_USA, "noMarkingDisplay", phrase="US"), "EXERCISE OPEN REL TO IND, USA"),
        (_with_codes(_USA, "suppressClassName"), "EXERCISE REL TO IND, USA"),
        (_with_codes(_USA, "replacePolicy", phrase="JOINT"), "JOINT OPEN REL TO IND, USA"),
        (_with_codes(_USA, "replacePolicy", "noNameDisplay", phrase="JOINT"), "JOINT OPEN REL TO IND"),
        (_with_codes(_USA, "pageBottom", phrase="BELOW"), "EXERCISE OPEN REL TO IND, USA"),
        (_with_codes(_USA, "pageTopBottom", phrase="BOTH"), "EXERCISE OPEN REL TO IND, BOTH"),
        (_with_codes(_OPEN, "replacePolicy", phrase="PLAIN"), "PLAIN OPEN REL TO IND, USA"),
        (_with_codes(_POLICY, "noNameDisplay"), "OPEN REL TO IND, USA"),
        (_with_codes(_POLICY, "pageTop", phrase="EX"), "EX OPEN REL TO IND, USA"),
    ],
)
def test_marking_codes_do_what_the_schema_says(spif: Spif, expected: str) -> None:
    assert marking(info("OPEN", release("IND", "USA")), spif) == expected


def test_the_whole_marking_has_the_qualifiers_of_the_policy() -> None:
    outer = (
        '<spif:markingQualifier><spif:qualifier markingQualifier="//" qualifierCode="separator"/>'
        '<spif:qualifier markingQualifier="[" qualifierCode="prefix"/>'
        '<spif:qualifier xml:lang="fr" markingQualifier="{" qualifierCode="prefix"/>'
        '<spif:qualifier markingQualifier="]" qualifierCode="suffix"/></spif:markingQualifier>'
    )
    spif = read_spif(EXERCISE.replace("</spif:SPIF>", outer + "</spif:SPIF>").encode())

    assert marking(info("OPEN", release("IND")), spif) == "[EXERCISE//OPEN//REL TO IND]"
    assert marking(info("OPEN", release("IND")), spif, "fr") == "{EXERCISE//OPEN//REL TO IND]"


def test_a_marking_is_never_made_of_unknown_words() -> None:
    for information in (info("SHUT"), info("OPEN", release("DEU")), ConfidentialityInformation("OTHER", "OPEN")):
        with pytest.raises(UnknownValue):
            marking(information, exercise())
    with pytest.raises(MalformedInput):
        marking(info("OPEN"), exercise(), place="somewhere")


def _nato(level: str, *categories: Category, mark: str | None = None) -> set[str]:
    information = ConfidentialityInformation("NATO", level, categories, privacy_mark=mark)
    assert is_nato(information)
    return {fault.code for fault in text_faults(information)}


def test_the_text_of_the_nato_policy_demands_more_than_its_file() -> None:
    context = category("PERMISSIVE", "Context", "NATO")
    wide = category("PERMISSIVE", "Context", "NATO", "Releasable")
    to_ukraine = category("PERMISSIVE", "Releasable To", "nato", "UKR")
    only = category("PERMISSIVE", "Only", "USA")

    assert _nato("SECRET", context) == set()
    assert _nato("SECRET", wide, to_ukraine) == set()
    assert _nato("SECRET") == {"nato.context"}
    assert _nato("SECRET", context, to_ukraine) == {"nato.releasable"}
    assert _nato("SECRET", wide, category("PERMISSIVE", "Releasable To", "UKR")) == {"nato.releasable_to"}
    assert _nato("SECRET", wide, to_ukraine, only) == {"nato.only_with_releasable_to"}
    assert _nato("SECRET", context, category("INFORMATIVE", "Administrative", "STAFF")) == {"nato.administrative"}
    assert _nato("UNCLASSIFIED", context, category("INFORMATIVE", "Administrative", "STAFF")) == set()
    assert _nato("SECRET", context, mark="CLEAR") == set()
    assert _nato("SECRET", context, mark="OTHER") == {"nato.privacy_mark"}
    assert _nato("SECRET", context, category("RESTRICTIVE", "Only", "USA")) == {"tag_set.unknown"}
