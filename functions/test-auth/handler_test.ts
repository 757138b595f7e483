import assert from "node:assert/strict";
import { scenario } from "../_testing/stage.ts";
import { handler } from "./handler.ts";

scenario("users, administrators and the service are told who they are", async (stage) => {
  for (
    const [person, administrator] of [[await stage.person(), false], [await stage.admin(), true]] as const
  ) {
    const { data } = await stage.call(handler, { token: person.token, query: {} });
    assert.deepEqual(data, {
      ...{ caller: "user", user_id: person.id, administrator },
      ...{ database_role: "authenticated", database_user_id: person.id },
    });
  }
  const { data } = await stage.call(handler, { token: await stage.service(), json: {} });
  assert.deepEqual(data, {
    ...{ caller: "service", user_id: null, administrator: false },
    ...{ database_role: "service_role", database_user_id: null },
  });
});

scenario("a token that says more than the database knows changes nothing", async (stage) => {
  const { id } = await stage.person();
  const claims = { role: "authenticated", aud: "authenticated", sub: id, app_metadata: { role: "admin" } };
  const { data } = await stage.call(handler, { token: await stage.token(claims), query: {} });
  assert.deepEqual([data.administrator, data.database_role], [false, "authenticated"]);
});
