import assert from "node:assert/strict";
import { scenario } from "../_testing/stage.ts";
import { handler } from "./handler.ts";

scenario("a user, an administrator and the service get all area codes", async (stage) => {
  const [user, admin] = [await stage.person(), await stage.admin()];
  for (const token of [user.token, admin.token, await stage.service()]) {
    const { data } = await stage.call(handler, { token, query: {} });
    assert(data.data.length >= 440);
    const { last_updated: updated, ...row } = data.data.find(({ npa }) => npa === "201") ?? {};
    assert.deepEqual(row, { npa: "201", state: "NJ", country: "US" });
    assert(updated);
  }
});

scenario("a filter isn't taken for one that works", async (stage) => {
  const { token } = await stage.person();
  assert.equal((await stage.call(handler, { token, query: { state: "NJ" } })).code, "invalid_input");
});

scenario("where the table has been retired, its successor is named", async (stage) => {
  const { token } = await stage.person();
  await stage.sql`alter table public.lerg_codes rename to retired_codes`;
  try {
    const { code, error } = await stage.call(handler, { token, query: {} });
    assert.equal(code, "gone");
    assert.match(error.message, /get-enhanced-lerg-data/);
  } finally {
    await stage.sql`alter table public.retired_codes rename to lerg_codes`;
  }
});
