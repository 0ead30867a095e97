from . import sop_review_condition_done
