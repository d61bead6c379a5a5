"""Every command with wrong input: a clear error naming field and expectation, its exit status, nothing changed."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from relto.base.errors import MalformedInput, NotVerified
from relto.client import Announcement, Label
from relto.client.sealing import SealingOrder, sealed_container
from tests.story.conftest import World, document
from tests.story.wrong_input import Case, Scene, differences, events, faults, recorded, wait_until_quiet
from tests.support.command_server import CommandServer

pytestmark = pytest.mark.story

NOBODY = "prs_aaaaaaaaaaaaaaaaaaaaaaaa"
NOTHING = "aaaaaaaaaaaaaaaaaaaaaaaa"
FROM, UNTIL = "--valid-from=2026-11-22T00:00:00Z", "--valid-until=2027-06-30T00:00:00Z"
PROGRAMME = "MONSOON-LARK"
DESTROYED = "--outcome=destroyed"


@pytest.fixture(scope="module")
def scene(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("wrong")
    path = world.path(document(folder, "known.txt", b"a known sentence"))
    path.play()
    made = Scene(world, path, folder, CommandServer(folder))
    made.case = path.usa["release_officer"].node.cases()[0].id
    arrival = path.ind["release_officer"].node.arrivals()[0]
    made.arrival, made.item = arrival.id, path.usa["engineer"].node.items()[0].id
    made.file("empty.json", {})
    made.file("words.txt", b"no JSON")
    (folder / "empty").mkdir()
    with made.commands:
        yield made
    path.close()


@pytest.fixture
def unchanged(scene: Scene) -> Iterator[Scene]:
    """The state of both nodes is the same after the test as before."""
    before = wait_until_quiet(scene)
    listed = sorted(path.name for path in scene.folder.iterdir())
    yield scene
    assert differences(before, recorded(scene)) == {}
    made = {path.name for path in scene.folder.iterdir()} - set(listed)
    assert {name for name in made if not name.endswith((".profile", ".json", ".key"))} == set()


def test_what_is_asked_of_the_node_with_something_unknown(unchanged: Scene) -> None:
    scene = unchanged
    engineer, security = scene.profile("USA", "engineer"), scene.profile("USA", "security_officer")
    registrar, officer = scene.profile("USA", "registrar"), scene.profile("USA", "release_officer")
    receiver, inspector = scene.profile("IND", "release_officer"), scene.profile("USA", "inspector")
    known = str(scene.folder / "known.txt")

    def seal(field: str, code: str, exit_status: int = 2, **changed: str) -> Case:
        options = {"title": "t", "programme": PROGRAMME, "level": "SECRET", "audience": "USA", **changed}
        given = [f"--{name}={value}" for name, value in options.items()]
        sealing = ("seal", known, "--despite-faults=r", "--export-controlled", *given)
        return Case(exit_status, code, field, sealing, engineer)

    def release(field: str, code: str, exit_status: int = 2, item: str = scene.item, **changed: str) -> Case:
        reader = f"{scene.person('IND', 'engineer')}=analyses"
        options = {"nation": "IND", "facility": "IND-F007", "reader": reader, "purpose": "p", **changed}
        return Case(exit_status, code, field, ("release", item, *(f"--{k}={v}" for k, v in options.items())), security)

    def people(exit_status: int, code: str, field: str, *arguments: str) -> Case:
        return Case(exit_status, code, field, ("people", *arguments), registrar)

    def assure(exit_status: int, code: str, field: str, kind: str, subject: str, to: str, until: str = UNTIL) -> Case:
        given = ("assurances", "give", f"--kind={kind}", f"--subject={subject}", f"--to={to}", until)
        return Case(exit_status, code, field, given, registrar)

    facility = ("facility", "USA-F077", "--company")
    record = ("authorisations", "record", "--kind=disclosure", "--reference=A-1", FROM, UNTIL)
    media_type: dict[str, Any] = {"media-type": "a b"}
    cases = [
        seal("level", "unknown.level", level="VERY SECRET"),
        seal("programme", "not_available.programme", 4, programme="NO-SUCH"),
        seal("label.audience", "malformed.label.release", audience="FRA"),
        seal("caveats", "unknown.caveat", caveat="FOO"),
        seal("media_type", "malformed.media_type", **media_type),
        Case(4, "not_available.item", "item", ("open", f"itm_{NOTHING}", "--output=out"), engineer),
        Case(4, "not_available.item", "item", ("items", "show", f"itm_{NOTHING}"), engineer),
        Case(4, "not_available.item", "item", ("items", "may-open", "nonsense"), engineer),
        release("item", "not_available.item", 4, item=f"itm_{NOTHING}"),
        release("nation", "unknown.nation", nation="FRA"),
        release("readers.pseudonym", "malformed.id", reader="prs_x=y"),
        release("readers", "unknown.reader", reader=f"{NOBODY}=y"),
        release("readers", "unknown.reader", facility="IND-F999"),
        release("reader", "malformed.reader", reader="nobody"),
        Case(4, "not_available.case", "case", ("cases", "show", f"rel_{NOTHING}"), officer),
        Case(
            4,
            "not_available.case",
            "case",
            ("cases", "decide", f"rel_{NOTHING}", "--outcome=release", "--reason=r"),
            officer,
        ),
        Case(
            8, "conflict.state", "release", ("cases", "decide", scene.case, "--outcome=release", "--reason=r"), officer
        ),
        Case(4, "not_available.arrival", "arrival", ("arrivals", "show", f"arr_{NOTHING}"), receiver),
        Case(
            4,
            "not_available.arrival",
            "arrival",
            ("arrivals", "decide", f"arr_{NOTHING}", "--outcome=accept", "--reason=r"),
            receiver,
        ),
        Case(
            8,
            "conflict.state",
            "acceptance",
            ("arrivals", "decide", scene.arrival, "--outcome=refuse", "--reason=r"),
            receiver,
        ),
        Case(4, "not_available.reference", "reference", ("refusal", f"dec_{NOTHING}"), engineer),
        Case(4, "not_available.decision", "reference", ("decisions", "replay", f"dec_{NOTHING}"), inspector),
        Case(4, "not_available.entry", "entry", ("ledger", "entry", f"ent_{NOTHING}"), inspector),
        people(2, "malformed.code", "code", "company", "no code", "--title=t", "--kind=private"),
        people(8, "conflict.company", "code", "company", "USA-C014", "--title=t", "--kind=private"),
        people(4, "not_available.company", "company", *facility, "USA-C999", "--level=SECRET", FROM, UNTIL),
        people(2, "unknown.level", "level", *facility, "USA-C014", "--level=GEHEIM", FROM, UNTIL),
        people(2, "malformed.instant", "valid_from", *facility, "USA-C014", "--level=SECRET", "--valid-from=x", UNTIL),
        people(4, "not_available.facility", "facility", "person", "--name=n", "--company=USA-C014", "--facility=X"),
        people(2, "unknown.roles", "roles", "person", "--name=n", "--role=emperor"),
        people(2, "malformed.id", "person", "credential", "prs_x", "--days=3"),
        people(4, "not_available.person", "person", "credential", NOBODY, "--days=3"),
        people(8, "conflict.programme", "code", "programme", PROGRAMME, "--title=t"),
        people(4, "not_available.programme", "programme", "member", "NO-SUCH", NOBODY, "--reason=r"),
        people(4, "not_available.person", "person", "member", PROGRAMME, NOBODY, "--reason=r"),
        people(4, "not_available.person", "person", "sign-in-link", NOBODY),
        people(4, "not_available.person", "person", "account", NOBODY),
        assure(4, "not_available.subject", "subject", "person", NOBODY, "IND"),
        assure(4, "not_available.subject", "subject", "facility", "USA-F999", "IND"),
        assure(2, "unknown.recipient", "recipient", "facility", "USA-F014", "FRA"),
        assure(2, "malformed.instant", "valid_until", "facility", "USA-F014", "IND", "--valid-until=tomorrow"),
        Case(4, "not_available.programme", "programme", (*record, "--nation=IND", "--programme=NO-SUCH"), registrar),
        Case(2, "unknown.nation.own", "nation", (*record, "--nation=USA", f"--programme={PROGRAMME}"), registrar),
        Case(4, "not_available.item", "item", (*record, "--nation=IND", f"--item=itm_{NOTHING}"), registrar),
        Case(2, "malformed.authorisation.scope", "programme", (*record, "--nation=IND"), registrar),
    ]
    assert faults(scene, cases) == []


def test_what_ends_access_with_something_unknown(unchanged: Scene) -> None:
    scene = unchanged
    registrar, officer = scene.profile("USA", "registrar"), scene.profile("USA", "release_officer")
    security, receiver = scene.profile("IND", "security_officer"), scene.profile("IND", "release_officer")
    why, long = "--reason=r", f"--reason={'r' * 2001}"
    case, arrival, assurance = f"rel_{NOTHING}", f"arr_{NOTHING}", f"asr_{NOTHING}"
    none = f"aut_{NOTHING}"
    ended = ("people", "end-membership")

    def subject(exit_status: int, code: str, field: str, verb: str, *arguments: str) -> Case:
        return Case(exit_status, code, field, ("people", verb, *arguments), registrar)

    cases = [
        Case(4, "not_available.case", "case", ("cases", "withdraw", case, why), officer),
        Case(2, "too_large.member", "reason", ("cases", "withdraw", scene.case, long), officer),
        Case(2, "malformed.member", "reason", ("cases", "withdraw", scene.case, "--reason="), officer),
        Case(4, "not_available.arrival", "arrival", ("arrivals", "withdraw", arrival, why), receiver),
        Case(4, "not_available.arrival", "arrival", ("arrivals", "dispose", arrival, DESTROYED, why), security),
        Case(8, "conflict.state", "arrival", ("arrivals", "dispose", scene.arrival, DESTROYED, why), security),
        Case(2, "malformed.usage", "outcome", ("arrivals", "dispose", arrival, "--outcome=lost", why), security),
        Case(4, "not_available.authorisation", "authorisation", ("authorisations", "withdraw", none, why), registrar),
        Case(4, "not_available.assurance", "assurance", ("assurances", "affected", assurance), officer),
        Case(4, "not_available.assurance", "assurance", ("assurances", "renew", assurance), registrar),
        Case(4, "not_available.assurance", "assurance", ("assurances", "revoke", assurance), registrar),
        subject(4, "not_available.subject", "subject", "consequences", "facility", "USA-F999"),
        subject(2, "malformed.usage", "kind", "consequences", "company", "USA-C014"),
        subject(4, "not_available.subject", "subject", "suspend", "person", NOBODY, why),
        subject(4, "refused.own_suspension", "subject", "suspend", "person", scene.person("USA", "registrar"), why),
        subject(8, "conflict.not_suspended", "subject", "reinstate", "facility", "USA-F014", why),
        subject(4, "not_available.person", "person", "end-membership", PROGRAMME, NOBODY, why),
        Case(8, "conflict.not_member", "person", (*ended, "NO-SUCH", scene.person("USA", "engineer"), why), registrar),
    ]
    assert faults(scene, cases) == []


def test_what_passes_an_item_on_or_hands_one_in_with_something_wrong(unchanged: Scene) -> None:
    scene = unchanged
    security, officer = scene.profile("IND", "security_officer"), scene.profile("IND", "release_officer")
    engineer, asker = scene.profile("USA", "engineer"), scene.profile("USA", "security_officer")
    (held,) = [item.id for item in scene.path.ind["engineer"].node.items()]
    known = str(scene.folder / "known.txt")
    request, why = f"tpr_{NOTHING}", "--reason=r"

    def ask(exit_status: int, code: str, field: str, item: str = held, **changed: str) -> Case:
        period = {"valid-from": "2026-11-22T00:00:00Z", "valid-until": "2027-06-30T00:00:00Z"}
        options = {"nation": "FRA", "recipient": "FRA-F003", "purpose": "p", **period, **changed}
        given = (f"--{name}={value}" for name, value in options.items())
        return Case(exit_status, code, field, ("third-party", "ask", item, *given), security)

    def answer(verb: str, *options: str) -> Case:
        arguments = ("third-party", verb, request, *options)
        return Case(4, "not_available.third_party_request", "request", arguments, officer)

    def submit(exit_status: int, code: str, field: str | None, **changed: str) -> Case:
        options = {"title": "t", "programme": PROGRAMME, "level": "SECRET", "audience": "USA", **changed}
        given = [f"--{name}={value}" for name, value in options.items()]
        return Case(exit_status, code, field, ("submit", known, "--export-controlled", *given), engineer)

    def release(code: str, field: str, *changed: str) -> Case:
        reader = f"--reader={scene.person('IND', 'engineer')}=analyses"
        given = ("release", scene.item, "--nation=IND", "--facility=IND-F007", reader, "--purpose=p", *changed)
        return Case(2, code, field, given, asker)

    stated = ("--title=t", f"--programme={PROGRAMME}", "--level=SECRET", "--export-controlled")
    joint = ("seal", known, "--despite-faults=r", *stated)
    cases = [
        ask(4, "not_available.item", "item", item=f"itm_{NOTHING}"),
        ask(2, "malformed.nation", "nation", nation="fra"),
        ask(2, "unknown.third_nation", "nation", nation="USA"),
        ask(2, "malformed.code", "recipient", recipient="no code"),
        ask(2, "malformed.instant", "valid_from", **{"valid-from": "soon"}),
        ask(2, "malformed.period", "valid_until", **{"valid-until": "2026-11-22T00:00:00Z"}),
        answer("show"),
        answer("forward", "--outcome=forward", why),
        answer("decide", "--outcome=consent", why),
        answer("withdraw", why),
        answer("retransfer", why),
        Case(2, "malformed.usage", "outcome", ("third-party", "decide", request, "--outcome=maybe", why), officer),
        submit(2, "malformed.archive.truncated", "container"),
        submit(2, "unknown.level", "level", level="VERY SECRET"),
        submit(4, "not_available.programme", "programme", programme="NO-SUCH"),
        submit(2, "malformed.label.release", "label.audience", audience="FRA"),
        release("malformed.usage", "mode", "--mode=courier"),
        release("malformed.reader", "home_reader", "--home-reader=nobody"),
        Case(2, "malformed.label.release", "label.audience", (*joint, "--audience=USA", "--joint-with=IND"), engineer),
    ]
    assert faults(scene, cases) == []


def test_who_has_not_the_role_is_refused_and_nothing_is_made(unchanged: Scene) -> None:
    scene = unchanged
    engineer, known = scene.profile("USA", "engineer"), str(scene.folder / "known.txt")
    bundle = str(scene.file("agreed.json", scene.agreed))
    label = ("--title=t", f"--programme={PROGRAMME}", "--level=SECRET", "--audience=USA", "--export-controlled")
    reader = f"--reader={scene.person('IND', 'engineer')}=y"
    calls: list[tuple[str, ...]] = [
        ("people", "company", "USA-C077", "--title=t", "--kind=private"),
        ("people", "credential", scene.person("USA", "engineer"), "--days=3"),
        ("assurances", "give", "--kind=facility", "--subject=USA-F014", "--to=IND", UNTIL),
        ("release", scene.item, "--nation=IND", "--facility=IND-F007", reader, "--purpose=p"),
        ("cases", "list"),
        ("cases", "decide", scene.case, "--outcome=release", "--reason=r"),
        ("arrivals", "list"),
        ("cases", "withdraw", scene.case, "--reason=r"),
        ("arrivals", "dispose", scene.arrival, DESTROYED, "--reason=r"),
        ("arrivals", "withdraw", scene.arrival, "--reason=r"),
        ("authorisations", "withdraw", f"aut_{NOTHING}", "--reason=r"),
        ("assurances", "affected", f"asr_{NOTHING}"),
        ("people", "consequences", "facility", "USA-F014"),
        ("people", "suspend", "facility", "USA-F014", "--reason=r"),
        ("people", "reinstate", "facility", "USA-F014", "--reason=r"),
        ("people", "end-membership", PROGRAMME, scene.person("USA", "engineer"), "--reason=r"),
        ("third-party", "list"),
        ("third-party", "forward", f"tpr_{NOTHING}", "--outcome=forward", "--reason=r"),
        ("third-party", "may-retransfer", scene.item, "--nation=FRA", "--recipient=FRA-F003"),
        ("ledger", "export", "exported"),
        ("rules", "activate", bundle),
    ]
    cases = [Case(4, "refused.role", "role", arguments, engineer) for arguments in calls]
    sealing = ("seal", known, "--despite-faults=r", *label)
    cases.append(Case(4, "refused.role", "role", sealing, scene.profile("USA", "registrar")))
    assert faults(scene, cases) == []


def test_a_profile_or_a_node_that_does_not_answer(unchanged: Scene) -> None:
    scene = unchanged

    def me(exit_status: int, code: str, field: str, **changed: str | None) -> Case:
        return Case(exit_status, code, field, ("whoami",), scene.profile("USA", "engineer", **changed))

    closed = scene.profile("USA", "inspector", node="http://usa.localhost:1")
    known = str(scene.folder / "known.txt")
    label = ("--title=t", f"--programme={PROGRAMME}", "--level=SECRET", "--audience=USA", "--export-controlled")
    cases = [
        Case(5, "not_authenticated.no_profile", "profile", ("whoami",)),
        Case(2, "malformed.no_file", "profile", ("--profile", "missing", "whoami")),
        Case(2, "malformed.json.syntax", "profile", ("--profile", "words.txt", "whoami")),
        Case(2, "malformed.profile", "profile.node", ("--profile", "empty.json", "whoami")),
        me(2, "malformed.profile", "profile.client_secret", client_secret=None),
        me(2, "malformed.origin", "node", node="nonsense"),
        me(5, "not_authenticated.credential", "client_secret", client_secret="A" * 43),
        me(5, "not_authenticated.credential", "client_secret", client_id="cli_nobody"),
        *(
            Case(6, "unreachable.node", "node", arguments, closed)
            for arguments in [
                ("whoami",),
                ("seal", known, "--despite-faults=r", *label),
                ("open", scene.item, "--output=out"),
                ("ledger", "export", "exported"),
                ("ledger", "show"),
                ("rules", "active"),
                ("register",),
            ]
        ),
    ]
    assert faults(scene, cases) == []


def test_a_bundle_that_does_not_hold_is_refused_and_only_that_is_recorded(scene: Scene) -> None:
    before, begun = wait_until_quiet(scene), events(scene, "USA")
    chair = scene.profile("USA", "co_chair")
    both = scene.signed(scene.draft(2), "USA", "IND")
    files = json.loads(both)
    files["files"]["limits.json"] += " "
    payload = json.loads(both)
    body = json.loads(base64.b64decode(payload["manifest"]["payload"]))
    payload["manifest"]["payload"] = base64.b64encode(json.dumps({**body, "bundle_version": 3}).encode()).decode()
    wrong: list[tuple[int, str, str, bytes]] = [
        (2, "malformed.json.syntax", "bundle", b"no JSON"),
        (2, "malformed.bundle.schema", "bundle", b"{}"),
        (10, "not_verified.signature.missing", "manifest", scene.draft(2)),
        (10, "not_verified.signature.missing", "manifest", scene.signed(scene.draft(2), "USA")),
        (10, "not_verified.signature.unknown_key", "manifest", scene.signed(scene.draft(2), "USA", "stranger")),
        (10, "not_verified.signature", "signatures", json.dumps(payload).encode()),
        (10, "not_verified.bundle.file", "limits.json", json.dumps(files).encode()),
        (8, "conflict.bundle.version", "manifest.bundle_version", scene.agreed),
        (8, "conflict.bundle.supersedes", "manifest.supersedes", scene.signed(scene.draft(4), "USA", "IND")),
        (8, "conflict.bundle.expired", "manifest.expires", scene.signed(scene.draft(2, ended=True), "USA", "IND")),
    ]
    cases = [
        Case(status, code, field, ("rules", "activate", str(scene.file(f"wrong-{n}.json", data))), chair)
        for n, (status, code, field, data) in enumerate(wrong)
    ]
    cases.append(Case(2, "malformed.no_file", "bundle", ("rules", "activate", "missing"), chair))

    assert faults(scene, cases) == []
    assert events(scene, "USA")[len(begun) :] == ["bundle:refused"] * len(wrong)
    changed = differences(before, wait_until_quiet(scene))
    assert {name for name in changed if "ledger" not in name} == set()


def test_local_files_that_are_missing_or_malformed(unchanged: Scene) -> None:
    scene = unchanged
    usa, ind, words = scene.party("USA"), scene.party("IND"), "words.txt"
    node, witness = str(scene.node("USA")), str(scene.world.ground.witness("USA"))
    key = str(scene.world.ground.authority_key("USA"))
    bundle = str(scene.file("agreed.json", scene.agreed))
    exported = str(scene.path.ledger_folder(scene.path.usa))
    drafting = (f"--programme={PROGRAMME}", "--facility=USA:USA-F014")
    profile = scene.profile("USA", "engineer")
    set_up = ("--nation=USA", "--host=usa.localhost", "--kind=training", "--witness-name=w", "--witness-vkey=x")
    init = ("node", "init", "new", *set_up)
    public = f"--authority={key}.pub.json"
    owner = json.loads(Path(ind).read_text())["authority"] | {"owner": "USA/authority"}
    record = {
        "nation": scene.changed_party("IND", "nation", nation="India"),
        "link": scene.changed_party("IND", "link", link=None),
        "link.ca_pem": scene.changed_party("IND", "pem", link__ca_pem="x"),
        "link.ca_sha256": scene.changed_party("IND", "sha", link__ca_sha256="00"),
        "link.url": scene.changed_party("IND", "url", link__url="http://ind.example:1"),
        "node": scene.changed_party("IND", "node", node=None),
        "service_keys": scene.changed_party("IND", "keys", service_keys=[]),
        "ledger.vkeys": scene.changed_party("IND", "vkeys", ledger__vkeys=["x"]),
        "ledger.origin": scene.changed_party("IND", "origin", ledger__origin=None),
        "witness": scene.changed_party("IND", "witness", witness=None),
        "cosigner.vkeys": scene.changed_party("IND", "cosigner", cosigner__vkeys=[]),
    }
    codes = {"nation": "malformed.nation", "node": "malformed.key"}
    cases = [
        *(
            Case(2, codes.get(field, "malformed.party"), f"party.{field}", ("node", "pair", node, "--party", file))
            for field, file in record.items()
        ),
        Case(
            10,
            "not_verified.key_id",
            "party.authority.key_id",
            ("node", "pair", node, "--party", scene.changed_party("IND", "owner", authority=owner)),
        ),
        Case(2, "malformed.own_nation", "party.nation", ("node", "pair", node, "--party", usa)),
        *(
            Case(2, "malformed.no_file", field, arguments, profile)
            for field, arguments in [
                (
                    "document",
                    (
                        "seal",
                        "missing",
                        "--title=t",
                        *drafting[:1],
                        "--level=SECRET",
                        "--audience=USA",
                        "--export-controlled",
                    ),
                ),
                ("party", ("node", "pair", node, "--party=missing")),
                ("party", ("rules", "draft", "d", "--party=missing", *drafting)),
                ("bundle", ("rules", "sign", "missing", f"--key={key}")),
                ("key file", ("rules", "sign", bundle, "--key=missing")),
                ("bundle", ("rules", "show", "missing", f"--party={usa}")),
                ("party", ("rules", "show", bundle, "--party=missing")),
                ("authority", (*init, "--authority=missing", "--witness-url=http://w:1")),
                ("party", ("witness", "trust", witness, "--party=missing")),
                ("party", ("ledger", "trust", "--party=missing", "--output=t")),
                ("trust", ("verify", exported, "--trust=missing")),
                ("trust", ("verify", exported, "--trust=empty")),
                ("document", ("demo", "--headless", "--folder=new", "--document=missing")),
                ("document", ("demo", "--headless", "--folder=new", "--document=empty")),
            ]
        ),
        *(
            Case(2, "malformed.no_write", field, arguments, profile)
            for field, arguments in [
                ("output", ("open", scene.item, "--output=nowhere/out")),
                ("output", ("people", "credential", NOBODY, "--days=3", "--output=nowhere/out")),
                ("target", ("rules", "draft", "nowhere/d", f"--party={usa}", f"--party={ind}", *drafting)),
                ("output", ("ledger", "trust", f"--party={usa}", f"--party={ind}", "--output=nowhere/t")),
                ("key file", ("authority", "init", f"{words}/key", "--nation=USA")),
                ("folder", ("witness", "init", words, "--name=w")),
                ("report", ("demo", "--headless", "--folder=new", "--report=nowhere/r")),
            ]
        ),
        Case(2, "malformed.json.syntax", "party record", ("rules", "draft", "d", f"--party={words}", *drafting)),
        Case(2, "malformed.parties", "party", ("rules", "draft", "d", f"--party={usa}", *drafting)),
        Case(
            2,
            "unknown.nation",
            "facility",
            ("rules", "draft", "d", f"--party={usa}", f"--party={ind}", drafting[0], "--facility=FRA:FRA-F001"),
        ),
        Case(2, "malformed.json.syntax", "key file", ("rules", "sign", bundle, f"--key={words}")),
        Case(2, "malformed.authority_key", "key file", ("rules", "sign", bundle, "--key=empty.json")),
        Case(2, "malformed.bundle.schema", "bundle", ("rules", "sign", "empty.json", f"--key={key}")),
        Case(10, "not_verified.bundle.parties", "manifest.parties", ("rules", "show", bundle, f"--party={usa}")),
        Case(2, "malformed.json.syntax", "authority", (*init, f"--authority={words}", "--witness-url=http://w:1")),
        Case(2, "malformed.witness", "witness_url", (*init, public, "--witness-url=nonsense")),
        Case(2, "malformed.witness", "witness_vkey", (*init, public, "--witness-url=http://w:1")),
        Case(2, "malformed.host", "host", (*init, public, "--witness-url=http://w:1", "--host=no host")),
        Case(
            8, "conflict.folder_in_use", "folder", ("node", "init", node, *set_up, public, "--witness-url=http://w:1")
        ),
        Case(8, "conflict.key_exists", "key file", ("authority", "init", key, "--nation=USA")),
        Case(2, "malformed.nation", "nation", ("authority", "init", "new", "--nation=Usa")),
        Case(8, "conflict.witness.exists", "folder", ("witness", "init", witness, "--name=w")),
        Case(
            2,
            "malformed.party",
            "party.ledger.origin",
            ("witness", "trust", witness, f"--party={record['ledger.origin']}"),
        ),
        Case(7, "misconfigured.witness.configuration", "witness.json", ("witness", "run", "empty", "--port=65001")),
        Case(2, "malformed.no_folder", "folder", ("verify", "missing")),
        Case(2, "malformed.policy.line", "policy", ("verify", exported, f"--trust={words}")),
        Case(8, "conflict.folder_in_use", "folder", ("ledger", "export", exported), scene.profile("USA", "inspector")),
        Case(8, "conflict.folder_in_use", "folder", ("demo", "--headless", "--folder", str(scene.folder))),
        Case(8, "conflict.folder_in_use", "folder", ("demo", "--headless", f"--folder={words}")),
        *(
            Case(7, "misconfigured.no_node", "folder", ("node", *arguments))
            for arguments in [("check", "missing"), ("check", words), ("run", "empty"), ("serve", "empty", "portal")]
        ),
        Case(2, "malformed.process", "process", ("node", "serve", node, "kitchen")),
        Case(7, "misconfigured.port_taken", "ports.portal", ("node", "run", node)),
        *(
            Case(2, "malformed.usage", field, arguments)
            for field, arguments in [
                ("command", ("nonsense",)),
                ("--nonsense", ("whoami", "--nonsense")),
                ("outcome", ("cases", "decide", scene.case, "--outcome=maybe", "--reason=r")),
                ("level", ("seal", words, "--title=t", *drafting[:1], "--audience=USA", "--export-controlled")),
                ("port", ("witness", "run", witness, "--port=70000")),
                ("language", ("--language=fr", "whoami")),
            ]
        ),
    ]
    assert faults(scene, cases) == []
    assert not (scene.folder / "new").exists()


def test_an_empty_folder_is_no_ledger(scene: Scene) -> None:
    (answer,) = scene.commands.call_all([(("verify", "empty", "--json"), None)])
    assert answer.exit_status == 10
    assert json.loads(answer.out)["findings"] == [{"code": "checkpoint.missing", "file": "checkpoint"}]


def test_without_json_an_error_is_one_sentence_in_the_chosen_language(scene: Scene) -> None:
    arguments = ("node", "check", "missing")
    english, hindi = scene.commands.call_all([(arguments, None), (("--language=hi", *arguments), None)])
    assert english.exit_status == hindi.exit_status == 7
    assert english.error.count("\n") == hindi.error.count("\n") == 1
    assert "a folder made by relto node init" in english.error
    assert "[misconfigured.no_node]" in hindi.error
    assert english.error != hindi.error


def test_a_container_that_was_altered_on_the_way_is_not_registered(scene: Scene, tmp_path: Path) -> None:
    engineer = scene.path.usa["engineer"].node
    announced = engineer.announce(
        Announcement(
            title="t",
            file_name="f",
            media_type="text/plain",
            programme=PROGRAMME,
            label=Label(level="SECRET", audience=["USA"]),
            export_controlled=False,
        )
    )
    before = wait_until_quiet(scene)
    source = document(tmp_path, "f", b"a known sentence" * 100).path
    order = SealingOrder(
        announced.policy, announced.label_xml, "text/plain", engineer.service_key(), announced.recovery_orders()
    )
    with source.open("rb") as opened:
        container = bytearray(b"".join(sealed_container(opened, order)))
    flipped = bytearray(container)
    flipped[200] ^= 1
    for altered in (bytes(flipped), bytes(container[:-50]), b"", b"no container"):
        source.write_bytes(altered)
        with pytest.raises((NotVerified, MalformedInput)) as said:
            engineer.hand_in_container(announced.id, source)
        assert said.value.field
    assert engineer.item(announced.id).state == "announced"
    changed = differences(before, wait_until_quiet(scene))
    assert changed == {}


def test_settings_that_a_live_node_may_not_have_are_refused_by_name(scene: Scene) -> None:
    folder = scene.folder / "live"
    shutil.copytree(scene.node("USA"), folder, ignore=shutil.ignore_patterns("data", "log", "ledger", "blobs", "locks"))
    settings = (folder / "node.toml").read_text().replace('kind = "training"', 'kind = "live"')
    (folder / "node.toml").write_text(settings)
    (folder / "link" / "node.key").unlink()
    folder.chmod(0o755)
    (answer,) = scene.commands.call_all([(("node", "check", str(folder), "--json"), None)])
    found = {(row["code"].removeprefix("misconfigured."), row["setting"]) for row in json.loads(answer.out)}
    assert answer.exit_status == 7
    assert found == {
        ("open_folder", "live"),
        ("link_certificate", "link/node.key"),
        ("master_secret_place", "master_secret"),
        *(("plain_http", f"urls.{name}") for name in ("portal", "key_service", "relay")),
        ("plain_http", "witnesses[0].url"),
        *(("loopback", f"urls.{name}") for name in ("portal", "key_service", "relay", "link")),
    }
    (folder / "node.toml").write_text(settings + "colour = 1\n")  # below [[witnesses]]
    wrong = [
        (settings, "misconfigured.open_folder", "live"),
        (settings + "colour = 1\n", "misconfigured.witnesses", "witnesses[0]"),
        ("colour = 1\n" + settings, "misconfigured.unknown_setting", "colour"),
        (settings.replace('nation = "USA"', 'nation = "Usa"'), "misconfigured.nation", "nation"),
        (settings.replace("[ports]", "[ports]\nspare = 1"), "misconfigured.unknown_setting", "ports.spare"),
        ("not TOML", "misconfigured.syntax", "node.toml"),
    ]
    for text, code, field in wrong:
        (folder / "node.toml").write_text(text)
        assert faults(scene, [Case(7, code, field, ("node", "run", str(folder)))]) == []
