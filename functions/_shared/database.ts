/** The way to Postgres: as a caller, whom row level security holds, or by name as the service, whom it doesn't. */

import postgres from "postgres";
import type { Caller } from "./caller.ts";
import { EnvironmentFault } from "./environment.ts";

export type Sql = postgres.Sql;
export type Transaction = postgres.TransactionSql;

const ROLES = { user: "authenticated", service: "service_role", nobody: "anon" } as const;

export class Database {
  constructor(
    /** As the database's owner. No policy holds, so every statement says for itself whose rows it means. */
    readonly service: Sql,
  ) {}

  /** One transaction as the caller: policies see the verified token, and nobody else's. */
  async as<T>(caller: Caller, work: (sql: Transaction) => Promise<T>): Promise<T> {
    const claims = caller.kind === "user" ? caller.claims : { role: ROLES[caller.kind] };
    const [result] = await this.service.begin(async (sql) => {
      const become = sql`select set_config('role', ${ROLES[caller.kind]}, true),
        set_config('request.jwt.claims', ${JSON.stringify(claims)}, true)`;
      // Sent together with the first statement of the work: where this fails, the transaction runs nothing more.
      become.execute();
      const [, done] = await Promise.all([become, work(sql)]);
      return [done] as const;
    });
    return result as T;
  }

  /** Whether a user may administer now. The token isn't asked: it is as old as the last sign-in. */
  async isAdmin(id: string): Promise<boolean> {
    const [row] = await this.service<[{ admin: boolean }]>`
      select exists (
        select from public.profiles as profile join auth.users as account using (id)
        where profile.id = ${id} and profile.role = 'admin'
          and coalesce(account.banned_until < now(), true) and account.deleted_at is null
      ) as admin`;
    return row.admin;
  }

  close(): Promise<void> {
    return this.service.end({ timeout: 1 });
  }
}

/** Times come as JSON has them. */
const TIME = {
  to: 1184,
  from: [1114, 1184],
  serialize: (time: string) => time,
  parse: (text: string) => new Date(text).toISOString(),
};

/** A pool that opens no connection before the first statement, and gives up before `timeout` (milliseconds) is over. */
export function connect(url: string, name: string, timeout: number): Database {
  const statementTimeout = Math.ceil(timeout * 0.8);
  return new Database(postgres(url, {
    // Few: every function has a pool of its own, and a small project allows sixty connections in all.
    max: 3,
    connect_timeout: Math.min(5, statementTimeout / 1000),
    idle_timeout: 20,
    max_lifetime: 30 * 60,
    fetch_types: false,
    onnotice: () => {},
    types: { time: TIME },
    ...(encrypted(url) ? { ssl: "require" as const } : {}),
    connection: {
      application_name: name,
      statement_timeout: statementTimeout,
      lock_timeout: Math.min(statementTimeout, 3_000),
      idle_in_transaction_session_timeout: 10_000,
    },
  }));
}

/** Whether the way to the server leaves this machine; a URL that speaks of TLS itself is followed as it stands. */
function encrypted(url: string): boolean {
  if (!URL.canParse(url)) throw new EnvironmentFault(["SUPABASE_DB_URL"], "is no URL");
  const { hostname, searchParams } = new URL(url);
  return !searchParams.has("sslmode") && !["localhost", "127.0.0.1", "[::1]", ""].includes(hostname);
}

const UNAVAILABLE = new Set([
  "CONNECT_TIMEOUT",
  "CONNECTION_CLOSED",
  "CONNECTION_DESTROYED",
  "CONNECTION_ENDED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
  // SQLSTATEs: too many connections, shutting down, starting up, a lock not had in time, a deadlock.
  "53300",
  "57P01",
  "57P02",
  "57P03",
  "3D000",
  "55P03",
  "40P01",
]);

const STATEMENT_TIMEOUT = "57014";

/** What kind of trouble the database is in, or undefined where the error tells of none. */
export function trouble(error: unknown): "unavailable" | "timeout" | undefined {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  if (code === STATEMENT_TIMEOUT) return "timeout";
  return typeof code === "string" && UNAVAILABLE.has(code) ? "unavailable" : undefined;
}
