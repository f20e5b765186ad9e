"""Sends records that no load would: `python -m tests.faults.schedules.send_records`, a program of its own.

Standard input has a JSON object on each line: topic, partition (-1: any), key, value (hexadecimal, or null). It prints
partition and offset of each, or null if it was not acknowledged. SLUICE_* variables say where Kafka is. librdkafka was
seen to abort its process when a broker is killed: hence not in the process that runs the schedule.
"""

import json
import os
import sys
from typing import Any

from confluent_kafka import Message, Producer

from producer.kafka.connection import ProducerEndpoints

_SECONDS = 200
_PAUSE_SECONDS = 0.3


def main() -> None:
    user = ProducerEndpoints.from_env(os.environ).producer
    producer = Producer(user.client_settings() | {"enable.idempotence": True, "message.timeout.ms": 180_000})
    places: list[list[int | None] | None] = []
    for number, line in enumerate(sys.stdin):
        record = json.loads(line)
        places.append(None)

        def delivered(error: Any, message: Message, number: int = number) -> None:
            places[number] = None if error else [message.partition(), message.offset()]

        producer.produce(
            record["topic"],
            _bytes(record["value"]),
            _bytes(record["key"]),
            record["partition"],
            on_delivery=delivered,
        )
        producer.poll(_PAUSE_SECONDS)
    producer.flush(_SECONDS)
    print(json.dumps(places))


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else bytes.fromhex(text)


if __name__ == "__main__":
    main()
