"""Records to Kafka: the topic and the schema, asked for before a load, and deliveries that are acknowledged."""
