import assert from "node:assert/strict";
import { audited } from "../_testing/audit.ts";
import { freeNpa, NEW_JERSEY } from "../_testing/lerg.ts";
import { scenario } from "../_testing/stage.ts";
import { handler } from "./handler.ts";

scenario("an administrator adds an area code, which is recorded", async (stage) => {
  const { id, token } = await stage.admin();
  const npa = freeNpa();
  const given = { npa, ...NEW_JERSEY, region: "US", notes: "New; see “press” 📞 O'Neil" };
  const { status, data } = await stage.call(handler, { token, json: given });
  assert.equal(status, 201);
  const { created_at: created, updated_at: updated, ...record } = data.record;
  assert.deepEqual(record, { ...given, is_active: true });
  assert.equal(created, updated);
  const [stored] = await stage.sql`select notes from public.enhanced_lerg where npa = ${npa}`;
  assert.equal(stored?.["notes"], given.notes);
  const [latest] = await audited(stage, "lerg_record_added");
  assert.deepEqual(latest, { action: "lerg_record_added", actor_id: id, log_type: "admin", traits: { npa } });
});

scenario("what isn't given is as the table has it", async (stage) => {
  const { token } = await stage.admin();
  const { data } = await stage.call(handler, { token, json: { npa: freeNpa(), ...NEW_JERSEY } });
  assert.deepEqual([data.record.region, data.record.notes, data.record.is_active], [null, null, true]);
});

scenario("the same area code can't be added twice, not even at once", async (stage) => {
  const { token } = await stage.admin();
  const json = { npa: freeNpa(), ...NEW_JERSEY };
  const answers = await Promise.all(Array.from({ length: 5 }, () => stage.call(handler, { token, json })));
  const statuses = answers.map(({ status }) => status).sort();
  assert.deepEqual(statuses, [201, 409, 409, 409, 409]);
  const refused = answers.find(({ status }) => status === 409);
  assert.equal(refused?.error.message, "There is such an area code already");
  const records = (await audited(stage, "lerg_record_added"))
    .filter(({ traits }) => (traits as { npa: string }).npa === json.npa);
  assert.equal(records.length, 1);
});

const REFUSED_BY_THE_TABLE: [Record<string, unknown>, string][] = [
  [{ npa: "20x" }, "npa"],
  [{ npa: "२०१" }, "npa"],
  [{ npa: "'--" }, "npa"],
  [{ country_code: "us" }, "country_code"],
  [{ country_code: "U" }, "country_code"],
  [{ state_province_code: "N1" }, "state_province_code"],
];

for (const [fault, at] of REFUSED_BY_THE_TABLE) {
  scenario(`the table refuses ${JSON.stringify(fault)}`, async (stage) => {
    const { token } = await stage.admin();
    const { code, error } = await stage.call(handler, {
      token,
      json: { npa: "199", ...NEW_JERSEY, ...fault },
    });
    assert.equal(code, "invalid_input");
    assert.equal(error.details?.[0]?.at, at);
  });
}

for (const fault of [{ npa: "2011" }, { country_code: "USA" }, { region: "x".repeat(51) }]) {
  scenario(`the column is too short for ${Object.keys(fault)}`, async (stage) => {
    const { token } = await stage.admin();
    const { code, error } = await stage.call(handler, {
      token,
      json: { npa: "199", ...NEW_JERSEY, ...fault },
    });
    assert.equal(code, "invalid_input");
    assert.equal(error.message, "A text is longer than its column");
  });
}

const REFUSED_BEFORE: Record<string, unknown>[] = [
  { npa: 201 },
  { npa: undefined },
  { country_name: "" },
  { country_name: null },
  { notes: "nul \u0000" },
  { notes: "half \ud83d" },
  { notes: ["a"] },
  { is_active: "yes" },
  { created_at: "2020-01-01T00:00:00Z" },
  { "npa) values ('1'); drop table x; --": "1" },
];

for (const fault of REFUSED_BEFORE) {
  scenario(`${JSON.stringify(fault)} is refused`, async (stage) => {
    const { token } = await stage.admin();
    const { code } = await stage.call(handler, { token, json: { npa: "199", ...NEW_JERSEY, ...fault } });
    assert.equal(code, "invalid_input");
  });
}

scenario("SQL in a text is text", async (stage) => {
  const { token } = await stage.admin();
  const notes = "'); drop table public.enhanced_lerg; --";
  const { data } = await stage.call(handler, { token, json: { npa: freeNpa(), ...NEW_JERSEY, notes } });
  assert.equal(data.record.notes, notes);
});
