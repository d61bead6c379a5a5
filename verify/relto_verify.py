"""Check an exported relto ledger: one file to read in an hour, with nothing of relto in it.

    python relto_verify.py FOLDER --trust FILE

FOLDER is what `relto ledger export` wrote. FILE pins the keys and says who must have cosigned (a C2SP tlog-policy); it
comes from somebody you trust, never from the folder. Needed: Python 3.11 and the package `cryptography`, 50 or later.

Exit status: 0 verified; 3 consistent with itself, but no keys were given; 10 something does not hold, and is named;
2 the folder or the trust file cannot be read. What "verified" promises:
 1. Every checkpoint here is signed by the log, with each kind of key that is pinned; no line of a pinned key is wrong;
    cosigners who satisfy the quorum signed the final one. A cosigner under the log's own host counts nothing.
 2. Root and size of the final checkpoint are those of the entries here; each hash tile is what the entries give.
 3. Every kept older checkpoint is a prefix of the same tree: nothing was changed, removed or put in since.
 4. Every entry has the documented form and names this log.
It does not promise that everything that happened was entered, that what an entry tells (its time too) is true, or that
no newer checkpoint exists (ask a witness); and nothing at all when the keys in FILE are not the right ones.
Texts implemented: RFC 6962 section 2.1; C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-tiles, tlog-policy.
"""

import argparse
import base64
import json
import re
import sys
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

ED25519, ED25519_COSIGNATURE, MLDSA44_COSIGNATURE = 1, 4, 6  # types of signatures
BYTES = {ED25519: (32, 64), ED25519_COSIGNATURE: (32, 64), MLDSA44_COSIGNATURE: (1312, 2420)}  # key and signature
LARGEST_NUMBER, LARGEST_NOTE, LARGEST_BODY, LARGEST_TRUST = 2**63 - 1, 2**19, 2**16, 2**20
LARGEST_BUNDLE, HOST = 256 * (2 + 65535), re.compile("oid/.*|[^/]*")  # HOST in the name of a key: whose it is
Key = tuple[str, int, bytes, bytes]  # name, type, public key, and the id by which a signature line names it
State = tuple[str, int, bytes]  # what a checkpoint says: origin, number of entries, root


def demand(holds: object, what: str) -> None:
    """Every check in this file goes through here; a ValueError says what is not as it must be."""
    if not holds:
        raise ValueError(what)


def read_base64(text: str) -> bytes:
    """Standard padded base64; each value has one spelling."""
    data = base64.b64decode(text.encode("ascii"), validate=True)
    demand(base64.b64encode(data).decode() == text, "base64 is not in its one spelling")
    return data


def check_name(name: str) -> str:
    """The name of a key: 1 to 255 bytes without spaces, control characters and plus."""
    plain = name.isprintable() and not any(letter.isspace() or letter == "+" for letter in name)
    demand(plain and 1 <= len(name.encode("utf-8", "surrogateescape")) <= 255, "a key name is malformed")
    return name


def read_key(text: str, kinds: set[int]) -> Key:
    """A verifier key: name+id+base64(type and public key)."""
    parts = text.split("+", 2)
    demand(len(text) <= 4096 and len(parts) == 3, "a verifier key is malformed")
    data = read_base64(parts[2])
    demand(data and data[0] in kinds and len(data) == 1 + BYTES[data[0]][0], "a verifier key is of another type")
    key = (check_name(parts[0]), data[0], data[1:], sha256(parts[0].encode() + b"\n" + data).digest()[:4])
    demand(key[3].hex() == parts[1], "a verifier key does not have the id it states")
    return key


def read_trust(data: bytes) -> tuple:
    """Of a tlog-policy: log keys, cosigner keys, (needed, members) of each name, the name of the quorum."""
    demand(data.count(b"\n") < 4096, "the trust file is too large")
    demand(not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", data), "the trust file holds control characters")
    logs, cosigners, named, free, quorum = [], [], {}, set(), None
    for line in data.decode("utf-8", "surrogateescape").replace("\t", " ").split("\n"):
        kind, name, *rest = [*(word for word in line.split(" ") if word), "", ""]
        rest, defined = [word for word in rest if word], name in {"none", *named}
        if kind == "log" and name and len(rest) <= 1:
            logs.append(read_key(name, {ED25519, MLDSA44_COSIGNATURE}))
        elif kind == "witness" and not defined and len(rest) in {1, 2}:
            cosigners.append(read_key(rest[0], {ED25519_COSIGNATURE, MLDSA44_COSIGNATURE}))
            named[name] = (1, [cosigners[-1]])
            free.add(name)
        elif kind == "group" and not defined and len(rest) >= 2:
            needed, *members = rest
            demand(free.issuperset(members) and len(set(members)) == len(members), "a member is undefined or taken")
            number = {"all": str(len(members)), "any": "1"}.get(needed, needed)
            demand(re.fullmatch("[1-9][0-9]{0,5}", number) and int(number) <= len(members), "a threshold is malformed")
            named[name] = (int(number), members)
            free = free - set(members) | {name}
        elif kind and not kind.startswith("#"):
            demand(kind == "quorum" and defined and not rest and quorum is None, f"a line is malformed: {kind} {name}")
            quorum = name
    for keys in (logs, cosigners):
        demand(len({public for _, _, public, _ in keys}) == len(keys), "a key stands twice in the trust file")
    demand(quorum is not None, "the trust file names no quorum")
    return logs, cosigners, named, quorum


def read_checkpoint(data: bytes) -> tuple[State, bytes, list]:
    """What a signed note states, its text, its lines as (name, key id, signature). Checks form, no signature."""
    cut = data.rfind(b"\n\n")
    demand(0 <= cut < LARGEST_BODY, "it is no text, empty line and signature lines")
    demand(not re.search(rb"[\x00-\x09\x0b-\x1f]", data), "it holds control characters")
    body, rows = data[:cut].decode().split("\n"), data[cut + 2 :].decode().split("\n")
    demand(len(rows) > 1 and rows.pop() == "" and len(rows) <= 128, "its signature lines are malformed")
    lines = []
    for row in rows:
        parts = row.split(" ")
        demand(len(parts) == 3 and parts[0] == "\u2014", "a signature line is malformed")
        signed = read_base64(parts[2])
        demand(len(signed) > 4, "a signature line is too short")
        lines.append((check_name(parts[1]), signed[:4], signed[4:]))
    demand(len(body) >= 3 and all(body) and len(body[0].encode()) <= 255, "its text is malformed")
    number = re.fullmatch("0|[1-9][0-9]{0,18}", body[1]) and int(body[1]) <= LARGEST_NUMBER
    demand(number and len(read_base64(body[2])) == 32, "its size or root is malformed")
    return (body[0], int(body[1]), read_base64(body[2])), data[: cut + 1], lines


def check_signature(key: Key, state: State, text: bytes, signature: bytes) -> None:
    """Over the text alone, or (cosignature) over a time and the checkpoint in one of two forms."""
    (name, kind, public, _), (origin, size, root), message, time = key, state, text, 0
    if kind != ED25519:
        stamp, signature = signature[:8], signature[8:]
        time = int.from_bytes(stamp, "big")
        message = b"cosignature/v1\ntime %d\n" % time + text
        if kind == MLDSA44_COSIGNATURE:
            who, what = (bytes([len(part.encode())]) + part.encode() for part in (name, origin))
            message = b"subtree/v1\n\0" + who + stamp + what + bytes(8) + size.to_bytes(8, "big") + root
    scheme = MLDSA44PublicKey if kind == MLDSA44_COSIGNATURE else Ed25519PublicKey
    demand(len(signature) == BYTES[kind][1] and time <= LARGEST_NUMBER, f"the signature of {name} is malformed")
    try:
        scheme.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise ValueError(f"the signature of {name} is wrong") from None


def check_signatures(trust: tuple, state: State, text: bytes, lines: list) -> bool:
    """Check every line of a pinned key and demand the log's own; True when the quorum is reached."""
    logs, cosigners, named, quorum = trust
    pinned, signed = {(key[0], key[3]): key for key in (*logs, *cosigners)}, set()
    for name, number, signature in lines:
        if key := pinned.get((name, number)):
            check_signature(key, state, text, signature)
            signed.add(key)
            continue
        for other, its_number in pinned:  # the line of a pinned key with one damaged part is no stranger's line
            same = sum(mine == its for mine, its in zip(number, its_number, strict=True))
            demand(same < 3 or (same == 3 and name != other), f"a line of {other} was altered")
    own = {key for key in logs if key[0] == state[0]}
    every_kind = {key[1] for key in own} == {key[1] for key in own & signed}
    demand(own and every_kind, "a pinned signature of the log is missing")
    host, own_public = HOST.match(state[0])[0], {public for _, _, public, _ in own}
    holding = {key for key in signed if HOST.match(key[0])[0] != host and key[2] not in own_public}
    for name, (needed, members) in named.items():  # cosigners and groups, each after what it names
        if len(holding.intersection(members)) >= needed:
            holding.add(name)
    return quorum == "none" or quorum in holding


def complete_root(hashes: bytes) -> bytes:
    """The root over 2^k joined hashes. A leaf is sha256(0, entry), an inner node sha256(1, left, right)."""
    while len(hashes) > 32:
        hashes = b"".join([sha256(b"\1" + hashes[at : at + 64]).digest() for at in range(0, len(hashes), 64)])
    return hashes


def tree_root(rows: list[bytes], size: int) -> bytes:
    """The root over the first `size` entries. rows[L] joins the roots of all complete subtrees of 256^L entries."""
    root, end = b"", size
    for height in range(size.bit_length()):  # the complete subtrees from right to left, the smallest first
        if size >> height & 1:
            end -= 1 << height
            at = (end >> height // 8 * 8) * 32
            part = complete_root(rows[height // 8][at : at + (32 << height % 8)])
            root = sha256(b"\1" + part + root).digest() if root else part
    return root or sha256(b"").digest()


WORD, VALUE = "[a-z][a-z0-9_]{0,31}", "[A-Za-z0-9][A-Za-z0-9._:/#@-]{0,254}"
LEAF = re.compile(
    f'{{"actor":"{VALUE}","at":"(?P<at>[0-9-]{{10}}T[0-9:]{{8}}Z)","commitment":"[0-9a-f]{{64}}",'
    f'"event":"{WORD}:{WORD}","links":{{(?P<links>(?:"{WORD}":"{VALUE}"(?:,"{WORD}":"{VALUE}"){{0,31}})?)}},'
    f'"origin":"(?P<origin>[A-Za-z0-9][A-Za-z0-9._:/-]{{0,254}})","subject":"{VALUE}","type":"relto/leaf","version":1}}'
)


def check_entry(data: bytes, origin: str) -> None:
    """A leaf of this log; or canonical JSON of another type or a later version, as a later relto may write."""
    if found := LEAF.fullmatch(data.decode("latin-1")):
        names, at = re.findall(f'"({WORD})":', found["links"]), datetime.fromisoformat(found["at"])
        fits = found["origin"] == origin and 1947 <= at.year <= 2999 and names == sorted(set(names))
    else:  # a number that is no small integer becomes text here, and so does not come out as it went in
        small = lambda text: int(text) if len(text) <= 17 and abs(int(text)) < 2**53 else text  # noqa: E731
        value = json.loads(data, parse_int=small, parse_float=str, parse_constant=str)
        same = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() == data
        kind, version = (value.get("type"), value.get("version")) if isinstance(value, dict) else (None, None)
        fits = same and type(kind) is str and kind and type(version) is int and version > (kind == "relto/leaf")
    demand(fits, "an entry has not the documented form, or is of another log")


def read_file(folder: Path, name: str, most: int) -> bytes:
    """A plain file of at most `most` bytes."""
    demand((folder / name).is_file() and not (folder / name).is_symlink(), f"{name} is missing or no plain file")
    with (folder / name).open("rb") as source:
        data = source.read(most + 1)
    demand(len(data) <= most, f"{name} is too large")
    return data


def tile_name(level: str, index: int, width: int) -> str:
    """Where a tile, or a bundle of entries, lies: the number in groups of three digits, and the width below 256."""
    *groups, last = [group.zfill(3) for group in f"{index:,}".split(",")]
    return f"tile/{level}/" + "".join(f"x{group}/" for group in groups) + last + (f".p/{width}" if width < 256 else "")


def leaf_hashes(folder: Path, name: str, origin: str | None) -> bytes:
    """Of a bundle: each entry stands after its length. With an origin, each entry's form is checked too."""
    data, hashes, at = read_file(folder, name, LARGEST_BUNDLE), [], 0
    while at < len(data) and len(hashes) < 256:
        start, at = at + 2, at + 2 + int.from_bytes(data[at : at + 2], "big")
        hashes.append(sha256(b"\0" + data[start:at]).digest())
        if origin is not None:
            check_entry(data[start:at], origin)
    demand(at == len(data), f"{name} does not end with an entry")
    return b"".join(hashes)


def check_tree(folder: Path, names: set[str], state: State) -> list[bytes]:
    """All entries give the root, and each tile is what they give; returns the rows of `tree_root`."""
    (origin, size, root), hashes = state, []
    for first in range(0, size, 256):  # ends at the first bundle that is missing, whatever size is stated
        bundle = tile_name("entries", first // 256, min(256, size - first))
        hashes.append(leaf_hashes(folder, bundle, origin))
        demand(len(hashes[-1]) == min(256, size - first) * 32, f"{bundle} does not hold as many entries as it says")
    rows = [b"".join(hashes)]
    while full := len(rows[-1]) // 8192 * 8192:
        rows.append(b"".join([complete_root(rows[-1][at : at + 8192]) for at in range(0, full, 8192)]))
    demand(tree_root(rows, size) == root, "the root of the entries is not that of the checkpoint")
    by_level = {"entries": rows[0]} | {str(level): row for level, row in enumerate(rows)}
    for level, row in by_level.items():
        for at in range(0, len(row), 8192):
            name = tile_name(level, at // 8192, min(256, (len(row) - at) // 32))
            demand(name in names, f"{name} is missing")
    for name in sorted(name for name in names if name.startswith("tile/")):
        found = re.fullmatch(r"tile/(entries|0|[1-9][0-9]?)/([x0-9/]+)(?:\.p/([1-9][0-9]{0,2}))?", name)
        index, width = (int(re.sub("\\D", "", found[2]) or 0), int(found[3] or 256)) if found else (0, 0)
        demand(found and width <= 256 and tile_name(found[1], index, width) == name, f"{name} is no tile's name")
        expected = by_level.get(found[1], b"")[index * 8192 : index * 8192 + width * 32]
        demand(len(expected) == width * 32, f"{name} lies beyond the checkpoint")
        data = leaf_hashes(folder, name, None) if found[1] == "entries" else read_file(folder, name, 8192)
        demand(data == expected, f"{name} is not what the entries give")
    return rows


def verify(folder: Path, trust: tuple | None) -> list[str]:
    """What does not hold, each with where."""
    problems, agreed, final, rows = [], -1, None, None
    names = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file() or file.is_symlink()}
    for name in ["checkpoint", *sorted(name for name in names if name.startswith("witness/"))]:
        try:
            state, text, lines = read_checkpoint(read_file(folder, name, LARGEST_NOTE))
            final = final or state
            if trust and check_signatures(trust, state, text, lines):
                agreed = max(agreed, state[1])
            if name == "checkpoint":
                rows = check_tree(folder, names, state)
            elif rows is not None:
                fits = name == f"witness/{state[1]:020d}.checkpoint" and state[0] == final[0] and state[1] <= final[1]
                demand(fits, "it is another checkpoint than its place says")
                demand(state[2] == tree_root(rows, state[1]), "it is no prefix of the final tree")
        except (OSError, ValueError, RecursionError) as wrong:
            problems.append(f"{name}: {wrong}")
    if trust and final and agreed < final[1]:
        problems.append(f"the quorum agreed to {max(agreed, 0)} entries of {final[1]}")
    return problems


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--trust", type=lambda text: Path(text).resolve())
    given = parser.parse_args()
    try:
        demand(given.folder.is_dir(), "there is no such folder")
        trust = read_trust(read_file(given.trust.parent, given.trust.name, LARGEST_TRUST)) if given.trust else None
    except (OSError, ValueError) as wrong:
        parser.error(f"cannot be read: {wrong}")
    problems = verify(given.folder, trust)
    answer = "verified" if trust else "consistent with itself; without --trust it may be forged from end to end"
    print(*([f"DOES NOT HOLD: {problem!a}" for problem in problems] or [answer]), sep="\n")
    return 10 if problems else 0 if trust else 3


if __name__ == "__main__":
    sys.exit(main())
