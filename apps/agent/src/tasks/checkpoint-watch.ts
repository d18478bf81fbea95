import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';

const EVERY_MS_MIN = 5_000;
const FILES_MAX = 1_000;

/** Milliseconds since 1970 of the newest change: of the file, or of the files right in the folder. */
export function newestChange(place: string): number | undefined {
  try {
    const stat = statSync(place);
    if (!stat.isDirectory()) return stat.mtimeMs;
    const times = readdirSync(place)
      .slice(0, FILES_MAX)
      .map((name) => statSync(path.join(place, name), { throwIfNoEntry: false })?.mtimeMs ?? 0);
    return times.length === 0 ? undefined : Math.max(...times);
  } catch {
    return undefined;
  }
}

/** Notices that a job left a newer checkpoint. */
export class CheckpointWatch {
  private timer: NodeJS.Timeout | undefined;
  /** What lay there before this attempt is the former one's. */
  private seenMs: number;

  constructor(
    private readonly place: string,
    private readonly everySeconds: number,
    private readonly found: (atMs: number) => void,
  ) {
    this.seenMs = newestChange(place) ?? 0;
  }

  start(): void {
    this.timer ??= setInterval(() => this.look(), Math.max(EVERY_MS_MIN, this.everySeconds * 1000));
    this.timer.unref();
  }

  look(): void {
    const newest = newestChange(this.place);
    if (newest === undefined || newest <= this.seenMs) return;
    this.seenMs = newest;
    this.found(newest);
  }

  stop(): void {
    clearInterval(this.timer);
  }
}
