#!/bin/sh
# Trains the model of this commit beside a copy of what is stable, and asks the gate whether it is better:
#
#   sh ci/compare.sh MODEL
#
# HALLMARK_ROOT, a directory, is only read. What it finds out lies in output/compare: comparison.md, and gate.xml for
# JUnit. Its exit code is the gate's: 0 if the model is better, or the very same.
set -eu

model=$1
out=output/compare
rm -rf "$out"
mkdir -p "$out"

hallmark export "$model@stable" --out "$out/stable.hallmark"

# From here on nothing knows of the registry that serves, nor of its ML Metadata.
export HALLMARK_ROOT="$out/registry" HALLMARK_METADATA="$out/records.sqlite"

version() {
  hallmark show "$model@$1" --json | python -c 'import json, sys; print(json.load(sys.stdin)["version"])'
}

hallmark import "$out/stable.hallmark" --to stable --reason "what is stable"
stable=$(version stable)
python -m pipeline.local_runner --config configs/local.yaml --set registry.rollout=stable \
  --set "registry.root=$HALLMARK_ROOT" --set "pipeline.root=$out/pipeline" --set "metadata.file=$out/metadata.sqlite"
candidate=$(version latest)

if [ "$candidate" = "$stable" ]; then
  echo "### $model: the same model as $stable, which is stable" >"$out/comparison.md"
  echo '<testsuites><testsuite name="hallmark gate" tests="0"/></testsuites>' >"$out/gate.xml"
  exit 0
fi

code=0
hallmark gate "$model@$candidate" --against "$stable" --out "$out/gate.xml" --out "$out/gate.md" || code=$?
{
  cat "$out/gate.md"
  printf '\n<details><summary>Side by side</summary>\n\n'
  hallmark compare "$model@$stable" "@$candidate" --format markdown
  printf '\n</details>\n'
} >"$out/comparison.md"
exit "$code"
