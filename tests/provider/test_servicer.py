"""The provider's side of the plugin protocol, over gRPC with the protocol's own stubs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pulumi  # noqa: F401  the SDK as a whole, before the provider's stand-in would take its place
import pytest
from google.protobuf import empty_pb2, struct_pb2
from google.rpc import status_pb2  # type: ignore[import-untyped]  # ships without stubs

from provider import wire
from provider.plane import Planes
from provider.protocol import engine_pb2, engine_pb2_grpc, provider_pb2, provider_pb2_grpc
from provider.schema.postgres import Backfill, Constraint, Policy, Table
from provider.schema.shape import Shape
from provider.servicer import Servicer
from provider.target import Target
from tests.provider.conftest import MakeTarget, RunSql

TEXTS = {
    "voip:postgres:Constraint::public.t/x#definition": {
        "EXCLUDE USING btree (id WITH =)": "EXCLUDE USING btree (id WITH =)"
    },
    "voip:postgres:Policy::public.t/p#using": {"id>0": "(id > 0)", "id > 1": "(id > 1)"},
    "voip:postgres:Policy::public.t/wrong#using": {"id>0": "id > 0"},
    "voip:postgres:Table::public.made#columns.id.type": {"int": "integer"},
}
POLICY = Policy(table="t", name="p", using="(id > 0)")

Serve = Callable[[Target], Any]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serves a target on a port of its own; returns a stub that is not configured yet."""
    ended: list[Callable[[], object]] = []

    def start(target: Target) -> Any:
        servicer = Servicer(lambda: target, Planes)
        server = grpc.server(ThreadPoolExecutor(max_workers=4))
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
        channel = grpc.insecure_channel(f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}")
        server.start()
        ended.extend((channel.close, lambda: server.stop(None).wait(), servicer.close))
        return provider_pb2_grpc.ResourceProviderStub(channel)

    yield start
    for end in ended:
        end()


@pytest.fixture
def given(target: MakeTarget, run_sql: RunSql, tmp_path: Path) -> Target:
    """A database with one table, and a lock file that knows a few texts."""
    run_sql("CREATE TABLE public.t (id int)")
    printed = tmp_path / "printed.json"
    printed.write_text(json.dumps(TEXTS), "utf-8")
    return target(printed=printed)


@pytest.fixture
def stub(serve: Serve, given: Target) -> Any:
    """A provider that is ready."""
    configured = serve(given)
    configured.Configure(provider_pb2.ConfigureRequest(args=wire.struct({"projectRef": given.project_ref})))
    return configured


def urn(shape: Shape | type[Shape]) -> str:
    return f"urn:pulumi:production::project::voip:components:Identity${shape.token}::name"


def check(stub: Any, shape: type[Shape], news: dict[str, Any]) -> Any:
    return stub.Check(provider_pb2.CheckRequest(urn=urn(shape), news=wire.struct(news)))


def create(stub: Any, shape: Shape, *, preview: bool = False) -> Any:
    request = provider_pb2.CreateRequest(
        urn=urn(shape), properties=wire.struct(shape.wire()), preview=preview
    )
    return stub.Create(request)


def update(stub: Any, live: Shape, wanted: Shape, *, preview: bool = False) -> Any:
    return stub.Update(
        provider_pb2.UpdateRequest(
            id=live.id,
            urn=urn(live),
            olds=wire.struct(live.wire()),
            news=wire.struct(wanted.wire()),
            preview=preview,
        )
    )


def refused(call: Callable[[], object], code: grpc.StatusCode = grpc.StatusCode.FAILED_PRECONDITION) -> str:
    """What a call is refused with."""
    with pytest.raises(grpc.RpcError) as raised:
        call()
    assert raised.value.code() is code, raised.value.details()
    return str(raised.value.details())


class TestConfiguring:
    def test_secrets_and_outputs_are_left_to_the_engine(self, serve: Serve, given: Target) -> None:
        answer = serve(given).Handshake(provider_pb2.ProviderHandshakeRequest(engine_address="127.0.0.1:1"))
        assert not any((answer.accept_secrets, answer.accept_outputs, answer.accept_resources))

    def test_the_plugin_tells_its_version(self, serve: Serve, given: Target) -> None:
        stub = serve(given)
        version = stub.GetPluginInfo(empty_pb2.Empty()).version
        assert json.loads(stub.GetSchema(provider_pb2.GetSchemaRequest()).schema) == {
            "name": "voip",
            "version": version,
        }

    def test_the_state_of_this_project_passes_unchanged(self, serve: Serve, given: Target) -> None:
        stub, config = serve(given), wire.struct({"projectRef": given.project_ref, "version": "1"})
        assert stub.CheckConfig(provider_pb2.CheckRequest(olds=config, news=config)).inputs == config
        answer = stub.DiffConfig(provider_pb2.DiffRequest(old_inputs=config, news=config))
        assert answer.changes == provider_pb2.DiffResponse.DIFF_NONE

    def test_the_state_of_another_project_is_refused_at_each_door(self, serve: Serve, given: Target) -> None:
        stub, another = serve(given), wire.struct({"projectRef": "another"})
        for call in (
            lambda: stub.CheckConfig(provider_pb2.CheckRequest(olds=another)),
            lambda: stub.DiffConfig(provider_pb2.DiffRequest(old_inputs=another)),
            lambda: stub.DiffConfig(provider_pb2.DiffRequest(olds=another)),
            lambda: stub.Configure(provider_pb2.ConfigureRequest(args=another)),
        ):
            assert refused(call) == (
                "this stack's state belongs to the project another, and its config names "
                f"{given.project_ref}; correct voip:projectRef, or make a stack for the other project"
            )

    def test_the_database_is_verified_before_anything_is_read(self, serve: Serve, given: Target) -> None:
        stub = serve(Target(**{**vars(given), "landmark": "public.nowhere"}))
        assert "has no table public.nowhere" in refused(
            lambda: stub.Configure(provider_pb2.ConfigureRequest())
        )

    def test_a_missing_lock_file_is_told(self, serve: Serve, given: Target) -> None:
        stub = serve(Target(**{**vars(given), "printed": Path("nowhere.json")}))
        message = refused(lambda: stub.Configure(provider_pb2.ConfigureRequest()))
        assert message == "nowhere.json is missing; restore it with git or make it with `make printed`"

    def test_nothing_is_answered_before_it_is_configured(self, serve: Serve, given: Target) -> None:
        stub = serve(given)
        assert "before it was configured" in refused(lambda: check(stub, Policy, {}))

    def test_an_unknown_kind_is_named_beside_the_known(self, stub: Any) -> None:
        request = provider_pb2.CheckRequest(
            urn="urn:pulumi:s::p::voip:postgres:Rule::v", news=wire.struct({})
        )
        message = refused(lambda: stub.Check(request))
        assert message.startswith("voip:postgres:Rule is not a kind of the voip provider; it has ")
        assert "voip:postgres:Policy" in message


class TestCheck:
    def test_texts_are_answered_as_printed(self, stub: Any) -> None:
        answer = check(stub, Policy, {"table": "t", "name": "p", "using": "id>0", "roles": ["PUBLIC"]})
        assert wire.plain(answer.inputs) == POLICY.wire()
        assert not answer.failures

    @pytest.mark.parametrize(
        ("news", "path", "reason"),
        [
            (
                {"table": "t", "name": "p", "using": "id>9"},
                "using",
                "the printed form of this text is not in",
            ),
            ({"table": "t", "name": "p", "roles": []}, "roles", "the roles are none"),
            ({"table": "t", "name": 1}, "name", "Expected `str`, got `int`"),
            ({"table": "t", "name": "p", "command": "MERGE"}, "command", "Invalid enum value 'MERGE'"),
            ({"table": "t", "name": "p", "roles": ["a", 2]}, "roles[1]", "Expected `str`, got `int`"),
            ({"table": "t"}, "", "Object missing required field `name`"),
            ({"table": "t", "name": "p", "usng": "true"}, "", "Object contains unknown field `usng`"),
        ],
    )
    def test_a_failure_names_its_property(
        self, stub: Any, news: dict[str, Any], path: str, reason: str
    ) -> None:
        (failure,) = check(stub, Policy, news).failures
        assert failure.property == path
        assert failure.reason.startswith(reason)

    def test_a_failure_in_a_column_names_the_columns(self, stub: Any) -> None:
        (failure,) = check(stub, Table, {"name": "t", "columns": {"a": {"type": 5}}}).failures
        assert failure.property == "columns"

    @pytest.mark.parametrize("news", [{"using": wire.UNKNOWN}, {"roles": ["anon", wire.UNKNOWN]}])
    def test_what_is_not_known_yet_passes(self, stub: Any, news: dict[str, Any]) -> None:
        answer = check(stub, Policy, {"table": "t", "name": "p", **news})
        assert wire.plain(answer.inputs) == {"table": "t", "name": "p", **news}


class TestDiff:
    def diff(self, stub: Any, olds: Shape, news: struct_pb2.Struct, identifier: str | None = None) -> Any:
        return stub.Diff(
            provider_pb2.DiffRequest(
                id=identifier or olds.id, urn=urn(olds), olds=wire.struct(olds.wire()), news=news
            )
        )

    def test_equal_is_no_difference(self, stub: Any) -> None:
        answer = self.diff(stub, POLICY, wire.struct(POLICY.wire()))
        assert answer.changes == provider_pb2.DiffResponse.DIFF_NONE
        assert answer.hasDetailedDiff
        assert not answer.diffs

    def test_each_property_has_its_path_and_sign(self, stub: Any) -> None:
        old = Table.from_wire({"name": "t", "columns": {"a": {"type": "integer"}, "b c": {"type": "text"}}})
        new = Table.from_wire(
            {
                "name": "t",
                "columns": {"a": {"type": "text"}, "d": {"type": "text"}},
                "dropped": ["b c"],
                "comment": "x",
            }
        )
        answer = self.diff(stub, old, wire.struct(new.wire()))
        assert answer.changes == provider_pb2.DiffResponse.DIFF_SOME
        assert list(answer.diffs) == ["columns", "comment"]
        kinds = provider_pb2.PropertyDiff
        assert {path: found.kind for path, found in answer.detailedDiff.items()} == {
            "columns.a.type": kinds.UPDATE,
            'columns["b c"]': kinds.DELETE,
            "columns.d": kinds.ADD,
            "comment": kinds.ADD,
        }
        assert not answer.replaces

    def test_what_is_not_known_yet_is_not_compared(self, stub: Any) -> None:
        answer = self.diff(stub, POLICY, wire.struct({**POLICY.wire(), "using": wire.UNKNOWN}))
        assert answer.changes == provider_pb2.DiffResponse.DIFF_UNKNOWN

    def test_an_object_keeps_its_name(self, stub: Any) -> None:
        renamed = wire.struct({**POLICY.wire(), "name": "q"})
        assert refused(lambda: self.diff(stub, POLICY, renamed)) == (
            "public.t/p is now declared as public.t/q; an object keeps its name: "
            "declare the new one beside it and until which phase the old one exists"
        )

    def test_a_state_of_another_version_asks_for_a_refresh(self, stub: Any) -> None:
        request = provider_pb2.DiffRequest(
            id=POLICY.id,
            urn=urn(POLICY),
            olds=wire.struct({**POLICY.wire(), "was": "once"}),
            news=wire.struct(POLICY.wire()),
        )
        assert refused(lambda: stub.Diff(request)) == (
            "the state tells a voip:postgres:Policy in a form of another version (Object contains unknown "
            "field `was`); bring it up to date with `pulumi refresh`"
        )


class TestInvoke:
    def test_a_target_that_was_never_moved_has_recorded_nothing(self, stub: Any) -> None:
        answer = stub.Invoke(provider_pb2.InvokeRequest(tok="voip:rollout:passages"))
        assert wire.plain(getattr(answer, "return")) == {"number": 0, "level": None}

    def test_what_a_target_recorded_last_is_told(
        self, request: pytest.FixtureRequest, run_sql: RunSql
    ) -> None:
        run_sql("CREATE SCHEMA voip_infra")
        run_sql("CREATE TABLE voip_infra.rollout_passages (id int, gate text, level int)")
        run_sql("INSERT INTO voip_infra.rollout_passages VALUES (1, 'a', 4), (3, 'c', 3), (2, 'b', 5)")
        stub = request.getfixturevalue("stub")
        answer = stub.Invoke(provider_pb2.InvokeRequest(tok="voip:rollout:passages"))
        assert wire.plain(getattr(answer, "return")) == {"number": 3, "level": 3}

    def test_tables_are_told_with_their_columns(
        self, request: pytest.FixtureRequest, run_sql: RunSql
    ) -> None:
        run_sql('CREATE TABLE public.codes (code text PRIMARY KEY, "a note" text)')
        answer = request.getfixturevalue("stub").Invoke(
            provider_pb2.InvokeRequest(tok="voip:postgres:tables")
        )
        assert wire.plain(getattr(answer, "return"))["public.codes"] == ["code", "a note"]

    def test_an_unknown_function_is_named_beside_the_known(self, stub: Any) -> None:
        request = provider_pb2.InvokeRequest(tok="voip:rollout:nothing")
        assert refused(lambda: stub.Invoke(request)) == (
            "voip:rollout:nothing is not a function of the voip provider; it has voip:postgres:tables, "
            "voip:rollout:passages"
        )


class TestRead:
    def read(self, stub: Any, identifier: str, inputs: dict[str, Any]) -> Any:
        request = provider_pb2.ReadRequest(id=identifier, urn=urn(Policy), inputs=wire.struct(inputs))
        return stub.Read(request)

    @pytest.mark.parametrize(
        "inputs",
        [{}, POLICY.wire(), {**POLICY.wire(), "was": "once"}],
        ids=["import", "refresh", "refresh of another version's state"],
    )
    def test_a_live_object_is_its_own_inputs(
        self, serve: Serve, given: Target, run_sql: RunSql, inputs: dict[str, Any]
    ) -> None:
        run_sql("CREATE POLICY p ON public.t USING (id>0)")
        stub = serve(given)
        stub.Configure(provider_pb2.ConfigureRequest())
        answer = self.read(stub, POLICY.id, inputs)
        assert answer.id == POLICY.id
        assert wire.plain(answer.properties) == wire.plain(answer.inputs) == POLICY.wire()

    def test_a_missing_object_has_no_identifier(self, stub: Any) -> None:
        answer = self.read(stub, POLICY.id, POLICY.wire())
        assert answer.id == ""
        assert not answer.properties.fields


class TestCreate:
    def test_a_preview_writes_nothing(self, stub: Any, run_sql: RunSql) -> None:
        assert wire.plain(create(stub, POLICY, preview=True).properties) == POLICY.wire()
        assert run_sql("SELECT 1 FROM pg_policy") == []

    def test_what_is_equal_is_taken_over(self, stub: Any, run_sql: RunSql) -> None:
        for _ in range(2):
            answer = create(stub, POLICY)
            assert answer.id == "public.t/p"
            assert wire.plain(answer.properties) == POLICY.wire()
        assert run_sql("SELECT polname FROM pg_policy") == [("p",)]

    def test_what_differs_is_kept(self, stub: Any, run_sql: RunSql) -> None:
        run_sql("CREATE POLICY p ON public.t USING (id > 1)")
        create(stub, Table(name="made", columns={}))  # after the first change reads are live
        assert refused(lambda: create(stub, POLICY)) == (
            "public.t/p exists already and differs in using; take it over with "
            "`python -m operations adopt --stack STACK`, then look at the preview again"
        )
        assert run_sql("SELECT pg_get_expr(polqual, polrelid) FROM pg_policy") == [("(id > 1)",)]

    def test_what_is_not_right_after_it_was_made_is_kept_in_the_state(self, stub: Any) -> None:
        wrong = Policy(table="t", name="wrong", using="id > 0")
        with pytest.raises(grpc.RpcError) as raised:
            create(stub, wrong)
        error: Any = raised.value
        assert error.code() is grpc.StatusCode.UNKNOWN
        (packed,) = [value for key, value in error.trailing_metadata() if key == "grpc-status-details-bin"]
        (detail,) = status_pb2.Status.FromString(packed).details
        failed = provider_pb2.ErrorResourceInitFailed()
        assert detail.Unpack(failed)
        assert failed.id == "public.t/wrong"
        assert wire.plain(failed.properties) == {"table": "t", "name": "wrong", "using": "(id > 0)"}
        assert list(failed.reasons) == [error.details()]
        assert error.details().startswith("public.t/wrong still differs in using after the change")


class TestUpdate:
    wanted = Policy(table="t", name="p", using="(id > 1)", comment="x")

    def test_a_preview_writes_nothing(self, stub: Any, run_sql: RunSql) -> None:
        create(stub, POLICY)
        assert wire.plain(update(stub, POLICY, self.wanted, preview=True).properties) == self.wanted.wire()
        assert run_sql("SELECT pg_get_expr(polqual, polrelid) FROM pg_policy") == [("(id > 0)",)]

    def test_the_object_becomes_as_wanted(self, stub: Any, run_sql: RunSql) -> None:
        create(stub, POLICY)
        assert wire.plain(update(stub, POLICY, self.wanted).properties) == self.wanted.wire()
        assert run_sql("SELECT pg_get_expr(polqual, polrelid) FROM pg_policy") == [("(id > 1)",)]

    def test_an_object_that_is_gone_tells_the_step(self, stub: Any) -> None:
        message = refused(lambda: update(stub, POLICY, self.wanted))
        assert message == "public.t/p is gone; run the same command again to make it anew"


class TestDelete:
    def delete(self, stub: Any, shape: Shape) -> None:
        stub.Delete(
            provider_pb2.DeleteRequest(id=shape.id, urn=urn(shape), properties=wire.struct(shape.wire()))
        )

    def test_a_live_object_is_kept(self, stub: Any, run_sql: RunSql) -> None:
        create(stub, POLICY)
        assert refused(lambda: self.delete(stub, POLICY)) == (
            "public.t/p is live and not declared as retired, so it is kept; declare until which phase it "
            "exists, or take it out of the state with `pulumi state delete`"
        )
        assert run_sql("SELECT polname FROM pg_policy") == [("p",)]

    def test_what_is_gone_is_forgotten(self, stub: Any) -> None:
        self.delete(stub, POLICY)

    def test_a_scratch_target_gives_all_up(self, serve: Serve, given: Target, run_sql: RunSql) -> None:
        stub = serve(Target(**{**vars(given), "scratch": True}))
        stub.Configure(provider_pb2.ConfigureRequest())
        create(stub, POLICY)
        self.delete(stub, POLICY)
        assert run_sql("SELECT polname FROM pg_policy") == []


def test_a_fault_of_the_provider_is_told_without_a_traceback(stub: Any) -> None:
    message = refused(
        lambda: stub.Check(provider_pb2.CheckRequest(urn="not an urn", news=wire.struct({}))),
        grpc.StatusCode.INTERNAL,
    )
    assert message.startswith("this is a bug in the voip provider (servicer.py:")
    assert "\n" not in message


def test_to_cancel_gives_the_locks_on_the_target_up(stub: Any, given: Target, serve: Serve) -> None:
    create(stub, POLICY)
    second = serve(given)
    second.Configure(provider_pb2.ConfigureRequest())
    changed = Policy(table="t", name="p", using="(id > 1)")
    assert "another update of this database is running" in refused(lambda: update(second, POLICY, changed))
    stub.Cancel(empty_pb2.Empty())
    assert wire.plain(update(second, POLICY, changed).properties) == changed.wire()


def test_calls_at_the_same_time_take_their_turns(stub: Any) -> None:
    tables = [Table(name=f"t{number}", columns={}) for number in range(8)]
    with ThreadPoolExecutor(8) as callers:
        ids = [answer.id for answer in callers.map(lambda table: create(stub, table), tables)]
    assert sorted(ids) == sorted(table.id for table in tables)


class Engine(engine_pb2_grpc.EngineServicer):
    """An engine that remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, bool]] = []

    def Log(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: N802
        severity = engine_pb2.LogSeverity.Name(request.severity)
        self.told.append((severity, request.message, request.ephemeral))
        return empty_pb2.Empty()


@pytest.fixture
def engine(stub: Any) -> Iterator[Engine]:
    """The engine that the provider has shaken hands with."""
    servicer = Engine()
    server = grpc.server(ThreadPoolExecutor(max_workers=1))
    engine_pb2_grpc.add_EngineServicer_to_server(servicer, server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    stub.Handshake(provider_pb2.ProviderHandshakeRequest(engine_address=address))
    yield servicer
    server.stop(None).wait()


class TestTelling:
    TOLD = "ACCESS EXCLUSIVE on public.t for a moment; gives way to users and tries again"

    @pytest.fixture
    def stub(self, serve: Serve, given: Target, run_sql: RunSql) -> Any:
        run_sql("INSERT INTO public.t VALUES (1)")
        configured = serve(given)
        configured.Configure(provider_pb2.ConfigureRequest())
        return configured

    def test_a_preview_tells_what_a_creation_means(self, stub: Any, engine: Engine) -> None:
        create(stub, POLICY, preview=True)
        assert engine.told == [("INFO", self.TOLD, False)]

    def test_a_preview_tells_what_an_update_means(self, stub: Any, engine: Engine, run_sql: RunSql) -> None:
        run_sql("CREATE POLICY p ON public.t USING (id > 1)")
        update(stub, POLICY, POLICY, preview=True)
        assert engine.told == [("INFO", self.TOLD, False)]

    def test_a_preview_tells_what_an_update_would_refuse(self, stub: Any, engine: Engine) -> None:
        wanted = Constraint(table="t", name="x", definition="EXCLUDE USING btree (id WITH =)")
        create(stub, wanted, preview=True)
        ((severity, message, _),) = engine.told
        assert severity == "WARNING"
        assert message.startswith("an update will refuse this: `ALTER TABLE")

    def test_an_update_itself_tells_nothing_of_it(self, stub: Any, engine: Engine) -> None:
        create(stub, POLICY)
        assert engine.told == []

    def test_a_backfill_tells_how_far_it_is(self, stub: Any, engine: Engine) -> None:
        fill = Backfill(name="f", table="t", column="id", value="2", where="filled.id = 1")
        create(stub, fill)
        assert engine.told == [("INFO", "rows filled: 1", True)]

    def test_an_engine_that_does_not_answer_is_no_obstacle(self, stub: Any) -> None:
        stub.Handshake(provider_pb2.ProviderHandshakeRequest(engine_address="127.0.0.1:1"))
        create(stub, POLICY, preview=True)
        assert create(stub, POLICY).id == POLICY.id
