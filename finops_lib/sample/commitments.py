"""What was promised to the providers, and what does each day of it cost?"""

from __future__ import annotations

from finops_lib.sample.records import Commitment

# The discount of the covered fleet's price; what is used and what is left unused add up to `per_day` exactly.
COMMITMENTS = (
    Commitment(
        "sp", "aws-payer", "Savings Plans for AWS Compute usage",
        "arn:aws:savingsplans::905811274460:savingsplan/6d1f3c0a-58b2-4e1d-9a77-2f4c8e0b1d35", "compute-3yr-no-upfront",
        "Compute Savings Plan", "Spend", "USD", "336", 28, "monthly", None, "us-east-1", 36,
    ),
    # Ends two months after as_of.
    Commitment(
        "ec2", "data-platform", "Savings Plans for AWS Compute usage",
        "arn:aws:savingsplans::371920846613:savingsplan/b7e40d95-1c6a-4f28-8d03-5e91a2c7f684", "m5-1yr-no-upfront",
        "EC2 Instance Savings Plan", "Spend", "USD", "17.69472", 36, "monthly", 304, "us-east-1",
    ),
    Commitment(
        "ri", "payments-prod", "Amazon Relational Database Service",
        "arn:aws:rds:us-east-1:004512367890:ri:ledger-db-1yr", "ledger-db-1yr-all-upfront",
        "Reserved Instance", "Usage", "Hours", "30.288", 34, "upfront", 259, "us-east-1",
    ),
    Commitment(
        "azr", "mobile-prod", "Virtual Machines",
        "/providers/Microsoft.Capacity/reservationOrders/7c2e9f14-0b5a-4d83-9e61-a48d3f70c5b2/reservations/1f9d6c3b-e2a8-4075-b1d4-58e7c90a3f26",
        "D-series-eastus2-3yr", "Reservation", "Usage", "Hours", "71.424", 38, "monthly", None, "eastus2", 36,
    ),
    Commitment(
        "cud", "web-analytics", "Compute Engine",
        "projects/web-analytics-5d10/regions/europe-west1/commitments/n2-cores-3yr", "n2-cores-3yr",
        "Committed Use Discount", "Usage", "hour", "88.5", 37, "daily", None, "europe-west1", 36,
    ),
)  # fmt: skip
COMMITMENT = {commitment.key: commitment for commitment in COMMITMENTS}
