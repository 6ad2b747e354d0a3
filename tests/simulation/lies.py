"""The habits of Byzantine nodes."""

from enum import StrEnum


class Lie(StrEnum):
    """What a node does that it must not; each liar has one habit, which the seed decides."""

    TWO_STORIES = "two stories"
    """As primary it proposes another block to half of the others, and votes for both."""
    CONFLICTING_VOTES = "conflicting votes"
    """It votes, in both phases, for every block that it hears of and for some that do not exist."""
    BROKEN_COPIES = "broken copies"
    """Under a good header half of the others get a payload that does not rebuild it."""
    BAD_BLOCKS = "bad blocks"
    """As primary it proposes blocks with a false state."""
    FORGED_CERTIFICATES = "forged certificates"
    """It signs in the names of others: parents, prepared blocks, decisions that never were."""
    STALE_CERTIFICATES = "stale certificates"
    """It shows true certificates and view changes in places where they prove nothing."""
    HIDES_ITS_VOTES = "hides its votes"
    """Its view changes say that it prepared nothing."""
    HUGE_VIEWS = "huge views"
    """It claims a height of 10⁹, and asks for view 2⁶² where it should commit."""
    LYING_DONOR = "lying donor"
    """Who asks it for blocks gets changed ones, old ones, or those of another height; and who asks for
    a snapshot gets one with a bit changed."""
    SILENT_TO_ONE = "silent to one"
    """One of the others hears nothing."""
    SILENT_TO_SOME = "silent to some"
    """Half of the others hear nothing."""
    REPLAYS = "replays"
    """It says again what it or others said long ago."""
    MALFORMED = "malformed frames"
    """Half of the others get bits flipped, ends cut, and noise."""
    FORKED_HEADS = "forked heads"
    """Half of the others get its cosignatures of a log that never was."""


FIRST_HABITS = tuple(Lie)[:13]
"""Those that a seed's first dice know: one more habit must not change what old seeds do."""
