"""Values of the domain that several models share. The keys are stored, the labels are shown."""

METHODS = [
    ('phone', "Phone"),
    ('email', "E-mail"),
    ('social', "Social media"),
    ('event', "Industry event"),
    ('referral', "Third-party referral"),
    ('visit', "Visit"),
]
OUTCOMES = [
    ('interested', "Interested"),
    ('nurture', "To be nurtured"),
    ('no_need', "No need"),
    ('refused', "Refused"),
    ('unreached', "Not reached"),
]
SOURCES = [
    ('referral', "Referral"),
    ('online', "Online promotion"),
    ('offline', "Offline promotion"),
    ('database', "Professional database"),
    ('cold', "Cold visit"),
    ('other', "Other"),
]
LEGAL_BASES = [
    ('consent', "Consent"),
    ('public', "Lawfully public"),
    ('business', "Needed for a contract"),
    ('licensed', "Lawfully licensed data"),
]
SIZE_BANDS = [
    ('micro', "Micro"),
    ('small', "Small"),
    ('medium', "Medium"),
    ('large', "Large"),
]
PURCHASE_HABITS = [
    ('direct', "Direct purchase"),
    ('framework', "Framework agreement"),
    ('tender', "Tender"),
    ('distributor', "Distributor"),
]
GRADES = [
    ('a', "A"),
    ('b', "B"),
    ('c', "C"),
    ('d', "D"),
]
LIFECYCLE = [
    ('potential', "Potential customer"),
    ('intention', "Intention customer"),
    ('contracted', "Contracted customer"),
    ('dormant', "Dormant customer"),
    ('lost', "Lost customer"),
    ('blocked', "Blocked"),
]
POSITIONS = [
    ('sm', "Sales manager"),
    ('director', "Sales director"),
    ('gm', "General manager"),
    ('pre', "Pre-sales engineer"),
    ('px', "Product expert"),
    ('mkt', "Market specialist"),
    ('leg', "Legal"),
    ('fin', "Finance"),
    ('prd', "Production and supply"),
    ('qua', "Quality"),
    ('service', "Service manager"),
]
# Who knows whether a solution works (S3.3)
TECHNICAL_POSITIONS = ('pre', 'px')
CONFIRM_METHODS = [
    ('portal', "Customer portal"),
    ('email', "E-mail"),
    ('form', "Signed form"),
    ('minutes', "Minutes"),
]
OBJECTION_CATEGORIES = [
    ('price', "Price"),
    ('need', "Need"),
    ('product', "Product and technology"),
    ('service', "Service"),
    ('company', "Our reputation"),
    ('competitor', "Competition"),
    ('timing', "Timing"),
    ('authority', "Authority"),
    ('payment', "Payment"),
    ('risk', "Risk and compliance"),
]
