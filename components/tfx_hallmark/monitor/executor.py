"""ServingMonitor at work."""

from typing import Any

import msgspec
from absl import logging
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils
from tfx.types.artifact import Artifact

from tfx_hallmark.artifact_files import write_file
from tfx_hallmark.context import pipeline_run
from tfx_hallmark.delivery.background import start_delivery
from tfx_hallmark.evidence.evaluating import IN_MEMORY
from tfx_hallmark.lineage.property_text import safe_text
from tfx_hallmark.monitor.drift import drift
from tfx_hallmark.monitor.measuring import Measuring
from tfx_hallmark.monitor.moving import carry_out, objection_to
from tfx_hallmark.monitor.statistics_files import read_statistics
from tfx_hallmark.monitor.training_data import TrainingStatistics, training_statistics
from tfx_hallmark.registry.errors import ConfigError, DataError, HallmarkError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.monitoring.deciding import (
    Canary,
    Facts,
    asks_for_predecessor,
    decide,
    judged,
    with_standing,
)
from tfx_hallmark.registry.monitoring.holding import Watched
from tfx_hallmark.registry.monitoring.report import MonitoringReport, Role, outcome_of, summary_of
from tfx_hallmark.registry.monitoring.rules import MonitoringRules
from tfx_hallmark.registry.objects import object_digest
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.state import CANARY, STABLE
from tfx_hallmark.registry.verdict import OVERALL, VersionAt
from tfx_hallmark.tagger.provenance import span_of

REPORT_FILE = "report.json"


class Executor(base_beam_executor.BaseBeamExecutor):
    """Compares, evaluates, decides, records, and acts where that is asked for: in this order."""

    def Do(  # noqa: N802
        self,
        input_dict: dict[str, list[Artifact]],
        output_dict: dict[str, list[Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Look at new data.

        Args:
            input_dict: `examples` and `statistics`.
            output_dict: `findings`.
            exec_properties: See `component.ServingMonitorSpec`.

        Raises:
            NotFoundError: If the root holds no registry, or the files of what serves are gone.
            ConfigError: If no EvalConfig is on record and none is given, or one or Beam's options cannot be used.
            DataError: If the examples or statistics have no such split, or cannot be read.
            EvidenceError: If TFMA cannot evaluate a version.
            ChangedMeanwhileError: If `stable` moved before what follows could be done; the next attempt looks anew.
            HallmarkError: As `Model.rollback` and `Model.promote` do.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        findings = artifact_utils.get_single_instance(output_dict["findings"])
        root = exec_properties["registry_root"]
        model = Registry.open(root).model(exec_properties["model_name"])
        stable = model.stable()
        if stable is None:
            logging.warning("Nothing of %s is stable: there is nothing to monitor.", model.name)
            findings.set_string_custom_property("registry_root", root)
            findings.set_string_custom_property("model", model.name)
            findings.set_string_custom_property("outcome", "nothing_stable")
            return
        run = pipeline_run(self._context).in_run(exec_properties.get("pipeline_run_id"))
        reason = f"monitored by {run}"
        report = self._look(model, stable, input_dict, exec_properties, reason)
        model.record_monitoring(report, reason=reason)
        start_delivery(root, model.name)
        logging.log(
            logging.WARNING if report.outcome == "alert" else logging.INFO,
            "Monitoring of %s %s: %s.",
            model.name,
            report.version,
            report.summary,
        )
        write_file(f"{findings.uri}/{REPORT_FILE}", msgspec.json.format(msgspec.json.encode(report)))
        findings.describe(report, registry_root=root, digest=object_digest(report))
        if report.action is not None and report.action.standing == "automatic":
            release = carry_out(model, stable, report.action, report.data)
            findings.set_string_custom_property("action_release", safe_text(str(release)))
            start_delivery(root, model.name)

    def _look(
        self,
        model: Model,
        stable: VersionAt,
        inputs: dict[str, list[Artifact]],
        exec_properties: dict[str, Any],
        reason: str,
    ) -> MonitoringReport:
        examples = artifact_utils.get_single_instance(inputs["examples"])
        statistics = artifact_utils.get_single_instance(inputs["statistics"])
        split = exec_properties["example_split"]
        rules = MonitoringRules.parse(exec_properties["rules"])
        # Before the evaluation, which takes longer.
        new = read_statistics(statistics.uri, split)
        measuring = Measuring(
            model,
            data=examples.uri,
            place=_split(examples, split),
            eval_config=exec_properties.get("eval_config") or _eval_config(model),
            beam_arguments=self._beam_options,
            reason=reason,
        )
        facts = _measured(model, stable, measuring, rules)
        training = training_statistics(
            model.version(stable.version), exec_properties["training_split"], self._beam_options
        )
        facts = _compared(facts, model, new, training, rules)
        found, action = msgspec.structs.astuple(decide(facts, rules))
        if action is not None:
            action = with_standing(action, rules, objection_to(model, action))
        return MonitoringReport(
            model=model.name,
            version=stable.version,
            release=stable.release,
            digest=stable.digest,
            data=examples.uri,
            span=span_of(examples),
            examples=facts.stable.values.examples.get(OVERALL),
            training=training.origin,
            distances=facts.distances,
            measured=tuple(measuring.measured),
            findings=found,
            action=action,
            outcome=outcome_of(found),
            summary=summary_of(found, action),
        )

    @property
    def _beam_options(self) -> tuple[str, ...]:
        return tuple(self._beam_pipeline_args or IN_MEMORY)


def _split(examples: Artifact, split: str) -> str:
    known = artifact_utils.decode_split_names(examples.split_names)
    if split not in known:
        msg = f"{examples.uri} has no split {split}: there is {', '.join(known)}; name one as example_split"
        raise DataError(msg)
    return str(artifact_utils.get_split_uri([examples], split))


def _eval_config(model: Model) -> str:
    evidence = model.version(STABLE).evidence
    if evidence is None or not evidence.eval_config:
        msg = f"{model.version(STABLE)} was not evaluated by an EvalConfig that is on record: give ServingMonitor one"
        raise ConfigError(msg)
    return evidence.eval_config


def _measured(model: Model, stable: VersionAt, measuring: Measuring, rules: MonitoringRules) -> Facts:
    releases: dict[Role, tuple[str, int]] = {"stable": (stable.version, stable.release)}
    canary = model.state.labelled(CANARY)
    if canary is not None and canary.version != stable.version:
        releases["canary"] = (canary.version, model.state.labels[CANARY])
    watched = measuring.measure(releases)
    facts = Facts(stable=watched["stable"])
    if "canary" in watched:
        facts = msgspec.structs.replace(facts, canary=_canary(model, watched["canary"], measuring, rules))
    if asks_for_predecessor(watched["stable"], rules):
        facts = _with_predecessor(facts, model, measuring)
    return facts


def _canary(model: Model, watched: Watched, measuring: Measuring, rules: MonitoringRules) -> Canary:
    """Ask the gate about the canary, by what was just put on record."""
    result = model.gate(watched.version, STABLE, rules=rules.canary, on=measuring.data)
    return Canary(watched=watched, beats=result.passed, why=result.reasons[0].text)


def _with_predecessor(facts: Facts, model: Model, measuring: Measuring) -> Facts:
    try:
        plan = model.dry_run.rollback()
    except HallmarkError as error:
        return msgspec.structs.replace(facts, no_predecessor=str(error))
    before = measuring.measure({"predecessor": (plan.version, plan.source)})["predecessor"]
    return msgspec.structs.replace(facts, predecessor=before)


def _compared(
    facts: Facts, model: Model, new: Any, training: TrainingStatistics, rules: MonitoringRules
) -> Facts:
    if training.statistics is None:
        # Where no rule asks for it, nobody misses it.
        return msgspec.structs.replace(facts, drift_unknown=training.missing if rules.drift.asks else "")
    found = drift(new, training.statistics, model.version(facts.stable.version).schema_text)
    return msgspec.structs.replace(
        facts, distances=judged(found.distances, rules.drift), anomalies=found.anomalies
    )
