"""Checks compiled pipelines against what Kubeflow Pipelines' backends really accept.

It needs neither TFX nor the KFP SDK, and works on the specs of any TFX pipeline. Sources named in the
rules are those of github.com/kubeflow/pipelines (backend/src) and of TFX (tfx/orchestration/kubeflow/v2).
"""
