"""A headless Chromium driven over DevTools: enough to open a page, act on it and take its picture."""
import base64
import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import requests
import websocket

FLAGS = [
    '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--hide-scrollbars',
    '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
    '--remote-debugging-port=0', '--remote-allow-origins=*', '--force-prefers-reduced-motion',
]
PATIENCE = 60  # seconds


class Browser:
    """One tab. Use it as a context manager; `errors` collects what the console complained about."""

    def __init__(self, url):
        self.url = url
        self.errors = []
        self._last = 0

    def __enter__(self):
        self._home = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        program = shutil.which('chromium') or shutil.which('google-chrome')
        self._process = subprocess.Popen(
            [program, *FLAGS, f'--user-data-dir={self._home.name}', 'about:blank'],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        port_file = Path(self._home.name) / 'DevToolsActivePort'
        self._until(lambda: port_file.exists() and port_file.read_text().strip(), "Chromium did not start")
        port = port_file.read_text().split()[0]
        tabs = requests.get(f'http://127.0.0.1:{port}/json', timeout=PATIENCE).json()
        tab = next(tab for tab in tabs if tab['type'] == 'page')
        self._socket = websocket.create_connection(tab['webSocketDebuggerUrl'], timeout=PATIENCE)
        for domain in ('Page', 'Runtime', 'Network'):
            self.send(f'{domain}.enable')
        return self

    def __exit__(self, *_exc):
        self._socket.close()
        self._process.terminate()
        self._process.wait()
        self._home.cleanup()

    def send(self, method, **params):
        self._last += 1
        self._socket.send(json.dumps({'id': self._last, 'method': method, 'params': params}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get('id') == self._last:
                assert 'error' not in message, message['error']
                return message['result']
            self._note(message)

    def _note(self, message):
        if message.get('method') == 'Runtime.exceptionThrown':
            self.errors.append(message['params']['exceptionDetails'].get('exception', {}).get('description'))
        elif message.get('method') == 'Runtime.consoleAPICalled' and message['params']['type'] == 'error':
            self.errors.append(' '.join(str(arg.get('value', '')) for arg in message['params']['args']))

    def evaluate(self, script):
        result = self.send('Runtime.evaluate', expression=script, awaitPromise=True, returnByValue=True)
        assert 'exceptionDetails' not in result, result['exceptionDetails'].get('exception', {}).get('description')
        return result['result'].get('value')

    def _until(self, condition, complaint):
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, complaint
            time.sleep(0.05)

    def login(self, client):
        """Take over the session of a client of the tests."""
        self.send('Network.setCookie', name='session_id', value=client.session.cookies['session_id'], url=self.url)

    def resize(self, width, height):
        self.send(
            'Emulation.setDeviceMetricsOverride', width=width, height=height, deviceScaleFactor=1,
            mobile=width < 600)

    def open(self, path, selector):
        """Go to a page and wait until `selector` is there and nothing is loading."""
        self.send('Page.navigate', url=self.url + path)
        self.wait(selector)

    def wait_for(self, script, complaint):
        """Wait until a script says true."""
        self._until(lambda: self.evaluate(script), complaint)

    def wait(self, selector):
        found = f'!!document.querySelector({json.dumps(selector)}) && !document.querySelector(".o_blockUI")'
        self._until(lambda: self.evaluate(found), f"{selector} did not appear: {self.errors}")
        # Fonts and images of the page, and the frame that shows them.
        self.evaluate("""Promise.all([document.fonts.ready, ...[...document.images].map(
            (image) => image.complete || new Promise((done) => { image.onload = image.onerror = done; }),
        )]).then(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true)))))""")

    def click(self, selector):
        self.wait(selector)
        self.evaluate(f'document.querySelector({json.dumps(selector)}).click()')

    def screenshot(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(self.send('Page.captureScreenshot', format='png')['data']))
