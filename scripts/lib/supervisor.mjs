/**
 * Keeps processes running: one that dies is started again, soon at first and then more slowly, a bounded number of
 * times, and each time it is said. All are stopped in the reverse of the order in which they started.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { explain } from './log-file.mjs';

const DELAY_FIRST_MS = 50;
const DELAY_MAX_MS = 5_000;
const DEATHS_MAX = 10; // In a row; a process that stays up for HEALTHY_MS is forgiven.
const HEALTHY_MS = 5_000;

export class Supervisor {
  #entries = [];
  #stopping = false;

  /**
   * @param {object} hooks
   * @param {(text: string) => void} hooks.say tells the person at the terminal
   * @param {() => void} hooks.changed called when a process id changed
   * @param {(reason: string) => void} hooks.giveUp called when a process could not be kept running
   * @param {(ms: number) => Promise<void>} [hooks.pause] waits between attempts; a test need not
   */
  constructor({ say, changed, giveUp, pause = wait }) {
    this.say = say;
    this.pause = pause;
    this.changed = changed;
    this.giveUp = giveUp;
  }

  /**
   * Starts a process and keeps it. Rejects when its first start fails, since then the cause is here and now.
   * @param {string} name
   * @param {(signal: AbortSignal) => Promise<{ pid: number, ended: Promise<unknown>, stop(): Promise<void> }>} begin
   *   the signal says that nobody waits for this start any more
   */
  async add(name, begin) {
    const entry = { name, begin, deaths: 0, running: undefined, starting: undefined, giveUp: new AbortController() };
    this.#entries.push(entry);
    await this.#run(entry);
  }

  /** Names and process ids of what runs now. */
  processes() {
    return Object.fromEntries(this.#entries.filter((entry) => entry.running).map((e) => [e.name, e.running.pid]));
  }

  /** Stops everything, last started first, and resolves when all are gone. */
  async stopAll() {
    this.#stopping = true;
    for (const entry of [...this.#entries].reverse()) {
      entry.giveUp.abort();
      await entry.starting?.catch(() => {}); // A start that is under way must end before it can be undone.
      await entry.running?.stop();
    }
  }

  async #run(entry) {
    if (this.#stopping) return;
    entry.starting = entry.begin(entry.giveUp.signal);
    entry.running = await entry.starting;
    const since = Date.now();
    this.changed();
    void entry.running.ended.then((child) => this.#ended(entry, child, since));
  }

  async #ended(entry, child, since) {
    entry.running = undefined;
    if (this.#stopping) return;
    if (Date.now() - since > HEALTHY_MS) entry.deaths = 0;
    const how = child.signalCode ? `was ended by ${child.signalCode}` : `ended with code ${child.exitCode}`;
    const why = explain(child.lastLines ?? []);
    this.say(`${entry.name} ${how}${why && !child.signalCode ? `: ${why}` : ''}; starting it again`);
    await this.#restart(entry);
  }

  async #restart(entry) {
    const from = Date.now();
    while (!this.#stopping) {
      entry.deaths += 1;
      if (entry.deaths > DEATHS_MAX) return this.giveUp(`${entry.name} died ${DEATHS_MAX} times in a row`);
      await this.pause(Math.min(DELAY_FIRST_MS * 2 ** (entry.deaths - 1), DELAY_MAX_MS));
      try {
        await this.#run(entry);
        if (!this.#stopping) this.say(`${entry.name} is back after ${Date.now() - from} ms`);
        return;
      } catch (error) {
        this.say(`${entry.name} did not come back: ${error.message.split('\n').at(-1)}`);
      }
    }
  }
}
