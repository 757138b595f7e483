/** What is deployed in each project, from the files in which the Management API's stand-in keeps it. */

export interface Source {
  readonly entrypoint_path: string;
  readonly import_map_path: string | null;
  readonly verify_jwt: boolean;
  readonly bundle: string;
}

export interface Deployed {
  readonly id: string;
  readonly slug: string;
  readonly version: number;
  readonly source: Source;
}

export interface Project {
  readonly functions: Readonly<Record<string, Deployed>>;
  /** Another text whenever another environment has to be given to the functions. */
  readonly environment: string;
}

const REF = /^[a-z][a-z0-9_]{0,39}$/;

/** Reads a project's file again whenever it is another one: a deployment counts from its answer on. */
export class Projects {
  readonly #known = new Map<string, { stamp: string; project: Project }>();

  constructor(private readonly folder: string) {}

  read(ref: string): Project | undefined {
    if (!REF.test(ref)) return undefined;
    const file = `${this.folder}/projects/${ref}.json`;
    const stamp = stampOf(file);
    if (stamp === undefined) return undefined;
    const known = this.#known.get(ref);
    if (known?.stamp === stamp) return known.project;
    const project = parsed(Deno.readTextFileSync(file));
    this.#known.set(ref, { stamp, project });
    return project;
  }

  /** Where the files of a bundle lie. */
  bundle(name: string): string {
    return `${this.folder}/bundles/${name}`;
  }
}

/** A file that was replaced is another one, even within a tick of the clock. */
function stampOf(file: string): string | undefined {
  try {
    const { ino, mtime, size } = Deno.statSync(file);
    return `${ino} ${mtime?.getTime()} ${size}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function parsed(text: string): Project {
  const { functions = {}, secrets = {} } = JSON.parse(text);
  return { functions, environment: JSON.stringify(secrets) };
}
