"""Names of the metrics that the alerts and the dashboard use; only these are scraped, since samples cost."""

# Strimzi's metrics reporter of Connect, port 9404. It exports counters as gauges too, and without _total in their
# names: hence the rates, which Connect computes itself over the last minute.
FAILED_TASKS = "kafka_connect_connect_worker_metrics_connector_failed_task_count"
SINK_RATE = "kafka_connect_sink_task_metrics_sink_record_send_rate"
SOURCE_RATE = "kafka_connect_source_task_metrics_source_record_write_rate"
# Not records_lag_max, which becomes NaN after a minute without a fetch, and then has no delta.
LAG = "kafka_consumer_consumer_fetch_manager_metrics_records_lag"
# Records that a sink's task has read and not yet written.
UNWRITTEN_RECORDS = "kafka_connect_sink_task_metrics_sink_record_active_count"
SCRAPED = (FAILED_TASKS, SINK_RATE, SOURCE_RATE, LAG, UNWRITTEN_RECORDS)

SINKS = 'client_id=~"connector-consumer-.*"'
"""Label matcher of the sinks' consumers: a worker has others, for its internal topics."""

# GKE's own metrics, free of charge.
DISK = "kubernetes_io:pod_volume_utilization"
MEMORY = "kubernetes_io:container_memory_used_bytes"
CPU = "kubernetes_io:container_cpu_core_usage_time"
NODES = "kubernetes_io:node_cpu_total_cores"
