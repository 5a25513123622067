"""A server that speaks as much of W&B's protocol as runs and artifacts need, and keeps what it is told."""

import contextlib
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ENTITY = {"id": "e", "name": "team"}
PROJECT = {"id": "p", "internalId": "1", "name": "penguins", "entity": ENTITY}

# What wandb 0.25 asks for before it logs an artifact.
_FIELDS = ["aliases", "tags", "ttlDurationSeconds", "storageRegion"]


class Kept:
    """What the server was told.

    Attributes:
        runs: The runs by id: what was written of each, `summary`, and `history` line by line.
        artifacts: The artifacts in the order they were first logged.
        aliases: To which artifact each alias points.
    """

    def __init__(self) -> None:
        self.runs: dict[str, dict[str, Any]] = {}
        self.artifacts: list[dict[str, Any]] = []
        self.aliases: dict[str, dict[str, Any]] = {}
        self.address = ""

    def answer(self, name: str, given: dict[str, Any]) -> dict[str, Any]:
        """Answers a query of GraphQL by its name."""
        answers = {
            "RunResumeStatus": self._resume,
            "UpsertBucket": self._upsert,
            "CreateArtifact": self._artifact,
            "CreateArtifactManifest": self._manifest,
            "CreateArtifactFiles": self._files,
            "CommitArtifact": lambda given: {
                "commitArtifact": {"artifact": self._by_id(given["artifactID"])}
            },
            "ArtifactByID": lambda given: {"artifact": self._by_id(given["id"])},
            "CreateRunFiles": self._run_files,
            "ArtifactType": lambda _: {"project": None},
            "InputFields": lambda _: {"TypeInfo": {"inputFields": [{"name": name} for name in _FIELDS]}},
            "ServerFeaturesQuery": lambda _: {"serverInfo": {"features": []}},
        }
        viewer = {
            "viewer": {"id": "u", "entity": "team", "username": "me", "teams": {"edges": []}, "flags": "{}"}
        }
        return answers[name](given) if name in answers else viewer

    def stream(self, run: str, told: dict[str, Any]) -> None:
        """Takes lines of a run's files."""
        for name, chunk in told.get("files", {}).items():
            lines = [json.loads(line) for line in chunk["content"] if line.startswith("{")]
            if name == "wandb-history.jsonl":
                self.runs[run]["history"] += lines
            elif name == "wandb-summary.json" and lines:
                self.runs[run]["summary"] = lines[-1]

    def _resume(self, given: dict[str, Any]) -> dict[str, Any]:
        known = self.runs.get(given["name"])
        bucket = None
        if known is not None:
            bucket = {
                **self._bucket(given["name"]),
                "summaryMetrics": json.dumps(known["summary"]),
                "historyLineCount": len(known["history"]),
                "eventsLineCount": 0,
                "logLineCount": 0,
                "historyTail": json.dumps([json.dumps(line) for line in known["history"][-1:]]),
                "eventsTail": "[]",
                "tags": known["tags"],
                "wandbConfig": '{"t": 1}',
            }
        return {"model": {**PROJECT, "bucket": bucket}}

    def _upsert(self, given: dict[str, Any]) -> dict[str, Any]:
        new = given["name"] not in self.runs
        run = self.runs.setdefault(given["name"], {"history": [], "summary": {}, "tags": [], "config": "{}"})
        run |= {key: value for key, value in given.items() if value is not None}
        return {"upsertBucket": {"inserted": new, "bucket": self._bucket(given["name"])}}

    def _bucket(self, name: str) -> dict[str, Any]:
        run = self.runs[name]
        return {
            **{"id": f"b-{name}", "name": name, "displayName": run.get("displayName"), "description": None},
            **{"config": run["config"], "sweepName": None, "project": PROJECT, "historyLineCount": 0},
        }

    def _artifact(self, given: dict[str, Any]) -> dict[str, Any]:
        given = given.get("input", given)
        found = next((one for one in self.artifacts if one["digest"] == given["digest"]), None)
        state = "PENDING" if found is None else "COMMITTED"
        if found is None:
            found = {
                "id": f"a{len(self.artifacts)}",
                "digest": given["digest"],
                "metadata": given["metadata"],
            }
            self.artifacts.append(found)
        for alias in given["aliases"]:
            self.aliases[alias["alias"]] = found  # takes it away from where it was
        sequence = {"id": "s", "latestArtifact": None}
        return {
            "createArtifact": {
                "artifact": {**self._by_id(found["id"]), "state": state, "artifactSequence": sequence}
            }
        }

    def _by_id(self, which: str) -> dict[str, Any]:
        (found,) = [one for one in self.artifacts if one["id"] == which]
        of = {"__typename": "ArtifactSequence", "name": "penguin", "project": PROJECT}
        return {
            **{"__typename": "Artifact", "artifactSequence": of, "versionIndex": self.artifacts.index(found)},
            **{
                "artifactType": {"name": "model"},
                "description": "",
                "ttlDurationSeconds": -2,
                "ttlIsInherited": True,
            },
            **{
                "tags": [],
                "historyStep": None,
                "state": "COMMITTED",
                "size": 1,
                "commitHash": "c",
                "fileCount": 1,
            },
            **{"createdAt": "2026-11-20T10:00:00Z", "updatedAt": None, "aliases": [], **found},
        }

    def _manifest(self, given: dict[str, Any]) -> dict[str, Any]:
        file = {
            "id": "f",
            "name": "m",
            "displayName": "m",
            "uploadHeaders": [],
            "uploadUrl": f"{self.address}/file/m",
        }
        return {
            "createArtifactManifest": {"artifactManifest": {"id": f"m-{given['artifactID']}", "file": file}}
        }

    def _files(self, given: dict[str, Any]) -> dict[str, Any]:
        edges = [
            {
                "node": {
                    **{
                        "id": file["name"],
                        "name": file["name"],
                        "displayName": file["name"],
                        "uploadHeaders": [],
                    },
                    **{"uploadUrl": f"{self.address}/file/{file['name']}", "uploadMultipartUrls": None},
                    **{"storagePath": "x", "artifact": {"id": file["artifactID"]}},
                }
            }
            for file in given.get("input", given)["artifactFiles"]
        ]
        return {"createArtifactFiles": {"files": {"edges": edges}}}

    def _run_files(self, given: dict[str, Any]) -> dict[str, Any]:
        files = [{"name": name, "uploadUrl": f"{self.address}/file/{name}"} for name in given["files"]]
        return {"createRunFiles": {"runID": "b", "uploadHeaders": [], "files": files}}


class _Handler(BaseHTTPRequestHandler):
    kept: Kept

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/graphql":
            asked = json.loads(body)
            found = re.match(r"\s*(?:query|mutation)\s+(\w+)", asked["query"])
            name = found[1] if found else ""
            self._say(200, {"data": self.kept.answer(name, asked.get("variables") or {})})
        elif self.path.endswith("/file_stream"):
            self.kept.stream(self.path.split("/")[-2], json.loads(body))
            self._say(200, {})
        else:
            self._say(200, {})

    def do_GET(self) -> None:
        self._say(200, {})

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._say(200, {})

    def _say(self, code: int, told: dict[str, Any]) -> None:
        data = json.dumps(told).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        pass


@contextlib.contextmanager
def serving() -> Iterator[Kept]:
    """Starts the server on a free port, and ends it."""
    kept = Kept()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"kept": kept}))
    kept.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
