"""An Odoo server in a process of its own, for `./dev serve` and for the tests."""
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOST = '127.0.0.1'
PR_SET_PDEATHSIG = 1


def get_free_port():
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return listener.getsockname()[1]


def is_port_free(port):
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError:
            return False
    return True


def die_with_parent():
    """Whatever ends the process that started this one, even a kill, ends this one too."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class OdooServer:
    """`with OdooServer(database) as server:` – it answers when the block is entered."""

    def __init__(self, database, *args, port=None, log=None, timeout=120):
        self.database = database
        self.port = port or get_free_port()
        self.url = f'http://{HOST}:{self.port}'
        self.log = log or ROOT / '.local' / 'log' / f'server-{database}.log'
        self.timeout = timeout
        self.args = args
        self.process = None

    def __enter__(self):
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open('w') as output:
            self.process = subprocess.Popen(
                [sys.executable, str(ROOT / '.local' / 'bin' / 'odoo-bin'), '-d', self.database,
                 '--db-filter', f'^{self.database}$', '--http-interface', HOST, '--http-port', str(self.port),
                 *self.args],
                cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                # A session of its own: Ctrl-C reaches it once, through stop().
                start_new_session=True, preexec_fn=die_with_parent, env=os.environ)
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *exception):
        self.stop()

    def _wait(self):
        deadline = time.monotonic() + self.timeout
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"Odoo ended while starting; {self.log} says why:\n" + self.get_log_end())
            try:
                urllib.request.urlopen(f'{self.url}/web/login', timeout=self.timeout).close()
                return
            except urllib.error.HTTPError as error:
                raise RuntimeError(f"Odoo answers {error.code}; {self.log} says why:\n" + self.get_log_end()) from error
            except OSError:
                time.sleep(0.2)
        raise RuntimeError(f"Odoo did not answer in {self.timeout} s; see {self.log}")

    def get_log_end(self):
        return ''.join(self.log.open(errors='replace').readlines()[-15:])

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
