"""The benchmark runs and judges; what it measures is not a test."""
import json
import subprocess
from pathlib import Path

import pytest
from bench.figures import GrowthFigure, Sample, TimeFigure

ROOT = Path(__file__).resolve().parent.parent


def make_samples(*cpu):
    return [Sample(wall=2 * value, cpu=value, queries=7) for value in cpu]


def test_ratio_is_that_of_the_rounds():
    # The second round was slow for both, the third for us alone.
    figure = TimeFigure('lead', "create", make_samples(11, 44, 99), make_samples(10, 40, 10), target=1.15)
    assert figure.ratio == pytest.approx(1.1)
    assert not figure.is_missed
    assert TimeFigure('lead', "create", make_samples(12), make_samples(10), target=1.15).is_missed


def test_figure_of_ours_alone_has_no_ratio():
    figure = TimeFigure('lead', "summary", make_samples(3))
    assert figure.ratio is None and not figure.is_missed
    assert "summary" in str(figure)


@pytest.mark.parametrize(('counts', 'rows', 'missed'), [
    ({10: 4, 1000: 4}, 0, False),
    ({10: 4, 1000: 3}, 0, False),
    ({10: 4, 1000: 5}, 0, True),
    ({10: 4, 1000: 13}, 1, False),
    ({10: 4, 1000: 14}, 1, True),
])
def test_queries_may_not_grow(counts, rows, missed):
    assert GrowthFigure('lead', "move", counts, rows).is_missed is missed


def test_lead_at_tiny_size(tmp_path):
    report = tmp_path / 'bench.json'
    result = subprocess.run(
        [ROOT / 'dev', 'bench', 'lead', '--quick', '--json', report],
        cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    figures = json.loads(report.read_text())['figures']
    assert {'create 1 lead', 'form', 'kanban in columns: extra queries'} <= {figure['name'] for figure in figures}
    assert result.stdout.strip().splitlines()[-1] == f"{len(figures)} figures, 0 missed"


def test_unknown_benchmark_is_refused():
    result = subprocess.run(
        [ROOT / 'dev', 'bench', 'leed'], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "leed" in result.stderr
