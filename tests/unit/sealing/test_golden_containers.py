"""Containers that released Java clients wrote open here, under both sets of rules."""

from __future__ import annotations

import hashlib

import pytest

from relto.sealing.archive import open_archive
from relto.sealing.assertions import PayloadKeyProof
from relto.sealing.metadata import open_metadata
from relto.sealing.opening import open_container, read_container
from relto.sealing.wrapping import unwrap_share
from tests.support.vectors import vectors


@pytest.mark.parametrize(
    ("name", "legacy", "digest"),
    [
        (
            "xstext-java-v0.7.8-7f487c2-DSP2.0.4.tdf",
            False,
            "e9a17d18dd58c3557ac2faf7c0c2e64ac1213d632a36116c865ba5a60eac1e86",
        ),
        (
            "small-java-4.3.0-e0f8caf.tdf",
            True,
            "a11937f356a9b0ba592c82f5290bac8016cb33a3f9bc68d3490147c158ebb10d",
        ),
    ],
)
def test_a_container_of_the_java_client_opens_to_its_published_digest(name: str, digest: str, *, legacy: bool) -> None:
    folder = vectors("opentdf")
    private_pem = (folder / "TEST-ONLY-golden-r1-private-key.pem").read_text()
    with (folder / name).open("rb") as source:
        archive = open_archive(source)
        manifest = read_container(archive)
        share = unwrap_share(manifest.key_access[0], private_pem, manifest.policy_text)
        opened = open_container(archive, source, {0: share})
        assert hashlib.sha256(b"".join(opened.chunks())).hexdigest() == digest
    assert manifest.legacy is legacy
    assert opened.policy.attributes == ()
    assert opened.label_xml is None
    if legacy:
        assert [item.proof for item in opened.assertions] == [PayloadKeyProof()]
    else:
        assert open_metadata(manifest.key_access[0].encrypted_metadata, share) == "here is some metadata"
