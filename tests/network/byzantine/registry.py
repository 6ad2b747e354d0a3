"""The misbehaviours that a node can be built with, by the name that the launcher is given."""

from typing import Final

from tests.network.byzantine.habit import Habit
from tests.network.byzantine.habits.false_answers import FalseAnswers
from tests.network.byzantine.habits.false_times import FalseTimes
from tests.network.byzantine.habits.far_heights import FarHeights
from tests.network.byzantine.habits.forged_blocks import ForgedBlocks
from tests.network.byzantine.habits.forged_certificates import ForgedCertificates
from tests.network.byzantine.habits.lying_donor import LyingDonor
from tests.network.byzantine.habits.lying_view_changes import LyingViewChanges
from tests.network.byzantine.habits.silent_primary import SilentPrimary
from tests.network.byzantine.habits.two_heads import TwoHeads
from tests.network.byzantine.habits.two_stories import TwoStories
from tests.network.byzantine.habits.two_votes import TwoVotes
from tests.network.byzantine.habits.withheld_blocks import WithheldBlocks

HABITS: Final[dict[str, type[Habit]]] = {
    "two-stories": TwoStories,
    "two-votes": TwoVotes,
    "silent-primary": SilentPrimary,
    "forged-blocks": ForgedBlocks,
    "false-times": FalseTimes,
    "withheld-blocks": WithheldBlocks,
    "forged-certificates": ForgedCertificates,
    "lying-view-changes": LyingViewChanges,
    "lying-donor": LyingDonor,
    "two-heads": TwoHeads,
    "far-heights": FarHeights,
    "false-answers": FalseAnswers,
}
