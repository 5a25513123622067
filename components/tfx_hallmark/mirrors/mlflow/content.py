"""What MLflow shows of a version, as plain values: params, metrics, tags, the data. No MLflow in it."""

import datetime
import json
from collections.abc import Mapping

import msgspec

from tfx_hallmark.mirrors.mlflow.names import IN, PARAM_LENGTH, TAG_LENGTH, flattened, keys_of, shortened
from tfx_hallmark.registry.errors import NotFoundError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.version import Version

OURS = "hallmark."  # what our tags begin with
_DIGEST_LENGTH = 36  # of a dataset, in MLflow


class Data(msgspec.Struct, frozen=True, kw_only=True):
    """The training data as a dataset of MLflow.

    Attributes:
        name: Its name.
        digest: Beginning of its content digest.
        source: JSON text that names its uri.
        profile: JSON text with the number of its examples; None if that is not known.
    """

    name: str
    digest: str
    source: str
    profile: str | None


def milliseconds(time: str) -> int:
    """Return a time of ours as MLflow counts it."""
    moment = datetime.datetime.fromisoformat(time.replace("Z", "+00:00"))
    return int(moment.timestamp() * 1000)


def params(version: Version) -> dict[str, str]:
    """Return what it was trained with: hyperparameters by their names, arguments with a word before them."""
    made = version.manifest.provenance
    found = flattened(made.hyperparameters)
    found |= flattened(made.train_args, "train_args.")
    found |= flattened(made.eval_args, "eval_args.")
    if made.seed is not None:
        found.setdefault("seed", str(made.seed))
    keys = keys_of(found)
    return {keys[name]: shortened(text, PARAM_LENGTH) for name, text in found.items()}


def metrics(version: Version) -> dict[str, float]:
    """Return its metrics by slice, `Overall/accuracy` and `island:Biscoe/accuracy`: no epoch has such a name."""
    found = {
        f"{where}{IN}{metric}": value
        for where, values in version.metrics.items()
        for metric, value in values.items()
    }
    keys = keys_of(found)
    return {keys[name]: value for name, value in found.items()}


def data(version: Version) -> Data | None:
    """Return the data it was trained on; None if that is not recorded."""
    source = version.manifest.provenance.data
    if source is None:
        return None
    digest = (source.digest or "unknown")[:_DIGEST_LENGTH]
    named = {"uri": source.uri, **({"uris": source.uris} if source.uris else {})}
    named |= {"digest": source.digest} if source.digest else {}
    profile = {
        "num_rows": sum(source.records.values()),
        **{f"num_rows_{k}": v for k, v in source.records.items()},
    }
    return Data(
        name="examples" if source.span is None else f"examples of span {source.span}",
        digest=digest,
        source=json.dumps(named),
        profile=json.dumps(profile) if source.records else None,
    )


def version_tags(model: Model, version: Version) -> dict[str, str]:
    """Return the tags that its run and its registered version both have; one with an empty text is not to be there."""
    state = version.state
    try:
        location = version.location
    except NotFoundError:
        location = model.location_of(state.releases[-1]) if state.releases else ""
    return _as_tags(
        {
            # What MLflow's tables show of tags are the first ones.
            "version": version.version,
            "outcome": state.status,
            "releases": ", ".join(map(str, state.releases)),
            "quarantined": "" if state.quarantined is None else state.quarantined or "yes",
            "pruned": ", ".join(map(str, state.pruned)),
            "digest": version.digest,
            "location": location,
            "registry": str(model.root),
        }
    )


def run_tags(version: Version) -> dict[str, str]:
    """Return the tags that only its run has: verdict, what it was made by, notes; otherwise as `version_tags`."""
    made, verdict = version.manifest.provenance, version.verdict
    run, code = made.run, made.code
    ours: Mapping[str, str | None] = {
        "model": version.model,
        "tag": version.state.tag,
        "bump": version.state.bump,
        "held": None if version.state.held is None else version.state.held or "yes",
        "verdict": version.state.summary if verdict is None else verdict.sentence,
        "reasons": "\n".join(f"{one.code}: {one.text}" for one in (verdict.reasons if verdict else ())),
        "baseline": verdict.baseline.version if verdict and verdict.baseline else None,
        "pipeline": run.pipeline if run else None,
        "pipeline_run": run.run_id if run else None,
        "orchestrator": run.orchestrator if run else None,
        "mlmd.model_id": run.model_id if run else None,
        "mlmd.model_uri": run.model_uri if run else None,
        "code.module_digest": code.module_digest if code else None,
        "code.dirty": str(code.dirty).lower() if code and code.dirty is not None else None,
        # Those that were taken away since as well, for they may be there.
        **{
            f"note.{name}": version.notes.get(name)
            for name in (*version.manifest.notes, *version.state.notes)
        },
    }
    theirs = {
        "mlflow.source.git.commit": code.commit if code else None,
        "mlflow.source.git.repoURL": code.remote if code else None,
        "mlflow.source.name": code.module if code else None,
        "mlflow.note.content": description(version),
    }
    return _as_tags(ours) | {name: shortened(text or "", TAG_LENGTH) for name, text in theirs.items()}


def times(version: Version) -> tuple[int, int]:
    """Return when its run began and ended: its training, as far as that is known, and its tagging."""
    cost, end = version.manifest.provenance.cost, milliseconds(version.state.created)
    return end - int(1000 * (cost.seconds or 0.0 if cost else 0.0)), end


def description(version: Version) -> str:
    """Return what is said of it in words: its verdict, then its description."""
    verdict = version.verdict
    told = [version.state.summary if verdict is None else verdict.sentence, version.description]
    return shortened("\n\n".join(text for text in told if text), TAG_LENGTH)


def documents(version: Version) -> dict[str, tuple[str, msgspec.Struct]]:
    """Return the records that are stored as files, by name, each with the digest of its object."""
    found: dict[str, tuple[str, msgspec.Struct]] = {"manifest": (version.state.manifest, version.manifest)}
    verdict, evidence = version.verdict, version.evidence
    if verdict is not None and version.state.verdict is not None:
        found["verdict"] = (version.state.verdict, verdict)
    if evidence is not None:
        decided = None if verdict is None else verdict.evidence
        found["evidence"] = (decided or version.state.evidence[-1], evidence)
    return found


def _as_tags(values: Mapping[str, str | None]) -> dict[str, str]:
    keys = keys_of(f"{OURS}{name}" for name in values)
    return {keys[f"{OURS}{name}"]: shortened(text or "", TAG_LENGTH) for name, text in values.items()}
