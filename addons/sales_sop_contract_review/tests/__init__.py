from . import test_contract_instalments
from . import test_contract_lines
from . import test_review_fingerprint
from . import test_review_route
from . import test_review_comment
from . import test_review_condition
from . import test_review_topics
from . import test_order_doors
