"""The few metrics that the alerts and the dashboard look at: every other sample would be paid for and never read."""

# What Strimzi's reporter says of Connect, on port 9404; each is a gauge. It calls the counters so too, and takes the
# _total off their names: hence the rates, which Connect works out itself over the last minute.
FAILED_TASKS = "kafka_connect_connect_worker_metrics_connector_failed_task_count"
SINK_RATE = "kafka_connect_sink_task_metrics_sink_record_send_rate"
SOURCE_RATE = "kafka_connect_source_task_metrics_source_record_write_rate"
# Not records_lag_max, which is NaN once nothing was fetched for a minute, and of which no change can be told then.
LAG = "kafka_consumer_consumer_fetch_manager_metrics_records_lag"
# What a sink's task has read and not yet brought to its store.
UNWRITTEN_RECORDS = "kafka_connect_sink_task_metrics_sink_record_active_count"
SCRAPED = (FAILED_TASKS, SINK_RATE, SOURCE_RATE, LAG, UNWRITTEN_RECORDS)

SINKS = 'client_id=~"connector-consumer-.*"'
"""The consumers that are sinks' tasks: a worker has others, for its own topics."""

# GKE's own, which cost nothing.
DISK = "kubernetes_io:pod_volume_utilization"
MEMORY = "kubernetes_io:container_memory_used_bytes"
CPU = "kubernetes_io:container_cpu_core_usage_time"
NODES = "kubernetes_io:node_cpu_total_cores"
