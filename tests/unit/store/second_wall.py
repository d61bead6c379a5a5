"""On PostgreSQL only: what a query that forgot its condition sees. The role that asks owns nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.signals import request_finished
from django.db import DatabaseError, connection, transaction
from django.db.backends.signals import connection_created

from relto.procedures.actors import Actor, Role
from relto.services.house import House
from relto.store import row_security, scopes
from relto.store.committer import GroupCommitter
from relto.store.fields import use_field_key
from relto.store.models import Company, Dossier, Facility, Item, Manifest, RegisterEntry
from tests.unit.services_exchange.world import make_world

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 23, tzinfo=UTC)
ROLE = "relto_second_wall"
OURS, THEIRS = "USA-OURS", "USA-THEIRS"
COUNT = "SELECT count(*) FROM store_{}"


def person(company: str | None, *roles: Role) -> Actor:
    return Actor("prs_a", "USA", company, None, frozenset(roles), frozenset())  # type: ignore[arg-type]


def fill(company: str, number: int) -> None:
    own = Company.objects.create(code=company, title="a", kind="private")
    facility = Facility.objects.create(
        code=f"{company}-F", company=own, level="SECRET", valid_from=NOW, valid_until=NOW
    )
    item = Item.objects.create(
        id=f"itm_{number}",
        uuid=f"{number}",
        originator="USA",
        held_as="own",
        company=own,
        label={},
        title="title",
        file_name="file",
        media_type="text/plain",
        state="registered",
        registered_at=NOW,
    )
    Manifest.objects.create(
        id=f"man_{number}",
        item=item,
        kind="original",
        policy_uuid=f"{number}",
        content=b"",
        fingerprint={},
        registration=b"",
        registered_at=NOW,
    )
    RegisterEntry.objects.create(
        number=f"USA-2026-{number}", item=item, direction="created", company=company, details={}, at=NOW, entry="ent_a"
    )
    given: dict[str, Any] = dict.fromkeys(("procedure", "side", "state", "stand", "bundle_digest", "opened_by"), "")
    dossier = Dossier.objects.create(
        id=f"dos_{number}",
        origin=f"dos_{number}",
        nation="USA",
        number=f"VIS-{number}",
        form_version=1,
        company=company,
        facility=facility.code,
        answers={},
        bundle_version=1,
        opened_at=NOW,
        changed_at=NOW,
        since=NOW,
        **given,
    )
    dossier.keys.create(digest="0" * 64)


@pytest.fixture
def wall() -> Iterator[None]:
    """Two companies' rows, laid out by their owner; from then on this connection is the application's."""
    use_field_key(b"k" * 32)
    fill(OURS, 1)
    fill(THEIRS, 2)
    fill("USA-O'%S", 3)  # such a code cannot be given; a quotation mark must be harmless all the same
    with connection.schema_editor() as editor:
        row_security.guard(editor)
        editor.execute(f"DROP ROLE IF EXISTS {ROLE}")
        editor.execute(f"CREATE ROLE {ROLE}")
        row_security.allow(editor, ROLE)
    before = list(scopes._of_process)
    scopes.begin_process(scopes.NOBODY)
    connection.close()

    def lower(connection: Any, **_: Any) -> None:
        connection.connection.execute(f"SET ROLE {ROLE}")

    connection_created.connect(lower)
    yield
    connection_created.disconnect(lower)
    scopes._acting.set(None)
    scopes._of_process[:] = before
    connection.close()
    connection.execute_wrappers.clear()
    with connection.schema_editor() as editor:
        editor.execute(f"DROP OWNED BY {ROLE}")
        editor.execute(f"DROP ROLE {ROLE}")
        for model in row_security.WALLS:
            editor.execute(f"DROP POLICY {row_security.POLICY} ON store_{model}")
            editor.execute(f"ALTER TABLE store_{model} DISABLE ROW LEVEL SECURITY")


def count(model: str) -> int:
    """With the scope's condition taken away: a raw question about the whole table."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT.format(model))
        return int(cursor.fetchone()[0])


FILLED = ("item", "manifest", "registerentry", "dossier", "dossierkey")


def test_without_a_scope_no_row_is_seen_and_none_is_written(wall: None) -> None:
    assert row_security.stands_before(connection)
    assert [count(model) for model in FILLED] == [0] * len(FILLED)
    with transaction.atomic():
        assert [count(model) for model in FILLED] == [0] * len(FILLED)
    assert RegisterEntry.objects.update(direction="sent") == 0
    assert Item.objects.filter(id="itm_1").first() is None


def test_a_question_without_its_condition_finds_the_askers_own_rows_and_no_others(wall: None) -> None:
    for company, seen in ((OURS, "itm_1"), (THEIRS, "itm_2"), ("USA-O'%S", "itm_3"), ("USA-NOBODY", None)):
        scopes.act_for(person(company, Role.SECURITY_OFFICER))
        assert [count(model) for model in FILLED] == [1 if seen else 0] * len(FILLED)
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM store_item WHERE media_type LIKE %s", ["text%"])
            assert [row[0] for row in cursor.fetchall()] == ([seen] if seen else [])
        assert [row.id for row in Item.objects.iterator()] == ([seen] if seen else [])
    request_finished.send(None)
    assert count("item") == 0


def test_authority_and_node_see_every_company(wall: None) -> None:
    scopes.act_for(person(None, Role.REGISTRAR))
    assert count("item") == 3
    request_finished.send(None)
    with scopes.for_the_node():
        assert [count(model) for model in FILLED] == [3] * len(FILLED)
    assert count("item") == 0


def test_within_one_transaction_the_scope_follows_whoever_asks_through_savepoints_and_failures(wall: None) -> None:
    def as_of(company: str) -> list[str]:
        scopes._acting.set(company)
        return list(Item.objects.values_list("id", flat=True))

    with transaction.atomic():
        assert as_of(OURS) == ["itm_1"]
        savepoint = transaction.savepoint()
        assert as_of(THEIRS) == ["itm_2"]
        transaction.savepoint_rollback(savepoint)
        assert as_of(THEIRS) == ["itm_2"]  # its setting was undone with the savepoint, and is said again
        scopes._acting.set(OURS)
        with pytest.raises(DatabaseError, match="division"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")
        assert as_of(OURS) == ["itm_1"]
        scopes._acting.set(None)
        assert list(Item.objects.all()) == []
    assert as_of(THEIRS) == ["itm_2"]


def test_a_row_of_another_company_is_neither_written_nor_given_away(wall: None) -> None:
    scopes.act_for(person(OURS, Role.SECURITY_OFFICER))
    assert RegisterEntry.objects.update(direction="sent") == 1
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        RegisterEntry.objects.update(company=THEIRS)
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        RegisterEntry.objects.create(
            number="USA-2026-9", item_id="itm_1", direction="sent", company=THEIRS, details={}, at=NOW, entry="ent_b"
        )


def test_steps_of_several_companies_in_one_flush_each_keep_their_own_scope(wall: None, tmp_path: Any) -> None:
    committer = GroupCommitter()

    def told(scope: str) -> Callable[[], list[str]]:
        scopes._acting.set(scope)

        return scopes.carried(lambda: list(Item.objects.values_list("id", flat=True)))

    def both() -> list[list[str]]:
        return [told(OURS)(), told(THEIRS)(), told(scopes.AUTHORITY)()]

    try:
        scopes._acting.set(None)
        first, second, all_of_them = committer.run(both)
    finally:
        committer.close()
    assert (first, second, sorted(all_of_them)) == (["itm_1"], ["itm_2"], ["itm_1", "itm_2", "itm_3"])


def test_a_node_of_its_own_adds_no_statement(wall: None, tmp_path: Any) -> None:
    house: House = make_world(tmp_path).usa
    scopes.begin_process(scopes.NODE)
    scopes.act_for(person(OURS, Role.ENGINEER))
    assert scopes.present_scope() == scopes.NODE
    assert scopes.connection_options() == "-c relto.company=*node"
    step = lambda: 1  # noqa: E731  the very object is compared
    assert scopes.carried(step) is step
    assert house.commit(step) == 1
