"""Puts names out of the audit trail into a table of their own, then locks the trail for good.

A later migration that alters the table drops SQLite's triggers with it (Django makes the table
anew): it has to end with `locked()` again, and a test looks whether they are there."""

from django.db import migrations, models

from accounts.names import personal_in, veil

VEILED = ["actor", "target", "before", "after"]


def put_names_apart(apps, schema_editor):
    """What was written before this release has names in it: they become references too."""
    AuditEvent = apps.get_model("accounts", "AuditEvent")
    AuditName = apps.get_model("accounts", "AuditName")
    people = dict(apps.get_model("accounts", "User").objects.values_list("full_name", "pk"))
    for event in AuditEvent.objects.order_by("pk").iterator(chunk_size=500):
        told = [getattr(event, field) for field in VEILED]
        known = dict(people)
        if event.actor_id:
            known[event.actor] = event.actor_id
        keys = {}
        for text in personal_in(told, known):
            name, _ = AuditName.objects.get_or_create(text=text, person_id=known.get(text, 0))
            keys[text] = name.pk
        for field, value in zip(VEILED, told):
            setattr(event, field, veil(value, keys))
        event.save(update_fields=VEILED)


REFUSED = "The audit trail is never changed."
POSTGRESQL = f"""
CREATE FUNCTION accounts_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '{REFUSED}' USING ERRCODE = 'insufficient_privilege'; END $$;
CREATE TRIGGER accounts_audit_locked BEFORE UPDATE OR DELETE OR TRUNCATE
ON accounts_auditevent FOR EACH STATEMENT EXECUTE FUNCTION accounts_audit_refuse();
"""
SQLITE = [
    f"CREATE TRIGGER accounts_audit_locked_{verb.lower()} BEFORE {verb} ON accounts_auditevent "
    f"BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END;"
    for verb in ("UPDATE", "DELETE")
]


def lock(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL)
    else:
        for statement in SQLITE:
            schema_editor.execute(statement)


def unlock(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER IF EXISTS accounts_audit_locked ON accounts_auditevent")
        schema_editor.execute("DROP FUNCTION IF EXISTS accounts_audit_refuse()")
    else:
        for verb in ("update", "delete"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS accounts_audit_locked_{verb}")


def locked():
    """Return the operation that locks the trail."""
    return migrations.RunPython(lock, unlock)


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditName",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("person_id", models.BigIntegerField(db_index=True, default=0, help_text="0: no known person's.")),
                ("text", models.CharField(max_length=450)),
                ("erased", models.BooleanField(default=False)),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["type", "-at"], name="audit_type"),
        ),
        migrations.AddConstraint(
            model_name="auditname",
            constraint=models.UniqueConstraint(condition=models.Q(("erased", False)), fields=("text", "person_id"), name="audit_name_once"),
        ),
        migrations.RunPython(put_names_apart, migrations.RunPython.noop),
        locked(),
    ]
