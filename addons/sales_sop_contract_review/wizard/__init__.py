from . import sop_review_condition_done
from . import sop_review_explain
from . import sop_review_backtest
