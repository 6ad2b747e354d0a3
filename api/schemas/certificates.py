"""How a record stands, as JSON; `api.routes.certificates` makes it."""

from pydantic import Field

from api.schemas.answers import Count, TimeMs
from api.schemas.submitted import Hex32, Model
from api.standing import Stands


class StandingJson(Model):
    """What certificates print as status."""

    record_id: Hex32
    number: str = Field(examples=["JINCHENG-0000-0042-K"])
    stands: Stands
    height: Count = Field(description="Of this node's newest block")
    time_ms: TimeMs
    words_zh: str
    words_en: str
