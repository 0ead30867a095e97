from . import sop_contract_demo
