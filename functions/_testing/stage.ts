/** What a handler's test stands on: a real database, people with real tokens, and calls held to the contract. */

import assert from "node:assert/strict";
import { SignJWT } from "jose";
import { z } from "zod";
import { identifyBy } from "../_shared/caller.ts";
import { connect, type Database, type Transaction } from "../_shared/database.ts";
import type { Handler, Platform } from "../_shared/implement.ts";
import { logTo } from "../_shared/log.ts";
import { COMMON_ERRORS, type ErrorCode, STATUS } from "../_shared/refusal.ts";

export const ORIGIN = "https://app.example.com";
export const JWT_SECRET = "a secret of the tests alone, long enough for HS256";

const ErrorBody = z.strictObject({
  error: z.strictObject({
    code: z.enum(Object.keys(STATUS) as [ErrorCode, ...ErrorCode[]]),
    message: z.string().min(1),
    details: z.array(z.strictObject({ at: z.union([z.string(), z.number()]), message: z.string() }))
      .optional(),
  }),
});

export interface Person {
  readonly id: string;
  readonly email: string;
  readonly token: string;
}

export interface Asking {
  readonly method?: string;
  readonly token?: string | undefined;
  readonly query?: Record<string, string>;
  readonly json?: unknown;
  readonly body?: BodyInit;
  readonly headers?: Record<string, string>;
}

/** An answer that has been held to the contract. */
export class Answer<Data> {
  constructor(
    readonly status: number,
    readonly headers: Headers,
    private readonly parsed: { data?: Data } | z.output<typeof ErrorBody> = {},
  ) {}

  get data(): Data {
    assert("data" in this.parsed, `refused: ${JSON.stringify(this.parsed)}`);
    return this.parsed.data as Data;
  }

  get error(): z.output<typeof ErrorBody>["error"] {
    assert("error" in this.parsed, `not refused: ${JSON.stringify(this.parsed)}`);
    return this.parsed.error;
  }

  /** The code of a refusal, which must be one. */
  get code(): ErrorCode {
    return this.error.code;
  }
}

export function databaseUrl(): string {
  const url = Deno.env.get("SUPABASE_DB_URL");
  assert(url, "SUPABASE_DB_URL must name a scratch database; tests/functions gives one");
  return url;
}

/** One test with a stage of its own. */
export function scenario(name: string, work: (stage: Stage) => Promise<void>): void {
  Deno.test(name, async () => {
    const stage = new Stage();
    try {
      await work(stage);
    } catch (error) {
      if (error instanceof Error) error.message = [error.message, ...stage.lines].join("\n");
      throw error;
    } finally {
      await stage.platform.database.close();
    }
  });
}

export class Stage {
  readonly lines: string[] = [];
  readonly platform: Platform = {
    origins: new Set([ORIGIN]),
    identify: identifyBy({ JWT_SECRET }),
    database: connect(databaseUrl(), "test", 5_000),
    log: logTo("test", (line) => this.lines.push(line)),
  };
  /** What no log line and no refusal may hold. */
  private readonly secrets = new Set<string>([JWT_SECRET]);

  get sql(): Database["service"] {
    return this.platform.database.service;
  }

  /** Someone who has signed up, as the sign-up makes a profile. */
  async person(profile: { role?: "user" | "admin" } = {}): Promise<Person> {
    const id = crypto.randomUUID();
    const email = `${id.slice(0, 8)}.person@example.com`;
    await this.sql`insert into auth.users (id, aud, role, email, created_at)
      values (${id}, 'authenticated', 'authenticated', ${email}, now())`;
    if (profile.role) await this.sql`update public.profiles set role = ${profile.role} where id = ${id}`;
    this.secrets.add(id).add(email);
    return {
      id,
      email,
      token: await this.token({ role: "authenticated", aud: "authenticated", sub: id, email }),
    };
  }

  /** Runs the calls while another transaction holds what it did, and ends it when all of them wait for it. */
  async together<T>(
    holding: (sql: Transaction) => Promise<unknown>,
    calls: readonly (() => Promise<T>)[],
  ): Promise<T[]> {
    let answers: Promise<T[]> = Promise.resolve([]);
    await this.sql.begin(async (sql) => {
      await holding(sql);
      let settled = false;
      answers = Promise.all(calls.map((call) => call())).finally(() => settled = true);
      while (!settled && await this.waiting(sql) < calls.length) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    });
    return await answers;
  }

  /** How many transactions wait for one of this database. */
  private async waiting(sql: Transaction): Promise<number> {
    // Within a transaction Postgres would tell the same again.
    await sql`select pg_stat_clear_snapshot()`;
    const [row] = await sql<[{ count: number }]>`
      select count(*)::int from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`;
    return row.count;
  }

  admin(): Promise<Person> {
    return this.person({ role: "admin" });
  }

  service(): Promise<string> {
    return this.token({ role: "service_role", iss: "supabase" });
  }

  /** A signed token; without more said it is good for an hour. */
  async token(
    claims: Record<string, unknown>,
    { secret = JWT_SECRET, expires = "1 hour" }: { secret?: string; expires?: string } = {},
  ): Promise<string> {
    const token = await new SignJWT(claims).setProtectedHeader({ alg: "HS256", typ: "JWT" })
      .setIssuedAt().setExpirationTime(expires).sign(new TextEncoder().encode(secret));
    this.secrets.add(token);
    return token;
  }

  /** A call without anything beside the platform. */
  call<Output extends z.ZodType>(
    handler: Handler<Platform, Output>,
    asking?: Asking,
  ): Promise<Answer<z.output<Output>>> {
    return this.callWith(handler, {}, asking);
  }

  /** A call whose answer must be one that the contract tells of. */
  async callWith<Given extends Platform, Output extends z.ZodType>(
    handler: Handler<Given, Output>,
    given: Omit<Given, keyof Platform> & Partial<Platform>,
    asking: Asking = {},
  ): Promise<Answer<z.output<Output>>> {
    const before = this.lines.length;
    const response = await handler(
      requestFor(handler.contract.slug, asking),
      { ...this.platform, ...given } as Given,
    );
    const text = await response.text();
    this.holdLines(this.lines.slice(before));
    if (response.status === 304) return new Answer<z.output<Output>>(304, response.headers);
    if (response.status < 400) {
      assert.equal(response.status, handler.contract.status);
      return new Answer(response.status, response.headers, { data: parsed(handler, text) });
    }
    const refused = ErrorBody.parse(JSON.parse(text));
    assert.equal(response.status, STATUS[refused.error.code]);
    assert(
      [...COMMON_ERRORS, ...handler.contract.errors].includes(refused.error.code),
      `${handler.contract.slug} does not declare ${refused.error.code}`,
    );
    return new Answer(response.status, response.headers, refused);
  }

  private holdLines(lines: readonly string[]): void {
    assert(lines.length > 0, "the call left no log line");
    for (const line of lines) {
      JSON.parse(line);
      for (const secret of this.secrets) assert(!line.includes(secret), `the log tells ${secret}: ${line}`);
    }
  }
}

function parsed<Output extends z.ZodType>(
  { contract }: { contract: { output: Output } },
  text: string,
): z.output<Output> {
  return contract.output.parse(JSON.parse(text));
}

/** A request as the platform passes it on. */
export function requestFor(slug: string, { method, token, query, json, body, headers }: Asking): Request {
  const sent = json === undefined ? body : JSON.stringify(json);
  return new Request(`http://functions.test/${slug}?${new URLSearchParams(query)}`, {
    method: method ?? (sent === undefined && query !== undefined ? "GET" : "POST"),
    headers: {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(sent === undefined ? {} : { body: sent }),
  });
}
