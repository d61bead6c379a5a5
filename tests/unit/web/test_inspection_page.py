"""A self-inspection on its page: the list comes ready made, is read and not written, and is answered in one sitting."""

from __future__ import annotations

import re

from relto.services import dossiers
from relto.store.models import Dossier
from tests.support.houses import FACILITY, START, USA
from tests.unit.web.portal import LANGUAGES, Portal

NEW = "/en/dossiers/new/self_inspection/"
MADE = re.compile(r'<input type="hidden" name="(checklist/[^"]+)" value="([^"]*)">')


def test_the_list_is_made_when_it_is_kept_and_answered_in_one_sitting(portal: Portal) -> None:
    officer = portal.as_person("security_officer")
    empty = officer.get(NEW).content.decode()
    assert "add checklist" not in empty, "nobody writes the checks by hand"
    answer = officer.post(NEW, {"facility": FACILITY[USA], "checklist/rows": "0", "do": "keep"})
    assert answer.status_code == 302
    row = Dossier.objects.get(procedure="self_inspection")
    for language in LANGUAGES:
        page = officer.get(f"/{language}/dossiers/{row.id}/write/").content.decode()
        made = dict(MADE.findall(page))
        assert len({name.split("/")[1] for name in made if name != "checklist/rows"}) == 24
        assert 'name="checklist/23/evidence"' in page
        assert "remove checklist" not in page
    posted = made | {"facility": FACILITY[USA], "profile": "small_company", "held_on": str(START.date())}
    posted |= {"checklist/rows": "24", "do": "keep"}
    for number in range(24):
        posted |= {f"checklist/{number}/result": "met", f"checklist/{number}/evidence": f"Log, page {number}"}
    assert officer.post(f"/en/dossiers/{row.id}/write/", posted).status_code == 302
    detail = dossiers.dossier(portal.node.house, portal.node.actor("security_officer"), row.id)
    assert not [one for one in detail.findings if one.stops]
    assert {one["result"] for one in detail.answers["checklist"]} == {"met"}
