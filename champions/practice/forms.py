"""What somebody looks for when they look for practice."""

from django import forms

from accounts.forms import SearchForm
from awards.calendar import today
from awards.choices import offered
from champions.topics import Topics
from frameworks.search import objectives


class PracticeFilter(SearchForm):
    """Practice by words, theme or criterion, place, sector and Marmot objective."""

    q = forms.CharField(label="Words", required=False, max_length=100)
    shown = forms.ChoiceField(label="Theme or criterion", required=False)
    objective = forms.ChoiceField(label="Marmot objective", required=False)
    type = forms.ChoiceField(label="Sector", required=False)
    place = forms.ChoiceField(label="Only in", required=False)
    near = forms.ChoiceField(label="First near", required=False)

    def __init__(self, *args: object, topics: Topics, has_places: bool, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        there_are = offered()
        shown: list[tuple[str, object]] = [("", "Any")]
        for theme, title in topics.themes.items():
            criteria = [(c, topics.criteria[c]) for c, t in topics.theme_of.items() if t == theme]
            shown.append((title, [(f"theme:{theme}", f"{title}: any criterion"), *criteria]))
        nobody = "Where I work" if has_places else "Nowhere"
        choices: dict[str, list[tuple[str, object]]] = {
            "shown": shown,
            "objective": [("", "Any"), *objectives(today())],
            "type": [("", "Any sector"), *there_are.types],
            "place": [("", "Any place"), *there_are.places],
            "near": [("", nobody), *there_are.places],
        }
        for name, offer in choices.items():
            self.fields[name].choices = offer  # type: ignore[attr-defined]
