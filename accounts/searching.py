"""Full-text search that finds the same on PostgreSQL and on SQLite (ADR 0019).

Python takes the spelling away (`accounts.rules.fold`) and the row keeps the words that are left; a
database only has to find words that begin as those looked for. PostgreSQL does that with its
full-text index, SQLite by looking."""

from typing import Any

from django.db import models
from django.db.models.lookups import Lookup

from accounts.rules import fold, name_key

WORDS_MAX = 10
# PostgreSQL leaves out of its index what is longer than 2,047 bytes; no word is.
WORD_LENGTH = 60


def words_of(*texts: str) -> str:
    """Return the words of some texts as they are looked for, each once, in a settled order.

    A name that is written in several ways has the words of each: 'foundation', 'trust' and 'ft'."""
    words = {
        word[:WORD_LENGTH] for text in texts for word in f"{fold(text)} {name_key(text)}".split()
    }
    return " ".join(sorted(words))


class SearchWords(models.TextField):
    """The words of other fields of the row, kept whenever the row is saved."""

    def __init__(self, *, of: tuple[str, ...], **kwargs: Any) -> None:
        self.of = of
        kwargs.update(blank=True, default="", db_default="", editable=False)
        super().__init__(**kwargs)

    def deconstruct(self) -> tuple[str, str, Any, dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        for fixed in ("blank", "default", "db_default", "editable"):
            kwargs.pop(fixed, None)
        return name, path, args, {**kwargs, "of": self.of}

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        words = words_of(*(str(getattr(model_instance, name)) for name in self.of))
        setattr(model_instance, self.attname, words)
        return words


@SearchWords.register_lookup
class Has(Lookup):
    """`words__has='cheshire counc'`: for each word typed there is one that begins with it."""

    lookup_name = "has"
    prepare_rhs = False

    def _looked_for(self) -> list[str]:
        return fold(str(self.rhs)).split()[:WORDS_MAX]

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[str | int]]:
        """Look at each row. What is typed has letters and digits alone, so nothing is escaped."""
        words, params = self.process_lhs(compiler, connection)
        wanted = self._looked_for()
        if not wanted:
            return "1 = 0", []
        each = [f"' ' || {words} LIKE %s"] * len(wanted)
        found = [value for word in wanted for value in (*params, f"% {word}%")]
        return f"({' AND '.join(each)})", found

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[str | int]]:
        """Ask the index that the migrations make."""
        words, params = self.process_lhs(compiler, connection)
        wanted = self._looked_for()
        if not wanted:
            return "false", []
        query = " & ".join(f"'{word}':*" for word in wanted)
        return (
            f"to_tsvector('simple', {words}) @@ to_tsquery('simple', %s)",
            [*params, query],
        )


def make_index(editor: Any, table: str, column: str = "words") -> None:
    """Make PostgreSQL's full-text index of a table; for migrations."""
    if editor.connection.vendor == "postgresql":
        editor.execute(
            f"CREATE INDEX {table}_{column} ON {table} USING gin (to_tsvector('simple', {column}))"
        )
