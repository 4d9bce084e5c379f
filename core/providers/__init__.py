"""Providers: profiles as data, one function that builds a client, errors as sentences."""

from core.providers.client import check_key, key_slot, open_client, without_retries
from core.providers.errors import (
    Busy,
    TrainingClosed,
    UnclearAnswer,
    answer_is_unclear,
    explain_error,
    explain_job_error,
    reraise,
)
from core.providers.profiles import (
    ANY_PROVIDER,
    Elsewhere,
    Profile,
    check_base_url,
    load_elsewhere,
    load_profiles,
    make_profile,
    parse_profiles,
    profile_to_toml,
    profiles_to_toml,
)

__all__ = [
    "ANY_PROVIDER",
    "Busy",
    "Elsewhere",
    "Profile",
    "TrainingClosed",
    "UnclearAnswer",
    "answer_is_unclear",
    "check_base_url",
    "check_key",
    "explain_error",
    "explain_job_error",
    "key_slot",
    "load_elsewhere",
    "load_profiles",
    "make_profile",
    "open_client",
    "parse_profiles",
    "profile_to_toml",
    "profiles_to_toml",
    "reraise",
    "without_retries",
]
