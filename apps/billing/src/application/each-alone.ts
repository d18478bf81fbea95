import { SolyxError } from '@solyx/kernel';

/** Does the work for each, also where it fails for one; the first failure is thrown when all have had their turn. */
export async function eachAlone<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const failures: SolyxError[] = [];
  for (const item of items) {
    try {
      await work(item);
    } catch (error) {
      failures.push(SolyxError.from(error));
    }
  }
  const [first] = failures;
  if (first) throw first;
}
