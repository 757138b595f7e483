import assert from "node:assert/strict";
import { scenario, type Stage } from "../_testing/stage.ts";
import { handler } from "./handler.ts";

async function list(stage: Stage, query: Record<string, string>) {
  const { token } = await stage.admin();
  return (await stage.call(handler, { token, query })).data;
}

scenario("users are told with what they have uploaded", async (stage) => {
  const person = await stage.person();
  await stage.sql`update public.profiles set total_uploads = 12 where id = ${person.id}`;
  const { users, total, uploads } = await list(stage, { search: person.id });
  assert.equal(total, 1);
  const { created_at: created, plan_expires_at: expires, ...user } = users[0] ?? {};
  assert.deepEqual(user, {
    id: person.id,
    email: person.email,
    role: "user",
    subscription_status: "trial",
    billing_period: null,
    total_uploads: 12,
    last_sign_in_at: null,
    active: true,
  });
  assert((created ?? "") < (expires ?? ""));
  assert.deepEqual(uploads, { total: 12, users: 1, most: 12 });
});

scenario("pages hold all users once", async (stage) => {
  for (let count = 0; count < 5; count++) await stage.person();
  const { token } = await stage.admin();
  const page = async (page: number) =>
    (await stage.call(handler, { token, json: { page, per_page: 2, sort: "role" } })).data;
  const { total } = await page(1);
  const ids: string[] = [];
  for (let number = 1; number <= Math.ceil(total / 2); number++) {
    ids.push(...(await page(number)).users.map(({ id }) => id));
  }
  assert.equal(new Set(ids).size, total);
  assert.equal((await stage.sql`select from public.profiles`).length, total);
  assert.deepEqual((await page(total)).users, []);
});

for (
  const sort of [
    "created_at",
    "email",
    "last_sign_in_at",
    "plan_expires_at",
    "role",
    "subscription_status",
    "total_uploads",
  ] as const
) {
  scenario(`by ${sort}, in both orders, those without one last`, async (stage) => {
    for (const uploads of [3, 1, 2]) {
      const { id } = await stage.person();
      await stage
        .sql`update public.profiles set total_uploads = ${uploads}, billing_period = 'annual' where id = ${id}`;
      if (uploads > 1) await stage.sql`update auth.users set last_sign_in_at = now() where id = ${id}`;
    }
    for (const order of ["asc", "desc"] as const) {
      const { users } = await list(stage, { sort, order, per_page: "200" });
      const values = users.map((user) => user[sort]).filter((value) => value !== null);
      const ordered = values.toSorted((one, other) => one < other ? -1 : one > other ? 1 : 0);
      assert.deepEqual(values, order === "asc" ? ordered : ordered.toReversed());
      assert(users.slice(values.length).every((user) => user[sort] === null));
    }
  });
}

scenario("a part of the address finds, in any case; what is no part doesn't", async (stage) => {
  const person = await stage.person();
  const part = person.email.slice(2, 12);
  for (const search of [part, part.toUpperCase(), person.email]) {
    assert.deepEqual((await list(stage, { search })).users.map(({ id }) => id), [person.id]);
  }
  for (const search of ["%", "_", `${part}%`, "' or '1'='1", "\\", "nobody has this"]) {
    assert.deepEqual((await list(stage, { search })).users, [], search);
  }
});

scenario("administrators alone, and closed accounts, are told apart", async (stage) => {
  const person = await stage.person();
  await stage.sql`update auth.users set banned_until = now() + interval '1 day' where id = ${person.id}`;
  const { users } = await list(stage, { role: "admin", per_page: "200" });
  assert(users.length > 0 && users.every(({ role }) => role === "admin"));
  const [closed] = (await list(stage, { search: person.id })).users;
  assert.equal(closed?.active, false);
});

scenario("an address that only the sign-in knows is found too", async (stage) => {
  const person = await stage.person();
  const [profile] = await stage.sql`select email from public.profiles where id = ${person.id}`;
  assert.equal(profile?.["email"], null);
  assert.equal((await list(stage, { search: person.email })).total, 1);
});

const FAULTS: Record<string, string>[] = [
  { sort: "encrypted_password" },
  { sort: "email; drop table profiles" },
  { order: "desc nulls first" },
  { role: "owner" },
  { page: "0" },
  { page: "" },
  { per_page: "201" },
  { per_page: "NaN" },
  { search: "" },
  { search: "\u0000" },
  { search: "x".repeat(255) },
  { columns: "*" },
];

for (const query of FAULTS) {
  scenario(`${JSON.stringify(query).slice(0, 60)} is refused`, async (stage) => {
    const { token } = await stage.admin();
    assert.equal((await stage.call(handler, { token, query })).code, "invalid_input");
  });
}
