import type { Connection, PoolClient, Submittable } from 'pg';

/** Signature, flags, length of the extension: what precedes the first row. */
const HEADER_BYTES = 19;
const HIGH = 2 ** 32;

/** Reads one row of COPY's binary format. The bytes are the connection's own and valid only while the row is read. */
export class CopyRow {
  constructor(
    private readonly bytes: Buffer,
    private position: number,
  ) {}

  private length(): number {
    const length = this.bytes.readInt32BE(this.position);
    this.position += 4;
    return length;
  }

  int8(): number {
    this.length();
    const value = this.bytes.readInt32BE(this.position) * HIGH + this.bytes.readUInt32BE(this.position + 4);
    this.position += 8;
    return value;
  }

  bool(): boolean {
    this.length();
    const value = this.bytes[this.position] === 1;
    this.position += 1;
    return value;
  }

  text(): string {
    const length = this.length();
    const start = this.position;
    this.position += length;
    return this.bytes.toString('utf8', start, this.position);
  }

  /** A copy. */
  bytea(): Buffer {
    const length = this.length();
    const start = this.position;
    this.position += length;
    return Buffer.from(this.bytes.subarray(start, this.position));
  }
}

/**
 * `COPY (…) TO STDOUT (FORMAT binary)`: the only way by which `pg` hands out rows as bytes. It takes no parameters, so
 * whatever is not a number must be quoted by `escapeLiteral`.
 */
class CopyQuery<Row> implements Submittable {
  private readonly rows: Row[] = [];
  private started = false;

  constructor(
    private readonly query: string,
    private readonly read: (row: CopyRow) => Row,
    private readonly settle: { resolve(rows: Row[]): void; reject(error: Error): void },
  ) {}

  submit(connection: Connection): void {
    connection.query(`COPY (${this.query}) TO STDOUT (FORMAT binary)`);
  }

  handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    const start = this.started ? 0 : HEADER_BYTES;
    this.started = true;
    // A negative number of fields is the end.
    if (chunk.readInt16BE(start) > 0) this.rows.push(this.read(new CopyRow(chunk, start + 2)));
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.settle.resolve(this.rows);
  }

  handleError(error: Error): void {
    this.settle.reject(error);
  }
}

/** Runs a query whose rows are read as bytes. */
export function copyRows<Row>(client: PoolClient, query: string, read: (row: CopyRow) => Row): Promise<Row[]> {
  return new Promise((resolve, reject) => {
    client.query(new CopyQuery(query, read, { resolve, reject }));
  });
}
