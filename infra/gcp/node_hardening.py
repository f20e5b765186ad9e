"""Fields of every node, the cluster's temporary ones too, that an organization's policies may demand.

GKE creates a cluster with a pool of its own, which is removed at once. A policy that its nodes break refuses the whole
cluster. docs/organization.md lists the policies.
"""

from collections.abc import Mapping
from typing import Any

HARDENED: Mapping[str, Any] = {
    "image_type": "COS_CONTAINERD",
    "oauth_scopes": ["https://www.googleapis.com/auth/cloud-platform"],  # the account's roles limit it
    "shielded_instance_config": {"enable_secure_boot": True, "enable_integrity_monitoring": True},
    "workload_metadata_config": {"mode": "GKE_METADATA"},
    "kubelet_config": {
        "insecure_kubelet_readonly_port_enabled": "FALSE",
        # Google's default. Without it the provider sends false, and CPU limits are ignored.
        "cpu_cfs_quota": True,
    },
    "metadata": {
        "disable-legacy-endpoints": "true",
        "block-project-ssh-keys": "true",
        "serial-port-logging-enable": "false",
    },
}
"""Arguments of ClusterNodeConfigArgs and NodePoolNodeConfigArgs."""
