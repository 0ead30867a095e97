from . import sop_demo
from . import sop_deal_demo
from . import sop_market_demo
from . import sop_material_demo
