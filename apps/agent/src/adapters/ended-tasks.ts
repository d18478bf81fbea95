import { appendFileSync, fsyncSync, closeSync, openSync } from 'node:fs';
import { readTextNow, writeDurably } from './files';

/** Longer than the bus keeps a message. */
const REMEMBERED_MS = 30 * 86_400_000;
const REMEMBERED_MAX = 100_000;

/** Tasks that were carried out, one line each: a message that comes again, however late, is known. */
export class EndedTasks {
  private readonly ids = new Set<string>();

  private constructor(private readonly file: string) {}

  static async open(file: string, nowMs: number): Promise<EndedTasks> {
    const ended = new EndedTasks(file);
    const lines = (readTextNow(file) ?? '').split('\n').filter((line) => {
      const [at] = line.split(' ');
      return line !== '' && Number(at) > nowMs - REMEMBERED_MS;
    });
    const kept = lines.slice(-REMEMBERED_MAX);
    for (const line of kept) ended.ids.add(line.slice(line.indexOf(' ') + 1));
    await writeDurably(file, kept.map((line) => `${line}\n`).join(''));
    return ended;
  }

  has(taskId: string): boolean {
    return this.ids.has(taskId);
  }

  /** Returns once it is on disk. */
  add(taskId: string, nowMs: number): void {
    if (this.ids.has(taskId)) return;
    this.ids.add(taskId);
    const file = openSync(this.file, 'a', 0o600);
    try {
      appendFileSync(file, `${nowMs} ${taskId}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }
}
