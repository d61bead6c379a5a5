"""The one error tree of relto.

Every failure a caller can meet is a `ReltoError`; a bare ValueError or KeyError that reaches a user is a bug.
An error carries a stable dotted `code` (never a sentence: words for people live in the catalogues), the `field` it
concerns, what was `found` and what was `expected`. Values in an error may be shown and logged, so callers never put
a title, a name, a key or content there.

Naming rule: a class says what is wrong with the request, not which function noticed it. `http_status` follows RFC
9110; `exit_status` is the documented exit code of the `relto` command (docs/reference/errors.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

Shown = str | int | bool | None


class ReltoError(Exception):
    """Root of all errors that relto raises on purpose."""

    code: ClassVar[str] = "internal"
    http_status: ClassVar[int] = 500
    exit_status: ClassVar[int] = 1
    findings: Sequence[Mapping[str, Any]] = ()
    """What a door tells beside it, in words: each finding of a form. Of no log, and no part of `as_dict`."""

    def __init__(
        self,
        reason: str = "",
        *,
        field: str | None = None,
        found: Shown = None,
        expected: str | None = None,
        **details: Shown,
    ) -> None:
        """`reason`: stable dotted suffix that narrows `code` (for example "digest"); `details`: further shown facts."""
        self.reason = reason
        self.field = field
        self.found = found
        self.expected = expected
        self.details = details
        super().__init__(self.full_code)

    @property
    def full_code(self) -> str:
        """The class's code, narrowed by the reason: what catalogues, ledgers and tests key on."""
        return f"{self.code}.{self.reason}" if self.reason else self.code

    def as_dict(self) -> dict[str, Shown | dict[str, Shown]]:
        """The error as the API returns it: code, field, found, expected, details; absent members are left out."""
        answer: dict[str, Shown | dict[str, Shown]] = {"code": self.full_code}
        if self.field is not None:
            answer["field"] = self.field
        if self.found is not None:
            answer["found"] = self.found
        if self.expected is not None:
            answer["expected"] = self.expected
        if self.details:
            answer["details"] = dict(self.details)
        return answer

    def __str__(self) -> str:
        parts = [self.full_code]
        if self.field is not None:
            parts.append(f"field {self.field}")
        if self.found is not None:
            parts.append(f"found {self.found!r}")
        if self.expected is not None:
            parts.append(f"expected {self.expected}")
        parts.extend(f"{name} {value!r}" for name, value in self.details.items())
        return "; ".join(parts)


class MalformedInput(ReltoError):
    """Something given is not of the form that its standard or schema demands; nothing was changed."""

    code = "malformed"
    http_status = 400
    exit_status = 2


class TooLarge(MalformedInput):
    """Something given is larger than the documented bound."""

    code = "too_large"
    http_status = 413


class OutOfRange(MalformedInput):
    """The part that was asked for lies behind the end (RFC 9110 section 15.5.17)."""

    code = "out_of_range"
    http_status = 416


class UnknownValue(MalformedInput):
    """A level, nation, policy, version or other coded value is not known here: denied, never guessed."""

    code = "unknown"
    http_status = 422


class NotVerified(ReltoError):
    """A signature, digest, proof or binding does not hold."""

    code = "not_verified"
    http_status = 422
    exit_status = 10


class NotAuthenticated(ReltoError):
    """Who asks is not established: no credential, an expired one, or one that does not verify."""

    code = "not_authenticated"
    http_status = 401
    exit_status = 5


class Refused(ReltoError):
    """The rules or the asker's role do not allow it. `reference` leads the asker to the reasons she may know."""

    code = "refused"
    http_status = 403
    exit_status = 4

    def __init__(
        self,
        reason: str = "",
        *,
        reference: str | None = None,
        field: str | None = None,
        found: Shown = None,
        expected: str | None = None,
        **details: Shown,
    ) -> None:
        """`reference`: the decision's reference.

        By which the asker reads the reasons in a separate call (promise 8).
        """
        self.reference = reference
        if reference is not None:
            details["reference"] = reference
        super().__init__(reason, field=field, found=found, expected=expected, **details)


class NotAvailable(ReltoError):
    """No such thing is visible to the asker; unknown and forbidden look the same (promise 8)."""

    code = "not_available"
    http_status = 404
    exit_status = 4


class Conflict(ReltoError):
    """The thing is not in a state in which this may be done; nothing was changed."""

    code = "conflict"
    http_status = 409
    exit_status = 8


class FaultsFound(ReltoError):
    """A document's own markings have faults; nothing was sealed. `faults` lists them for the person at her machine.

    The list can quote the document, so it is in no member that is logged, shown by default or sent.
    """

    code = "faults_found"
    http_status = 422
    exit_status = 11

    def __init__(
        self,
        reason: str = "",
        *,
        faults: Sequence[Mapping[str, Any]] = (),
        field: str | None = None,
        found: Shown = None,
        expected: str | None = None,
        **details: Shown,
    ) -> None:
        """`faults`: each with code, rule, paragraph, message, fix, page, place, number, part and text."""
        super().__init__(reason, field=field, found=found, expected=expected, **details)
        self.faults = tuple(faults)


class Unreachable(ReltoError):
    """Another process or node did not answer; trying again later may succeed."""

    code = "unreachable"
    http_status = 503
    exit_status = 6


class Misconfigured(ReltoError):
    """A setting is missing, malformed or insecure; the process does not start."""

    code = "misconfigured"
    http_status = 500
    exit_status = 7


def _tree(root: type[ReltoError]) -> Iterator[type[ReltoError]]:
    yield root
    for kind in root.__subclasses__():
        yield from _tree(kind)


def error_from_dict(document: Mapping[str, object]) -> ReltoError | None:
    """The error whose `as_dict` another process sent, as the class its code names; None when it is none of ours."""
    code = document.get("code")
    if not isinstance(code, str):
        return None
    root, _, reason = code.partition(".")
    # Of classes with one code the root of them: the others add what stays in their own process.
    kind = {kind.code: kind for kind in reversed(list(_tree(ReltoError)))}.get(root)
    if kind is None:
        return None
    field, found, expected = (_shown(document.get(name)) for name in ("field", "found", "expected"))
    given = document.get("details")
    details = {
        str(name): value
        for name, value in (given.items() if isinstance(given, Mapping) else ())
        if isinstance(value, str | int | bool) and name not in {"reason", "field", "found", "expected"}
    }
    return kind(
        reason,
        field=field if isinstance(field, str) else None,
        found=found,
        expected=expected if isinstance(expected, str) else None,
        **details,
    )


def _shown(value: object) -> Shown:
    return value if isinstance(value, str | int | bool) else None
