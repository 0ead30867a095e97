"""What ./dev promises beyond running: wheels, a clean repository, clear refusals."""
import ast
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ADDONS = sorted(path.parent.name for path in ROOT.glob('addons/*/__manifest__.py'))


def run_dev(*args, **env):
    return subprocess.run(
        [ROOT / 'dev', *args], capture_output=True, text=True, check=False, env={**os.environ, **env})


@pytest.mark.parametrize('addon', ADDONS)
def test_addon_builds_as_wheel(addon, tmp_path):
    # The build back end is in our environment: no need to fetch it again.
    subprocess.run(
        [sys.executable, '-m', 'pip', 'wheel', '-q', '--no-deps', '--no-build-isolation', '--no-index',
         '-w', tmp_path, ROOT / 'addons' / addon], check=True)
    [wheel] = tmp_path.glob('*.whl')
    manifest = ast.literal_eval((ROOT / 'addons' / addon / '__manifest__.py').read_text())
    assert wheel.name == f"odoo_addon_{addon}-{manifest['version']}-py3-none-any.whl"
    names = zipfile.ZipFile(wheel).namelist()
    assert f'odoo/addons/{addon}/__manifest__.py' in names
    assert f'odoo/addons/{addon}/static/description/icon.png' in names


def test_help_names_every_command():
    result = run_dev('help')
    assert result.returncode == 0
    for command in ('serve', 'test', 'lint', 'i18n', 'bench', 'setup', 'odoo', 'psql', 'stop'):
        assert f'\n  {command} ' in result.stdout


def test_unknown_command_is_refused():
    result = run_dev('sevre')
    assert result.returncode == 1
    assert "sevre" in result.stderr


def test_wrong_odoo_home_is_refused(tmp_path):
    result = run_dev('lint', ODOO_HOME=str(tmp_path))
    assert result.returncode == 1
    assert "ODOO_HOME" in result.stderr


def test_unknown_test_is_refused():
    result = run_dev('test', 'no_such_addon')
    assert result.returncode == 1
    assert "no_such_addon" in result.stderr


def test_a_server_that_does_not_answer_is_named():
    result = run_dev('test', PGHOST='/nonexistent')
    assert result.returncode == 1
    assert "/nonexistent" in result.stderr.splitlines()[-1]


@pytest.mark.skipif(not shutil.which('git') or not (ROOT / '.git').exists(), reason="not a git checkout")
def test_nothing_downloaded_is_tracked():
    tracked = subprocess.run(['git', 'ls-files'], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert not [name for name in tracked if name.startswith('.local/') or '__pycache__' in name]
