"""What waits in the working group, as rows of a table: in words, with the page that opens it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from relto.services.alignment.workbench_tasks import Task
from relto.web.words import language, said


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task in words. `why`: what is to be done; `link`: where."""

    task: Task
    title: str
    kind: str
    why: str
    link: str


def task_rows(tasks: Iterable[Task]) -> list[TaskRow]:
    """The tasks in their order, in the reader's language."""
    return [
        TaskRow(
            task=task,
            title=task.texts.get(language()) or next(iter(task.texts.values()), task.title),
            kind=said("alignment.kind", task.kind),
            why=said("alignment.task", task.why),
            link=reverse("alignment_entry", kwargs={"entry": task.entry}),
        )
        for task in tasks
    ]
