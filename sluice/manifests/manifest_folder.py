"""Reads and validates all manifests of k8s/, each by itself and together: duplicates, labels of another cluster."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from sluice.manifests.validation import find_mistakes
from sluice.manifests.yaml_documents import (
    ROOT,
    Document,
    ManifestError,
    Object,
    file_line,
    read_documents,
    read_text,
)

K8S = ROOT / "k8s"
_CLUSTER_LABEL = "strimzi.io/cluster"
_OTHER_FILES = (".sql", ".conf")
_OWNER_KINDS = {"KafkaNodePool": "Kafka", "KafkaTopic": "Kafka", "KafkaUser": "Kafka", "KafkaConnector": "KafkaConnect"}


def read_folder(folder: Path = K8S) -> list[Document]:
    """Read every object below a folder; raises ManifestError with all mistakes, also of its .sql and .conf files."""
    documents: list[Document] = []
    errors: list[str] = []
    for path in sorted(folder.rglob("*")):
        try:
            if path.suffix == ".yaml":
                documents += read_documents(path)
            elif path.suffix in _OTHER_FILES:
                read_text(path)
            elif path.suffix == ".yml":
                errors.append(f"{file_line(path)} is not read: manifests end in .yaml")
        except ManifestError as error:
            errors += error.mistakes
    errors += [sentence for document in documents for sentence in find_mistakes(document)]
    errors += _duplicates(documents) if not errors else []
    errors += _wrong_cluster_labels(documents) if not errors else []
    if errors:
        raise ManifestError(errors)
    return documents


def read_objects(path: Path) -> list[Object]:
    """Read every object of one file; raises ManifestError with all its mistakes."""
    documents = read_documents(path)
    if errors := [sentence for document in documents for sentence in find_mistakes(document)]:
        raise ManifestError(errors)
    return [document.value for document in documents]


def _duplicates(documents: Iterable[Document]) -> Iterator[str]:
    """Yield a sentence for each second object of a name, and for each second KafkaTopic of a topic.

    A cluster would keep the last object of a name; deleting one of two KafkaTopics would delete the topic.
    """
    seen: dict[tuple[str, str], Document] = {}
    for document in documents:
        names = {(document.kind, document.name)}
        if document.kind == "KafkaTopic":
            names.add(("topic", document.value["spec"].get("topicName", document.name)))
        for kind, name in sorted(names):
            first = seen.setdefault((kind, name), document)
            if first is not document:
                yield f"{document.location()}: the {kind} {name} is defined in {first.location()} already"
                break


def _wrong_cluster_labels(documents: Iterable[Document]) -> Iterator[str]:
    """Yield a sentence for each object with the label of another cluster, which the operator would silently ignore."""
    clusters = {document.kind: document.name for document in documents}
    for document in documents:
        owner = _OWNER_KINDS.get(document.kind, "")
        label = document.value.get("metadata", {}).get("labels", {}).get(_CLUSTER_LABEL)
        if owner in clusters and label != clusters[owner]:
            yield (
                f"{document.location()}: metadata.labels.{_CLUSTER_LABEL} of the {document.kind} {document.name} is "
                f"{label or 'missing'}; the {owner} is called {clusters[owner]}"
            )
