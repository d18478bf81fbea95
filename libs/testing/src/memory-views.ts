import { createHash } from 'node:crypto';
import { canonicalJson, SolyxError, SystemClock, type Clock, type Recorded } from '@solyx/kernel';
import {
  checkAt,
  checkQuery,
  decodeCursor,
  encodeCursor,
  indexValue,
  Views,
  type At,
  type EventLog,
  type ListQuery,
  type Page,
  type Projection,
  type ViewHealth,
  type ViewVerification,
} from '@solyx/eventing';

interface Version {
  readonly key: string;
  readonly organizationId: string;
  readonly began: bigint;
  readonly from: bigint;
  readonly fromTime: string;
  to: bigint | undefined;
  toTime: string | undefined;
  /** JSON text, so that no caller can change what is kept. */
  readonly json: string;
}

const KEY_LENGTH_MAX = 512;

/** One view: every version of every row, oldest first. */
class MemoryView {
  readonly versions = new Map<string, Version[]>();
  /** Of the last event folded. */
  position = -1n;
  /** Catching up, one after another. */
  turn: Promise<void> = Promise.resolve();
  /** The log was read to here, matching or not. */
  read = -1n;
  events = 0;
  fault: string | undefined;
  private newest = '';

  constructor(readonly projection: Projection) {}

  get stands(): boolean {
    return this.fault !== undefined;
  }

  fold(event: Recorded): void {
    if (event.position <= this.position || this.fault !== undefined) return;
    try {
      this.apply(event);
      this.position = event.position;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.fault = `${this.projection.name} cannot fold ${event.type} ${event.id} at position ${event.position}: ${why}`;
    }
  }

  /** All rows of one event, or none of them. */
  private apply(event: Recorded): void {
    const keys = [...new Set(this.projection.keys(event))];
    if (keys.length === 0) return;
    const next = keys.map((key) => [key, this.next(key, event)] as const);
    if (event.recordedAt > this.newest) this.newest = event.recordedAt;
    this.events += 1;
    for (const [key, json] of next) this.replace(key, json, event);
  }

  private next(key: string, event: Recorded): string | undefined {
    if (key === '' || key.length > KEY_LENGTH_MAX) {
      throw new SolyxError('InvalidArgument', `a key must have 1 to ${KEY_LENGTH_MAX} characters`);
    }
    const before = this.current(key);
    const row = this.projection.apply(before ? JSON.parse(before.json) : this.projection.initial, event, key);
    return row === undefined ? undefined : JSON.stringify(row);
  }

  private replace(key: string, json: string | undefined, event: Recorded): void {
    const before = this.current(key);
    if (before) {
      before.to = event.position;
      before.toTime = this.newest;
    }
    if (json === undefined) return;
    const known = this.versions.get(key) ?? [];
    const organizationId = before?.organizationId ?? this.projection.organization(event, key);
    const moment = { began: before?.began ?? event.position, from: event.position, fromTime: this.newest };
    known.push({ key, organizationId, ...moment, to: undefined, toTime: undefined, json });
    this.versions.set(key, known);
  }

  current(key: string): Version | undefined {
    const last = this.versions.get(key)?.at(-1);
    return last && last.to === undefined ? last : undefined;
  }

  at(key: string, at: At | undefined): Version | undefined {
    return at ? this.versions.get(key)?.find((version) => isValid(version, at)) : this.current(key);
  }

  hash(): { readonly rows: number; readonly hash: string } {
    const hash = createHash('sha3-256');
    let rows = 0;
    for (const key of [...this.versions.keys()].sort(byBytes)) {
      const version = this.current(key);
      if (!version) continue;
      rows += 1;
      const { organizationId, began, from, fromTime, json } = version;
      const line = [key, organizationId, String(began), String(from), fromTime, JSON.parse(json) as unknown];
      hash.update(`${canonicalJson(line)}\n`);
    }
    return { rows, hash: hash.digest('hex') };
  }
}

function isValid({ from, to, fromTime, toTime }: Version, at: At): boolean {
  if ('position' in at) return from <= at.position && (to === undefined || to > at.position);
  const time = Date.parse(at.time);
  return Date.parse(fromTime) <= time && (toTime === undefined || Date.parse(toTime) > time);
}

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

const byBegan = (a: Pick<Version, 'began' | 'key'>, b: Pick<Version, 'began' | 'key'>): number =>
  a.began === b.began ? byBytes(a.key, b.key) : a.began < b.began ? -1 : 1;

/** Views in memory: folded from the log when they are read, so that they are never behind. No durability, no runner. */
export class MemoryViews extends Views {
  private readonly views = new Map<string, MemoryView>();

  constructor(
    private readonly log: EventLog,
    private readonly projections: readonly Projection[] = [],
    private readonly clock: Clock = new SystemClock(),
  ) {
    super();
  }

  override async get<Row>(projection: Projection<Row>, key: string, at?: At): Promise<Row | undefined> {
    if (at) checkAt(at);
    const found = (await this.caughtUp(projection)).at(key, at);
    return found ? (JSON.parse(found.json) as Row) : undefined;
  }

  override async list<Row>(projection: Projection<Row>, query: ListQuery<Row>): Promise<Page<Row>> {
    checkQuery(projection, query);
    const after = query.after === undefined ? undefined : decodeCursor(query.after);
    const view = await this.caughtUp(projection);
    const sign = query.order === 'oldest' ? 1 : -1;
    const chosen = [...view.versions.keys()]
      .map((key) => view.at(key, query.at))
      .filter((version) => version !== undefined)
      .filter(({ organizationId }) => query.organizationId === undefined || organizationId === query.organizationId)
      .filter(({ json }) => matches(JSON.parse(json) as Record<string, unknown>, query.where ?? {}))
      .sort((a, b) => sign * byBegan(a, b))
      .filter((version) => !after || sign * byBegan(version, { began: BigInt(after.began), key: after.key }) > 0);
    const rows = chosen.slice(0, query.first).map(({ key, began, json }) => ({
      key,
      cursor: encodeCursor(began, key),
      row: JSON.parse(json) as Row,
    }));
    return { rows, hasNext: chosen.length > query.first };
  }

  /** At once: what is not in the log now, nobody can wait for here. */
  override async waitFor(projection: Projection, position: bigint): Promise<boolean> {
    return (await this.caughtUp(projection)).read >= position;
  }

  override async health(): Promise<readonly ViewHealth[]> {
    return Promise.all(this.projections.map((projection) => this.healthOf(projection)));
  }

  override async verify(projection: Projection): Promise<ViewVerification> {
    const live = await this.caughtUp(projection);
    const rebuilt = await new MemoryViews(this.log).caughtUp(projection, live.position);
    const { rows, hash: liveHash } = live.hash();
    const { position } = live;
    return {
      view: projection.name,
      position,
      events: rebuilt.events,
      rows,
      liveHash,
      rebuiltHash: rebuilt.hash().hash,
    };
  }

  private async healthOf(projection: Projection): Promise<ViewHealth> {
    const { read: position, fault, versions } = await this.caughtUp(projection);
    let lagSeconds = 0;
    const options = { ...(position < 0n ? {} : { after: position }), prefixes: projection.prefixes, limit: 1 };
    for await (const next of this.log.readAll(options)) {
      lagSeconds = Math.max(0, (this.clock.now() - Date.parse(next.recordedAt)) / 1_000);
    }
    const rows = [...versions.values()].filter((known) => known.at(-1)?.to === undefined).length;
    const { name: view, version } = projection;
    return { view, version, position, rows, lagSeconds, ...(fault === undefined ? {} : { fault }) };
  }

  private async caughtUp(projection: Projection, until?: bigint): Promise<MemoryView> {
    const name = `${projection.name}_v${projection.version}`;
    const view = this.views.get(name) ?? new MemoryView(projection);
    this.views.set(name, view);
    view.turn = view.turn.then(() => this.catchUp(view, until));
    await view.turn;
    return view;
  }

  private async catchUp(view: MemoryView, until: bigint | undefined): Promise<void> {
    const head = until ?? (await this.log.head());
    if (head <= view.read || view.fault !== undefined) return;
    const { prefixes } = view.projection;
    const from = view.read < 0n ? {} : { after: view.read };
    for await (const event of this.log.readAll({ ...from, until: head, prefixes })) view.fold(event);
    // A fault keeps the view where it stands, and what was read beyond it does not count.
    view.read = view.stands ? view.position : head;
  }
}

const matches = (row: Record<string, unknown>, where: Partial<Record<string, unknown>>): boolean =>
  Object.entries(where).every(([field, value]) => indexValue(row[field]) === indexValue(value));
