"""Executes a compiled KFP v2 pipeline as the open-source backend would, without a cluster.

Played as the backend's source has it (kubeflow/pipelines, backend/src): what its API server, its compiler
and Argo refuse; how its driver resolves inputs, conditions and cache keys; the ExecutorInput that its
launcher puts in place of `{{$}}`; each container's command as a process of its own; what ML Metadata
keeps of an artifact's metadata; importers; claims mounted by the `platforms.kubernetes` document.

What differs from a real cluster:
 - Buckets, claims and the image are folders here. A container is given this machine's paths wherever the
   spec or an artifact has theirs, and what it answers is translated back (`places.py`). So the artifacts
   on record have the addresses that they would have there, but files that a component writes hold paths
   of this machine. Reaching an object store itself is not tested.
 - The image is this interpreter and this working tree; whether an image holds both is not tested.
 - A container sees the whole machine, except that what a claim would show it is elsewhere for it if it
   does not mount the claim.
 - Loops, exit handlers and nested pipelines are not played: NotPlayedError.
"""
