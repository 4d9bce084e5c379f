"""What one visitor has done so far: the one door through which pages reach it.

Everything personal lives in ``st.session_state``, never in a module global or a shared cache,
because strangers share the process of a hosted app.
"""

from core.ui.clients import (
    client,
    lent,
    profile,
    profiles,
    use_host_key,
)
from core.ui.destination import (
    Destination,
    destination,
)
from core.ui.pipeline import (
    clear_archive,
    dataset,
    dataset_settings,
    keep_edits,
    labels,
    mask_text,
    masked,
    masked_everyone,
    repaired,
    scan,
    set_archive,
    set_labels,
    unrepaired,
    visitor_canaries,
)
from core.ui.session import (
    Session,
)
from core.ui.shared import (
    engine,
    engine_folder,
    freeze_imports,
    judge_runs,
    ledger,
    load_tokenizer,
)
from core.ui.visit import (
    SESSION_KEY,
    VISITOR_COOKIE,
    edits_folder,
    forget_everything,
    has_session,
    judge_folder,
    keep_notes,
    session,
    widget_key,
)

__all__ = [
    "SESSION_KEY",
    "VISITOR_COOKIE",
    "Destination",
    "Session",
    "clear_archive",
    "client",
    "dataset",
    "dataset_settings",
    "destination",
    "edits_folder",
    "engine",
    "engine_folder",
    "forget_everything",
    "freeze_imports",
    "has_session",
    "judge_folder",
    "judge_runs",
    "keep_edits",
    "keep_notes",
    "labels",
    "ledger",
    "lent",
    "load_tokenizer",
    "mask_text",
    "masked",
    "masked_everyone",
    "profile",
    "profiles",
    "repaired",
    "scan",
    "session",
    "set_archive",
    "set_labels",
    "unrepaired",
    "use_host_key",
    "visitor_canaries",
    "widget_key",
]
