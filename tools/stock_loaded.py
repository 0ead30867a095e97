"""odoo-bin, but tests run when the whole registry is loaded: those marked at_install as well.

Odoo starts at-install tests while the modules that come later are not there yet: ours would
never be seen by them.
"""
import os

os.environ['TZ'] = 'UTC'

import odoo.cli
from odoo.tests import loader
from odoo.tests.suite import OdooSuite

make_suite = loader.make_suite


def make_whole_suite(module_names, position='at_install'):
    positions = () if position == 'at_install' else ('at_install', 'post_install')
    return OdooSuite(test for position in positions for test in make_suite(module_names, position))


loader.make_suite = make_whole_suite

if __name__ == '__main__':
    odoo.cli.main()
