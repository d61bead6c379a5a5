"""A bundle is activated only when both authorities signed exactly this, and everything in it holds together."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from relto.base.canonical import canonical_bytes, sha256_hex
from relto.base.errors import Conflict, MalformedInput, NotVerified, Refused, ReltoError, TooLarge, UnknownValue
from relto.base.nations import Nation
from relto.rules.builtin import package_data
from relto.rules.bundle import Bundle, NodeKind, open_bundle, reopen_bundle
from relto.rules.levels import Ranks
from relto.rules.manifest import sign_bundle
from relto.rules.shapes import LARGEST_FILE
from relto.rules.training import seed_provisions
from relto.signing.keys import StatementKey
from relto.signing.statements import sign_statement
from tests.unit.rules import agreement
from tests.unit.rules.agreement import (
    DAY,
    IND,
    NOW,
    PROGRAMME,
    USA,
    authorities,
    authority,
    bundle,
    schemes,
    signed,
    unsigned,
)  # fmt: skip

Edit = Callable[[dict[str, Any]], object]


def _unedited(content: dict[str, Any]) -> None:
    """Leave it as it is."""
    del content


def opened(data: bytes, active_version: int | None = None, node_kind: NodeKind = "training") -> Bundle:
    """Open at the usual instant."""
    return open_bundle(data, authorities=authorities(), at=NOW, active_version=active_version, node_kind=node_kind)


def resealed(edits: dict[str, Edit], *, manifest: Edit = _unedited) -> bytes:
    """A bundle whose files were edited before both authorities signed: only the content checks can refuse it."""
    file = json.loads(unsigned())
    for name, edit in edits.items():
        content = json.loads(file["files"][name])
        edit(content)
        file["files"][name] = canonical_bytes(content).decode()
    return _signed_again(file, manifest)


def rewritten(name: str, text: Callable[[str], str]) -> bytes:
    """As `resealed`, for a file that is not JSON."""
    file = json.loads(unsigned())
    file["files"][name] = text(file["files"][name])
    return _signed_again(file, _unedited)


def _signed_again(file: dict[str, Any], manifest: Edit) -> bytes:
    file["proposal"]["files"] = {name: sha256_hex(text.encode()) for name, text in file["files"].items()}
    manifest(file["proposal"])
    envelope = sign_statement("agreement-bundle", 1, file.pop("proposal"), [authority(USA), authority(IND)])
    return canonical_bytes({**file, "manifest": json.loads(envelope)})


def test_both_authorities_sign_in_turn_and_every_node_opens_the_same_agreement() -> None:
    first = sign_bundle(unsigned(), authority(USA))
    found = opened(sign_bundle(first, authority(IND)))
    other_order = opened(sign_bundle(sign_bundle(unsigned(), authority(IND)), authority(USA)))
    assert found.digest == other_order.digest == bundle().digest
    assert (found.agreement, found.version) == ("IND-USA", 1)
    assert found.effective_from == NOW - 30 * DAY
    assert found.parties[IND].kas_url == "https://ind.localhost/kas"
    assert found.programmes[PROGRAMME].facilities == {"USA-F001": USA, "IND-F001": IND}
    assert found.limits.seconds("opening_request_expiry") == 60
    assert found.policies.by_nation(IND).level("RESTRICTED").hierarchy == 1
    assert found.provision("USR-07").confirmed


def test_one_signature_is_not_an_agreement() -> None:
    for data in (unsigned(), sign_bundle(unsigned(), authority(USA))):
        with pytest.raises(NotVerified, match=r"not_verified\.signature"):
            opened(data)


def test_two_signatures_of_one_side_are_one_voice() -> None:
    second = StatementKey.from_seeds(authority(USA).owner, b"c" * 32, b"d" * 32)
    with pytest.raises(NotVerified, match=r"not_verified\.signature"):
        opened(sign_bundle(sign_bundle(unsigned(), authority(USA)), second))


def test_a_stranger_or_a_spoilt_signature_is_refused() -> None:
    stranger = StatementKey.from_seeds("authority.ind", b"e" * 32, b"f" * 32)
    with pytest.raises(NotVerified):
        opened(sign_bundle(sign_bundle(unsigned(), authority(USA)), stranger))
    file = json.loads(signed(unsigned()))
    first = file["manifest"]["signatures"][0]
    first["sig"] = ("A" if first["sig"][0] != "A" else "B") + first["sig"][1:]
    with pytest.raises(NotVerified, match=r"not_verified\.signature"):
        opened(json.dumps(file).encode())


@pytest.mark.parametrize("name", sorted(json.loads(unsigned())["files"]))
def test_a_changed_file_is_refused_by_name(name: str) -> None:
    file = json.loads(signed(unsigned()))
    file["files"][name] += " "
    with pytest.raises(NotVerified) as refused:
        opened(json.dumps(file).encode())
    assert (refused.value.full_code, refused.value.field) == ("not_verified.bundle.file", name)
    file["files"].pop(name)
    with pytest.raises(NotVerified, match=r"bundle\.file"):
        opened(json.dumps(file).encode())


def test_an_authority_does_not_sign_files_that_the_manifest_does_not_name() -> None:
    for data in (unsigned(), sign_bundle(unsigned(), authority(USA))):
        file = json.loads(data)
        file["files"]["limits.json"] += " "
        with pytest.raises(NotVerified, match=r"bundle\.file"):
            sign_bundle(json.dumps(file).encode(), authority(IND))


def test_an_edited_manifest_is_refused() -> None:
    file = json.loads(signed(unsigned()))
    other = json.loads(signed(unsigned(version=2)))
    file["manifest"]["payload"] = other["manifest"]["payload"]
    with pytest.raises(NotVerified, match=r"not_verified\.signature"):
        opened(json.dumps(file).encode())


def test_versions_only_grow_and_none_is_skipped() -> None:
    second = signed(unsigned(version=2, supersedes=1))
    assert opened(second, active_version=1).version == 2
    for data, active, reason in (
        (second, 2, "conflict.bundle.version"),
        (signed(unsigned()), 1, "conflict.bundle.version"),
        (signed(unsigned(version=5, supersedes=4)), 2, "conflict.bundle.supersedes"),
        (signed(unsigned(version=5)), 2, "conflict.bundle.supersedes"),
    ):
        with pytest.raises(Conflict) as refused:
            opened(data, active_version=active)
        assert refused.value.full_code == reason


def test_an_expired_bundle_is_not_activated_but_still_serves_what_it_decided() -> None:
    data = signed(unsigned(expires=NOW))
    with pytest.raises(Conflict, match=r"bundle\.expired"):
        opened(data)
    assert reopen_bundle(data, authorities=authorities(), node_kind="training").expires == NOW


def test_a_live_node_refuses_what_nobody_confirmed() -> None:
    with pytest.raises(Refused, match=r"bundle\.unconfirmed"):
        opened(signed(unsigned()), node_kind="live")
    unconfirmed, all_rules = bundle().unconfirmed_count()
    assert (unconfirmed, all_rules) == (24, 24)


def test_other_parties_than_the_pinned_ones_are_refused() -> None:
    data = signed(unsigned())
    fra = StatementKey.from_seeds("authority.fra", b"g" * 32, b"h" * 32)
    with pytest.raises(NotVerified):
        open_bundle(
            data,
            authorities={**authorities(), Nation("FRA"): fra.public},
            at=NOW,
            active_version=None,
            node_kind="training",
        )
    swapped = {USA: authority(IND).public, IND: authority(USA).public}
    with pytest.raises(NotVerified, match=r"bundle\.authority"):
        open_bundle(data, authorities=swapped, at=NOW, active_version=None, node_kind="training")


def _set(*path: Any, value: Any) -> Edit:
    def edit(content: dict[str, Any]) -> None:
        target: Any = content
        for step in path[:-1]:
            target = target[step]
        target[path[-1]] = value

    return edit


@pytest.mark.parametrize(
    ("name", "edit", "code"),
    [
        ("limits.json", lambda c: c["limits"].pop("link_clock_skew"), "malformed.bundle.schema"),
        ("limits.json", _set("limits", "link_clock_skew", "unit", value="fortnight"), "malformed.bundle.schema"),
        ("limits.json", _set("limits", "assurance_status_max_age", "value", value=0), "malformed.bundle.schema"),
        (
            "limits.json",
            _set("limits", "unregistered_container_max_level", "value", 0, "level", value="COSMIC"),
            "unknown.level",
        ),
        ("equivalence.json", _set("rows", 0, "to_level", value="COSMIC"), "unknown.level"),
        ("equivalence.json", _set("rows", 0, "to_level", value="CONFIDENTIAL"), "malformed.equivalence.lowers"),
        ("equivalence.json", _set("rows", 0, "says", value="more"), "malformed.bundle.schema"),
        ("equivalence.json", _set("rows", 0, "adds_caveats", value="ORCON"), "malformed.bundle.schema"),
        ("equivalence.json", _set("rows", 0, "adds_caveats", value=["NEVERMIND"]), "unknown.caveat"),
        ("equivalence.json", _set("rows", 0, "caveat_equivalents", value=["ORCON"]), "malformed.bundle.schema"),
        ("equivalence.json", _set("rows", 0, "category_equivalents", value=[{}]), "malformed.bundle.schema"),
        ("gates.json", _set("gates", 0, "rule", value="R02-disclosure-authorised"), "malformed.gates.rule"),
        ("gates.json", _set("gates", 0, "applies", value=["never"]), "malformed.gates.condition"),
        ("gates.json", _set("gates", 0, "provisions", value=["USR-999"]), "malformed.bundle.forms"),
        ("gates.json", _set("gates", 0, "holds", value="true"), "malformed.bundle.forms"),
        ("provisions.json", lambda c: c.update(provisions=c["provisions"][1:]), "malformed.provisions.unknown"),
        ("provisions.json", lambda c: c["provisions"].append(c["provisions"][0]), "malformed.provisions.id"),
        ("programmes.json", _set("programmes", 0, "nations", value=["FRA", "USA"]), "malformed.programmes"),
        ("parties.json", lambda c: c["parties"].pop("IND"), "malformed.bundle.schema"),
        ("parties.json", _set("parties", "IND", "authority_keys", 0, "key_id", value="0" * 32), "not_verified.key_id"),
        ("scheme-usa.json", _set("nation", value="IND"), "malformed.bundle.scheme"),
    ],
)
def test_content_that_does_not_hold_together_is_refused_even_when_signed(name: str, edit: Edit, code: str) -> None:
    with pytest.raises(ReltoError) as refused:
        opened(resealed({name: edit}))
    assert refused.value.full_code == code


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("policies.cedar", lambda text: text + "permit(", "bundle.cedar_syntax"),
        ("policies.cedar", lambda text: text.replace("principal.rank", "principal.rnk"), "bundle.cedar_validation"),
        ("policies.cedar", lambda text: text + "permit(principal, action, resource);", "bundle.forms"),
        ("policies.cedar", lambda text: text.replace("statusMaxAge", "now"), "bundle.forms"),
        ("policies.cedar", lambda _: "", "bundle.forms"),
        ("schema.cedarschema", lambda text: text + "entity", "bundle.cedar_schema"),
        (
            "schema.cedarschema",
            lambda text: text.replace("suspended: Bool", "suspended?: Bool"),
            "bundle.cedar_validation",
        ),
        (
            "schema.cedarschema",
            lambda text: text.replace("registered: Bool", "registered: Bool, sealed: Bool"),
            "bundle.forms_disagree",
        ),
        ("limits.json", lambda _: "[", "json.syntax"),
        ("limits.json", lambda _: '{"type":"limits","type":"limits"}', "json.duplicate_name"),
    ],
)
def test_cedar_and_json_that_do_not_parse_or_fit_are_refused(name: str, text: Callable[[str], str], code: str) -> None:
    with pytest.raises(MalformedInput) as refused:
        opened(rewritten(name, text))
    assert refused.value.reason == code
    assert (refused.value.field or "").split("/")[0] in (name, "policies.cedar")


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (_set("agreement", value="USA-IND"), "malformed.bundle.agreement"),
        (_set("expires", value="2020-01-01T00:00:00Z"), "malformed.bundle.period"),
        (_set("supersedes", value=1), "malformed.bundle.supersedes"),
        (_set("bundle_version", value=0), "malformed.bundle.schema"),
        (_set("parties", value=["IND", "FRA"]), "not_verified.bundle.parties"),
        (_set("note", value="more"), "malformed.bundle.schema"),
    ],
)
def test_a_manifest_that_makes_no_sense_is_refused_even_when_signed(edit: Edit, code: str) -> None:
    with pytest.raises(ReltoError) as refused:
        opened(resealed({}, manifest=edit))
    assert refused.value.full_code == code


def test_files_too_many_or_too_few_are_refused() -> None:
    file = json.loads(unsigned())
    file["files"]["extra.json"] = "{}"
    with pytest.raises(MalformedInput, match=r"bundle\.files"):
        opened(_signed_again(file, _unedited))


def test_what_is_no_bundle_is_refused() -> None:
    for data in (b"", b"[]", b"{}", b"\xff", b'{"type":"agreement-bundle-file","version":2,"files":{}}'):
        with pytest.raises(MalformedInput):
            opened(data)
    with pytest.raises(TooLarge):
        opened(b" " * (LARGEST_FILE + 1))


def test_a_party_without_a_classification_policy_cannot_be_written() -> None:
    with pytest.raises(MalformedInput, match=r"bundle\.scheme"):
        unsigned(schemes={USA: schemes()[USA]})
    with pytest.raises(UnknownValue):
        opened(signed(unsigned(schemes={**schemes(), IND: schemes()[IND].replace(b'"owner"', b'"everyone"', 1)})))


def test_limits_are_read_with_their_units() -> None:
    limits = bundle().limits
    assert limits.duration("assurance_status_max_age") == timedelta(hours=24)
    assert limits.duration("witness_late_limit") == timedelta(minutes=15)
    assert limits.codes("approved_channels") == {"link"}
    for code in ("approved_channels", "unknown"):
        with pytest.raises(MalformedInput):
            limits.duration(code)
    assert not any(limits.limit(code).confirmed for code in limits)


def test_the_builder_takes_an_authoritys_own_rulebook() -> None:
    confirmed = [
        {
            **record,
            "evidence": "read",
            "basis": "direct",
            "confirmed": record["nation"] != "bilateral",
            "requirement": "x",
        }
        for record in seed_provisions()
        if record["nation"] != "bilateral"
    ]
    gates = json.loads(package_data("gates.json"))
    national = {record["id"] for record in confirmed}
    for gate in gates["gates"]:
        gate["provisions"] = [identity for identity in gate["provisions"] if identity in national]
    data = signed(unsigned(provisions=confirmed, gates=gates))
    assert opened(data, node_kind="live").unconfirmed_count() == (0, 24)


@pytest.mark.parametrize("code", ["monsoon", "MONSOON-LARK\n", "M", ""])
def test_a_programme_is_named_by_a_code_and_nothing_else(code: str) -> None:
    with pytest.raises(MalformedInput, match=r"bundle\.schema"):
        opened(resealed({"programmes.json": _set("programmes", 0, "code", value=code)}))


def test_two_levels_of_one_policy_up_to_which_unregistered_containers_open_are_refused() -> None:
    own = agreement.bundle()
    both = frozenset({agreement.level(USA, "UNCLASSIFIED"), agreement.level(USA, "SECRET")})
    with pytest.raises(MalformedInput) as refused:
        Ranks(own.policies, own.equivalence, both)
    assert refused.value.full_code == "malformed.limits"
