"""Privacy: find personal data, put stand-ins in its place, let the person review both.

Rules find much, not everything. What is said to a person must never promise more.
"""

from core.privacy.apply import Masked, mask_frame, mask_titles
from core.privacy.find import Scan, scan_frame
from core.privacy.review import before_and_after, decide, review_table
from core.privacy.settings import Settings
from core.privacy.stand_ins import StandIns, from_json, restore, to_json

__all__ = [
    "Masked",
    "Scan",
    "Settings",
    "StandIns",
    "before_and_after",
    "decide",
    "from_json",
    "mask_frame",
    "mask_titles",
    "restore",
    "review_table",
    "scan_frame",
    "to_json",
]
