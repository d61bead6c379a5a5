"""What the stories about pages share: a staffed node, people signed in to it, a sealed document, a case that waits."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from relto.base.instants import instant_text
from relto.base.nations import Nation
from relto.store.models import Account, Assurance, Item, Person
from tests.support.houses import FACILITY, PROGRAMME, START, YEAR, Node, staffed_house

SENTENCE = b"The quick mongoose measured seventeen amber turbines before dawn."
LANGUAGES = ("en", "hi")
ASSURED = "prs_" + "k" * 24


@dataclass
class Portal:
    """A node with its portal."""

    node: Node

    def as_person(self, who: str) -> Client:
        """A browser in which this person is signed in."""
        person = Person.objects.get(id=self.node.people[who])
        account, _ = Account.objects.get_or_create(person=person, defaults={"username": who.replace("_", "-")})
        return signed_in(account)

    def form(self, **other: Any) -> dict[str, Any]:
        """A whole, right form of the sealing page."""
        return {
            "title": "Hull vibration test report",
            "programme": PROGRAMME,
            "owners": "own",
            "level": "SECRET",
            "audience": "only",
            "nations": ["USA", "IND"],
            "export_controlled": "yes",
            "review_by": "2036-11-22",
            "document": SimpleUploadedFile("hull report.pdf", SENTENCE * 1000, "application/pdf"),
            "despite": "a test's own text, without markings",
            **other,
        }

    def seal(self, who: str = "engineer", **changes: Any) -> Item:
        """A document sealed through the page."""
        answer = self.as_person(who).post("/en/seal/", self.form(**changes))
        assert answer.status_code == 302, wrong(answer.content.decode())
        return Item.objects.get(id=answer["Location"].split("/")[3])

    def partner_vouches(self, status_age: timedelta = timedelta(minutes=5)) -> None:
        """The partner's assurances on its facility and one reader, as if they had come over the link."""
        partner = Nation("IND") if self.node.house.nation == "USA" else Nation("USA")
        for number, (kind, subject) in enumerate((("facility", FACILITY[partner]), ("person", ASSURED))):
            Assurance.objects.create(
                id=f"asr_{number:024d}",
                direction="received",
                issuer=partner,
                recipient=self.node.house.nation,
                subject_kind=kind,
                subject=subject,
                facility=FACILITY[partner],
                level="SECRET",
                safeguarding_level="SECRET" if kind == "facility" else "",
                caveats=[],
                valid_from=START - YEAR,
                valid_until=START + YEAR,
                status="valid",
                status_at=self.node.clock.now() - status_age,
                statement=b"{}",
            )

    def ask(self, item: Item, **other: str) -> str:
        """The security officer asks for a release through the page; returns the case's id."""
        answer = self.as_person("security_officer").post(
            f"/en/documents/{item.id}/release/",
            {"facility": FACILITY[Nation("IND")], f"reader_{ASSURED}": "tests the hull", "purpose": "Joint hull tests"}
            | {"mode": "live"}
            | other,
        )
        assert answer.status_code == 302, answer.content.decode()
        found = re.search(r"/cases/(rel_\w+)/", answer["Location"])
        assert found
        return found[1]

    def authorise(self, item: Item) -> None:
        """Disclosure and export authorisation for the programme."""
        from relto.services import authorisations  # noqa: PLC0415  only some stories need it

        house = self.node.house
        authorisations.record_disclosure(
            house,
            self.node.actor("registrar"),
            reference="DA-1",
            nation="IND",
            programme=item.programme,
            valid_from=START - YEAR,
            valid_until=START + YEAR,
        )
        authorisations.record_export(
            house,
            self.node.actor("security_officer"),
            reference="EX-1",
            nation="IND",
            programme=item.programme,
            valid_from=START - YEAR,
            valid_until=START + YEAR,
        )


def signed_in(account: Account, how: str = "training") -> Client:
    """A browser in which this account is signed in, as if by a training node's link, or in another way, just now."""
    browser = Client()
    browser.force_login(account, backend="allauth.account.auth_backends.AuthenticationBackend")
    shown = {"method": "mfa", "type": how, "id": 1} if how in {"totp", "webauthn"} else {"method": how}
    session = browser.session
    session["account_authentication_methods"] = [{**shown, "at": time.time()}]
    session["account_authentication_methods_user"] = str(account.pk)
    session.save()
    return browser


def wrong(page: str) -> list[str]:
    """What a page says is wrong."""
    return re.findall(r'error-summary__list">(.*?)</ul>', page)


def open_portal(folder: Path, nation: Nation) -> Portal:
    """A portal of a staffed node."""
    return Portal(staffed_house(folder, nation))


def now_text(portal: Portal) -> str:
    """The node's present instant."""
    return instant_text(portal.node.house.now())
