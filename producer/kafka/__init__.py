"""Connection to Kafka and the registry: settings, topic, schema, and delivery of records with acknowledgements."""
