"""Where a node's database is: every way to say it, and every wrong one by name."""

from __future__ import annotations

import pytest

from relto.base.errors import Misconfigured
from relto.node.database_settings import DatabasePlace, read_database, read_owner, read_place


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ("postgresql:relto@localhost", DatabasePlace("relto", "localhost")),
        ("postgresql:relto@/run/postgresql", DatabasePlace("relto", "/run/postgresql")),
        ("postgresql://app@db.example:6432/relto", DatabasePlace("relto", "db.example", "6432", "app")),
        ("postgresql://db.example/relto", DatabasePlace("relto", "db.example")),
        ("postgresql://app@[::1]/relto", DatabasePlace("relto", "::1", "", "app")),
        (
            "postgresql://app@/relto?host=/run/postgresql&passfile=/etc/relto/passfile",
            DatabasePlace("relto", "/run/postgresql", "", "app", "/etc/relto/passfile"),
        ),
    ],
)
def test_a_database_is_read_as_libpq_writes_it_and_written_the_same(given: str, place: DatabasePlace) -> None:
    assert read_place(given) == place
    assert read_place(place.url()) == place
    assert read_database({"database": given}) == given


@pytest.mark.parametrize(
    "given",
    [
        "relto",
        "mysql://app@db/relto",
        "postgresql://db.example",
        "postgresql:///relto",
        "postgresql://db.example/relto/more",
        "postgresql://db.example/relto?sslmode=disable",
        "postgresql://db.example/relto?host=/run/postgresql",
        "postgresql:///relto?host=relative",
        "postgresql://db.example:port/relto",
        "postgresql://db.example/re lto",
        "postgresql:relto@",
        7,
    ],
)
def test_anything_else_is_refused_by_name(given: object) -> None:
    with pytest.raises(Misconfigured) as refused:
        read_database({"database": given})
    assert (refused.value.full_code, refused.value.field) == ("misconfigured.database", "database")


def test_a_password_is_no_setting_and_is_not_told() -> None:
    with pytest.raises(Misconfigured) as refused:
        read_database({"database": "postgresql://app:hunter2@db.example/relto"})
    assert refused.value.full_code == "misconfigured.database_password"
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    "table",
    [
        {"database": "postgresql:relto@localhost", "database_owner": "Owner; DROP"},
        {"database": "postgresql:relto@localhost", "database_owner": 7},
        {"database_owner": "relto_owner"},
    ],
)
def test_an_owner_is_a_role_of_a_server(table: dict[str, object]) -> None:
    with pytest.raises(Misconfigured) as refused:
        read_owner(table)
    assert refused.value.full_code == "misconfigured.database_owner"
    assert read_owner({"database": "postgresql:relto@localhost", "database_owner": "relto_owner"}) == "relto_owner"
    assert read_owner({}) == ""
