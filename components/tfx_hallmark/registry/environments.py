"""What differs between where a version was made and where it is looked at, as far as it bears on numbers."""

from collections.abc import Iterator, Mapping

import msgspec

from tfx_hallmark.registry.manifest import Environment

_OWN = "tfx-hallmark"  # computes nothing


class EnvironmentDifference(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is not the same.

    Attributes:
        name: What it is: `python`, `package numpy`, `processor`, ...
        recorded: What the manifest says; empty if there was no such thing.
        here: What is here; empty if there is no such thing.
        bearing: Whether it is known to bear on a model's numbers; most packages are not.
    """

    name: str
    recorded: str
    here: str
    bearing: bool = True


def environment_differences(
    recorded: Environment,
    here: Environment,
    *,
    recorded_packages: Mapping[str, str] | None,
    packages: Mapping[str, str],
) -> tuple[EnvironmentDifference, ...]:
    """Return what differs, first what bears on numbers.

    Args:
        recorded: Where a version was made.
        here: Where it is looked at.
        recorded_packages: Every package that was installed there; None if the list is gone.
        packages: Every package that is installed here.
    """
    known = {**recorded.packages, **(recorded_packages or {})}
    facts = [
        ("python", recorded.python, here.python),
        *_packages(sorted(recorded.packages.keys() | here.packages.keys()), known, packages),
        ("platform", recorded.platform, here.platform),
        *_processors(recorded, here),
        ("cores", str(recorded.cpus), str(here.cpus)),
        ("accelerators", ", ".join(recorded.accelerators), ", ".join(here.accelerators)),
        ("driver", recorded.driver or "", here.driver or ""),
        *(
            (name, _switch(recorded.numerics[name]), _switch(here.numerics[name]))
            for name in sorted(recorded.numerics.keys() & here.numerics.keys())
        ),
    ]
    listed = set() if recorded_packages is None else known.keys() | packages.keys()
    minor = _packages(sorted(listed - recorded.packages.keys() - here.packages.keys()), known, packages)
    return (
        *(EnvironmentDifference(name=name, recorded=a, here=b) for name, a, b in facts if a != b),
        *(
            EnvironmentDifference(name=name, recorded=a, here=b, bearing=False)
            for name, a, b in minor
            if a != b
        ),
    )


def _packages(
    names: list[str], recorded: Mapping[str, str], here: Mapping[str, str]
) -> Iterator[tuple[str, str, str]]:
    for name in names:
        if name != _OWN:
            yield f"package {name}", recorded.get(name, ""), here.get(name, "")


def _processors(recorded: Environment, here: Environment) -> Iterator[tuple[str, str, str]]:
    # Old manifests tell nothing, nor do some machines.
    if recorded.cpu and here.cpu:
        yield "processor", recorded.cpu, here.cpu
    if recorded.cpu_flags and here.cpu_flags:
        # Those that only one of the two has.
        there, now = set(recorded.cpu_flags), set(here.cpu_flags)
        yield "instruction sets", " ".join(sorted(there - now)), " ".join(sorted(now - there))


def _switch(on: bool) -> str:
    return "on" if on else "off"
