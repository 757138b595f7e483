/** One question for all who ask while the one before is under way: what is asked often then costs little each. */

/** Answers many keys at once; a key that has no answer is left out. */
export type Find<Key, Value> = (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>;

interface Round<Key, Value> {
  readonly keys: Set<Key>;
  readonly found: Promise<ReadonlyMap<Key, Value>>;
}

export class Together<Key, Value> {
  private running: Promise<unknown> = Promise.resolve();
  private next: Round<Key, Value> | undefined;

  /** The key's answer, by a question that is put after now: what changed before it was asked for is seen. */
  async ask(key: Key, find: Find<Key, Value>): Promise<Value | undefined> {
    const round = this.next ??= this.begin(find);
    round.keys.add(key);
    return (await round.found).get(key);
  }

  private begin(find: Find<Key, Value>): Round<Key, Value> {
    const keys = new Set<Key>();
    // Whatever becomes of the question before, its end is what is waited for.
    const found = this.running.then(() => {
      this.next = undefined;
      return find([...keys]);
    });
    this.running = found.then(() => {}, () => {});
    return { keys, found };
  }
}
