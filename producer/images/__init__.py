"""Images into Kafka: found, chosen, checked and sent as they are."""
