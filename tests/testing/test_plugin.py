"""The pytest plugin, in test runs of its own: in this process, in others, and spread over workers."""

import json
import subprocess
import sys

import pytest

SEND = """
import httpx
from mock_cdp.testing import contract

RECEIPT = contract("pos-receipt").accepted_samples[0].event

def send(cdp, **changes):
    target = cdp.listener("pos-receipt")
    return httpx.post(target.url, params=target.params, json=RECEIPT | changes)
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """Return an empty project whose tests can send."""
    pytester.makepyfile(sending=SEND)
    pytester.syspathinsert()
    pytester.makeini("[pytest]\nfilterwarnings = error\naddopts = --strict-markers -p no:cacheprovider\n")
    return pytester


def test_a_test_has_its_own_space_on_one_server(project: pytest.Pytester):
    project.makepyfile("""
        from sending import send

        urls = set()

        def test_one(cdp):
            urls.add(cdp.url)
            assert send(cdp).json()["outcome"] == "accepted"

        def test_two(cdp, cdp_server):
            urls.add(cdp.url)
            assert send(cdp).json()["outcome"] == "accepted"
            assert urls == {cdp_server.url}
            assert cdp.tally().received == 1
    """)
    result = project.runpytest_inprocess()
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*= mock-cdp =*", "2 events arrived: 2 accepted"])


def test_the_router_is_a_fixture_too(project: pytest.Pytester):
    project.makepyfile("""
        from sending import send

        def test_one(cdp_router):
            assert send(cdp_router).status_code == 202
            cdp_router.assert_all_accepted()
    """)
    project.runpytest_inprocess().assert_outcomes(passed=1)


def test_a_failed_expectation_tells_what_to_mend(project: pytest.Pytester):
    project.makepyfile("""
        from sending import send

        def test_one(cdp):
            send(cdp, totalAmount="19.90")
            cdp.assert_all_accepted()
    """)
    result = project.runpytest_inprocess()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*1 of 1 events were not accepted:*",
            "*/totalAmount must be number, found string*",
            "*cause T01 number sent as string: /totalAmount*",
            "*fix: *",
            "*= mock-cdp =*",
            "1 event arrived: 1 rejected",
            "causes: T01 number sent as string (1)",
        ]
    )
    result.stdout.no_fnmatch_line("*what arrived at mock-cdp*")  # the failure has said it
    result.stdout.no_fnmatch_line("*def assert_all_accepted*")  # nor is our own code anybody's matter


def test_any_failed_test_shows_what_arrived(project: pytest.Pytester):
    project.makepyfile("""
        from sending import send

        def test_one(cdp):
            send(cdp, storeId=7)
            assert len(cdp.accepted()) == 1

        def test_two(cdp):
            assert cdp.accepted()
    """)
    result = project.runpytest_inprocess()
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        ["*- what arrived at mock-cdp -*", "1. rejected by retail/sap-car/pos-receipt (HTTP 400)", "*/storeId must be string*"]
    )
    result.stdout.fnmatch_lines(["*- what arrived at mock-cdp -*", "nothing"])


def test_the_marker_sets_switches_and_contracts(project: pytest.Pytester):
    folder = project.mkdir("mine")
    (folder / "businessunit.json").write_text('{"name": "Mine"}')
    event = folder / "applications" / "shop" / "dataevents" / "visit"
    event.mkdir(parents=True)
    (event.parents[1] / "application.json").write_text('{"name": "Shop"}')
    (event / "event.json").write_text('{"name": "Visit"}')
    (event / "model.schema.json").write_text('{"type": "object", "required": ["page"]}')
    project.makepyfile("""
        import httpx
        import pytest
        from sending import send

        @pytest.mark.cdp(answer="later")
        def test_later(cdp, cdp_router):
            for one in (cdp, cdp_router):
                assert send(one, storeId=7).status_code == 202
                assert len(one.rejected()) == 1

        @pytest.mark.cdp(contracts="mine")
        class TestMine:
            def test_contracts(self, cdp, cdp_router):
                for one in (cdp, cdp_router):
                    environ = one.environ()  # the only event there is
                    params = {"userKey": environ["CDP_USER_KEY"], "secret": environ["CDP_SECRET"]}
                    assert httpx.post(environ["CDP_LISTENER_URL"], params=params, json={"page": "/"}).status_code == 202

        def test_as_usual(cdp):
            assert send(cdp, storeId=7).status_code == 400
    """)
    project.runpytest_inprocess().assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        ('cdp(anwser="later")', "@pytest.mark.cdp: unknown setting anwser; did you mean answer?"),
        ('cdp(answer="never")', "@pytest.mark.cdp: answer = 'never': choose one of"),
        ('cdp("mine")', '@pytest.mark.cdp takes settings by name, such as contracts="my-contracts"; found*mine*'),
        ('cdp(contracts="nowhere")', "*nowhere*"),
        ("cdp(port=8123)", "*a mock for tests has no setting port*"),
    ],
    ids=["name", "value", "positional", "folder", "not-ours"],
)
def test_a_marker_that_cannot_be_is_one_clear_line(project: pytest.Pytester, marker: str, said: str):
    project.makepyfile(f"""
        import pytest

        @pytest.mark.{marker}
        def test_one(cdp):
            pass
    """)
    result = project.runpytest_inprocess("--tb=short")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*{said}*"])


def test_settings_come_from_the_project_and_can_be_overridden(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    """A variable meant for `mock-cdp serve` changes no test."""
    monkeypatch.setenv("MOCK_CDP_ANSWER", "now")
    (project.path / "mock-cdp.toml").write_text('answer = "later"\nport = 9\nstore = "kept.db"\n')
    project.mkdir("sub").joinpath("conftest.py").write_text(
        "import msgspec, pytest\n"
        "@pytest.fixture(scope='session')\n"
        "def cdp_settings(cdp_settings):\n"
        "    return msgspec.structs.replace(cdp_settings, answer='now')\n"
    )
    test = "from sending import send\ndef test_one(cdp):\n    assert send(cdp, storeId=7).status_code == {}\n"
    (project.path / "test_here.py").write_text(test.format(202))
    (project.path / "sub" / "test_there.py").write_text(test.format(400))
    project.runpytest_inprocess().assert_outcomes(passed=2)
    assert not (project.path / "kept.db").exists()


def test_https_is_an_override(project: pytest.Pytester):
    project.makeconftest("""
        import pytest

        @pytest.fixture(scope="session")
        def cdp_tls():
            return True
    """)
    project.makepyfile("""
        import os, subprocess, sys

        def test_one(cdp):
            code = "import os, urllib.request as u; print(u.urlopen(os.environ['CDP_URL'] + '/_mock/health/live').status)"
            run = subprocess.run([sys.executable, "-c", code], env=os.environ | cdp.environ(), capture_output=True, text=True)
            assert run.stdout == "200\\n", run.stderr
            assert cdp.url.startswith("https:")
    """)
    # A process of its own: pytester forgets modules, and those of cryptography cannot be loaded twice.
    project.runpytest_subprocess().assert_outcomes(passed=1)


def test_hypothesis_takes_the_server_and_a_session_for_each_example(project: pytest.Pytester):
    project.makepyfile("""
        from hypothesis import given, strategies as st
        from sending import send

        @given(st.booleans())
        def test_one(cdp_server, is_return):
            with cdp_server.session() as cdp:
                send(cdp, isReturn=is_return)
                assert cdp.tally().accepted == 1
    """)
    result = project.runpytest_inprocess()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["2 events arrived: 2 accepted"])  # one for each example


def test_workers_of_xdist_count_together(project: pytest.Pytester):
    project.makepyfile("""
        import pytest
        from sending import send

        @pytest.mark.parametrize("number", range(6))
        def test_one(cdp, number):
            assert send(cdp, **({} if number else {"storeId": 7})).status_code == (202 if number else 400)
            assert cdp.tally().received == 1
    """)
    result = project.runpytest_subprocess("-n", "2")
    result.assert_outcomes(passed=6)
    result.stdout.fnmatch_lines(
        ["*= mock-cdp =*", "6 events arrived: 5 accepted, 1 rejected", "causes: T09 string sent as number (1)"]
    )


def test_nothing_is_said_or_loaded_where_no_fixture_is_used(project: pytest.Pytester):
    project.makepyfile("""
        import sys

        def test_one():
            heavy = {"flask", "hypothesis.strategies", "msgspec", "mock_cdp.testing", "mock_cdp.listener", "mock_cdp.settings"}
            assert not heavy & {name for name in sys.modules if name != "hypothesis"}
    """)
    result = project.runpytest_subprocess("-p", "no:hypothesispytest", "-p", "no:schemathesis", "-p", "no:respx")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*= mock-cdp =*")


def test_without_the_plugin_there_is_no_fixture(project: pytest.Pytester):
    project.makepyfile("def test_one(cdp): pass")
    project.runpytest_inprocess("-p", "no:mock_cdp").assert_outcomes(errors=1)


def test_the_fixtures_and_the_marker_explain_themselves(project: pytest.Pytester):
    fixtures = project.runpytest_inprocess("--fixtures", "-q").stdout.str()
    for name in ("cdp_settings", "cdp_tls", "cdp_server", "cdp_router"):
        assert f"{name} " in fixtures
    project.runpytest_inprocess("--markers").stdout.fnmatch_lines(['@pytest.mark.cdp(contracts="folder", answer="later", …):*'])


def test_importing_the_plugin_loads_little():
    """Everybody who has the package installed pays for it in every run."""
    code = (
        "import json, pytest, sys; before = set(sys.modules); import mock_cdp.pytest_plugin; "
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(run.stdout) == ["mock_cdp", "mock_cdp.pytest_plugin"]
