import { PersistentMap } from '@solyx/kernel';

/** Ids that were dealt with, the newest `limit` to 2 × `limit` of them: enough to know a late duplicate, and bounded. */
export interface Remembered<V> {
  readonly young: PersistentMap<V>;
  readonly old: PersistentMap<V>;
  readonly limit: number;
}

export const nothingRemembered = <V>(limit: number): Remembered<V> => ({
  young: PersistentMap.empty(),
  old: PersistentMap.empty(),
  limit,
});

export const recall = <V>(memory: Remembered<V>, id: string): V | undefined =>
  memory.young.get(id) ?? memory.old.get(id);

/** When the young generation is full it becomes the old one, and the old one is forgotten. */
export function remember<V>(memory: Remembered<V>, id: string, value: V): Remembered<V> {
  const young = memory.young.set(id, value);
  return young.size < memory.limit ? { ...memory, young } : { ...memory, young: PersistentMap.empty(), old: young };
}
