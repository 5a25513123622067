"""RegistryPusher: publishes a candidate that beats what serves."""
