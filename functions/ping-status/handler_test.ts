import assert from "node:assert/strict";
import { connect } from "../_shared/database.ts";
import { scenario } from "../_testing/stage.ts";
import { handler } from "./handler.ts";

const given = { version: "62" };

scenario("nobody needs a token to learn that all is well", async (stage) => {
  for (const asking of [{ query: {} }, { json: {} }, { method: "POST" }]) {
    const { status, data } = await stage.callWith(handler, given, asking);
    assert.equal(status, 200);
    assert.equal(data.status, "ok");
    assert.equal(data.version, "62");
    assert(data.database.reachable && data.database.latency_ms !== null);
  }
});

scenario("a token that can't be believed is nobody's business here", async (stage) => {
  const { data } = await stage.callWith(handler, given, { query: {}, token: "a.b.c" });
  assert.equal(data.status, "ok");
});

scenario("a database that is down is told without its address", async (stage) => {
  const database = connect("postgres://canary:canary@127.0.0.1:1/nothing", "test", 1_000);
  const { status, data } = await stage.callWith(handler, { ...given, database }, { query: {} });
  assert.equal(status, 200);
  assert.deepEqual(data, {
    status: "degraded",
    version: "62",
    database: { reachable: false, latency_ms: null },
  });
  await database.close();
  assert(!stage.lines.join().includes("canary"));
});

scenario("what nobody asked for is refused", async (stage) => {
  const { code, error } = await stage.callWith(handler, given, { query: { verbose: "1" } });
  assert.equal(code, "invalid_input");
  assert.match(error.details?.[0]?.message ?? "", /verbose/);
});
