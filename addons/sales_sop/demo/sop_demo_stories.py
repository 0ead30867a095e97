"""What happened to the opportunities of the demo, told in days before today.

Each line is (days ago, verb, details):

- do: requirements are met, all open mandatory ones of a stage or single codes
- na, waive, revoke, verify: one requirement, with a reason where one is asked
- lapse: the evidence of a requirement, valid until some days before today
- go, back, fast, won, lost: a move
- quote: a quotation of (product, quantity) lines, with a discount in per cent
- object: an objection of the customer, resolved or not
- change_need: the customer changes what he needs
- submit: the solution goes to its reviewers
- ask: the customer is asked to confirm the needs
- haggle: the customer asks for a price that needs an approval
- plan: the next activity, in days from today (negative: overdue)
"""

STATION = [('compressor', 2), ('dryer', 2), ('commissioning', 1)]
COOLING = [('chiller', 2), ('commissioning', 1)]
DUST = [('dust', 2), ('filters', 4), ('commissioning', 1)]

# Won opportunities come first: their customers may take the fast track later.
STORIES = {
    # Won
    'castings_line1': [
        (93, 'do', 'S1'), (93, 'go'), (86, 'do', 'S2'), (85, 'go'), (74, 'do', 'S3'), (73, 'go'),
        (64, 'quote', STATION, 0), (61, 'do', 'S4'), (60, 'go'), (54, 'do', 'S5'), (52, 'won'),
    ],
    'autoparts_cool': [
        (108, 'do', 'S1'), (108, 'go'), (100, 'do', 'S2'), (99, 'go'),
        (88, 'waive', 'S3.3', 20, "Same configuration as the body shop; the workshop of March still holds."),
        (86, 'do', 'S3'), (85, 'go'), (74, 'quote', COOLING, 0), (71, 'do', 'S4'), (70, 'go'), (60, 'do', 'S5'),
        (58, 'won'), (0, 'lapse', 'S3.3', 68),
    ],
    'food_air': [
        (86, 'do', 'S1'), (86, 'go'), (80, 'do', 'S2'), (79, 'go'), (67, 'do', 'S3'), (66, 'go'),
        (60, 'quote', STATION, 5), (51, 'do', 'S4'), (50, 'go'), (45, 'do', 'S5'), (44, 'won'),
    ],
    # Lost
    'plastics_air': [
        (68, 'do', 'S1'), (68, 'go'), (61, 'do', 'S2'), (60, 'go'), (49, 'do', 'S3'), (48, 'go'),
        (42, 'quote', STATION, 0), (40, 'do', 'S4.1'), (38, 'object', False), (30, 'lost', 'price'),
    ],
    'optics_cool': [(33, 'do', 'S1'), (33, 'go'), (30, 'do', 'S2.2 S2.3'), (20, 'lost', 'no_response')],
    'bearings_dust': [
        (78, 'do', 'S1'), (78, 'go'), (71, 'do', 'S2'), (70, 'go'), (59, 'do', 'S3'), (58, 'go'),
        (50, 'do', 'S4.1'), (40, 'lost', 'competitor'),
    ],
    'tools_air': [(26, 'do', 'S1'), (26, 'go'), (15, 'lost', 'cancelled')],
    # S1 Market development
    'foundry_air': [(1, 'do', 'S1.1')],
    'tyre_chiller': [(1, 'do', 'S1.1 S1.2 S1.3'), (0, 'plan', 2, "Ask for the curing schedule")],
    'paper_dust': [(1, 'do', 'S1.3'), (0, 'plan', 3, "Find out who decides")],
    'battery_dry': [(2, 'do', 'S1.1 S1.2 S1.3'), (0, 'plan', 1, "First call")],
    'toys_air': [(13, 'do', 'S1.3'), (0, 'plan', -6, "Check the company register")],
    'brewery_cool': [(1, 'do', 'S1'), (0, 'plan', 1, "First call")],
    # S2 First contact
    'castings_line3': [(6, 'do', 'S1'), (6, 'go'), (4, 'do', 'S2.1 S2.2'), (0, 'plan', 1, "Visit of line 3")],
    'food_cool': [
        (18, 'do', 'S1'), (18, 'go'), (12, 'do', 'S2.1 S2.2 S2.3 S2.4'), (0, 'plan', -3, "Call after the trade fair"),
    ],
    'furniture_dust': [
        (5, 'do', 'S1'), (5, 'go'), (4, 'do', 'S2.2 S2.3'), (0, 'plan', 2, "Call the owner"),
    ],
    'optics_clean': [
        (3, 'do', 'S1'), (3, 'go'), (2, 'do', 'S2.1 S2.2 S2.3 S2.4 S2.5 S2.E3'), (0, 'plan', 4, "Site survey"),
    ],
    'ceramics_dust': [
        (24, 'do', 'S1'), (24, 'go'), (20, 'do', 'S2.2 S2.3 S2.4 S2.E3'), (0, 'lapse', 'S2.E3', 3),
        (0, 'plan', 1, "Send the renewed certificate"),
    ],
    # S3 Needs & solution
    'pharma_air': [
        (22, 'do', 'S1'), (22, 'go'), (15, 'do', 'S2'), (14, 'go'), (6, 'do', 'S3.1 S3.2 S3.3'),
        (2, 'do', 'S3.4'), (1, 'submit'), (0, 'plan', 2, "Ask for the confirmation of the needs"),
    ],
    'glass_cool': [
        (32, 'do', 'S1'), (32, 'go'), (25, 'do', 'S2'), (24, 'go'), (18, 'do', 'S3.1 S3.2'),
        (14, 'waive', 'S3.3', 30, "Furnace 3 was designed with the same people in spring."),
        (0, 'plan', -2, "Send the solution"),
    ],
    'electronics_air': [
        (20, 'do', 'S1'), (20, 'go'), (13, 'do', 'S2'), (12, 'go'), (9, 'do', 'S3.1'), (2, 'ask'),
        (0, 'plan', 3, "Workshop with pre-sales"),
    ],
    'shipyard_air': [
        (28, 'do', 'S1'), (28, 'go'), (21, 'do', 'S2'), (20, 'go'), (15, 'do', 'S3.1 S3.2 S3.E1 S3.4 S3.6'),
        (12, 'waive', 'S3.3', -2, "Pre-sales is at the fair; the workshop follows next week."),
        (0, 'plan', 1, "Hold the workshop"),
    ],
    'tools_dust': [
        (38, 'do', 'S1'), (38, 'go'), (31, 'do', 'S2'), (30, 'go'), (21, 'do', 'S3'), (20, 'go'),
        (14, 'do', 'S4.1'),
        (9, 'back', 'needs', "Two more grinding cells: capacity and layout must be worked out again."),
        (8, 'change_need', "Less than 5 mg/m3 of dust at eight working places"),
        (5, 'do', 'S3.2 S3.4'), (0, 'plan', 4, "Present the new layout"),
    ],
    # S4 Presentation & negotiation
    'castings_filters': [
        (1, 'do', 'S1.1 S1.3'), (1, 'fast', 'S4', "Same filter sets as in the contract of line 1, same price."),
        (0, 'plan', 1, "Send the quotation"),
    ],
    'autoparts_air': [
        (42, 'do', 'S1'), (42, 'go'), (35, 'do', 'S2'), (34, 'go'), (20, 'do', 'S3'), (10, 'go'),
        (7, 'quote', STATION, 0), (5, 'do', 'S4.1'), (4, 'object', True),
        (0, 'plan', 2, "Second negotiation"),
    ],
    'bearings_air': [
        (39, 'do', 'S1'), (39, 'go'), (32, 'do', 'S2'), (31, 'go'), (14, 'do', 'S3'), (12, 'go'),
        (8, 'quote', STATION, 8), (5, 'do', 'S4.1'), (4, 'object', True),
        (2, 'haggle', '12'), (0, 'plan', 1, "Minutes to the customer"),
    ],
    'textile_air': [
        (48, 'do', 'S1'), (48, 'go'), (41, 'do', 'S2'), (40, 'go'), (26, 'do', 'S3'), (25, 'go'),
        (19, 'do', 'S4.1'), (18, 'object', False),
        (0, 'plan', -5, "Answer the objection on noise"),
    ],
    'aerospace_cool': [
        (56, 'do', 'S1'), (56, 'go'), (47, 'do', 'S2'), (46, 'go'),
        (15, 'waive', 'S3.E1', 20, "Written confirmation follows after the audit; confirmed by phone."),
        (13, 'do', 'S3'), (12, 'go'), (6, 'do', 'S4.1'), (0, 'plan', 3, "Collect the written confirmation"),
    ],
    # S5 Contract
    'plastics_cool': [
        (50, 'do', 'S1'), (50, 'go'), (43, 'do', 'S2'), (42, 'go'), (29, 'do', 'S3'), (28, 'go'),
        (16, 'quote', COOLING, 0), (5, 'do', 'S4'), (3, 'go'), (2, 'do', 'S5.1'),
        (0, 'plan', 1, "Send the draft to the departments"),
    ],
    'transformers_dry': [
        (58, 'do', 'S1'), (58, 'go'), (51, 'do', 'S2'), (50, 'go'), (37, 'do', 'S3'), (36, 'go'),
        (22, 'quote', [('dryer', 12), ('commissioning', 2)], 0), (8, 'do', 'S4'), (6, 'go'),
        (4, 'do', 'S5.1 S5.2'), (2, 'do', 'S5.3'), (0, 'tag',), (0, 'plan', 1, "Get the spoken order confirmed"),
    ],
    'glass_dust': [
        (64, 'do', 'S1'), (64, 'go'), (57, 'do', 'S2'), (56, 'go'), (45, 'do', 'S3'), (44, 'go'),
        (30, 'quote', DUST, 0), (17, 'do', 'S4'), (15, 'go'), (12, 'do', 'S5.1 S5.2 S5.3 S5.4'), (11, 'verify', 'S5.3'),
        (7, 'do', 'S5.5'), (6, 'revoke', 'S5.5', "The scan lacks the customer's date."), (4, 'do', 'S5.5'),
        (0, 'plan', -1, "File the originals"),
    ],
}

REMARKS = {
    'S1.E1': "On the priority list of this week.",
    'S2.E3': "Wants to continue and named a date.",
    'S2.E4': "Agreed in the weekly meeting.",
    'S4.E1': "Quotation and minutes agree. Released.",
    'S5.1': "Standard template, no difference from the agreed terms.",
    'S5.2': "All seventeen clauses present.",
    'S5.3': "Sales, technology and finance: passed.",
    'S5.4': "One comment on the place of delivery, answered.",
    'S5.5': "Signed by the general manager on our side.",
    'S5.7': "Ledger and archive number assigned, two originals in the safe.",
    'S5.E1': "Compared page by page.",
    'S5.E2': "30 % received.",
}
# Answers to the score sheet and days until the decision, by priority stars
RATINGS = {'0': 1, '1': 2, '2': 4, '3': 5}
URGENCY = {'0': 400, '1': 300, '2': 150, '3': 75}
RESEARCH = {
    'sop_org_structure': "The plant manager decides with production and purchasing; the group signs above 500,000.",
    'sop_business_scope': "Parts for vehicles and machines, two plants, about 400 people.",
    'sop_recent_news': "A new line was announced for this year; subsidy for energy saving applied for.",
    'sop_pain_points': "Energy cost of the old machines, and stops in summer.",
    'sop_current_brand': "Fixed-speed machines of 2014",
    'sop_current_supplier': "A local dealer",
    'sop_current_satisfaction': '2',
    'sop_research_sources': "Web site, company register, talk at the fair",
}
INTERESTED = {
    'method': 'phone',
    'outcome': 'interested',
    'aim_impression': True,
    'aim_info': True,
    'aim_possibility': True,
    'interest_evidence': "\"Our old machines cost too much energy, show us what you can do.\"",
    'next_step': "Visit the plant",
    'need_known': True,
    'time_known': True,
}
FOLLOW_UP = {
    'method': 'phone',
    'outcome': 'interested',
    'aim_info': True,
    'interest_evidence': "Asked for the next step and named who will take part.",
    'next_step': "Call as agreed",
}
CHINESE = {
    'crm_team_industrial': "工业装备",
    'crm_stage_market': "市场开拓",
    'crm_stage_contact': "客户接洽",
    'crm_stage_needs': "需求分析与方案",
    'crm_stage_negotiate': "推介与谈判",
    'crm_stage_contract': "合同签订与评审",
    'crm_stage_closed': "已完成",
    'product_compressor': "螺杆空压机 75 kW",
    'product_dryer': "冷冻式干燥机",
    'product_dust': "除尘器 12,000 m³/h",
    'product_chiller': "工艺冷水机 160 kW",
    'product_filters': "滤芯套件（一年）",
    'product_commissioning': "安装调试",
}
