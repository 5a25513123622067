"""What a monitoring system is told of a registry: the metrics that `GET /metrics` answers with."""
