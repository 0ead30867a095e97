from . import controllers
from . import demo
from . import models
from . import wizard
from .contract_items import place_items, take_back_items


def _post_init_hook(env):
    place_items(env)


def _uninstall_hook(env):
    take_back_items(env)
