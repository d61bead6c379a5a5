import django.db.models.deletion
import relto.store.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name='Company',
            fields=[
                ('code', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('title', relto.store.fields.EncryptedText()),
                ('kind', models.CharField(max_length=16)),
            ],
        ),
        migrations.CreateModel(
            name='Facility',
            fields=[
                ('code', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('level', models.CharField(max_length=32)),
                ('safeguarding_level', models.CharField(blank=True, max_length=32)),
                ('valid_from', models.DateTimeField()),
                ('valid_until', models.DateTimeField()),
                ('suspended_at', models.DateTimeField(null=True)),
                ('company', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='facilities', to='store.company')),
            ],
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
            name='Programme',
            fields=[
                ('code', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('title', relto.store.fields.EncryptedText()),
                ('started_at', models.DateTimeField()),
            ],
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
            name='RoleGrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(max_length=32)),
                ('granted_at', models.DateTimeField()),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='role_grants', to='store.person')),
            ],
        ),
        migrations.CreateModel(
            name='Lease',
            fields=[
                ('kind', models.CharField(max_length=48, primary_key=True, serialize=False)),
                ('owner', models.CharField(max_length=64)),
                ('until', models.DateTimeField()),
                ('fencing_token', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='ServiceKey',
            fields=[
                ('kid', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('purpose', models.CharField(max_length=12)),
                ('algorithm', models.CharField(max_length=32)),
                ('public_pem', models.TextField()),
                ('state', models.CharField(max_length=12)),
                ('created_at', models.DateTimeField()),
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
            name='Authorisation',
            fields=[
                ('id', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=16)),
                ('reference', models.CharField(max_length=64)),
                ('nation', models.CharField(max_length=3)),
                ('programme', models.CharField(blank=True, max_length=64)),
                ('item', models.CharField(blank=True, max_length=32)),
                ('company', models.CharField(blank=True, max_length=64)),
                ('valid_from', models.DateTimeField()),
                ('valid_until', models.DateTimeField()),
                ('recorded_by', models.CharField(max_length=32)),
                ('recorded_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='AgreementBundle',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('agreement', models.CharField(max_length=64)),
                ('version', models.PositiveIntegerField()),
                ('digest', models.CharField(max_length=64)),
                ('file', models.BinaryField()),
                ('effective_from', models.DateTimeField()),
                ('expires', models.DateTimeField()),
                ('activated_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('agreement', 'version'), name='one_bundle_a_version')],
            },
        ),
        migrations.CreateModel(
            name='Assurance',
            fields=[
                ('id', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('direction', models.CharField(max_length=8)),
                ('issuer', models.CharField(max_length=3)),
                ('recipient', models.CharField(max_length=3)),
                ('subject_kind', models.CharField(max_length=8)),
                ('subject', models.CharField(max_length=64)),
                ('facility', models.CharField(max_length=64)),
                ('level', models.CharField(max_length=32)),
                ('safeguarding_level', models.CharField(blank=True, max_length=32)),
                ('caveats', models.JSONField(default=list)),
                ('valid_from', models.DateTimeField()),
                ('valid_until', models.DateTimeField()),
                ('status', models.CharField(max_length=16)),
                ('status_at', models.DateTimeField()),
                ('statement', relto.store.fields.EncryptedBytes()),
            ],
            options={
                'indexes': [models.Index(fields=['direction', 'subject', 'status'], name='assurance_by_subject')],
            },
        ),
        migrations.CreateModel(
            name='Channel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('partner', models.CharField(max_length=3)),
                ('direction', models.CharField(max_length=3)),
                ('next_sequence', models.BigIntegerField(default=1)),
                ('last_digest', models.CharField(blank=True, max_length=64)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('partner', 'direction'), name='one_channel_a_direction')],
            },
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(fields=('programme', 'person'), name='one_membership_in_a_programme'),
        ),
        migrations.AddConstraint(
            model_name='rolegrant',
            constraint=models.UniqueConstraint(fields=('person', 'role'), name='one_grant_of_a_role'),
        ),
    ]
