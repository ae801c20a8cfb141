"""Alembic's place: `env.py` connects, `versions/` holds one file per change."""
