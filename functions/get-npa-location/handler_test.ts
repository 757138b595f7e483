import assert from "node:assert/strict";
import { scenario } from "../_testing/stage.ts";
import { handler, newLookups } from "./handler.ts";

scenario("a user finds where an area code is", async (stage) => {
  const { token } = await stage.person();
  const expected = {
    npa: "201",
    display_location: "New Jersey",
    full_location: "New Jersey, United States",
    category: "us-domestic",
    confidence_score: 1,
  };
  const asked = await stage.callWith(handler, { lookups: newLookups() }, { token, query: { npa: "201" } });
  assert.deepEqual(asked.data, expected);
  const posted = await stage.callWith(handler, { lookups: newLookups() }, { token, json: { npa: "201" } });
  assert.deepEqual(posted.data, expected);
});

scenario("administrators and the service find it too", async (stage) => {
  const { token } = await stage.admin();
  for (const each of [token, await stage.service()]) {
    const { data } = await stage.callWith(handler, { lookups: newLookups() }, {
      token: each,
      query: { npa: "264" },
    });
    assert.equal(data.category, "caribbean");
  }
});

scenario("many are found at once, each by who asked for it", async (stage) => {
  const { token } = await stage.person();
  const given = { lookups: newLookups() };
  const asked = ["201", "264", "999", "201", "416", "212"];
  const answers = await Promise.all(
    asked.map((npa) => stage.callWith(handler, given, { token, query: { npa } })),
  );
  assert.deepEqual(answers.map((each) => each.status === 200 ? each.data.npa : each.code), [
    "201",
    "264",
    "not_found",
    "201",
    "416",
    "212",
  ]);
});

scenario("an unknown or retired area code is not found", async (stage) => {
  const { token } = await stage.person();
  assert.equal(
    (await stage.callWith(handler, { lookups: newLookups() }, { token, query: { npa: "000" } })).code,
    "not_found",
  );
  await stage.sql`insert into public.enhanced_lerg
    (npa, country_code, country_name, state_province_code, state_province_name, is_active)
    values ('001', 'US', 'United States', 'NJ', 'New Jersey', false)`;
  assert.equal(
    (await stage.callWith(handler, { lookups: newLookups() }, { token, query: { npa: "001" } })).code,
    "not_found",
  );
});

const MALFORMED = [
  "",
  "20",
  "2011",
  " 201",
  "201\n",
  "20a",
  "२०१",
  "201' or '1'='1",
  "%",
  "\u0000201",
  "null",
];

for (const npa of MALFORMED) {
  scenario(`${JSON.stringify(npa)} is no area code`, async (stage) => {
    const { token } = await stage.person();
    for (const asking of [{ query: { npa } }, { json: { npa } }]) {
      const { code, error } = await stage.callWith(handler, { lookups: newLookups() }, { token, ...asking });
      assert.equal(code, "invalid_input");
      assert.equal(error.details?.[0]?.at, "npa");
    }
  });
}

for (const npa of [201, null, ["201"], { toString: "201" }, true, undefined]) {
  scenario(`${JSON.stringify(npa)} is no text`, async (stage) => {
    const { token } = await stage.person();
    assert.equal(
      (await stage.callWith(handler, { lookups: newLookups() }, { token, json: { npa } })).code,
      "invalid_input",
    );
  });
}

scenario("an area code given twice is refused", async (stage) => {
  const { token } = await stage.person();
  const request = new Request("http://functions.test/get-npa-location?npa=201&npa=202", {
    headers: { authorization: `Bearer ${token}` },
  });
  const response = await handler(request, { ...stage.platform, lookups: newLookups() });
  assert.equal(response.status, 400);
  await response.body?.cancel();
});
