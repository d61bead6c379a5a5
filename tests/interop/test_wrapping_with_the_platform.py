"""Keys and wrapped shares of every algorithm go both ways between relto and the OpenTDF platform's own Go library."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from relto.base.errors import UnknownValue
from relto.sealing.encapsulation import Wrapped, family_of, unwrap_bytes, wrap_bytes
from relto.sealing.keys import (
    SERVICE_ALGORITHMS,
    algorithm_of,
    generate_service_key,
    load_private_key,
    load_public_key,
    public_key_of,
)
from tests.interop.conftest import HERE, SCRATCH, run

pytestmark = pytest.mark.interop


@pytest.fixture(scope="module")
def platform() -> Path:
    """The Go program of tests/interop/wrapping_go, built here."""
    go, folder = shutil.which("go"), HERE / "wrapping_go"
    if go is None:
        pytest.skip("go is not installed (Debian: apt-get install golang-go)")
    if run([go, "mod", "download"], folder=folder, environment={"GOTOOLCHAIN": "local"}).returncode:
        pytest.skip("the OpenTDF platform's library could not be fetched (Go modules; Go 1.25 or later)")
    program = SCRATCH / "go-wrapping"
    SCRATCH.mkdir(parents=True, exist_ok=True)
    built = run([go, "build", "-mod=readonly", "-o", program, "."], folder=folder, environment={"GOTOOLCHAIN": "local"})
    assert built.returncode == 0, built.stderr
    return program


def ask(platform: Path, **request: str) -> dict[str, str]:
    done = run([platform], given=json.dumps(request) + "\n")
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    assert "error" not in found, found
    return found


@pytest.mark.parametrize("algorithm", SERVICE_ALGORITHMS)
def test_each_side_s_keys_and_shares_serve_the_other(platform: Path, algorithm: str) -> None:
    share, ours = os.urandom(32), generate_service_key(algorithm)
    theirs = ask(platform, do="generate", algorithm=algorithm)
    assert algorithm_of(load_public_key(theirs["public"])) == algorithm
    assert public_key_of(theirs["private"]) == theirs["public"]
    for private in (ours, theirs["private"]):
        public = load_public_key(public_key_of(private))
        here = wrap_bytes(public, share, os.urandom)
        there = ask(platform, do="wrap", key=public_key_of(private), data=share.hex())
        assert (there["type"], len(there["data"])) == (family_of(public), 2 * len(here.data))
        for wrapped in (here, Wrapped(bytes.fromhex(there["data"]), there["ephemeral"])):
            assert unwrap_bytes(load_private_key(private), wrapped) == share
            asked = {"key": private, "data": wrapped.data.hex(), "ephemeral": wrapped.ephemeral_public_key}
            assert ask(platform, do="unwrap", **asked)["data"] == share.hex()


def test_the_platform_s_x_wing_keys_are_refused_by_name(platform: Path) -> None:
    theirs = ask(platform, do="generate", algorithm="hpqt:xwing")
    for load, pem in ((load_public_key, theirs["public"]), (load_private_key, theirs["private"])):
        with pytest.raises(UnknownValue) as refused:
            load(pem)
        assert refused.value.found == "hpqt:xwing"
