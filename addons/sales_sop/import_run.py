"""What the parts of an import know of each other, and only Python can hand over."""
from dataclasses import dataclass, field

RUN_KEY = 'sop_import_run'
LOOKUP_KEY = 'sop_import_lookups'


class Lookups(dict):
    """What was found for the names in a file."""


@dataclass(slots=True, eq=False)
class ImportRun:
    """One call of Odoo's importer: a batch of the rows of a file."""

    file_name: str = ''
    # Number of the first row of this batch, as the reader of the file counts.
    first_row: int = 1
    dryrun: bool = False
    date: object = None
    # {index of a row of this batch: [why it cannot be read]}
    bad_cells: dict = field(default_factory=dict)
    # {key: (number of the row, its name)} of the rows of this file that were taken so far
    seen: dict = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class ImportRow:
    """One record of the file."""

    number: int
    name: str = ''
    index: int = 0
    last_index: int = 0
    xml_id: str = ''
    values: dict = field(default_factory=dict)
    # the lead that is changed by this row; 0: a new one
    lead_id: int = 0
    keys: list = field(default_factory=list)
    # None: not decided yet; 'imported', 'updated', 'duplicate' or 'refused'
    result: str | None = None
    reasons: list = field(default_factory=list)
    duplicate_lead_id: int = 0
    # number of the row of this file that was taken for it
    duplicate_row: int = 0

    def refuse(self, *reasons):
        """Leave this row out, and say why; without a reason nothing happens."""
        if reasons:
            self.result = 'refused'
            self.reasons += reasons


class ErrorCell(str):
    """A cell of a sheet that holds an error or something else that cannot be read; the text says what."""

    __slots__ = ('reason',)

    def __new__(cls, text, reason):
        cell = super().__new__(cls, text)
        cell.reason = reason
        return cell


def get_run(env):
    """The import that is going on, or None. Only Python can put it there."""
    run = env.context.get(RUN_KEY)
    return run if isinstance(run, ImportRun) else None


def get_lookups(env):
    """What this import has looked up already, or None."""
    lookups = env.context.get(LOOKUP_KEY)
    return lookups if isinstance(lookups, Lookups) else None
