"""The sections of a model card: what is on record of a version, and what is not."""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from tfx_hallmark.answers.card_content import CardSection, CardTable, Gap, Named, Subject, group
from tfx_hallmark.answers.card_judgement import judged, served
from tfx_hallmark.answers.card_notes import KEYS, in_section
from tfx_hallmark.answers.comparison_text import cell
from tfx_hallmark.answers.judged import Place
from tfx_hallmark.answers.listing import labels_of, status
from tfx_hallmark.answers.text import number, second, size
from tfx_hallmark.answers.training_curve import curve_facts
from tfx_hallmark.registry.errors import HallmarkError
from tfx_hallmark.registry.manifest import Code
from tfx_hallmark.registry.savedmodel import Signature
from tfx_hallmark.registry.version_facts import Fact, tensor_text

T = TypeVar("T")

_ROWS = 200  # of the table of metrics
_TOO_MANY = "weight "  # how the name of such a fact begins


def sections_of(subject: Subject) -> list[CardSection]:
    """Return all sections, in the order in which people read them."""
    return [
        _details(subject),
        _notes(subject, "intended_use", "Intended use"),
        _data(subject),
        _metrics(subject),
        _analyses(subject),
        _training(subject),
        _notes(subject, "limitations", "Limitations"),
        _notes(subject, "ethical_considerations", "Ethical considerations"),
        judged(subject),
        served(subject),
        _signature(subject),
        _reproduction(subject),
    ]


def _written(facts: Mapping[str, Fact | None]) -> list[Named]:
    """Write the facts that there are, but for those that are too many for a card."""
    return [
        Named(name, _text(fact))
        for name, fact in facts.items()
        if fact is not None and not name.startswith(_TOO_MANY)
    ]


def _text(fact: Fact) -> str:
    # A card is the place for the whole digest: it is what tells one model from another.
    return str(fact.value) if fact.unit == "digest" else cell(fact.value, fact.unit)


def _noted(subject: Subject, section: str) -> tuple[list[Named], list[Gap]]:
    """Return what people wrote for a section, and what they did not."""
    notes = subject.version.notes
    texts, gaps = [], []
    for note in in_section(section):
        if note.key in notes:
            texts.append(Named(note.what, notes[note.key]))
        else:
            gaps.append(Gap(note.what, f'hallmark annotate {subject.reference} --label {note.key}="..."'))
    return texts, gaps


def _notes(subject: Subject, key: str, title: str) -> CardSection:
    texts, gaps = _noted(subject, key)
    facts = []
    if key == "limitations" and subject.stored.evidence is not None:
        missing = ", ".join(subject.stored.evidence.missing_slices)
        facts = [Named("slices without examples in the evaluation", missing)] if missing else []
    return CardSection(key=key, title=title, texts=texts, groups=group(facts), gaps=gaps)


def _details(subject: Subject) -> CardSection:
    version, manifest = subject.version, subject.manifest
    texts, gaps = _noted(subject, "details")
    if version.description:
        texts.insert(0, Named("", version.description))
    else:
        gaps.insert(0, Gap("what it is", f'hallmark annotate {subject.reference} --description "..."'))
    facts = [
        Named("name", version.model),
        Named("version", version.version),
        Named("status", status(version.state)),
        *_given(
            ("in quarantine", version.state.quarantined),
            ("labels", ", ".join(labels_of(subject.state, version.version))),
            ("tag", manifest.tag),
        ),
        Named("created", second(manifest.created)),
        Named("digest", manifest.digest),
        Named("size", size(manifest.size)),
        *_given(
            ("version number", manifest.bump),
            ("compared with", manifest.compared_with),
            ("because", "; ".join(manifest.reasons)),
        ),
        *_written(subject.facts["Model structure"]),
        *(Named(f"note: {key}", note) for key, note in version.notes.items() if key not in KEYS),
    ]
    return CardSection(
        key="details",
        title="Model details",
        texts=texts,
        groups=group(facts),
        tables=[_signatures(manifest.signatures)] if manifest.signatures else [],
        gaps=gaps,
    )


def _signatures(signatures: Mapping[str, Signature]) -> CardTable:
    rows = []
    for name, signature in signatures.items():
        for key, spec in signature.inputs.items():
            role = "optional input" if key in signature.optional_inputs else "input"
            rows.append((name, role, key, tensor_text(spec)))
        rows += [(name, "output", key, tensor_text(spec)) for key, spec in signature.outputs.items()]
    return CardTable(title="Inputs and outputs", headers=("signature", "role", "name", "type"), rows=rows)


def _data(subject: Subject) -> CardSection:
    texts, gaps = _noted(subject, "data")
    facts = _written(subject.facts["Data"])
    if not facts:
        gaps.append(
            Gap("what it was trained on", "VersionTagger(examples=..., schema=...) records it", command=False)
        )
    return CardSection(key="data", title="Data", texts=texts, groups=group(facts), gaps=gaps)


def _metrics(subject: Subject) -> CardSection:
    rows = list(_metric_rows(subject))
    gaps = []
    if not rows:
        why = subject.read.problem or "RegistryPusher records the evaluation with its verdict"
        gaps.append(Gap("how good it is", why, command=False))
    if len(rows) > _ROWS:
        rest = f"hallmark show {subject.reference} --json"
        gaps.append(Gap(f"{len(rows) - _ROWS:,} more rows", rest))
    baseline = subject.read.measures.baseline
    headers = ("slice", "metric", "value", "baseline", "change", "examples", "required")
    table = CardTable(
        title=f"By slice, against {baseline} on the same data" if baseline else "By slice",
        headers=headers,
        rows=rows[:_ROWS],
        right=(2, 3, 4, 5),
    )
    return CardSection(key="metrics", title="Metrics", tables=[table] if rows else [], gaps=gaps)


def _metric_rows(subject: Subject) -> Iterator[tuple[str, ...]]:
    for one in sorted(subject.measured, key=lambda one: one.slice != "Overall"):
        reading = one.readings[0]
        baseline = subject.read.at(Place(one.metric, one.slice)).baseline
        change = None if reading.value is None or baseline is None else reading.value - baseline
        required = (
            f"{bound.threshold}: {'met' if bound.passed else 'MISSED'}{f' ({bound.note})' if bound.note else ''}"
            for bound in reading.bounds
        )
        yield (
            one.slice,
            one.metric,
            number(reading.value),
            number(baseline),
            number(change, sign="+"),
            "-" if reading.examples is None else f"{reading.examples:,}",
            "; ".join(required) or "-",
        )


def _analyses(subject: Subject) -> CardSection:
    """Return the section of the plots: those who write the card put them in."""
    gaps = []
    if not any(one.readings[0].value is not None for one in subject.measured):
        gaps.append(Gap("plots", "There is no evaluation on record to draw", command=False))
    return CardSection(key="analyses", title="Quantitative analyses", gaps=gaps)


def _training(subject: Subject) -> CardSection:
    groups, gaps = [], []
    for title, fill in (
        ("Code", "VersionTagger.after(trainer, ...) records the module and the git commit"),
        ("Hyperparameters", "VersionTagger.after(trainer, ...) records them"),
        ("Chosen by the Tuner", ""),
        ("Training", "VersionTagger.after(trainer, ...) records its arguments"),
        ("Inputs of the Trainer", ""),
        ("Environment", "VersionTagger records it where it runs"),
        ("Cost", "VersionTagger records it where it can be told"),
        ("Run", "VersionTagger records it"),
    ):
        found = group(_written(subject.facts[title]), title=title)
        groups += found
        if not found and fill:
            gaps.append(Gap(title.lower(), fill, command=False))
    if subject.curve is None:
        gaps.append(Gap("training curve", "epoch_callback among the callbacks of fit logs it", command=False))
    else:
        groups += group((Named(*fact) for fact in curve_facts(subject.curve)), title="Training curve")
    return CardSection(key="training", title="Training", groups=groups, gaps=gaps)


def _signature(subject: Subject) -> CardSection:
    key = _readable(subject, "the signature", lambda: subject.version.signed_by)
    if key is None:
        fill = f'hallmark sign {subject.reference} --key FILE --reason "..."'
        return CardSection(key="signature", title="Signature", gaps=[Gap("who vouches for its files", fill)])
    return CardSection(
        key="signature",
        title="Signature",
        groups=group([Named("signed by", f"key {key}, as the signature claims")]),
        commands=[f"hallmark signature {subject.reference}"],
    )


def _reproduction(subject: Subject) -> CardSection:
    made_from = subject.manifest.provenance
    data, code, seed = made_from.data, made_from.code, made_from.seed
    gaps = []
    if data is None:
        gaps.append(
            Gap("the data", "Without VersionTagger(examples=...) it cannot be trained again", command=False)
        )
    if code is None or (code.module_source is None and code.commit is None):
        gaps.append(Gap("the training code", "VersionTagger stores the module's source", command=False))
    elif code.dirty and code.diff is None:
        gaps.append(Gap("what was not in the git commit", "Commit before the pipeline runs", command=False))
    if seed is None:
        gaps.append(
            Gap(
                "the random seed",
                "VersionTagger.after(trainer, seed=...), or 'seed' in the Trainer's custom_config",
                command=False,
            )
        )
    reports = _readable(subject, "a report on its reproduction", lambda: subject.version.reproductions)
    facts = [
        *_given(
            ("examples", None if data is None else data.uri),
            ("examples digest", None if data is None else data.digest),
        ),
        *([] if code is None or code.commit is None else [_commit(code)]),
        *_given(
            (
                "uncommitted changes",
                None if code is None or not code.dirty else "yes, stored" if code.diff else "yes",
            ),
            ("module source", None if code is None else code.module_source),
            ("seed", None if seed is None else str(seed)),
        ),
        *(Named("trained again", report.summary) for report in reports or ()),
    ]
    return CardSection(
        key="reproduction",
        title="How to reproduce it",
        groups=group(facts),
        commands=[f"hallmark reproduce {subject.reference}"] if data is not None else [],
        gaps=gaps,
    )


def _commit(code: Code) -> Named:
    return Named("git commit", code.commit or "", code.commit_page or "")


def _readable(subject: Subject, what: str, get: Callable[[], T]) -> T | None:
    """Read something; what cannot be read is told in a remark and costs no more than that."""
    try:
        return get()
    except HallmarkError as error:
        subject.remarks.append(f"{what} of {subject.version.version} cannot be read: {error}")
        return None


def _given(*facts: tuple[str, str | None]) -> Iterator[Named]:
    return (Named(name, text) for name, text in facts if text)
