"""What happened to the contracts of the demo, told in steps that follow each other.

By the opportunity whose quotation the contract is drafted from:

- draft: the contract, with these values
- own: a wording of our own for a clause, in both languages
- ask: its approver is asked
- review: requested, with a message
- opinion: of a department, with answers to check items
- finish: all who are left agree
- sign: on paper or electronically, sealed; match: signed by both, and compared
- archive: registered in the archive; complete: everything is done, and archived
- amend: the customer wants other quantities
- past: all of it is that many days ago
"""

SERVICE = {
    'en': "We repair free of charge for 24 months from acceptance. An engineer is on site within 24 hours of the call.",
    'zh': "自验收合格之日起24个月内免费维修,接到报修后24小时内派工程师到达现场。",
}
BREACH = {
    'en': "For each week of delay we pay 0.5 % of the price of the delayed goods, 5 % of the contract price at most.",
    'zh': "每逾期一周,按逾期货物价款的0.5%支付违约金,累计不超过合同总价的5%。",
}
CRANE = {
    'name': "Load test of the crane with the customer, record on file",
    'owner': 'paul', 'due_point': 'before_ship', 'days': 10,
}

CONTRACTS = {
    # Signed long ago, delivered, in the archive
    'castings_line1': [
        ('draft', {'title': "Air station, line 1"}),
        ('review', "Repeat of the station of line 2, standard text."),
        ('finish',), ('sign', 'wet'), ('match',), ('archive', "Safe 2, shelf A", 2), ('complete',), ('past', 55),
    ],
    # Being executed; the customer has just asked for a change
    'autoparts_cool': [
        ('draft', {'title': "Chillers for welding robots"}),
        ('review', "Delivery is tied to their new hall."),
        ('finish',), ('sign', 'wet'), ('match',), ('archive', "Safe 2, shelf B", 2), ('past', 60),
        ('amend', 1, "The third robot line is postponed to next year."),
    ],
    # Being executed, with something to be done before shipment
    'food_air': [
        ('draft', {'title': "Food-grade compressed air"}),
        ('review', "Oil-free, certificates for food contact are asked for."),
        ('opinion', 'prd', 'agree_cond', {'F07': {
            'result': 'cond', 'comment': "The machine hall has a low door: the crane decides.", 'condition': CRANE}}),
        ('finish',), ('sign', 'esign'), ('past', 45),
    ],
    # Approved, at the seal keeper
    'glass_dust': [
        ('draft', {'title': "Dust collectors for the batch house"}),
        ('review', "Explosion protection by the zone plan of the customer."),
        ('finish',), ('sign', 'wet'),
    ],
    # The departments are looking at it
    'transformers_dry': [
        ('draft', {'title': "Dry air for the winding shop"}),
        ('review', "Twelve dryers, delivered in two lots."),
        ('opinion', 'fin', 'agree', {}),
        ('opinion', 'prd', 'agree_cond', {'R08': {
            'result': 'cond', 'comment': "The second lot depends on one supplier of desiccant.", 'condition': {
                'name': "Second source of desiccant released", 'owner': 'paul', 'due_point': 'before_ship',
                'days': 20}}}),
    ],
    # Being drafted, with a wording of our own
    'plastics_cool': [
        ('draft', {'title': "Chiller for the injection hall"}),
        ('own', 'warranty', SERVICE), ('ask', 'warranty', "Their plant works in three shifts."),
        ('own', 'breach', BREACH),
    ],
}
