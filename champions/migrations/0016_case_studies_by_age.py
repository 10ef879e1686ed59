from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('champions', '0015_news_by_age'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='casestudy',
            index=models.Index(fields=['-updated_at', 'id'], name='case_study_changed'),
        ),
    ]
