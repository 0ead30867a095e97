from . import test_review_fingerprint
