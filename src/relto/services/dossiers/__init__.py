"""Dossiers: one engine that runs every procedure, on one node and between two (`relto.procedures.procedure`)."""

from relto.services.dossiers.looking import dossier, dossiers
from relto.services.dossiers.queues import DueDate, QueueRow, due_dates, queue
from relto.services.dossiers.stopped import AnswersRefused, StepStopped
from relto.services.dossiers.taking import take
from relto.services.dossiers.verbs import begin, check, check_form, write
from relto.services.dossiers.views import DossierDetail, DossierView, Due, Signed, TakenView

__all__ = [
    "AnswersRefused",
    "DossierDetail",
    "DossierView",
    "Due",
    "DueDate",
    "QueueRow",
    "Signed",
    "StepStopped",
    "TakenView",
    "begin",
    "check",
    "check_form",
    "dossier",
    "dossiers",
    "due_dates",
    "queue",
    "take",
    "write",
]
