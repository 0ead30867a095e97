"""Serve the demo database until Ctrl-C. Arguments go to odoo-bin."""
import re
import signal
import sys

import database
from odoo_server import HOST, OdooServer, die_with_parent, is_port_free

PORT = 8069
LOGINS = """\
    admin    admin    administrator
    amy      amy      salesperson
    ben      ben      salesperson
    carol    carol    salesperson
    mike     mike     sales manager
    audrey   audrey   auditor"""


def stop(_signal, _frame):
    raise KeyboardInterrupt


def pop_port(args):
    """The port given as --http-port=N or -p N, taken out of the arguments."""
    match = re.search(r'(?:^|\0)(?:--http-port|-p)[=\0](\d+)(?=\0|$)', '\0'.join(args))
    if not match:
        return PORT, args
    rest = '\0'.join(args).replace(match[0], '', 1).strip('\0')
    return int(match[1]), rest.split('\0') if rest else []


def main(args):
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    die_with_parent()
    port, args = pop_port(args)
    if not is_port_free(port):
        raise SystemExit(
            f"✗ Port {port} of {HOST} is taken: stop what listens there,"
            " or choose another: ./dev serve --http-port=8070")
    try:
        name = database.make_demo()
        database.say("Starting Odoo")
        with OdooServer(name, *args, port=port, log=database.LOCAL / 'log' / 'serve.log') as server:
            print(f"""
  Sales SOP is at {server.url}

    login    password
{LOGINS}

  The log goes to .local/log/serve.log. Ctrl-C stops everything.
""", flush=True)
            status = server.process.wait()
        raise SystemExit(f"✗ Odoo has ended ({status}); .local/log/serve.log says why.")
    except RuntimeError as error:
        raise SystemExit(f"✗ {error}") from None
    except KeyboardInterrupt:
        database.say("Stopped")


if __name__ == '__main__':
    main(sys.argv[1:])
