"""The options of a select, drawn by us and not by Django's templates."""

from django import forms


class Form(forms.Form):
    choice = forms.ChoiceField(
        choices=[("", "Any"), ("a&b", "A <b>"), ("Group", [("c", "C"), ("d", "D")])]
    )


def test_select_shows_what_is_chosen_and_escapes_what_it_offers():
    drawn = " ".join(str(Form({"choice": "d"})["choice"]).split())

    assert drawn == (
        '<select name="choice" class="nhsuk-select" id="id_choice"> '
        '<option value="">Any</option> '
        '<option value="a&amp;b">A &lt;b&gt;</option> '
        '<optgroup label="Group"> '
        '<option value="c">C</option> '
        '<option value="d" selected>D</option> '
        "</optgroup> </select>"
    )
