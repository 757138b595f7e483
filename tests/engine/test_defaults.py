from __future__ import annotations

import pytest

from engine.deployment.defaults import ProviderRequest, default_goal
from engine.errors import EngineError
from engine.values import Secret


@pytest.mark.parametrize(
    ("version", "url", "name"),
    [
        ("", "", "default"),
        ("0.2.0", "", "default_0_2_0"),
        ("v1.2.3", "", "default_1_2_3"),
        ("1.2.3-alpha.1+build.5", "", "default_1_2_3_alpha_1_build_5"),
        ("0.2.0", "https://example.invalid/x", "default_0_2_0_https_/example.invalid/x"),
    ],
)
def test_names_are_the_clis(version: str, url: str, name: str) -> None:
    assert ProviderRequest("fake", version, url).name == name


def test_what_is_no_version_is_refused() -> None:
    with pytest.raises(EngineError, match="'latest' is not a version of the package fake"):
        _ = ProviderRequest("fake", "latest").name


def test_inputs_are_the_namespaces_config_and_where_the_plugin_comes_from() -> None:
    request = ProviderRequest("fake", "1.0.0", "https://x.invalid")
    goal = default_goal(request, {"region": "here", "token": Secret("t"), "list": [1, {"a": True}]})
    assert goal.type == "pulumi:providers:fake"
    assert goal.properties == {
        "region": "here",
        "token": Secret("t"),
        "list": '[1,{"a":true}]',
        "version": "1.0.0",
        "__internal": {"pluginDownloadURL": "https://x.invalid"},
    }
