import assert from "node:assert/strict";
import { audited } from "../_testing/audit.ts";
import { freeNpa, NEW_JERSEY } from "../_testing/lerg.ts";
import { scenario, type Stage } from "../_testing/stage.ts";
import { handler } from "./handler.ts";

async function added(stage: Stage): Promise<string> {
  const npa = freeNpa();
  await stage.sql`insert into public.enhanced_lerg ${
    stage.sql({ npa, ...NEW_JERSEY, region: "US", notes: "old" })
  }`;
  return npa;
}

scenario("only the given fields change, and who changed them is recorded", async (stage) => {
  const { id, token } = await stage.admin();
  const npa = await added(stage);
  const { status, data } = await stage.call(handler, { token, json: { npa, notes: "new", region: null } });
  assert.equal(status, 200);
  const { created_at: created, updated_at: updated, ...record } = data.record;
  assert.deepEqual(record, { npa, ...NEW_JERSEY, region: null, notes: "new", is_active: true });
  assert(Date.parse(updated ?? "") >= Date.parse(created ?? ""));
  const [latest] = await audited(stage, "lerg_record_changed");
  assert.equal(latest?.["actor_id"], id);
  assert.deepEqual(latest?.["traits"], { npa, fields: ["region", "notes"] });
});

scenario("an area code is retired and comes back", async (stage) => {
  const { token } = await stage.admin();
  const npa = await added(stage);
  for (const active of [false, true]) {
    const { data } = await stage.call(handler, { token, json: { npa, is_active: active } });
    assert.equal(data.record.is_active, active);
  }
});

scenario("the same change twice is the same row", async (stage) => {
  const { token } = await stage.admin();
  const json = { npa: await added(stage), notes: "again" };
  const answers = await Promise.all([1, 2, 3].map(() => stage.call(handler, { token, json })));
  assert.deepEqual(answers.map(({ data }) => data.record.notes), ["again", "again", "again"]);
});

scenario("an unknown area code is not found, and nothing is recorded", async (stage) => {
  const { token } = await stage.admin();
  assert.equal((await stage.call(handler, { token, json: { npa: "198", notes: "x" } })).code, "not_found");
  const records = await audited(stage, "lerg_record_changed");
  assert(records.every(({ traits }) => (traits as { npa: string }).npa !== "198"));
});

for (
  const [fault, at] of [[{ country_code: "us" }, "country_code"], [
    { state_province_code: "1J" },
    "state_province_code",
  ]] as const
) {
  scenario(`the table refuses ${JSON.stringify(fault)}, and the row stays`, async (stage) => {
    const { token } = await stage.admin();
    const npa = await added(stage);
    const { code, error } = await stage.call(handler, { token, json: { npa, notes: "never", ...fault } });
    assert.equal(code, "invalid_input");
    assert.equal(error.details?.[0]?.at, at);
    const [row] = await stage.sql`select notes from public.enhanced_lerg where npa = ${npa}`;
    assert.equal(row?.["notes"], "old");
  });
}

for (
  const fault of [{}, { npa: "20" }, { npa: null }, { country_name: null }, { is_active: null }, {
    updated_at: "x",
  }, { notes: 1 }]
) {
  scenario(`${JSON.stringify(fault)} is refused`, async (stage) => {
    const { token } = await stage.admin();
    const { code } = await stage.call(handler, { token, json: { npa: "201", ...fault } });
    assert.equal(code, "invalid_input");
  });
}
