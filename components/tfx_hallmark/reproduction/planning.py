"""The plan of a reproduction: for each thing that a training needs, whether it is there, missing or another.

Nothing is looked up here; what was found is handed in.
"""

from collections.abc import Iterator, Mapping

from tfx_hallmark.registry.manifest import Code, Environment, InputArtifact, Manifest
from tfx_hallmark.registry.reproduction import PlanItem, Standing
from tfx_hallmark.reproduction import recipe as names
from tfx_hallmark.reproduction.findings import FoundInput, FoundModule
from tfx_hallmark.reproduction.recipe import Recipe
from tfx_hallmark.reproduction.surroundings import Surroundings

_SHORT = 15  # characters that tell one digest from another
_NAMED = 5  # how many of the packages that bear on nothing are named


def plan(
    manifest: Manifest,
    recipe: Recipe,
    *,
    inputs: Mapping[str, FoundInput],
    module: FoundModule,
    here: Surroundings,
    packages: Mapping[str, str] | None,
    transform: bool,
) -> tuple[PlanItem, ...]:
    """Hold what a version was made from against what is here.

    Args:
        manifest: What is on record.
        recipe: What its Trainer was given.
        inputs: What was found, by input; of those that Transform makes anew nothing.
        module: Where its code can be had from.
        here: This interpreter and machine.
        packages: Every package that was installed then; None if that is not on record, or lost.
        transform: Whether Transform runs again.
    """
    made = manifest.provenance
    return (
        *_inputs(recipe, inputs, transform=transform),
        *_module(recipe, made.code, module, transform=transform),
        _arguments(recipe),
        _seed(made.seed),
        *_git(made.code),
        *_tools(here),
        *_environment(made.environment, here, packages),
    )


def _inputs(recipe: Recipe, inputs: Mapping[str, FoundInput], *, transform: bool) -> Iterator[PlanItem]:
    made_anew = (names.EXAMPLES, names.TRANSFORM_GRAPH) if transform else ()
    if transform:
        raw = "nothing says what Transform read: give --metadata STORE or --input raw_examples=DIR"
        yield _input(names.RAW_EXAMPLES, recipe.raw_examples, inputs, raw)
        if names.TRANSFORM_GRAPH not in recipe.inputs:
            note = "there was no Transform before this Trainer: leave --transform out"
            yield PlanItem(name="transform", standing="missing", essential=True, note=note)
        if names.SCHEMA not in recipe.inputs:
            note = "nothing says which schema Transform read: give --metadata STORE or --input schema=DIR"
            yield _input(names.SCHEMA, None, inputs, note)
    elif names.EXAMPLES not in recipe.inputs:
        unknown = "nothing says what the Trainer read: give --metadata STORE or --examples DIR"
        yield _input(names.EXAMPLES, None, inputs, unknown)
    for name, artifact in sorted(recipe.inputs.items(), key=lambda item: names.NAMES.index(item[0])):
        if name not in made_anew:
            remedy = f"say where it lies now by --input {name}=DIR"
            if name in (names.EXAMPLES, names.TRANSFORM_GRAPH) and recipe.raw_examples is not None:
                remedy += ", or make it anew by --transform"
            yield _input(name, artifact, inputs, remedy)


def _input(
    name: str, artifact: InputArtifact | None, inputs: Mapping[str, FoundInput], remedy: str
) -> PlanItem:
    found = inputs.get(name)
    if artifact is None or found is None or not found.there:
        uris = () if artifact is None else artifact.uris or (artifact.uri,)
        return PlanItem(name=name, standing="missing", recorded=", ".join(uris), note=remedy, essential=True)
    standing: Standing = "there"
    note = ""
    if found.digest is None or artifact.digest is None:
        standing = "unknown"
        note = found.problem or "no digest of it is on record, so it may have been changed"
    elif found.digest != artifact.digest:
        standing = "differs"
        note = "other content than the version was trained on"
    return PlanItem(
        name=name,
        standing=standing,
        recorded=_digest(artifact.digest),
        found=f"{', '.join(found.uris)} {_digest(found.digest)}".rstrip(),
        note=note,
        essential=True,
    )


def _module(recipe: Recipe, code: Code | None, module: FoundModule, *, transform: bool) -> Iterator[PlanItem]:
    name = code.module if code is not None and code.module is not None else ""
    recorded = " ".join(filter(None, (name, _digest(None if code is None else code.module_digest))))
    if module.source is None:
        if "." in recipe.run_fn:
            note = "only the name of the function is on record: what is installed here is run"
            yield PlanItem(
                name="module", standing="unknown", recorded=recipe.run_fn, note=note, essential=True
            )
            return
        note = "its source is neither stored nor here: give it by --module FILE"
        yield PlanItem(name="module", standing="missing", recorded=recorded, note=note, essential=True)
        return
    notes = [
        {
            "registry": "the source stored in the registry is run",
            "file": f"{module.file} is run",
            "wheel": f"the source in {module.wheel} is run",
        }[module.origin or "registry"]
    ]
    if module.origin == "registry" and module.file is not None and module.same is False:
        notes.append(f"{module.file} is another one now, and is not")
    standing: Standing = "there"
    if module.origin == "file" and not module.same:
        standing = "unknown" if module.same is None else "differs"
        notes.append(
            "no digest of the recorded one is known" if module.same is None else "it is another source"
        )
    yield PlanItem(
        name="module",
        standing=standing,
        recorded=recorded,
        found=module.origin or "",
        note="; ".join(notes),
        essential=True,
    )
    if module.lost:
        note = "packed with the module, and neither stored nor here as they were; what imports them fails"
        yield PlanItem(name="module files", standing="missing", recorded=", ".join(module.lost), note=note)
    if transform and "def preprocessing_fn" not in module.source:
        note = "the Trainer's module has no preprocessing_fn, and that of Transform is not on record"
        yield PlanItem(name="preprocessing_fn", standing="missing", note=note, essential=True)


def _arguments(recipe: Recipe) -> PlanItem:
    if recipe.train_args is None:
        note = "nothing says what the Trainer was told: give --metadata STORE"
        return PlanItem(name="arguments", standing="missing", note=note, essential=True)
    told = {
        "train_args": recipe.train_args,
        "eval_args": recipe.eval_args,
        "custom_config": recipe.custom_config,
    }
    text = ", ".join(f"{name} {names.as_json(values)}" for name, values in told.items() if values)
    return PlanItem(name="arguments", standing="there", recorded=text, essential=True)


def _seed(seed: int | None) -> PlanItem:
    if seed is None:
        note = "no seed is on record: if the module sets none of its own, every training starts elsewhere"
        return PlanItem(name="seed", standing="unknown", note=note)
    return PlanItem(name="seed", standing="there", recorded=str(seed))


def _git(code: Code | None) -> Iterator[PlanItem]:
    if code is None or code.commit is None:
        return
    commit = code.commit[:12]
    if not code.dirty:
        yield PlanItem(name="git", standing="there", recorded=commit)
    elif code.diff is not None:
        note = "with changes that are not in the commit; they are stored"
        yield PlanItem(name="git", standing="there", recorded=commit, note=note)
    else:
        note = (
            "with changes that are not in the commit, and are not stored: only the module itself is as it was"
        )
        yield PlanItem(name="git", standing="missing", recorded=commit, note=note)


def _tools(here: Surroundings) -> Iterator[PlanItem]:
    if "tfx" not in here.packages:
        note = "TFX is not installed here: pip install 'tfx-hallmark[tfx]'"
        yield PlanItem(name="TFX", standing="missing", note=note, essential=True)


def _environment(
    environment: Environment | None, here: Surroundings, packages: Mapping[str, str] | None
) -> Iterator[PlanItem]:
    if environment is None:
        yield PlanItem(
            name="environment", standing="unknown", note="nothing is on record of where it was trained"
        )
        return
    yield _held("python", environment.python, here.python)
    for name, version in sorted(environment.packages.items()):
        # hallmark trains nothing: its version bears on no number.
        if name != "tfx-hallmark":
            yield _held(f"package {name}", version, here.packages.get(name))
    yield from _others(environment, packages, here)
    yield _held("platform", environment.platform, here.platform)
    yield _held("cores", str(environment.cpus), str(here.cpus))
    if environment.cpu is not None and here.cpu is not None:
        yield _held("processor", environment.cpu, here.cpu)
    if environment.cpu_flags:
        yield _held("instruction sets", " ".join(environment.cpu_flags), " ".join(here.cpu_flags))
    if environment.accelerators:
        note = "whether they are here too was not looked into"
        recorded = ", ".join(environment.accelerators)
        yield PlanItem(name="accelerators", standing="unknown", recorded=recorded, note=note)
    determinism = environment.numerics.get("op_determinism")
    if determinism is not None:
        note = "" if determinism else "it was off: TensorFlow's ops may round otherwise in every run"
        recorded = "on" if determinism else "off"
        yield PlanItem(
            name="op determinism",
            standing="there" if determinism else "unknown",
            recorded=recorded,
            note=note,
        )


def _others(
    environment: Environment, packages: Mapping[str, str] | None, here: Surroundings
) -> Iterator[PlanItem]:
    """Sum up the packages that hardly bear on the result: a hundred lines would hide the few that do."""
    if packages is None:
        note = "the registry has lost their list, or it was changed: restore it from a backup, or do without"
        recorded = _digest(environment.all_packages)
        yield PlanItem(name="other packages", standing="missing", recorded=recorded, note=note)
        return
    bearing = environment.packages.keys()
    changed = {
        name: f"{name} {version} -> {here.packages.get(name, 'missing')}"
        for name, version in sorted(packages.items())
        if name not in bearing and here.packages.get(name) != version
    }
    if changed:
        named = ", ".join(list(changed.values())[:_NAMED])
        more = f" and {len(changed) - _NAMED} more" if len(changed) > _NAMED else ""
        yield PlanItem(
            name="other packages", standing="differs", recorded=str(len(packages)), note=f"{named}{more}"
        )


def _held(name: str, recorded: str, found: str | None) -> PlanItem:
    if not found:
        return PlanItem(name=name, standing="missing", recorded=recorded)
    return PlanItem(
        name=name, standing="there" if recorded == found else "differs", recorded=recorded, found=found
    )


def _digest(digest: str | None) -> str:
    return "" if digest is None else f"{digest[:_SHORT]}…"
