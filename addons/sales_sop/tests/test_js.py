from odoo.tests import HttpCase, tagged

from odoo.addons.web.tests.test_js import unit_test_error_checker


@tagged('post_install', '-at_install')
class TestSalesSopJs(HttpCase):

    def _run_suite(self, preset):
        self.browser_js(
            f'/web/tests?headless&loglevel=2&preset={preset}&timeout=15000&id={self._get_suite_id("@sales_sop")}',
            '', '', login='admin', timeout=180, success_signal='[HOOT] Test suite succeeded',
            error_checker=unit_test_error_checker)

    def _get_suite_id(self, name):
        """The id that Hoot gives a suite: a 32-bit hash of its name."""
        suite_hash = 0
        for char in name:
            suite_hash = ((suite_hash << 5) - suite_hash + ord(char)) & 0xFFFFFFFF
        return f'{suite_hash:08x}'

    def test_unit_desktop(self):
        self._run_suite('desktop')
