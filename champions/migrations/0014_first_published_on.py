from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('champions', '0013_signature_moments'),
    ]

    operations = [
        migrations.AddField(
            model_name='casestudy',
            name='first_published_on',
            field=models.DateField(help_text='Where it was published before the portal: when.', null=True),
        ),
        migrations.AddField(
            model_name='picture',
            name='words_digest',
            field=models.CharField(blank=True, db_default='', help_text='Of both as the organisation last left them.', max_length=64),
        ),
        migrations.AlterField(
            model_name='publication',
            name='first_published_on',
            field=models.DateField(help_text='Here, or before the portal.'),
        ),
    ]
