"""What the web client asks the server for when it shows a view."""
import ast

from lxml import etree

ACTIVITY_FIELDS = (
    'activity_exception_decoration', 'activity_exception_icon', 'activity_state', 'activity_summary',
    'activity_type_icon', 'activity_type_id')
# The fields a widget declares to need beside its own (`fieldDependencies`).
WIDGET_FIELDS = {
    'kanban_activity': ACTIVITY_FIELDS,
    'list_activity': ACTIVITY_FIELDS,
    'activity_exception': ('activity_exception_icon',),
    'statusbar_duration': ('duration_tracking',),
    'rotting_statusbar_duration': ('duration_tracking', 'is_rotting', 'rotting_days'),
    'sop_progress': ('sop_outcome',),
}
TAG_WIDGETS = ('many2many_tags', 'many2many_tags_avatar')


def get_arch(env, model, view, view_type):
    """The architecture the user gets, as an element."""
    views = env[model].get_views([(env.ref(view).id, view_type)])
    return etree.fromstring(views['views'][view_type]['arch'])


def get_specification(env, model, view, view_type):
    """The specification of `web_read` and its kin for this view."""
    spec = _get_spec(env[model], get_arch(env, model, view, view_type))
    return {**spec, 'display_name': {}} if view_type == 'form' else spec


def _get_spec(records, arch):
    spec = {}
    for node in _iter_fields(arch):
        name = node.get('name')
        spec.setdefault(name, {}).update(_get_field_spec(records, node))
        for needed in WIDGET_FIELDS.get(node.get('widget'), ()):
            spec.setdefault(needed, _get_plain_spec(records._fields[needed]))
    for name in list(spec):
        field = records._fields[name]
        if field.type == 'properties' and field.definition_record in spec:
            spec[field.definition_record].setdefault('fields', {})['display_name'] = {}
    return spec


def _iter_fields(element):
    """The fields of a view, without those of the views inside it."""
    for node in element:
        if node.tag == 'field':
            yield node
        else:
            yield from _iter_fields(node)


def _get_plain_spec(field):
    return {'fields': {'display_name': {}}} if field.type == 'many2one' else {}


def _get_field_spec(records, node):
    field = records._fields[node.get('name')]
    invisible = {node.get('invisible'), node.get('column_invisible')} & {'True', '1'}
    if field.type == 'many2one':
        return {'fields': {}} if invisible else _get_plain_spec(field)
    if field.type not in ('one2many', 'many2many') or invisible:
        return {}
    if node.get('widget') in TAG_WIDGETS:
        color = ast.literal_eval(node.get('options') or '{}').get('color_field')
        return {'fields': dict.fromkeys(filter(None, ('display_name', color)), {})}
    inner = next((view for view in node if view.tag in ('list', 'kanban')), None)
    if inner is None:
        return {'fields': {}}
    return {'fields': _get_spec(records.env[field.comodel_name], inner), 'limit': 40}
