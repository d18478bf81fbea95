/** Lets one loop sleep until something happens; what happened while it was busy is not lost. */
export class WakeUp {
  private happened = false;
  private wake: () => void = () => undefined;

  notify(): void {
    this.happened = true;
    this.wake();
  }

  /** Resolves at once where something happened since the last wait, else when it does or after so long. */
  async wait(ms: number): Promise<void> {
    if (!this.happened) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.happened = false;
    this.wake = () => undefined;
  }
}
