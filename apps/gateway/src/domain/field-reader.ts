import { nearest } from './nearest';
import { show, type Parsed } from './units';

/** What is wrong, where, and what to write instead. */
export interface Fault {
  /** `resources.memory`; empty for the whole file. */
  readonly field: string;
  readonly problem: string;
  readonly hint: string;
}

/** The fields of one section: those that exist, and those that are known but come later. */
export interface SectionFields {
  readonly known: readonly string[];
  readonly later?: readonly string[];
}

const FAULTS_MAX = 20;

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Collects every fault of a file, at most twenty, so that one round of corrections is enough. */
export class FieldReader {
  readonly faults: Fault[] = [];

  fault(field: string, problem: string, hint: string): void {
    if (this.faults.length < FAULTS_MAX) this.faults.push({ field, problem, hint });
  }

  has(field: string): boolean {
    return this.faults.some((fault) => fault.field === field);
  }

  section(value: unknown, path: string, fields: SectionFields): Section {
    if (value !== undefined && !isRecord(value)) {
      this.fault(path, `${show(value)} is not an object`, `It has the fields ${fields.known.join(', ')}.`);
    }
    const record = isRecord(value) ? value : {};
    for (const name of Object.keys(record)) this.checkName(name, path, fields);
    return new Section(this, record, path);
  }

  private checkName(name: string, path: string, { known, later = [] }: SectionFields): void {
    if (known.includes(name)) return;
    const field = path === '' ? name.slice(0, 64) : `${path}.${name.slice(0, 64)}`;
    if (later.includes(name)) {
      this.fault(field, 'it is not available yet', 'Leave it out; the job would not behave as it says.');
      return;
    }
    const meant = nearest(name, known);
    const hint = meant === undefined ? `Known fields: ${known.join(', ')}.` : `Did you mean ${meant}?`;
    this.fault(field, 'there is no such field', hint);
  }
}

/** Typed reads of one section. A wrong value is noted as a fault and read as if it were left out. */
export class Section {
  constructor(
    private readonly reader: FieldReader,
    private readonly record: Record<string, unknown>,
    private readonly path: string,
  ) {}

  private value(name: string): unknown {
    return Object.hasOwn(this.record, name) ? this.record[name] : undefined;
  }

  private at(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }

  unit<T>(name: string, parse: (value: unknown) => Parsed<T>): T | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    const parsed = parse(value);
    if (parsed.ok) return parsed.value;
    this.reader.fault(this.at(name), parsed.problem, parsed.hint);
    return undefined;
  }

  text(name: string, { max }: { readonly max: number }): string | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    if (typeof value === 'string' && value.length <= max) return value;
    this.reader.fault(this.at(name), `${show(value)} is not text of at most ${max} characters`, 'Quote the value.');
    return undefined;
  }

  pattern(name: string, pattern: RegExp, hint: string): string | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    if (typeof value === 'string' && value.length <= 128 && pattern.test(value)) return value;
    this.reader.fault(this.at(name), `${show(value)} is not a valid ${name}`, hint);
    return undefined;
  }

  whole(name: string, min: number, max: number, otherwise: number): number {
    const value = this.value(name);
    if (value === undefined) return otherwise;
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    this.reader.fault(
      this.at(name),
      `${show(value)} is not a whole number from ${min} to ${max}`,
      `Write ${otherwise}.`,
    );
    return otherwise;
  }

  flag(name: string, otherwise: boolean): boolean {
    const value = this.value(name);
    if (value === undefined || typeof value === 'boolean') return value ?? otherwise;
    this.reader.fault(this.at(name), `${show(value)} is not true or false`, `Write ${name}: true.`);
    return otherwise;
  }

  oneOf<T extends string>(name: string, allowed: readonly T[], otherwise: T): T {
    const value = this.value(name);
    if (value === undefined) return otherwise;
    const found = allowed.find((one) => one === value);
    if (found !== undefined) return found;
    const meant = typeof value === 'string' ? nearest(value, allowed) : undefined;
    const hint = meant === undefined ? `Write ${name}: ${otherwise}.` : `Did you mean ${meant}?`;
    this.reader.fault(this.at(name), `${show(value)} is not one of ${allowed.join(', ')}`, hint);
    return otherwise;
  }

  list(name: string, max: number): readonly unknown[] | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.length <= max) return value as readonly unknown[];
    this.reader.fault(this.at(name), `${show(value)} is not a list of at most ${max}`, `Write ${name}: [ … ].`);
    return undefined;
  }

  listOf<T extends string>(name: string, allowed: readonly T[], otherwise: readonly T[]): readonly T[] {
    const given = this.list(name, allowed.length);
    if (given === undefined) return otherwise;
    const chosen: T[] = [];
    for (const item of given) {
      const found = allowed.find((one) => one === item);
      if (found !== undefined && !chosen.includes(found)) chosen.push(found);
      else if (found === undefined) {
        const meant = typeof item === 'string' ? nearest(item, allowed) : undefined;
        const hint = meant === undefined ? `Choose from ${allowed.join(', ')}.` : `Did you mean ${meant}?`;
        this.reader.fault(this.at(name), `${show(item)} is not known`, hint);
      }
    }
    if (chosen.length === 0 && name === 'sources') {
      this.reader.fault(this.at(name), 'it leaves no source', `Choose from ${allowed.join(', ')}.`);
    }
    return chosen;
  }
}
