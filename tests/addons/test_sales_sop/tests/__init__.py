from . import test_other_document
