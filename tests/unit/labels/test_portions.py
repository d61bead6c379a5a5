"""A document's banner protects every portion, and is above them only with a reason."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relto.base.errors import MalformedInput, TooLarge
from relto.base.nations import Nation
from relto.labels import portions as portions_module
from relto.labels.controls import ConcealedForeignInformation, Controls, OpenForeignInformation
from relto.labels.joining import Undecided, dominates
from relto.labels.label import Label
from relto.labels.label_set import Alternative, label_set
from relto.labels.mapping import Mapped
from relto.labels.particulars import Particulars
from relto.labels.portions import Portion, Whole, all_portions, banner_faults, banner_label
from tests.support.label_laws import any_us_label
from tests.unit.labels.labels_support import CREATED, IND, NOW, ORIGINATOR, POLICIES, TABLE, USA, label, to, unstated

WHOLE = Whole(USA.identity, (Nation("USA"),), ORIGINATOR, CREATED)


def portion(item: Label, *children: Portion, place: str = "p1") -> Portion:
    return Portion(place, "0" * 64, label_set(item, NOW), children)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_the_banner_dominates_each_portion_and_every_higher_one_needs_a_reason(data: st.DataObject) -> None:
    items = [any_us_label(lambda values: data.draw(st.sampled_from(list(values)))) for _ in range(3)]
    document = [portion(items[0], portion(items[1])), portion(items[2])]
    banner = banner_label(document, WHOLE, POLICIES)
    assert isinstance(banner, Label)
    assert all(dominates(banner, item) for item in items)
    assert banner_faults(banner, document, WHOLE, POLICIES) == ()
    if banner.level < USA.levels[-1]:
        higher = replace(banner, level=USA.levels[-1])
        if higher.basis != "everyone":
            assert banner_faults(higher, document, WHOLE, POLICIES) == ("reason",)
            reasoned = replace(higher, particulars=Particulars(compilation_reason="Together they show the plan"))
            assert banner_faults(reasoned, document, WHOLE, POLICIES) == ()


def test_a_banner_below_a_portion_is_found_however_deep_the_portion_lies() -> None:
    low, high = label(USA, "CONFIDENTIAL", to("USA", "IND")), label(USA, "SECRET", to("USA", "IND"))
    document = [portion(low, portion(low, portion(high)))]
    assert banner_faults(low, document, WHOLE, POLICIES) == ("lower",)
    assert banner_faults(high, document, WHOLE, POLICIES) == ()


def test_a_release_that_the_portions_do_not_support_is_found() -> None:
    document = [portion(label(USA, "SECRET", to("USA", "IND"))), portion(unstated(USA, "SECRET"))]
    assert banner_faults(label(USA, "SECRET", to("USA", "IND")), document, WHOLE, POLICIES) == ("lower",)
    assert banner_faults(unstated(USA, "SECRET"), document, WHOLE, POLICIES) == ()


def test_a_narrower_release_needs_a_reason_too() -> None:
    document = [portion(label(USA, "SECRET", to("USA", "IND", "GBR")))]
    assert banner_faults(label(USA, "SECRET", to("USA", "IND")), document, WHOLE, POLICIES) == ("reason",)


def test_an_indian_portion_counts_by_its_translation_and_is_declared_as_foreign() -> None:
    original = label(IND, "SECRET", to("IND", "USA"))
    bare = portion(original)
    assert banner_label([bare], WHOLE, POLICIES) == Undecided("no_alternative")
    assert banner_faults(label(USA, "SECRET", to("USA")), [bare], WHOLE, POLICIES) == ("undecided",)
    found = bare.labels.translated(TABLE, USA, NOW)
    assert isinstance(found, Mapped)
    translated = replace(bare, labels=bare.labels.with_alternative(Alternative(found.label, "t"), NOW))
    banner = banner_label([translated, portion(label(USA, "CONFIDENTIAL", to("USA", "IND")))], WHOLE, POLICIES)
    assert isinstance(banner, Label)
    assert banner.controls == Controls(fgi=OpenForeignInformation(frozenset({"IND"})))
    silent = replace(banner, controls=Controls())
    assert banner_faults(silent, [translated], WHOLE, POLICIES) == ("lower",)
    concealing = replace(banner, controls=Controls(fgi=ConcealedForeignInformation()))
    assert banner_faults(concealing, [translated], WHOLE, POLICIES) == ()


def test_a_banner_of_another_policy_is_no_banner_of_this_document() -> None:
    document = [portion(label(USA, "SECRET", to("USA")))]
    assert banner_faults(label(IND, "SECRET", to("IND")), document, WHOLE, POLICIES) == ("policy",)


def test_portions_are_bounded_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    item = label(USA, "SECRET", to("USA"))
    for place, digest in (("", "0" * 64), ("p 1", "0" * 64), ("p1", "x")):
        with pytest.raises(MalformedInput):
            Portion(place, digest, label_set(item, NOW))
    monkeypatch.setattr(portions_module, "MAX_PORTIONS", 2)
    with pytest.raises(TooLarge):
        list(all_portions([portion(item)] * 3))
