"""What model servers serve, printed for people."""

from tfx_hallmark.answers.servers import LiveOnServers, ModelOnServers, Server
from tfx_hallmark.cli.tables import Cell, Page


def print_servers(answer: LiveOnServers) -> None:
    """Print what each server serves of each model, and what is wrong with that."""
    page = Page()
    if not answer.models:
        page.line(f"{answer.root} has no models yet")
    for model in answer.models:
        _print_model(page, answer, model)


def _print_model(page: Page, answer: LiveOnServers, model: ModelOnServers) -> None:
    stable = (
        "nothing is stable"
        if model.version is None
        else f"stable is {model.version} (release {model.release})"
    )
    page.line((model.model, "bold"), f": {stable}, policy {answer.policy}")
    rows: list[tuple[Cell, ...]] = [
        (
            (server.server, "red" if server.wrong else "green"),
            _numbers(server.available),
            _release(model, server.default),
            _labels(model, server),
        )
        for server in model.servers
    ]
    page.table(("server", "loaded", "no label", "labels"), rows)
    for server in model.servers:
        for wrong in server.wrong:
            page.line((f"{server.server}: {wrong}", "red"))
        for number, why in server.failed.items():
            page.line((f"{server.server}: release {number} failed to load: {why}", "yellow"))
    if model.split:
        page.line(("split: the servers answer the same request from different releases", "bold red"))


def _labels(model: ModelOnServers, server: Server) -> str:
    return ", ".join(f"{label} {_release(model, number)}" for label, number in server.labels.items())


def _release(model: ModelOnServers, number: int | None) -> str:
    if number is None:
        return "-"
    version = model.versions.get(str(number))
    return str(number) if version is None else f"{number} ({version})"


def _numbers(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers)) or "-"
