"""The switches of the engine that only Python can reach.

RPC clients choose their context, so no plain context value may open a guarded
door. What is put into the context here are objects: JSON cannot produce them,
and a copy of one is not the same object.
"""

ENGINE_KEY = 'sop_engine'
MOVE_KEY = 'sop_move'
OWNER_KEY = 'sop_owner'

_ENGINE = object()

# What counts as met at the gate; 'off' is an item that is not asked of a document.
MET = frozenset({'done', 'na', 'waived', 'off'})
# Working days left from which a deadline is shown as near.
SOON = 1


class SopMoveCause:
    """Why a document moves or changes hands, when code or a dialog knows it."""

    __slots__ = ('kind', 'reason')

    def __init__(self, reason, kind=None):
        self.reason = reason
        self.kind = kind


def as_engine(records, **context):
    """``records`` with the right to write what users may only read."""
    # sudo: nobody has write access to evidence and to the position of a document.
    return records.sudo().with_context(**context, **{ENGINE_KEY: _ENGINE})


def with_cause(records, reason, kind=None):
    """``records`` with the reason of the moves that follow. Only Python can hand it over."""
    return records.with_context(**{MOVE_KEY: SopMoveCause(reason, kind)})


def is_engine(env):
    """Whether the records at hand come from :func:`as_engine`."""
    return env.context.get(ENGINE_KEY) is _ENGINE


def get_move_cause(env):
    """The cause handed over by :func:`with_cause`; an empty one when there is none."""
    cause = env.context.get(MOVE_KEY)
    return cause if isinstance(cause, SopMoveCause) else SopMoveCause(None)


def with_owner_cause(records, kind, reason=None):
    """``records`` with the reason why their salesperson changes next. Only Python can hand it over."""
    return records.with_context(**{OWNER_KEY: SopMoveCause(reason, kind)})


def get_owner_cause(env):
    """The cause handed over by :func:`with_owner_cause`; an empty one when there is none."""
    cause = env.context.get(OWNER_KEY)
    return cause if isinstance(cause, SopMoveCause) else SopMoveCause(None)


def forget_caches(env):
    """Forget what is kept in ormcaches, now and again after commit."""
    env.registry.clear_cache()
    # Another request may have read the old values before this one is committed.
    env.cr.postcommit.add(env.registry.clear_cache)
