"""Values of contract review (S5, §4) that several models share. The keys are stored, the labels are shown."""

SALE_TYPE = 'sale'
CONTRACT_TYPES = [
    ('sale', "Sale"),
    ('service', "Service"),
    ('framework', "Framework"),
    ('order', "Order"),
]
CONTRACT_STATES = [
    ('draft', "Draft"),
    ('in_review', "In review"),
    ('approved', "Approved"),
    ('approved_cond', "Approved with conditions"),
    ('rejected', "Rejected"),
    ('signing', "Being signed"),
    ('effective', "Effective"),
    ('executing', "Being executed"),
    ('completed', "Completed"),
    ('archived', "Archived"),
    ('amending', "Being amended"),
    ('suspended', "Suspended"),
    ('terminated', "Terminated"),
    ('void', "Void"),
]
# The contract binds, and its orders may be released
BINDING_STATES = ('effective', 'executing', 'amending')
# States in which the text of a contract is written
EDITABLE_STATES = ('draft', 'rejected')
PREVAILING_LANGUAGES = [
    ('zh', "Chinese"),
    ('en', "English"),
    ('both', "Both are equal"),
]
PRINT_LANGUAGES = [
    ('zh', "Chinese"),
    ('en', "English"),
    ('both', "Both, side by side"),
]
# What a contract or an order says, by who is asked again when it changes (§4.7)
TOPICS = [
    ('quantity', "Quantity"),
    ('price', "Price"),
    ('date', "Delivery date"),
    ('spec', "Specification"),
    ('payment', "Payment"),
    ('place', "Place"),
    ('party', "Parties"),
    ('service', "Service"),
    ('legal', "Legal terms"),
    ('cancel', "Cancellation"),
]
DEPARTMENTS = [
    ('sal', "Sales"),
    ('tec', "Technology and service"),
    ('prd', "Production and supply"),
    ('qua', "Quality"),
    ('fin', "Finance"),
    ('leg', "Legal"),
    ('mgt', "Management"),
]
DIMENSIONS = [
    ('completeness', "Completeness"),
    ('accuracy', "Accuracy"),
    ('compliance', "Compliance"),
    ('feasibility', "Feasibility"),
    ('risk', "Risk"),
]
SEVERITIES = [
    ('blocking', "Blocking"),
    ('major', "Major"),
    ('minor', "Minor"),
]
RESULTS = [
    ('pass', "Conforms"),
    ('cond', "Conforms with a condition"),
    ('fail', "Does not conform"),
    ('na', "Not applicable"),
]
OPINIONS = [
    ('agree', "Agree"),
    ('agree_cond', "Agree with conditions"),
    ('disagree', "Disagree"),
]
REVIEW_STATES = [
    ('in_review', "In review"),
    ('approved', "Approved"),
    ('approved_cond', "Approved with conditions"),
    ('rejected', "Rejected"),
    ('returned', "Returned"),
    ('recalled', "Recalled"),
    ('outdated', "Outdated"),
]
# The review lets pass
PASSED = ('approved', 'approved_cond')
# Signed by both sides: what was signed never changes again
SIGNED = ('effective', 'executing', 'amending', 'suspended', 'completed', 'archived', 'terminated')
SIGN_METHODS = [
    ('wet', "Paper with seal"),
    ('esign', "Electronic"),
]
REVIEW_MODES = [
    ('single', "Authorised review by one person"),
    ('parallel', "Countersigned in parallel"),
    ('meeting', "Review meeting with minutes"),
]
DUE_POINTS = [
    ('before_sign', "Before signing"),
    ('before_release', "Before release"),
    ('before_ship', "Before shipment"),
    ('during', "During execution"),
]
# After what a customer pays (S5.1), and how
PAYMENT_TRIGGERS = [
    ('signing', "Signing"),
    ('shipment', "Readiness for shipment"),
    ('delivery', "Delivery"),
    ('acceptance', "Acceptance"),
    ('warranty', "End of warranty"),
    ('date', "A fixed date"),
]
# What is paid before the goods leave the house
PREPAID = ('signing', 'shipment')
PAYMENT_METHODS = [
    ('wire', "Bank transfer"),
    ('bill', "Bank acceptance bill"),
    ('cheque', "Cheque"),
    ('cash', "Cash"),
    ('lc', "Letter of credit"),
]

# What gives a level of review (§4.4): a rule of this kind, and which fact it looks at
TRIGGERS = [
    ('always', "Always"),
    ('not_routine', "A routine test fails"),
    ('amount', "Amount (tax included) above"),
    ('deviations', "Non-standard terms, at least"),
    ('new_customer', "New customer"),
    ('below_floor', "Price or term below the floor"),
    ('credit', "Credit limit exceeded"),
    ('overdue', "Overdue for more than (days)"),
    ('framework', "Framework agreement longer than (months)"),
    ('advance', "No advance, and credit of more than (days)"),
    ('damages', "Damages above (% of the price)"),
    ('disputed', "A department disagreed in an earlier round at the level below"),
    ('flag', "Feature"),
]
# Kinds of rules whose number says something
NUMBERED = ('amount', 'deviations', 'overdue', 'framework', 'advance', 'damages')
# When a department takes part at a level
OCCASIONS = [
    ('deviation', "The text or a term is not the standard"),
    ('new_customer', "The customer is new"),
    ('service', "Services are sold"),
    ('below_floor', "A price or a term is below the floor"),
    ('flag', "It has the feature"),
]
# Features that the system ticks itself
CROSS_BORDER = 'cross_border'
CUSTOMISED = 'customised'
CUSTOMER_TEMPLATE = 'customer_template'
AMENDMENT_ORIGINS = [
    ('customer', "Customer"),
    ('own', "Our company"),
    ('third', "Third party"),
]
# An amendment in these states holds what it changes: nobody delivers or invoices it meanwhile (§4.7)
AMENDMENT_OPEN = ('draft', 'in_review', 'approved', 'approved_cond', 'signing')
TERMINATION_KINDS = [
    ('mutual', "By mutual agreement"),
    ('own', "At our wish, the customer agrees"),
    ('customer', "At the customer's wish, we agree"),
    ('unilateral', "One-sided"),
]
REVIEW_ACTS = [
    ('recall', "Take the review back"),
    ('return', "Return to the requester"),
    ('reassign', "Hand on"),
    ('add', "Ask somebody else as well"),
    ('waive', "Waive an item"),
    ('meeting', "Plan the meeting"),
    ('minutes', "Record the minutes"),
]
