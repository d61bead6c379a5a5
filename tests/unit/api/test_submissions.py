"""A stock client's container at the API: announced and handed in at once; refused whole, or registered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.test import RequestFactory
from werkzeug.sansio.multipart import Data, Epilogue

from relto.api.multipart import LARGEST_ANNOUNCEMENT, announcement_and_container, read_parts
from relto.api.streams import CHUNK
from relto.base.errors import MalformedInput, TooLarge
from relto.client.sealing import ServiceKey
from relto.store.models import Item, LedgerEntry
from tests.support.houses import PROGRAMME, USA, nationhood
from tests.support.stock_containers import SECRET_FOR_BOTH, stock_container
from tests.unit.api.door import Answered, Door

LABEL = {"level": "SECRET", "audience": ["USA", "IND"], "caveats": []}
DESCRIBED = {
    "title": "Hull vibration",
    "file_name": "hull.pdf",
    "media_type": "application/pdf",
    "programme": PROGRAMME,
    "label": LABEL,
    "export_controlled": True,
}
TYPE = "multipart/form-data; boundary=between"
Part = tuple[str, bytes]


def own_key() -> ServiceKey:
    own = nationhood(USA)
    return ServiceKey(own.urls.key_service, own.kid, str(own.as_party()["kas_keys"][0]["pem"]))  # type: ignore[index,call-overload]


def body(*parts: Part, end: bytes = b"--between--\r\n") -> bytes:
    made = [
        b'--between\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), data)
        for name, data in parts
    ]
    return b"".join(made) + end


def submit(door: Door, container: bytes, who: str = "engineer", **changed: Any) -> Answered:
    stated = json.dumps({**DESCRIBED, **changed}).encode()
    return send(door, body(("announcement", stated), ("container", container)), who)


def send(door: Door, data: bytes, who: str | None = "engineer", content_type: str = TYPE) -> Answered:
    return door.call(who, "POST", "/items/submissions", data, content_type=content_type)


def kept(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]


def test_a_stock_clients_container_is_registered_under_its_own_identifier(door: Door) -> None:
    container = stock_container(b"training", own_key())
    found = submit(door, container)
    assert found.status == 201, found.content
    item = found.json
    assert (item["state"], item["banner"], item["title"]) == ("registered", "SECRET//REL TO USA, IND", "Hull vibration")
    assert item["entry"].startswith("ent_")
    listed = door.call("security_officer", "GET", "/items").json
    assert [(one["id"], one["uuid"]) for one in listed] == [(item["id"], item["uuid"])]
    again = submit(door, container)
    assert (again.status, again.json["code"]) == (409, "conflict.item")
    assert door.call("engineer", "GET", f"/items/{item['id']}/container").status == 200


def test_what_a_program_sends_with_an_ordinary_client_is_taken(door: Door) -> None:
    files = {
        "announcement": (None, json.dumps(DESCRIBED), "application/json"),
        "container": ("container.tdf", stock_container(b"training" * 300_000, own_key()), "application/octet-stream"),
    }
    sent = httpx.Request("POST", "http://usa.localhost", files=files)  # type: ignore[arg-type]
    assert send(door, sent.read(), content_type=sent.headers["Content-Type"]).status == 201


def test_what_is_refused_leaves_nothing(door: Door, tmp_path: Path) -> None:
    container = stock_container(b"training", own_key())
    elsewhere = ServiceKey("http://elsewhere.localhost:1", "usa-1", own_key().pem)
    unclassified = ["classification/value/usa-unclassified", *SECRET_FOR_BOTH[1:]]
    assert all(door.token(who) for who in ("engineer", "release_officer"))
    entries, blobs = LedgerEntry.objects.count(), kept(tmp_path)
    other_label, other_audience = {**LABEL, "level": "CONFIDENTIAL"}, {**LABEL, "audience": ["IND"]}
    differs = "not_verified.label_policy_mismatch"
    for found, status, code, field in (
        (submit(door, container, label=other_label), 422, differs, None),
        (submit(door, container, label={**LABEL, "audience": ["USA"]}), 422, differs, None),
        (submit(door, stock_container(b"t", own_key(), unclassified)), 422, differs, None),
        (submit(door, stock_container(b"t", elsewhere)), 400, "malformed.key_access.url", "keyAccess.url"),
        (submit(door, container[:-9]), 400, None, "container"),
        (submit(door, b""), 400, None, "container"),
        (submit(door, container, programme="NO-SUCH"), 404, "not_available.programme", "programme"),
        (submit(door, container, media_type="a b"), 400, "malformed.media_type", "media_type"),
        (submit(door, container, label={**LABEL, "nation": "IND"}), 422, "unknown.label.policy", "label.nation"),
        (submit(door, container, label=other_audience), 400, "malformed.label.release", "label.audience"),
        (submit(door, container, colour="blue"), 400, "malformed.member", "colour"),
        (submit(door, container, title=7), 400, "malformed.member", "title"),
        (submit(door, container, who="release_officer"), 403, "refused.role", None),
    ):
        assert found.status == status, found.content
        assert code is None or found.json["code"] == code, found.content
        assert field is None or found.json["field"] == field, found.content
    assert "Hull" not in str(submit(door, container, title=7).json)
    assert (LedgerEntry.objects.count(), kept(tmp_path)) == (entries, blobs)
    assert not Item.objects.exists()


def test_a_body_that_is_not_those_two_parts_is_refused_by_its_field(door: Door, tmp_path: Path) -> None:
    stated = ("announcement", json.dumps(DESCRIBED).encode())
    container = ("container", stock_container(b"t", own_key()))
    for data, status, field in (
        (body(container, stated), 400, "announcement"),
        (body(stated), 400, "container"),
        (body(stated, container, container), 400, "body"),
        (body(stated, container, end=b""), 400, "body"),
        (body(stated, container) + b"more", 400, "body"),
        (body(("announcement", b"{"), container), 400, "announcement"),
        (body(("announcement", b"[]"), container), 400, "announcement"),
        (body(("announcement", b'{"title": "a", "title": "b"}'), container), 400, "announcement"),
        (body(("announcement", b" " * (LARGEST_ANNOUNCEMENT + 1)), container), 413, "announcement"),
        (b"x" * (3 * CHUNK), 413, "body"),
        (b"--between\r\nContent-Disposition: \xff\r\n\r\n", 400, "body"),
        (b"--between\r\nNo-Disposition: x\r\n\r\nx\r\n--between--\r\n", 400, "body"),
    ):
        found = send(door, data)
        assert (found.status, found.json["field"]) == (status, field), (data[:80], found.content)
        assert found.json["expected"]
    for content_type in ("application/json", "multipart/form-data", "multipart/form-data; boundary=" + "x" * 71):
        assert send(door, body(stated, container), content_type=content_type).json["field"] == "Content-Type"
    assert send(door, body(stated, container), None).status == 401
    assert not Item.objects.exists()
    assert not kept(tmp_path)


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, 3 * CHUNK + 5])
def test_the_container_is_handed_on_in_pieces_whatever_bytes_it_has(size: int) -> None:
    content = (b"\r\n--betweeX\r\r\n--betwee" * (size // 20 + 1))[:size]
    data = body(("announcement", b"{}"), ("container", content))
    request = RequestFactory().generic("POST", "/", data, TYPE)
    announcement, pieces = announcement_and_container(request)
    taken = list(pieces)
    assert (announcement, b"".join(taken)) == (b"{}", content)
    assert max(map(len, taken), default=0) <= CHUNK + 4096


def test_it_does_not_matter_where_the_body_is_cut() -> None:
    content = b"ABC\r\n-\r\n--\r--be\n"
    data = body(("announcement", b"{}"), ("container", content))
    for sent in (data, data[:-2]):
        for cut in range(len(sent) + 1):
            for second in (cut, min(cut + 1, len(sent)), max(cut, len(sent) - 3)):
                found = list(read_parts(b"between", [sent[:cut], sent[cut:second], sent[second:]]))
                told = b"".join(event.data for event in found if isinstance(event, Data))
                assert told == b"{}" + content, (cut, second)
                assert isinstance(found[-1], Epilogue)


def test_an_endless_header_is_not_held() -> None:
    data = b"--between\r\nContent-Disposition: " + b"x" * (3 * CHUNK)
    with pytest.raises(TooLarge):
        announcement_and_container(RequestFactory().generic("POST", "/", data, TYPE))
    with pytest.raises(MalformedInput):
        announcement_and_container(RequestFactory().generic("POST", "/", b"", TYPE))
