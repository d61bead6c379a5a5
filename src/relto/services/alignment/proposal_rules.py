"""What the kinds of a proposal demand beside their forms, of the own word and of the partner's alike.

Refused is only what nobody can say in good faith, whatever is still on its way: a version that breaks the bounds; a
word on a version that is not there; a signature under a withdrawn version, or by a nation whose node did not say before
that it proved the draft; a resolution by another nation than the one whose line the comment named.
"""

from __future__ import annotations

from relto.alignment.comment_matrix import TAKING_IN, line_of, version_of
from relto.alignment.proofs_told import PROVED, proofs_of
from relto.alignment.proposals import WITHDRAWN, read_proposal
from relto.alignment.shared_record import PROPOSAL, PROVEN, Entry, Said
from relto.alignment.signatures import SIGNED, require_version
from relto.base.errors import Conflict
from relto.services.house import House
from relto.store.queries.alignment import entry_of, told_about


def proposal_rule(house: House, said: Said, about: Entry | None) -> None:
    """A version keeps the bounds, whoever tabled it."""
    del house, about
    read_proposal(said.body)


def position_rule(house: House, said: Said, about: Entry | None) -> None:
    """A position is on a version that is there."""
    del house
    if about is not None:
        require_version(about, said)


def proven_rule(house: House, said: Said, about: Entry | None) -> None:
    """A proof is of a version that changes the agreement."""
    del house
    if about is not None and not read_proposal(require_version(about, said).body).is_executable:
        raise Conflict("proposal.text_only", field="digest", expected="a version that changes the agreement")


def comment_rule(house: House, said: Said, about: Entry | None) -> None:
    """A comment that names a version names one that is there."""
    del house
    digest = said.body.get("version")
    if digest and about is not None and version_of(about, digest) is None:
        raise Conflict("alignment.version", field="version", expected="a version of this entry")


def resolution_rule(house: House, said: Said, about: Entry | None) -> None:
    """Only the nation of the line that a comment names resolves it; what takes it in is a version of that entry."""
    del house
    if about is None:
        return
    body = next(iter(about.newest.values())).body
    subject = entry_of(str(body["about"]))
    if subject is None:
        return
    line, number = line_of(subject, body)
    if number and said.nation != line:
        raise Conflict("alignment.resolver", field="comment", expected="the nation whose line the comment is about")
    taken_in = said.body["taken_in"]
    if taken_in and (said.body["resolution"] not in TAKING_IN or version_of(subject, taken_in) is None):
        raise Conflict("alignment.version", field="taken_in", expected="a version of this entry")


def proposal_signature_rule(house: House, about: Entry, said: Said) -> None:
    """Nobody signs what is withdrawn, and no nation before its own node said that it proved what it signs.

    One change of one bundle gives one draft: a signer that proved another than this node did proved something else.
    """
    if about.kind != PROPOSAL or said.body["word"] != SIGNED:
        return
    version = require_version(about, said)
    proposal = read_proposal(version.body)
    if proposal.word == WITHDRAWN:
        raise Conflict("proposal.withdrawn", field="digest", expected="a version that is not withdrawn")
    if proposal.is_executable:
        proofs = proofs_of(version, told_about(PROVEN, about.entry))
        told, ours = proofs.get(said.nation), proofs.get(house.nation)
        other = told is not None and ours is not None and ours.result == PROVED and told.draft != ours.draft
        if told is None or told.result != PROVED or other:
            raise Conflict("proposal.unproved", field="digest", expected="a draft that the signer's node proved")
