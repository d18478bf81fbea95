import { execFile } from 'node:child_process';
import { closeSync, existsSync, fstatSync, openSync, readSync, watch, writeSync, type FSWatcher } from 'node:fs';
import {
  agentLogSubject,
  LOG_LINE_LENGTH_MAX,
  logLineId,
  type AgentLogLine,
  type LogStream,
} from '@solyx/contracts/agent';
import type { Bus } from '../tasks/bus';
import { sleep } from '../tasks/sleep';
import { LineSplitter, type Piece } from '../domain/line-splitter';
import { readTextNow } from './files';

const CHUNK_BYTES = 64 * 1024;
/** Lines on their way at once. */
const WINDOW = 64;
const LINES_PER_SECOND = 2_000;
const BURST_LINES = 4_000;
/** Output that waits for delivery; what is more is left out, and said so. */
const BACKLOG_BYTES_MAX = 64 * 2 ** 20;
const BACKLOG_KEPT = 2 ** 20;
/** Delivered output is given back to the file system in steps of this. */
const PUNCH_BYTES = 16 * 2 ** 20;
const RETRY_MS = 200;
const LOOK_EVERY_MS = 1_000;
const OFFSET_DIGITS = 20;

export interface LogSource {
  readonly taskId: string;
  readonly nodeId: string;
  readonly organizationId: string;
  readonly jobId: string;
  readonly attempt: number;
  readonly rank: number;
  readonly stream: Extract<LogStream, 'stdout' | 'stderr'>;
  /** File that the task writes to. */
  readonly file: string;
  /** File that remembers how far it was delivered. */
  readonly progress: string;
}

/**
 * Delivers one output of one task, line by line. The position behind the last line that the bus confirmed is kept in a
 * file; after a crash it goes on there, and the line that was confirmed but not noted is dropped by its id.
 */
export class LogShipper {
  private readonly stopping = new AbortController();
  private wake: () => void = () => undefined;
  private watcher: FSWatcher | undefined;
  private ending = false;
  private input = -1;
  private progress = -1;
  private readOffset = 0;
  private deliveredOffset = 0;
  private punched = 0;
  private splitter: LineSplitter;
  private allowance = BURST_LINES;
  private allowedAt = Date.now();
  private running: Promise<void> | undefined;

  constructor(
    private readonly source: LogSource,
    private readonly bus: Bus,
  ) {
    this.deliveredOffset = Number(readTextNow(source.progress) ?? 0) || 0;
    this.splitter = this.restart();
  }

  start(): void {
    this.running ??= this.run();
  }

  /** Nothing more will be written: resolves once the rest is delivered, or `stop` was called. */
  async finish(): Promise<void> {
    this.ending = true;
    this.start();
    this.wake();
    await this.running;
  }

  /** Ends at once; what is not delivered yet comes after the next start. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.wake();
    await this.running;
  }

  private restart(): LineSplitter {
    this.readOffset = this.deliveredOffset;
    this.splitter = new LineSplitter(this.deliveredOffset, LOG_LINE_LENGTH_MAX);
    return this.splitter;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    this.input = openSync(this.source.file, existsSync(this.source.file) ? 'r' : 'a+', 0o600);
    this.progress = openSync(this.source.progress, existsSync(this.source.progress) ? 'r+' : 'w', 0o600);
    this.watcher = watch(this.source.file, () => this.wake());
    try {
      while (!signal.aborted) {
        // Asked before reading, so that what was written before the end is read after it.
        const last = this.ending;
        const found = await this.deliver(last);
        if (last && !found) return;
        if (!found) await this.idle();
      }
    } finally {
      this.watcher.close();
      closeSync(this.input);
      closeSync(this.progress);
    }
  }

  /** Until the file changes; now and then anyway, since a change may be missed. */
  private async idle(): Promise<void> {
    if (this.ending || this.stopping.signal.aborted || this.size() > this.readOffset) return;
    const waiting = new AbortController();
    this.wake = () => waiting.abort();
    await sleep(LOOK_EVERY_MS, waiting.signal);
  }

  private size(): number {
    return fstatSync(this.input).size;
  }

  /** Delivers what there is, at most one chunk. False where there was nothing. */
  private async deliver(last: boolean): Promise<boolean> {
    this.leaveOut();
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const length = readSync(this.input, chunk, 0, CHUNK_BYTES, this.readOffset);
    this.readOffset += length;
    const pieces = length > 0 ? this.splitter.push(chunk.subarray(0, length)) : last ? this.splitter.end() : [];
    if (pieces.length === 0) return length > 0;
    for (let from = 0; from < pieces.length && !this.stopping.signal.aborted; from += WINDOW) {
      if (!(await this.send(pieces.slice(from, from + WINDOW)))) {
        // In order again from the last one that is known to be there.
        this.restart();
        await sleep(RETRY_MS, this.stopping.signal);
        return true;
      }
    }
    this.giveBack();
    return true;
  }

  /** True once all are stored. Those before the first failure are noted as delivered. */
  private async send(pieces: readonly Piece[]): Promise<boolean> {
    await this.slowDown(pieces.length);
    const at = new Date().toISOString();
    const stored = await Promise.all(pieces.map((piece) => this.store(piece, at)));
    const count = stored.includes(false) ? stored.indexOf(false) : pieces.length;
    const end = count > 0 ? pieces[count - 1]?.end : undefined;
    if (end !== undefined) this.note(end);
    return count === pieces.length;
  }

  private async store({ offset, text, partial }: Piece, at: string): Promise<boolean> {
    const { taskId, attempt, rank, stream } = this.source;
    const line: AgentLogLine = { taskId, attempt, rank, stream, text, offset, at, ...(partial ? { partial } : {}) };
    try {
      await this.bus.store(this.subject(), line, logLineId(line));
      return true;
    } catch {
      return false;
    }
  }

  private subject(): string {
    return agentLogSubject(this.source.nodeId, this.source.organizationId, this.source.jobId);
  }

  private note(offset: number): void {
    this.deliveredOffset = offset;
    writeSync(this.progress, String(offset).padStart(OFFSET_DIGITS, '0'), 0);
  }

  /** A bucket that fills with so many lines a second; a task that writes more waits in its file. */
  private async slowDown(lines: number): Promise<void> {
    const now = Date.now();
    this.allowance = Math.min(BURST_LINES, this.allowance + ((now - this.allowedAt) / 1000) * LINES_PER_SECOND);
    this.allowedAt = now;
    this.allowance -= lines;
    if (this.allowance < 0) await sleep((-this.allowance / LINES_PER_SECOND) * 1000, this.stopping.signal);
  }

  private leaveOut(): void {
    const backlog = this.size() - this.readOffset;
    if (backlog <= BACKLOG_BYTES_MAX) return;
    const skipped = backlog - BACKLOG_KEPT;
    const { taskId, attempt, rank, stream } = this.source;
    const line: AgentLogLine = {
      ...{ taskId, attempt, rank, stream: 'solyx', offset: this.readOffset, at: new Date().toISOString() },
      text: `${skipped} bytes of ${stream} were left out: it writes more than ${LINES_PER_SECOND} lines a second`,
    };
    void this.bus.store(this.subject(), line, logLineId(line)).catch(() => undefined);
    this.note(this.readOffset + skipped);
    this.restart();
    this.giveBack();
  }

  /** Linux frees the delivered part of a file that is still being written; elsewhere the file stays until the end. */
  private giveBack(): void {
    if (process.platform !== 'linux' || this.deliveredOffset - this.punched < PUNCH_BYTES) return;
    this.punched = this.deliveredOffset;
    const words = ['--punch-hole', '--offset', '0', '--length', String(this.deliveredOffset), this.source.file];
    execFile('fallocate', words, () => undefined);
  }
}
