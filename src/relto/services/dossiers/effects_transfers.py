"""What steps of transfers do outside their own form: the next number of a company's courier certificates.

Rule enforced here (domain.md 2.5): certificates of a company are numbered consecutively, whoever issues them; two that
are issued at once get two numbers. A restored node counts on in a range of its own (`services.numbers`).
"""

from __future__ import annotations

from relto.procedures.packs.hand_carriage import CERTIFICATE, CODE
from relto.services.dossiers.effect_scene import EffectScene
from relto.services.numbers import A_LIFE
from relto.store.models import Company, DossierStep
from relto.store.queries.standing import lives


def number_certificate(scene: EffectScene) -> None:
    """Write the number of the certificate that is being issued into its form."""
    row = scene.row
    # The company's row is held until the step ends, so that nobody else counts meanwhile.
    Company.objects.select_for_update().filter(code=row.company).first()
    issued = DossierStep.objects.filter(
        dossier__procedure=CODE, dossier__company=row.company, dossier__side=row.side, step=scene.step
    )
    row.answers = {**row.answers, CERTIFICATE: lives() * A_LIFE + issued.count() + 1}
