"""A procedure that exists in tests only: a survey of a site, with every kind of field, on one node or between two.

Its rules are none: what it checks is shape and contradiction, and one place where no rule is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from relto.adapters.words import LANGUAGES, Wording, catalogue
from relto.procedures.actors import Role
from relto.procedures.findings import GAP, RULE, Finding
from relto.procedures.forms.form import read_form
from relto.procedures.known import Known
from relto.procedures.packs.registry import procedures
from relto.procedures.procedure import REASON_GIVEN, Clock, Procedure, Step
from relto.procedures.table import ANSWERING, ASKING, Table, Transition

UNCONFIRMED = "ISA-03"
GAP_RULE = "GAP-IND-disclosure"
FORM = read_form(
    {
        "form": "survey",
        "version": 1,
        "sections": ["what", "who"],
        "fields": [
            {"code": "kind", "kind": "choice", "section": "what", "required": True, "choices": ["single", "repeated"]},
            {"code": "partner", "kind": "nation", "section": "what", "required": True, "shared": True},
            {
                "code": "times",
                "kind": "number",
                "section": "what",
                "required": True,
                "when": {"field": "kind", "is": ["repeated"]},
                "least": 2,
                "most": 12,
            },
            {"code": "purpose", "kind": "long_text", "section": "what", "required": True, "shared": True},
            {"code": "first_day", "kind": "date", "section": "what", "required": True, "shared": True},
            {"code": "last_day", "kind": "date", "section": "what", "required": True, "shared": True},
            {"code": "meets_at", "kind": "instant", "section": "what"},
            {"code": "level", "kind": "level", "section": "what"},
            {"code": "facility", "kind": "code", "names": "facility", "section": "what", "required": True},
            {"code": "escorted", "kind": "yes_no", "section": "what", "required": True},
            {"code": "subjects", "kind": "choices", "section": "what", "choices": ["hull", "sonar", "radio"]},
            {"code": "country", "kind": "country", "section": "what"},
            {
                "code": "surveyors",
                "kind": "rows",
                "section": "who",
                "required": True,
                "least": 1,
                "most": 30,
                "fields": [
                    {"code": "person", "kind": "code", "names": "person", "required": True, "shared": True},
                    {"code": "name", "kind": "text", "required": True, "personal": True},
                    {"code": "leads", "kind": "yes_no"},
                    {
                        "code": "phone",
                        "kind": "text",
                        "personal": True,
                        "when": {"field": "leads", "is": [True]},
                    },
                ],
            },
        ],
    }
)
ANSWER = read_form(
    {
        "form": "survey_sign",
        "version": 1,
        "sections": ["sign"],
        "fields": [
            {"code": "seen", "kind": "yes_no", "section": "sign", "required": True},
            {"code": "note", "kind": "text", "section": "sign"},
        ],
    }
)


def check(answers: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    """Days in order stop; a rule that nobody confirmed warns; where no rule is loaded it says so."""
    found = []
    first, last = answers.get("first_day", ""), answers.get("last_day", "")
    if first and last and last < first:
        found.append(Finding("survey.days", "last_day", values={"first": first}))
    if answers.get("kind") == "repeated":
        found.append(Finding("survey.repeated", "kind", RULE, (UNCONFIRMED,)))
    if answers.get("country"):
        found.append(Finding("survey.country", "country", GAP, (GAP_RULE,)))
    if known.nation == answers.get("partner"):
        found.append(Finding("survey.partner", "partner"))
    return found


_SECURITY, _RELEASE = frozenset({Role.SECURITY_OFFICER}), frozenset({Role.RELEASE_OFFICER})
_TABLE = Table(
    "survey",
    "draft",
    ("draft", "submitted", "asked", "answered", "withdrawn"),
    (
        Transition("submit", frozenset({"draft"}), "submitted", _SECURITY, side=ASKING),
        Transition("sign", frozenset({"submitted"}), "asked", _RELEASE | {Role.REGISTRAR}, side=ASKING),
        Transition("answer", frozenset({"asked"}), "answered", _RELEASE, side=ANSWERING),
        Transition(
            "withdraw",
            frozenset({"submitted", "asked"}),
            "withdrawn",
            _SECURITY,
            (REASON_GIVEN,),
            at_will=True,
            side=ASKING,
        ),
    ),
)
SURVEY = Procedure(
    code="survey",
    prefix="SUR",
    topic="visit",
    table=_TABLE,
    form=FORM,
    begins=_SECURITY,
    steps={
        "submit": Step(final_check=True),
        "sign": Step(form=ANSWER, persons=2, sends=True),
        "answer": Step(sends=True),
        "withdraw": Step(sends=True, keeps_told=True),
    },
    check=check,
    clocks=(
        Clock(
            "lead", "visit.recurring.notice", frozenset({"draft", "submitted"}), counts_from="first_day", before=True
        ),
    ),
    reach="between",
    partner_field="partner",
    subjects=("facility", "surveyors/person"),
)
WORDS = {
    "procedure.survey": ("Survey", "सर्वेक्षण"),
    "procedure.survey.what": (
        "People of one nation survey a site of the other.",
        "एक देश के लोग दूसरे के स्थल का सर्वेक्षण करते हैं।",
    ),
    "state.survey.draft": ("being written", "लिखा जा रहा है"),
    "state.survey.submitted": ("with the own authority", "अपने प्राधिकरण के पास"),
    "state.survey.asked": ("with the partner", "साझेदार के पास"),
    "state.survey.answered": ("answered", "उत्तर मिला"),
    "state.survey.withdrawn": ("withdrawn", "वापस लिया गया"),
    "step.survey.submit": ("Send to the own authority", "अपने प्राधिकरण को भेजें"),
    "step.survey.sign": ("Sign and send on", "हस्ताक्षर करें और आगे भेजें"),
    "step.survey.answer": ("Answer", "उत्तर दें"),
    "step.survey.withdraw": ("Withdraw", "वापस लें"),
    "clock.survey.lead": ("Notice before the first day", "पहले दिन से पहले सूचना"),
    "form.survey": ("Survey", "सर्वेक्षण"),
    "form.survey.section.what": ("What is surveyed", "किसका सर्वेक्षण"),
    "form.survey.section.who": ("Who surveys", "कौन करता है"),
    "form.survey.kind": ("How often?", "कितनी बार?"),
    "form.survey.kind.is.single": ("Once", "एक बार"),
    "form.survey.kind.is.repeated": ("Several times", "कई बार"),
    "form.survey.partner": ("Whose site is it?", "स्थल किसका है?"),
    "form.survey.times": ("How many times?", "कितनी बार?"),
    "form.survey.purpose": ("What for?", "किसलिए?"),
    "form.survey.purpose.hint": ("Write no classified words.", "कोई वर्गीकृत शब्द न लिखें।"),
    "form.survey.first_day": ("First day", "पहला दिन"),
    "form.survey.last_day": ("Last day", "अन्तिम दिन"),
    "form.survey.meets_at": ("When do they meet?", "कब मिलते हैं?"),
    "form.survey.level": ("Highest level", "उच्चतम स्तर"),
    "form.survey.facility": ("Facility", "केन्द्र"),
    "form.survey.escorted": ("Is there an escort?", "क्या साथ में कोई है?"),
    "form.survey.subjects": ("Subjects", "विषय"),
    "form.survey.subjects.is.hull": ("Hull", "ढाँचा"),
    "form.survey.subjects.is.sonar": ("Sonar", "सोनार"),
    "form.survey.subjects.is.radio": ("Radio", "रेडियो"),
    "form.survey.country": ("Country of the equipment", "उपकरण का देश"),
    "form.survey.surveyors": ("Surveyors", "सर्वेक्षक"),
    "form.survey.surveyors.person": ("Pseudonym", "छद्मनाम"),
    "form.survey.surveyors.name": ("Name", "नाम"),
    "form.survey.surveyors.leads": ("Does this person lead?", "क्या यह व्यक्ति नेतृत्व करता है?"),
    "form.survey.surveyors.phone": ("Telephone", "दूरभाष"),
    "form.survey_sign": ("Signature", "हस्ताक्षर"),
    "form.survey_sign.section.sign": ("Signature", "हस्ताक्षर"),
    "form.survey_sign.seen": ("Did you see the site's plan?", "क्या स्थल की योजना देखी?"),
    "form.survey_sign.note": ("Note", "टिप्पणी"),
    "finding.survey.days": ("The last day is before {first}, the first one.", "अन्तिम दिन पहले दिन {first} से पहले है।"),
    "finding.survey.days.fix": ("Write a later last day.", "बाद का अन्तिम दिन लिखें।"),
    "finding.survey.repeated": ("Several surveys need notice.", "कई सर्वेक्षणों की सूचना चाहिए।"),
    "finding.survey.repeated.fix": ("Give notice of each.", "प्रत्येक की सूचना दें।"),
    "finding.survey.country": ("What holds for foreign equipment is not known.", "विदेशी उपकरण का नियम ज्ञात नहीं।"),
    "finding.survey.country.fix": ("Ask the own authority.", "अपने प्राधिकरण से पूछें।"),
    "finding.survey.partner": ("The site is of the own nation.", "स्थल अपने देश का है।"),
    "finding.survey.partner.fix": ("Name the other nation.", "दूसरे देश का नाम दें।"),
}


def register_survey(monkeypatch: pytest.MonkeyPatch) -> None:
    """The survey is a procedure, with its words, until the test ends."""
    monkeypatch.setitem(procedures(), SURVEY.code, SURVEY)
    for place, language in enumerate(LANGUAGES):
        for code, texts in WORDS.items():
            entry = Wording(texts[place], reviewed=language == "en")
            monkeypatch.setitem(catalogue(language), code, entry)
