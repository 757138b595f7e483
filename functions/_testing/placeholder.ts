/** What every placeholder is held to. */

import assert from "node:assert/strict";
import type { Handler } from "../_shared/implement.ts";
import { scenario } from "./stage.ts";

export function saysWhatItIs(handler: Handler): void {
  const { slug } = handler.contract;

  scenario(`${slug} answers 501 to whoever is signed in, and says what it is`, async (stage) => {
    for (const { token } of [await stage.person(), await stage.admin()]) {
      for (const json of [{}, { name: "Nordlys", members: [1, { more: "'; drop table x; --" }] }]) {
        const { status, error } = await stage.call(handler, { token, json });
        assert.equal(status, 501);
        assert.match(error.message, new RegExp(`^${slug} is a placeholder: it is to .* organizations?`));
      }
    }
  });

  scenario(`${slug} changes nothing`, async (stage) => {
    const { id, token } = await stage.person();
    const before = await stage.sql`select profiles.*, xmin::text from public.profiles where id = ${id}`;
    await stage.call(handler, { token, json: { user_id: id } });
    assert.deepEqual([
      ...await stage.sql`select profiles.*, xmin::text from public.profiles where id = ${id}`,
    ], [...before]);
  });
}
