"""What is found out, offered and negotiated in the opportunities of the demo, by what they are about."""

# What a product is about, by a word of its opportunity's name
THEMES = {
    'air': 'air', 'dry': 'air', 'compress': 'air', 'station': 'air',
    'cool': 'cooling', 'chill': 'cooling',
    'dust': 'dust', 'filter': 'dust',
}

INTERVIEWS = {
    'air': {
        'challenge': "Three old machines run all night for one line; the electricity bill has doubled.",
        'goal': "Less energy for the same amount of air", 'goal_value': 15, 'goal_unit': "%",
        'specific_req': "Two machines that back each other up, 20 cubic metres a minute at 8 bar",
        'latent_need': "Air that stays dry in the rainy season, without anybody looking after it",
        'deep_pain': "Every stop of the line costs 40,000 an hour, and production blames the air.",
        'budget_from': 30000, 'budget_to': 60000,
        'decision_process': "Production proposes, purchasing compares three offers, the plant manager signs.",
    },
    'cooling': {
        'challenge': "In July the moulds get too warm and every tenth part is scrap.",
        'goal': "Scrap below two per cent in summer", 'goal_value': 2, 'goal_unit': "% scrap",
        'specific_req': "Cold water of 12 degrees for six machines, outdoors",
        'latent_need': "A second circuit, because two more machines are planned next year",
        'deep_pain': "The main customer has counted the late deliveries and asked for a plan.",
        'budget_from': 25000, 'budget_to': 50000,
        'decision_process': "Technology decides on the machine, purchasing on the price.",
    },
    'dust': {
        'challenge': "The inspection measured twice the allowed dust in the hall.",
        'goal': "Dust below the new limit", 'goal_value': 5, 'goal_unit': "mg/m3",
        'specific_req': "Collectors for eight grinding cells",
        'latent_need': "Filters that one person changes in half an hour",
        'deep_pain': "The hall is closed in spring when the limit is not kept.",
        'budget_from': 15000, 'budget_to': 40000,
        'decision_process': "The safety officer and the plant manager, within this quarter.",
    },
}

# (text, category, priority, origin)
NEEDS = {
    'air': [
        ("20 m3/min of oil-free air at 8 bar, also when one machine stands still", 'performance', 'must', 'explicit'),
        ("At least 15 % less electricity than today, measured", 'performance', 'must', 'explicit'),
        ("Pressure dew point of 3 degrees all year round", 'quality', 'should', 'inferred'),
        ("Quieter than 75 dB(A) at one metre", 'performance', 'should', 'explicit'),
        ("Delivered and running before the national holiday", 'delivery', 'should', 'explicit'),
        ("Pressure vessels registered with the authority", 'legal', 'must', 'legal'),
    ],
    'cooling': [
        ("Cold water of 12 degrees for six machines at 38 degrees outside", 'performance', 'must', 'explicit'),
        ("Room for two more machines next year", 'function', 'should', 'inferred'),
        ("Spare pump on site", 'service', 'should', 'explicit'),
        ("Start-up by our own engineers", 'service', 'could', 'explicit'),
        ("Refrigerant that stays allowed after 2030", 'legal', 'must', 'legal'),
    ],
    'dust': [
        ("Less than 5 mg/m3 of dust at the working place", 'performance', 'must', 'explicit'),
        ("Filters changed by one person in half an hour", 'service', 'should', 'inferred'),
        ("No dust thrown back into the hall when the filters are cleaned", 'function', 'must', 'explicit'),
        ("Explosion protection by the zone plan of the customer", 'legal', 'must', 'legal'),
    ],
}

OBJECTIONS = {
    'air': ('price', "Your machines cost a fifth more than those we have."),
    'cooling': ('timing', "Eight weeks is too late, the summer starts in May."),
    'dust': ('company', "We have never heard of you in our trade."),
}
ANSWERED = ("We calculated the energy of ten years together: the difference is earned back in 19 months. "
            "The reference plant may be visited.")
MINUTES = [
    ('agreed', "Delivery in eight weeks after the advance payment."),
    ('agreed', "30 % advance, 60 % before shipment, 10 % after acceptance."),
    ('open', "Training of the second shift: date to be named by the customer."),
]

WORKSHOP = [
    # (idea, pros, cons, chosen, conclusion)
    ("Same machines as today, larger", "Known technology, quickly delivered", "Saves no energy", False, False),
    ("Variable-speed machines with heat recovery", "Saves a fifth of the energy, heats the washing plant",
     "Two weeks longer, one more pump", True, "Best value over ten years; the crane has to be checked on site."),
]
SOLUTION = {
    'summary': "Two variable-speed machines that back each other up, controlled together, with heat recovery.",
    'pain': "No stop of the line when one machine is serviced; the electricity bill falls from the first month.",
    'scope': "Machines, piping inside the machine room, installation, commissioning, training of two shifts.",
    'out_of_scope': "Foundation, power supply to the switch of the machine room.",
    'delivery_plan': "Eight weeks after the advance payment, one week of installation, two days of training.",
    'price_estimate': 48000, 'cost_estimate': 33000,
}
VALUES = [
    # (metric, today, expected, unit, basis)
    ("Electricity per year", 412000, 338000, "kWh", "Measured in May for one week, 6,000 hours a year"),
    ("Stops of the line", 9, 1, "a year", "Maintenance book of the last two years"),
]
# What is agreed for a term; the rest as our target, or as the quotation says
AGREED = {
    'payment': ("30 % advance, 60 % before shipment, 10 % after acceptance", 'target'),
    'liability': ("Contract value", 'target'),
    'freight': ("Free to site", 'between'),
}
RETURNS = {
    'price': "50 % advance payment, and a reference visit.",
    'freight': "The customer unloads with his own crane.",
}
