from . import sop_review_condition_done
from . import sop_review_explain
from . import sop_review_backtest
from . import sop_contract_difference_dialog
from . import sop_contract_difference_dialog_line
from . import sop_contract_ledger
from . import sop_review_request
from . import sop_review_act
