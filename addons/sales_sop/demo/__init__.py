from . import sop_demo
