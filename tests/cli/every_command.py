"""What each command is given so that it has something to do."""

from pathlib import Path

WHY = ("--reason", "a test")
# They look for no version: one makes a folder, one serves until it is told to end.
APART = {"init-pipeline", "ui"}


def arguments(
    folder: Path, *, model: str = "penguin", version: str = "1.0.0", other: str = "1.0.1"
) -> dict[str, list[str]]:
    """Gives the arguments of each command, but for the root.

    Args:
        folder: Where a command may write files, and where `key.pem`, `penguin.hallmark` and `old/penguin` lie for
            those that read them.
        model: The model's name.
        version: The version that a command is about.
        other: What it is compared with.
    """
    reference = f"{model}@{version}"
    return {
        "list": [model],
        "show": [reference],
        "why": [reference],
        "compare": [reference, f"{model}@{other}"],
        "gate": [reference, "--against", other],
        "history": [model],
        "blame": [model],
        "card": [reference],
        "live": [model],
        "log": [model],
        "report": ["--out", str(folder / "report")],
        "metrics": [],
        "rollback": [model, *WHY],
        "promote": [reference, "--to", "beta", *WHY],
        "quarantine": [reference, *WHY],
        "unquarantine": [reference, *WHY],
        "serving-plan": [model],
        "canary": [model, "--abort", *WHY],
        "prune": [model, "--keep-last", "0", *WHY],
        "hold": [reference, *WHY],
        "unhold": [reference, *WHY],
        "annotate": [reference, "--description", "one", *WHY],
        "sign": [reference, "--key", str(folder / "key.pem")],
        "signature": [reference],
        "tag-git": [reference, "--repo", str(folder)],
        "deliver": [model],
        "deliveries": [model],
        "mirror": [f"mlflow:{folder / 'mlruns'}", model],
        "verify": [model],
        "audit": [model],
        "reproduce": [reference, "--plan"],
        "lineage": [reference, "--metadata", str(folder / "metadata.sqlite")],
        "sync": [model, "--metadata", str(folder / "metadata.sqlite")],
        "doctor": [],
        "config": [],
        "adopt": [str(folder / "old" / model)],
        "export": [model, "--out", str(folder / "exported")],
        "import": [str(folder / "penguin.hallmark"), *WHY],
    }
