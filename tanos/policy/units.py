"""The units of policies, and what zero means where it is no quantity."""

from tanos.message import N_

SECONDS, MINUTES, HOURS, DAYS = N_("seconds"), N_("minutes"), N_("hours"), N_("days")
NEVER, NO_LIMIT = N_("never"), N_("no limit")
