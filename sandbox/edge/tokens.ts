/** Whether a token is a project's: asked once of Auth's stand-in, which knows the secret, and remembered. */

/** When a token expires, in seconds; undefined for one that is not valid. */
export type Verify = (ref: string, token: string) => Promise<number | undefined>;

const REMEMBERED = 10_000;
const BEARER = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i;

export class Tokens {
  readonly #expiry = new Map<string, number>();

  constructor(private readonly verify: Verify) {}

  async valid(ref: string, authorization: string | null): Promise<boolean> {
    const token = BEARER.exec(authorization ?? "")?.[1];
    if (token === undefined) return false;
    const name = `${ref} ${token}`;
    const known = this.#expiry.get(name);
    if (known !== undefined) return known > Date.now() / 1000;
    const expiry = await this.verify(ref, token);
    if (expiry === undefined) return false;
    if (this.#expiry.size >= REMEMBERED) this.#expiry.clear();
    this.#expiry.set(name, expiry);
    return true;
  }
}
