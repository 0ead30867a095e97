{
    'name': 'Sales SOP: a document of another kind',
    'summary': 'Test only: shows what it takes to put the engine on a model',
    'version': '19.0.1.0.0',
    'author': 'Sales SOP',
    'license': 'LGPL-3',
    'category': 'Hidden/Tests',
    'depends': ['sales_sop'],
    'data': ['security/ir.model.access.csv'],
}
