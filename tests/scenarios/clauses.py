"""A command's words, cut at its prepositions: ``submit a by notary at 1 2``."""

from collections.abc import Iterable


class Clauses:
    """What follows each preposition; what comes before the first of them is the object."""

    def __init__(self, words: list[str], prepositions: Iterable[str]) -> None:
        """Cut `words`.

        Raises:
            ValueError: a preposition comes twice.
        """
        self.object: list[str] = []
        self._after: dict[str, list[str]] = {}
        part, known = self.object, set(prepositions)
        for word in words:
            if word not in known:
                part.append(word)
            elif word in self._after:
                raise ValueError(f"{word} comes twice")
            else:
                part = self._after[word] = []

    def __contains__(self, preposition: str) -> bool:
        return preposition in self._after

    def words(self, preposition: str) -> list[str]:
        return self._after.get(preposition, [])

    def word(self, preposition: str, default: str = "") -> str:
        """The one word after a preposition."""
        found = self._after.get(preposition, [default])
        if len(found) != 1 or not found[0]:
            raise ValueError(f"one word is needed after {preposition}")
        return found[0]

    def number(self, preposition: str, default: int) -> int:
        """A whole number, with or without a sign."""
        return int(self.word(preposition, str(default)))
