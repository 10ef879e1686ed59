from django.db import migrations, models

from accounts.searching import make_index


def index(apps, editor):
    make_index(editor, "champions_publication", "words")


class Migration(migrations.Migration):

    dependencies = [
        ('champions', '0010_questions_edited'),
    ]

    operations = [
        migrations.AddField(
            model_name='publication',
            name='reads',
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False, help_text='How often it was read.'),
        ),
        migrations.AddIndex(
            model_name='publication',
            index=models.Index(fields=['-first_published_on', 'id'], name='publication_newest'),
        ),
        migrations.RunPython(index, migrations.RunPython.noop),
    ]
