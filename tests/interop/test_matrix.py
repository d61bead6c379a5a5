"""Every stock client against two running nodes, cell by cell: what it seals, what it opens, what it is refused.

The world is made once and its story played; then each cell is a test of its own. What a client sealed is handed in once
and used by several cells, and releases are withdrawn last.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from relto.base.errors import MalformedInput, NotVerified, Refused
from relto.client import Label
from relto.client.opening import open_container_file
from relto.rehearsal.cast import Member
from relto.sealing.archive import open_archive
from relto.sealing.opening import read_container
from tests.interop.damage import DAMAGES, damaged
from tests.interop.loopback_proxy import loopback_proxy
from tests.interop.matrix import ALL_CELLS, Cell, Result
from tests.interop.matrix_world import SECRET_FOR_PARTNER, SECRET_FOR_USA, World, plain_of
from tests.interop.stock_clients import GoClient, JavaClient, Order, Outcome, PythonClient, StockClient, java_command
from tests.story.conftest import document, start_world
from tests.support.stock_containers import SECRET_FOR_BOTH

pytestmark = pytest.mark.interop

# How each client names tampering: by part, "" for what it says of the others.
_TAMPERED = {
    "go": {"": "TAMPERED", "segment": "message authentication failed"},
    "java": {"": "TAMPERED", "segment": "AEADBadTagException", "assertion": "assertion hash mismatch"},
    "otdf-python": {"": "InvalidArgument desc = bad request", "segment": "InvalidTag"},
}


@pytest.fixture(scope="module")
def world(
    tmp_path_factory: pytest.TempPathFactory,
    otdf_go: Path,
    otdf_java: Path,
    otdf_python: Path,
    grpc_front: str,
    grpc_front_without_proofs: str,
) -> Iterator[World]:
    """Both nations running, their story played, the clients at hand."""
    folder = tmp_path_factory.mktemp("matrix")
    started = start_world(folder)
    story = started.path(document(folder / "documents", "plan.bin", b"for the story"))
    files = folder / "files"
    files.mkdir()
    seen: list[tuple[str, str]] = []
    try:
        with loopback_proxy(seen) as environment:
            assert story.play().as_expected
            clients: list[StockClient] = [
                GoClient([otdf_go], environment, files),
                JavaClient(java_command(otdf_java, grpc_front), {}, files),
                PythonClient([otdf_python, "-m", "otdf_python"], environment, files),
            ]
            unproven = JavaClient(java_command(otdf_java, grpc_front_without_proofs), {}, files)
            yield World(story, files, {client.name: client for client in clients}, seen, unproven)
    finally:
        story.usa.close()
        story.ind.close()
        started.supervisor.stop()


def cells(way: str, *cases: str) -> pytest.MarkDecorator:
    """The cells of one way and these cases, each a test."""
    chosen = [cell for cell in ALL_CELLS if cell[1] == way and cell[2] in cases]
    return pytest.mark.parametrize("cell", chosen, ids=["-".join(cell) for cell in chosen])


def source_of(client: str) -> str:
    """Whose containers a client opens: relto's; the Java SDK those that it sealed, in the legacy form."""
    return "java" if client == "java" else "relto"


def not_applicable(result: Result, why: str) -> None:
    """The cell has no meaning for this client."""
    result.outcome, result.words = "not applicable", why


def opened(world: World, client: str, member: Member, container: Path) -> tuple[bytes | None, Outcome]:
    """What the client made of a container: the document, or None; a refusal leaves no file and shows no stack."""
    target = world.folder / "opened"
    target.unlink(missing_ok=True)
    done = world.clients[client].open(member, container, target)
    assert done.succeeded == target.exists(), done.said
    if done.succeeded:
        return target.read_bytes(), done
    if client != "otdf-python":  # its command adds a traceback to every failure, after its own words
        assert not done.has_stack_trace, done.said
    return None, done


def opened_by_relto(world: World, member: Member, container: Path, item: str) -> bytes:
    """What relto's own client makes of a container of an item, everything verified. Raises what refuses it."""
    target = world.folder / "opened-by-relto"
    target.unlink(missing_ok=True)
    member.node.perform(open_container_file(member.node.session, container, target, item=item))
    return target.read_bytes()


@cells("seal", "one_nation", "three_segments", "empty", "large")
def test_what_a_stock_client_seals_is_registered_and_opens(world: World, cell: Cell, result: Result) -> None:
    client, _, case = cell
    sealed = world.sealed(client, case)
    item = world.item(client, case)
    assert item.state == "registered"
    assert opened_by_relto(world, world.engineer, sealed, item.id) == plain_of(case)
    manifest = read_container(open_archive(io.BytesIO(sealed.read_bytes())))
    if case == "three_segments":
        assert len(manifest.integrity.segments) == 3
    if case == "one_nation":
        result.words = "legacy form" if manifest.legacy else "4.3.0"


@cells("open", "one_nation", "three_segments", "empty", "large")
def test_a_stock_client_opens_an_item_of_her_own_nation(world: World, cell: Cell, result: Result) -> None:
    client, _, case = cell
    container = world.container(source_of(client), case)
    found, done = opened(world, client, world.engineer, container)
    assert found == plain_of(case), done.said


@cells("seal", "two_nations")
def test_what_a_stock_client_seals_is_released_and_both_nations_services_open_it(
    world: World, cell: Cell, result: Result
) -> None:
    received, item = world.released(cell[0])
    assert opened_by_relto(world, world.reader, received, item) == plain_of("two_nations")


@cells("open", "two_nations")
def test_a_stock_client_opens_what_the_partner_released(world: World, cell: Cell, result: Result) -> None:
    client = cell[0]
    received, _ = world.released(source_of(client))
    own = world.reader.node.node()
    manifest = read_container(open_archive(io.BytesIO(received.read_bytes())))
    assert {access.url.removesuffix("/kas") for access in manifest.key_access} == {own.key_service_url, own.relay_url}
    found, done = opened(world, client, world.reader, received)
    if client == "otdf-python":
        assert found is None
        assert "InvalidTag" in done.said, done.said
        result.words = "refused: it takes one share for the whole key (`InvalidTag`)"
    else:
        assert found == plain_of("two_nations"), done.said


@cells("seal", "denied")
def test_what_a_stock_client_sealed_is_denied_to_a_colleague(world: World, cell: Cell, result: Result) -> None:
    item = world.item(cell[0], "one_nation")
    with pytest.raises(Refused):
        opened_by_relto(world, world.colleague, world.sealed(cell[0], "one_nation"), item.id)


@cells("open", "denied")
def test_a_denied_client_prints_its_own_denial(world: World, cell: Cell, result: Result) -> None:
    client = cell[0]
    found, done = opened(world, client, world.colleague, world.container(source_of(client), "one_nation"))
    assert found is None
    assert world.clients[client].denial in done.said, done.said
    result.words = "`PermissionDenied`, then its own traceback" if client == "otdf-python" else "`DENIED`"


@cells("seal", *DAMAGES)
def test_a_damaged_container_of_a_stock_client_is_refused_by_relto(world: World, cell: Cell, result: Result) -> None:
    client, _, part = cell
    item = world.item(client, "one_nation")
    if part == "assertion" and client == "otdf-python":
        not_applicable(result, "its command line writes none")
        return
    container = damaged(world.sealed(client, "one_nation"), part, world.folder / "damaged.tdf")
    with pytest.raises((NotVerified, MalformedInput, Refused)):
        opened_by_relto(world, world.engineer, container, item.id)
    assert not (world.folder / "opened-by-relto").exists()


@cells("open", *DAMAGES)
def test_a_damaged_container_is_refused(world: World, cell: Cell, result: Result) -> None:
    client, _, part = cell
    container = damaged(world.container(source_of(client), "one_nation"), part, world.folder / "damaged.tdf")
    found, done = opened(world, client, world.engineer, container)
    if client == "otdf-python" and part in ("manifest", "assertion"):
        assert found == plain_of("one_nation"), done.said
        not_applicable(result, "the client does not verify it, and opens")
        return
    assert found is None
    expected = _TAMPERED[client].get(part, _TAMPERED[client][""])
    assert expected in done.said, done.said
    result.words = f"`{expected}`"


@cells("seal", "audience")
def test_what_was_sealed_for_another_node_is_not_registered(world: World, cell: Cell, result: Result) -> None:
    """A client that asks her node for the attributes can only seal under that node's policy; one that does not, can."""
    client, place, stated = cell[0], world.folder / "elsewhere.tdf", world.announcement("two_nations")
    attributes: tuple[str, ...] = SECRET_FOR_BOTH
    expected = "keyAccess.url"
    if client != "otdf-python":
        label = Label(nation="IND", level="SECRET", audience=["USA", "IND"], owners=("IND",))
        attributes, expected, stated = SECRET_FOR_PARTNER, "label.nation", replace(stated, label=label)
    done = world.clients[client].seal(world.reader, Order(world.plain("one_nation"), place, attributes))
    assert done.succeeded, done.said
    with pytest.raises(MalformedInput) as elsewhere:
        world.engineer.node.submit(place, stated)
    assert elsewhere.value.field == expected
    result.words = f"not registered: `{expected}`"


@cells("open", "audience")
def test_a_token_for_another_node_opens_nothing(world: World, cell: Cell, result: Result) -> None:
    client = cell[0]
    received, _ = world.released(source_of(client))
    found, done = opened(world, client, world.engineer, received)
    assert found is None
    expected = {"go": "is not allowed", "java": "UNAUTHENTICATED", "otdf-python": "Unable to unwrap the key"}[client]
    assert expected in done.said, done.said
    result.words = {
        "go": "another node is not on its list of key services; a token of another node: `unauthenticated`",
        "java": "`UNAUTHENTICATED`",
        "otdf-python": "no address in it is one for its token",
    }[client]
    if client == "go":
        go, target = world.clients["go"], world.folder / "opened"
        assert isinstance(go, GoClient)
        home = world.engineer.node.node().key_service_url
        abroad = Member(world.engineer.person, "", world.reader.node, world.engineer.credential)
        refused = go.open(abroad, received, target, token_endpoint=f"{home}/token")
        assert not refused.succeeded
        assert "unauthenticated" in refused.said.lower(), refused.said
        assert not target.exists()


@cells("seal", "dpop")
def test_a_client_seals_with_a_token_that_is_bound_to_its_key(world: World, cell: Cell, result: Result) -> None:
    client = cell[0]
    order = Order(world.plain("one_nation"), world.folder / "bound.tdf", SECRET_FOR_USA)
    if client == "otdf-python":
        not_applicable(result, "it has no DPoP")
    elif client == "java":
        taken = world.java_without_proofs.seal(world.engineer, order)
        assert not taken.succeeded, "its token is bound: without a proof the attributes are not told"
        assert "UNAUTHENTICATED" in taken.said, taken.said
        done = world.clients[client].seal(world.engineer, order)
        assert done.succeeded, done.said
        result.words = "RS256"
    else:
        world.seen.clear()
        done = world.clients[client].seal(world.engineer, order)
        assert done.succeeded, done.said
        asked = [scheme for path, scheme in world.seen if "AttributesService" in path]
        assert asked
        assert set(asked) == {"dpop"}
        result.words = "ES256"


@cells("open", "dpop")
def test_a_client_opens_with_a_token_that_is_bound_to_its_key(world: World, cell: Cell, result: Result) -> None:
    client = cell[0]
    if client == "otdf-python":
        not_applicable(result, "it has no DPoP")
        return
    received, _ = world.released(source_of(client))
    world.seen.clear()
    found, done = opened(world, client, world.reader, received)
    assert found == plain_of("two_nations"), done.said
    if client == "java":
        target = world.folder / "opened"
        taken = world.java_without_proofs.open(world.reader, received, target)
        assert not taken.succeeded
        assert "UNAUTHENTICATED" in taken.said, taken.said
        result.words = "RS256, at key service and relay; refused when the proof is taken away"
    else:
        asked = [scheme for path, scheme in world.seen if path.endswith("/Rewrap")]
        assert asked == ["dpop", "dpop"], "its key service and its relay"
        result.words = "ES256, at key service and relay"


@cells("seal", "withdrawn")
def test_what_was_withdrawn_is_refused_whoever_sealed_it(world: World, cell: Cell, result: Result) -> None:
    container, item = world.withdraw(cell[0])
    with pytest.raises(Refused):
        opened_by_relto(world, world.reader, container, item)


@cells("open", "withdrawn")
def test_what_was_withdrawn_is_denied_to_the_stock_client(world: World, cell: Cell, result: Result) -> None:
    client = cell[0]
    found, done = opened(world, client, world.reader, world.withdraw(source_of(client))[0])
    assert found is None
    assert world.clients[client].denial in done.said, done.said
