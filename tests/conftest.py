"""What every test may use. Fixtures live by topic in fix_<topic>.py."""

pytest_plugins = [
    "tests.fix_sandbox",
    "tests.fix_apis",
    "tests.fix_stripe",
    "tests.fix_project",
    "tests.fix_rollout",
    "tests.fix_browser",
    "tests.whole_run",
]
