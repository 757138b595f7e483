/** The data set as it is sent, kept from one request to the next for as long as the table's rows are the same. */

import type { Transaction } from "../_shared/database.ts";

export interface Body {
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly gzipped: Uint8Array<ArrayBuffer>;
}

interface Version {
  readonly version: string;
  readonly body: Body;
}

export class Dataset {
  private kept: Version | undefined;

  /** `make` gives the document of the rows. */
  constructor(private readonly make: (records: readonly unknown[]) => unknown) {}

  /** What names the rows' present content. Each change of a row gives it another `xmin`, a removal leaves it out. */
  static async version(sql: Transaction): Promise<string> {
    const [row] = await sql<[{ version: string }]>`
      select coalesce(md5(string_agg(npa || xmin::text, ',' order by npa)), 'empty') as version
      from public.enhanced_lerg where is_active`;
    return row.version;
  }

  /** The body of a version, or of a newer one; the rows are read only where what is kept is another. */
  async get(sql: Transaction, version: string): Promise<Version> {
    if (this.kept?.version === version) return this.kept;
    const [row] = await sql<[{ version: string; records: unknown[] }]>`
      select coalesce(md5(string_agg(npa || xmin::text, ',' order by npa)), 'empty') as version,
        coalesce(json_agg(json_build_object(
          'npa', npa, 'country_code', country_code, 'country_name', country_name,
          'state_province_code', state_province_code, 'state_province_name', state_province_name,
          'region', region, 'notes', notes
        ) order by npa), '[]') as records
      from public.enhanced_lerg where is_active`;
    this.kept = { version: row.version, body: await encode(this.make(row.records)) };
    return this.kept;
  }
}

async function encode(document: unknown): Promise<Body> {
  const blob = new Blob([JSON.stringify(document)]);
  const bytes = async (body: Blob | Response) => new Uint8Array(await body.arrayBuffer());
  return {
    plain: await bytes(blob),
    gzipped: await bytes(new Response(blob.stream().pipeThrough(new CompressionStream("gzip")))),
  };
}
