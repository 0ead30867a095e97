from odoo import fields, models
from odoo.fields import Domain


class SopMigrationLine(models.TransientModel):
    """Where the documents of one stage go."""

    _name = 'sop.migration.line'
    _description = "SOP Migration Line"
    _rec_name = 'from_stage_id'

    migration_id = fields.Many2one('sop.migration', required=True, index=True, ondelete='cascade')
    from_stage_id = fields.Many2one('sop.stage', readonly=True)
    from_process_id = fields.Many2one(related='from_stage_id.process_id', string="From Version")
    target_id = fields.Many2one(related='migration_id.target_id')
    to_stage_id = fields.Many2one('sop.stage', domain="[('process_id', '=', target_id)]")
    document_count = fields.Integer(string="Documents", readonly=True)

    def _get_difference(self):
        """What the documents of this line are asked for from now on, and what no longer."""
        before, after = self._get_items(self.from_stage_id), self._get_items(self.to_stage_id)
        return {
            'line': self,
            'gained': [
                self._get_label(item, before.get(code)) for code, item in after.items()
                if code not in before or item.mandatory > before[code].mandatory],
            'lost': [
                self._get_label(after.get(code, item), item) for code, item in before.items()
                if code not in after or item.mandatory > after[code].mandatory],
            'strays': self._get_stray_count(),
        }

    def _get_label(self, item, before):
        """The name of an item, with what became of it where it is in both versions."""
        if not before or item == before:
            return item.display_name
        if item.mandatory:
            return self.env._("%s (now mandatory)", item.display_name)
        return self.env._("%s (now only recommended)", item.display_name)

    def _get_items(self, stage):
        """``{code: item}`` of ``stage`` and the stages after it"""
        following = stage.process_id.stage_ids
        following = following[following.ids.index(stage.id):] if stage else following
        return {item.code: item for item in following.requirement_ids}

    def _get_stray_count(self):
        """Documents whose own stage stands for another step of the target than the one chosen."""
        if not self.to_stage_id:
            return 0
        documents = self.migration_id._get_documents()
        at_line = self.migration_id._get_domain() & Domain('sop_stage_id', '=', self.from_stage_id.id)
        return documents.search_count(at_line & ~documents._get_sop_at_stage_domain(self.to_stage_id))
