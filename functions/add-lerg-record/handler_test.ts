import assert from "node:assert/strict";
import { audited } from "../_testing/audit.ts";
import { freeNpa } from "../_testing/lerg.ts";
import { scenario } from "../_testing/stage.ts";
import { handler } from "./handler.ts";

scenario("an administrator adds an area code, which is recorded", async (stage) => {
  const { id, token } = await stage.admin();
  const json = { npa: freeNpa(), state: "NJ", country: "US" };
  const { status, data } = await stage.call(handler, { token, json });
  assert.equal(status, 201);
  const { last_updated: updated, ...record } = data.record;
  assert.deepEqual(record, json);
  assert(updated);
  const [latest] = await audited(stage, "simple_lerg_record_added");
  assert.deepEqual([latest?.["actor_id"], latest?.["traits"]], [id, { npa: json.npa }]);
});

scenario("the same area code can't be added twice, not even at once", async (stage) => {
  const { token } = await stage.admin();
  const json = { npa: freeNpa(), state: "NJ", country: "US" };
  const answers = await Promise.all([1, 2, 3].map(() => stage.call(handler, { token, json })));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409, 409]);
});

const FAULTS = [{ npa: "20" }, { npa: 201 }, { state: "New Jersey" }, { state: "nj" }, { country: "" }, {
  country: null,
}, {
  id: 1,
}, { state: "'; drop table lerg_codes; --" }];

for (const fault of FAULTS) {
  scenario(`${JSON.stringify(fault)} is refused`, async (stage) => {
    const { token } = await stage.admin();
    const { code } = await stage.call(handler, {
      token,
      json: { npa: "199", state: "NJ", country: "US", ...fault },
    });
    assert.equal(code, "invalid_input");
  });
}

scenario("where the table has been retired, its successor is named", async (stage) => {
  const { token } = await stage.admin();
  await stage.sql`alter table public.lerg_codes rename to retired_codes`;
  try {
    const { code, error } = await stage.call(handler, {
      token,
      json: { npa: "199", state: "NJ", country: "US" },
    });
    assert.equal(code, "gone");
    assert.match(error.message, /add-enhanced-lerg-record/);
  } finally {
    await stage.sql`alter table public.retired_codes rename to lerg_codes`;
  }
});
