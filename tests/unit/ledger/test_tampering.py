"""Every class of tampering is really done to a recorded story; who notices it is what the committed table says."""

from __future__ import annotations

import pytest

from tests.support.tampering.table import PAGE, page, run_all


@pytest.mark.django_db
def test_each_class_is_noticed_by_those_whom_the_table_names() -> None:
    found = run_all()
    unnoticed = [name for name, rows in found.items() if all(row.after is None for row in rows)]
    assert unnoticed == []
    assert page(found) == PAGE.read_text("utf-8"), "run python -m tests.support.tampering, and read what changed"
