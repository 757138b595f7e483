import assert from "node:assert/strict";
import { silence, started } from "../_testing/sessions.ts";
import { scenario } from "../_testing/stage.ts";
import { handler } from "./handler.ts";

scenario("one user's signs of life are told", async (stage) => {
  const [admin, person] = [await stage.admin(), await stage.person()];
  await stage.sql`update public.profiles set total_uploads = 5 where id = ${person.id}`;
  await stage.sql`update auth.users set last_sign_in_at = now() - interval '3 days' where id = ${person.id}`;
  const ask = async (user = person.id) =>
    (await stage.call(handler, { token: admin.token, query: { user_id: user } })).data.users[0];
  const before = await ask();
  assert.equal(before?.last_active_at, before?.last_sign_in_at);
  assert.deepEqual([before?.sessions, before?.total_uploads, before?.email], [0, 5, person.email]);
  const [, silent] = [await started(stage, person), await started(stage, person)];
  await silence(stage, silent, "1 hour");
  const after = await ask(person.id.toUpperCase());
  assert.equal(after?.sessions, 1);
  assert((after?.last_active_at ?? "") > (before?.last_active_at ?? ""));
});

scenario("the latest come first, page by page, and the totals count all", async (stage) => {
  const admin = await stage.admin();
  for (const days of [2, 20, 200]) {
    const { id } = await stage.person();
    await stage
      .sql`update auth.users set last_sign_in_at = now() - make_interval(days => ${days}) where id = ${id}`;
  }
  const page = async (number: number) =>
    (await stage.call(handler, { token: admin.token, query: { page: String(number), per_page: "2" } })).data;
  const seen: string[] = [];
  const { totals } = await page(1);
  for (let number = 1; number <= Math.ceil(totals.users / 2); number++) {
    seen.push(
      ...(await page(number)).users.map(({ user_id: id, last_active_at: at }) => `${at ?? "0"} ${id}`),
    );
  }
  assert.equal(seen.length, totals.users);
  assert.equal(new Set(seen).size, totals.users);
  const times = seen.map((each) => each.split(" ")[0] ?? "");
  assert.deepEqual(times, times.toSorted().toReversed());
  assert.deepEqual((await page(1_000)).users, []);
  const [counted] = await stage.sql`
    select count(*)::int as users, sum(coalesce(total_uploads, 0))::int as uploads from public.profiles`;
  assert.deepEqual([totals.users, totals.uploads], [counted?.["users"], counted?.["uploads"]]);
  assert(totals.active_last_week >= 1 && totals.active_last_month > totals.active_last_week);
  assert(totals.users > totals.active_last_month);
});

scenario("an unknown user is not found", async (stage) => {
  const { token } = await stage.admin();
  assert.equal(
    (await stage.call(handler, { token, json: { user_id: crypto.randomUUID() } })).code,
    "not_found",
  );
});

for (
  const query of [{ page: "0" }, { page: "-1" }, { page: "x" }, { per_page: "201" }, { page: "1e99" }, {
    user_id: "1 or 1=1",
  }, { page: "1.5" }]
) {
  scenario(`${JSON.stringify(query)} is refused`, async (stage) => {
    const { token } = await stage.admin();
    assert.equal((await stage.call(handler, { token, query })).code, "invalid_input");
  });
}
