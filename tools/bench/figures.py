"""What a benchmark finds out, judged and printed: one line per figure."""
from dataclasses import asdict, dataclass, field
from math import ceil, sqrt
from statistics import median, quantiles

ROWS_PER_INSERT = 100

HEADER = (
    f"{'':38} {'ours':>9} {'theirs':>9}  {'CPU':>6} {'±':>5} {'wall':>6}  {'target':>7}"
    f"  {'queries: ours, theirs':>21}")


@dataclass
class Sample:
    """One run of one operation; times in milliseconds."""

    wall: float
    cpu: float
    queries: int


def get_ratio(ours, theirs, name):
    """The median of the ratios of the rounds: what slows a whole round down does not count."""
    return median(get_ratios(ours, theirs, name))


def get_ratios(ours, theirs, name):
    return [getattr(our, name) / max(getattr(their, name), 1e-6) for our, their in zip(ours, theirs, strict=True)]


def get_error(values):
    """Half the width of the interval in which their median lies with 95 % certainty (the notch of a box plot)."""
    if len(values) < 2:
        return 0.0
    first, __, third = quantiles(values, n=4, method='inclusive')
    return 1.57 * (third - first) / sqrt(len(values))


@dataclass
class TimeFigure:
    """An operation on our database and, if they can do it, on theirs.

    Judged by CPU time: missed is a target that lies below what was measured and its error.
    """

    benchmark: str
    name: str
    ours: list
    theirs: list = field(default_factory=list)
    target: float | None = None

    @property
    def ratio(self):
        return get_ratio(self.ours, self.theirs, 'cpu') if self.theirs else None

    @property
    def wall_ratio(self):
        return get_ratio(self.ours, self.theirs, 'wall') if self.theirs else None

    @property
    def error(self):
        return get_error(get_ratios(self.ours, self.theirs, 'cpu')) if self.theirs else None

    @property
    def is_missed(self):
        return bool(self.target and self.ratio - self.error > self.target)

    @property
    def is_unclear(self):
        return bool(self.target and abs(self.ratio - self.target) <= self.error)

    @property
    def verdict(self):
        return f"×{self.ratio:.2f} ±{self.error:.2f} of a plain Odoo's CPU time, allowed ×{self.target:.2f}"

    def get_median(self, side, name):
        samples = getattr(self, side)
        return median(getattr(sample, name) for sample in samples) if samples else None

    def as_dict(self):
        return {
            'benchmark': self.benchmark,
            'name': self.name,
            **{
                f'{side}_{name}': self.get_median(side, name)
                for side in ('ours', 'theirs') for name in ('cpu', 'wall', 'queries')
            },
            'cpu_ratio': self.ratio,
            'cpu_ratio_error': self.error,
            'wall_ratio': self.wall_ratio,
            'target': self.target,
            'missed': self.is_missed,
            'rounds': len(self.ours),
        }

    def __str__(self):
        def show(value, form):
            return '–' if value is None else format(value, form)

        ours, theirs = (self.get_median(side, 'cpu') for side in ('ours', 'theirs'))
        queries = [self.get_median(side, 'queries') for side in ('ours', 'theirs')]
        extra = f"{queries[0] - queries[1]:+.0f}" if self.theirs else ''
        mark = '' if self.target is None else '✗' if self.is_missed else '✓'
        return (
            f"{self.name:38} {ours:>6.1f} ms {show(theirs, '.1f'):>6} ms  {show(self.ratio, '.2f'):>6}"
            f" {show(self.error, '.2f'):>5} {show(self.wall_ratio, '.2f'):>6}  {show(self.target, '.2f'):>5} {mark:1}"
            f"  {queries[0]:>8.0f} {show(queries[1], '.0f'):>6} {extra:>5}").rstrip()


@dataclass
class GrowthFigure:
    """The queries we add must be as many for few records as for many.

    Odoo inserts a hundred rows with one statement: who inserts rows for each record needs these.
    """

    benchmark: str
    name: str
    counts: dict  # {number of records: extra queries}
    rows: int = 0  # inserted for each record

    @property
    def inserts(self):
        return {number: ceil(number * self.rows / ROWS_PER_INSERT) for number in self.counts}

    @property
    def is_missed(self):
        inserts, few = self.inserts, min(self.counts)
        return any(
            extra - inserts[number] > self.counts[few] - inserts[few] for number, extra in self.counts.items())

    @property
    def verdict(self):
        inserts = self.inserts
        return "extra queries " + ', '.join(
            f"{extra:+.0f} for {number:,}" + (f" ({inserts[number]} of them INSERT)" if self.rows else "")
            for number, extra in self.counts.items())

    def as_dict(self):
        return {**asdict(self), 'missed': self.is_missed}

    def __str__(self):
        return f"{self.name:38} {self.verdict} {'✗' if self.is_missed else '✓'}"
