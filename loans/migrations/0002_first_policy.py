"""The policy that a new desk starts with; admins put newer ones above it."""

from django.db import migrations

PAGE = {
    "least_likelihood": "0.60",
    "highest_debt_ratio": "0.33",
    "annual_rates": {
        "a": "0.0600", "b": "0.0750", "c": "0.0900", "d": "0.1050", "e": "0.1200", "thin": "0.1200",
        "none": "0.1200",
    },
    "exposure_limits": {
        "a": "5000.00", "b": "3000.00", "c": "2000.00", "d": "1200.00", "e": "600.00", "thin": "600.00",
        "none": "300.00",
    },
    "terms": [3, 6, 9, 12, 18, 24],
    "multiple": "50.00",
    "least_principal": "100.00",
    "least_instalment": "20.00",
    "offer_days": 7,
    "cooling_off_days": 14,
    "grace_days": 5,
    "late_fee": "10.00",
    "late_fee_cap": "0.05",
    "retention_days": 180,
}


def write_policy(apps, schema_editor):
    policies = apps.get_model("loans", "PolicyVersion")
    if not policies.objects.exists():
        policies.objects.create(page=PAGE, note="The policy that the desk starts with")


class Migration(migrations.Migration):
    dependencies = [("loans", "0001_loan_desk")]
    operations = [migrations.RunPython(write_policy, migrations.RunPython.noop)]
