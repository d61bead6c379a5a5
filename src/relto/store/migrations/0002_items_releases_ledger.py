import django.db.models.deletion
import relto.store.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("store", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name='LogEvidence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('origin', models.CharField(max_length=255)),
                ('size', models.BigIntegerField()),
                ('root', models.CharField(max_length=64)),
                ('kind', models.CharField(max_length=32)),
                ('note', models.TextField()),
                ('at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('origin', 'size', 'root', 'kind'), name='one_evidence_a_checkpoint')],
            },
        ),
        migrations.CreateModel(
            name='Manifest',
            fields=[
                ('id', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=8)),
                ('policy_uuid', models.CharField(max_length=36, unique=True)),
                ('content', models.BinaryField()),
                ('fingerprint', models.JSONField()),
                ('registration', models.BinaryField()),
                ('registered_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='manifests', to='store.item')),
            ],
        ),
        migrations.CreateModel(
            name='Arrival',
            fields=[
                ('id', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('release', models.CharField(max_length=32)),
                ('number', models.CharField(max_length=32)),
                ('sender', models.CharField(max_length=3)),
                ('facility', models.CharField(max_length=64)),
                ('purpose', relto.store.fields.EncryptedText()),
                ('mode', models.CharField(max_length=12)),
                ('channel', models.CharField(default='link', max_length=16)),
                ('message', models.CharField(max_length=32)),
                ('state', models.CharField(max_length=16)),
                ('arrived_at', models.DateTimeField()),
                ('decided_by', models.CharField(blank=True, max_length=32)),
                ('decided_at', models.DateTimeField(null=True)),
                ('reason', relto.store.fields.EncryptedText(default=str)),
                ('decision', models.CharField(blank=True, max_length=32)),
                ('control_number', models.CharField(blank=True, max_length=32)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='arrivals', to='store.item')),
                ('manifest', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='arrival', to='store.manifest')),
            ],
        ),
        migrations.CreateModel(
            name='OutboxMessage',
            fields=[
                ('id', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('partner', models.CharField(max_length=3)),
                ('sequence', models.BigIntegerField()),
                ('kind', models.CharField(max_length=32)),
                ('envelope', relto.store.fields.EncryptedBytes()),
                ('digest', models.CharField(max_length=64)),
                ('payload_blob', models.CharField(blank=True, max_length=96)),
                ('payload_offset', models.BigIntegerField(default=0)),
                ('payload_size', models.BigIntegerField(default=0)),
                ('payload_sha256', models.CharField(blank=True, max_length=64)),
                ('state', models.CharField(max_length=12)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('run_after', models.DateTimeField()),
                ('last_error', models.CharField(blank=True, max_length=128)),
                ('receipt', relto.store.fields.EncryptedBytes(null=True)),
                ('created_at', models.DateTimeField()),
                ('settled_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['partner', 'state', 'sequence'], name='outbox_by_state')],
                'constraints': [models.UniqueConstraint(fields=('partner', 'sequence'), name='one_outbox_message_a_sequence')],
            },
        ),
        migrations.CreateModel(
            name='Person',
            fields=[
                ('id', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('name', relto.store.fields.EncryptedText()),
                ('clearance_level', models.CharField(blank=True, max_length=32)),
                ('caveats', models.JSONField(default=list)),
                ('valid_from', models.DateTimeField(null=True)),
                ('valid_until', models.DateTimeField(null=True)),
                ('suspended_at', models.DateTimeField(null=True)),
                ('company', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='people', to='store.company')),
                ('facility', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='people', to='store.facility')),
            ],
        ),
        migrations.CreateModel(
            name='ApiClient',
            fields=[
                ('client_id', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('secret_hash', models.CharField(max_length=128)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='api_clients', to='store.person')),
            ],
        ),
        migrations.CreateModel(
            name='Account',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('username', models.CharField(max_length=64, unique=True)),
                ('language', models.CharField(default='en', max_length=8)),
                ('is_active', models.BooleanField(default=True)),
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='account', to='store.person')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', relto.store.fields.EncryptedText()),
                ('since', models.DateTimeField()),
                ('until', models.DateTimeField(null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='store.person')),
                ('programme', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='store.programme')),
            ],
        ),
        migrations.CreateModel(
            name='RegisterEntry',
            fields=[
                ('number', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('direction', models.CharField(max_length=8)),
                ('counterpart', models.CharField(blank=True, max_length=64)),
                ('company', models.CharField(blank=True, max_length=64)),
                ('details', relto.store.fields.EncryptedJson()),
                ('at', models.DateTimeField()),
                ('entry', models.CharField(max_length=32)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='register_entries', to='store.item')),
            ],
        ),
        migrations.CreateModel(
            name='ReleaseCase',
            fields=[
                ('id', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('number', models.CharField(max_length=32, unique=True)),
                ('nation', models.CharField(max_length=3)),
                ('facility', models.CharField(max_length=64)),
                ('purpose', relto.store.fields.EncryptedText()),
                ('mode', models.CharField(default='live', max_length=12)),
                ('channel', models.CharField(default='link', max_length=16)),
                ('state', models.CharField(max_length=16)),
                ('asked_by', models.CharField(max_length=32)),
                ('asked_at', models.DateTimeField()),
                ('company', models.CharField(max_length=64)),
                ('decided_by', models.CharField(blank=True, max_length=32)),
                ('decided_at', models.DateTimeField(null=True)),
                ('reason', relto.store.fields.EncryptedText(default=str)),
                ('decision', models.CharField(blank=True, max_length=32)),
                ('message', models.CharField(blank=True, max_length=32)),
                ('delivered_at', models.DateTimeField(null=True)),
                ('custody_at', models.DateTimeField(null=True)),
                ('control_number', models.CharField(blank=True, max_length=32)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='release_cases', to='store.item')),
                ('manifest', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='release_cases', to='store.manifest')),
            ],
        ),
        migrations.CreateModel(
            name='ReleaseReader',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('pseudonym', models.CharField(max_length=32)),
                ('reason', relto.store.fields.EncryptedText()),
                ('arrival', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='readers', to='store.arrival')),
                ('case', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='readers', to='store.releasecase')),
            ],
        ),
        migrations.CreateModel(
            name='RoleGrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(max_length=32)),
                ('granted_at', models.DateTimeField()),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='role_grants', to='store.person')),
            ],
        ),
        migrations.CreateModel(
            name='SingleUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purpose', models.CharField(max_length=24)),
                ('value', models.CharField(max_length=96)),
                ('expires_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('purpose', 'value'), name='used_once')],
            },
        ),
        migrations.CreateModel(
            name='Cosignature',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cosigner', models.CharField(max_length=128)),
                ('lines', models.TextField()),
                ('at', models.DateTimeField()),
                ('checkpoint', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cosignatures', to='store.checkpoint')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('checkpoint', 'cosigner'), name='one_cosignature_a_cosigner')],
            },
        ),
        migrations.AddConstraint(
            model_name='arrival',
            constraint=models.UniqueConstraint(fields=('sender', 'release'), name='one_arrival_a_release'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(fields=('programme', 'person'), name='one_membership_in_a_programme'),
        ),
        migrations.AddIndex(
            model_name='registerentry',
            index=models.Index(fields=['company', 'at'], name='register_by_company'),
        ),
        migrations.AddIndex(
            model_name='releasecase',
            index=models.Index(fields=['state', 'asked_at'], name='case_by_state'),
        ),
        migrations.AddIndex(
            model_name='releasereader',
            index=models.Index(fields=['pseudonym'], name='reader_by_pseudonym'),
        ),
        migrations.AddConstraint(
            model_name='rolegrant',
            constraint=models.UniqueConstraint(fields=('person', 'role'), name='one_grant_of_a_role'),
        ),
    ]
