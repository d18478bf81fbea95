import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { SolyxError } from '@solyx/kernel';
import { LinearSolver, type CoveringSolution } from '../application/linear-solver';
import type { CoveringProgram } from '../domain/packing/patterns';

/** The same distance from the sources and from the build. */
const WORKER = path.join(__dirname, '..', '..', 'worker', 'highs-worker.cjs');
const ROWS_MAX = 256;
const COLUMNS_MAX = 4_096;
const WAITING_MAX = 16;
const TIMEOUT_MS = 10_000;
/** A thread with nothing to do holds some 40 MB for nothing. */
const IDLE_MS = 30_000;

interface Answer {
  readonly id: number;
  readonly objective?: number;
  readonly duals?: readonly number[];
  readonly error?: string;
}

interface Asked {
  readonly resolve: (solution: CoveringSolution | undefined) => void;
  readonly reject: (error: SolyxError) => void;
  readonly timer: NodeJS.Timeout;
}

/** HiGHS (MIT) as WebAssembly, in a thread that starts when it is needed and ends when it is not. */
@Injectable()
export class HighsSolver extends LinearSolver implements OnApplicationShutdown {
  readonly name = 'HiGHS 1.15.3';
  private worker: Worker | undefined;
  private idle: NodeJS.Timeout | undefined;
  private readonly asked = new Map<number, Asked>();
  private count = 0;

  override async solve(program: CoveringProgram): Promise<CoveringSolution | undefined> {
    const [rows, columns] = [program.atLeast.length, program.columns.length];
    if (rows > ROWS_MAX || columns > COLUMNS_MAX) {
      throw new SolyxError('InvalidArgument', 'the linear program is too large', { rows, columns });
    }
    if (this.asked.size >= WAITING_MAX) {
      throw new SolyxError('ResourceExhausted', 'too many linear programs wait', { limit: WAITING_MAX });
    }
    const worker = this.awake();
    this.count += 1;
    const id = this.count;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        void this.end(new SolyxError('DeadlineExceeded', `the solver took longer than ${TIMEOUT_MS} ms`));
      }, TIMEOUT_MS);
      this.asked.set(id, { resolve, reject, timer });
      worker.postMessage({ id, program });
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.end(new SolyxError('Unavailable', 'the solver is shutting down'));
  }

  private awake(): Worker {
    clearTimeout(this.idle);
    if (this.worker) return this.worker;
    const worker = new Worker(WORKER);
    const lost = (why: string): void => {
      if (this.worker === worker) void this.end(new SolyxError('Unavailable', `the solver ended: ${why}`));
    };
    worker.on('message', (answer: Answer) => {
      this.settle(answer);
    });
    worker.on('error', ({ message }) => {
      lost(message);
    });
    worker.on('exit', (code) => {
      lost(`code ${code}`);
    });
    // A process that has nothing else to do may end.
    worker.unref();
    this.worker = worker;
    return worker;
  }

  private settle({ id, objective, duals, error }: Answer): void {
    const asked = this.asked.get(id);
    if (!asked) return;
    this.asked.delete(id);
    clearTimeout(asked.timer);
    if (this.asked.size === 0) this.rest();
    if (error !== undefined) asked.reject(new SolyxError('Internal', `the solver failed: ${error}`));
    else asked.resolve(objective === undefined || !duals ? undefined : { objective, duals });
  }

  private rest(): void {
    clearTimeout(this.idle);
    this.idle = setTimeout(() => void this.end(), IDLE_MS).unref();
  }

  /** Ends the thread; who still waits gets the error. The next question starts another. */
  private async end(error?: SolyxError): Promise<void> {
    const { worker } = this;
    this.worker = undefined;
    clearTimeout(this.idle);
    for (const { reject, timer } of this.asked.values()) {
      clearTimeout(timer);
      if (error) reject(error);
    }
    this.asked.clear();
    await worker?.terminate();
  }
}
