"""pytest plugin: counts outcomes for tools/run_tests.py, which prints the one closing line.

A browser test that could not run has failed: Odoo skips it when Chromium or websocket-client
is missing, and nobody would notice.
"""
import json
import os
import re
from pathlib import Path

import pytest

BROWSER_MISSING = re.compile(r'chrome|chromium|websocket|odoo-http', re.IGNORECASE)


class Counter:
    def __init__(self):
        self.passed, self.failed, self.skipped = set(), set(), set()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report):
        if report.skipped and BROWSER_MISSING.search(str(report.longrepr)):
            report.outcome = 'failed'
        if report.failed:
            self.failed.add(report.nodeid)
        elif report.skipped:
            self.skipped.add(report.nodeid)
        elif report.when == 'call':
            self.passed.add(report.nodeid)

    def pytest_collectreport(self, report):
        if report.failed:
            self.failed.add(report.nodeid)

    def pytest_sessionfinish(self):
        Path(os.environ['SOP_COUNTS']).write_text(json.dumps({
            'passed': len(self.passed - self.failed),
            'failed': sorted(self.failed),
            'skipped': len(self.skipped - self.failed),
        }))


@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    config.pluginmanager.register(Counter())
    reporter = config.pluginmanager.getplugin('terminalreporter')
    if reporter:
        reporter.summary_stats = lambda: None
