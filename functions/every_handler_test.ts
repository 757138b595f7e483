/** What the wrapper promises for every function, held on each of them: whoever is refused never reaches the work. */

import assert from "node:assert/strict";
import { SignJWT } from "jose";
import { type Contract, needsToken } from "./_shared/contract.ts";
import type { Handler, Platform } from "./_shared/implement.ts";
import { environmentOf } from "./_shared/serve.ts";
import { allHandlers, wired } from "./_testing/handlers.ts";
import { type Asking, JWT_SECRET, ORIGIN, requestFor, scenario, type Stage } from "./_testing/stage.ts";

const handlers = await allHandlers();

function each(name: string, applies: (contract: Contract) => boolean, work: Work): void {
  for (const [slug, handler] of handlers) {
    if (applies(handler.contract)) scenario(`${slug}: ${name}`, (stage) => work(stage, handler));
  }
}

type Work = (stage: Stage, handler: Handler<Platform>) => Promise<void>;

const always = () => true;

/** A token that the contract lets in. */
async function admitted(stage: Stage, { callers }: Contract): Promise<string | undefined> {
  if (callers.includes("anyone")) return undefined;
  if (callers.includes("user")) return (await stage.person()).token;
  return callers.includes("admin") ? (await stage.admin()).token : stage.service();
}

each("has the slug of its folder, and says what it is for", always, (_, { contract }) => {
  assert.equal(handlers.get(contract.slug)?.contract, contract);
  assert.match(contract.summary, /^[A-Z].*\.$/);
  return Promise.resolve();
});

each("lets a page of an allowed origin ask first", always, async (stage, handler) => {
  const asking = requestFor(handler.contract.slug, { method: "OPTIONS", headers: { origin: ORIGIN } });
  const { status, headers } = await handler(asking, stage.platform);
  assert.equal(status, 204);
  assert.equal(headers.get("access-control-allow-origin"), ORIGIN);
  assert.equal(headers.get("access-control-allow-methods"), handler.contract.methods.join(", "));
  assert.equal(headers.get("vary"), "origin");
});

const FOREIGN = [
  "null",
  "https://app.example.com.evil.test",
  "http://app.example.com",
  "https://app.example.com/",
];

each("refuses pages of any other origin", always, async (stage, handler) => {
  for (const origin of FOREIGN) {
    for (const method of ["OPTIONS", "POST"]) {
      const { code, headers } = await stage.call(handler, { method, headers: { origin } });
      assert.equal(code, "origin_not_allowed");
      assert.equal(headers.get("access-control-allow-origin"), null);
    }
  }
});

each("refuses other methods, and says which are allowed", always, async (stage, handler) => {
  const { methods } = handler.contract;
  for (
    const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"].filter((any) =>
      !methods.includes(any as never)
    )
  ) {
    const { code, headers } = await stage.call(handler, { method });
    assert.equal(code, "method_not_allowed");
    assert.equal(headers.get("allow"), [...methods, "OPTIONS"].join(", "));
  }
});

const POSTED = ({ methods }: Contract) => methods.includes("POST");

each("refuses other content types", POSTED, async (stage, handler) => {
  const token = await admitted(stage, handler.contract);
  for (
    const type of [
      "",
      "text/plain",
      "multipart/form-data; boundary=x",
      "application/x-www-form-urlencoded",
      "application/jsonp",
    ]
  ) {
    const { code } = await stage.call(handler, { token, body: "{}", headers: { "content-type": type } });
    assert.equal(code, "unsupported_media_type");
  }
});

each("reads no body past its limit", POSTED, async (stage, handler) => {
  const { mediaType, maxBytes } = handler.contract;
  const token = await admitted(stage, handler.contract);
  const chunk = new Uint8Array(Math.min(maxBytes, 256 * 1024)).fill(0x20);
  let pulled = 0;
  const endless = () => new ReadableStream({ pull: (body) => (pulled += chunk.length, body.enqueue(chunk)) });
  for (const announced of [undefined, "1", String(maxBytes + 1), "-1", "x"]) {
    pulled = 0;
    const headers = {
      "content-type": mediaType,
      ...(announced === undefined ? {} : { "content-length": announced }),
    };
    const { code } = await stage.call(handler, { token, body: endless(), headers });
    assert.equal(code, "payload_too_large");
    assert(pulled <= maxBytes + 3 * chunk.length, `${pulled} bytes were read`);
  }
});

each("refuses a body that breaks off, and one that is no UTF-8", POSTED, async (stage, handler) => {
  const token = await admitted(stage, handler.contract);
  const headers = { "content-type": handler.contract.mediaType };
  const broken = new ReadableStream({
    pull(body) {
      body.enqueue(new TextEncoder().encode('{"npa": "2'));
      body.error(new Error("connection lost"));
    },
  });
  assert.equal((await stage.call(handler, { token, headers, body: broken })).code, "malformed_body");
  const latin1 = Uint8Array.of(0x22, 0xe9, 0x22);
  assert.equal((await stage.call(handler, { token, headers, body: latin1 })).code, "malformed_body");
});

const takesJson = (contract: Contract) =>
  POSTED(contract) && contract.mediaType === "application/json" && !contract.raw;

each("refuses what is no JSON, and JSON that is no object", takesJson, async (stage, handler) => {
  const token = await admitted(stage, handler.contract);
  for (const body of ["{", '{"npa": "201"', "{'npa': 1}", "NaN", '{"a":1}{"b":2}']) {
    assert.equal((await stage.call(handler, { token, body })).code, "malformed_body");
  }
  for (const body of ["null", "[]", "1", '"text"']) {
    assert.equal((await stage.call(handler, { token, body })).code, "invalid_input");
  }
  const unknown = { token, body: '{"__proto__": {"admin": true}, "nobody knows": 1}' };
  const placeholder = handler.contract.errors.includes("not_implemented");
  assert.equal((await stage.call(handler, unknown)).code, placeholder ? "not_implemented" : "invalid_input");
});

each("refuses who has no token, or one that can't be believed", needsToken, async (stage, handler) => {
  const { id, email, token } = await stage.admin();
  const claims = { role: "authenticated", aud: "authenticated", sub: id, email };
  const unsigned = (header: unknown, payload: unknown) =>
    [header, payload].map((part) => btoa(JSON.stringify(part)).replace(/=+$/, "")).join(".");
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const forged = [
    await stage.token(claims, { secret: "another project's secret, of the same length" }),
    await stage.token({ ...claims, role: "service_role" }, { secret: JWT_SECRET.toUpperCase() }),
    await stage.token({ ...claims, sub: "1 or 1=1" }),
    await stage.token({ ...claims, sub: undefined }),
    await stage.token({ ...claims, aud: "another" }),
    await stage.token({ ...claims, role: "postgres" }),
    await stage.token({ ...claims, role: ["authenticated"] }),
    `${unsigned({ alg: "none", typ: "JWT" }, { ...claims, exp })}.AA`,
    `${unsigned({ alg: "HS512", typ: "JWT" }, { ...claims, exp })}.AA`,
    `${unsigned({ alg: "ES256", kid: "x" }, { ...claims, exp })}.AA`,
    `${unsigned({ alg: "HS256", crit: ["exp"] }, { ...claims, exp })}.AA`,
    token.slice(0, -3),
    `${token.slice(0, token.lastIndexOf("."))}.AA`,
    token.replace(/\.[^.]+\./, `.${btoa(JSON.stringify({ ...claims, exp })).replace(/=+$/, "")}.`),
    "a.b.c",
  ];
  const asking: Asking[] = [
    {},
    ...["", "Bearer", `Basic ${token}`, token, `Bearer  ${token} x`, "Bearer null"].map((authorization) => ({
      headers: { authorization },
    })),
    ...forged.map((each) => ({ token: each })),
    { token: await stage.token({ role: "anon", iss: "supabase" }) },
  ];
  for (const each of asking) {
    const { code, status } = await stage.call(handler, { json: {}, ...each });
    assert.deepEqual([code, status], ["unauthenticated", 401], JSON.stringify(each));
  }
});

each("refuses an expired token, and one that never expires", needsToken, async (stage, handler) => {
  const { id } = await stage.admin();
  const claims = { role: "authenticated", aud: "authenticated", sub: id };
  const expired = await stage.token(claims, { expires: "-1 minute" });
  assert.equal((await stage.call(handler, { token: expired })).code, "token_expired");
  const endless = await new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(
    new TextEncoder().encode(JWT_SECRET),
  );
  assert.equal((await stage.call(handler, { token: endless })).code, "unauthenticated");
});

each(
  "refuses users where only others may call, whatever their token says",
  (contract) => needsToken(contract) && !contract.callers.includes("user"),
  async (stage, handler) => {
    const person = await stage.person();
    const boasting = await stage.token({
      ...{ role: "authenticated", aud: "authenticated", sub: person.id },
      ...{
        app_metadata: { role: "admin" },
        user_metadata: { role: "admin" },
        user_role: "admin",
        is_admin: true,
      },
    });
    for (const token of [person.token, boasting]) {
      assert.equal((await stage.call(handler, { token, json: {} })).code, "forbidden");
    }
  },
);

each(
  "refuses an administrator who is banned or was deleted",
  ({ callers }) => callers.includes("admin") && !callers.includes("user"),
  async (stage, handler) => {
    const banned = await stage.admin();
    await stage.sql`update auth.users set banned_until = now() + interval '1 day' where id = ${banned.id}`;
    const [gone, marked] = [await stage.admin(), await stage.admin()];
    await stage.sql`delete from auth.users where id = ${gone.id}`;
    await stage.sql`update auth.users set deleted_at = now() where id = ${marked.id}`;
    for (const { token } of [banned, gone, marked]) {
      assert.equal((await stage.call(handler, { token, json: {} })).code, "forbidden");
    }
  },
);

each(
  "refuses the service where only people may call",
  ({ callers }) => !callers.includes("service") && !callers.includes("anyone"),
  async (stage, handler) => {
    assert.equal((await stage.call(handler, { token: await stage.service(), json: {} })).code, "forbidden");
  },
);

const ENVIRONMENT: Record<string, string> = {
  ALLOWED_ORIGINS: ORIGIN,
  SUPABASE_DB_URL: "postgres://postgres@127.0.0.1:1/postgres",
  JWT_SECRET,
};

for (const [slug, { contract }] of handlers) {
  const names = environmentOf(contract).filter((name) => !name.endsWith("?"));
  const complete: Record<string, string> = {
    ...Object.fromEntries(
      names.map((name) => [name.split("|")[0], `sk_test_${name}_of_the_tests_and_long_enough`]),
    ),
    ...ENVIRONMENT,
  };

  Deno.test(`${slug}: runs with its environment`, async () => {
    const respond = await wired(slug, (name) => complete[name]);
    const { status } = await respond(requestFor(slug, { method: "OPTIONS", headers: { origin: ORIGIN } }));
    assert.equal(status, 204);
  });

  for (const name of names) {
    Deno.test(`${slug}: names ${name} where it isn't set, to everybody, and no value`, async () => {
      const lines = await quietly(async () => {
        const respond = await wired(slug, (each) => each === name.split("|")[0] ? " " : complete[each]);
        for (const method of ["OPTIONS", "POST"]) {
          const response = await respond(requestFor(slug, { method }));
          const { error } = await response.json();
          assert.deepEqual([response.status, error.code], [503, "misconfigured"]);
          assert.match(error.message, new RegExp(`^${name.replace("|", " or ")} is not set;`));
        }
      });
      assert.equal(lines.length, 1);
      assert(lines[0]?.includes(name.split("|")[0] ?? ""));
      for (const value of Object.values(complete)) assert(!lines.join().includes(value));
    });
  }
}

/** What the work writes to standard output, which then doesn't see it. */
async function quietly(work: () => Promise<void>): Promise<string[]> {
  const lines: string[] = [];
  const output = globalThis.console;
  globalThis.console = { ...output, log: (line: string) => void lines.push(line) };
  try {
    await work();
  } finally {
    globalThis.console = output;
  }
  return lines;
}
