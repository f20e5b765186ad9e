"""Loads GPS logs into Kafka, every row accounted for. Knows nothing of the sinks."""
