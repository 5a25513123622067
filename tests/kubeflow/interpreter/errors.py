"""How a run can end badly."""


class RefusedError(Exception):
    """The backend would not take this pipeline, or not start this task; the message is its own."""


class TaskFailedError(Exception):
    """A container ended with an error."""

    def __init__(self, task: str, why: str, log: str) -> None:
        super().__init__(f"task {task} {why}; the end of its log:\n{log[-6000:]}")
        self.task = task
        self.log = log


class NotPlayedError(Exception):
    """The backend may well run this; the interpreter does not."""
