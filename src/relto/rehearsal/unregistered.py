"""Containers that nobody registered, and containers that say one thing outside and another inside."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from relto.base.errors import NotVerified
from relto.client.sealing import SealingOrder, own_policy, sealed_container
from relto.rehearsal.documents import DemoDocument
from relto.rehearsal.passage import Passage, announcement
from relto.rehearsal.play import Play


class Unregistered:
    """What an engineer seals on her own machine before her node has seen it."""

    def __init__(self, play: Play, way: Passage) -> None:
        """`way`: whose engineer it is."""
        self.play = play
        self.engineer = way.giver["engineer"]
        self.way = way

    def perform(self, document: DemoDocument) -> None:
        """Refused until it is registered; refused when the label inside is not the label of the policy."""
        node, folder = self.engineer.node, self.play.stage.folder
        described = announcement(document, self.way.label())
        announced = node.announce(described)
        # What any OpenTDF client does: the node's own attributes under an identifier that the node has never seen, and
        # no pieces for custodians.
        unseen = own_policy(announced.policy)
        order = SealingOrder(unseen, announced.label_xml, document.media_type, node.service_key())
        container = self._sealed(document, order, folder / "unregistered.tdf")
        self.play.refused(
            "opens a SECRET container whose manifest nobody registered",
            self.engineer,
            lambda: node.open_container(container, folder / "refused.part"),
            rule="R20-manifest-registered",
        )
        with self.play.step("submits the container; its manifest is registered", self.engineer) as step:
            item = node.submit(container, described)
            self.play.record(step, self.engineer, item.entry)
        self.way.open_as(self.engineer, item.id, document, 1, "opens the registered container at home")
        container.unlink()
        self._says_two_things(document)

    def _says_two_things(self, document: DemoDocument) -> None:
        node, folder = self.engineer.node, self.play.stage.folder
        announced = node.announce(announcement(document, self.way.label()))
        lower = node.announce(announcement(document, self.way.label("CONFIDENTIAL")))
        order = SealingOrder(
            announced.policy,
            announced.label_xml,
            document.media_type,
            node.service_key(),
            announced.recovery_orders(),
        )
        container = self._sealed(document, replace(order, label_xml=lower.label_xml), folder / "two-labels.tdf")
        with self.play.step(
            "hands in a container labelled SECRET outside and CONFIDENTIAL inside", self.engineer, "refused"
        ) as step:
            try:
                node.hand_in_container(announced.id, container)
            except NotVerified as error:
                step.outcome, step.found = "refused", str(error)
                self.play.record(step, self.engineer, announced.entry)
        container = self._sealed(document, order, folder / "two-labels.tdf")
        with self.play.step("seals it again with one label; it is registered", self.engineer, "permitted") as step:
            item = node.hand_in_container(announced.id, container)
            self.play.record(step, self.engineer, item.entry)
        container.unlink()

    @staticmethod
    def _sealed(document: DemoDocument, order: SealingOrder, target: Path) -> Path:
        with document.path.open("rb") as source, target.open("wb") as out:
            out.writelines(sealed_container(source, order))
        return target
