import assert from "node:assert/strict";
import { allHandlers } from "../_testing/handlers.ts";
import { FILE, openApi } from "./openapi.ts";

Deno.test("the committed document is what the contracts give", async () => {
  assert.equal(await Deno.readTextFile(FILE), await openApi(), "stale; run `make documents`");
});

Deno.test("each function has its path, with all that is promised", async () => {
  const { paths } = JSON.parse(await openApi());
  const handlers = await allHandlers();
  assert.deepEqual(Object.keys(paths), [...handlers.keys()].map((slug) => `/${slug}`));
  for (const [slug, { contract }] of handlers) {
    const methods = Object.keys(paths[`/${slug}`]);
    assert.deepEqual(methods, contract.methods.map((method) => method.toLowerCase()));
    for (const method of methods) {
      const operation = paths[`/${slug}`][method];
      assert.deepEqual(operation["x-callers"], contract.callers);
      assert.equal(operation["x-verify-jwt"], contract.verifyJwt);
      const told = Object.values<{ description: string }>(operation.responses).map(({ description }) =>
        description
      );
      for (const code of contract.errors) {
        assert(told.join(", ").split(", ").includes(code), `${slug}: ${code}`);
      }
    }
  }
});
