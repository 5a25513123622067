"""A pipeline in the manner of TFX's Chicago taxi example, fed one span of data after the other.

CsvExampleGen takes the newest folder `span-N`; then Transform, Tuner, Trainer and this package's four components.
"""

import csv
import random
from pathlib import Path

from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2 as mlmd
from tfx import v1 as tfx

from pipeline.config.beam import InMemory
from pipeline.local_runner import run_components
from tfx_hallmark import BaselineEvaluator, RegistryPusher, StableBaseline, VersionTagger, beats_baseline

MODULE_FILE = str(Path(__file__).with_name("taxi") / "taxi.py")
COLUMNS = ("trip_miles", "fare", "trip_seconds", "payment_type", "company", "tips")
COMPANIES = ("Blue", "Checker", "")  # "" is a missing value
ROWS = 400


def write_span(folder: Path, span: int, *, generous_above_miles: float) -> None:
    """Writes the trips of one span, the same ones each time.

    Args:
        folder: Where the folder `span-N` goes.
        span: Its number.
        generous_above_miles: Of those who pay by card, who rides farther than this tips much.
    """
    rows = random.Random(span)
    trips = folder / f"span-{span}" / "trips.csv"
    trips.parent.mkdir(parents=True)
    with trips.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for _ in range(ROWS):
            miles = round(rows.uniform(0.5, 20), 2)
            fare = round(3 + 2 * miles + rows.random(), 2)
            payment = rows.choice(["Cash", "Credit Card"])
            share = 0.3 if payment == "Credit Card" and miles > generous_above_miles else 0.05
            writer.writerow(
                [miles, fare, int(miles * 180), payment, rows.choice(COMPANIES), round(share * fare, 2)]
            )


class RollingSpans:
    """Runs the pipeline over and over, with everything in one folder.

    Args:
        folder: For everything.
    """

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.root = folder / "registry"
        self._artifacts = folder / "artifacts"
        self._connection = tfx.orchestration.metadata.sqlite_metadata_connection_config(
            str(folder / "metadata.sqlite")
        )

    @property
    def store(self) -> metadata_store.MetadataStore:
        return metadata_store.MetadataStore(self._connection)

    def run(self) -> dict[str, str]:
        """Runs the pipeline once, cached, and gives the state of every component."""
        run_id = run_components(self.define())
        store = self.store
        types = {kind.id: kind.name.rpartition(".")[2] for kind in store.get_execution_types()}
        run = store.get_context_by_type_and_name("pipeline_run", run_id)
        return {
            types[execution.type_id].removesuffix("_Executor"): mlmd.Execution.State.Name(
                execution.last_known_state
            )
            for execution in store.get_executions_by_context(run.id)
        }

    def define(self) -> tfx.dsl.Pipeline:
        split = tfx.proto.SplitConfig.Split
        gen = tfx.components.CsvExampleGen(
            input_base=str(self.data),
            input_config=tfx.proto.Input(
                splits=[tfx.proto.Input.Split(name="trips", pattern="span-{SPAN}/*.csv")]
            ),
            output_config=tfx.proto.Output(
                split_config=tfx.proto.SplitConfig(
                    splits=[split(name="train", hash_buckets=2), split(name="eval", hash_buckets=1)]
                )
            ),
        )
        statistics = tfx.components.StatisticsGen(examples=gen.outputs["examples"])
        schema = tfx.components.SchemaGen(statistics=statistics.outputs["statistics"])
        transform = tfx.components.Transform(
            examples=gen.outputs["examples"],
            schema=schema.outputs["schema"],
            module_file=MODULE_FILE,
            disable_statistics=True,
        )
        prepared = {
            "examples": transform.outputs["transformed_examples"],
            "transform_graph": transform.outputs["transform_graph"],
            "schema": schema.outputs["schema"],
            "module_file": MODULE_FILE,
        }
        tuner = tfx.components.Tuner(
            **prepared,
            train_args=tfx.proto.TrainArgs(num_steps=40),
            eval_args=tfx.proto.EvalArgs(num_steps=2),
        )
        trainer = tfx.components.Trainer(
            **prepared,
            hyperparameters=tuner.outputs["best_hyperparameters"],
            train_args=tfx.proto.TrainArgs(num_steps=200),
            eval_args=tfx.proto.EvalArgs(num_steps=1),
        )
        model = trainer.outputs["model"]
        tagger = VersionTagger.after(
            trainer,
            registry_root=str(self.root),
            model_name="taxi",
            # What Transform gives has no span; what ExampleGen gives has.
            examples=gen.outputs["examples"],
            statistics=statistics.outputs["statistics"],
        )
        baseline = StableBaseline(model=model, model_version=tagger.outputs["model_version"])
        evaluator = BaselineEvaluator(
            gen.outputs["examples"],
            model,
            baseline=baseline.outputs["baseline"],
            model_version=tagger.outputs["model_version"],
            eval_config=beats_baseline(
                "BinaryAccuracy", label_key="big_tip", min_value=0.8, preprocessing=["transform_features"]
            ),
        )
        pusher = RegistryPusher(
            model,
            evaluator.outputs["blessing"],
            model_version=tagger.outputs["model_version"],
            evaluation=evaluator.outputs["evaluation"],
            baseline=baseline.outputs["baseline"],
        )
        return tfx.dsl.Pipeline(
            pipeline_name="taxi",
            pipeline_root=str(self._artifacts),
            metadata_connection_config=self._connection,
            components=[
                *(gen, statistics, schema, transform, tuner, trainer),
                *(tagger, baseline, evaluator, pusher),
            ],
            enable_cache=True,
            beam_pipeline_args=InMemory(runner="in_memory", extra=[]).arguments(),
        )
