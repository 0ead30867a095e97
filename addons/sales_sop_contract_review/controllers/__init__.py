from . import sale_portal
from . import contract_portal
