"""The few metrics that the alerts and the dashboard look at: every other sample would be paid for and never read."""

FAILED_TASKS = "kafka_connect_connect_worker_metrics_connector_failed_task_count"
LAG = "kafka_consumer_consumer_fetch_manager_metrics_records_lag_max"
SUNK = "kafka_connect_sink_task_metrics_sink_record_send_total"
SOURCED = "kafka_connect_source_task_metrics_source_record_write_total"
SCRAPED = (FAILED_TASKS, LAG, SUNK, SOURCED)
"""What Strimzi's reporter says of Connect, on port 9404."""

# GKE's own, which cost nothing.
DISK = "kubernetes_io:pod_volume_utilization"
MEMORY = "kubernetes_io:container_memory_used_bytes"
CPU = "kubernetes_io:container_cpu_core_usage_time"
NODES = "kubernetes_io:node_cpu_total_cores"
