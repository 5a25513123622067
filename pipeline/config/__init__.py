"""The settings of the reference pipeline: one schema for every runner."""

from pipeline.config.loading import Config, load_config
from pipeline.config.sections import GateSection, RegistrySection

__all__ = ["Config", "GateSection", "RegistrySection", "load_config"]
