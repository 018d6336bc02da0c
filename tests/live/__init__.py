"""One cheapest job of each function against the real service: `pytest -m live`. It costs money, and asks first."""
