"""The picture of a pipeline: its nodes and edges, from what Kafka, Connect and the stores report."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from urllib.parse import quote

from sluice.console.letter_reasons import Reasons
from sluice.console.node_state import DOWN, UNKNOWN, WELL, NodeState, Remark, connector_state
from sluice.console.picture_layout import place_nodes
from sluice.view.connector_status import REGISTRY, ConnectorStatus
from sluice.view.connector_stores import REDIS_STORE
from sluice.view.http_client import UnavailableError
from sluice.view.kafka_status import TopicStatus
from sluice.view.pipeline_status import DEAD_LETTERS_SUFFIX, PipelineStatus
from sluice.view.store_status import DATABASE, IMAGES_DATABASE, TableSize

LOADS = "loads"
MOST_IDLE_TOPICS = 8
"""Topics that no connector uses and that the picture shows; it counts the others."""
_SHOWN_AGE_SECONDS = 5
"""A number of rows that was counted longer ago is shown with its age."""
IMAGES_STORE = f"{REDIS_STORE}{IMAGES_DATABASE}"


@dataclass(frozen=True, kw_only=True)
class Node:
    """A part of the picture."""

    id: str
    kind: str
    """loads, table, topic, source, sink, store, letters or registry."""
    name: str
    detail: str = ""
    link: str | None = None
    state: NodeState = WELL
    facts: tuple[Mapping[str, Any], ...] = ()
    """Each a label, and a `count` or a `rate` (a second); None where it is not known."""
    reasons: tuple[Mapping[str, Any], ...] = ()
    """Of dead letters: `reason` and `count`."""


@dataclass(frozen=True, kw_only=True)
class Edge:
    """A way that records take, or schemas."""

    begin: str
    end: str
    kind: str = "records"
    """records, letters or schemas."""
    rate: float | None = None
    """Records a second."""


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Change per second of what the picture counts; None where it is not known yet."""

    topics: Mapping[str, float | None] = field(default_factory=dict[str, float | None])
    """Records written, by topic."""
    commits: Mapping[tuple[str, str], float | None] = field(default_factory=dict[tuple[str, str], float | None])
    """Records committed, by sink and topic."""
    stores: Mapping[str, float | None] = field(default_factory=dict[str, float | None])


@dataclass(kw_only=True)
class PipelinePicture:
    """Draws one sample of a pipeline."""

    status: PipelineStatus
    known: PipelineStatus
    """The status in which a part that does not answer is as it was when it last did: its nodes stay."""
    rates: Rates
    letters: Reasons
    nodes: dict[str, Node] = field(default_factory=dict[str, Node])
    edges: list[Edge] = field(default_factory=list[Edge])

    def draw(self) -> "PipelinePicture":
        """Add all nodes and edges."""
        self._add(Node(id=LOADS, kind=LOADS, name="sluice load", detail="GPS logs, images"))
        sinks, sources = self._connectors("sink"), self._connectors("source")
        self._add_loaded_topics(sinks, sources)
        for source in sources:
            self._add_source(source)
        for sink in sinks:
            self._add_sink(sink)
        for name in self._topics:
            if name.endswith(DEAD_LETTERS_SUFFIX):
                self._add_letters(name)
        self._add_registry([*sources, *sinks])
        return self

    def as_objects(self) -> dict[str, Any]:
        """Return nodes, in rows from left to right, and edges as JSON types."""
        kinds = {identity: node.kind for identity, node in self.nodes.items()}
        places = place_nodes(kinds, [(edge.begin, edge.end) for edge in self.edges if edge.kind != "schemas"])
        nodes = sorted(self.nodes.values(), key=lambda node: places[node.id])
        return {
            "nodes": [{**asdict(node), "row": places[node.id][0], "column": places[node.id][1]} for node in nodes],
            "edges": [asdict(edge) for edge in self.edges],
        }

    def _add_loaded_topics(self, sinks: Iterable[ConnectorStatus], sources: Iterable[ConnectorStatus]) -> None:
        """Add the topics that no connector writes: first those that a sink reads."""
        written = {topic for source in sources for topic in source.written_topics}
        read = dict.fromkeys(topic for sink in sinks for topic in sink.topics)
        others = [name for name in self._topics if not name.endswith(DEAD_LETTERS_SUFFIX)]
        loaded = [name for name in (*read, *others) if name not in written and name in self._topics]
        idle = [name for name in dict.fromkeys(loaded) if name not in read]
        hidden = set(idle[MOST_IDLE_TOPICS:])
        for name in dict.fromkeys(loaded):
            if name not in hidden:
                self._add_topic(name)
                self.edges.append(Edge(begin=LOADS, end=f"topic:{name}", rate=self.rates.topics.get(name)))
        if hidden:
            self._add(Node(id="topics", kind="topic", name=_count(len(hidden), "more topic"), link="#/topics"))
        rates = [edge.rate for edge in self.edges]
        self.nodes[LOADS] = replace(self.nodes[LOADS], facts=({"label": "sends", "rate": _total(rates)},))

    @property
    def _topics(self) -> dict[str, TopicStatus]:
        kafka = self.known.kafka
        return {} if isinstance(kafka, UnavailableError) else {topic.name: topic for topic in kafka.topics}

    def _connectors(self, kind: str) -> list[ConnectorStatus]:
        connect = self.known.connect
        if isinstance(connect, UnavailableError):
            return []
        return [connector for connector in connect.connectors if connector.kind == kind]

    def _add(self, node: Node) -> None:
        self.nodes.setdefault(node.id, node)

    def _add_topic(self, name: str) -> None:
        topic = self._topics.get(name)
        self._add(
            Node(
                id=f"topic:{name}",
                kind="topic",
                name=name,
                detail=f"topic, {_count(topic.partitions, 'partition')}" if topic else "topic",
                link=f"#/topics/{quote(name, safe='')}" if topic else None,
                state=self._topic_state(name),
                facts=self._topic_facts(topic) if topic else (),
            )
        )

    def _topic_facts(self, topic: TopicStatus) -> tuple[Mapping[str, Any], ...]:
        out = [rate for (_, read), rate in self.rates.commits.items() if read == topic.name]
        written = self.rates.topics.get(topic.name)
        facts = ({"label": "records", "count": self._messages(topic)}, {"label": "in", "rate": written})
        return (*facts, {"label": "read", "rate": _total(out)}) if out else facts

    def _messages(self, topic: TopicStatus | None) -> int | None:
        """Return the number of records, where Kafka answers: the one known last would be shown as that of now."""
        return None if topic is None or isinstance(self.status.kafka, UnavailableError) else topic.messages

    def _topic_state(self, name: str) -> NodeState:
        if isinstance(self.status.kafka, UnavailableError):
            return UNKNOWN
        return WELL if name in self._topics else _missing_topic(name)

    def _add_source(self, source: ConnectorStatus) -> None:
        identity = f"connector:{source.name}"
        topics = [name for name in source.written_topics if name in self._topics]
        rate = _total([self.rates.topics.get(name) for name in topics])
        for table in source.stores or ("another system",):
            self._add_store(table, identity=f"table:{table}", kind="table", detail="table, its binary log")
            self.edges.append(Edge(begin=f"table:{table}", end=identity, rate=rate))
        self._add(self._connector_node(source, ({"label": "writes", "rate": rate},)))
        for name in topics:
            self._add_topic(name)
            self.edges.append(Edge(begin=identity, end=f"topic:{name}", rate=self.rates.topics.get(name)))

    def _add_sink(self, sink: ConnectorStatus) -> None:
        identity = f"connector:{sink.name}"
        rates = {name: self.rates.commits.get((sink.name, name)) for name in sink.topics}
        total, lag = _total(list(rates.values())), self.status.lag_of(sink.name)
        self._add(self._connector_node(sink, ({"label": "commits", "rate": total}, {"label": "lag", "count": lag})))
        for name, rate in rates.items():
            self._add_topic(name)
            self.edges.append(Edge(begin=f"topic:{name}", end=identity, rate=rate))
        for store in sink.stores or (f"another system ({_short_class(sink)})",):
            self._add_store(store, identity=f"store:{store}", kind="store", detail="")
            self.edges.append(Edge(begin=identity, end=f"store:{store}", rate=total))
        if sink.dead_letters_topic:
            self._add_letters(sink.dead_letters_topic)
            rate = self.rates.topics.get(sink.dead_letters_topic)
            self.edges.append(Edge(begin=identity, end=f"letters:{sink.dead_letters_topic}", kind="letters", rate=rate))

    def _connector_node(self, connector: ConnectorStatus, facts: tuple[Mapping[str, Any], ...]) -> Node:
        known = not isinstance(self.status.connect, UnavailableError)
        return Node(
            id=f"connector:{connector.name}",
            kind=connector.kind,
            name=connector.name,
            detail=f"{_short_class(connector)}, {_tasks(connector)}" if known else _short_class(connector),
            link=f"#/connectors/{quote(connector.name, safe='')}",
            state=connector_state(connector, self.status) if known else UNKNOWN,
            facts=facts,
        )

    def _add_store(self, name: str, *, identity: str, kind: str, detail: str) -> None:
        answer = self.status.redis if name.startswith(REDIS_STORE) else self.status.mysql
        facts, state = self._store_facts(name), WELL
        if facts and kind == "store":
            facts = (*facts, {"label": "change", "rate": self.rates.stores.get(name)})
        if not name.startswith("another system"):
            detail = detail or ("Redis" if name.startswith(REDIS_STORE) else "table")
            unseen = not facts and name.startswith(f"{DATABASE}.")
            state = DOWN if isinstance(answer, UnavailableError) else UNKNOWN if unseen else WELL
        link = "#/data" if facts else None
        self._add(Node(id=identity, kind=kind, name=name, detail=detail, link=link, state=state, facts=facts))

    def _store_facts(self, name: str) -> tuple[Mapping[str, Any], ...]:
        mysql, redis = self.status.mysql, self.status.redis
        if name == IMAGES_STORE and isinstance(redis, int):
            return ({"label": "images", "count": redis},)
        tables = () if isinstance(mysql, UnavailableError) else mysql.tables
        return tuple(_rows(table) for table in tables if table.name == name)

    def _add_letters(self, name: str) -> None:
        number = self._messages(self._topics.get(name))
        facts = ({"label": "letters", "count": number}, {"label": "in", "rate": self.rates.topics.get(name)})
        state = NodeState(kind="waiting", text="") if number else WELL
        self._add(
            Node(
                id=f"letters:{name}",
                kind="letters",
                name=name,
                detail="dead letters",
                link="#/dead_letters",
                state=self._topic_state(name) if number is None else state,
                facts=facts if number else facts[:1],
                reasons=tuple(self.letters.get(name, ())) if number else (),
            )
        )

    def _add_registry(self, connectors: Iterable[ConnectorStatus]) -> None:
        registry = self.status.registry
        node = Node(id="registry", kind="registry", name="Schema registry")
        if isinstance(registry, UnavailableError):
            self._add(replace(node, state=DOWN))
        else:
            facts = ({"label": "subjects", "count": len(registry.subjects)},)
            self._add(replace(node, detail=f"Apicurio {registry.version}", link="#/topics", facts=facts))
        users = [f"connector:{connector.name}" for connector in connectors if REGISTRY in connector.needs]
        self.edges += [Edge(begin=user, end="registry", kind="schemas") for user in (LOADS, *users)]


def _missing_topic(name: str) -> NodeState:
    remark = Remark(
        text=f"Kafka does not show the topic {name}: it is not there, or not for the user of this command.",
        advice="sluice up (on a cluster: pulumi up) makes the topics of k8s/topics.yaml.",
    )
    return NodeState(kind="waiting", text="not there", remarks=(remark,))


def _rows(size: TableSize) -> Mapping[str, Any]:
    label = "rows" if size.exact else "rows, about"
    age = f", {size.age_seconds:.0f} s ago" if size.age_seconds > _SHOWN_AGE_SECONDS else ""
    return {"label": label + age, "count": size.rows}


def _tasks(connector: ConnectorStatus) -> str:
    running = sum(task.state == "RUNNING" for task in connector.tasks)
    return f"{running} of {_count(len(connector.tasks), 'task')}" if connector.tasks else "no task"


def _total(rates: Sequence[float | None]) -> float | None:
    known = [rate for rate in rates if rate is not None]
    return sum(known) if known else None


def _short_class(connector: ConnectorStatus) -> str:
    return connector.class_name.rpartition(".")[2].removesuffix("Connector")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
