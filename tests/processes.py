"""Odoo in processes of their own: people on several workers, whose transactions really overlap.

A `Worker` runs a function of a test module, `act(env, *arguments)`, as a user in one transaction,
tried again as the server does it for a request. It can be stopped where it has read and not yet
written, and where it has written and not yet committed, and killed there.
"""
import contextlib
import multiprocessing
import os
import signal
import sys
import traceback
from types import SimpleNamespace

import database
from odoo_server import die_with_parent

PATIENCE = 60  # seconds; a worker that does not answer for longer hangs


def _serve(name, pipe):
    """The life of a worker."""
    die_with_parent()
    sys.path.insert(0, str(database.ROOT / 'tools'))
    from inside import open_registry

    import odoo.service.model
    # What the server waits for has happened already: the other one has committed.
    odoo.service.model.time = SimpleNamespace(sleep=lambda seconds: None)
    with open_registry(name) as registry:
        pipe.send(('up', None))
        while (job := pipe.recv()) is not None:
            pipe.send(('done', _work(registry, pipe, *job)))


def _work(registry, pipe, user_id, act, arguments, stops):
    """Run `act`; returns `(result, error)`, of which one is None."""
    from inside import commit

    from odoo.exceptions import UserError

    stops = list(stops)

    def stop(where):
        # A second attempt runs through.
        if where in stops:
            stops.remove(where)
            pipe.send((where, None))
            pipe.recv()

    def attempt(env):
        # The transaction sees the world as it is now.
        env.cr.execute('SELECT 1')
        stop('read')
        result = act(env, *arguments)
        env.flush_all()
        stop('written')
        return result

    # As the server does before a request.
    registry.check_signaling()
    try:
        return commit(registry, attempt, user_id), None
    except UserError as error:
        return None, str(error)
    except Exception:  # what broke is shown by the test
        return None, traceback.format_exc()


class Worker:
    """A process that works for one user after the other."""

    def __init__(self, name):
        context = multiprocessing.get_context('spawn')
        self.pipe, end = context.Pipe()
        self.process = context.Process(target=_serve, args=(name, end), daemon=True)
        self.process.start()
        end.close()

    def hear(self):
        """What the worker says next, and with it the value."""
        assert self.pipe.poll(PATIENCE), "A worker hangs"
        return self.pipe.recv()

    def begin(self, user_id, act, *arguments, stops=()):
        """Start on a job, which stops where it has 'read' or 'written' when it is told so."""
        self.outcome = None
        self.pipe.send((user_id, act, arguments, stops))

    def reach(self, where):
        """Wait until the job stops at `where`; one that is refused before has ended."""
        said, value = self.hear()
        if said == 'done':
            self.outcome = value
        else:
            assert said == where

    def go_on(self):
        if not self.outcome:
            self.pipe.send(True)

    def end(self):
        """`(result, error)` of the job."""
        if not self.outcome:
            self.reach('done')
        return self.outcome

    def kill(self):
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.join(PATIENCE)

    def close(self):
        with contextlib.suppress(OSError):
            self.pipe.send(None)
        self.process.join(10)
        self.process.kill()


class Workers:
    """As many workers as a test needs."""

    def __init__(self, name):
        self.name, self.workers = name, []

    def get(self, number):
        """`number` workers that are up."""
        self.workers = [worker for worker in self.workers if worker.process.is_alive()]
        fresh = [Worker(self.name) for __ in range(number - len(self.workers))]
        for worker in fresh:
            assert worker.hear() == ('up', None)
        self.workers += fresh
        return self.workers[:number]

    def race(self, *jobs, wait=False):
        """Run `(user id, act, *arguments)` together, all having looked before any of them writes.

        The first goes on a moment earlier; with `wait` the others go on when it has written and not
        yet committed. Returns for each its error, or None.
        """
        workers = self.get(len(jobs))
        for worker, job in zip(workers, jobs, strict=True):
            worker.begin(*job, stops=('read', 'written') if wait and worker is workers[0] else ('read',))
        for worker in workers:
            worker.reach('read')
        workers[0].go_on()
        if wait:
            workers[0].reach('written')
        for worker in workers[1:]:
            worker.go_on()
        if wait:
            workers[0].go_on()
        return [worker.end()[1] for worker in workers]

    def close(self):
        for worker in self.workers:
            worker.close()
