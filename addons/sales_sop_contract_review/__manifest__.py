{
    'name': "Sales SOP: Contract Review",
    'summary': "Reserved for the contract review of the sales SOP",
    'version': '19.0.1.0.0',
    'category': 'Sales/CRM',
    'author': "Sales SOP",
    'license': 'LGPL-3',
    'depends': ['sales_sop'],
}
