"""A prepared query says what the ORM says of the same rows, each time anew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from relto.base.instants import Instant
from relto.store.fields import use_field_key
from relto.store.models import Checkpoint, Company, Facility, Programme
from relto.store.queries.prepared import Prepared, insert

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 22, 14, 15, 0, 250_000, tzinfo=UTC)
SINCE = Prepared(lambda at: Programme.objects.filter(started_at__lte=at).order_by("code").values_list("code"), Instant)
FACILITY = Prepared(lambda code: Facility.objects.filter(code=code).defer("suspension_reason")[:1], str)
LARGER = Prepared(lambda size: Checkpoint.objects.filter(size__gt=size).values_list("size"), int)


@pytest.fixture(autouse=True)
def _field_key() -> None:
    use_field_key(b"k" * 32)


def _programme(code: str, at: datetime) -> None:
    insert(Programme, code=code, title=f"title of {code}", started_at=at)


def test_instants_texts_and_numbers_are_compared_as_the_orm_does() -> None:
    for hours in range(4):
        _programme(f"P{hours}", NOW + timedelta(hours=hours))
    assert [code for (code,) in SINCE.rows(NOW + timedelta(hours=2))] == ["P0", "P1", "P2"]
    assert SINCE.rows(NOW - timedelta(microseconds=1)) == []
    for size in (3, 7, 2**40):
        insert(Checkpoint, size=size, root=b"r", note="n", signed_at=NOW)
    assert sorted(size for (size,) in LARGER.rows(3)) == [7, 2**40]


def test_a_row_reads_what_was_left_out_when_it_is_asked_for_and_nothing_is_remembered() -> None:
    company = Company.objects.create(code="C", title="a title", kind="private")
    assert FACILITY.first("F") is None
    Facility.objects.create(
        code="F", company=company, level="SECRET", valid_from=NOW, valid_until=NOW, suspension_reason="a reason"
    )
    found = FACILITY.first("F")
    assert found is not None
    assert (found.valid_from, found.suspended_at, found.company_id) == (NOW, None, "C")
    assert found.suspension_reason == "a reason"
    Facility.objects.filter(code="F").update(suspended_at=NOW)
    again = FACILITY.first("F")
    assert again is not None
    assert again.suspended_at == NOW


def test_an_inserted_row_is_the_one_that_the_orm_would_have_made() -> None:
    _programme("P", NOW)
    row = Programme.objects.get(code="P")
    assert (row.title, row.started_at) == ("title of P", NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        _programme("P", NOW)
    assert Programme.objects.count() == 1


def test_hostile_text_is_a_value_and_never_a_part_of_the_statement() -> None:
    for text in ("x' OR 1=1 --", "%s", "?", "%(a)s", "\x01value 0\x01"):
        assert FACILITY.rows(text) == []
