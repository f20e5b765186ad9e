"""All of k8s/ at once: what no single object can tell."""

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
_TEXTS = (".sql", ".conf")
_BELONGS_TO = {"KafkaNodePool": "Kafka", "KafkaTopic": "Kafka", "KafkaUser": "Kafka", "KafkaConnector": "KafkaConnect"}


def read_folder(folder: Path = K8S) -> list[Document]:
    """Every object below a folder; raises ManifestError with all mistakes, those of the texts beside them too."""
    documents: list[Document] = []
    found: list[str] = []
    for path in sorted(folder.rglob("*")):
        try:
            if path.suffix == ".yaml":
                documents += read_documents(path)
            elif path.suffix in _TEXTS:
                read_text(path)
            elif path.suffix == ".yml":
                found.append(f"{file_line(path)} is read by nobody: the files here are called .yaml")
        except ManifestError as error:
            found += error.mistakes
    found += [sentence for document in documents for sentence in find_mistakes(document)]
    found += _duplicates(documents) if not found else []
    found += _labelled_for_others(documents) if not found else []
    if found:
        raise ManifestError(found)
    return documents


def read_objects(path: Path) -> list[Object]:
    """Every object of one file; raises ManifestError with all its mistakes."""
    documents = read_documents(path)
    found = [sentence for document in documents for sentence in find_mistakes(document)]
    if found:
        raise ManifestError(found)
    return [document.value for document in documents]


def _duplicates(documents: Iterable[Document]) -> Iterator[str]:
    """Of two objects of one name a cluster has the last; of two for one topic, deleting one deletes the topic."""
    seen: dict[tuple[str, str], Document] = {}
    for document in documents:
        names = {(document.kind, document.name)}
        if document.kind == "KafkaTopic":
            names.add(("topic", document.value["spec"].get("topicName", document.name)))
        for kind, name in sorted(names):
            first = seen.setdefault((kind, name), document)
            if first is not document:
                yield f"{document.location()}: the {kind} {name} is described in {first.location()} already"
                break


def _labelled_for_others(documents: Iterable[Document]) -> Iterator[str]:
    """An operator passes over what is labelled for another cluster, and says nothing."""
    clusters = {document.kind: document.name for document in documents}
    for document in documents:
        owner = _BELONGS_TO.get(document.kind, "")
        label = document.value.get("metadata", {}).get("labels", {}).get(_CLUSTER_LABEL)
        if owner in clusters and label != clusters[owner]:
            yield (
                f"{document.location()}: metadata.labels.{_CLUSTER_LABEL} of the {document.kind} {document.name} is "
                f"{label or 'missing'}; the {owner} is called {clusters[owner]}"
            )
