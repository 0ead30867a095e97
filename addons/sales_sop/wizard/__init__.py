from . import sop_deadline_explain
