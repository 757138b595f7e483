/** The data set as it is sent, kept from one request to the next for as long as the table's rows are the same. */

import type { Caller } from "../_shared/caller.ts";
import type { Database, Transaction } from "../_shared/database.ts";
import { Together } from "../_shared/together.ts";

export interface Body {
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly gzipped: Uint8Array<ArrayBuffer>;
}

interface Version {
  readonly version: string;
  readonly body: Body;
}

/** Those who may call, none of them by name: where a policy looks at who it is, such a one sees nothing. */
const ANYONE: Readonly<Record<Caller["kind"], Caller>> = {
  user: { kind: "user", id: "", claims: { role: "authenticated" } },
  service: { kind: "service" },
  nobody: { kind: "nobody" },
};

export class Dataset {
  private kept: Version | undefined;
  private readonly together = new Together<Caller["kind"], Version>();

  /** `make` gives the document of the rows. */
  constructor(private readonly make: (records: readonly unknown[]) => unknown) {}

  /** The present rows. It is asked in the caller's role, so what is kept is only ever sent to those who may read it now. */
  async get(database: Database, caller: Caller): Promise<Version> {
    const found = await this.together.ask(caller.kind, async (kinds) => {
      const seen = kinds.map(async (kind) => [kind, await this.seenBy(database, ANYONE[kind])] as const);
      return new Map(await Promise.all(seen));
    });
    if (found === undefined) throw new TypeError("Each role that was asked for has an answer");
    return found;
  }

  private seenBy(database: Database, caller: Caller): Promise<Version> {
    return database.as(caller, async (sql) => {
      const present = await version(sql);
      return this.kept?.version === present ? this.kept : this.kept = await this.read(sql);
    });
  }

  /** The rows with their version, which may be a newer one by now. */
  private async read(sql: Transaction): Promise<Version> {
    const [row] = await sql<[{ version: string; records: unknown[] }]>`
      select coalesce(md5(string_agg(npa || xmin::text, ',' order by npa)), 'empty') as version,
        coalesce(json_agg(json_build_object(
          'npa', npa, 'country_code', country_code, 'country_name', country_name,
          'state_province_code', state_province_code, 'state_province_name', state_province_name,
          'region', region, 'notes', notes
        ) order by npa), '[]') as records
      from public.enhanced_lerg where is_active`;
    return { version: row.version, body: await encode(this.make(row.records)) };
  }
}

/** What names the rows' present content. Each change of a row gives it another `xmin`, a removal leaves it out. */
async function version(sql: Transaction): Promise<string> {
  const [row] = await sql<[{ version: string }]>`
    select coalesce(md5(string_agg(npa || xmin::text, ',' order by npa)), 'empty') as version
    from public.enhanced_lerg where is_active`;
  return row.version;
}

async function encode(document: unknown): Promise<Body> {
  const blob = new Blob([JSON.stringify(document)]);
  const bytes = async (body: Blob | Response) => new Uint8Array(await body.arrayBuffer());
  return {
    plain: await bytes(blob),
    gzipped: await bytes(new Response(blob.stream().pipeThrough(new CompressionStream("gzip")))),
  };
}
