{
    'name': "Sales SOP: After-Sales Service",
    'summary': "Reserved for the after-sales service of the sales SOP",
    'version': '19.0.1.0.0',
    'category': 'Sales/CRM',
    'author': "Sales SOP",
    'license': 'LGPL-3',
    'depends': ['rating', 'resource', 'sales_sop'],
}
