from django.db import migrations

import accounts.searching
from accounts.searching import make_index


def fill(apps, editor):
    for row in apps.get_model("accounts", "Organisation").objects.iterator():
        row.save(update_fields=["about_words"])


def index(apps, editor):
    make_index(editor, "accounts_organisation", "about_words")


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0007_copies_and_erasures"),
    ]

    operations = [
        migrations.AddField(
            model_name="organisation",
            name="about_words",
            field=accounts.searching.SearchWords(of=("name", "description")),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(index, migrations.RunPython.noop),
    ]
