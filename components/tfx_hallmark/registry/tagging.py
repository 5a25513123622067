"""Giving a candidate its identity: digest, semantic version, manifest, tag."""

import datetime
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from tfx_hallmark.registry.bump import FIRST
from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.event_kinds import Tagged
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.log import utc_now
from tfx_hallmark.registry.manifest import Golden, Manifest, Provenance
from tfx_hallmark.registry.numbering import Number, Numbering
from tfx_hallmark.registry.objects import ObjectStore
from tfx_hallmark.registry.savedmodel import SavedModelInfo, inspect_saved_model
from tfx_hallmark.registry.state import ModelState, VersionState
from tfx_hallmark.registry.tree import ContentDigest, digest_tree

DEFAULT_TAG = "{model}_v{version}_{date:%Y_%m_%d}"
DEFAULT_GIT_TAG = "{model}@v{version}"


Provenancer = Callable[[ObjectStore], Provenance]
Keeper = Callable[[ContentDigest, ObjectStore], Golden | None]


def unknown_provenance(_: ObjectStore) -> Provenance:
    """Say nothing about what a model was made from."""
    return Provenance()


def no_golden(_: ContentDigest, __: ObjectStore) -> None:
    """Keep no predictions."""


def format_tag(template: str, *, model: str, version: str, when: datetime.datetime) -> str:
    """Make a tag from a template with the fields `model`, `version` and `date`.

    Raises:
        ConfigError: If the template has any other field or cannot be formatted.
    """
    try:
        return template.format(model=model, version=version, date=when)
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        fields = "{model}, {version} and {date:%Y_%m_%d}"
        msg = f"tag template {template!r} cannot be used ({error}): its fields are {fields}"
        raise ConfigError(msg) from error


def check_tag_template(template: str) -> str:
    """Return `template` if a tag can be made from it.

    Raises:
        ConfigError: If it cannot.
    """
    format_tag(template, model="model", version=FIRST, when=datetime.datetime.now(datetime.timezone.utc))
    return template


def tag(
    ledger: Ledger,
    path: Path,
    *,
    model: str,
    provenance: Provenancer,
    golden: Keeper,
    number: Number,
    template: str,
    actor: str,
    description: str,
    notes: Mapping[str, str],
) -> VersionState:
    """Tag a candidate, or find the version that its content already has.

    Args:
        ledger: The model's records.
        path: The SavedModel.
        model: The model's name.
        provenance: Collects what it was made from, storing what is long; called only for new content.
        golden: Asks the model for its golden predictions and stores them; called only for new content.
        number: Chooses the version.
        template: Template of the tag text.
        actor: Who tags.
        description: Free text.
        notes: Key-value notes.

    Raises:
        InvalidModelError: If the directory is not a servable SavedModel.
        VersionExistsError: If an explicit version is taken, or the content has another one already.
        ConfigError: If the template cannot be used, or a note is no text.
    """
    info = inspect_saved_model(path)
    content = digest_tree(path)
    known = _with_content(ledger.refresh(), content)
    if known is not None:
        number.check_known(model, known.version)
        return known
    made_from = provenance(ledger.objects)
    kept = golden(content, ledger.objects)

    def decide(state: ModelState) -> Tagged | None:
        if _with_content(state, content) is not None:
            return None
        numbering = number.choose(state, ledger.objects, info, made_from)
        text = format_tag(
            template,
            model=model,
            version=numbering.version,
            when=datetime.datetime.now(datetime.timezone.utc),
        )
        manifest = make_manifest(
            model,
            numbering,
            content,
            info,
            tag=text,
            created=utc_now(),
            provenance=made_from,
            golden=kept,
            notes=notes,
            description=description,
        )
        return Tagged(
            version=numbering.version,
            digest=content.digest,
            tag=text,
            manifest=ledger.objects.put(_checked(manifest)),
            size=content.size,
            bump=numbering.bump,
            reasons=numbering.reasons,
            compared_with=numbering.compared_with,
            override=numbering.override,
        )

    ledger.commit(decide, actor=actor)
    return ledger.refresh().with_digest(content.digest)[0]


def _with_content(state: ModelState, content: ContentDigest) -> VersionState | None:
    return next(iter(state.with_digest(content.digest)), None)


def _checked(manifest: Manifest) -> Manifest:
    # A manifest that cannot be read back would stop every later version from being compared with it.
    try:
        return msgspec.convert(msgspec.to_builtins(manifest), Manifest)
    except msgspec.ValidationError as error:
        msg = f"{manifest.model} {manifest.version} cannot be recorded: {error}; give text for notes and description"
        raise ConfigError(msg) from error


def make_manifest(
    model: str,
    numbering: Numbering,
    content: ContentDigest,
    info: SavedModelInfo,
    *,
    tag: str,
    created: str,
    provenance: Provenance,
    notes: Mapping[str, str],
    golden: Golden | None = None,
    description: str = "",
) -> Manifest:
    """Return the manifest of a version.

    Args:
        model: The model's name.
        numbering: Which version it is, and why.
        content: Its files.
        info: What its SavedModel says.
        tag: Tag text.
        created: UTC, RFC 3339.
        provenance: What it was made from.
        notes: Key-value notes.
        golden: Its golden predictions.
        description: Free text.
    """
    return Manifest(
        model=model,
        version=numbering.version,
        tag=tag,
        created=created,
        digest=content.digest,
        size=content.size,
        files=content.files,
        signatures=info.signatures,
        variables=info.variables,
        structure=info.structure,
        fingerprint=info.fingerprint,
        tensorflow_version=info.tensorflow_version,
        bump=numbering.bump,
        reasons=numbering.reasons,
        compared_with=numbering.compared_with,
        provenance=provenance,
        golden=golden,
        description=description,
        notes=notes,
    )
