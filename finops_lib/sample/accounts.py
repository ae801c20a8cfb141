"""Who owns the sample estate: organisations, accounts, teams."""

from __future__ import annotations

from finops_lib.sample.records import Account, Owner

ORGANIZATION = "Meridian Group"
EUROPE = "Meridian Europe"

PAYMENTS = Owner("payments", "prod", "checkout", "CC-1010")
PAYMENTS_DEV = Owner("payments", "dev", "checkout", "CC-1010")
SEARCH = Owner("search", "prod", "catalog", "CC-1020")
DATA = Owner("data", "prod", "insights", "CC-1030")
PLATFORM = Owner("platform", "prod", "core-infra", "CC-1040")
PLATFORM_TEST = Owner("platform", "test", "core-infra", "CC-1040")
MOBILE = Owner("mobile", "prod", "app", "CC-1050")
MOBILE_TEST = Owner("mobile", "test", "app", "CC-1050")
ML = Owner("ml", "prod", "recsys", "CC-1060")
ML_DEV = Owner("ml", "dev", "recsys", "CC-1060")

AWS_PAYER = ("905811274460", "meridian-payer")
AZURE_USD = ("8611537", "Meridian Enterprise Agreement")
AZURE_EUR = ("7720941", "Meridian Europe Enterprise Agreement")
GCP_BILLING = ("01A2B3-C4D5E6-F70819", "Meridian Cloud Billing")

# The first id starts with a zero: a reader that takes it for a number loses it.
ACCOUNTS = (
    Account("aws-payer", "aws", AWS_PAYER[0], AWS_PAYER[1], *AWS_PAYER, "USD", PLATFORM, "us-east-1"),
    Account("payments-prod", "aws", "004512367890", "payments-prod", *AWS_PAYER, "USD", PAYMENTS, "us-east-1"),
    Account("payments-dev", "aws", "118734520916", "payments-dev", *AWS_PAYER, "USD", PAYMENTS_DEV, "us-east-1"),
    Account("search-prod", "aws", "263481907755", "search-prod", *AWS_PAYER, "USD", SEARCH, "eu-west-1"),
    Account("data-platform", "aws", "371920846613", "data-platform", *AWS_PAYER, "USD", DATA, "us-east-1"),
    Account("shared", "aws", "480155729384", "shared-services", *AWS_PAYER, "USD", PLATFORM, "us-east-1", False),
    Account(
        "mobile-prod",
        "azure",
        "/subscriptions/3f1c9a52-7b0e-4d86-9a41-0c5e2b7d8f10",
        "sub-mobile-prod",
        *AZURE_USD,
        "USD",
        MOBILE,
        "eastus2",
    ),
    Account(
        "mobile-test",
        "azure",
        "/subscriptions/82d4e6b0-15fa-47c3-b9d2-6a3f9e0c7b25",
        "sub-mobile-test",
        *AZURE_USD,
        "USD",
        MOBILE_TEST,
        "eastus2",
    ),
    Account(
        "corp-it",
        "azure",
        "/subscriptions/c7a05e93-2d48-4f1b-8e67-91b3d4f6a0c8",
        "sub-corp-it",
        *AZURE_USD,
        "USD",
        PLATFORM,
        "eastus2",
        False,
    ),
    Account(
        "eu-commerce",
        "azure",
        "/subscriptions/5b9e13d7-c04a-4e92-a6f8-37d1c2e8b4a6",
        "sub-eu-commerce",
        *AZURE_EUR,
        "EUR",
        PAYMENTS,
        "westeurope",
    ),
    Account("ml-training", "gcp", "ml-training-7f31", "ML Training", *GCP_BILLING, "USD", ML, "us-central1"),
    Account("ml-sandbox", "gcp", "ml-sandbox-22c9", "ML Sandbox", *GCP_BILLING, "USD", ML_DEV, "us-central1"),
    Account(
        "web-analytics", "gcp", "web-analytics-5d10", "Web Analytics", *GCP_BILLING, "USD", DATA, "europe-west1", False
    ),
)
# Google's detailed export names resources by the number of their project.
PROJECT_NUMBERS = {
    "ml-training-7f31": "482013756190",
    "ml-sandbox-22c9": "731604829517",
    "web-analytics-5d10": "905127346688",
}
ACCOUNT = {account.key: account for account in ACCOUNTS}

REGION_NAMES = {
    "us-east-1": "US East (N. Virginia)",
    "eu-west-1": "Europe (Ireland)",
    "eastus2": "East US 2",
    "westeurope": "West Europe",
    "us-central1": "Iowa",
    "europe-west1": "Belgium",
}
