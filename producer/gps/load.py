"""Load of a GPS log: reads, converts and sends its rows; reports every row as acknowledged, rejected or failed."""

from collections.abc import Callable, Iterator
from typing import Any

from producer.gps.convert_blocks import Batch, Converter
from producer.gps.load_report import GpsLoadReport
from producer.gps.log_lines import read_blocks
from producer.gps.open_log import LogSource
from producer.gps.row_formats import RowEncoder
from producer.kafka.delivery import Delivery
from producer.runtime.exit_status import Exit
from producer.shared.base_load import BaseLoad, LoadOptions, StatusAndProblem
from producer.shared.rejects_file import RejectFile


class GpsLoad(BaseLoad[Batch, GpsLoadReport]):
    """One load of a log, by a delivery that is connected."""

    sent_unit = read_unit = "rows"

    def __init__(
        self,
        source: LogSource,
        *,
        delivery: Delivery,
        encoder: RowEncoder,
        rejects: RejectFile,
        options: LoadOptions,
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(source.name, delivery=delivery, rejects=rejects, options=options, tick=tick)
        self._stream = source.stream
        self._format = encoder.format
        self._converter = Converter(
            encoder,
            partitions=delivery.partitions,
            name=source.name,
            tombstones=options.tombstones,
            max_rejects=options.max_rejects,
        )
        self._lines = 0

    def _read(self) -> Iterator[Batch]:
        for block in read_blocks(self._stream):
            yield self._converter.convert(block)
            if self._converter.problem:
                raise self._converter.problem
            if self._converter.stopped:
                return

    def _take(self, item: Batch) -> None:
        self._lines = item.lines
        self._reject(item.rejects)
        for records in item.records:
            self._send(records)

    def _progress(self) -> str:
        return f"{self._lines:,} lines in all"

    def _final_status(self) -> StatusAndProblem:
        if not self._delivery.handed and not self._rejected:
            content = (
                "it ends after the names of the columns"
                if self._converter.checker.has_header
                else "there are only blank lines or comments"
            )
            return Exit.FAILED, f"{self._source_name} has no row: {content}"
        return (Exit.REJECTED if self._rejected.total() > (self._options.max_rejects or 0) else Exit.OK), None

    def _report(self, **fields: Any) -> GpsLoadReport:
        rows = self._delivery.handed + self._rejected.total()
        return GpsLoadReport(**fields, format=self._format, rows=rows, lines=self._lines)
