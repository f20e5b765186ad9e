"""Pinned versions of every image and chart that the cluster runs. Renovate reads the comments.

Pinned by tag: write `name:tag@sha256:…` here once a registry can be asked for the digest; all that use it accept it.
Kafka's own version is in k8s/kafka.yaml, the plugins of Connect in connect/pom.xml, Python packages in the locks.
"""

from collections.abc import Mapping

# renovate: datasource=docker depName=oci://quay.io/strimzi-helm/strimzi-kafka-operator
STRIMZI_CHART = "1.2.0"

IMAGES: Mapping[str, str] = {
    # renovate: datasource=docker
    "operator": "quay.io/strimzi/operator:1.2.0",
    # renovate: datasource=docker
    "kafka": "quay.io/strimzi/kafka:1.2.0-kafka-4.3.1",
    # renovate: datasource=docker
    "apicurio": "quay.io/apicurio/apicurio-registry:3.3.3",
    # renovate: datasource=docker
    "mysql": "docker.io/library/mysql:9.7.0",
    # renovate: datasource=docker
    "redis": "docker.io/library/redis:8.2.2",
}
"""Images that are pulled."""

OWN_IMAGES: Mapping[str, str] = {
    "connect": "docker.io/sluice/connect",
    "loader": "docker.io/sluice/loader",
    "toolbox": "docker.io/sluice/toolbox",
}
"""Images that are built here; infra/settings/container_images.py computes their tags."""

BUILD_IMAGES: Mapping[str, str] = {
    # renovate: datasource=docker
    "maven": "maven:3.9.16-eclipse-temurin-21",
    # renovate: datasource=docker
    "python": "python:3.13-slim",
}
"""Base images of the Dockerfiles, which have to name them too; a test keeps the two equal."""

# renovate: datasource=docker
KIND_NODE = "kindest/node:v1.34.0@sha256:7416a61b42b1662ca6ca89f02028ac133a309a2a30ba309614e8ec94d976dc5a"
