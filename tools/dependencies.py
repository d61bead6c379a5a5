"""What a release stands on: every locked dependency, its hashes, its licence, and whether it is to be had as a wheel.

    python -m tools.dependencies --page             write docs/reference/dependencies.md again
    python -m tools.dependencies --parts FILE       the list of parts as CycloneDX 1.6 JSON
    python -m tools.dependencies --wheels FOLDER    fetch each as a wheel for both Linux machines, or fail

The lock says names, versions and hashes; the metadata of what is installed says the licence. What the lock keeps for
other machines than this one is taken from the page as it stands, so the page is the same on every machine.
"""

from __future__ import annotations

import argparse
import platform
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
PAGE = PROJECT / "docs" / "reference" / "dependencies.md"
LOCK = PROJECT / "requirements" / "runtime.lock"
ALLOWED = {
    "0BSD", "Apache-2.0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "MIT-CMU", "MPL-2.0", "PSF-2.0",
    "CC0-1.0", "Unlicense", "Zlib",
    "3-Clause BSD License",
    "Apache Software License", "BSD License", "ISC License (ISCL)", "MIT License",
    "Mozilla Public License 2.0 (MPL 2.0)", "Python Software Foundation License",
}  # fmt: skip
BY_NAME = {
    "cvc5": (
        "unknown",
        "BSD-3-Clause; its wheel links GMP, MPFR and LibPoly (LGPL), as libraries beside it that anyone can replace",
    ),
    "psycopg": ("LGPL-3.0-only", "an optional extra, used unmodified as a separate library that anyone can replace"),
    "psycopg-binary": ("LGPL-3.0-only", "the same"),
    "pypdfium2": ("unknown", "itself BSD-3-Clause and Apache-2.0; its wheel lists PDFium's parts, all permissive"),
}
_ON_WINDOWS_ALONE = {"colorama": "BSD License"}
MACHINES = ("x86_64", "aarch64")
_GLIBC = {"x86_64": 36, "aarch64": 38}
"""Of the oldest Debian on which every wheel runs: 12 (2.36) on x86_64; on aarch64 z3-solver asks for 2.38, so 13."""
_TITLES = {"Apache License": "Apache-2.0", "MIT License": "MIT"}
_ROW = re.compile(r"^\| `([a-z0-9._-]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Locked:
    """One line of a lock."""

    name: str
    version: str
    marker: str
    sha256: tuple[str, ...]


def read_lock(path: Path = LOCK) -> list[Locked]:
    """The requirements of a lock, in its order."""
    text = path.read_text("utf-8").replace("\\\n", " ")
    found = re.finditer(r"^([a-z0-9._-]+)==(\S+)([^\n]*)$", text, re.MULTILINE)
    return [
        Locked(
            match[1],
            match[2],
            match[3].partition("--hash")[0].strip(" ;"),
            tuple(re.findall(r"sha256:([0-9a-f]{64})", match[3])),
        )
        for match in found
    ]


def licences(distribution: metadata.Distribution) -> list[list[str]]:
    """What the package declares: every element must be satisfied, by one of its alternatives."""
    for declared in distribution.metadata.get_all("License-Expression", []):
        return [part.strip(" ()").split(" OR ") for part in declared.split(" AND ")]
    for short in distribution.metadata.get_all("License", []):
        if short.strip() in ALLOWED:
            return [[short.strip()]]
    classifiers = [
        text.split(" :: ")[-1]
        for text in distribution.metadata.get_all("Classifier", [])
        if text.startswith("License ::")
    ]
    return [[text] for text in classifiers] or [[_title_of_licence_file(distribution)]]


def _title_of_licence_file(distribution: metadata.Distribution) -> str:
    for file in distribution.files or []:
        if "dist-info" in str(file) and file.name.upper().startswith("LICEN"):
            lines = file.read_text("utf-8").strip().splitlines()
            return _TITLES.get(lines[0].strip(), "unknown") if lines else "unknown"
    return "unknown"


def _declared(name: str, before: dict[str, str]) -> str:
    """The licence as one text; of a package that is not installed here, what the page `before` says."""
    try:
        found = licences(metadata.distribution(name))
    except metadata.PackageNotFoundError:
        return _ON_WINDOWS_ALONE.get(name) or before.get(name, "unknown")
    if name in BY_NAME:
        own, why = BY_NAME[name]
        return why if own == "unknown" else f"{own}: {why}"
    return " and ".join(" or ".join(choices) for choices in found)


def _wanted_by() -> dict[str, str]:
    """Name of a package to what of pyproject.toml asks for it by name."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = {_name(line): "relto" for line in project["dependencies"]}
    for extra, lines in project["optional-dependencies"].items():
        for line in lines:
            asked.setdefault(_name(line), f"extra `{extra}`")
    return asked


def _name(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0].lower().replace("_", "-")


def page(before: str = "") -> str:
    """docs/reference/dependencies.md, from the lock, what is installed, and the page as it stood."""
    known = {match[1]: match[4].strip() for match in _ROW.finditer(before)}
    asked = _wanted_by()
    through = "others of this list"
    rows = [
        f"| `{one.name}` | {one.version} | {asked.get(one.name, through)} | {_declared(one.name, known)} |"
        for one in read_lock()
    ]
    return _PAGE.format(count=len(rows), rows="\n".join(rows))


_PAGE = """# Dependencies and their licences

Made by `python -m tools.dependencies --page` from `requirements/runtime.lock` and from what each package's own metadata
declares; a test compares it. {count} locked lines; a name stands twice where the lock holds a version for each of two
Pythons.

relto's wheel and sdist contain none of these: an installation fetches them, each at its locked version and hash. Who
passes on an image or a disk that contains them passes them on under their own licences, which lie in each one's
`.dist-info`. All but those that say so below are permissive or, as MPL-2.0, oblige file by file only; the LGPL ones are
separate, unmodified and replaceable libraries. What a package declares is its own word: nobody here has read each file.

| package | version | asked for by | licence it declares |
|---|---|---|---|
{rows}

Third-party files that relto's own wheel does contain (fonts, styles) are named in `NOTICE`, each with its licence
beside it. The same list with every hash, for machines, is in each [release](../how-to/verify-a-release.md).
"""


def parts(version: str, about: str, *, root: Path = PROJECT) -> str:
    """The list of parts as CycloneDX 1.6 JSON: names, versions, licences, and the hashes of every locked file.

    From the lock and the page of the tree `root`: the same tree gives the same bytes.
    Raises ValueError when the validator of its schema refuses it.
    """
    from cyclonedx.contrib.license.factories import LicenseFactory  # noqa: PLC0415  a developer's dependency
    from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri  # noqa: PLC0415
    from cyclonedx.model.bom import Bom  # noqa: PLC0415
    from cyclonedx.model.component import Component, ComponentType  # noqa: PLC0415
    from cyclonedx.output.json import JsonV1Dot6  # noqa: PLC0415
    from cyclonedx.schema import SchemaVersion  # noqa: PLC0415
    from cyclonedx.validation.json import JsonStrictValidator  # noqa: PLC0415
    from packageurl import PackageURL  # noqa: PLC0415

    known = {
        match[1]: match[4].strip() for match in _ROW.finditer((root / PAGE.relative_to(PROJECT)).read_text("utf-8"))
    }
    known |= {"psycopg": "LGPL-3.0-only", "psycopg-binary": "LGPL-3.0-only"}
    factory = LicenseFactory()
    own = Component(
        name="relto",
        version=version,
        type=ComponentType.APPLICATION,
        bom_ref=f"relto=={version}",
        purl=PackageURL("pypi", None, "relto", version),
        licenses=[factory.make_from_string("Apache-2.0")],
        description=about,
    )
    bom = Bom()
    bom.metadata.component = own
    # Both would differ from build to build, and the schema asks for neither.
    bom.serial_number = None  # type: ignore[assignment]
    bom.metadata.timestamp = None  # type: ignore[assignment]
    found = []
    for one in read_lock(root / LOCK.relative_to(PROJECT)):
        address = PackageURL("pypi", None, one.name, one.version)
        licence = known[one.name].replace(" and ", " AND ").replace(" or ", " OR ")
        files = ExternalReference(
            type=ExternalReferenceType.DISTRIBUTION,
            url=XsUri(address.to_string()),
            comment="each file of this version that the lock admits" + (f"; where {one.marker}" if one.marker else ""),
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in one.sha256],
        )
        component = Component(
            name=one.name,
            version=one.version,
            type=ComponentType.LIBRARY,
            bom_ref=f"{one.name}=={one.version}",
            purl=address,
            licenses=[factory.make_from_string(licence)],
            external_references=[files],
        )
        bom.components.add(component)
        found.append(component)
    bom.register_dependency(own, found)
    text = JsonV1Dot6(bom).output_as_string(indent=1) + "\n"
    refused = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if refused is not None:
        raise ValueError(str(refused))
    return text


def fetch_wheels(lock: Path, folder: Path, machine: str) -> Iterator[Path]:
    """Fetch every requirement of the lock that this CPython 3.11 needs, as a wheel for it on Linux `machine`.

    Raises subprocess.CalledProcessError when one has no such wheel, or one of another hash.
    """
    names = [f"--platform=manylinux_2_{one}_{machine}" for one in range(_GLIBC[machine], 4, -1)]
    names += [f"--platform={one}_{machine}" for one in ("manylinux2014", "manylinux2010", "manylinux1", "linux")]
    words = [
        "--only-binary=:all:",
        f"--python-version={platform.python_version()}",
        "--implementation=cp",
        "--abi=cp311",
        "--abi=abi3",
    ]
    words += ["--abi=none", "--no-deps", "--require-hashes", "--disable-pip-version-check", "--quiet"]
    subprocess.run(
        [sys.executable, "-m", "pip", "download", *words, *names, "--requirement", str(lock), "--dest", str(folder)],
        check=True,
    )
    yield from sorted(folder.glob("*.whl"))


def main() -> int:
    """See the module's text."""
    parser = argparse.ArgumentParser(description="Locked dependencies: licences, parts, wheels.")
    parser.add_argument("--page", action="store_true", help="write docs/reference/dependencies.md")
    parser.add_argument("--parts", type=Path, help="write the list of parts (CycloneDX JSON)")
    parser.add_argument("--wheels", type=Path, help="fetch all wheels for both machines into this folder")
    given = parser.parse_args()
    if given.page:
        PAGE.write_text(page(PAGE.read_text("utf-8") if PAGE.exists() else ""), "utf-8")
    if given.parts:
        project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
        given.parts.write_text(parts(project["version"], project["description"]), "utf-8")
    for machine in MACHINES if given.wheels else ():
        for lock in ("runtime.lock", "dev.lock"):
            place = given.wheels / machine / lock
            found = list(fetch_wheels(PROJECT / "requirements" / lock, place, machine))
            print(f"{machine}, {lock}: {len(found)} wheels, {sum(one.stat().st_size for one in found) // 2**20} MiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
