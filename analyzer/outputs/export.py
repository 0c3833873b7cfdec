"""Tables to files: Parquet for DuckDB and pandas, CSV for everything, Excel for people."""

from __future__ import annotations

import csv
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Literal, Protocol
from zipfile import ZIP_DEFLATED, ZipFile

from analyzer.call.names import printable_name
from analyzer.errors import OutputError, UsageError
from analyzer.outputs.files import output_error
from analyzer.outputs.spreadsheet import inert
from analyzer.outputs.table_set import put_tables
from analyzer.outputs.tables import REVIEWS, TABLES, Column, Row, rows
from analyzer.rules.types import Scorecard

Format = Literal["parquet", "csv", "xlsx"]

_BATCH = 20_000  # rows held before they are written
_SHEET_ROWS = 1_048_576
_CELL_CHARS = 32_000
_IN_NO_XML = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")


_Tables = Mapping[str, tuple[Column, ...]]


class _Sink(Protocol):
    def add(self, table: str, found: list[Row]) -> None: ...
    def close(self) -> None: ...


def export(
    scorecards: Iterable[tuple[str, Scorecard]], out: Path, kind: Format, reviews: Iterable[Row] | None = None
) -> dict[str, int]:
    """Writes the tables; a file is whole or not there, and a list tells whether they are of one export.

    Holds a batch of rows at a time, never all. Tables of the last export in the same format that this one has not are
    removed.

    Args:
        scorecards: with their places, e.g. from `read_results`.
        out: folder; gets `calls`, `findings`, `events` with the format's ending, or `analyzer.xlsx`, and the list.
        kind: "parquet", "csv" or "xlsx".
        reviews: rows of the table `reviews`; None leaves it out.

    Returns:
        rows written per table.

    Raises:
        UsageError: the format needs a package that isn't there, or the calls don't fit a sheet.
        OutputError: the folder can't be written, or `output.temporary_space`.
    """
    with scratch() as folder:
        counts = write_tables(scorecards, folder, kind, reviews)
        put_tables(folder, out, kind, frozenset([*TABLES, "reviews"]))
    return counts


def write_tables(
    scorecards: Iterable[tuple[str, Scorecard]], folder: Path, kind: Format, reviews: Iterable[Row] | None = None
) -> dict[str, int]:
    """As `export`, straight into a folder that is nobody else's: what breaks off leaves half a file there."""
    tables = TABLES if reviews is None else TABLES | {"reviews": REVIEWS}
    counts = dict.fromkeys(tables, 0)
    with ExitStack() as stack:
        sink = _SINKS[kind](folder, stack, tables)
        for place, scorecard in scorecards:
            for table, found in rows(place, scorecard).items():
                sink.add(table, found)
                counts[table] += len(found)
        for row in reviews or ():
            sink.add("reviews", [row])
            counts["reviews"] += 1
        sink.close()
    return counts


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for a while, where temporary files are.

    Raises:
        OutputError: `output.temporary_space`, what was to be written there had no room.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="analyzer-") as folder:
            yield Path(folder)
    except OSError as error:
        place = Path(tempfile.gettempdir())
        if output_error(error, place).code != "output.disk_full":
            raise
        raise OutputError(
            "output.temporary_space",
            f"no space left in {printable_name(str(place))}, where temporary files are",
            "Let TMPDIR name a folder with room, and run the same command again",
        ) from error


class _Csv:
    """UTF-8 with a mark, so that Excel reads Chinese; one header line; text a spreadsheet would run is quoted."""

    def __init__(self, folder: Path, stack: ExitStack, tables: _Tables) -> None:
        self.writers: dict[str, tuple[Any, tuple[Column, ...], IO[str]]] = {}
        for table, columns in tables.items():
            file = stack.enter_context((folder / f"{table}.csv").open("w", encoding="utf-8-sig", newline=""))
            writer = csv.writer(file)
            writer.writerow([c.name for c in columns])
            self.writers[table] = writer, columns, file

    def add(self, table: str, found: list[Row]) -> None:
        writer, columns, _ = self.writers[table]
        for row in found:
            writer.writerow([_csv_cell(row.get(c.name)) for c in columns])

    def close(self) -> None:
        for _, _, file in self.writers.values():
            file.close()


class _Parquet:
    """One file a table, compressed, a row group a batch; types from the columns, whatever the rows hold."""

    def __init__(self, folder: Path, stack: ExitStack, tables: _Tables) -> None:
        self.arrow, parquet = _arrow()
        self.tables = tables
        self.held: dict[str, list[Row]] = {table: [] for table in tables}
        self.schemas = {table: arrow_schema(columns) for table, columns in tables.items()}
        self.writers = {
            table: stack.enter_context(parquet.ParquetWriter(folder / f"{table}.parquet", schema, compression="zstd"))
            for table, schema in self.schemas.items()
        }

    def add(self, table: str, found: list[Row]) -> None:
        self.held[table] += found
        if len(self.held[table]) >= _BATCH:
            self._write(table)

    def close(self) -> None:
        for table in self.tables:
            self._write(table)
            self.writers[table].close()

    def _write(self, table: str) -> None:
        if self.held[table]:
            columns = {c.name: [row.get(c.name) for row in self.held[table]] for c in self.tables[table]}
            self.writers[table].write_table(self.arrow.table(columns, schema=self.schemas[table]))
            self.held[table] = []


class _Excel:
    """One workbook, a sheet a table and one that says what the columns mean; written row by row."""

    def __init__(self, folder: Path, stack: ExitStack, tables: _Tables) -> None:
        try:
            import openpyxl
        except ImportError:
            raise _missing("openpyxl", "Excel") from None
        self.path = folder / "analyzer.xlsx"
        self.book = openpyxl.Workbook(write_only=True)
        self.sheets: dict[str, Any] = {}
        self.tables = tables
        self.rows = dict.fromkeys(tables, 1)
        stack.callback(self._end)
        for table, columns in tables.items():
            sheet = self.sheets[table] = self.book.create_sheet(table)
            sheet.freeze_panes = "B2"
            sheet.append([c.name for c in columns])
        about = self.book.create_sheet("columns")
        about.append(["table", "column", "kind", "about"])
        for table, columns in tables.items():
            for column in columns:
                about.append([table, column.name, column.kind, column.about])

    def add(self, table: str, found: list[Row]) -> None:
        self.rows[table] += len(found)
        if self.rows[table] > _SHEET_ROWS:
            raise UsageError(
                "usage.too_many_rows",
                f"the table {table} has more than {_SHEET_ROWS - 1:,} rows, a sheet no more",
                "Export to Parquet or CSV, or fewer calls",
            )  # fmt: skip
        for row in found:
            self.sheets[table].append([_excel_cell(row.get(c.name)) for c in self.tables[table]])

    def close(self) -> None:
        from openpyxl.writer.excel import ExcelWriter

        with ZipFile(self.path, "w", ZIP_DEFLATED) as archive:  # not left open where the disk is full
            ExcelWriter(self.book, archive).save()

    def _end(self) -> None:
        """Ends the sheets that a full disk broke off: left to themselves they fail once more, and with tracebacks."""
        for sheet in [*self.book.worksheets, *self.book.worksheets]:  # one may fail over its rows, and then its end
            with suppress(Exception):
                sheet.close()


_SINKS: dict[Format, Callable[[Path, ExitStack, _Tables], _Sink]] = {"csv": _Csv, "parquet": _Parquet, "xlsx": _Excel}


def arrow_schema(columns: Iterable[Column]) -> Any:
    """The columns as a pyarrow schema; what each means is in its metadata."""
    arrow, _ = _arrow()
    types = {"text": arrow.string(), "integer": arrow.int64(), "number": arrow.float64(), "yes_no": arrow.bool_()}
    return arrow.schema([arrow.field(c.name, types[c.kind], metadata={"about": c.about}) for c in columns])


def columns_page() -> Iterator[str]:
    """The lines of the column reference, in Markdown."""
    for table, columns in (*TABLES.items(), ("reviews", REVIEWS)):
        yield f"### {table}"
        yield ""
        yield "| column | kind | what |"
        yield "| --- | --- | --- |"
        yield from (f"| `{c.name}` | {c.kind.replace('_', '/')} | {c.about} |" for c in columns)
        yield ""


def _arrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise _missing("pyarrow", "Parquet") from None
    return pyarrow, pyarrow.parquet


def _missing(package: str, what: str) -> UsageError:
    return UsageError("usage.extra_missing", f"{what} needs the package {package}", "pip install 'analyzer[export]'")


def _csv_cell(value: Any) -> Any:
    """A cell, true and false as 1 and 0."""
    if isinstance(value, bool):
        return int(value)
    return inert(value) if isinstance(value, str) else value


def _excel_cell(value: Any) -> Any:
    """As in CSV, without the characters that a workbook, being XML, can't hold, and no longer than a cell may be."""
    if isinstance(value, str):
        plain = _IN_NO_XML.sub("·", value[:_CELL_CHARS])
        return _csv_cell(plain.encode("utf-8", "replace").decode())
    return value
